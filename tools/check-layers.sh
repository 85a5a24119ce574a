#!/bin/sh
# check-layers.sh BUILD [TOP]: the layers of docs/DESIGN.md, checked in the sources and in what the
# objects in BUILD/o call.
set -u
. "$(dirname "$0")/check.sh"
B=$1
cd "${2:-$(dirname "$0")/..}" || exit 1
export LC_ALL=C

upward_includes() {
	awk '
		BEGIN { rank["lib"] = 1; rank["net"] = 2; rank["core"] = 3; rank["applets"] = 4 }
		/^#include "/ {
			split(FILENAME, mine, "/")
			split($2, theirs, "[\"/]")
			of = theirs[2]
			if (of == "gen" || (of == "tests" && FILENAME ~ /_(test|fuzz)\.[ch]$/))
				next
			if (!(of in rank))
				print FILENAME ":" FNR ": " $2 " is not written from the root"
			else if (rank[of] > rank[mine[1]])
				print FILENAME ":" FNR ": " $2 " is a layer above"
		}' $(find applets core net lib -name '*.[ch]' | sort)
}

net_knows_powershell() {
	grep -rniwE 'runspaces?|pipelines?|clixml' net || true
}

sources=$(find applets core net lib -name '*.c' ! -name '*_test.c' ! -name '*_fuzz.c' | sort)
objects=$(for f in $sources; do ls "$B/o/${f%.c}.o" 2>/dev/null; done)
# "calls FILE SYMBOL" and "has FILE SYMBOL" of all objects, FILE without $B/o/ and ".o"
symbols=$([ -z "$objects" ] || "${NM:-nm}" -A -P $objects |
	sed -n -E "s|^$B/o/(.*)\.o: (\S+) U.*|calls \1 \2|p; t; s|^$B/o/(.*)\.o: (\S+) .*|has \1 \2|p")

# "engine FILE" for each source whose last fitting pattern in tools/engines.txt does not exclude it
list_engines() {
	for f in $sources; do
		is=
		while read -r pattern; do
			case ${f%.c} in
				${pattern#!}) case $pattern in !*) is= ;; *) is=1 ;; esac ;;
			esac
		done <tools/engines.txt
		[ -z "$is" ] || echo "engine ${f%.c}"
	done
}

# Engines call one another, lib/ without its system callers, BearSSL, zlib, and what in libc touches
# nothing but its arguments.
engines() {
	{ list_engines; echo "$symbols"; } | awk '
		$1 == "engine" { engine[$2] = 1 }
		$1 == "has" && (($2 in engine) || ($2 ~ /^lib\// && $2 !~ /_io$/)) { pure[$3] = 1 }
		$1 == "calls" && ($2 in engine) { n++; file[n] = $2; callee[n] = $3 }
		END {
			for (i = 1; i <= n; i++)
				if (!(callee[i] in pure) &&
				    callee[i] !~ /^(mem|str|is)[a-z]+$|^explicit_bzero$|^v?snprintf$/ &&
				    callee[i] !~ /^(br_|inflate|deflate)/ &&
				    callee[i] !~ /^(_GLOBAL_OFFSET_TABLE_|__stack_chk_fail)$/)
					print file[i] ": an engine calls " callee[i]
		}'
}

# outside ALLOWED NAMES: who calls one of NAMES without being allowed to
outside() {
	echo "$symbols" | awk -v allowed="$1" -v names="$2" '
		$1 == "calls" && $2 !~ allowed && $3 ~ "^(" names ")$" { print $2 ": calls " $3 }'
}

# lib/err has the last word when memory is out or a state impossible; a forked child ends by _exit.
system_calls() {
	names='open|openat|creat|close|lseek|p?readv?|p?writev?|fopen|fread|fclose|opendir|readdir'
	names="$names|socket|connect|bind|listen|accept4?|shutdown|send|sendto|sendmsg|recv|recvfrom"
	names="$names|recvmsg|getaddrinfo|p?poll|select|v?fork|execv[pe]*|posix_spawnp?|waitpid|kill"
	names="$names|raise|signal|sigaction|pipe2?|dup[23]?|fcntl|ioctl|mmap|munmap|mlock|madvise"
	names="$names|prctl|setrlimit|syscall|unlink|rename|link|symlink|mkdir|rmdir|[fl]?stat|access"
	names="$names|readlink|chmod|isatty|tc[gs]etattr|getenv|time|clock_gettime|gettimeofday"
	names="$names|nanosleep|u?sleep|getpid|gete?uid|getrandom"
	outside '^applets/|_io$|^lib/(rand|secret|err)$' "$names"
}

# lib/secret ends a process that it cannot harden, before there is anything to print with.
printing() {
	outside '^applets/|^lib/err$' 'v?[fd]?printf|f?puts|putchar|f?putc|fwrite|perror|exit|abort'
	outside '^applets/|^lib/(err|secret)$|_io$' _exit
}

allocation() {
	outside '^lib/|_io$' 'malloc|calloc|realloc|reallocarray|free|v?asprintf|strn?dup|getline'
}

check "includes go downwards only" upward_includes
check "net/ knows no PowerShell" net_knows_powershell
check "engines are sans-IO" engines
check "only *_io.c, rand.c and secret.c make system calls" system_calls
check "only applets/ prints and exits" printing
check "only lib/ and *_io.c allocate" allocation
exit $failed

#!/bin/sh
# lint.sh [TOP]: the conventions that a compiler does not check. (Formats that are not literals are
# refused by -Wformat=2 in the Makefile.)
set -u
. "$(dirname "$0")/check.sh"
cd "${1:-$(dirname "$0")/..}" || exit 1
export LC_ALL=C
sources() { find applets core net lib tests tools "$@" -type f 2>/dev/null | sort; }

c_files=$(sources -name '*.[ch]')
sh_files="$(sources -name '*.sh') $(sources ! -name '*.*' | xargs -r grep -l '^#!/bin/sh')"
py_files="$(sources -name '*.py') $(sources ! -name '*.*' | xargs -r grep -l '^#!.*python3')"

long_files() {
	for f in $c_files $sh_files $py_files; do
		n=$(wc -l <"$f")
		[ "$n" -le 600 ] || echo "$f has $n lines"
	done
}

# A tab is 4 columns, a UTF-8 character is one.
long_lines() {
	for f in $c_files $sh_files $py_files; do
		expand -t 4 "$f" | awk -v f="$f" '
			{ line = $0; gsub(/[\200-\277]/, "", line) }
			length(line) > 100 { print f ":" NR ": " length(line) " columns" }'
	done
}

trailing_blanks() {
	for f in $c_files $sh_files $py_files; do
		awk '/[ \t]$/ { print FILENAME ":" FNR }' "$f"
	done
}

# Looks at the code alone: comments, strings and characters taken out.
c_rules() {
	for f in $c_files; do
		awk -v f="$f" '
		function code(s,    out, c) {
			out = ""
			while (s != "") {
				if (in_comment) {
					if (!(c = index(s, "*/")))
						return out
					s = substr(s, c + 2)
					in_comment = 0
				} else if (match(s, /^"([^"\\]|\\.)*"?/) || match(s, /^\047([^\047\\]|\\.)*\047/)) {
					out = out "\"\""
					s = substr(s, RLENGTH + 1)
				} else if (substr(s, 1, 2) == "/*") {
					in_comment = 1
					s = substr(s, 3)
				} else {
					out = out substr(s, 1, 1)
					s = substr(s, 2)
				}
			}
			return out
		}
		BEGIN {
			banned = "[^a-z0-9_](strcpy|strcat|v?sprintf|gets|ato[il]l?|system|popen|alloca) *[(]"
		}
		{
			was = in_comment
			line = code($0)
			if (line ~ /\/\//)
				print f ":" FNR ": comment with //"
			if (!was && $0 ~ /^ +[^ *]/)
				print f ":" FNR ": indented with spaces"
			if (match(" " line, banned))
				print f ":" FNR ": " substr(line, RSTART, RLENGTH - 1) " is banned"
			if (!was && f !~ /^tests|_test[.]/ && $0 ~ /"[^"]*%[-+0-9.*]*[feg]/)
				print f ":" FNR ": a format of floating point, which our libc leaves out"
			if (line ~ /^[ \t]*typedef struct/)
				print f ":" FNR ": typedef of a struct"
			if (line ~ /^[a-zA-Z_].*[(]/) {
				name = line
				sub(/[(].*/, "", name)
			}
			if (line ~ /^[{]/)
				start = FNR
			if (line ~ /^[}]/ && start) {
				if (FNR - start - 1 > 100)
					print f ":" start ": " name " has " FNR - start - 1 " lines"
				start = 0
			}
		}' "$f"
	done
}

shell_parses() {
	for f in $sh_files; do
		sh -n "$f" 2>&1
	done
}

python_parses() {
	/usr/bin/python3 - $py_files 2>&1 <<-'END'
		import sys
		for f in sys.argv[1:]:
		    try:
		        compile(open(f, encoding="utf-8").read(), f, "exec")
		    except (SyntaxError, ValueError) as e:
		        print(f, e)
	END
}

check "a file has at most 600 lines" long_files
check "a line has at most 100 columns" long_lines
check "no white space at the end of a line" trailing_blanks
check "C as the conventions have it" c_rules
check "shell scripts parse" shell_parses
if [ -x /usr/bin/python3 ]; then
	check "Python scripts compile" python_parses
else
	echo "skip Python scripts compile: no /usr/bin/python3"
fi
exit $failed

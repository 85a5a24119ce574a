#!/bin/sh
# run.sh BUILD [SUITE...]: runs the test suites, or those whose name holds one of SUITE...
# A suite is a program that prints "ok NAME", "not ok NAME: why", "skip NAME: why", or, for many
# tests at once, "WHO: N passed, N failed". Each has a time limit and no stdin; its output is kept
# in BUILD/check/. End-to-end scripts find the binary to test in $PSSESSION, and what it is in
# $PSSESSION_KIND: "plain" as shipped, "asan" with ASan and UBSan, "valgrind" as shipped under it.
# The last line is "N passed, N failed, N skipped"; the exit code is 1 when any failed or none ran.
set -u
cd "$(dirname "$0")/.."

# plain_environment: the user's proxies, agents, folders and masks are none of the tests' business.
# A socket's name, in a folder in TMPDIR, has 107 bytes.
plain_environment() {
	for v in $(env | sed -n 's/^\([A-Za-z_][A-Za-z_0-9]*\)=.*/\1/p'); do
		case $v in
			PATH | HOME | PWD | PWSH | DOTNET_* | HOSTCC | *_DRIVER | PSSESSION_SEEDS | VM_GUEST) ;;
			TMPDIR) [ ${#TMPDIR} -lt 40 ] || unset TMPDIR ;;
			*) unset "$v" ;;
		esac
	done
	export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
	umask 022
}

# install_packages: as root, those of tools/test-packages.txt that are missing; else names them.
install_packages() {
	missing=
	for p in $(sed 's/#.*//; s/ .*//' tools/test-packages.txt); do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q ' installed' ||
			missing="$missing $p"
	done
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		echo "not installed, so some tests are skipped:$missing"
		return
	fi
	echo "installing test packages through apt:$missing"
	export DEBIAN_FRONTEND=noninteractive
	{ apt-get -q update && apt-get -qy --no-install-recommends install $missing; } \
		>"$out/apt.log" 2>&1 </dev/null ||
		echo "apt failed, so some tests are skipped; see $out/apt.log"
}

# wanted NAME: the user asked for it, or for nothing in particular
wanted() {
	[ -n "$only" ] || return 0
	for o in $only; do
		case $1 in *"$o"*) return 0 ;; esac
	done
	return 1
}

# suite NAME SECONDS COMMAND...
suite() {
	name=$1 limit=$2
	shift 2
	wanted "$name" || return 0
	log=$out/$(echo "$name" | tr '/ ' -- | tr -d '()').log
	began=$(date +%s)
	timeout -k 10 "$limit" "$@" >"$log" 2>&1 </dev/null
	status=$?
	[ $status != 77 ] || return 0       # pyunit.py: nothing in it is for this kind of binary
	seconds=$(($(date +%s) - began))
	awk -v name="$name" -v status=$status -v limit="$limit" -v s=$seconds -v file="$log" '
		/^ok /     { passed++ }
		/^skip /   { skipped++; print > "/dev/stderr" }
		/^not ok / { failed++; print > "/dev/stderr" }
		/^FAIL /   { print > "/dev/stderr" }
		/: [0-9]+ passed, [0-9]+ failed$/ { passed += $(NF - 3); failed += $(NF - 1) }
		END {
			why = status == 124 ? "over its limit of " limit " s" : "exit status " status
			if (status && !failed && ++failed)
				print "not ok " name ": " why ", see " file > "/dev/stderr"
			if (!(passed + failed + skipped) && ++failed)
				print "not ok " name ": ran no test, see " file > "/dev/stderr"
			mark = failed ? "FAIL" : passed ? "ok" : "skip"
			more = (failed ? ", " failed " failed" : "") (skipped ? ", " skipped " skipped" : "")
			printf "%-5s %s (%d%s) %d s\n", mark, name, passed, more, s > "/dev/stderr"
			print passed + 0, failed + 0, skipped + 0
		}' "$log" 2>&1 >>"$out/counts" || echo 0 1 0 >>"$out/counts"
	[ $status = 0 ] || sed '/^Shadow bytes/,$d; s/^/    /' "$log" | tail -n 30
}

# scripts KIND BINARY SECONDS FILE...: tests in Python or sh
scripts() {
	export PSSESSION_KIND="$1" PSSESSION="$2"
	most=$3
	shift 3
	for t in "$@"; do
		run="sh $t"
		case $t in
			*'*'*) continue ;;
			*.py) run="$python $t" ;;
		esac
		suite "$t ($PSSESSION_KIND)" "$most" $run
	done
}

out=$1/check
rm -rf "$out"
mkdir -p "$out"
install_packages
plain_environment
B=$1 out=$1/check
shift
only=$*
: >"$out/counts"
# Debian's Python has the packages; another one that comes first on PATH may not.
python="/usr/bin/python3 tests/pyunit.py"
[ -x /usr/bin/python3 ] || python="echo skip no /usr/bin/python3 for"
suite lint 60 tools/lint.sh
suite layers 60 tools/check-layers.sh "$B"
suite checkers 120 tests/checkers.sh "$B"
suite size 60 tools/size.sh "$B"
for t in $(find "$B/asan" -name '*_test' -type f | sort); do
	name=${t#"$B/asan/"}
	[ ! -f "$name.c" ] || suite "$name" 120 "$t"
done
for t in $(find "$B/asan" -name '*_fuzz' -type f | sort); do
	name=${t#"$B/asan/"}
	[ ! -f "$name.c" ] || suite "$name" 120 "$t" "tests/corpus/${name%_fuzz}/"*
done
scripts plain "$PWD/$B/pssession" 300 tests/*_test.py tests/*/*_test.py tests/e2e/*.sh
scripts asan "$PWD/$B/asan/pssession" 600 tests/e2e/*_test.py tests/e2e/*.sh
if command -v valgrind >/dev/null; then
	tests/under.sh "$out/pssession" valgrind -q --error-exitcode=99 \
		--soname-synonyms=somalloc=NONE "$PWD/$B/pssession.debug"
	scripts valgrind "$PWD/$out/pssession" 600 tests/e2e/*_test.py tests/e2e/*.sh
fi

awk '
	{ passed += $1; failed += $2; skipped += $3 }
	END {
		printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
		exit failed || !passed
	}' "$out/counts"

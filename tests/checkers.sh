#!/bin/sh
# checkers.sh: every check must be able to fail. Each gets a violation planted in a scratch tree.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
t=$(mktemp -d) || exit 1
trap 'rm -rf "$t"' EXIT
failed=0
CC=${HOSTCC:-gcc}
san="-fsanitize=address,undefined -fno-sanitize-recover=all"

fresh() {
	rm -rf "$t"/*
	mkdir -p "$t/applets" "$t/core" "$t/net" "$t/lib" "$t/tests/e2e" "$t/tools" "$t/b/asan/core"
	cp "$top"/tests/*.h "$top"/tests/run.sh "$top"/tests/under.sh "$top"/tests/pyunit.py "$t/tests/"
	printf 'int f(int a);\nint f(int a)\n{\n\treturn a;\n}\n' >"$t/core/good.c"
	: >"$t/tools/engines.txt"
	: >"$t/tools/test-packages.txt"
}

# result NAME WANTED_STATUS PATTERN COMMAND...: fails with a line that matches PATTERN, or passes
result() {
	name=$1 want=$2 pattern=$3
	shift 3
	said=$("$@" 2>&1 </dev/null)
	status=$?
	if [ $((status != 0)) = "$want" ] && echo "$said" | grep -Eq "$pattern"; then
		echo "ok $name"
	else
		echo "$said" | sed 's/^/# /'
		echo "not ok $name: exit status $status, or nothing like '$pattern'"
		failed=1
	fi
}
refused() { n=$1 p=$2; shift 2; result "$n is refused" 1 "$p" "$@"; }
accepted() { n=$1 p=$2; shift 2; result "$n is accepted" 0 "$p" "$@"; }

# lint FILE TEXT NAME PATTERN
lint() {
	fresh
	printf "$2" >"$t/$1"
	refused "$3" "$4" "$top/tools/lint.sh" "$t"
}
long=$(printf '%0101d' 0)
lines=$(awk 'BEGIN { while (n++ < 601) printf "\\n" }')
body=$(awk 'BEGIN { while (n++ < 101) printf "\\n\\tx++;" }')
fresh
accepted "a clean tree" "^ok" "$top/tools/lint.sh" "$t"
lint core/x.c "$lines" "a file of 601 lines" "core/x.c has 601 lines"
lint core/x.c "int f(void)\n{$body\n}\n" "a function of 101 lines" "x.c:2: int f has 101 lines"
lint core/x.c "/* $long */\n" "a line of 107 columns" "x.c:1: 107 columns"
lint core/x.c "int a; \n" "a blank at the end of a line" "x.c:1"
lint core/x.c "int a; // no\n" "a // comment" "x.c:1: comment with //"
lint core/x.c "    int a;\n" "an indent of spaces" "x.c:1: indented"
lint core/x.c "\tstrcpy(a, b);\n" "strcpy" "x.c:1: strcpy\(? is banned"
lint core/x.c "\treturn system(a);\n" "system" "system\(? is banned"
lint core/x.c '\tprintf("%%.1f", a);\n' "a format of floating point" "x.c:1: a format"
lint core/x.c "typedef struct x x;\n" "a typedef of a struct" "typedef"
lint tools/x.sh "if true\n" "a shell script that does not parse" "x.sh"
[ ! -x /usr/bin/python3 ] || lint tests/x.py "def f(:\n" "Python that does not compile" "x.py"
fresh
printf 'char *s = "http://x" "strcpy(";  /* // system( */\n' >"$t/core/x.c"
accepted "the same in strings and comments" "^ok" "$top/tools/lint.sh" "$t"

# layers FILE TEXT NAME PATTERN
layers() {
	fresh
	printf "$2" >"$t/$1"
	object "$1"
	refused "$3" "$4" "$top/tools/check-layers.sh" b "$t"
}
object() {
	case $1 in *.h) return ;; esac
	mkdir -p "$t/b/o/$(dirname "$1")"
	(cd "$t" && $CC -w -I. -c -o "b/o/${1%.c}.o" "$1")
}
fresh
object core/good.c
accepted "a tree with its layers in order" "^ok" "$top/tools/check-layers.sh" b "$t"
layers lib/x.h '#include "net/y.h"\n' "an include upwards" "lib/x.h:1: .* is a layer above"
layers lib/x.h '#include "y.h"\n' "an include not from the root" "not written from the root"
layers net/x.h '/* a Runspace */\n' "PowerShell's words in net/" "net/x.h:1"
layers core/x.c 'void f(void) { socket(1, 2, 3); }\n' "a system call in core/" "calls socket"
layers net/x.c 'void f(void) { puts("x"); }\n' "printing in net/" "net/x: calls puts"
layers core/x.c 'void f(void) { exit(1); }\n' "exit in core/" "core/x: calls exit"
layers net/x.c 'void *f(void) { return malloc(3); }\n' "malloc in net/" "net/x: calls malloc"
fresh
echo core/x >"$t/tools/engines.txt"
printf 'int f(void) { return rand(); }\n' >"$t/core/x.c"
object core/x.c
refused "an engine that draws random bytes" "calls rand" "$top/tools/check-layers.sh" b "$t"

fresh
printf '%0100d' 0 >"$t/b/pssession"
echo 100 >"$t/budget"
accepted "a binary of the budget's size" "100 bytes of 100" "$top/tools/size.sh" "$t/b" "$t/budget"
echo 99 >"$t/budget"
refused "a binary over the budget" "budget of 99 by 1" "$top/tools/size.sh" "$t/b" "$t/budget"

# unit NAME PATTERN TESTS: a program of unit tests, run as make check does
unit() {
	fresh
	printf '#include "tests/unit.h"\n%s\n' "$3" >"$t/core/x_test.c"
	(cd "$t" && $CC -w -I. $san -o b/asan/core/x_test core/x_test.c)
	refused "$1" "$2" "$t/tests/run.sh" b x_test
}
unit "a unit test that fails" "^1 passed, 1 failed, 0 skipped" 'TEST(a) { CHECK(0); } TEST(b) { }'
unit "a wrong string" "FAIL a: .*is \"x\", not \"y\"" 'TEST(a) { CHECK_STR("x", "y"); }'
unit "wrong bytes" "FAIL a: .*differs" 'TEST(a) { CHECK_MEM("x", 1, "xy", 2); }'
unit "a byte too many" "^0 passed, 1 failed" 'TEST(a) { char *p = malloc(3); p[3] = 1; free(p); }'
unit "a leak" "^1 passed, 1 failed" 'TEST(a) { memset(malloc(3), 1, 3); }'
unit "an overflow" "^0 passed, 1 failed" 'TEST(a) { int volatile i = 2147483647; i++; }'
unit "no test at all" "^0 passed, 1 failed" ''
unit "an engine that fails at one cut" "FAIL a: .*cut at 2 of 3" 'static int whole;
static void start(void) { whole = 1; }
static void feed(const uint8_t *p, size_t n) { if (n == 2) whole = p[0] == 98; }
static void finish(void) { CHECK(whole); }
TEST(a) { each_split("abc", 3, start, feed, finish); }'

# script NAME PATTERN TEXT: an end-to-end script, run as make check does
script() {
	fresh
	printf "$3" >"$t/tests/e2e/x.sh"
	refused "$1" "$2" "$t/tests/run.sh" b plain
}
script "an end-to-end test that fails" "^1 passed, 1 failed" 'echo ok a; echo not ok b: why\n'
script "an end-to-end script that breaks off" "^1 passed, 1 failed" 'echo ok a; exit 3\n'
script "an end-to-end script that says nothing" "^0 passed, 1 failed" ':\n'
script "a run with nothing but skips" "^0 passed, 0 failed, 1 skipped" 'echo skip a: why\n'
fresh
refused "a run without any test" "^0 passed, 0 failed, 0 skipped" "$t/tests/run.sh" b e2e

# python NAME PATTERN BODY
python() {
	fresh
	printf 'import unittest\nclass A(unittest.TestCase):\n' >"$t/tests/x_test.py"
	printf '    def test_a(self):\n        %s\n' "$3" >>"$t/tests/x_test.py"
	refused "$1" "$2" "$t/tests/run.sh" b x_test.py
}
if [ -x /usr/bin/python3 ]; then
	python "a Python test that fails" "^not ok A.test_a: 1 != 2" 'self.assertEqual(1, 2)'
	python "a Python test that raises" "^0 passed, 1 failed" 'raise ValueError'
	python "a Python test that skips" "^0 passed, 0 failed, 1 skipped" 'self.skipTest("x")'
	fresh
	echo 'import nowhere' >"$t/tests/x_test.py"
	refused "a Python file that does not load" "^0 passed, 1 failed" "$t/tests/run.sh" b x_test.py
fi
exit $failed

#!/bin/sh
# fuzz.sh BUILD SECONDS [NAME...]: every *_fuzz.c, or those whose path holds a NAME, under libFuzzer
# with ASan and UBSan for SECONDS each. Starts from tests/corpus/PATH; what else reaches new code
# is kept in BUILD/fuzz/new/. A crash ends the run and leaves its input in BUILD/fuzz/: once mended,
# that belongs into the corpus, which make check replays.
set -eu
cd "$(dirname "$0")/.."
B=$1 seconds=$2
shift 2
out=$B/fuzz
cc="clang -std=c11 -D_GNU_SOURCE -DPSSESSION_VERSION=\"fuzz\" -DPSSESSION_DATE=\"2026-01-01\""
cc="$cc -I. -I$B -Ibuild/deps/host/include"
cc="$cc -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all"
if ! command -v clang >/dev/null; then
	echo "fuzz.sh: no clang: apt-get install clang libclang-rt-14-dev" >&2
	exit 1
fi

wanted() {
	[ $# != 1 ] || return 0
	path=$1
	shift
	for n in "$@"; do
		case $path in *"$n"*) return 0 ;; esac
	done
	return 1
}

objects=
for f in core/*.c net/*.c lib/*.c; do
	case $f in *_test.c|*_fuzz.c) continue ;; esac
	o=$out/${f%.c}.o
	mkdir -p "$(dirname "$o")"
	[ "$o" -nt "$f" ] || $cc -fsanitize=fuzzer-no-link -c -o "$o" "$f"
	objects="$objects $o"
done
for f in */*_fuzz.c; do
	name=${f%_fuzz.c}
	wanted "$name" "$@" || continue
	echo "fuzz.sh: $name for $seconds s"
	corpus=tests/corpus/$name
	mkdir -p "$corpus" "$out/new/$name"
	$cc -fsanitize=fuzzer -o "$out/$name" "$f" $objects -Lbuild/deps/host/lib -lbearssl -lz
	"$out/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=512 -verbosity=0 \
		-artifact_prefix="$out/$(basename "$name")-" "$out/new/$name" "$corpus"
done

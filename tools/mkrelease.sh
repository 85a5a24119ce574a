#!/bin/sh
# mkrelease.sh: the binaries of the commit that is checked out, in dist/. Builds everything twice,
# in two folders, and refuses when they differ, when the tree is dirty, or when CHANGES does not
# begin with VERSION and a date, which is the time of every file in the archives. Foreign binaries
# are tested under qemu-user.
set -eu
unset MAKEFLAGS MFLAGS MAKELEVEL
cd "$(dirname "$0")/.."
version=$(cat VERSION)
date=$(sed -n '1s/.* //p' CHANGES)
targets="x86_64 aarch64"

die() {
	echo "mkrelease.sh: $*" >&2
	exit 1
}

[ -z "$(git status --porcelain)" ] || die "the tree is dirty: commit first"
[ "$(head -n 1 CHANGES)" = "$version $date" ] || die "CHANGES does not begin with \"$version DATE\""
for target in $targets; do
	[ "$target" = "$(uname -m)" ] && continue
	for tool in "$target-linux-gnu-gcc" "qemu-$target"; do
		command -v "$tool" >/dev/null ||
			die "no $tool: apt-get install gcc-$target-linux-gnu libc6-dev-arm64-cross qemu-user"
	done
done
work=$(mktemp -d)
chmod go+x "$work"              # a test runs the binary as nobody
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

cross() { [ "$1" = "$(uname -m)" ] || echo "$1-linux-gnu-"; }

# built FOLDER TARGET: the path of the binary
built() { echo "$1/build/$([ -z "$(cross "$2")" ] || echo "$2-linux-gnu/")pssession"; }

# build FOLDER: a fresh checkout, built for all targets; the downloads are made only once
build() {
	mkdir -p "$1/build/deps"
	git archive HEAD | tar -xf - -C "$1"
	[ ! -d "$work/src" ] || cp -r "$work/src" "$1/build/deps/src"
	for target in $targets; do
		echo "mkrelease.sh: building for $target in $1"
		make -s -C "$1" CROSS="$(cross "$target")" >"$work/log" || die "make failed for $target"
	done
	[ -d "$work/src" ] || cp -r "$1/build/deps/src" "$work/src"
}

# try_out TARGET BINARY: --version, --list, and the end-to-end tests; 77 is a suite without any for
# a foreign binary
try_out() {
	kind=plain
	[ "$1" = "$(uname -m)" ] || kind=emulated
	"$2" --version | grep -qF "$version" || die "$1: --version does not say $version"
	"$2" --list | grep -q enter-pssession || die "$1: --list lacks enter-pssession"
	for t in tests/e2e/*_test.py; do
		status=0
		PSSESSION=$2 PSSESSION_KIND=$kind timeout 600 /usr/bin/python3 tests/pyunit.py "$t" \
			>"$work/log" 2>&1 </dev/null || status=$?
		case $status in
		0) ;;
		77) continue ;;
		*) die "$1: $t: $(cat "$work/log")" ;;
		esac
		! grep '^not ok' "$work/log" || die "$1: $t failed"
		echo "mkrelease.sh: $1: $t passes"
	done
}

# pack ARCHIVE FOLDER: the same bytes whenever and wherever it is made
pack() {
	tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mode=go=rX,u+rw \
		--mtime="$date 00:00Z" -cf - "$2" | xz -9 -T1 >"$1"
}

[ ! -d build/deps/src ] || cp -r build/deps/src "$work/src"
build "$work/one"
build "$work/a-second-folder"
rm -rf dist
mkdir dist
for target in $targets; do
	one=$(built "$work/one" "$target")
	cmp "$one" "$(built "$work/a-second-folder" "$target")" || die "$target: not reproducible"
	if [ "$target" = "$(uname -m)" ]; then
		try_out "$target" "$one"
	else
		tests/under.sh "$work/pssession" "$(command -v "qemu-$target")" "$one"
		try_out "$target" "$work/pssession"
	fi
	name=pssession-$version-linux-$target
	mkdir "$work/$name"
	cp "$one" README.md CHANGES LICENSES "$work/$name/"
	cp "$one" "dist/$name"
	pack "dist/$name.tar.xz" "$name"
done
mkdir "$work/pssession-$version"
git archive HEAD | tar -xf - -C "$work/pssession-$version"
pack "dist/pssession-$version.tar.xz" "pssession-$version"
(cd dist && sha256sum -- * >SHA256SUMS && cat SHA256SUMS)

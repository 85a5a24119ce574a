#!/bin/sh
# deps.sh OUT CC FLAGS LTO [host]: builds musl, BearSSL and zlib into OUT/{include,lib,bin/cc}, the
# latter two with LTO as well, then makes OUT/ok. With "host", or when CC makes musl programs
# already, OUT/bin/cc is plain CC and no musl is built. The source packages named in deps.sums come
# from the folder $DEPS when that is set, else from the machine's own apt sources through a private
# apt state: no root, nothing touched outside OUT/..
# Debian's patches are left out: they are about packaging and zlib's minizip, which is not built.
# Kernel headers are not used.
set -eu
tools=$(cd "$(dirname "$0")" && pwd)
sums=$tools/deps.sums
mkdir -p "$1"
out=$(cd "$1" && pwd); cc=$2; flags=$3; lto=$4; kind=${5:-musl}
top=$(dirname "$out"); src=$top/src; apt=$top/apt
case $($cc -dumpmachine) in *musl*) kind=host ;; esac
unset MAKEFLAGS MFLAGS MAKELEVEL    # make's own variables given by the user are not for these
jobs=-j$(nproc 2>/dev/null || echo 1)

# Two at once wait for each other; the second finds the work done.
exec 9>"$top/lock"
flock 9
if [ "$out/ok" -nt "$0" ] && [ "$out/ok" -nt "$sums" ] && [ "$out/ok" -nt "$tools/relr.c" ]; then
	exit
fi
rm -f "$out/ok"

die() {
	printf 'deps.sh: %s\n' "$*" >&2
	echo "deps.sh: to go on without it, put the files that tools/deps.sums names into a folder" >&2
	echo "deps.sh: and run: make DEPS=FOLDER" >&2
	exit 1
}

good() { [ -f "$1" ] && [ "$(sha256sum <"$1")" = "$2  -" ]; }

# The machine's sources as deb-src entries; a Debian of another release also gets those of bookworm,
# which has these versions.
derive_sources() {
	eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
	mkdir -p "$apt/parts"
	for f in "$list" "${parts%/}"/*.list; do
		[ ! -f "$f" ] || sed -n -E '/cdrom:/d; s/^[ \t]*deb(-src)?[ \t]+/deb-src /p' "$f"
	done | sort -u >"$apt/parts/all.list"
	for f in "${parts%/}"/*.sources; do
		[ ! -f "$f" ] || sed -E 's/^Types:.*/Types: deb-src/' "$f" >"$apt/parts/${f##*/}"
	done
	grep -q '^ID=debian' /etc/os-release || return 0
	grep -hv '^#' "$apt"/parts/* | grep -qw bookworm && return
	sed -E 's/^(deb-src (\[.*\] )?[^ ]+) +[a-z]+ .*/\1 bookworm main/; t; d' \
		"$apt/parts/all.list" >"$apt/parts/bookworm.list"
	for f in "$apt"/parts/*.sources; do
		[ ! -f "$f" ] || sed -i -E 's/^(Suites: *[a-z]+)( .*)?$/\1\2 bookworm/' "$f"
	done
}

# apt with the machine's settings (proxies, options), our folders, and its hooks switched off
private_apt() { "$@" -c "$apt/apt.conf"; }

prepare_apt() {
	command -v apt-get >/dev/null || die "no apt-get here to fetch the sources with"
	rm -rf "$apt"
	mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$apt/get"
	: >"$apt/state/status"
	derive_sources
	cat >"$apt/apt.conf" <<-END
		#clear APT::Update;
		APT::Sandbox::User "";
		Acquire::Languages "none";
		Dir::State "$apt/state";
		Dir::State::status "$apt/state/status";
		Dir::State::lists "$apt/state/lists";
		Dir::Cache "$apt/cache";
		Dir::Etc::sourcelist "/dev/null";
		Dir::Etc::sourceparts "$apt/parts";
	END
	# One dead source among several is no failure yet: what counts is that the files arrive.
	echo "deps.sh: reading the source package lists of this machine's apt sources"
	private_apt apt-get -q update >"$apt/log" 2>&1 </dev/null || true
}

# fetch FILE SUM: FILE is PACKAGE_VERSION.orig.tar.*
fetch() {
	good "$src/$1" "$2" && return
	rm -f "$src/$1"
	if [ -n "${DEPS:-}" ]; then
		good "$DEPS/$1" "$2" || die "$DEPS/$1 is missing or has not the SHA-256 of tools/deps.sums"
		cp "$DEPS/$1" "$src/$1.part"
	else
		[ -d "$apt/get" ] || prepare_apt
		package=${1%%_*}; want=${1#*_}; want=${want%.orig.tar.*}
		version=$(private_apt apt-cache showsrc "$package" 2>>"$apt/log" |
			awk -v w="$want-" '/^Version:/ { v = $2; sub(/^[0-9]+:/, "", v)
				if (!found && index(v, w) == 1) { found = 1; print $2 } }')
		[ -n "$version" ] || die "no source package $package $want:" "$(tail -n 3 "$apt/log")"
		echo "deps.sh: fetching $package $version"
		cd "$apt/get"
		private_apt apt-get -q source --download-only --tar-only "$package=$version" \
			>>"$apt/log" 2>&1 </dev/null || die "cannot fetch $package:" "$(tail -n 3 "$apt/log")"
		cd "$top"
		good "$apt/get/$1" "$2" || die "$1 as fetched has not the SHA-256 of tools/deps.sums"
		cp "$apt/get/$1" "$src/$1.part"
	fi
	mv "$src/$1.part" "$src/$1"
}

# unpack PACKAGE: prints the fresh folder. tar may lack xz and bzip2, apt carries its own.
unpack() {
	file=$(echo "$src/$1"_*)
	rm -rf "$out/src/$1"
	mkdir -p "$out/src/$1"
	cd "$out/src/$1"
	tar -xf "$file" 2>/dev/null || /usr/lib/apt/apt-helper cat-file "$file" | tar -xf - ||
		die "cannot unpack $file"
	echo "$PWD"/*
}

# quietly LABEL COMMAND...: output only when it fails
quietly() {
	label=$1; shift
	"$@" >"$out/log" 2>&1 </dev/null && return
	tail -n 20 "$out/log" | cut -c 1-300 >&2
	echo "deps.sh: building $label failed" >&2
	exit 1
}

build_musl() {
	cd "$(unpack musl)"
	# Packed relocations (DT_RELR) save 20 KB; musl has known them since 1.2.4.
	sed -i '/stage2_func dls2;/r '"$tools/relr.c" ldso/dlstart.c
	sed -i 's/DYN_CNT 32/DYN_CNT 37/' src/internal/dynlink.h
	# No floating point in formats: 3 KB.
	sed -i 's/l = fmt_fp(.*);/l = -1;/' src/stdio/vfprintf.c
	quietly musl ./configure --prefix="$out" --syslibdir="$out/lib" --target="$($cc -dumpmachine)" \
		--disable-shared --enable-wrapper=gcc CC="$cc" CFLAGS="$flags"
	quietly musl make $jobs install
	# musl's own specs know no -static-pie; ours know nothing else.
	how="-static -pie --no-dynamic-linker -z text" pack=pack-relative-relocs
	! "$($cc -print-prog-name=ld)" --help | grep -q "$pack" || how="$how -z $pack"
	sed "s/Scrt1[.]o/rcrt1.o/; s/-dynamic-linker [^ ]*/$how/" \
		"$out/lib/musl-gcc.specs" >"$out/lib/specs"
	printf '#!/bin/sh\nexec %s "$@" -specs "%s/lib/specs"\n' "$cc" "$out" >"$out/bin/cc"
}

build_bearssl() {
	cd "$(unpack bearssl)"
	# Lanes that are not used hold garbage, which nobody uses either; but valgrind cannot know.
	sed -i 's/uint64_t q\[8\];/uint64_t q[8] = { 0 };/' src/symcipher/aes_ct64_cbcenc.c
	sed -i 's/w1\[16\],/w1[16] = { 0 },/' src/symcipher/aes_ct64_cbcdec.c
	quietly bearssl make $jobs lib CC="$out/bin/cc" CFLAGS="$flags $lto" AR="$ar"
	cp inc/*.h "$out/include/"
	cp build/libbearssl.a "$out/lib/"
}

build_zlib() {
	cd "$(unpack zlib)"
	# inflateBack alone; its fixed tables are made when they are needed.
	quietly zlib "$out/bin/cc" $flags $lto -DHAVE_UNISTD_H -DBUILDFIXED -c \
		infback.c inffast.c inftrees.c zutil.c
	quietly zlib $ar -rcs "$out/lib/libz.a" *.o
	cp zlib.h zconf.h "$out/include/"
}

rm -rf "$apt"
mkdir -p "$src" "$out/include" "$out/lib" "$out/bin"
while read -r sum file; do
	case $kind,$file in host,musl_*) continue ;; esac
	fetch "$file" "$sum"
done <"$sums"
rm -rf "$apt"
case $cc in *gcc) ar=$cc-ar ;; *) ar=ar ;; esac
echo "deps.sh: building the dependencies in ${out#"${tools%/tools}"/}"
rm -rf "$out/src"
if [ "$kind" = host ]; then
	printf '#!/bin/sh\nexec %s "$@"\n' "$cc" >"$out/bin/cc"
else
	(build_musl)
fi
chmod +x "$out/bin/cc"
(build_bearssl)
(build_zlib)
rm -rf "$out/src" "$out/log"
touch "$out/ok"

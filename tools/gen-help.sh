#!/bin/sh
# gen-help.sh: all of help/*/*.txt as one deflated blob in a C array. In it, each page follows a
# line "\036language/name". The scripts for the far side are in it as well, as "ps/name", without
# their comments and indents.
set -eu
cd "$(dirname "$0")/.."
echo '/* made by tools/gen-help.sh */'
echo 'static const unsigned char help_blob[] = {'
for f in $(ls help/*/*.txt | LC_ALL=C sort); do
	name=${f#help/}
	printf '\036%s\n' "${name%.txt}"
	cat "$f"
done | {
	cat
	for f in applets/*.ps1; do
		printf '\036ps/%s\n' "$(basename "$f" .ps1)"
		sed 's/^[ \t]*//; /^#/d; /^$/d' "$f"
	done
} | gzip -9nc | tail -c +11 | od -An -v -tx1 | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
echo '};'

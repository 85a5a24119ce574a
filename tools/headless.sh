#!/bin/sh
# headless.sh PROGRAM: cuts off the section headers of a stripped 64-bit little-endian ELF file, 1.5
# KB that no kernel reads.
set -eu
end=0
for part in $(readelf -lW "$1" | sed -n 's/^ *LOAD *\([^ ]*\) *[^ ]* *[^ ]* *\([^ ]*\) .*/\1+\2/p'); do
	part=$((${part%+*} + ${part#*+}))
	[ "$part" -le "$end" ] || end=$part
done
truncate -s "$end" "$1"
printf '\0\0\0\0\0\0\0\0' | dd of="$1" bs=1 seek=40 conv=notrunc status=none    # e_shoff
printf '\0\0\0\0' | dd of="$1" bs=1 seek=60 conv=notrunc status=none            # e_shnum, e_shstrndx

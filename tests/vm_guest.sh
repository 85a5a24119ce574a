#!/bin/sh
# vm_guest.sh BINARY [TEST.py]: runs tests/e2e/vm_test.py in a virtual machine with vsock_loopback.
# Needs qemu-system-x86_64, cpio and apt-get (for Debian's kernel); no root, no KVM. Exit status 1
# if a test fails; "skip …" where it cannot run, or not in time.
set -eu
cd "$(dirname "$0")/.."
binary=$(realpath "$1")
test=${2:-tests/e2e/vm_test.py}
skip() {
	echo "skip vm_guest: $*"
	exit 0
}
command -v qemu-system-x86_64 >/dev/null || skip "needs qemu-system-x86"
command -v cpio >/dev/null || skip "needs cpio"
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
chmod 755 "$d"

package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/.*Depends: //p')
(cd "$d" && apt-get -qq download "${package:-none}" >/dev/null 2>&1 &&
	dpkg-deb -x ./*.deb kernel) || skip "no kernel from apt"

# What the tests need of this machine, and each library that it needs.
root=$d/root
(mkdir "$root" && cd "$root" && mkdir -p proc sys dev tmp run/sshd etc)
keep_file() {
	[ -e "$root$1" ] || { mkdir -p "$root${1%/*}" && cp -L "$1" "$root$1"; }
}
keep() {
	for f; do
		[ -e "$f" ] || continue
		keep_file "$f"
		ldd "$f" 2>/dev/null | grep -o '/[^ ]*' | while read -r lib; do
			keep_file "$lib"
		done
	done
}
keep /bin/sh /usr/bin/python3 /usr/sbin/sshd /usr/bin/ssh /usr/bin/ssh-keygen /usr/bin/dbclient \
	/usr/bin/dropbearconvert /bin/sleep /bin/cat /bin/mkdir /bin/mount /sbin/ip \
	/usr/bin/env /usr/bin/id /bin/sed /bin/kill
python=/usr/lib/python3.$(/usr/bin/python3 -c 'import sys; print(sys.version_info[1])')
mkdir -p "$root$python"
(cd "$python" && find . -name '*.py' -o -name '*.so' |
	grep -Ev '/(test|tests|idlelib|tkinter|lib2to3|ensurepip|dist-packages)/' |
	cpio -pd --quiet "$root$python")
for so in "$root$python"/lib-dynload/*.so; do
	ldd "$so" 2>/dev/null | grep -o '/[^ ]*' | while read -r lib; do
		keep_file "$lib"
	done
done
cp -r tests "$root/tests"
cp "$binary" "$root/pssession"
for m in vsock vmw_vsock_virtio_transport_common vsock_loopback; do
	find "$d/kernel/lib" -name $m.ko -exec cp {} "$root/" \;
done
printf 'root:x:0:0:root:/tmp:/bin/sh\nsshd:x:100:100::/run/sshd:/bin/false\n' >"$root/etc/passwd"
printf 'root:*:19000::::::\n' >"$root/etc/shadow"
printf 'root:x:0:\nsshd:x:100:\n' >"$root/etc/group"
printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
printf 'passwd: files\ngroup: files\nshadow: files\nhosts: files\n' >"$root/etc/nsswitch.conf"
cat >"$root/init" <<-END
	#!/bin/sh
	export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp USER=root LOGNAME=root PSSESSION=/pssession
	mount -t proc proc /proc
	mount -t sysfs sys /sys
	mount -t devtmpfs dev /dev
	mkdir -p /dev/pts
	mount -t devpts pts /dev/pts
	ip link set lo up
	python3 -c 'import ctypes, os, sys
	for name in sys.argv[1:]:
	    fd = os.open(f"/{name}.ko", os.O_RDONLY)
	    if ctypes.CDLL(None).syscall(313, fd, b"", 0):      # finit_module
	        print("Error: no", name)
	' vsock vmw_vsock_virtio_transport_common vsock_loopback
	cd / && python3 tests/pyunit.py $test
	echo "guest: done"
	echo o >/proc/sysrq-trigger
	sleep 60
END
chmod 755 "$root/init"
(cd "$root" && find . | cpio -o -H newc --quiet) >"$d/initrd"

timeout 240 qemu-system-x86_64 -m 1024 -nographic -no-reboot -nic none -initrd "$d/initrd" \
	-kernel "$d"/kernel/boot/vmlinuz-* -append "console=ttyS0 quiet panic=-1 rdinit=/init" \
	</dev/null | tr -d '\r' >"$d/out" || :
grep -aq '^guest: done' "$d/out" || {
	tail -n 5 "$d/out" >&2
	skip "the virtual machine did not get to its end"
}
grep -aE '^(ok|not ok|skip) |Error' "$d/out"
! grep -aq '^not ok' "$d/out"

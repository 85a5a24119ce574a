#include "core/vm_io.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/vm.h"
#include "lib/file_io.h"
#include "lib/num.h"
#include "net/spawn_io.h"

#define OUTPUT_MAX (1u << 20)
#define SYSTEM_UID 1000                 /* below are the system's users: libvirt's qemu is one */

/* Linux' struct sockaddr_vm, which musl lacks. */
struct vm_addr { uint16_t family, reserved; uint32_t port, cid; uint8_t flags, zero[3]; };

static uint32_t ask_virsh(const char *guest)
{
	const char *argv[] = { "virsh", "dumpxml", "--domain", guest, NULL };
	uint32_t cid = 0;
	struct buf xml;

	buf_init(&xml, OUTPUT_MAX);
	if (spawn_output(argv, &xml) == 0)
		cid = vm_xml_cid(buf_span(&xml));
	buf_free(&xml);
	return cid;
}

/* Whoever can start programs may call them qemu: ours and the system's count. */
static bool read_words(const char *pid, struct buf *out)
{
	char path[300];
	struct stat st;
	struct err e = { 0 };

	snprintf(path, sizeof(path), "/proc/%s", pid);
	if (stat(path, &st) < 0 || (st.st_uid >= SYSTEM_UID && st.st_uid != geteuid()))
		return false;
	snprintf(path, sizeof(path), "/proc/%s/cmdline", pid);
	buf_clear(out);
	return file_read(path, out, &e) == 0;
}

static bool find_process(const char *guest, uint32_t *cid)
{
	DIR *d = opendir("/proc");
	bool found = false;
	struct dirent *p;
	struct buf words;

	buf_init(&words, OUTPUT_MAX);
	while (!found && d && (p = readdir(d)))
		found = p->d_name[0] > '0' && p->d_name[0] <= '9' && read_words(p->d_name, &words) &&
			vm_is(buf_span(&words), guest, cid);
	if (d)
		closedir(d);
	buf_free(&words);
	return found;
}

int vm_find(const char *guest, uint32_t *cid, struct err *e)
{
	uint64_t n;

	*cid = 0;
	if (num_u64(span_str(guest), &n) && n && n < UINT32_MAX) {
		*cid = (uint32_t)n;
		return 0;
	}
	if (!*guest || *guest == '-')
		return err_set(e, E_USAGE, "'%s' is no virtual machine.", guest);
	if ((*cid = ask_virsh(guest)))
		return 0;
	if (!find_process(guest, cid))
		return err_set(e, E_NET, "virsh knows no such virtual machine, nor does a command line of "
			"qemu; -VMId takes a vsock CID, too, and -HostName reaches one that has a network");
	return *cid ? 0 : err_set(e, E_NET, "the virtual machine has no vsock: give its qemu -device "
		"vhost-vsock-pci,guest-cid=N, or <vsock/> in libvirt");
}

static bool copy(int from, int to)
{
	char bytes[32768];
	ssize_t n, done, m;

	while ((n = read(from, bytes, sizeof(bytes))) > 0 || (n < 0 && errno == EINTR))
		for (done = 0; done < n; done += m > 0 ? m : 0)
			if ((m = write(to, bytes + done, (size_t)(n - done))) < 0 && errno != EINTR)
				return false;
	return true;
}

int vm_relay(uint32_t cid, uint32_t port, struct err *e)
{
	struct vm_addr to = { .family = AF_VSOCK, .port = port, .cid = cid };
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 || (pid = fork()) < 0)
		return err_set(e, E_NET, "vsock port %u of CID %u: %s; sshd must listen there (systemd 256 "
			"has it on port 22), or what -Port names, and vhost_vsock be loaded here", port, cid,
			strerror(errno));
	if (!pid) {
		copy(STDIN_FILENO, fd);
		shutdown(fd, SHUT_WR);
		_exit(0);
	}
	copy(fd, STDOUT_FILENO);
	return 0;
}

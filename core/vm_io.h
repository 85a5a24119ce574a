/* The way to virtual machines on this host: finding a running one, and bytes through AF_VSOCK. */
#ifndef CORE_VM_IO_H
#define CORE_VM_IO_H
#include <stdint.h>
#include "lib/err.h"

/* guest: a CID, or the UUID or name of one that runs: virsh is asked first, then the command lines
 * in /proc. E_USAGE, E_NET with the way out. */
int vm_find(const char *guest, uint32_t *cid, struct err *e) MUST_CHECK;
/* Carries stdin and stdout to that port until the guest ends it. E_NET: it cannot be reached. */
int vm_relay(uint32_t cid, uint32_t port, struct err *e) MUST_CHECK;
#endif

/* Virtual machines by what runs them: the context id (CID) of a guest, from a command line of qemu
 * or libvirt's description. */
#ifndef CORE_VM_H
#define CORE_VM_H
#include "lib/span.h"

/* Whether words (each ends with NUL, as in /proc/PID/cmdline) run the guest of that -name or -uuid.
 * *cid = its guest-cid, or 0. */
bool vm_is(struct span words, const char *guest, uint32_t *cid);
/* The address of <cid address='N'> in the XML of `virsh dumpxml`, or 0. */
uint32_t vm_xml_cid(struct span xml);
#endif

/* Transport over a child's stdin and stdout that speaks the packets of `pwsh -s`: ssh, a
 * container's exec, or pwsh itself. */
#ifndef CORE_XPORT_STDIO_H
#define CORE_XPORT_STDIO_H
#include "core/xport.h"
#include "net/loop_io.h"

struct xport_stdio_cfg {
	struct loop *loop;
	const char *const *argv;          /* NULL-terminated; copied */
	const char *silent;               /* static; a notice when 15 s brought nothing; or NULL */
	uint32_t close_ms;                /* close() waits at most this long; 0 = 5 s */
	bool apart;                       /* as in spawn_cfg */
	bool asks;                        /* on the terminal: the child is started when none of the
	                                   * others that ask is on its way to PowerShell any more */
};
/* The child is started by open(). Never NULL. Its stderr, and what stands on its stdout before the
 * first packet, comes as notice(); what it said last is in the error when it ends early. That error
 * is marked as passing if the child says by its status (126, 127) that it found no program to
 * start. */
struct xport *xport_stdio_new(const struct xport_stdio_cfg *cfg);
#endif

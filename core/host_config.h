/* Saved hosts: a file in ssh_config's manner. "Host pattern …" (wildcards * and ?, ! negates) opens
 * a section; the lines behind it are parameters: "Name value", "Name = value", or "Name" for a
 * switch. Lines before any Host apply to all. */
#ifndef CORE_HOST_CONFIG_H
#define CORE_HOST_CONFIG_H
#include "core/params.h"

struct host_config {
	struct span rest;                   /* of the file: all of it at first */
	struct span host;                   /* whom it is asked about */
	const char *home;                   /* what "~/" at the beginning of a value means, or NULL */
	size_t line;                        /* of what came last, from 1 */
	bool others;                        /* the section is about others */
};
/* The next parameter that applies, as the word of a command line: "-Name" or "-Name:value", in the
 * arena. NULL at the end, and with e set (E_USAGE) where there is none on a line. */
char *host_config_next(struct host_config *c, struct arena *a, struct err *e);
#endif

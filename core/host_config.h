/* Saved hosts: a file in ssh_config's manner. "Host pattern …" (wildcards * and ?, ! negates) opens
 * a section; the lines behind it are parameters: "Name value", "Name = value", or "Name" for a
 * switch. */
#ifndef CORE_HOST_CONFIG_H
#define CORE_HOST_CONFIG_H
#include "core/params.h"

/* Collects what applies to host, in the file's order, as words "-Name" and "-Name:value" (the first
 * of a name counts; lines before any Host apply to all). E_USAGE with the line's number. */
int host_config_words(struct span file, const char *host, struct arena *a, struct str_list *out,
	struct err *e) MUST_CHECK;
#endif

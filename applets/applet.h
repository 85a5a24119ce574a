/* What an applet is. One file per applet; APPLET( in column 0 registers it (tools/gen-applets.sh).
 */
#ifndef APPLETS_APPLET_H
#define APPLETS_APPLET_H
#include "core/params.h"

struct applet {
	const char *name;                 /* and PowerShell's short ones: a list as in struct param */
	const struct param *params;
	uint32_t sets, default_set;       /* parameter sets, a bit each */
	uint32_t args_size;
	const void *defaults;             /* initial value of the args, NULL = zero */
	int (*run)(void *args, uint32_t set, struct arena *a);    /* exit status */
};
/* struct type_ is what params_ bind to; the block that follows is its body: args, set and arena are
 * in scope. */
#define APPLET(id, names_, params_, type_, sets_, default_, defaults_)                             \
	static int id##_body(struct type_ *args, uint32_t set, struct arena *arena);                   \
	static int id##_run(void *args, uint32_t set, struct arena *arena)                             \
	{                                                                                              \
		return id##_body(args, set, arena);                                                        \
	}                                                                                              \
	extern const struct applet applet_##id;                                                        \
	const struct applet applet_##id = { names_ "\0", params_, sets_, default_,                     \
		sizeof(struct type_), defaults_, id##_run };                                               \
	static int id##_body(struct type_ *args, uint32_t set, struct arena *arena)

/* help.c: syntax from the table, prose from help/<language>/<applet>.txt. Returns the exit status.
 */
int help_show(const struct applet *a);
/* Appends NAME.ps1 of applets/, which lies among the pages. */
bool help_script(const char *name, struct buf *out);
/* The page by name ("pssession"), without syntax. */
int help_page(const char *name);
#endif

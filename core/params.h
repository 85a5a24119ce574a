/* Binds a command line to a struct the way PowerShell binds parameters (docs/DESIGN.md, section 6):
 * -Name value, -Name:value, unambiguous prefixes, aliases, any case, lists, ranges, -Switch:$false,
 * positions (a number goes to PARAM_INTS), parameter sets. Errors are worded like PowerShell's. */
#ifndef CORE_PARAMS_H
#define CORE_PARAMS_H
#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/guid.h"

enum param_kind {                         /* the C type at `off` */
	PARAM_STR,              /* const char *: NULL = not given */
	PARAM_STRS,             /* struct str_list: comma list; with max 1 one text as it is */
	PARAM_INT,              /* int32_t in min..max: the field keeps its value when not given */
	PARAM_INTS,             /* struct int_list: comma list with ranges 1..3 */
	PARAM_SWITCH,           /* bool */
	PARAM_ENUM,             /* int32_t, index in `values` ("A|B|C"): kept when not given */
	PARAM_GUIDS,            /* struct guid_list: comma list */
	PARAM_GIVEN,            /* uint64_t: bit i = the i-th row behind was given; no parameter */
	PARAM_GROUP,            /* the table `group`, its offsets counted from `off` */
};
struct str_list { char **v; size_t n; };
struct int_list { int64_t *v; size_t n; };
struct guid_list { struct guid *v; size_t n; };

struct param {                            /* 48 bytes: there are many */
	const char *name;                 /* as documented, NULL ends the table */
	const char *aliases;              /* "Cn,Host" or NULL; what is a name, too, further up the
					   * table goes to the alias where that is still free */
	const char *type;                 /* .NET name as errors and syntax show it */
	union {
		const char *values;           /* PARAM_ENUM */
		const struct param *group;    /* PARAM_GROUP */
		struct { int32_t min, max; }; /* PARAM_INT, PARAM_INTS; max < min: any UInt32 */
	};
	uint32_t sets;                    /* bit a parameter set it may stand in; 0 = all */
	uint32_t mandatory;               /* sets in which it must be given */
	uint32_t pos_sets;                /* sets in which it has a position; 0 = all */
	uint16_t off;
	uint8_t kind;
	uint8_t pos : 7;                  /* 0 = named only, else 1 + position */
	uint8_t common : 1;               /* -Verbose: gives way to another that a prefix fits */
};
/* Table rows. S = the struct bound to, f = its field. P_ONLY: mandatory in these sets,
 * unknown in others. */
#define P_ONLY(s) .sets = (s), .mandatory = (s)
#define PARAM_(k, S, f, nm, al, ty, ...)                                                           \
	{ .name = nm, .aliases = al, .type = ty, .off = offsetof(S, f), .kind = k, __VA_ARGS__ }
#define P_STR(S, f, nm, al, ...)          PARAM_(PARAM_STR, S, f, nm, al, "String", __VA_ARGS__)
#define P_STRS(S, f, nm, al, ty, ...)     PARAM_(PARAM_STRS, S, f, nm, al, ty, __VA_ARGS__)
#define P_TYPED(S, f, nm, al, ty, ...)    PARAM_(PARAM_STR, S, f, nm, al, ty, __VA_ARGS__)
#define P_INT(S, f, nm, al, lo, hi, ...)                                                           \
	PARAM_(PARAM_INT, S, f, nm, al, "Int32", .min = lo, .max = hi, __VA_ARGS__)
#define P_INTS(S, f, nm, al, ty, ...)     PARAM_(PARAM_INTS, S, f, nm, al, ty, __VA_ARGS__)
#define P_GUIDS(S, f, nm, al, ty, ...)    PARAM_(PARAM_GUIDS, S, f, nm, al, ty, __VA_ARGS__)
#define P_SWITCH(S, f, nm, al, ...)                                                                \
	PARAM_(PARAM_SWITCH, S, f, nm, al, "SwitchParameter", __VA_ARGS__)
#define P_ENUM(S, f, nm, al, ty, vals, ...)                                                        \
	PARAM_(PARAM_ENUM, S, f, nm, al, ty, .values = vals, __VA_ARGS__)
#define P_GROUP(S, f, table)                                                                       \
	{ .name = "", .kind = PARAM_GROUP, .group = table, .off = offsetof(S, f) }
#define P_GIVEN(S, f)                                                                              \
	{ .name = "", .kind = PARAM_GIVEN, .off = offsetof(S, f) }
#define P_END                             { .name = NULL }

/* Binds argv (without the applet's name). Strings in the result point into argv or the arena. *set
 * becomes the one parameter set that fits, as a bit. default_set: chosen when several fit. E_USAGE
 * with PowerShell's words. */
int params_bind(const struct param *table, uint32_t sets, uint32_t default_set, int argc,
	char **argv, struct arena *a, void *out, uint32_t *set, struct err *e) MUST_CHECK;
/* Binds words ("-Name", "-Name:value") to those rows of a table without groups that its PARAM_GIVEN
 * field has no bit for, whatever their sets; marks them. For values from a file, behind the command
 * line's. */
int params_fill(const struct param *table, char **words, size_t n, struct arena *a, void *out,
	struct err *e) MUST_CHECK;
/* Appends one syntax line a parameter set, as Get-Command -Syntax prints them. */
void params_syntax(const struct param *table, const char *command, uint32_t sets, struct buf *out);
/* Splits "a,b,'c,d'" at commas outside quotes. False when the arena is at its cap. */
bool params_split(struct arena *a, const char *text, struct str_list *out);
/* Takes the quotes off an element that is quoted as a whole ('' inside '…' is one '); true if it
 * was. */
bool params_unquote(char *element);
#endif

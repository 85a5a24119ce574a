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
	PARAM_STRS,             /* struct str_list: comma list */
	PARAM_WORD,             /* struct str_list: one text as it is */
	PARAM_INT,              /* int32_t, min to 2^bits - 1: keeps its value when not given */
	PARAM_INTS,             /* struct int_list: comma list with ranges 1..3 */
	PARAM_SWITCH,           /* bool */
	PARAM_ENUM,             /* int32_t, index in "A|B|C" behind the names: kept when not given */
	PARAM_GUIDS,            /* struct guid_list: comma list */
	PARAM_GIVEN,            /* uint64_t: bit i = the i-th row behind was given; no parameter */
	PARAM_GROUP,            /* the table `group`, its offsets counted from `off` */
};
/* .NET's names of types, as errors and syntax show them. */
#define PARAM_TYPES(X)                                                                             \
	X(STRING, "String") X(STRINGS, "String[]") X(SWITCH, "SwitchParameter") X(INT, "Int32")        \
	X(INTS, "Int32[]") X(UINTS, "UInt32[]") X(GUID, "Guid") X(GUIDS, "Guid[]") X(URI, "Uri")       \
	X(URIS, "Uri[]") X(TABLE, "Hashtable") X(TABLES, "Hashtable[]") X(OBJECT, "PSObject")          \
	X(OBJECTS, "Object[]") X(SCRIPT, "ScriptBlock") X(CREDENTIAL, "PSCredential")                  \
	X(SESSION, "PSSession") X(SESSIONS, "PSSession[]") X(SESSION_OPTION, "PSSessionOption")        \
	X(MECHANISM, "AuthenticationMechanism") X(BUFFERING, "OutputBufferingMode")                    \
	X(PROXY_ACCESS, "ProxyAccessType") X(STATE, "SessionFilterState") X(TARGET, "OutTarget")       \
	X(FORMAT, "OutputFormat")
#define PARAM_TYPE_ID(id, name) TYPE_##id,
enum param_type { PARAM_TYPES(PARAM_TYPE_ID) };
struct str_list { char **v; size_t n; };
struct int_list { int64_t *v; size_t n; };
struct guid_list { struct guid *v; size_t n; };

struct param {                            /* 24 bytes: there are many */
	union {
		/* As documented, then its aliases, "ComputerName\0Cn\0": each ends with a zero, and
		 * behind the last one there is another. What is a name, too, further up the table
		 * goes to the alias where that is still free. NULL ends the table. */
		const char *name;
		const struct param *group;    /* PARAM_GROUP */
	};
	uint32_t sets;                    /* bit a parameter set it may stand in; 0 = all */
	uint32_t mandatory;               /* sets in which it must be given */
	uint32_t pos_sets;                /* sets in which it has a position; 0 = all */
	uint32_t off : 12;
	uint32_t kind : 4;
	uint32_t type : 5;                /* enum param_type */
	uint32_t pos : 2;                 /* 0 = named only, else 1 + position */
	uint32_t common : 1;              /* -Verbose: gives way to another that a prefix fits */
	uint32_t bits : 6;                /* PARAM_INT, PARAM_INTS: the most is 2^bits - 1 */
	int32_t min : 2;                  /* and this the least: -1, 0 or 1 */
};
/* In a command's sets: rows with it in their pos_sets have their position there. */
#define PARAMS_LONE (1u << 31)
/* Table rows. S = the struct bound to, f = its field; nm = "Name\0Alias\0Alias". P_ONLY: mandatory
 * in these sets, unknown in others. */
#define P_ONLY(s) .sets = (s), .mandatory = (s)
#define PARAM_(k, S, f, nm, ty, ...)                                                               \
	{ .name = nm "\0", .off = offsetof(S, f), .kind = k, .type = ty, __VA_ARGS__ }
#define P_STR(S, f, nm, ...)          PARAM_(PARAM_STR, S, f, nm, TYPE_STRING, __VA_ARGS__)
#define P_TYPED(S, f, nm, ty, ...)    PARAM_(PARAM_STR, S, f, nm, ty, __VA_ARGS__)
#define P_STRS(S, f, nm, ty, ...)     PARAM_(PARAM_STRS, S, f, nm, ty, __VA_ARGS__)
#define P_WORD(S, f, nm, ty, ...)     PARAM_(PARAM_WORD, S, f, nm, ty, __VA_ARGS__)
#define P_INT(S, f, nm, lo, most, ...)                                                             \
	PARAM_(PARAM_INT, S, f, nm, TYPE_INT, .min = lo, .bits = most, __VA_ARGS__)
#define P_INTS(S, f, nm, ty, lo, most, ...)                                                        \
	PARAM_(PARAM_INTS, S, f, nm, ty, .min = lo, .bits = most, __VA_ARGS__)
#define P_GUIDS(S, f, nm, ty, ...)    PARAM_(PARAM_GUIDS, S, f, nm, ty, __VA_ARGS__)
#define P_SWITCH(S, f, nm, ...)       PARAM_(PARAM_SWITCH, S, f, nm, TYPE_SWITCH, __VA_ARGS__)
#define P_ENUM(S, f, nm, ty, values, ...)                                                          \
	PARAM_(PARAM_ENUM, S, f, nm "\0\0" values, ty, __VA_ARGS__)
#define P_GROUP(S, f, table)                                                                       \
	{ .group = table, .kind = PARAM_GROUP, .off = offsetof(S, f) }
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

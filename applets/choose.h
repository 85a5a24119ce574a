/* Which of the kept sessions a command means: -Session, -Name, -InstanceId, -Id, or the rows of
 * get-pssession that come down a pipe. */
#ifndef APPLETS_CHOOSE_H
#define APPLETS_CHOOSE_H
#include "applets/connect.h"
#include "applets/roster.h"
#include "applets/ui/table.h"

struct choice {
	struct str_list session;        /* each an Id, a range of them, an InstanceId or a name */
	struct str_list name;           /* with wildcards */
	struct guid_list instance;
	struct int_list id;
	struct str_list computer, uri;  /* only sessions on these; uri: of servers_list() alone */
};
/* Their rows, for all sets of applets/connect.h. */
extern const struct param choose_params[];
#define CHOOSE_PARAMS(type, field) P_GROUP(type, field, choose_params)

struct chosen {
	struct loop *loop;
	struct arena *arena;
	bool show;                      /* only to see: those that do not answer may be meant, too */
	struct roster all, meant;       /* meant: by Id, each once */
	int status;                     /* the exit status so far: the worst */
};
/* Reads the roster and finds the sessions. What is not there is said on stderr in PowerShell's
 * words and makes the status 2. When nothing was named, nothing is meant, unless pipe is true:
 * then the rows of stdin count, and on a terminal E_USAGE says what is missing. E_USAGE for a
 * pattern that is none. */
int choose(struct chosen *c, const struct choice *what, bool pipe, struct err *e) MUST_CHECK;
/* The same, with pipe, for a command that takes one session or else a -ComputerName. NULL: said on
 * stderr, status set. */
struct kept *choose_one(struct chosen *c, const struct choice *what);
bool choice_named(const struct choice *what);           /* anything but servers */
/* On stdout, in the form that the user wants. */
void chosen_show(const struct roster *r, enum table_form form);
/* print_err(); the status gets no better. */
void chosen_fail(struct chosen *c, const struct err *e);

/* Whether -Name and -Session are patterns. E_USAGE in PowerShell's words. */
int choice_check(const struct choice *what, struct err *e) MUST_CHECK;
/* What enumeration of a server gave is chosen the same way: true when k is meant. */
bool choice_fits(const struct choice *what, const struct kept *k);
/* Numbers from rows of stdin, tables or JSON, in which they are called key. A row without one is
 * said on stderr and makes the status 1. On a terminal E_USAGE: param is missing. */
int choice_pipe(struct chosen *c, const char *key, const char *param, struct int_list *out,
	struct err *e) MUST_CHECK;
/* The rows, parsed. For tests. */
int choice_rows(struct chosen *c, struct span rows, const char *key, struct int_list *out,
	struct err *e) MUST_CHECK;
#endif

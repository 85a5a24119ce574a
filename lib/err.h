/* Sticky error record: what went wrong first, in the user's terms. Nothing below applets/ prints
 * it. */
#ifndef LIB_ERR_H
#define LIB_ERR_H
#include <stdbool.h>
#include <stddef.h>

#define MUST_CHECK __attribute__((warn_unused_result))

/* Every failing function returns one of these; 0 or a count is success. The class decides the exit
 * code. */
enum err_code {
	E_REMOTE = -1,   /* exit 1: the remote side reported an error */
	E_USAGE = -2,    /* exit 2: wrong parameter, unreadable local file */
	E_AUTH = -3,     /* exit 3: credentials refused, scheme not offered */
	E_NET = -4,      /* exit 4: unreachable, refused, timed out, no ssh */
	E_TLS = -5,      /* exit 4: TLS or certificate */
	E_PEER = -6,     /* exit 5: the peer broke its protocol */
	E_LIMIT = -7,    /* exit 5: the peer exceeded one of our caps */
	E_INTR = -8,     /* exit 130: Ctrl+C */
	E_AGAIN = -9,    /* not an error: nothing to read or no room to write now */
};

struct err {
	int code;               /* 0 = none, else an err_code; the first one set stays */
	bool passing;           /* may be over soon: the same is worth another try */
	const char *spec;       /* section broken ("MS-NLMP 2.2.1.2"), or NULL; static text */
	size_t off;             /* byte offset in the message where it was seen, if spec is set */
	/* one sentence for the user with the way out; may hold peer text: print through vis */
	char text[400];
};

/* Records the first error and returns `code` (later calls change nothing and return the first
 * code). */
int err_set(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The same for a broken peer: code E_PEER, "section" and offset kept, text = "the server's answer
 * is malformed (section, byte off)". */
int err_peer(struct err *e, const char *spec, size_t off);
/* E_USAGE: the memory that one command may take has no room for so many. */
int err_many(struct err *e, const char *what);
/* Copies src into dst unless dst already holds one; returns the code of dst. */
int err_copy(struct err *dst, const struct err *src);
/* Puts `fmt…` before the text already recorded ("[host] Connecting … failed: " + text). */
void err_prefix(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Exit status for a code: 0 ok, 1, 2, 3, 4, 5 or 130 (docs/DESIGN.md, section 6). */
int err_exit(int code);

/* Impossible states end the process: a bug of ours, never something a peer can cause. */
_Noreturn void bug_at(const char *file, int line);
#define BUG_ON(x) do { if (x) bug_at(__FILE__, __LINE__); } while (0)
/* Out of memory: says so on stderr and ends with 111. */
_Noreturn void oom(void);
#endif

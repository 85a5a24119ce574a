/* Shared by keeper.c (the relay), keeper_front.c (front ends), keeper_request.c (what the attached
 * one asks for) and keeper_io.c (the process), and by nobody else. */
#ifndef CORE_KEEPER_INT_H
#define CORE_KEEPER_INT_H
#include "core/keeper_dir_io.h"
#include "core/keeper_io.h"
#include "core/keeper_link.h"
#include "core/keeper_pipe.h"
#include "core/keeper_status.h"
#include "core/psrp_pool.h"

enum { FRONTS_MAX = 64 };               /* more wait at the door */
enum { STATUS_MAX = 1 << 20 };

struct front {                          /* a front end */
	struct front *next;
	struct keeper *k;
	struct arena arena;             /* this struct lies in it */
	struct keeper_link link;
	const char *who;                /* "pid 4711 on /dev/pts/3" */
	int32_t pid;
	bool greeted, waits;
	enum keeper_type asked;         /* DISCONNECT, CONNECT or CLOSE under way; 0 = none */
};
struct keeper {
	struct arena arena;             /* this struct lies in it */
	struct keeper_cfg cfg;
	struct xport *xport;            /* NULL = it is gone */
	struct keeper_place place;
	struct watch door;
	struct timer check, end;
	struct front *fronts;           /* as they came */
	struct front *attached;
	struct keeper_link nobody;      /* takes what there is nobody for */
	unsigned front_n;
	struct keeper_pipes pipes;
	struct psrp_pool pool;
	enum kept_state state;
	struct err why;                 /* it is Broken, or Closed */
	unsigned retrying;              /* seconds that are left; 0 = the link is up */
	unsigned keys, keys_lost;       /* session keys asked for by the front end, by one that left */
	struct buf call;                /* of the pool's host, which the front end has not answered */
	uint64_t left_ms;               /* on the loop's clock: the wall's may be set meanwhile */
	bool changing;                  /* disconnect() or reconnect() is under way */
	bool closing, held;
	bool ending, over;              /* only what was said goes out still; all is done */
};

/* keeper.c */
/* Closes the pool on the server, if it is still there, and ends. */
void keeper_close(struct keeper *k);
/* The same, but leaves a session that was disconnected: it is meant to outlive this machine; and
 * does not wait for a network that has failed. */
void keeper_leave(struct keeper *k);
void keeper_free(struct keeper *k);
void keeper_refuse_call(struct keeper *k);      /* whoever could have answered it has left */
/* To the attached one. */
static inline struct keeper_link *to_front(struct keeper *k)
{
	return k->attached ? &k->attached->link : &k->nobody;
}

/* keeper_front.c */
bool front_come(struct keeper *k);              /* somebody is at the door; false: not let in */
/* Those who asked get DONE (why NULL) or ERROR. */
void front_answer(struct keeper *k, enum keeper_type asked, const struct err *why);
void front_status(struct keeper *k, struct buf *out);   /* STATUS_IS */
void front_next(struct keeper *k);              /* whoever waits longest is attached */
void front_refuse(struct keeper *k);            /* those who wait wait in vain */
void front_flow(struct keeper *k);              /* holds the server while much waits to be read */
/* It does not keep to the protocol: the last it hears. */
void front_turn_out(struct front *f, struct err *e);
void front_free_all(struct keeper *k);

/* keeper_request.c */
void front_request(struct front *f, const struct keeper_msg *m, struct err *e);
#endif

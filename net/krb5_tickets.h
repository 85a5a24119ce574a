/* Tickets at hand: a table of fixed size, their session keys in locked memory. An engine. */
#ifndef NET_KRB5_TICKETS_H
#define NET_KRB5_TICKETS_H
#include "lib/arena.h"
#include "lib/secret.h"
#include "net/krb5_msg.h"

#define KRB5_TICKETS 32

struct krb5_tickets {
	struct krb5_ticket {              /* cred.client.part_n 0: an empty place */
		struct arena mem;
		struct krb5_cred cred;    /* without its key */
		bool forwarded;
	} ticket[KRB5_TICKETS];
	struct secret *keys;              /* KRB5_KEY_MAX bytes for each place */
	unsigned last;                    /* place last given to another ticket */
};
void krb5_tickets_init(struct krb5_tickets *t);
void krb5_tickets_free(struct krb5_tickets *t);          /* wipes */
/* Copies; takes the place of an older one for the same server. forwarded: made to be given away,
 * not for our own use. -1: too large, else its place. */
int krb5_tickets_add(struct krb5_tickets *t, const struct krb5_cred *c, bool forwarded);
/* Place of a ticket by its server's name (not its realm), or -1. One that lives goes before one
 * that ended, which is found only if dead_too. */
int krb5_tickets_find(const struct krb5_tickets *t, const struct krb5_principal *server,
	bool forwarded, bool dead_too, int64_t now_us);
/* With its key: wipe out->key after use. Spans last until the next add or forget. */
void krb5_tickets_get(const struct krb5_tickets *t, int place, struct krb5_cred *out);
void krb5_tickets_forget(struct krb5_tickets *t);        /* all */

/* Same parts, compared as DNS compares hosts; the realm is left out. */
bool krb5_same_parts(const struct krb5_principal *a, const struct krb5_principal *b);
#endif

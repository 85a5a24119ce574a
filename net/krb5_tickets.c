#include "net/krb5_tickets.h"

#define MARGIN_S 60                       /* a ticket with less time left is not used */
#define TICKET_MAX 131072

_Static_assert(KRB5_TICKETS * KRB5_KEY_MAX <= SECRET_MAX, "the keys fit one slot");

void krb5_tickets_init(struct krb5_tickets *t)
{
	unsigned i;

	*t = (struct krb5_tickets){ .keys = secret_new() };
	for (i = 0; i < KRB5_TICKETS; i++)
		arena_init(&t->ticket[i].mem, TICKET_MAX);
}

void krb5_tickets_free(struct krb5_tickets *t)
{
	unsigned i;

	for (i = 0; i < KRB5_TICKETS; i++)
		arena_free(&t->ticket[i].mem);
	secret_free(t->keys);
}

bool krb5_same_parts(const struct krb5_principal *a, const struct krb5_principal *b)
{
	unsigned i;

	if (a->part_n != b->part_n || !a->part_n)
		return false;
	for (i = 0; i < a->part_n; i++)
		if (!span_eq_ci(a->part[i], b->part[i]))
			return false;
	return true;
}

int krb5_tickets_find(const struct krb5_tickets *t, const struct krb5_principal *server,
	bool forwarded, bool dead_too, int64_t now_us)
{
	int i, found = -1;

	for (i = 0; i < KRB5_TICKETS; i++) {
		const struct krb5_ticket *one = &t->ticket[i];

		if (one->forwarded != forwarded || !krb5_same_parts(&one->cred.server, server))
			continue;
		if (one->cred.end_time > now_us / 1000000 + MARGIN_S)
			return i;
		if (dead_too)
			found = i;
	}
	return found;
}

static uint8_t *key_at(const struct krb5_tickets *t, int place)
{
	return t->keys->b + place * KRB5_KEY_MAX;
}

void krb5_tickets_get(const struct krb5_tickets *t, int place, struct krb5_cred *out)
{
	int32_t etype = t->ticket[place].cred.key.etype;

	*out = t->ticket[place].cred;
	BUG_ON(!krb5_key_set(&out->key, etype, span_of(key_at(t, place), krb5_key_len(etype))));
}

static void forget(struct krb5_tickets *t, int place)
{
	struct krb5_ticket *one = &t->ticket[place];

	arena_reset(&one->mem);
	one->cred = (struct krb5_cred){ 0 };
	one->forwarded = false;
	secret_wipe(key_at(t, place), KRB5_KEY_MAX);
}

void krb5_tickets_forget(struct krb5_tickets *t)
{
	int i;

	for (i = 0; i < KRB5_TICKETS; i++)
		forget(t, i);
}

/* An older ticket's for the same, an empty one, or the next that lets us ask for no others. */
static int place_for(struct krb5_tickets *t, const struct krb5_cred *c, bool forwarded)
{
	int i;

	for (i = 0; i < KRB5_TICKETS; i++)
		if (t->ticket[i].forwarded == forwarded &&
		    krb5_same_parts(&t->ticket[i].cred.server, &c->server))
			return i;
	for (i = 0; i < KRB5_TICKETS; i++)
		if (!t->ticket[i].cred.server.part_n)
			return i;
	for (i = 0; i < KRB5_TICKETS; i++) {
		t->last = (t->last + 1) % KRB5_TICKETS;
		if (!span_is(t->ticket[t->last].cred.server.part[0], "krbtgt"))
			break;
	}
	return (int)t->last;
}

int krb5_tickets_add(struct krb5_tickets *t, const struct krb5_cred *c, bool forwarded)
{
	int place = place_for(t, c, forwarded);
	struct krb5_ticket *one = &t->ticket[place];
	struct krb5_cred copy;

	forget(t, place);
	if (!c->server.part_n || !c->key.etype || !krb5_cred_dup(&one->mem, c, &copy))
		return -1;
	memcpy(key_at(t, place), copy.key.b, copy.key.n);
	secret_wipe(copy.key.b, sizeof(copy.key.b));
	one->cred = copy;
	one->forwarded = forwarded;
	return place;
}

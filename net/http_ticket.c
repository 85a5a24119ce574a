#include "net/http_ticket.h"

#define TICKETS_MAX (4 * 65536)         /* Active Directory's may have long lists of groups */

void http_ticket_init(struct http_ticket *t, struct krb5_client *client,
	struct http_auth_want *want, void (*done)(void *ctx), void *ctx)
{
	*t = (struct http_ticket){ .client = client, .want = want, .done = done, .ctx = ctx };
	arena_init(&t->mem, TICKETS_MAX);
}

static void told_likely(void *ctx, bool likely)
{
	struct http_ticket *t = ctx;

	t->chance = likely ? TICKET_LIKELY : TICKET_UNLIKELY;
	t->done(t->ctx);
}

static void told(void *ctx, const struct krb5_cred *ticket, const struct krb5_options *o,
	const struct err *err)
{
	struct http_ticket *t = ctx;
	struct http_auth_want *w = t->want;

	t->asked = true;
	if (err) {
		err_copy(&t->err, err);
		w->no_ticket = &t->err;
	} else if (!krb5_cred_dup(&t->mem, ticket, &t->cred) ||
	           (o->forward && !krb5_cred_dup(&t->mem, o->forward, &t->forward))) {
		err_set(&t->err, E_LIMIT, "the Kerberos ticket is too large");
		w->no_ticket = &t->err;
	} else {
		w->ticket = &t->cred;
		w->krb5 = *o;
		if (o->forward)
			w->krb5.forward = &t->forward;
	}
	t->done(t->ctx);
}

static void ask(struct http_ticket *t, enum http_ticket_use use)
{
	const struct auth_target *target = &t->want->target;
	struct buf spn;

	buf_init(&spn, 1024);
	buf_put(&spn, target->service);
	buf_putc(&spn, '/');
	buf_put(&spn, target->host);
	if (t->chance == TICKET_UNKNOWN)
		krb5_client_likely(t->client, buf_span(&spn), told_likely, t);
	else
		krb5_client_ticket(t->client, buf_span(&spn), use == HTTP_TICKET_MAY, told, t);
	buf_free(&spn);
}

bool http_ticket_wait(struct http_ticket *t, const struct http_auth_row *row)
{
	enum http_ticket_use use = http_auth_ticket(t->want, row);

	if (!t->client || t->asked || use == HTTP_TICKET_NONE)
		return false;
	if (use == HTTP_TICKET_MUST)
		t->chance = TICKET_LIKELY;
	if (t->chance == TICKET_UNLIKELY)
		return false;
	ask(t, use);
	return true;
}

void http_ticket_drop(struct http_ticket *t)
{
	if (t->client)
		krb5_client_cancel(t->client, t);
	secret_wipe(&t->cred, sizeof(t->cred));
	secret_wipe(&t->forward, sizeof(t->forward));
	arena_free(&t->mem);
	arena_init(&t->mem, TICKETS_MAX);
	t->err = (struct err){ 0 };
	t->asked = false;
	t->want->ticket = NULL;
	t->want->no_ticket = NULL;
}

#include "core/session_test.h"

static struct xport second = { .ops = &wire_ops };
static unsigned reopens;

static struct xport *on_reopen(void *ctx, struct err *why, uint32_t *pause_ms)
{
	(void)pause_ms;
	if (ctx && ++reopens == 1)
		return &second;
	*why = (struct err){ 0 };
	err_set(why, E_TLS, "worded anew");
	return NULL;
}

static void lose(struct xport *x)
{
	struct err e = { 0 };

	err_set(&e, E_NET, "cable");
	x->ev->closed(x->ctx, &e);
}

TEST(a_session_that_does_not_open_may_be_given_another_transport)
{
	struct guid first;

	open_session(80, 24);
	sess->cfg.reopen = on_reopen;
	sess->cfg.reopen_ctx = &second;
	first = sess->pool.id;
	run_text("a");
	reopens = wire.type = 0;
	lose(&wire.x);
	CHECK(seen.last_state == -1 && wire.frees == 1 && !wire.type);
	turn();
	CHECK_INT(wire.type, PSRP_INIT_RUNSPACEPOOL);
	CHECK(!guid_eq(&first, &sess->pool.id));
	wire.x = second;
	answer_capability("2.3");
	pool_state(2);
	CHECK_INT(seen.last_state, SESSION_OPEN);
	CHECK_INT(wire.type, PSRP_CREATE_PIPELINE);
	lose(&second);
	CHECK_INT(reopens, 1);          /* it was open: there is no other one */
	CHECK_INT(seen.last_state, SESSION_BROKEN);
	session_free(sess);
}

TEST(a_session_without_another_transport_breaks_for_the_owner_s_reason)
{
	open_session(80, 24);
	sess->cfg.reopen = on_reopen;
	lose(&wire.x);
	CHECK_STR(seen.why_text, "worded anew");
	CHECK_INT(seen.why, E_TLS);
	session_free(sess);
}

TEST(a_session_closed_in_the_pause_is_not_opened_again)
{
	open_session(80, 24);
	sess->cfg.reopen = on_reopen;
	sess->cfg.reopen_ctx = &second;
	reopens = wire.type = 0;
	lose(&wire.x);
	session_close(sess);
	second.ev->closed(second.ctx, NULL);
	CHECK_INT(seen.last_state, SESSION_CLOSED);
	CHECK_INT(wire.type, 0);
	session_free(sess);
}

#include "lib/arena.h"
#include "net/auth.h"

struct auth_basic {
	struct auth a;
	struct arena arena;               /* holds this object too */
	const struct auth_cred *cred;
};

/* RFC 7617: user:password in UTF-8; whoever sends a token makes base64 of it. */
static int basic_step(struct auth *a, struct span in, struct buf *out, struct err *e)
{
	const struct auth_cred *c = ((struct auth_basic *)a)->cred;

	(void)in;                       /* a realm at most */
	if (span_find(c->user, ':') < c->user.n || span_find(c->domain, ':') < c->domain.n)
		return err_set(e, E_USAGE, "a user name for Basic cannot have a colon");
	if (c->domain.n && !span_is(c->domain, ".")) {
		buf_put(out, c->domain);
		buf_putc(out, '\\');
	}
	buf_put(out, c->user);
	buf_putc(out, ':');
	buf_put(out, secret_span(c->password));
	if (buf_failed(out))
		return err_set(e, E_LIMIT, "the authentication token is too long");
	a->complete = true;
	return 0;
}

static void basic_free(struct auth *a)
{
	struct arena arena = ((struct auth_basic *)a)->arena;

	arena_free(&arena);
}

struct auth *auth_basic_new(const struct auth_cred *c)
{
	static const struct auth_ops ops = { .step = basic_step, .free = basic_free };
	struct arena arena;
	struct auth_basic *b;

	arena_init(&arena, sizeof(*b));
	b = arena_alloc(&arena, sizeof(*b));
	b->a = (struct auth){ .ops = &ops, .scheme = "Basic" };
	b->cred = c;
	b->arena = arena;
	return &b->a;
}

#include "applets/account.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include "applets/trust.h"
#include "applets/ui/cred.h"
#include "applets/ui/print.h"
#include "lib/num.h"

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static int get_password(const struct connect_args *c, struct secret *out, struct err *e)
{
	const char *program = getenv("PSSESSION_ASKPASS");
	char question[300];
	uint64_t fd;

	if (c->password_file)
		return cred_file(c->password_file, c->readable_password, out, e);
	if (c->password_fd && (!num_u64(span_str(c->password_fd), &fd) || fd > INT_MAX))
		return err_set(e, E_USAGE, "Cannot bind parameter 'PasswordFd': '%s' is no descriptor.",
			c->password_fd);
	if (c->password_fd)
		return cred_fd((int)fd, out, e);
	if (program && *program) {
		snprintf(question, sizeof(question), "Password for user %s: ", c->credential);
		return cred_program(program, question, out, e);
	}
	return cred_ask(c->credential, out, e);
}

struct account *account_new(struct accounts *all)
{
	struct account *acc = arena_alloc(all->arena, sizeof(*acc));

	if (!acc)
		return NULL;
	acc->password = secret_new();
	acc->cred.password = acc->password;
	acc->next = all->first;
	all->first = acc;
	return acc;
}

int account_find(struct accounts *all, const struct connect_args *c, bool needs_password,
	struct account **out, struct err *e)
{
	struct account *acc;

	for (acc = all->first; acc; acc = acc->next) {
		if (acc->known && same(acc->from.credential, c->credential) &&
			same(acc->from.password_file, c->password_file) &&
			same(acc->from.key_tab, c->key_tab) && same(acc->from.kdc, c->kdc) &&
			same(acc->from.password_fd, c->password_fd)) {
			*out = acc;
			return 0;
		}
	}
	if (!(acc = account_new(all)))
		return err_many(e, "accounts");
	if ((c->credential && auth_split_user(span_str(c->credential), &acc->cred, e) < 0) ||
		(needs_password && get_password(c, acc->password, e) < 0))
		return e->code;             /* not found again: its password would be empty */
	acc->from = *c;
	acc->known = true;
	*out = acc;
	return 0;
}

/* The host matters for DOMAIN\user alone: its DNS domain may be the realm's. */
static struct span domain_of(const struct krb5_client_cfg *cfg)
{
	struct span host = span_str(cfg->host);

	if (span_find(cfg->user, '\\') == cfg->user.n)
		return SPAN_NONE;
	return span_sub(host, span_find(host, '.'), host.n);
}

struct account_krb5 *account_krb5(struct accounts *all, struct account *acc,
	const struct krb5_client_cfg *cfg)
{
	struct span domain = domain_of(cfg);
	struct account_krb5 *k = acc->krb5;

	while (k && !span_eq(k->domain, domain))
		k = k->next;
	if (k || !(k = arena_alloc(all->arena, sizeof(*k))))
		return k;
	k->domain = domain;
	k->client = krb5_client_new(cfg);
	k->next = acc->krb5;
	acc->krb5 = k;
	return k;
}

static void put_time(struct buf *b, int64_t filetime)
{
	struct date d = { .ticks = filetime + TICKS_FILETIME_EPOCH, .kind = DATE_UTC };

	num_put_date(b, &d);
}

void account_warn_of_clock(struct account_krb5 *k)
{
	int64_t now = (int64_t)loop_filetime(), skew = krb5_client_skew(k->client);
	struct buf text;

	if (!skew || k->warned)
		return;
	k->warned = true;
	buf_init(&text, 300);
	buf_puts(&text, "This machine's clock is wrong: here it is ");
	put_time(&text, now);
	buf_puts(&text, ", at the KDC ");
	put_time(&text, now + skew * TICKS_PER_SEC);
	buf_puts(&text, ". Kerberos went by the KDC's clock; certificates go by this one.");
	print_record(PRINT_WARNING, buf_span(&text));
	buf_free(&text);
}

void accounts_leave_loop(struct accounts *all)
{
	for (struct account *acc = all->first; acc; acc = acc->next) {
		for (struct account_krb5 *k = acc->krb5; k; k = k->next)
			krb5_client_free(k->client);
		acc->krb5 = NULL;
	}
}

void accounts_wipe(struct accounts *all)
{
	accounts_leave_loop(all);
	for (struct account *acc = all->first; acc; acc = acc->next)
		secret_free(acc->password);
	trust_wipe(all->trust);
	all->first = NULL;
	all->trust = NULL;
}

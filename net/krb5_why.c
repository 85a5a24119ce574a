#include "net/krb5_why.h"
#include "lib/num.h"

#define NAME_LEN 160                      /* of a principal in a sentence: what fits */
#define CLIENT_EXPIRED 1                  /* KDC_ERR_NAME_EXP, RFC 4120 7.5.9 */

static void put_time(struct buf *b, int64_t unix_us)
{
	struct date d = { .ticks = TICKS_UNIX_EPOCH + unix_us / 1000000 * TICKS_PER_SEC,
		.kind = DATE_UTC };

	num_put_date(b, &d);
}

int krb5_why_skew(const struct krb5_kdc *k, int64_t clock_us, int64_t kdc_us, struct err *e)
{
	struct buf ours, theirs;
	int r;

	buf_init(&ours, 64);
	buf_init(&theirs, 64);
	put_time(&ours, clock_us);
	put_time(&theirs, kdc_us);
	r = err_set(e, E_AUTH, "the clocks differ too much for Kerberos: here it is %s, at the KDC of "
		"%.*s %s; set this machine's clock (date -u -s %s)", buf_cstr(&ours), SPAN_ARG(k->realm),
		buf_cstr(&theirs), buf_cstr(&theirs));
	buf_free(&ours);
	buf_free(&theirs);
	return r;
}

int krb5_why_no_ticket(const struct krb5_kdc *k, struct err *e)
{
	return err_set(e, E_AUTH, "there is no ticket-granting ticket for %.*s in the credential "
		"cache: run kinit, or give -Credential", SPAN_ARG(k->client.realm));
}

/* The login itself; who: user@REALM. False: nothing special is known about the code. */
static bool login_refused(const struct krb5_kdc *k, int32_t code, const char *who, struct err *e)
{
	int n = (int)k->realm.n;
	const char *realm = (const char *)k->realm.p;

	switch (code) {
	case KRB5_E_CLIENT_UNKNOWN:
		err_set(e, E_AUTH, "the KDC of %.*s knows no user '%s': check the name and the realm", n,
			realm, who);
		return true;
	case KRB5_E_SERVER_UNKNOWN:
	case KRB5_E_WRONG_REALM:
		err_set(e, E_AUTH, "wrong realm: the KDC that was asked does not serve %.*s, the realm of "
			"'%s'; give the user as user@REALM, and a KDC of that realm with -Kdc", n, realm, who);
		return true;
	case KRB5_E_ETYPE:
		err_set(e, E_AUTH, "the KDC of %.*s shares no encryption type with us for '%s': the "
			"account needs AES keys (a new password makes them)", n, realm, who);
		return true;
	case KRB5_E_REVOKED:
	case CLIENT_EXPIRED:
		err_set(e, E_AUTH, "the account '%s' is disabled, locked or expired", who);
		return true;
	case KRB5_E_KEY_EXPIRED:
		err_set(e, E_AUTH, "the password of '%s' has expired: change it first (kpasswd, or a login "
			"to Windows)", who);
		return true;
	case KRB5_E_PREAUTH_FAILED:
	case KRB5_E_INTEGRITY:
		err_set(e, E_AUTH, k->login->password ? "wrong password for '%s'" :
			"the KDC refuses the keytab's key for '%s': it is not the current one", who);
		return true;
	case KRB5_E_PREAUTH_REQUIRED:
		err_set(e, E_AUTH, "the KDC of %.*s takes no password from '%s', but another proof that we "
			"do not have (a smart card, a token): use kinit and its ticket", n, realm, who);
		return true;
	}
	return false;
}

/* A ticket; what: HTTP/host@REALM. A service that is out of Kerberos' reach is E_NET. */
static bool ticket_refused(const struct krb5_kdc *k, int32_t code, const char *what, struct err *e)
{
	int n = (int)k->realm.n;
	const char *realm = (const char *)k->realm.p;

	switch (code) {
	case KRB5_E_SERVER_UNKNOWN:
		if (span_is(k->asked.part[0], "krbtgt"))
			err_set(e, E_NET, "the KDC of %.*s knows no way to realm %.*s: there is no trust "
				"between them", n, realm, SPAN_ARG(k->asked.part[1]));
		else
			err_set(e, E_NET, "the KDC of %.*s knows no service '%s': use the host's full DNS "
				"name, or have that name registered (setspn)", n, realm, what);
		return true;
	case KRB5_E_ETYPE:
		err_set(e, E_NET, "the KDC of %.*s shares no encryption type with us for '%s': the "
			"service's account needs AES keys", n, realm, what);
		return true;
	case KRB5_E_TKT_EXPIRED:
		err_set(e, E_AUTH, "the ticket in the credential cache has expired: run kinit, or give "
			"-Credential");
		return true;
	}
	return false;
}

int krb5_why(const struct krb5_kdc *k, const struct krb5_error *ke, int64_t clock_us,
	struct err *e)
{
	struct buf name;
	bool told;

	if (ke->code == KRB5_E_SKEW)
		return krb5_why_skew(k, clock_us, ke->server_us, e);
	buf_init(&name, NAME_LEN);
	krb5_principal_text(k->as ? &k->client : &k->asked, &name);
	told = k->as ? login_refused(k, ke->code, buf_cstr(&name), e) :
		ticket_refused(k, ke->code, buf_cstr(&name), e);
	if (!told)
		err_set(e, E_AUTH, "the KDC of %.*s refuses '%s': %s (error %d%s%.*s)", SPAN_ARG(k->realm),
			buf_cstr(&name), krb5_error_text(ke->code), ke->code, ke->text.n ? ": " : "",
			SPAN_ARG(span_sub(ke->text, 0, 80)));
	buf_free(&name);
	return e->code;
}

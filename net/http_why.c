#include "net/http_why.h"

static void redirect(struct span to, const struct http_conn_cfg *cfg, struct err *e)
{
	if (!to.n)
		to = SPAN("another address");
	err_set(e, E_PEER, "'%s' port %u redirects to '%.*s', which is not followed: connect there if "
		"you trust it", cfg->host, cfg->port, SPAN_ARG(span_sub(to, 0, 120)));
}

void http_why_status(const struct http_msg *m, bool empty, const struct http_conn_cfg *cfg,
	struct err *e)
{
	struct span type = SPAN_NONE, to = SPAN_NONE;
	const char *host = cfg->host;
	unsigned port = cfg->port;

	http_msg_field(m, "Content-Type", 0, &type);
	http_msg_field(m, "Location", 0, &to);
	if (m->status >= 300 && m->status < 400)
		redirect(to, cfg, e);
	else if (m->status == 403)
		err_set(e, E_AUTH, "access to '%s' denied (HTTP 403): the account may not use WinRM "
			"there", host);
	else if (m->status == 404)
		err_set(e, E_PEER, "'%s' port %u has no '%s' (HTTP 404): check -Port and "
			"-ApplicationName", host, port, cfg->path);
	else if (m->status == 407)
		err_set(e, E_NET, "a proxy before '%s' asks for a login (HTTP 407): connect without it",
			host);
	else if (m->status == 413)
		err_set(e, E_LIMIT, "'%s' takes no request as large as this (HTTP 413): raise "
			"MaxEnvelopeSizekb there to 500", host);
	else if (m->status == 503)
		err_set(e, E_NET, "'%s' is not ready (HTTP 503): is the WinRM service running there?",
			host);
	else if (span_starts_ci(type, "text/html"))
		err_set(e, E_PEER, "'%s' port %u answers with a web page (HTTP %d), not as WinRM: check "
			"-Port and -ApplicationName", host, port, m->status);
	else if (empty)
		err_set(e, E_PEER, "'%s' port %u gave an empty answer (HTTP %d): is it WinRM that listens "
			"there?", host, port, m->status);
	else
		err_set(e, E_PEER, "'%s' port %u does not answer as WinRM (HTTP %d): check -Port and "
			"-ApplicationName", host, port, m->status);
}

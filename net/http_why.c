#include "net/http_why.h"

/* RFC 9110 10.2.2: a location may leave out scheme and host. */
static void redirected(struct span to, const struct http_conn_cfg *cfg, struct err *e,
	struct buf *target)
{
	if (span_starts(to, "/"))
		buf_puts(target, cfg->tls ? "https:" : "http:");
	if (span_starts(to, "/") && !span_starts(to, "//")) {
		buf_puts(target, "//");
		http_msg_put_authority(target, span_str(cfg->host), cfg->port);
	}
	buf_put(target, to);
	if (buf_failed(target))
		buf_clear(target);
	if (target->n)
		err_set(e, E_REMOTE, "'%s' port %u redirects to '%.*s', which is not followed", cfg->host,
			cfg->port, SPAN_ARG(span_sub(buf_span(target), 0, 180)));
	else
		err_set(e, E_PEER, "'%s' port %u redirects, but to no address that can be used", cfg->host,
			cfg->port);
}

/* 303 has one fetch something else. */
static bool is_redirect(int status)
{
	return status == 301 || status == 302 || status == 307 || status == 308;
}

/* What web servers say in the clear on a port for TLS: nginx, Apache, Go. */
static bool wants_tls(const struct http_msg *m, struct span body, const struct http_conn_cfg *cfg)
{
	return !cfg->tls && m->status == 400 && span_search(body, SPAN("HTTPS")) < body.n;
}

static void is_tls(const char *host, unsigned port, struct err *e)
{
	err_set(e, E_PEER, "'%s' port %u speaks TLS: add -UseSSL, or say https:// in the URI", host,
		port);
}

void http_why_stranger(struct span first, const char *host, uint16_t port, struct err *e)
{
	if (span_starts(first, "SSH-"))
		err_set(e, E_PEER, "'%s' port %u speaks SSH: use -HostName, or check -Port", host, port);
	else if (span_starts(first, "\x15\x03") || span_starts(first, "\x16\x03"))
		is_tls(host, port, e);
}

/* As http.sys says while WinRM starts. */
static void not_ready(const char *host, struct err *e)
{
	err_set(e, E_NET, "'%s' is not ready (HTTP 503): is the WinRM service running there?", host);
	e->passing = true;
}

void http_why_status(const struct http_msg *m, struct span body, const struct http_conn_cfg *cfg,
	struct err *e, struct buf *redirect)
{
	struct span type = SPAN_NONE, to = SPAN_NONE;
	const char *host = cfg->host;
	unsigned port = cfg->port;

	http_msg_field(m, "Content-Type", 0, &type);
	http_msg_field(m, "Location", 0, &to);
	if (is_redirect(m->status))
		redirected(to, cfg, e, redirect);
	else if (m->status == 403)
		err_set(e, E_AUTH, "access to '%s' denied (HTTP 403): the account may not use WinRM "
			"there", host);
	else if (m->status == 404)
		err_set(e, E_PEER, "'%s' port %u has no '%s' (HTTP 404): check -Port and "
			"-ApplicationName", host, port, cfg->path);
	else if (m->status == 407)
		err_set(e, E_NET, "a proxy before '%s' asks for a login (HTTP 407): name it with "
			"-SessionOption Proxy", host);
	else if (m->status == 413)
		err_set(e, E_LIMIT, "'%s' takes no request as large as this (HTTP 413): raise "
			"MaxEnvelopeSizekb there; it must be 500 at least", host);
	else if (m->status == 503)
		not_ready(host, e);
	else if (wants_tls(m, body, cfg))
		is_tls(host, port, e);
	else if (span_starts_ci(type, "text/html"))
		err_set(e, E_PEER, "'%s' port %u answers with a web page (HTTP %d), not as WinRM: check "
			"-Port and -ApplicationName", host, port, m->status);
	else if (!body.n)
		err_set(e, E_PEER, "'%s' port %u gave an empty answer (HTTP %d): is it WinRM that listens "
			"there?", host, port, m->status);
	else
		err_set(e, E_PEER, "'%s' port %u does not answer as WinRM (HTTP %d): check -Port and "
			"-ApplicationName", host, port, m->status);
}

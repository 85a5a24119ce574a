/* Faults of WS-Management in words. */
#include "core/wsman_reply.h"

#define HELD \
	"Another client has the session. When that has disconnected it, or has been dead for some " \
	"minutes, connect-pssession -ComputerName takes it over."

struct span wsman_fault_redirect(const struct wsman_reply *r)
{
	struct span uri = r->message;
	size_t n = 0;

	while (uri.n && !span_starts_ci(uri, "http://") && !span_starts_ci(uri, "https://"))
		uri = span_sub(uri, 1, uri.n);
	while (n < uri.n && uri.p[n] > ' ' && !strchr("\"'<>()", uri.p[n]))
		n++;
	while (n && strchr(".,;", uri.p[n - 1]))
		n--;
	return r->code == WSMAN_REDIRECT ? span_sub(uri, 0, n) : SPAN_NONE;
}

/* In the server's own words, then what the user can do. */
int wsman_fault_err(const struct wsman_reply *r, const char *name, struct err *e)
{
	static const struct {
		uint32_t code;
		enum err_code err;
		const char *out;
	} table[] = {
		{ WSMAN_ACCESS_DENIED, E_AUTH, "The account must be in the group Remote Management Users "
			"or Administrators there." },
		{ WSMAN_SHELL_GONE, E_REMOTE, "The session is no longer on the server: its idle time-out "
			"passed, or somebody removed it." },
		{ WSMAN_SERVICE_GONE, E_REMOTE, "The process that ran the session has ended." },
		{ WSMAN_POLL_AGAIN, E_NET, "The server was too slow: try again." },
		{ WSMAN_NOT_FOUND, E_REMOTE, "Check -ConfigurationName." },
		{ 2150858811u, E_REMOTE, "Check -ConfigurationName." },
		{ 2150858824u, E_REMOTE, "Raise MaxEnvelopeSizekb there; it must be 500 at least." },
		{ WSMAN_OTHER_SESSION, E_REMOTE, HELD },
		{ WSMAN_OTHER_CLIENT, E_REMOTE, HELD },
		{ WSMAN_QUOTA, E_REMOTE, "Remove sessions that are no longer used." },
		{ 2150858770u, E_NET, "Is the WinRM service running there?" },
		{ 2150859173u, E_REMOTE, "Remove sessions of this account, or raise MaxShellsPerUser." },
		{ 2150859236u, E_REMOTE, "Remove sessions, or raise MaxShells." },
		{ 2150859174u, E_REMOTE, "Start a new session, or raise MaxConcurrentOperationsPerUser." },
		{ 2150859240u, E_REMOTE, "Start a new session, or raise MaxConcurrentOperationsPerUser." },
		{ 2150859241u, E_REMOTE, "Start a new session, or raise MaxConcurrentCommandsPerShell." },
		{ 2150859175u, E_REMOTE, "Wait a little: the account makes too many requests." },
		{ 2150859176u, E_REMOTE, "Wait a little: the server has too many requests." },
		{ 2150859179u, E_REMOTE, "Too many accounts have sessions there: try later." },
		{ 2150859180u, E_REMOTE, "AllowRemoteShellAccess is off there." },
		{ 2150859194u, E_TLS, "The server broke off TLS: check its certificate." },
	};
	struct span text = r->message.n ? r->message : r->subcode;
	size_t i, n = sizeof(table) / sizeof(table[0]);

	if (!text.n)
		text = SPAN("The server reported a fault without saying which.");
	text = span_sub(text, 0, 220);
	for (i = 0; i < n && table[i].code != r->code; i++)
		;
	if (i < n)
		return err_set(e, table[i].err, "%.*s%s %s", SPAN_ARG(text),
			text.p[text.n - 1] == '.' ? "" : ".", table[i].out);
	if (!r->code)
		return err_set(e, E_REMOTE, "%.*s (from '%s')", SPAN_ARG(text), name);
	return err_set(e, E_REMOTE, "%.*s (WSManFault %u from '%s')", SPAN_ARG(text),
		(unsigned)r->code, name);
}

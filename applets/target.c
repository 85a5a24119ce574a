#include "applets/target.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "applets/report.h"
#include "applets/target_wsman.h"
#include "applets/ui/host_tty.h"
#include "applets/ui/print.h"
#include "applets/ui/term_io.h"
#include "core/pairs.h"
#include "core/vm_io.h"
#include "core/words.h"
#include "core/xport_container.h"
#include "core/xport_ssh.h"
#include "lib/num.h"

/* user@host:port as the page of Enter-PSSession has it; both outer parts may be missing.
 * [IPv6]:port has brackets. */
static int split_host(const char *typed, struct arena *a, struct xport_ssh_cfg *s, struct err *e)
{
	struct span host = span_str(typed), tail;
	size_t at = host.n, colon;

	while (at && host.p[at - 1] != '@')
		at--;
	if (at) {
		s->user = arena_str(a, span_sub(host, 0, at - 1));
		host = span_sub(host, at, host.n);
	}
	tail = host;
	if (host.n && host.p[0] == '[')
		tail = span_sub(host, span_find(host, ']'), host.n);
	colon = span_find(tail, ':');
	if (colon < tail.n && span_find(span_sub(tail, colon + 1, tail.n), ':') == tail.n - colon - 1) {
		if (!num_port(span_sub(tail, colon + 1, tail.n), &s->port))
			return err_set(e, E_USAGE,
				"'%s' is no host: the form is user@host:port, the port from 1 to 65535.", typed);
		host.n -= tail.n - colon;
	}
	s->host = arena_str(a, host);
	return s->host ? 0 : err_set(e, E_USAGE, "The host name '%.100s…' is too long.", typed);
}

static int set_port(const char *text, struct xport_ssh_cfg *s, struct err *e)
{
	uint16_t port;

	if (!num_port(span_str(text), &port))
		return err_set(e, E_USAGE, "Options: '%.80s' is no port.", text);
	if (!s->port)
		s->port = port;
	return 0;
}

/* What parameters say comes first; what has a parameter goes the same way, for dbclient's sake. */
static int read_options(const char *text, struct arena *a, struct xport_ssh_cfg *s, struct err *e)
{
	char **words;
	size_t n, kept = 0;

	if (!pairs_split(text, a, &words, &n))
		return err_many(e, "SSH options");
	for (size_t i = 0; i < n && !e->code; i++) {
		struct span name = span_sub(span_str(words[i]), 1, span_find(span_str(words[i]), ':') - 1);
		char *value = words[i] + 1 + name.n;

		if (!name.n || !*value)
			return err_set(e, E_USAGE, "Options: '%.80s' is not Name=value.", words[i] + 1);
		*value++ = '=';
		if (span_is_ci(name, "Port"))
			set_port(value, s, e);
		else if (span_is_ci(name, "User"))
			s->user = s->user ? s->user : value;
		else if (span_is_ci(name, "IdentityFile"))
			s->key_file = s->key_file ? s->key_file : value;
		else if (!span_is_ci(name, "Host"))
			words[kept++] = words[i] + 1;
	}
	words[kept] = NULL;
	s->options = (const char *const *)words;
	return e->code;
}

/* host, and what leads there in the place of a network, are set; the rest is as the user says. */
static int start_ssh(struct target *t, const struct connect_args *c, const struct accounts *all,
	struct arena *a, struct err *e)
{
	struct xport_ssh_cfg *s = &t->ssh;

	s->beside = all->several && term_is_there() ? SSH_SILENT : SSH_ALONE;
	s->key_file = c->key_file;
	s->subsystem = c->subsystem ? c->subsystem : c->configuration;
	s->program = getenv("PSSESSION_SSH");
	if (read_options(c->options, a, s, e) < 0)
		return e->code;
	if (s->key_file && access(s->key_file, F_OK) < 0)
		return err_set(e, E_USAGE, "The specified key file %s was not found.", s->key_file);
	t->open_ms = c->connecting_ms > 0 ? (uint32_t)c->connecting_ms : 0;
	t->xport = xport_ssh_new(s, e);
	return t->xport ? 0 : e->code;
}

static int open_ssh(struct target *t, const struct where *w, const struct accounts *all,
	struct loop *l, struct arena *a, struct err *e)
{
	struct xport_ssh_cfg *s = &t->ssh;
	struct buf name;

	*s = (struct xport_ssh_cfg){ .loop = l, .user = w->args.user,
		.port = (uint16_t)w->args.port };
	t->transport = "SSH";
	if (split_host(w->name, a, s, e) < 0 || start_ssh(t, &w->args, all, a, e) < 0)
		return e->code;
	buf_init(&name, 1024);
	buf_printf(&name, "%s%s%s", s->user ? s->user : "", s->user ? "@" : "", s->host);
	t->name = arena_str(a, buf_span(&name));
	buf_free(&name);
	return 0;
}

/* Our own path, for the shell that ssh starts, after it has replaced what '%' means to it. */
static char *relay_command(uint32_t cid, struct arena *a)
{
	char path[PATH_MAX], *made;
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));
	struct buf b;

	buf_init(&b, 4 * PATH_MAX);
	for (ssize_t i = 0; i < n; i++)
		buf_puts(&b, path[i] == '\'' ? "'\\''" : path[i] == '%' ? "%%" :
			(char[]){ path[i], '\0' });
	made = arena_str(a, buf_span(&b));
	buf_clear(&b);
	buf_printf(&b, "'%s' vsock %u 22", made ? made : "", cid);
	made = n > 0 ? arena_str(a, buf_span(&b)) : NULL;
	buf_free(&b);
	return made;
}

/* -Port: PowerShell itself listens on that port of the guest; else its sshd does. */
static int open_vm(struct target *t, const struct where *w, const struct accounts *all,
	struct loop *l, struct arena *a, struct err *e)
{
	const struct connect_args *c = &w->args;
	char host[24], port[12];
	uint32_t cid;

	t->transport = "VMBus";
	if (vm_find(w->name, &cid, e) < 0)
		return e->code;
	snprintf(host, sizeof(host), "vsock-%u", cid);
	if (c->port) {
		const char *argv[] = { "/proc/self/exe", "vsock", host + 6, port, NULL };

		snprintf(port, sizeof(port), "%d", c->port);
		t->xport = xport_stdio_new(&(struct xport_stdio_cfg){ .loop = l, .argv = argv });
		return 0;
	}
	t->ssh = (struct xport_ssh_cfg){ .loop = l, .user = c->user ? c->user : c->credential,
		.host = arena_str(a, span_str(host)), .proxy = relay_command(cid, a) };
	return start_ssh(t, c, all, a, e);
}

int target_vsock(int argc, char **argv)
{
	uint64_t cid, port;
	struct err e = { 0 };

	if (argc != 2 || !num_u64(span_str(argv[0]), &cid) || !num_u64(span_str(argv[1]), &port) ||
		cid > UINT32_MAX || port > UINT32_MAX)
		err_set(&e, E_USAGE, "vsock needs a CID and a port: pssession vsock CID PORT");
	else if (vm_relay((uint32_t)cid, (uint32_t)port, &e) == 0)
		return 0;
	print_err(&e);
	return err_exit(e.code);
}

/* What a second attempt needs. */
struct target_container {
	struct xport_container_cfg cfg;
	struct loop *loop;
	struct arena *arena;
	struct err first;                   /* why the first one failed */
};

static struct xport *start_container(struct target_container *d, struct err *e)
{
	struct xport_stdio_cfg stdio = { .loop = d->loop, .apart = true };

	return xport_container_argv(&d->cfg, d->arena, &stdio.argv, e) < 0 ? NULL :
		xport_stdio_new(&stdio);
}

static int open_container(struct target *t, const struct where *w, struct loop *l,
	struct arena *a, struct err *e)
{
	struct target_container *d = arena_alloc(a, sizeof(*d));

	if (!d)
		return err_many(e, "containers");
	*d = (struct target_container){ .loop = l, .arena = a, .cfg = {
		.id = w->name,
		.configuration = w->args.configuration,
		.admin = w->args.admin,
		.engine = getenv("PSSESSION_CONTAINER_ENGINE"),
		.shell = "pwsh",
	} };
	t->transport = "Container";
	t->container = d;
	t->xport = start_container(d, e);
	return t->xport ? 0 : e->code;
}

/* As PowerShell does: containers with Windows may have only the older one. If that is not there
 * either, the first one was the cause. */
static struct xport *try_powershell(struct target_container *d, struct err *why)
{
	if (!why->passing)
		return NULL;
	if (d->first.code) {
		*why = d->first;
		return NULL;
	}
	d->first = *why;
	d->cfg.shell = "powershell";
	return start_container(d, why);
}

/* The program's name is the computer's. */
static int open_command(struct target *t, const char *text, struct loop *l, struct arena *a,
	struct err *e)
{
	struct xport_stdio_cfg stdio = { .loop = l };
	const char *slash;

	if (words_split(text, a, &stdio.argv, e) < 0)
		return e->code;
	slash = strrchr(stdio.argv[0], '/');
	t->name = slash ? slash + 1 : stdio.argv[0];
	t->transport = "Process";
	t->open_ms = 0;
	t->xport = xport_stdio_new(&stdio);
	return 0;
}

/* A host key that ssh would have asked about is known by the words for it (core/xport_stdio.c). */
static struct xport *reopen(void *target, struct err *why, uint32_t *pause_ms)
{
	struct target *t = target;

	if (t->container)
		return try_powershell(t->container, why);
	if (t->ssh.beside == SSH_SILENT && (why->code == E_AUTH || strstr(why->text, "Host key"))) {
		t->ssh.beside = SSH_IN_TURN;
		return xport_ssh_new(&t->ssh, why);
	}
	return t->wsman ? target_wsman_reopen(t, why, pause_ms) : NULL;
}

struct session_cfg target_session(struct target *t, struct loop *l)
{
	return (struct session_cfg){
		.loop = l,
		.xport = t->xport,
		.open_ms = t->open_ms,
		.host = host_tty_info(),
		.notice = report_notice,
		.reopen = reopen,
		.reopen_ctx = t,
	};
}

int target_make(struct target *t, const struct where *w, struct accounts *all, struct loop *l,
	struct arena *a, struct err *e)
{
	*t = (struct target){ .name = w->name, .open_ms = OPEN_MS, .configuration = "DefaultShell" };
	if (w->set & SET_HOST)
		return open_ssh(t, w, all, l, a, e);
	if (w->set & SET_CONTAINER)
		return open_container(t, w, l, a, e);
	if (w->set & SET_VM)
		return open_vm(t, w, all, l, a, e);
	if (w->set & SET_COMMAND)
		return open_command(t, w->name, l, a, e);
	return target_wsman_open(t, w, all, l, a, e);
}

int target_open(struct target *t, const char *typed, uint32_t set, const struct connect_args *c,
	struct accounts *all, struct loop *l, struct arena *a, struct err *e)
{
	struct where w;

	*t = (struct target){ .name = typed };
	if (where_find(&w, typed, set, c, a, e) < 0)
		return e->code;
	return target_make(t, &w, all, l, a, e);
}

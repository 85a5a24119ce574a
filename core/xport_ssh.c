#include "core/xport_ssh.h"
#include <stdio.h>
#include "net/spawn_io.h"

enum { ARGV_MAX = 128, ARENA_MAX = 65536 };

struct args { const char **v; size_t n; };

static void add(struct args *args, const char *arg)
{
	if (args->n < ARGV_MAX)
		args->v[args->n++] = arg;
}

static void add_option(struct args *args, const char *name, const char *value)
{
	add(args, name);
	add(args, value);
}

/* No option, and nothing that a client gives meaning to: Dropbear to "host/port" and "hop,hop"
 * (which it passed to a shell once). */
static bool is_plain(struct span s, const char *bad)
{
	if (!s.n || s.p[0] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] == 0x7f || strchr(bad, s.p[i]))
			return false;
	return true;
}
#define BAD_IN_USER ",;&|<>()$`\"'*?{}!"
#define BAD_IN_HOST BAD_IN_USER " /@\\"

static bool is_dropbear(const char *program)
{
	const char *slash = strrchr(program, '/');

	return strcmp(slash ? slash + 1 : program, "dbclient") == 0;
}

/* PowerShell gives DOMAIN\user to ssh as user@DOMAIN. */
static const char *login_name(struct span user, struct arena *a)
{
	struct span domain = user;
	struct buf b;
	char *name;

	if (span_find(user, '\\') == user.n)
		return arena_str(a, user);
	domain = span_cut(&user, '\\');
	buf_init(&b, 4096);
	buf_printf(&b, "%.*s@%.*s", SPAN_ARG(user), SPAN_ARG(domain));
	name = arena_str(a, buf_span(&b));
	buf_free(&b);
	return name;
}

static void add_proxy(struct args *args, const char *command, struct arena *a)
{
	bool own = is_dropbear(args->v[0]);
	struct buf b;

	buf_init(&b, 8192);
	buf_printf(&b, "%s%s", own ? "" : "ProxyCommand=", command);
	add_option(args, own ? "-J" : "-o", arena_str(a, buf_span(&b)));
	buf_free(&b);
}

static void add_options(struct args *args, const struct xport_ssh_cfg *cfg, struct arena *a)
{
	const char *const *o;
	char port[8];

	if (cfg->port) {
		snprintf(port, sizeof(port), "%u", cfg->port);
		add_option(args, "-p", arena_str(a, span_str(port)));
	}
	if (cfg->proxy)
		add_proxy(args, cfg->proxy, a);
	if (cfg->key_file)
		add_option(args, "-i", cfg->key_file);
	if (cfg->user)
		add_option(args, "-l", login_name(span_str(cfg->user), a));
	if (cfg->beside == SSH_SILENT && !is_dropbear(args->v[0]))
		add_option(args, "-o", "BatchMode=yes");
	for (o = cfg->options; o && *o; o++)
		add_option(args, "-o", *o);
}

int xport_ssh_argv(const struct xport_ssh_cfg *cfg, struct arena *a, const char *const **argv,
	struct err *e)
{
	const char *program = spawn_choose(cfg->program, "ssh,dbclient", a);
	struct span host = span_str(cfg->host), user = span_str(cfg->user);
	const char *subsystem = cfg->subsystem ? cfg->subsystem : "powershell";
	struct args args = { arena_alloc(a, (ARGV_MAX + 1) * sizeof(char *)), 0 };

	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = span_sub(host, 1, host.n - 2);
	if (!is_plain(host, BAD_IN_HOST))
		return err_set(e, E_USAGE, "'%s' cannot be the name of an SSH host", cfg->host);
	if (cfg->user && !is_plain(user, BAD_IN_USER))
		return err_set(e, E_USAGE, "'%s' cannot be the name of an SSH user", cfg->user);
	if (!is_plain(span_str(subsystem), ""))
		return err_set(e, E_USAGE, "'%s' cannot be the name of an SSH subsystem", subsystem);
	if (!program)
		return err_set(e, E_NET,
			"no SSH client was found: install openssh-client or dropbear, or name one in "
			"PSSESSION_SSH");
	add(&args, program);
	add(&args, "-T");
	add_options(&args, cfg, a);
	add(&args, "-s");
	if (!is_dropbear(program))      /* knows no "--"; no host starts with '-' anyway */
		add(&args, "--");
	add(&args, arena_str(a, host));
	add(&args, subsystem);
	if (args.n >= ARGV_MAX)
		return err_many(e, "SSH options");
	for (size_t i = 0; i < args.n; i++)
		for (const char *c = args.v[i]; *c; c++)
			if ((uint8_t)*c < ' ' || *c == 0x7f)
				return err_set(e, E_USAGE, "an SSH option has a control character");
	*argv = args.v;
	return 0;
}

struct xport *xport_ssh_new(const struct xport_ssh_cfg *cfg, struct err *e)
{
	struct xport_stdio_cfg stdio = { .loop = cfg->loop, .close_ms = cfg->close_ms };
	struct xport *x = NULL;
	struct arena a;

	arena_init(&a, ARENA_MAX);
	if (xport_ssh_argv(cfg, &a, &stdio.argv, e) == 0) {
		stdio.asks = cfg->beside == SSH_IN_TURN;
		if (is_dropbear(stdio.argv[0])) {
			stdio.asks = cfg->beside;
			stdio.silent = "Nothing has come from PowerShell yet. dbclient does not tell when the "
				"server has no subsystem for it; Ctrl+C ends the wait.";
		}
		x = xport_stdio_new(&stdio);
	}
	arena_free(&a);
	return x;
}

/* wsman_driver HOST PORT USER [RETRY_MS]: a session over WS-Management, driven by lines on stdin,
 * the first of which is the password:
 *	open | connect POOL | run TEXT | feed TEXT | input TEXT | eof | adopt PIPE | stop | hold 0|1 |
 *	disconnect [IDLE_MS [drop]] | reconnect | list | close
 * run starts a command without input, feed one with. What happens is told in lines on stdout:
 *	open POOL | closed | broken WHY | pipe ID | out TEXT | ended STATE WHY | link NAME WHY |
 *	notice TEXT | idle MS MAX MODE | found ID NAME AVAIL COMMANDS [COMMAND] | listed [WHY] */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "core/session.h"
#include "core/session_option.h"
#include "core/wsman_list.h"

static struct auth_cred cred;
static struct secret *password;
static struct xport_wsman_cfg cfg = { .http = { .path = "/wsman", .connect_ms = 20000,
	.schemes = HTTP_NEGOTIATE }, .close_ms = 2000 };
static struct session_cfg session;
static struct session *s;
static struct pipeline *pipe_now;
static struct guid pipe_id;
static struct wsman_list *list;
static struct loop *loop;
static struct watch input;
static bool over;

static const char *text_of(const struct ps_val *v)
{
	static struct buf b;

	buf_free(&b);
	buf_init(&b, 1 << 20);
	if (v)
		ps_text(v, &b);
	return buf_cstr(&b);
}

static void on_output(void *ctx, const struct ps_val *v)
{
	(void)ctx;
	printf("out %s\n", text_of(v));
}

static void on_ended(void *ctx, enum pipe_state st, const struct ps_val *error,
	const struct err *why)
{
	(void)ctx;
	printf("ended %d %s\n", (int)st, why ? why->text : text_of(error));
	pipe_now = NULL;
}

static const struct pipe_events pipe_ev = { .output = on_output, .ended = on_ended };

static void on_state(void *ctx, enum session_state st, const struct err *why)
{
	struct xport_idle idle;

	(void)ctx;
	if (st == SESSION_OPEN && session.xport->ops->idle(session.xport, &idle))
		printf("idle %u %u %d\n", (unsigned)idle.idle_ms, (unsigned)idle.max_idle_ms,
			idle.buffering);
	if (st == SESSION_OPEN)
		printf("open %s\n", guid_fmt_upper(session_pool(s)).s);
	else
		printf(st == SESSION_BROKEN ? "broken %s\n" : "closed\n", why ? why->text : "");
	over = st == SESSION_BROKEN || st == SESSION_CLOSED;
}

static void on_notice(void *ctx, struct span text)
{
	(void)ctx;
	printf("notice %.*s\n", SPAN_ARG(text));
}

static void on_link(void *ctx, enum xport_link now, unsigned seconds, const struct err *why)
{
	static const char *const names[] = { "up", "retrying", "down" };

	(void)ctx, (void)seconds;
	if (now == XPORT_UP && pipe_now)
		session.xport->ops->attach(session.xport, &pipe_id);
	printf("link %s %s\n", names[now], why ? why->text : "");
}

static void on_each(void *ctx, const struct kept *k)
{
	(void)ctx;
	printf("found %s %s %s %zu %s\n", guid_fmt_upper(&k->instance).s, k->name,
		kept_avail_name[k->avail], k->command_n,
		k->command_n ? guid_fmt_upper(k->commands).s : "");
}

static void on_listed(void *ctx, const struct err *why)
{
	(void)ctx;
	printf("listed %s\n", why ? why->text : "");
	wsman_list_free(list);
	list = NULL;
}

static void run(const char *text, bool no_input)
{
	struct pipe_cmd cmd = { .text = span_str(text), .is_script = true };
	struct pipe_stmt stmt = { &cmd, 1 };
	struct pipe_spec spec = { .stmt = &stmt, .stmt_n = 1, .no_input = no_input };

	pipe_now = session_run(s, &spec, &pipe_ev, NULL);
}

/* The id that a transport over WS-Management gives is a random one: it is listened in on. */
static struct guid (*next_pipe)(struct xport *x);
static struct guid on_next_pipe(struct xport *x)
{
	pipe_id = next_pipe(x);
	printf("pipe %s\n", guid_fmt_upper(&pipe_id).s);
	return pipe_id;
}

static void make_transport(void)
{
	static struct xport_ops ops;

	session.xport = xport_wsman_new(&cfg);
	ops = *session.xport->ops;
	next_pipe = ops.next_pipe;
	ops.next_pipe = on_next_pipe;
	session.xport->ops = &ops;
}

static void put_input(const char *text)
{
	struct arena a;

	arena_init(&a, 1 << 20);
	pipe_input(pipe_now, ps_str(&a, span_str(text)));
	arena_free(&a);
}

static void obey(char *line)
{
	struct xport *x = session.xport;
	char *rest = strchr(line, ' ');
	struct xport_keep keep = { 0 };
	struct guid id;

	if (rest)
		*rest++ = 0;
	else
		rest = line + strlen(line);
	if (!strcmp(line, "open")) {
		make_transport();
		s = session_new(&session);
	} else if (!strcmp(line, "connect")) {
		make_transport();
		BUG_ON(!guid_parse(span_str(rest), &id));
		s = session_connect(&session, &id);
	} else if (!strcmp(line, "run") || !strcmp(line, "feed")) {
		run(rest, line[0] == 'r');
	} else if (!strcmp(line, "input") && pipe_now) {
		put_input(rest);
	} else if (!strcmp(line, "eof") && pipe_now) {
		pipe_end_input(pipe_now);
	} else if (!strcmp(line, "adopt")) {
		BUG_ON(!guid_parse(span_str(rest), &pipe_id));
		pipe_now = session_adopt(s, &pipe_id, &pipe_ev, NULL);
	} else if (!strcmp(line, "stop") && pipe_now) {
		pipe_stop(pipe_now);
	} else if (!strcmp(line, "hold")) {
		x->ops->hold(x, rest[0] == '1');
	} else if (!strcmp(line, "disconnect")) {
		keep.idle_ms = (uint32_t)strtoul(rest, &rest, 10);
		keep.buffering = strstr(rest, "drop") ? BUFFERING_DROP : 0;
		x->ops->disconnect(x, &keep);
	} else if (!strcmp(line, "reconnect")) {
		x->ops->reconnect(x);
	} else if (!strcmp(line, "list")) {
		list = wsman_list_new(&cfg, on_each, on_listed, NULL);
	} else if (!strcmp(line, "close")) {
		session_close(s);
	}
}

static void on_input(void *ctx, short got)
{
	static char buf[100000];
	static size_t n;
	ssize_t r = read(0, buf + n, sizeof(buf) - 1 - n);
	char *end;

	(void)ctx, (void)got;
	if (r <= 0) {
		over = true;
		return;
	}
	n += (size_t)r;
	buf[n] = 0;
	while ((end = strchr(buf, '\n'))) {
		*end = 0;
		if (password->n)
			obey(buf);
		else
			BUG_ON(!secret_set(password, span_str(buf)));
		n -= (size_t)(end + 1 - buf);
		memmove(buf, end + 1, n + 1);
	}
}

int main(int argc, char **argv)
{
	struct err e = { 0 };

	setvbuf(stdout, NULL, _IOLBF, 0);
	BUG_ON(argc < 4 || auth_split_user(span_str(argv[3]), &cred, &e) < 0);
	cred.password = password = secret_new();
	loop = session.loop = cfg.http.loop = loop_new();
	cfg.http.host = argv[1];
	cfg.http.port = (uint16_t)strtoul(argv[2], NULL, 10);
	cfg.http.cred = &cred;
	cfg.retry_ms = argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 10) : 0;
	session.state = on_state;
	session.notice = on_notice;
	session.link = on_link;
	session.open_ms = 20000;
	fcntl(0, F_SETFL, O_NONBLOCK);
	loop_watch(loop, &input, 0, POLLIN, on_input, NULL);
	while (!over)
		BUG_ON(loop_turn(loop, &e) < 0);
	loop_unwatch(loop, &input);
	session_free(s);
	wsman_list_free(list);
	loop_free(loop);
	return 0;
}

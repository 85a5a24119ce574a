/* For tests of the WS-Management transport: connections that keep what was posted, a server that
 * answers as told, a session that counts. One file includes it once. */
#ifndef CORE_XPORT_WSMAN_TEST_H
#define CORE_XPORT_WSMAN_TEST_H
#include "core/psrp_msg.h"
#include "core/wsman_reply.h"
#include "core/xport_wsman.h"
#include "core/xml_pull.h"
#include "lib/b64.h"
#include "lib/utf.h"
#include "core/psrp_frag.h"
#include "tests/unit.h"

struct http_conn {
	bool used, busy, sent;
	struct buf body;
	http_done *done;
	void *ctx;
};
static struct http_conn conns[6];
static unsigned conns_made;

struct http_conn *http_conn_new(const struct http_conn_cfg *cfg)
{
	struct http_conn *c = conns;

	(void)cfg;
	while (c->used)
		c++;
	*c = (struct http_conn){ .used = true, .sent = true };
	buf_init(&c->body, 1 << 22);
	conns_made++;
	return c;
}

void http_conn_learn(struct http_conn *c, const struct http_conn *from)
{
	(void)c, (void)from;
}

void http_conn_free(struct http_conn *c)
{
	buf_free(&c->body);
	c->used = c->busy = false;
}

bool http_conn_sent(const struct http_conn *c)
{
	return c->sent;
}

void http_conn_post(struct http_conn *c, struct span body, const char *type, uint32_t timeout_ms,
	http_done *done, void *ctx)
{
	CHECK(!c->busy && timeout_ms > 0 && !strcmp(type, WSMAN_TYPE));
	c->busy = true;
	buf_clear(&c->body);
	buf_put(&c->body, body);
	c->done = done;
	c->ctx = ctx;
}

static struct loop *loop;
static struct xport *x;
static struct buf seen, redirect;
static struct guid pool, pipe1, pipe2;
static uint32_t max_data, max_object, retry_ms, close_ms = 60;
/* answers are UTF-16; have an OperationID */
static bool over, wide, keeps;
static struct err end;
static void (*at_message)(const struct guid *pipe, struct span msg);

static inline void on_message(void *ctx, const struct guid *pipe, struct span msg)
{
	(void)ctx;
	buf_printf(&seen, "message%s ", pipe ? "" : "-pool");
	if (at_message)
		at_message(pipe, msg);
}

static inline void on_pipe_closed(void *ctx, const struct guid *pipe, const struct err *e)
{
	(void)ctx, (void)pipe;
	buf_printf(&seen, "pipe-closed%s ", e ? "-err" : "");
}

static inline void on_closed(void *ctx, const struct err *e)
{
	(void)ctx;
	CHECK(!over);
	over = true;
	if (e)
		end = *e;
}

static inline void on_room(void *ctx, const struct guid *pipe)
{
	(void)ctx, (void)pipe;
	buf_puts(&seen, "room ");
}

static inline void on_notice(void *ctx, struct span text)
{
	(void)ctx, (void)text;
	buf_puts(&seen, "notice ");
}

static inline void on_link(void *ctx, enum xport_link now, unsigned seconds, const struct err *e)
{
	static const char *const names[] = { "up", "retrying", "down" };

	(void)ctx, (void)seconds;
	buf_printf(&seen, "link-%s%s ", names[now], e ? "-why" : "");
}

static const struct xport_events events = { on_message, on_pipe_closed, on_closed, on_room,
	on_notice, on_link };

static inline void fired(void *ctx)
{
	*(bool *)ctx = true;
}

static inline void wait_ms(uint32_t ms)
{
	struct timer t = { 0 };
	struct err e = { 0 };
	bool done = false;

	loop_arm(loop, &t, ms, fired, &done);
	while (!done)
		CHECK_INT(loop_turn(loop, &e), 0);
}

/* The text of the first element of that name in a request, or its attribute. */
static inline const char *part(const struct http_conn *c, const char *name, const char *attr)
{
	static char text[200];
	static struct xml_pull xml;
	struct span value = SPAN_NONE;
	struct err e = { 0 };
	struct arena a;

	arena_init(&a, 1 << 22);
	xml_init(&xml, buf_span(&c->body), &a, &e);
	if (xml_enter(&xml, NULL, name) > 0) {
		if (attr)
			xml_attr(&xml, "", attr, &value);
		else
			CHECK(xml_text(&xml, &value) >= 0);
	}
	snprintf(text, sizeof(text), "%.*s", SPAN_ARG(span_sub(value, 0, 150)));
	arena_free(&a);
	return text;
}

/* Requests under way: "0:Create", "0:Receive-pool 1:Signal-stop". */
static inline const char *out(void)
{
	static char text[300];
	const char *name, *mark;
	char action[200];
	size_t i;

	wait_ms(0);
	text[0] = 0;
	for (i = 0; i < 6; i++) {
		if (!conns[i].used || !conns[i].busy)
			continue;
		snprintf(action, sizeof(action), "%s", part(&conns[i], "Action", NULL));
		name = strrchr(action, '/') + 1;
		mark = "";
		if (!strcmp(part(&conns[i], "Code", NULL), WSMAN_SIGNAL_STOP))
			mark = "-stop";
		if (!strcmp(name, "Receive") && !*part(&conns[i], "DesiredStream", "CommandId"))
			mark = "-pool";
		if (!strcmp(part(&conns[i], "Stream", "Name"), "pr"))
			mark = "-pr";
		if (*part(&conns[i], "Reconnect", "CommandId") || *part(&conns[i], "Connect", "CommandId"))
			mark = "-pipe";
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%zu:%s%s", text[0] ? " " : "",
			i, name, mark);
	}
	return text;
}

/* Answers what is under way on a connection with a SOAP body. */
static inline void answer_related(unsigned n, const char *body, struct span relates)
{
	struct http_reply r = { .status = 200, .type = SPAN(WSMAN_TYPE) };
	struct buf b, b16;

	CHECK(conns[n].busy);
	buf_init(&b, 1 << 22);
	buf_printf(&b,
		"<s:Envelope xmlns:s='" NS_SOAP "' xmlns:a='" NS_WSA "' xmlns:w='" NS_WSMAN
		"' xmlns:r='" NS_RSP "' xmlns:x='" NS_WXF "' xmlns:p='" NS_WSMV
		"'><s:Header><a:RelatesTo>%.*s</a:RelatesTo>%s</s:Header>"
		"<s:Body>%s</s:Body></s:Envelope>",
		SPAN_ARG(relates), keeps ? "<p:OperationID>uuid:1</p:OperationID>" : "", body);
	r.body = buf_span(&b);
	buf_init(&b16, 1 << 23);
	if (wide) {
		buf_puts(&b16, "\xff\xfe");
		utf16le_put(&b16, r.body);
		r.body = buf_span(&b16);
	}
	conns[n].busy = false;
	conns[n].done(conns[n].ctx, &r);
	buf_free(&b);
	buf_free(&b16);
}

static inline void answer(unsigned n, const char *body)
{
	char id[200];

	snprintf(id, sizeof(id), "%s", part(&conns[n], "MessageID", NULL));
	answer_related(n, body, span_str(id));
}

static inline void fault(unsigned n, uint32_t code)
{
	char body[500];

	snprintf(body, sizeof(body), "<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason>"
		"<s:Text>It failed.</s:Text></s:Reason><s:Detail><f:WSManFault Code='%u' xmlns:f='" NS_FAULT
		"'/></s:Detail></s:Fault>", (unsigned)code);
	answer(n, body);
}

static inline void lose_by(unsigned n, bool maybe_sent, int code, bool cut)
{
	struct err e = { 0 };
	struct http_reply r = { .err = &e, .maybe_sent = maybe_sent, .cut = cut };

	err_set(&e, code, "connection lost");
	conns[n].busy = false;
	conns[n].done(conns[n].ctx, &r);
}

static inline void lose(unsigned n, bool maybe_sent)
{
	lose_by(n, maybe_sent, E_NET, false);
}

/* A ReceiveResponse with one fragment: flags 1 = start, 2 = end. */
static inline void deliver_fragment(unsigned n, uint64_t object, uint64_t id, uint8_t flags)
{
	uint8_t raw[PSRP_FRAG_HEAD + 3] = { 0 };
	struct buf body;

	put_u64be(raw, object);
	put_u64be(raw + 8, id);
	raw[16] = flags;
	put_u32be(raw + 17, 3);
	buf_init(&body, 20000);
	buf_puts(&body, "<r:ReceiveResponse><r:Stream Name='stdout'>");
	b64_put(&body, span_of(raw, sizeof(raw)));
	buf_puts(&body, "</r:Stream></r:ReceiveResponse>");
	answer(n, buf_cstr(&body));
	buf_free(&body);
}

/* A ReceiveResponse with a message of a type from the server; state: "Done", or NULL. */
static inline void deliver(unsigned n, uint32_t type, const char *clixml, const char *state)
{
	static uint64_t object;
	uint8_t head[PSRP_MSG_HEAD] = { 1 };
	struct psrp_frag_out f;
	struct buf msg, raw, body;

	buf_init(&msg, 10000);
	buf_init(&raw, 10000);
	buf_init(&body, 20000);
	put_u32le(head + 4, type);
	buf_put(&msg, span_of(head, sizeof(head)));
	buf_puts(&msg, clixml);
	psrp_frag_start(&f, &object, buf_span(&msg));
	CHECK(psrp_frag_put(&f, 9000, &raw));
	buf_puts(&body, "<r:ReceiveResponse><r:Stream Name='stdout'>");
	b64_put(&body, buf_span(&raw));
	buf_puts(&body, "</r:Stream>");
	if (state)
		buf_printf(&body, "<r:CommandState State='" NS_RSP "/CommandState/%s'/>", state);
	buf_puts(&body, "</r:ReceiveResponse>");
	answer(n, buf_cstr(&body));
	buf_free(&msg);
	buf_free(&raw);
	buf_free(&body);
}

#define CAPABILITY "<Obj RefId=\"0\"><MS><Version N=\"protocolversion\">2.3</Version></MS></Obj>"
#define OPENED "<Obj RefId=\"0\"><MS><I32 N=\"RunspaceState\">2</I32></MS></Obj>"
#define CREATED \
	"<x:ResourceCreated><a:ReferenceParameters><w:SelectorSet><w:Selector " \
	"Name='ShellId'>THEIR-ID</w:Selector></w:SelectorSet></a:ReferenceParameters></" \
	"x:ResourceCreated>"

static inline void prepare(void)
{
	struct xport_wsman_cfg cfg = { .http = { .host = "web-1", .port = 5985, .path = "/wsman" },
		.close_ms = close_ms, .retry_ms = retry_ms, .redirect = &redirect, .max_data = max_data,
		.max_object = max_object };

	loop = loop_new();
	cfg.http.loop = loop;
	buf_init(&seen, 10000);
	buf_init(&redirect, 1000);
	end = (struct err){ 0 };
	over = false;
	at_message = NULL;
	conns_made = 0;
	pool = guid_random();
	pipe1 = guid_random();
	pipe2 = guid_random();
	x = xport_wsman_new(&cfg);
	x->ev = &events;
}

static inline void start(void)
{
	prepare();
	x->ops->open(x, &pool, SPAN("capability"), SPAN("init"));
}

static inline void stop(void)
{
	size_t i;

	if (x)
		x->ops->free(x);
	loop_free(loop);
	buf_free(&seen);
	buf_free(&redirect);
	for (i = 0; i < 6; i++)
		CHECK(!conns[i].used);
}

static inline void open_pool(void)
{
	start();
	CHECK_STR(out(), "0:Create");
	answer(0, CREATED);
	CHECK_STR(out(), "0:Receive-pool");
	deliver(0, PSRP_SESSION_CAPABILITY, CAPABILITY, NULL);
	CHECK_STR(out(), "0:Receive-pool");
	deliver(0, PSRP_RUNSPACEPOOL_STATE, OPENED, "Running");
	CHECK_STR(out(), "");
}

/* A pipeline that runs, its Receive waiting. */
static inline void running(void)
{
	open_pool();
	x->ops->create(x, &pipe1, SPAN("create"));
	CHECK_STR(out(), "0:Command");
	answer(0, "<r:CommandResponse/>");
	CHECK_STR(out(), "0:Receive");
}

/* What happened since the last time. */
static inline const char *heard(void)
{
	static char text[300];

	snprintf(text, sizeof(text), "%s", buf_cstr(&seen));
	buf_clear(&seen);
	return text;
}

static inline void begin(bool server_keeps)
{
	keeps = server_keeps;
	running();
	heard();
}

#endif

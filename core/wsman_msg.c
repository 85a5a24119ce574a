#include "core/wsman_msg.h"
#include "core/xml_write.h"
#include "lib/b64.h"
#include "lib/num.h"
#include "lib/utf.h"

static const char *const actions[] = {
	[WSMAN_IDENTIFY] = "",
	[WSMAN_CREATE] = NS_WXF "/Create",
	[WSMAN_COMMAND] = NS_RSP "/Command",
	[WSMAN_SEND] = NS_RSP "/Send",
	[WSMAN_RECEIVE] = NS_RSP "/Receive",
	[WSMAN_SIGNAL] = NS_RSP "/Signal",
	[WSMAN_DELETE] = NS_WXF "/Delete",
	[WSMAN_DISCONNECT] = NS_RSP "/Disconnect",
	[WSMAN_RECONNECT] = NS_RSP "/Reconnect",
	[WSMAN_CONNECT] = NS_RSP "/Connect",
	[WSMAN_GET] = NS_WXF "/Get",
	[WSMAN_ENUMERATE] = NS_WSEN "/Enumerate",
	[WSMAN_PULL] = NS_WSEN "/Pull",
};

/* It tells the server that we come back for an answer that was lost: wsman_put_again(). */
#define OPERATION "p:OperationID"

static void attr(struct xml_write *w, const char *name, const char *value)
{
	xml_write_attr(w, name, span_str(value));
}

/* An element that the server must, or need not, understand. */
static void header(struct xml_write *w, const char *name, bool must, const char *text)
{
	xml_write_start(w, name);
	attr(w, "s:mustUnderstand", must ? "true" : "false");
	xml_write_text(w, span_str(text));
	xml_write_end(w);
}

static void language(struct xml_write *w, const char *name, const char *locale)
{
	xml_write_start(w, name);
	attr(w, "xml:lang", locale);
	attr(w, "s:mustUnderstand", "false");
	xml_write_end(w);
}

static void put_id(struct xml_write *w, const char *name, bool optional, const struct guid *id)
{
	xml_write_start(w, name);
	if (optional)
		attr(w, "s:mustUnderstand", "false");
	xml_write_text(w, SPAN("uuid:"));
	xml_write_text(w, span_str(guid_fmt_upper(id).s));
	xml_write_end(w);
}

static void option(struct xml_write *w, const char *name, bool must, struct span value)
{
	xml_write_start(w, "w:Option");
	attr(w, "Name", name);
	if (must)
		attr(w, "MustComply", "true");
	xml_write_text(w, value);
	xml_write_end(w);
}

static void duration(struct xml_write *w, const char *name, uint32_t ms)
{
	struct buf text;

	buf_init(&text, 64);
	num_put_duration(&text, ms * (TICKS_PER_SEC / 1000));
	xml_write_leaf(w, name, buf_span(&text));
	buf_free(&text);
}

static void options(struct xml_write *w, const struct wsman_req *q)
{
	xml_write_start(w, "w:OptionSet");
	attr(w, "s:mustUnderstand", "true");
	if (q->op != WSMAN_RECEIVE) {
		option(w, "protocolversion", true, span_str(q->protocol));
		if (q->no_profile)
			option(w, "WINRS_NOPROFILE", true, SPAN("1"));
	} else if (q->op == WSMAN_RECEIVE) {
		option(w, "WSMAN_CMDSHELL_OPTION_KEEPALIVE", false, SPAN("TRUE"));
	}
	xml_write_end(w);
}

static void selectors(struct xml_write *w, struct span shell)
{
	xml_write_start(w, "w:SelectorSet");
	xml_write_start(w, "w:Selector");
	attr(w, "Name", "ShellId");
	xml_write_text(w, shell);
	xml_write_end(w);
	xml_write_end(w);
}

static void headers(struct xml_write *w, const struct wsman_env *env, const struct wsman_req *q)
{
	struct buf text;

	buf_init(&text, 64);
	xml_write_leaf(w, "a:To", span_str(env->to));
	header(w, "w:ResourceURI", true, q->op == WSMAN_GET ? NS_RSP : env->resource);
	xml_write_start(w, "a:ReplyTo");
	header(w, "a:Address", true, NS_WSA "/role/anonymous");
	xml_write_end(w);
	header(w, "a:Action", true, actions[q->op]);
	buf_printf(&text, "%u", (unsigned)env->max_envelope);
	header(w, "w:MaxEnvelopeSize", true, buf_cstr(&text));
	put_id(w, "a:MessageID", false, &q->id);
	language(w, "w:Locale", env->locale);
	language(w, "p:DataLocale", env->data_locale);
	put_id(w, "p:SessionId", true, &env->session);
	put_id(w, OPERATION, true, &q->id);
	header(w, "p:SequenceId", false, "1");
	duration(w, "w:OperationTimeout", q->timeout_ms);
	if (q->op == WSMAN_CREATE || q->op == WSMAN_RECEIVE ||
		(q->op == WSMAN_CONNECT && !q->command))
		options(w, q);
	if (q->op != WSMAN_CREATE && q->op < WSMAN_ENUMERATE)
		selectors(w, q->shell);
	buf_free(&text);
}

/* Base64 needs no escaping. */
static void base64(struct xml_write *w, struct span data)
{
	xml_write_text(w, SPAN_NONE);   /* ends the start tag */
	b64_put(w->out, data);
}

static void command_id(struct xml_write *w, const struct wsman_req *q)
{
	if (q->command)
		attr(w, "CommandId", guid_fmt_upper(q->command).s);
}

static void put_xml(struct xml_write *w, const char *name, struct span data)
{
	xml_write_start(w, name);
	attr(w, "xmlns", NS_PS);
	base64(w, data);
	xml_write_end(w);
}

static void buffering(struct xml_write *w, const struct wsman_req *q)
{
	if (q->buffering == BUFFERING_DROP || q->buffering == BUFFERING_BLOCK)
		xml_write_leaf(w, "rsp:BufferMode",
			q->buffering == BUFFERING_DROP ? SPAN("Drop") : SPAN("Block"));
}

static void put_create(struct xml_write *w, const struct wsman_req *q)
{
	xml_write_start(w, "rsp:Shell");
	xml_write_attr(w, "ShellId", q->shell);
	if (q->name)
		attr(w, "Name", q->name);
	if (q->idle_ms)
		duration(w, "rsp:IdleTimeOut", q->idle_ms);
	xml_write_leaf(w, "rsp:InputStreams", SPAN("stdin pr"));
	xml_write_leaf(w, "rsp:OutputStreams", SPAN("stdout"));
	buffering(w, q);
	put_xml(w, "creationXml", q->data);
	xml_write_end(w);
}

/* Disconnect, Reconnect, Connect; of a command: only its id. */
static void put_link(struct xml_write *w, const struct wsman_req *q)
{
	static const char *const names[] = { "rsp:Disconnect", "rsp:Reconnect", "rsp:Connect" };

	xml_write_start(w, names[q->op - WSMAN_DISCONNECT]);
	command_id(w, q);
	if (q->op == WSMAN_DISCONNECT && q->idle_ms)
		duration(w, "rsp:IdleTimeOut", q->idle_ms);
	if (q->op == WSMAN_DISCONNECT)
		buffering(w, q);
	if (q->op == WSMAN_CONNECT && !q->command)
		put_xml(w, "connectXml", q->data);
	xml_write_end(w);
}

/* As Get-PSSession asks. */
static void put_enumerate(struct xml_write *w, const struct wsman_req *q)
{
	bool pull = q->op == WSMAN_PULL;

	xml_write_start(w, pull ? "n:Pull" : "n:Enumerate");
	attr(w, "xmlns:n", NS_WSEN);
	xml_write_leaf(w, pull ? "n:EnumerationContext" : "w:OptimizeEnumeration", q->context);
	xml_write_leaf(w, pull ? "n:MaxElements" : "w:MaxElements", SPAN("32000"));
	if (!pull && q->shell.n) {
		xml_write_start(w, "w:Filter");
		attr(w, "Dialect", "http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter");
		selectors(w, q->shell);
		xml_write_end(w);
	}
	xml_write_end(w);
}

static void body(struct xml_write *w, const struct wsman_req *q)
{
	switch (q->op) {
	case WSMAN_IDENTIFY:
		xml_write_start(w, "i:Identify");
		xml_write_end(w);
		break;
	case WSMAN_CREATE:
		put_create(w, q);
		break;
	case WSMAN_COMMAND:
		xml_write_start(w, "rsp:CommandLine");
		command_id(w, q);
		xml_write_leaf(w, "rsp:Command", SPAN_NONE);
		xml_write_start(w, "rsp:Arguments");
		base64(w, q->data);
		xml_write_end(w);
		xml_write_end(w);
		break;
	case WSMAN_SEND:
		xml_write_start(w, "rsp:Send");
		xml_write_start(w, "rsp:Stream");
		attr(w, "Name", q->stream);
		command_id(w, q);
		base64(w, q->data);
		xml_write_end(w);
		xml_write_end(w);
		break;
	case WSMAN_RECEIVE:
		xml_write_start(w, "rsp:Receive");
		xml_write_start(w, "rsp:DesiredStream");
		command_id(w, q);
		xml_write_text(w, SPAN("stdout"));
		xml_write_end(w);
		xml_write_end(w);
		break;
	case WSMAN_SIGNAL:
		xml_write_start(w, "rsp:Signal");
		command_id(w, q);
		xml_write_leaf(w, "rsp:Code", span_str(q->code));
		xml_write_end(w);
		break;
	case WSMAN_DISCONNECT:
	case WSMAN_RECONNECT:
	case WSMAN_CONNECT:
		put_link(w, q);
		break;
	case WSMAN_ENUMERATE:
	case WSMAN_PULL:
		put_enumerate(w, q);
		break;
	case WSMAN_DELETE:
	case WSMAN_GET:
		break;
	}
}

static void put_utf8(const struct wsman_env *env, const struct wsman_req *q, struct buf *out)
{
	struct xml_write w;

	xml_write_init(&w, out);
	xml_write_start(&w, "s:Envelope");
	attr(&w, "xmlns:s", NS_SOAP);
	if (q->op == WSMAN_IDENTIFY) {
		attr(&w, "xmlns:i", NS_IDENTITY);
	} else {
		attr(&w, "xmlns:a", NS_WSA);
		attr(&w, "xmlns:w", NS_WSMAN);
		attr(&w, "xmlns:p", NS_WSMV);
		attr(&w, "xmlns:rsp", NS_RSP);
	}
	xml_write_start(&w, "s:Header");
	if (q->op != WSMAN_IDENTIFY)
		headers(&w, env, q);
	xml_write_end(&w);
	xml_write_start(&w, "s:Body");
	body(&w, q);
	xml_write_end(&w);
	xml_write_end(&w);
}

void wsman_put(const struct wsman_env *env, const struct wsman_req *q, struct buf *out)
{
	struct buf text;

	if (!env->utf16) {
		put_utf8(env, q, out);
		return;
	}
	buf_init(&text, out->max);
	put_utf8(env, q, &text);
	buf_puts(out, "\xff\xfe");
	utf16le_put(out, buf_span(&text));
	buf_free(&text);
}

/* text in the encoding of the envelopes */
static void encode(const struct wsman_env *env, const char *text, struct buf *out)
{
	if (env->utf16)
		utf16le_put(out, span_str(text));
	else
		buf_puts(out, text);
}

void wsman_put_again(const struct wsman_env *env, struct buf *envelope)
{
	struct buf mark, no, yes;
	size_t at;

	buf_init(&mark, 256);
	buf_init(&no, 64);
	buf_init(&yes, 64);
	encode(env, "<" OPERATION " s:mustUnderstand=\"", &mark);
	encode(env, "false", &no);
	encode(env, "true", &yes);
	at = span_search(buf_span(envelope), buf_span(&mark)) + mark.n;
	if (span_eq(span_sub(buf_span(envelope), at, no.n), buf_span(&no))) {
		memcpy(envelope->p + at, yes.p, yes.n);
		at += yes.n;
		memmove(envelope->p + at, envelope->p + at + no.n - yes.n,
			envelope->n - at - (no.n - yes.n));
		envelope->n -= no.n - yes.n;
	}
	buf_free(&mark);
	buf_free(&no);
	buf_free(&yes);
}

size_t wsman_room(const struct wsman_env *env, const struct wsman_req *q)
{
	struct wsman_req empty = *q;
	struct buf b;
	size_t used;

	empty.data = SPAN_NONE;
	buf_init(&b, env->max_envelope);
	wsman_put(env, &empty, &b);
	used = b.n + 256;               /* some to spare, as servers count differently */
	buf_free(&b);
	if (used >= env->max_envelope)
		return 0;
	return (env->max_envelope - used) / (env->utf16 ? 8 : 4) * 3;
}

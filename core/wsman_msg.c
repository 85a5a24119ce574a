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
};

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

static void put_id(struct xml_write *w, const char *name, bool session, const struct guid *id)
{
	xml_write_start(w, name);
	if (session)
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
	if (q->op == WSMAN_CREATE) {
		option(w, "protocolversion", true, span_str(q->protocol));
		if (q->no_profile)
			option(w, "WINRS_NOPROFILE", true, SPAN("1"));
	} else if (q->op == WSMAN_RECEIVE) {
		option(w, "WSMAN_CMDSHELL_OPTION_KEEPALIVE", false, SPAN("TRUE"));
	}
	xml_write_end(w);
}

static void headers(struct xml_write *w, const struct wsman_env *env, const struct wsman_req *q)
{
	struct buf text;

	buf_init(&text, 64);
	xml_write_leaf(w, "a:To", span_str(env->to));
	header(w, "w:ResourceURI", true, env->resource);
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
	duration(w, "w:OperationTimeout", q->timeout_ms);
	if (q->op == WSMAN_CREATE || q->op == WSMAN_RECEIVE)
		options(w, q);
	if (q->op != WSMAN_CREATE) {
		xml_write_start(w, "w:SelectorSet");
		xml_write_start(w, "w:Selector");
		attr(w, "Name", "ShellId");
		xml_write_text(w, q->shell);
		xml_write_end(w);
		xml_write_end(w);
	}
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
	if (q->buffering == BUFFERING_DROP || q->buffering == BUFFERING_BLOCK)
		xml_write_leaf(w, "rsp:BufferMode",
			q->buffering == BUFFERING_DROP ? SPAN("Drop") : SPAN("Block"));
	xml_write_start(w, "creationXml");
	attr(w, "xmlns", "http://schemas.microsoft.com/powershell");
	base64(w, q->data);
	xml_write_end(w);
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
	case WSMAN_DELETE:
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

#include "core/wsman_reply.h"
#include "core/session_option.h"
#include "core/xml_pull.h"
#include "lib/num.h"
#include "lib/utf.h"

#define NS_XML "http://www.w3.org/XML/1998/namespace"

/* xml_child, with the depth of the parent kept by the caller; what a handler has not read is
 * skipped. */
#define EACH_CHILD(x, depth, r) while ((r) >= 0 && ((r) = xml_child((x), (depth))) > 0)

static bool is_true(struct span s)
{
	return span_is_ci(s, "true") || span_is(s, "1");
}

static bool get_uuid(struct span s, struct guid *out)
{
	s = span_trim(s);
	if (span_starts_ci(s, "uuid:"))
		s = span_sub(s, 5, s.n);
	else if (span_starts_ci(s, "urn:uuid:"))
		s = span_sub(s, 9, s.n);
	return guid_parse(s, out);
}

/* The last part of "prefix:name" or "http://…/name". */
static struct span local_part(struct span s)
{
	size_t i;

	s = span_trim(s);
	for (i = s.n; i && s.p[i - 1] != ':' && s.p[i - 1] != '/'; i--)
		;
	return span_sub(s, i, s.n);
}

/* aside: an acknowledgement or a sign of life; the answer follows, in the same body. */
static int read_header(struct xml_pull *x, struct wsman_reply *out, bool *aside)
{
	size_t depth = x->depth;
	struct span text;
	int r = 0;

	EACH_CHILD(x, depth, r) {
		if (xml_is(x, NS_WSA, "RelatesTo")) {
			r = xml_text(x, &text);
			if (r >= 0)
				out->related = get_uuid(text, &out->relates_to);
		} else if (xml_is(x, NS_WSMV, "OperationID")) {
			out->keeps = true;
		} else if (xml_is(x, NS_WSA, "Action")) {
			r = xml_text(x, &text);
			if (r >= 0)
				*aside = span_starts(span_trim(text),
					"http://schemas.microsoft.com/wbem/wsman/1/wsman/");
		}
	}
	return r;
}

/* One field of rsp:Shell or rsp:Command; others are passed over. */
static int read_field(struct xml_pull *x, struct wsman_item *i)
{
	struct { const char *name; struct span *text; int64_t *ticks; } table[] = {
		{ "ShellId", &i->id, NULL },
		{ "CommandId", &i->id, NULL },
		{ "Name", &i->name, NULL },
		{ "ResourceUri", &i->resource, NULL },
		{ "State", &i->state, NULL },
		{ "IdleTimeOut", NULL, &i->idle },
		{ "MaxIdleTimeOut", NULL, &i->max_idle },
		{ "ShellInactivity", NULL, &i->inactive },
		{ "BufferMode", NULL, NULL },
	};
	size_t k, n = sizeof(table) / sizeof(table[0]);
	struct span text;
	int r;

	for (k = 0; k < n && !xml_is(x, NS_RSP, table[k].name); k++)
		;
	if (k == n)
		return 0;
	r = xml_text(x, &text);
	if (r < 0)
		return r;
	text = span_trim(text);
	if (table[k].ticks)
		num_duration(text, table[k].ticks);
	else if (!table[k].text)
		i->buffering = span_is_ci(text, "Drop") ? BUFFERING_DROP : BUFFERING_BLOCK;
	else if (!table[k].text->n)
		*table[k].text = text;
	return 0;
}

/* Anywhere below ResourceCreated or rsp:Shell. */
static int read_created(struct xml_pull *x, struct wsman_reply *out)
{
	size_t depth = x->depth;
	struct span name, text;
	int r;

	out->kind = WSMAN_IS_CREATED;
	while ((r = xml_next(x)) >= 0 && !(r == XML_END && x->depth < depth)) {
		if (r != XML_START)
			continue;
		if (xml_is(x, NS_WSMAN, "Selector") && xml_attr(x, "", "Name", &name) &&
			span_is(name, "ShellId")) {
			r = xml_text(x, &text);
			if (r >= 0)
				out->shell.id = span_trim(text);
		} else {
			r = read_field(x, &out->shell);
		}
		if (r < 0)
			break;
	}
	return r < 0 ? r : 0;
}

static int read_connected(struct xml_pull *x, struct wsman_reply *out)
{
	size_t depth = x->depth;
	int r = 0;

	out->kind = WSMAN_IS_CONNECTED;
	EACH_CHILD(x, depth, r)
		if (xml_is(x, NS_PS, "connectResponseXml"))
			r = xml_text(x, &out->data);
	return r;
}

static int read_items(struct xml_pull *x, struct wsman_item **tail)
{
	size_t depth = x->depth, inner;
	int r = 0;

	EACH_CHILD(x, depth, r) {
		*tail = arena_alloc(x->arena, sizeof(**tail));
		if (!*tail)
			return err_set(x->err, E_LIMIT, "an answer of the server has too many parts");
		inner = x->depth;
		EACH_CHILD(x, inner, r)
			r = read_field(x, *tail);
		tail = &(*tail)->next;
	}
	return r;
}

/* Its parts are in the namespace of wsman or of wsen, by how they were asked for. */
static int read_listed(struct xml_pull *x, struct wsman_reply *out)
{
	size_t depth = x->depth;
	bool end = false;
	int r = 0;

	out->kind = WSMAN_IS_LISTED;
	EACH_CHILD(x, depth, r) {
		if (xml_is(x, NULL, "EnumerationContext"))
			r = xml_text(x, &out->context);
		else if (xml_is(x, NULL, "Items") && !out->items)
			r = read_items(x, &out->items);
		else if (xml_is(x, NULL, "EndOfSequence"))
			end = true;
	}
	if (end)
		out->context = SPAN_NONE;
	return r;
}

static int read_command(struct xml_pull *x, struct wsman_reply *out)
{
	size_t depth = x->depth;
	struct span text;
	int r = 0;

	out->kind = WSMAN_IS_COMMAND;
	EACH_CHILD(x, depth, r) {
		if (!xml_is(x, NS_RSP, "CommandId"))
			continue;
		r = xml_text(x, &text);
		if (r >= 0 && !guid_parse(span_trim(text), &out->command))
			out->command = (struct guid){ { 0 } };
	}
	return r;
}

static int read_stream(struct xml_pull *x, struct wsman_stream ***tail)
{
	struct wsman_stream *s = arena_alloc(x->arena, sizeof(*s));
	struct span value;
	int r;

	if (!s)
		return err_set(x->err, E_LIMIT, "an answer of the server has too many parts");
	if (!xml_attr(x, "", "Name", &s->name))
		return err_peer(x->err, "MS-WSMV 2.2.4.34 Name", x->pos);
	if (xml_attr(x, "", "CommandId", &value) && !guid_parse(value, &s->command))
		return err_peer(x->err, "MS-WSMV 2.2.4.34 CommandId", x->pos);
	s->end = xml_attr(x, "", "End", &value) && is_true(value);
	r = xml_text(x, &s->data);
	if (r < 0)
		return r;
	**tail = s;
	*tail = &s->next;
	return 0;
}

static int read_state(struct xml_pull *x, struct wsman_reply *out)
{
	size_t depth = x->depth;
	struct span text;
	int r = 0;

	if (xml_attr(x, "", "State", &text))
		out->done = span_is(local_part(text), "Done");
	EACH_CHILD(x, depth, r) {
		if (!xml_is(x, NS_RSP, "ExitCode"))
			continue;
		r = xml_text(x, &text);
		if (r >= 0)
			out->has_exit = num_i64(span_trim(text), &out->exit_code);
	}
	return r;
}

static int read_received(struct xml_pull *x, struct wsman_reply *out)
{
	struct wsman_stream **tail = &out->streams;
	size_t depth = x->depth;
	int r = 0;

	out->kind = WSMAN_IS_RECEIVED;
	EACH_CHILD(x, depth, r) {
		if (xml_is(x, NS_RSP, "Stream"))
			r = read_stream(x, &tail);
		else if (xml_is(x, NS_RSP, "CommandState"))
			r = read_state(x, out);
	}
	return r;
}

static int read_identity(struct xml_pull *x, struct wsman_reply *out)
{
	size_t depth = x->depth;
	int r = 0;

	out->kind = WSMAN_IS_IDENTITY;
	EACH_CHILD(x, depth, r) {
		if (xml_is(x, NS_IDENTITY, "ProductVendor"))
			r = xml_text(x, &out->vendor);
		else if (xml_is(x, NS_IDENTITY, "ProductVersion"))
			r = xml_text(x, &out->version);
	}
	return r;
}

/* Code: the innermost Value is the one that tells most. */
static int read_subcode(struct xml_pull *x, struct wsman_reply *out)
{
	size_t depth = x->depth;
	struct span text;
	int r;

	while ((r = xml_next(x)) >= 0 && !(r == XML_END && x->depth < depth)) {
		if (r != XML_START || !xml_is(x, NS_SOAP, "Value"))
			continue;
		r = xml_text(x, &text);
		if (r < 0)
			break;
		out->subcode = local_part(text);
	}
	return r < 0 ? r : 0;
}

/* Reason: perhaps in several languages; English, else the first. */
static int read_reason(struct xml_pull *x, struct span *reason)
{
	size_t depth = x->depth;
	struct span lang, text;
	bool english;
	int r = 0;

	EACH_CHILD(x, depth, r) {
		if (!xml_is(x, NS_SOAP, "Text"))
			continue;
		english = xml_attr(x, NS_XML, "lang", &lang) && span_starts_ci(lang, "en");
		r = xml_text(x, &text);
		if (r >= 0 && (english || !reason->n))
			*reason = span_trim(text);
	}
	return r;
}

/* Detail: WSManFault, whose Message may hold a provider's own words or fault. */
static int read_detail(struct xml_pull *x, struct wsman_reply *out)
{
	size_t depth = x->depth;
	struct span text;
	uint64_t code;
	int r = 0;

	EACH_CHILD(x, depth, r) {
		if (!xml_is(x, NS_FAULT, "WSManFault"))
			continue;
		if (xml_attr(x, "", "Code", &text) && num_u64(text, &code) && code <= UINT32_MAX)
			out->code = (uint32_t)code;
		r = xml_text(x, &text);
		if (r >= 0)
			out->message = span_trim(text);
	}
	return r;
}

static uint32_t code_of(struct span subcode)
{
	static const struct { const char *subcode; uint32_t code; } table[] = {
		{ "TimedOut", WSMAN_POLL_AGAIN }, { "InvalidSelectors", WSMAN_SHELL_GONE },
		{ "AccessDenied", WSMAN_ACCESS_DENIED }, { "QuotaLimit", WSMAN_QUOTA },
		{ "DestinationUnreachable", WSMAN_NOT_FOUND }, { "InternalError", WSMAN_INTERNAL },
		{ "ActionNotSupported", WSMAN_UNSUPPORTED }, { "UnsupportedFeature", WSMAN_UNSUPPORTED },
	};
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (span_is(subcode, table[i].subcode))
			return table[i].code;
	return 0;
}

static int read_fault(struct xml_pull *x, struct wsman_reply *out)
{
	struct span reason = SPAN_NONE;
	size_t depth = x->depth;
	int r = 0;

	out->kind = WSMAN_IS_FAULT;
	EACH_CHILD(x, depth, r) {
		if (xml_is(x, NS_SOAP, "Code"))
			r = read_subcode(x, out);
		else if (xml_is(x, NS_SOAP, "Reason"))
			r = read_reason(x, &reason);
		else if (xml_is(x, NS_SOAP, "Detail"))
			r = read_detail(x, out);
	}
	if (!out->message.n)
		out->message = reason;
	if (!out->code)
		out->code = code_of(out->subcode);
	return r;
}

static int read_body(struct xml_pull *x, struct wsman_reply *out)
{
	static const struct {
		const char *ns, *name;
		int (*read)(struct xml_pull *, struct wsman_reply *);
	} table[] = {
		{ NS_WXF, "ResourceCreated", read_created },
		{ NS_RSP, "Shell", read_created },
		{ NS_RSP, "CommandResponse", read_command },
		{ NS_RSP, "ConnectResponse", read_connected },
		{ NS_WSEN, "EnumerateResponse", read_listed },
		{ NS_WSEN, "PullResponse", read_listed },
		{ NS_RSP, "ReceiveResponse", read_received },
		{ NULL, "IdentifyResponse", read_identity }, /* OMI has it in SOAP's namespace */
		{ NS_SOAP, "Fault", read_fault },
	};
	size_t depth = x->depth, i;
	int r = 0;

	EACH_CHILD(x, depth, r) {
		if (xml_is(x, NS_RSP, "SendResponse"))
			out->kind = WSMAN_IS_SENT;
		else if (xml_is(x, NS_RSP, "SignalResponse"))
			out->kind = WSMAN_IS_SIGNALED;
		for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
			if (!xml_is(x, table[i].ns, table[i].name))
				continue;
			r = table[i].read(x, out);
			break;
		}
	}
	return r;
}

/* One envelope. *doc: what is behind it if it was an aside. 1 = it was. */
static int read_envelope(struct span *doc, struct arena *a, struct wsman_reply *out, struct err *e)
{
	bool has_body = false, aside = false;
	struct xml_pull x;
	size_t depth;
	int r;

	*out = (struct wsman_reply){ .kind = WSMAN_IS_EMPTY };
	xml_init(&x, *doc, a, e);
	r = xml_next(&x);
	if (r < 0)
		return r;
	if (!xml_is(&x, NS_SOAP, "Envelope"))
		return err_peer(e, "DSP0226 5 Envelope", x.pos);
	depth = x.depth;
	EACH_CHILD(&x, depth, r) {
		if (xml_is(&x, NS_SOAP, "Header"))
			r = read_header(&x, out, &aside);
		else if (xml_is(&x, NS_SOAP, "Body")) {
			has_body = true;
			r = read_body(&x, out);
		}
	}
	if (r < 0)
		return r;
	*doc = span_sub(*doc, x.pos, doc->n);
	if (aside)
		return 1;
	r = xml_next(&x);               /* nothing but white space and comments may follow */
	if (r < 0)
		return r;
	return has_body ? 0 : err_peer(e, "DSP0226 5 Body", x.pos);
}

struct span wsman_reply_text(struct span body, struct buf *text)
{
	if (span_starts(body, "\xff\xfe"))
		body = span_sub(body, 2, body.n);
	else if (body.n < 2 || body.p[0] != '<' || body.p[1])
		return body;
	utf16le_get(text, body);        /* what cannot be read, the parser will say */
	return buf_span(text);
}

int wsman_reply_read(struct span doc, struct arena *a, struct wsman_reply *out, struct err *e)
{
	int r;

	do
		r = read_envelope(&doc, a, out, e);
	while (r > 0);
	return r;
}

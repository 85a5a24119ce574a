#include "core/wsman_msg.h"
#include <glob.h>
#include "core/xml_pull.h"
#include "lib/b64.h"
#include "lib/file_io.h"
#include "lib/num.h"
#include "lib/utf.h"
#include "tests/unit.h"

static struct arena arena;

/* A document as lines "path @attribute… = text" in a fixed order, so that prefixes, the order of
 * headers and of attributes do not count. What clients may differ in is left out: see is_free(). */
struct lines { char *v[200]; size_t n; };

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Elements that are ours to choose: options that servers need not know, the name of a command, and
 * the session's id, which not every client sends. */
static bool is_free(const struct xml_pull *x)
{
	struct span name;

	if (xml_is(x, NS_WSMV, "SessionId") || xml_is(x, NS_WSMV, "OperationID") ||
		xml_is(x, NS_WSMV, "SequenceId") || xml_is(x, NS_RSP, "Command"))
		return true;
	return xml_is(x, NS_WSMAN, "Option") && xml_attr(x, "", "Name", &name) &&
		!span_is(name, "protocolversion");
}

static bool is_free_attr(const struct xml_pull *x, const struct xml_attr *a)
{
	if (xml_is(x, NS_WSMAN, "Option"))
		return !span_is(a->name, "Name");       /* Type, MustComply */
	return xml_is(x, NS_WSA, "Action");             /* mustUnderstand */
}

static char *keep(struct buf *line)
{
	char *s = strdup(buf_cstr(line));

	buf_free(line);
	return s;
}

static void put_element(struct xml_pull *x, struct buf *line)
{
	struct lines attrs = { .n = 0 };
	struct buf b;
	size_t i;

	buf_printf(line, "{%.*s}%.*s", SPAN_ARG(x->ns), SPAN_ARG(x->name));
	for (i = 0; i < x->attr_n; i++) {
		if (is_free_attr(x, &x->attr[i]))
			continue;
		buf_init(&b, 1000);
		buf_printf(&b, " @{%.*s}%.*s=%.*s", SPAN_ARG(x->attr[i].ns), SPAN_ARG(x->attr[i].name),
			SPAN_ARG(x->attr[i].value));
		attrs.v[attrs.n++] = keep(&b);
	}
	qsort(attrs.v, attrs.n, sizeof(char *), by_text);
	for (i = 0; i < attrs.n; i++) {
		buf_puts(line, attrs.v[i]);
		free(attrs.v[i]);
	}
}

static char *meaning(struct span doc)
{
	static struct xml_pull x;
	struct lines lines = { .n = 0 };
	struct err e = { 0 };
	struct buf line, all;
	size_t i;
	int r;

	arena_free(&arena);
	arena_init(&arena, 1 << 22);
	xml_init(&x, doc, &arena, &e);
	buf_init(&all, 1 << 22);
	while ((r = xml_next(&x)) > 0) {
		if (r == XML_START && is_free(&x) && (r = xml_skip(&x)) < 0)
			break;
		if (r <= 0 || r == XML_END || (r == XML_TEXT && !span_trim(x.text).n) ||
			xml_is(&x, NS_WSMAN, "OptionSet"))      /* may be empty */
			continue;
		buf_init(&line, 1 << 22);
		if (r == XML_START)
			put_element(&x, &line);
		else
			buf_printf(
				&line, "{%.*s}%.*s = %.*s", SPAN_ARG(x.ns), SPAN_ARG(x.name), SPAN_ARG(x.text));
		CHECK(lines.n < 200);
		lines.v[lines.n++] = keep(&line);
	}
	if (r < 0)
		FAIL("%s", e.text);
	qsort(lines.v, lines.n, sizeof(char *), by_text);
	for (i = 0; i < lines.n; i++) {
		buf_printf(&all, "%s\n", lines.v[i]);
		free(lines.v[i]);
	}
	return keep(&all);
}

/* The text of the first element of that name, or its attribute; empty when there is none. */
static struct span value_of(struct span doc, const char *ns, const char *name, const char *attr)
{
	static struct xml_pull x;
	struct err e = { 0 };
	struct span value = SPAN_NONE;

	xml_init(&x, doc, &arena, &e);
	if (xml_enter(&x, ns, name) <= 0)
		return SPAN_NONE;
	if (attr)
		xml_attr(&x, !strcmp(attr, "lang") ? NULL : "", attr, &value);
	else
		CHECK(xml_text(&x, &value) >= 0);
	return value;
}

static struct guid id_of(struct span s)
{
	struct guid id = { { 0 } };

	if (span_starts(s, "uuid:"))
		s = span_sub(s, 5, s.n);
	if (s.n)
		CHECK(guid_parse(s, &id));
	return id;
}

static const char *text_of(struct span s)
{
	return arena_str(&arena, s);
}

/* Makes the request again that doc is, from what it says. */
static void rewrite(struct span doc, enum wsman_op op, struct buf *out)
{
	struct wsman_env env = { .to = text_of(value_of(doc, NS_WSA, "To", NULL)),
		.resource = text_of(value_of(doc, NS_WSMAN, "ResourceURI", NULL)),
		.locale = text_of(value_of(doc, NS_WSMAN, "Locale", "lang")),
		.data_locale = text_of(value_of(doc, NS_WSMV, "DataLocale", "lang")) };
	struct wsman_req q = { .op = op };
	struct span data = SPAN_NONE, command = SPAN_NONE;
	struct guid id;
	struct buf raw;
	uint64_t size = 0;
	int64_t ticks = 0;

	buf_init(&raw, 1 << 22);
	if (op != WSMAN_IDENTIFY) {
		CHECK(num_u64(value_of(doc, NS_WSMAN, "MaxEnvelopeSize", NULL), &size));
		CHECK(num_duration(value_of(doc, NS_WSMAN, "OperationTimeout", NULL), &ticks));
	}
	env.max_envelope = (uint32_t)size;
	q.timeout_ms = (uint32_t)(ticks / (TICKS_PER_SEC / 1000));
	q.id = id_of(value_of(doc, NS_WSA, "MessageID", NULL));
	q.shell = value_of(doc, NS_WSMAN, "Selector", NULL);
	if (op == WSMAN_CREATE) {
		q.shell = value_of(doc, NS_RSP, "Shell", "ShellId");
		q.name = text_of(value_of(doc, NS_RSP, "Shell", "Name"));
		q.protocol = text_of(value_of(doc, NS_WSMAN, "Option", NULL));
		data = value_of(doc, "http://schemas.microsoft.com/powershell", "creationXml", NULL);
	} else if (op == WSMAN_COMMAND) {
		command = value_of(doc, NS_RSP, "CommandLine", "CommandId");
		data = value_of(doc, NS_RSP, "Arguments", NULL);
	} else if (op == WSMAN_SEND) {
		command = value_of(doc, NS_RSP, "Stream", "CommandId");
		q.stream = text_of(value_of(doc, NS_RSP, "Stream", "Name"));
		data = value_of(doc, NS_RSP, "Stream", NULL);
	} else if (op == WSMAN_RECEIVE) {
		command = value_of(doc, NS_RSP, "DesiredStream", "CommandId");
	} else if (op == WSMAN_SIGNAL) {
		command = value_of(doc, NS_RSP, "Signal", "CommandId");
		q.code = text_of(value_of(doc, NS_RSP, "Code", NULL));
	}
	id = id_of(command);
	q.command = command.n ? &id : NULL;
	CHECK(b64_get(&raw, data));
	q.data = buf_span(&raw);
	buf_init(out, 1 << 22);
	wsman_put(&env, &q, out);
	CHECK(!buf_failed(out));
	buf_free(&raw);
}

static bool op_of(const char *path, enum wsman_op *op)
{
	static const char *const names[] = { [WSMAN_IDENTIFY] = "-Identify-",
		[WSMAN_CREATE] = "-Create-",
		[WSMAN_COMMAND] = "-Command-",
		[WSMAN_SEND] = "-Send-",
		[WSMAN_RECEIVE] = "-Receive-",
		[WSMAN_SIGNAL] = "-Signal-",
		[WSMAN_DELETE] = "-Delete-" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		*op = (enum wsman_op)i;
		if (strstr(path, names[i]))
			return true;
	}
	return false;
}

/* What PowerShell would not send: pypsrp's tests of faults. */
static bool is_strange(struct span doc, enum wsman_op op)
{
	return (op == WSMAN_CREATE && span_search(doc, SPAN("<creationXml")) == doc.n) ||
		(op == WSMAN_COMMAND && span_search(doc, SPAN("CommandId=")) == doc.n);
}

static size_t check_recorded(const char *pattern)
{
	struct err e = { 0 };
	struct buf file, ours;
	size_t i, n = 0;
	enum wsman_op op;
	struct span doc;
	glob_t g;

	CHECK_INT(glob(pattern, 0, NULL, &g), 0);
	for (i = 0; i < g.gl_pathc; i++) {
		char *want, *got;

		if (!op_of(g.gl_pathv[i], &op))
			continue;
		buf_init(&file, 1 << 24);
		CHECK_INT(file_read(g.gl_pathv[i], &file, &e), 0);
		doc = buf_span(&file);
		doc = span_trim(span_sub(doc, span_search(doc, SPAN("\r\n\r\n")) + 4, doc.n));
		if (is_strange(doc, op)) {
			buf_free(&file);
			continue;
		}
		want = meaning(doc);
		rewrite(doc, op, &ours);
		got = meaning(buf_span(&ours));
		if (strcmp(got, want))
			FAIL("%s\n--- recorded\n%s--- ours\n%s", g.gl_pathv[i], want, got);
		free(want);
		free(got);
		buf_free(&ours);
		buf_free(&file);
		n++;
	}
	globfree(&g);
	arena_free(&arena);
	return n;
}

TEST(powershells_own_requests_are_made_alike)
{
	CHECK(check_recorded("tests/recordings/wsman-powershell-client/*request.http") > 70);
}

TEST(pypsrps_requests_are_made_alike)
{
	CHECK(check_recorded("tests/recordings/wsman-basic/*request.http") > 25);
}

static const struct wsman_env plain = { .to = "http://[fe80::1%25eth0]:5985/wsman?a=1&b=2",
	.resource = "http://schemas.microsoft.com/powershell/a<b", .locale = "en-US",
	.data_locale = "de-DE",
	.max_envelope = WSMAN_ENVELOPE_SMALL };

TEST(a_full_envelope_is_no_larger_than_allowed_and_wastes_little)
{
	static const uint8_t data[WSMAN_ENVELOPE_LARGE];
	struct guid id = guid_random();
	static const enum wsman_op ops[] = { WSMAN_CREATE, WSMAN_COMMAND, WSMAN_SEND };
	size_t i, room;
	struct buf b;

	for (i = 0; i < 6; i++) {
		struct wsman_env env = plain;
		struct wsman_req q = { .op = ops[i % 3], .id = id, .command = &id, .stream = "stdin",
			.shell = SPAN("S&H<>\"'"), .name = "n", .protocol = "2.3", .timeout_ms = 180000 };

		env.max_envelope = i < 3 ? WSMAN_ENVELOPE_SMALL : WSMAN_ENVELOPE_LARGE;
		room = wsman_room(&env, &q);
		q.data = span_of(data, room);
		buf_init(&b, 1 << 22);
		wsman_put(&env, &q, &b);
		CHECK(b.n <= env.max_envelope && b.n > env.max_envelope - 300);
		free(meaning(buf_span(&b)));            /* well-formed whatever the texts hold */
		buf_free(&b);
	}
	arena_free(&arena);
}

TEST(utf_16_has_a_byte_order_mark_and_keeps_to_the_limit_as_well)
{
	static const uint8_t data[WSMAN_ENVELOPE_SMALL];
	struct wsman_env env = plain;
	struct wsman_req q = { .op = WSMAN_SEND, .stream = "stdin" };
	struct buf wide, text;

	env.utf16 = true;
	q.data = span_of(data, wsman_room(&env, &q));
	buf_init(&wide, 1 << 22);
	buf_init(&text, 1 << 22);
	wsman_put(&env, &q, &wide);
	CHECK(span_starts(buf_span(&wide), "\xff\xfe<"));
	CHECK(wide.n <= env.max_envelope && wide.n > env.max_envelope - 1000);
	CHECK(utf16le_get(&text, span_sub(buf_span(&wide), 2, wide.n)));
	env.utf16 = false;
	buf_clear(&wide);
	wsman_put(&env, &q, &wide);
	CHECK(span_eq(buf_span(&wide), buf_span(&text)));
	buf_free(&wide);
	buf_free(&text);
}

TEST(a_server_that_allows_no_envelope_at_all_gets_no_room)
{
	struct wsman_env env = plain;
	struct wsman_req q = { .op = WSMAN_CREATE, .protocol = "2.3" };

	env.max_envelope = 100;
	CHECK_INT(wsman_room(&env, &q), 0);
}

static bool has(const struct wsman_req *q, const char *part)
{
	struct buf b;
	bool found;

	buf_init(&b, 1 << 16);
	wsman_put(&plain, q, &b);
	found = strstr(buf_cstr(&b), part) != NULL;
	buf_free(&b);
	return found;
}

TEST(options_are_as_servers_want_them)
{
	struct wsman_req q = { .op = WSMAN_CREATE, .protocol = "2.3" };

	CHECK(has(&q, "<w:Option Name=\"protocolversion\" MustComply=\"true\">2.3</w:Option>"));
	CHECK(!has(&q, "WINRS_NOPROFILE") && !has(&q, "CompressionType") && !has(&q, "Name=\"Run"));
	q.no_profile = true;
	q.name = "Runspace1";
	CHECK(has(&q, "<w:Option Name=\"WINRS_NOPROFILE\" MustComply=\"true\">1</w:Option>"));
	CHECK(has(&q, " Name=\"Runspace1\""));
	q.op = WSMAN_RECEIVE;
	CHECK(has(&q, "<w:Option Name=\"WSMAN_CMDSHELL_OPTION_KEEPALIVE\">TRUE</w:Option>"));
	q.op = WSMAN_SIGNAL;
	q.code = WSMAN_SIGNAL_STOP;
	CHECK(has(&q, "<rsp:Code>powershell/signal/crtl_c</rsp:Code>"));
}

TEST(a_shell_says_how_it_wants_to_live)
{
	struct wsman_req q = { .op = WSMAN_CREATE, .protocol = "2.3" };

	CHECK(has(&q, "<w:Locale xml:lang=\"en-US\"") && has(&q, "<p:DataLocale xml:lang=\"de-DE\""));
	CHECK(!has(&q, "IdleTimeOut") && !has(&q, "BufferMode"));
	q.idle_ms = 7200000;
	q.buffering = BUFFERING_DROP;
	CHECK(has(&q, "<rsp:IdleTimeOut>PT2H</rsp:IdleTimeOut><rsp:InputStreams>"));
	CHECK(has(&q, "</rsp:OutputStreams><rsp:BufferMode>Drop</rsp:BufferMode><creationXml"));
	q.buffering = BUFFERING_BLOCK;
	CHECK(has(&q, "<rsp:BufferMode>Block</rsp:BufferMode>"));
	q.buffering = BUFFERING_NONE;
	CHECK(!has(&q, "BufferMode"));
}

TEST(ids_are_in_upper_case)
{
	struct guid id;
	struct wsman_req q = { .op = WSMAN_SIGNAL, .code = WSMAN_SIGNAL_TERMINATE, .command = &id };

	CHECK(guid_parse(SPAN("abcdefab-cdef-abcd-efab-cdefabcdefab"), &id));
	q.id = id;
	CHECK(has(&q, "CommandId=\"ABCDEFAB-CDEF-ABCD-EFAB-CDEFABCDEFAB\""));
	CHECK(has(&q, "<a:MessageID>uuid:ABCDEFAB-CDEF-ABCD-EFAB-CDEFABCDEFAB</a:MessageID>"));
	CHECK(!has(&q, "abcdefab"));
}

TEST(sessions_that_live_on_are_asked_for_as_powershell_does)
{
	struct guid id;
	struct wsman_req q = { .op = WSMAN_DISCONNECT, .shell = SPAN("S"), .protocol = "2.3",
		.data = SPAN("abc") };

	CHECK(guid_parse(SPAN("abcdefab-cdef-abcd-efab-cdefabcdefab"), &id));
	CHECK(has(&q, "<rsp:Disconnect/>") && has(&q, "windows/shell/Disconnect</a:Action>"));
	CHECK(!has(&q, "protocolversion"));
	q.idle_ms = 90500;
	q.buffering = BUFFERING_BLOCK;
	CHECK(has(&q, "<rsp:Disconnect><rsp:IdleTimeOut>PT1M30.5S</rsp:IdleTimeOut>"
		"<rsp:BufferMode>Block</rsp:BufferMode></rsp:Disconnect>"));
	q.op = WSMAN_RECONNECT;
	CHECK(has(&q, "<rsp:Reconnect/>"));
	q.command = &id;
	CHECK(has(&q, "<rsp:Reconnect CommandId=\"ABCDEFAB-CDEF-ABCD-EFAB-CDEFABCDEFAB\"/>"));
	q.op = WSMAN_CONNECT;
	CHECK(has(&q, "<rsp:Connect CommandId=\"ABCDEFAB-CDEF-ABCD-EFAB-CDEFABCDEFAB\"/>"));
	CHECK(!has(&q, "protocolversion"));
	q.command = NULL;
	CHECK(has(&q, "<rsp:Connect><connectXml xmlns=\"" NS_PS "\">YWJj</connectXml></rsp:Connect>"));
	CHECK(has(&q, "<w:Option Name=\"protocolversion\" MustComply=\"true\">2.3</w:Option>"));
	CHECK(has(&q, "<w:Selector Name=\"ShellId\">S</w:Selector>"));
	q.op = WSMAN_GET;
	CHECK(has(&q, ">" NS_RSP "</w:ResourceURI>") && has(&q, "<w:Selector Name=\"ShellId\">S<"));
	q.op = WSMAN_ENUMERATE;
	CHECK(has(&q, "<w:OptimizeEnumeration></w:OptimizeEnumeration><w:MaxElements>32000"
		"</w:MaxElements><w:Filter Dialect=\"http://schemas.dmtf.org/wbem/wsman/1/wsman/"
		"SelectorFilter\"><w:SelectorSet><w:Selector "
		"Name=\"ShellId\">S</w:Selector></w:SelectorSet></w:Filter></n:Enumerate>"));
	q.shell = SPAN_NONE;
	CHECK(!has(&q, "Selector"));
	q.op = WSMAN_PULL;
	q.context = SPAN("uuid:1&2");
	CHECK(has(&q, "<n:EnumerationContext>uuid:1&amp;2</n:EnumerationContext>"
		"<n:MaxElements>32000</n:MaxElements></n:Pull>"));
}

TEST(a_request_that_may_have_come_before_says_so_once)
{
	struct wsman_env env = plain;
	struct wsman_req q = { .op = WSMAN_SEND, .stream = "stdin", .data = SPAN("abc") };
	struct buf b, text;
	int i;

	for (i = 0; i < 2; i++) {
		env.utf16 = i;
		buf_init(&b, 1 << 20);
		buf_init(&text, 1 << 20);
		wsman_put(&env, &q, &b);
		wsman_put_again(&env, &b);
		wsman_put_again(&env, &b);
		if (i)
			utf16le_get(&text, span_sub(buf_span(&b), 2, b.n));
		else
			buf_put(&text, buf_span(&b));
		CHECK(strstr(buf_cstr(&text), "<p:OperationID s:mustUnderstand=\"true\">uuid:0000"));
		CHECK(strstr(buf_cstr(&text), "<p:SequenceId s:mustUnderstand=\"false\">1<"));
		free(meaning(buf_span(&text)));
		buf_free(&b);
		buf_free(&text);
	}
	arena_free(&arena);
}

/* Every message of the recordings, read and written again: the XML must come out as it was, but for
 * the numbers of its RefIds, the order of attributes and the spelling of characters. */
#include <glob.h>
#include "core/clixml.h"
#include "core/xml_pull.h"
#include "lib/b64.h"
#include "lib/file_io.h"
#include "tests/unit.h"

#define SLOTS 32

/* Messages being put together: an object id a direction. */
static struct { uint64_t key; struct buf msg; } slot[SLOTS];
static size_t messages;

/* Ids in order of appearance. */
struct numbers { uint64_t id[4096]; size_t n; };

static size_t number_of(struct numbers *t, struct span id)
{
	uint64_t v = 0;
	size_t i;

	CHECK(num_u64(id, &v));
	for (i = 0; i < t->n && t->id[i] != v; i++)
		;
	CHECK(i < 4096);
	if (i == t->n)
		t->id[t->n++] = v;
	return i;
}

static void put_event(struct xml_pull *x, int ev, struct numbers *objects, struct numbers *types,
	struct buf *out)
{
	bool is_type = xml_is(x, NULL, "TN") || xml_is(x, NULL, "TNRef");
	struct span s;

	if (ev == XML_TEXT) {
		buf_put(out, x->text);
		return;
	}
	buf_printf(out, ev == XML_START ? "\n<%.*s" : "\n</%.*s", SPAN_ARG(x->name));
	if (xml_attr(x, NULL, "N", &s))
		buf_printf(out, " N=%.*s", SPAN_ARG(s));
	if (xml_attr(x, NULL, "RefId", &s))
		buf_printf(out, " RefId=%zu", number_of(is_type ? types : objects, s));
	buf_putc(out, '>');
}

static void normalise(struct span xml, struct buf *out)
{
	static struct numbers objects, types;
	static struct xml_pull x;
	struct arena a;
	struct err e = { 0 };
	int ev;

	objects.n = types.n = 0;
	arena_init(&a, 1 << 26);
	xml_init(&x, xml, &a, &e);
	while ((ev = xml_next(&x)) > 0)
		put_event(&x, ev, &objects, &types, out);
	arena_free(&a);
	CHECK_STR(e.text, "");
}

static void round_trip(struct span xml)
{
	struct buf want, again, got, twice;
	struct err e = { 0 };
	struct ps_val *v = NULL;
	struct arena a;

	buf_init(&want, SIZE_MAX);
	buf_init(&again, SIZE_MAX);
	buf_init(&got, SIZE_MAX);
	buf_init(&twice, SIZE_MAX);
	arena_init(&a, 1 << 26);
	normalise(xml, &want);
	CHECK_INT(clixml_read(xml, &a, &v, &e), 0);
	clixml_write(v, &again);
	normalise(buf_span(&again), &got);
	CHECK_STR(buf_cstr(&got), buf_cstr(&want));
	CHECK_INT(clixml_read(buf_span(&again), &a, &v, &e), 0);
	clixml_write(v, &twice);
	CHECK_STR(buf_cstr(&twice), buf_cstr(&again));
	arena_free(&a);
	buf_free(&want);
	buf_free(&again);
	buf_free(&got);
	buf_free(&twice);
	messages++;
}

static struct buf *slot_of(uint64_t key)
{
	size_t i, unused = SLOTS;

	for (i = 0; i < SLOTS; i++) {
		if (slot[i].msg.p && slot[i].key == key)
			return &slot[i].msg;
		if (!slot[i].msg.p)
			unused = i;
	}
	CHECK(unused < SLOTS);
	slot[unused].key = key;
	buf_init(&slot[unused].msg, SIZE_MAX);
	return &slot[unused].msg;
}

/* Fragments (MS-PSRP 2.2.4): id, number, flags, length; the message has a header of 40 bytes, then
 * CLIXML or nothing. */
static void fragments(struct span in, bool from_client)
{
	struct span body;
	struct buf *m;
	uint8_t flags;

	while (in.n) {
		CHECK(in.n >= 21 && field_in(in, 21, get_u32be(in.p + 17), &body));
		flags = in.p[16];
		m = slot_of(get_u64be(in.p) * 2 + from_client);
		buf_put(m, body);
		in = span_sub(in, 21 + body.n, in.n);
		if (!(flags & 2))
			continue;
		CHECK(m->n >= 40);
		if (m->n > 40)
			round_trip(span_sub(buf_span(m), 40, m->n));
		buf_free(m);
	}
}

static void base64_fragments(struct span text, bool from_client)
{
	struct buf raw;

	buf_init(&raw, SIZE_MAX);
	CHECK(b64_get(&raw, text));
	fragments(buf_span(&raw), from_client);
	buf_free(&raw);
}

static void forget_slots(void)
{
	size_t i;

	for (i = 0; i < SLOTS; i++)
		buf_free(&slot[i].msg);
}

/* A packet a line: {"t": …, "dir": "client", "packet": "<Data …>BASE64</Data>"} */
static void jsonl_line(struct span line)
{
	bool from_client = span_search(line, SPAN("\"dir\": \"client\"")) < line.n;
	size_t at = span_search(line, SPAN("<Data ")), end = span_search(line, SPAN("</Data>"));
	struct span data;

	if (at == line.n)
		return;
	CHECK(end < line.n && end > at);
	data = span_sub(line, at, end - at);
	span_cut(&data, '>');
	base64_fragments(data, from_client);
}

static void jsonl_file(struct span file)
{
	while (file.n)
		jsonl_line(span_cut(&file, '\n'));
}

/* SOAP in a file a request or response: the rsp:Stream elements (and creationXml) hold
 * fragments. */
static void http_file(struct span file, bool from_client)
{
	static struct xml_pull x;
	struct span body = span_sub(file, span_search(file, SPAN("\r\n\r\n")) + 4, file.n), text;
	struct err e = { 0 };
	struct arena a;
	int ev;

	if (!span_starts(body, "<"))
		return;
	arena_init(&a, 1 << 26);
	xml_init(&x, body, &a, &e);
	while ((ev = xml_next(&x)) > 0) {
		if (ev != XML_START)
			continue;
		if (!xml_is(&x, NULL, "Stream") && !xml_is(&x, NULL, "creationXml") &&
		    !xml_is(&x, NULL, "Arguments"))
			continue;
		CHECK_INT(xml_text(&x, &text), 0);
		if (!span_is(text, "AA=="))     /* sent to provoke a fault */
			base64_fragments(text, from_client);
	}
	CHECK_STR(e.text, "");
	arena_free(&a);
}

static size_t each_file(const char *pattern, void (*use)(struct span, const char *path))
{
	struct buf file;
	struct err e;
	glob_t g;
	size_t i, n;

	if (glob(pattern, 0, NULL, &g) != 0)
		return 0;
	for (i = 0; i < g.gl_pathc; i++) {
		snprintf(unit_where, sizeof(unit_where), " (%.60s)", strrchr(g.gl_pathv[i], '/'));
		e = (struct err){ 0 };
		buf_init(&file, SIZE_MAX);
		CHECK_INT(file_read(g.gl_pathv[i], &file, &e), 0);
		use(buf_span(&file), g.gl_pathv[i]);
		buf_free(&file);
	}
	unit_where[0] = 0;
	n = g.gl_pathc;
	globfree(&g);
	return n;
}

static void use_jsonl(struct span file, const char *path)
{
	(void)path;
	jsonl_file(file);
	forget_slots();
}

static void use_http(struct span file, const char *path)
{
	if (!strstr(path, "-auth-"))    /* one of them is not XML, on purpose */
		http_file(file, strstr(path, "-request") != NULL);
}

TEST(every_message_of_the_stdio_recordings_survives)
{
	forget_slots();
	messages = 0;
	CHECK(each_file("tests/recordings/*.jsonl", use_jsonl) >= 19);
	CHECK(messages > 1000);
}

TEST(every_message_of_the_wsman_recordings_survives)
{
	forget_slots();
	messages = 0;
	CHECK(each_file("tests/recordings/wsman-basic/*.http", use_http) >= 40);
	CHECK(messages > 20);
	forget_slots();
	messages = 0;
	CHECK(each_file("tests/recordings/wsman-powershell-client/*.http", use_http) > 0);
	CHECK(messages > 5);
	forget_slots();
}

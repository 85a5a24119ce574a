#include "core/wsman_reply.h"
#include <glob.h>
#include "core/psrp_frag.h"
#include "lib/b64.h"
#include "lib/file_io.h"
#include "tests/unit.h"

static struct arena arena;
static struct wsman_reply reply;
static struct err err;
static struct buf file;

/* Reads doc from a block of exactly its size. */
static int read_doc(struct span doc)
{
	static uint8_t *copy;

	free(copy);
	copy = malloc(doc.n ? doc.n : 1);
	if (doc.n)
		memcpy(copy, doc.p, doc.n);
	arena_free(&arena);
	arena_init(&arena, 1 << 22);
	err = (struct err){ 0 };
	return wsman_reply_read(span_of(copy, doc.n), &arena, &reply, &err);
}

static struct span load(const char *path)
{
	struct err e = { 0 };

	buf_free(&file);
	buf_init(&file, 1 << 26);
	CHECK_INT(file_read(path, &file, &e), 0);
	return buf_span(&file);
}

static struct span http_body(struct span http)
{
	return span_sub(http, span_search(http, SPAN("\r\n\r\n")) + 4, http.n);
}

/* Every stream must be base64 of whole fragments that follow one another. */
static void check_streams(void)
{
	const struct wsman_stream *s;
	struct buf raw;

	for (s = reply.streams; s; s = s->next) {
		buf_init(&raw, 1 << 24);
		CHECK(b64_get(&raw, s->data));
		CHECK(s->end || raw.n > PSRP_FRAG_HEAD);
		buf_free(&raw);
	}
}

static void check_kind(const char *name)
{
	static const struct { const char *name; enum wsman_kind kind; } table[] = {
		{ "-Identify-", WSMAN_IS_IDENTITY }, { "-Create-", WSMAN_IS_CREATED },
		{ "-Command-", WSMAN_IS_COMMAND }, { "-Send-", WSMAN_IS_SENT },
		{ "-Receive-", WSMAN_IS_RECEIVED }, { "-Signal-", WSMAN_IS_SIGNALED },
		{ "-Delete-", WSMAN_IS_EMPTY },
	};
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strstr(name, table[i].name) && reply.kind != WSMAN_IS_FAULT)
			CHECK_INT(reply.kind, table[i].kind);
}

TEST(every_recorded_answer_of_omi_is_read)
{
	glob_t g;
	size_t i, faults = 0, streams = 0;

	CHECK_INT(glob("tests/recordings/wsman-basic/*response.http", 0, NULL, &g), 0);
	CHECK_INT(
		glob("tests/recordings/wsman-powershell-client/*response.http", GLOB_APPEND, NULL, &g), 0);
	CHECK(g.gl_pathc > 100);
	for (i = 0; i < g.gl_pathc; i++) {
		struct span http = load(g.gl_pathv[i]);

		if (read_doc(http_body(http)) < 0)
			FAIL("%s: %s", g.gl_pathv[i], err.text);
		check_kind(g.gl_pathv[i]);
		check_streams();
		CHECK(reply.related || reply.kind == WSMAN_IS_FAULT || reply.kind == WSMAN_IS_IDENTITY);
		CHECK_INT(reply.kind == WSMAN_IS_FAULT, span_starts(http, "HTTP/1.1 500"));
		CHECK(reply.kind != WSMAN_IS_FAULT || (reply.code && reply.message.n));
		CHECK(reply.kind != WSMAN_IS_CREATED || reply.shell.id.n == 36);
		faults += reply.kind == WSMAN_IS_FAULT;
		streams += reply.streams != NULL;
	}
	globfree(&g);
	CHECK(faults >= 5 && streams >= 30);
}

/* The next value of a key in a file of YAML as these are: one line, or folded over several. */
static bool yaml_value(struct span *rest, const char *key, struct buf *out)
{
	struct span line;

	while (rest->n) {
		line = span_cut(rest, '\n');
		if (!span_starts(line, key))
			continue;
		buf_clear(out);
		buf_put(out, span_sub(line, strlen(key), line.n));
		while (span_starts(*rest, "    ")) {
			buf_putc(out, ' ');
			buf_put(out, span_trim(span_cut(rest, '\n')));
		}
		return true;
	}
	return false;
}

/* Bodies of Windows, where the recordings lie beside the checkout. */
TEST(every_recorded_answer_of_windows_is_read)
{
	size_t i, n = 0, faults = 0, done = 0;
	struct buf doc;
	struct span rest;
	glob_t g;

	if (glob("../shared/recordings/windows/*.yml", 0, NULL, &g) != 0)
		return;
	buf_init(&doc, 1 << 24);
	for (i = 0; i < g.gl_pathc; i++) {
		for (rest = load(g.gl_pathv[i]); yaml_value(&rest, "  response: ", &doc);) {
			if (read_doc(buf_span(&doc)) < 0)
				FAIL("%s: %s", g.gl_pathv[i], err.text);
			CHECK(reply.related);
			check_streams();
			CHECK(reply.kind != WSMAN_IS_CREATED || reply.shell.id.n == 36);
			CHECK(reply.kind != WSMAN_IS_FAULT || reply.code == WSMAN_POLL_AGAIN ||
				reply.code == WSMAN_SHELL_GONE);
			faults += reply.kind == WSMAN_IS_FAULT;
			done += reply.done;
			n++;
		}
	}
	globfree(&g);
	buf_free(&doc);
	CHECK_INT(n, 164);
	CHECK(faults >= 3 && done >= 10);
}

TEST(a_done_command_gives_its_streams_and_exit_code)
{
	CHECK_INT(read_doc(load("tests/corpus/core/wsman_reply/receive-done")), 0);
	CHECK_INT(reply.kind, WSMAN_IS_RECEIVED);
	CHECK(!reply.related);
	CHECK(reply.done && reply.has_exit);
	CHECK_INT(reply.exit_code, -7);
	CHECK(span_is(reply.streams->data, "QUJD") && !reply.streams->end);
	CHECK_STR(guid_fmt_upper(&reply.streams->command).s, "79590BBD-46E2-486A-85B0-70EA7049235E");
	CHECK(reply.streams->next->end && !reply.streams->next->data.n);
	CHECK(!reply.streams->next->next);
}

TEST(shells_are_listed_with_what_is_known_of_them)
{
	const struct wsman_item *i;

	CHECK_INT(read_doc(load("tests/corpus/core/wsman_reply/shells")), 0);
	CHECK_INT(reply.kind, WSMAN_IS_LISTED);
	CHECK(span_is(reply.context, "uuid:7") && !reply.keeps);
	i = reply.items;
	CHECK(span_is(i->id, "B6631D8E-65A0-49F2-9053-A1B156C95777"));
	CHECK(span_is(i->name, "Work & play") && span_is(i->state, "Disconnected"));
	CHECK_INT(i->idle, 72000000000);
	CHECK_INT(i->max_idle, 21474836470000);
	CHECK_INT(i->inactive, 1150000000);
	CHECK_INT(i->buffering, BUFFERING_DROP);
	CHECK(span_is(i->next->state, "Connected") && !i->next->next);
}

TEST(the_last_batch_has_no_context)
{
	CHECK_INT(read_doc(load("tests/corpus/core/wsman_reply/commands")), 0);
	CHECK_INT(reply.kind, WSMAN_IS_LISTED);
	CHECK(!reply.context.n && !reply.items->next);
	CHECK(span_is(reply.items->id, "79590BBD-46E2-486A-85B0-70EA7049235E"));
}

TEST(an_answer_that_was_kept_comes_behind_an_acknowledgement)
{
	CHECK_INT(read_doc(load("tests/corpus/core/wsman_reply/kept")), 0);
	CHECK_INT(reply.kind, WSMAN_IS_COMMAND);
	CHECK(reply.keeps && reply.related);
}

TEST(the_answer_to_connect_has_messages)
{
	CHECK_INT(read_doc(load("tests/corpus/core/wsman_reply/connected")), 0);
	CHECK_INT(reply.kind, WSMAN_IS_CONNECTED);
	CHECK(span_is(reply.data, "QUJD"));
}

TEST(a_nested_fault_gives_its_code_and_innermost_words)
{
	CHECK_INT(read_doc(load("tests/corpus/core/wsman_reply/fault-nested")), 0);
	CHECK_INT(reply.kind, WSMAN_IS_FAULT);
	CHECK_INT(reply.code, WSMAN_SHELL_GONE);
	CHECK(span_is(reply.message, "Gone & lost."));
	CHECK(span_is(reply.subcode, "InvalidSelectors"));
	CHECK_STR(guid_fmt_upper(&reply.relates_to).s, "2B22B6A9-138B-4C72-8AE5-07FDF96681C0");
}

#define FAULT(subcode, reason, detail) \
	"<e:Envelope xmlns:e='" NS_SOAP "'><e:Body><e:Fault><e:Code>" \
	"<e:Value>e:Sender</e:Value>" subcode "</e:Code><e:Reason>" reason "</e:Reason>" detail \
	"</e:Fault></e:Body></e:Envelope>"
#define SUBCODE(s) "<e:Subcode><e:Value>" s "</e:Value></e:Subcode>"

TEST(a_fault_without_a_code_is_known_by_its_subcode)
{
	static const struct { const char *subcode; uint32_t code;
	} table[] = {
		{ SUBCODE("w:TimedOut"), WSMAN_POLL_AGAIN },
		{ SUBCODE("AccessDenied"), WSMAN_ACCESS_DENIED },
		{ SUBCODE("x:InvalidSelectors"), WSMAN_SHELL_GONE },
		{ SUBCODE("x:Unheard"), 0 },
		{ "", 0 },
	};
	char doc[1024];
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		snprintf(doc, sizeof(doc), FAULT("%s", "<e:Text>No.</e:Text>", ""), table[i].subcode);
		CHECK_INT(read_doc(span_str(doc)), 0);
		CHECK_INT(reply.code, table[i].code);
		CHECK(span_is(reply.message, "No."));
	}
}

TEST(the_english_reason_is_taken_if_there_is_one)
{
	CHECK_INT(read_doc(SPAN(FAULT("",
				  "<e:Text xml:lang='nl'>Nee</e:Text><e:Text xml:lang='en-GB'>No"
				  "</e:Text><e:Text xml:lang='fr'>Non</e:Text>",
				  ""))),
		0);
	CHECK(span_is(reply.message, "No"));
	CHECK_INT(read_doc(SPAN(FAULT("", "<e:Text xml:lang='nl'>Nee</e:Text>", ""))), 0);
	CHECK(span_is(reply.message, "Nee"));
}

TEST(faults_become_sentences_with_the_right_exit_class)
{
	static const struct { uint32_t code; int err; const char *part; } table[] = {
		{ 5, E_AUTH, "Remote Management Users" }, { 2150859173u, E_REMOTE, "MaxShellsPerUser" },
		{ WSMAN_SHELL_GONE, E_REMOTE, "no longer on the server" },
		{ 2150858770u, E_NET, "WinRM service" }, { 2150859194u, E_TLS, "TLS" },
		{ 2150858824u, E_REMOTE, "it must be 500 at least" },
		{ 4711, E_REMOTE, "WSManFault 4711 from 'web-1'" }, { 0, E_REMOTE, "from 'web-1'" },
	};
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct wsman_reply r = { .kind = WSMAN_IS_FAULT, .code = table[i].code,
			.message = SPAN("It failed") };
		struct err e = { 0 };

		CHECK_INT(wsman_fault_err(&r, "web-1", &e), table[i].err);
		CHECK(strstr(e.text, "It failed") && strstr(e.text, table[i].part));
	}
}

TEST(a_shell_element_alone_names_the_shell)
{
	CHECK_INT(read_doc(SPAN("<e:Envelope xmlns:e='" NS_SOAP "' xmlns='" NS_RSP "'><e:Body><Shell>"
		"<State>x</State><ShellId> ABC </ShellId></Shell></e:Body></e:Envelope>")), 0);
	CHECK_INT(reply.kind, WSMAN_IS_CREATED);
	CHECK(span_is(reply.shell.id, "ABC"));
}

TEST(other_documents_are_refused)
{
	static const char *const bad[] = {
		"",
		"hello",
		"<html/>",
		"<Envelope/>",
		"<e:Envelope xmlns:e='" NS_SOAP "'/>",
		"<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body/></e:Envelope>",
		"<e:Envelope xmlns:e='" NS_SOAP "'><e:Body/></e:Envelope>x",
		"<e:Envelope xmlns:e='" NS_SOAP "'><e:Body><r:ReceiveResponse xmlns:r='" NS_RSP
		"'><r:Stream>AAAA</r:Stream></r:ReceiveResponse></e:Body></e:Envelope>",
		"<e:Envelope xmlns:e='" NS_SOAP "'><e:Body><r:ReceiveResponse xmlns:r='" NS_RSP
		"'><r:Stream "
		"Name='stdout' CommandId='1'>AAAA</r:Stream></r:ReceiveResponse></e:Body></e:Envelope>",
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (read_doc(span_str(bad[i])) >= 0 || err.code >= 0)
			FAIL("taken: %s", bad[i]);
}

TEST(an_answer_cut_off_anywhere_is_refused)
{
	static const char *const names[] = { "fault-nested", "shells", "commands", "kept",
		"connected" };
	char path[100];
	struct span doc;
	size_t i, n;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "tests/corpus/core/wsman_reply/%s", names[i]);
		doc = load(path);
		for (n = 0; n < doc.n; n++)
			if (read_doc(span_sub(doc, 0, n)) >= 0)
				FAIL("taken: %zu of %zu bytes", n, doc.n);
	}
}

#include "core/oop_packet.h"
#include <glob.h>
#include "lib/b64.h"
#include "lib/file_io.h"
#include "tests/unit.h"

#define ID "5c9f24b5-d9ab-4472-a031-075e1538c36a"

static struct oop_in in;
static struct buf seen;
static int failed;

static void start(void)
{
	oop_in_free(&in);
	oop_in_init(&in);
	buf_free(&seen);
	buf_init(&seen, 1 << 24);
	failed = 0;
}

static void feed(const uint8_t *p, size_t n)
{
	static const char *const names[] = { "data", "data-ack", "command", "command-ack", "signal",
		"signal-ack", "close", "close-ack", "text", "error" };
	struct span bytes = span_of(p, n);
	struct oop_packet k;
	int r;

	while ((r = oop_in_feed(&in, &bytes, &k)) > 0) {
		buf_printf(&seen, "%s", names[k.kind]);
		if (k.kind < OOP_TEXT)
			buf_printf(&seen, " %.4s", guid_fmt(&k.pipe).s);
		buf_printf(&seen, "%s%s%.*s\n", k.prompt ? " pr" : "", k.text.n ? " " : "",
			SPAN_ARG(k.text));
	}
	if (r < 0 && !failed)
		failed = r;
}

#define SAMPLE "Welcome to <host>\r\n\r\n" \
	"<Data Stream='Default' PSGuid='00000000-0000-0000-0000-000000000000'>AAAA</Data>\n" \
	"\n" \
	"<CommandAck PSGuid='" ID "' />\r\n" \
	"half a line<DataAck PSGuid=\"" ID "\"/>\n" \
	"<Data PSGuid='" ID "' Stream='PromptResponse' >QUJD</Data>\n" \
	"written by a script\n" \
	"<SignalAck PSGuid='" ID "' />\n" \
	"<CloseAck  PSGuid='" ID "' />\n"

static void finish_sample(void)
{
	CHECK_INT(failed, 0);
	CHECK_STR(buf_cstr(&seen), "text Welcome to <host>\n"
		"data 0000 AAAA\n"
		"command-ack 5c9f\n"
		"data-ack 5c9f\n"
		"data 5c9f pr QUJD\n"
		"text written by a script\n"
		"signal-ack 5c9f\n"
		"close-ack 5c9f\n");
}

TEST(packets_banners_and_empty_lines_are_told_apart_however_they_are_cut)
{
	each_split(SAMPLE, sizeof(SAMPLE) - 1, start, feed, finish_sample);
	start();
}

static void finish_error(void)
{
	CHECK_STR(buf_cstr(&seen), "error no such process\n");
}

TEST(an_error_of_the_pipe_is_an_error)
{
	static const char line[] = "__NamedPipeError__: no such process\n";

	each_split(line, sizeof(line) - 1, start, feed, finish_error);
	start();
}

TEST(damaged_packets_are_refused)
{
	static const char *const bad[] = {
		"<Data Stream='Default' PSGuid='" ID "'></Data>\n",
		"<Data Stream='Default' PSGuid='" ID "'>AAAA\n",
		"<Data Stream='Default' PSGuid='" ID "'>AAAA</Data>x\n",
		"<Data Stream='Default' PSGuid='" ID "'>AA<b/>AA</Data>\n",
		"<Data PSGuid='" ID "'>AAAA</Data>\n",
		"<Data Stream='Default'>AAAA</Data>\n",
		"<Data Stream='Other' PSGuid='" ID "'>AAAA</Data>\n",
		"<Data Stream='Default' Stream='Default' PSGuid='" ID "'>AAAA</Data>\n",
		"<DataAck PSGuid='5c9f24b5' />\n",
		"<DataAck PSGuid='" ID "' Stream='Default' />\n",
		"<DataAck PSGuid='" ID "'>\n",
		"<DataAck PSGuid='" ID "\n",
		"<DataAck PSGuid=" ID " />\n",
		"<DataAck />\n",
		"<Other PSGuid='" ID "' />\n",
		"<>\n",
		"<\n",
	};
	static const char good[] = "<CommandAck PSGuid='" ID "' />\n";
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		start();
		feed((const uint8_t *)good, sizeof(good) - 1);
		CHECK_INT(failed, 0);
		feed((const uint8_t *)bad[i], strlen(bad[i]));
		if (failed != E_PEER)
			FAIL("taken: %s", bad[i]);
	}
	start();
}

TEST(what_is_no_server_of_ours_is_noticed_soon)
{
	size_t i;

	start();
	for (i = 0; i < 5000 && !failed; i++)
		feed((const uint8_t *)"yes, of course\n", 15);
	CHECK_INT(failed, E_PEER);
	start();
	for (i = 0; i < 100000 && !failed; i++)
		feed((const uint8_t *)"no line end ever", 16);
	CHECK_INT(failed, E_LIMIT);
	start();
}

/* The packet of a recording's line; false when the client sent it and clients is unset, or the
 * other way round. */
static bool packet_of(struct span line, bool client, struct span *packet)
{
	size_t at = span_search(line, SPAN("\"packet\": \""));

	if ((span_search(line, SPAN("\"dir\": \"client\"")) < line.n) != client || at == line.n)
		return false;
	*packet = span_sub(line, at + 11, line.n - at - 11 - 2);
	return true;
}

static void each_recorded(bool client, void (*check)(struct span packet))
{
	struct err e = { 0 };
	struct span rest, p;
	struct buf file;
	size_t i, n = 0;
	glob_t g;

	CHECK_INT(glob("tests/recordings/*.jsonl", 0, NULL, &g), 0);
	for (i = 0; i < g.gl_pathc; i++) {
		buf_init(&file, 1 << 26);
		CHECK_INT(file_read(g.gl_pathv[i], &file, &e), 0);
		for (rest = buf_span(&file); rest.n;) {
			if (!packet_of(span_cut(&rest, '\n'), client, &p))
				continue;
			check(p);
			n++;
		}
		buf_free(&file);
	}
	globfree(&g);
	CHECK(n > 300);
}

static void is_read(struct span packet)
{
	struct oop_packet k;
	struct span line;
	struct buf b;

	buf_init(&b, 1 << 24);
	buf_put(&b, packet);
	buf_putc(&b, '\n');
	line = buf_span(&b);
	start();
	CHECK_INT(oop_in_feed(&in, &line, &k), 1);
	CHECK(k.kind == OOP_DATA || k.kind == OOP_DATA_ACK || k.kind == OOP_COMMAND_ACK ||
		k.kind == OOP_SIGNAL_ACK || k.kind == OOP_CLOSE_ACK);
	CHECK_INT(line.n, 0);
	buf_free(&b);
}

TEST(every_recorded_packet_of_a_server_is_read)
{
	each_recorded(false, is_read);
	start();
}

static void is_written(struct span packet)
{
	struct buf b, line, raw;
	struct oop_packet k;
	struct span rest;

	buf_init(&b, 1 << 24);
	buf_init(&line, 1 << 24);
	buf_init(&raw, 1 << 24);
	buf_put(&line, packet);
	buf_putc(&line, '\n');
	rest = buf_span(&line);
	start();
	CHECK_INT(oop_in_feed(&in, &rest, &k), 1);
	if (k.kind == OOP_DATA) {
		CHECK(b64_get(&raw, k.text));
		oop_put_data(&b, &k.pipe, k.prompt, buf_span(&raw));
	} else {
		oop_put(&b, k.kind, &k.pipe);
	}
	CHECK_MEM(b.p, b.n, line.p, line.n);
	buf_free(&b);
	buf_free(&line);
	buf_free(&raw);
}

TEST(every_recorded_packet_of_a_client_is_written_the_same)
{
	each_recorded(true, is_written);
	start();
}

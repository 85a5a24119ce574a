/* The host calls of recorded sessions: what a person saw, and what PowerShell's client answered. */
#include "applets/ui/ui_test.h"
#include "core/psrp_frag.h"
#include "core/psrp_host.h"
#include "core/psrp_msg.h"

#define LINE_LEN (1 << 20)

static struct {
	struct psrp_frag_in from[2];    /* client, server */
	struct buf call_answer;         /* of our host to the last call */
	int calls, answers;
	char wrong[512];                /* the first difference */
} replay;

static void note(const char *what, struct span a, struct span b)
{
	if (!replay.wrong[0])
		snprintf(replay.wrong, sizeof(replay.wrong), "%s: \"%.*s\", not \"%.*s\"", what,
			SPAN_ARG(a), SPAN_ARG(b));
}

/* The value of mr as our own writer would put it, so that both are comparable. */
static void compare_response(struct span xml)
{
	struct arena a;
	struct ps_val *body = NULL;
	struct buf want;
	struct err e = { 0 };

	arena_init(&a, 1 << 24);
	buf_init(&want, 1 << 20);
	if (clixml_read(xml, &a, &body, &e) < 0)
		note("unreadable", xml, SPAN_NONE);
	clixml_write(ps_prop(body, "mr"), &want);
	if (!span_eq(buf_span(&want), buf_span(&ui.answer)))
		note("answer", buf_span(&ui.answer), buf_span(&want));
	replay.answers++;
	buf_free(&want);
	arena_free(&a);
}

static void host_call(struct span xml)
{
	struct host_call *c = ui_call(0, xml);
	struct err e = { 0 };
	bool is_void;

	if (psrp_host_decode(c->args, c, &e) != 1)
		note("undecodable", xml, SPAN_NONE);
	is_void = host_is_void(c->method);
	host_tty_ops.call(ui.host, c);
	if (is_void) {
		arena_free(&c->arena);
		free(c);
	} else {
		ui_run(++replay.calls);
	}
}

static void message(int server, struct span raw)
{
	struct psrp_msg m;
	struct err e = { 0 };

	if (server) {
		if (psrp_msg_get(raw, &m, &e) == 0 && m.type == PSRP_PIPELINE_HOST_CALL)
			host_call(m.data);
	} else if (get_u32le(raw.p + 4) == PSRP_PIPELINE_HOST_RESPONSE) {
		compare_response(span_sub(raw, PSRP_MSG_HEAD, raw.n));
	}
}

static void packet(char *line)
{
	int server = strstr(line, "\"dir\": \"server\"") != NULL;
	char *start = strstr(line, "<Data "), *end;
	struct span bytes, msg;
	struct buf raw;

	if (!start || !(start = strchr(start, '>')) || !(end = strstr(start, "</Data>")))
		return;
	buf_init(&raw, LINE_LEN);
	if (!b64_get(&raw, span_of(start + 1, (size_t)(end - start - 1))))
		abort();
	bytes = buf_span(&raw);
	while (psrp_frag_feed(&replay.from[server], &bytes, &msg) == 1)
		message(server, msg);
	buf_free(&raw);
}

static void play(const char *name, const char *typed)
{
	static char line[LINE_LEN];
	char path[256];
	FILE *f;

	memset(&replay, 0, sizeof(replay));
	psrp_frag_init(&replay.from[0], PSRP_MSG_MAX);
	psrp_frag_init(&replay.from[1], PSRP_MSG_MAX);
	snprintf(path, sizeof(path), "tests/recordings/%s.jsonl", name);
	f = fopen(path, "r");
	if (!f)
		FAIL("no %s (run from the top of the tree)", path);
	ui_start(true);
	ui_type(typed);
	ui_type_end();
	while (fgets(line, sizeof(line), f))
		packet(line);
	fclose(f);
	ui_stop();
	psrp_frag_free(&replay.from[0]);
	psrp_frag_free(&replay.from[1]);
	if (replay.wrong[0])
		FAIL("%s", replay.wrong);
	CHECK_INT(replay.answers, replay.calls);
}

/* What the person or the local shell wrote is no host call's. */
static bool is_prompt_line(struct span line)
{
	return span_starts(line, "PS /home/") || span_starts(line, ">> ") ||
		span_starts(line, "[alice@server01]: ") ||
		span_starts(line, "An unknown element");
}

/* Every line we printed stands on the screen in this order, and nothing else does. A question is
 * the beginning of its line: what was typed follows it. */
static void check_screen(const char *name)
{
	struct span ours = buf_span(&ui.out), theirs, want, got;
	struct buf screen;
	char path[256];
	FILE *f;
	uint8_t *room;

	snprintf(path, sizeof(path), "tests/recordings/%s.screen", name);
	f = fopen(path, "r");
	buf_init(&screen, LINE_LEN);
	room = buf_room(&screen, LINE_LEN / 2);
	if (!f || !room)
		FAIL("no %s", path);
	buf_add(&screen, fread(room, 1, LINE_LEN / 2, f));
	fclose(f);
	theirs = buf_span(&screen);
	while (theirs.n) {
		want = span_cut(&theirs, '\n');
		if (is_prompt_line(want))
			continue;
		got = span_cut(&ours, '\n');
		if (got.n > 2 && span_is(span_sub(got, got.n - 2, 2), ": "))
			want = span_sub(want, 0, got.n);
		if (!span_eq(got, want))
			FAIL("printed \"%.*s\", not \"%.*s\"", SPAN_ARG(got), SPAN_ARG(want));
	}
	CHECK_INT(ours.n, 0);
	buf_free(&screen);
	ui_free();
}

TEST(read_host_choices_and_raw_ui)
{
	play("interactive-hostcalls", "Ada L\303\266ve\np\303\24455word\ny\n");
	CHECK_INT(replay.calls, 3);
	CHECK_INT(ui.popped, 1);
	check_screen("interactive-hostcalls");
}

TEST(get_credential)
{
	play("interactive-credential", "s3cret\n");
	CHECK_INT(replay.calls, 1);
	check_screen("interactive-credential");
}

TEST(all_streams)
{
	play("interactive-streams", "");
	check_screen("interactive-streams");
}

TEST(tables)
{
	play("interactive-formatting", "");
	check_screen("interactive-formatting");
}

TEST(lines_that_belong_together)
{
	play("interactive-multiline", "");
	check_screen("interactive-multiline");
}

TEST(the_first_command)
{
	play("enter", "");
	check_screen("enter");
}

TEST(output_of_a_stopped_command)
{
	play("interactive-ctrlc", "");
	check_screen("interactive-ctrlc");
}

TEST(the_exit_code_of_a_script)
{
	play("interactive-exit-code", "");
	CHECK_INT(ui.exit_code, 7);
	check_screen("interactive-exit-code");
}

TEST(progress_is_announced_once)
{
	play("interactive-progress", "");
	CHECK_STR(buf_cstr(&ui.out), "Copying: file 1\n");
	ui_free();
}

#include "core/params.h"
#include "tests/unit.h"

struct args {
	const char *name, *file, *word;
	struct str_list computer;
	struct int_list id;
	int32_t port, auth;
	bool ssl, verbose, confirm;
};
enum { SET_NAME = 1, SET_ID = 2 };
#define ARGS struct args
static const struct param table[] = {
	P_STRS(ARGS, computer, "ComputerName\0Cn", TYPE_STRINGS, P_ONLY(SET_NAME), .pos = 1),
	P_STR(ARGS, name, "CredentialName\0User", .sets = SET_NAME, .pos = 2),
	P_STR(ARGS, file, "FilePath\0PSPath"),
	P_INTS(ARGS, id, "Id", TYPE_INTS, 1, 10, P_ONLY(SET_ID), .pos = 1),
	P_INT(ARGS, port, "Port", 1, 16),
	P_ENUM(ARGS, auth, "Authentication", TYPE_MECHANISM, "Default|Negotiate|NTLM"),
	P_SWITCH(ARGS, ssl, "UseSSL"),
	P_SWITCH(ARGS, confirm, "Confirm\0cf"),
	P_SWITCH(ARGS, verbose, "Verbose\0vb", .common = true),
	P_STR(ARGS, file, "Vault", .sets = 4),
	P_STR(ARGS, word, "Word", .pos = 3, .pos_sets = PARAMS_LONE),
	P_END
};

static struct arena arena;
static struct args a;
static struct err e;
static uint32_t set;

static int bind(const char *words)
{
	static char line[2000];
	char *argv[40];
	int argc = 0;

	arena_free(&arena);
	arena_init(&arena, 1 << 20);
	a = (struct args){ .port = 5985 };
	e = (struct err){ 0 };
	snprintf(line, sizeof line, "%s", words);
	for (char *w = strtok(line, " "); w; w = strtok(NULL, " "))
		argv[argc++] = w;
	return params_bind(table, SET_NAME | SET_ID, SET_NAME, argc, argv, &arena, &a, &set, &e);
}

TEST(names_values_lists_and_switches_are_bound)
{
	CHECK_INT(bind("-ComputerName a,b, 'c -Port 90 -UseSSL -auth ntlm"), 0);
	CHECK_INT(a.computer.n, 3);
	CHECK_STR(a.computer.v[1], "b");
	CHECK_INT(a.port, 90);
	CHECK_INT(a.auth, 2);
	CHECK(a.ssl && set == SET_NAME);
}
TEST(aliases_any_case_and_prefixes_are_names)
{
	CHECK_INT(bind("-CN h -poR:80 -uses:$false"), 0);
	CHECK_STR(a.computer.v[0], "h");
	CHECK_INT(a.port, 80);
	CHECK(!a.ssl);
}
TEST(the_dashes_of_documents_are_dashes)
{
	CHECK_INT(bind("\xe2\x80\x93" "CN h \xe2\x80\x94port 80 \xe2\x80\x95UseSSL"), 0);
	CHECK_STR(a.computer.v[0], "h");
	CHECK(a.port == 80 && a.ssl);
	CHECK_INT(bind("\xe2\x80\x92" "CN"), 0);
	CHECK_STR(a.computer.v[0], "\xe2\x80\x92" "CN");
}
TEST(positions_follow_the_set_and_defaults_stay)
{
	CHECK_INT(bind("h bob"), 0);
	CHECK_STR(a.name, "bob");
	CHECK_INT(a.port, 5985);
}
TEST(a_named_parameter_selects_the_set_of_positions)
{
	CHECK_INT(bind("-Id 1,3..5,9..8"), 0);
	CHECK_INT(set, SET_ID);
	CHECK_INT(a.id.n, 6);
	CHECK_INT(a.id.v[3], 5);
	CHECK_INT(a.id.v[5], 8);
}
TEST(a_dash_alone_is_a_value)
{
	CHECK_INT(bind("h -FilePath -"), 0);
	CHECK_STR(a.file, "-");
}
TEST(a_number_goes_to_the_parameter_that_takes_numbers)
{
	CHECK_INT(bind("1,3..5"), 0);
	CHECK(set == SET_ID && a.id.n == 4);
	CHECK_INT(bind("10.0.0.1"), 0);
	CHECK(set == SET_NAME);
	CHECK_INT(bind("-Cn host 12"), 0);
	CHECK_STR(a.name, "12");
}
TEST(a_row_of_sets_that_the_command_does_not_have_is_not_there)
{
	CHECK_INT(bind("h -vault x"), E_USAGE);
	CHECK_STR(e.text, "A parameter cannot be found that matches parameter name 'vault'.");
	CHECK_INT(bind("h -v"), 0);
	CHECK(a.verbose);
}
TEST(after_two_dashes_all_is_positional)
{
	CHECK_INT(bind("-- -h"), 0);
	CHECK_STR(a.computer.v[0], "-h");
}
TEST(an_unknown_name_is_refused)
{
	CHECK_INT(bind("h -Foo 1"), E_USAGE);
	CHECK_STR(e.text, "A parameter cannot be found that matches parameter name 'Foo'.");
}
TEST(an_ambiguous_prefix_lists_the_candidates)
{
	CHECK_INT(bind("-C h"), E_USAGE);
	CHECK_STR(e.text, "Parameter cannot be processed because the parameter name 'C' is ambiguous. "
		"Possible matches include: -ComputerName -CredentialName -Confirm.");
}
TEST(a_common_parameter_gives_way_to_another)
{
	static const struct param two[] = { P_STR(struct args, name, "VerbName"),
		P_SWITCH(struct args, verbose, "Verbose\0vb", .common = true), P_END };
	char *argv[] = { "-Verb", "x" };

	a = (struct args){ 0 };
	e = (struct err){ 0 };
	CHECK_INT(params_bind(two, 1, 1, 2, argv, &arena, &a, &set, &e), 0);
	CHECK_STR(a.name, "x");
}
TEST(a_missing_argument_is_named_with_its_type)
{
	CHECK_INT(bind("h -Port"), E_USAGE);
	CHECK_STR(e.text,
		"Missing an argument for parameter 'Port'. Specify a parameter of type 'System.Int32' and "
		"try again.");
	CHECK_INT(bind("h -Port -UseSSL"), E_USAGE);
	CHECK(strstr(e.text, "-Port:value"));
}
TEST(a_wrong_type_and_a_number_out_of_range_are_refused)
{
	CHECK_INT(bind("h -Port abc"), E_USAGE);
	CHECK_STR(e.text,
		"Cannot bind parameter 'Port'. Cannot convert value \"abc\" to type \"System.Int32\". "
		"Error: \"The input string 'abc' was not in a correct format.\"");
	CHECK_INT(bind("h -Port 70000"), E_USAGE);
	CHECK(strstr(e.text, "greater than the maximum allowed range of 65535"));
}
TEST(a_wrong_enumerator_lists_the_right_ones)
{
	CHECK_INT(bind("h -Authentication foo"), E_USAGE);
	CHECK(strstr(e.text,
		"Specify one of the following enumerator names and try again: Default, Negotiate, NTLM"));
}
TEST(a_parameter_given_twice_is_refused)
{
	CHECK_INT(bind("h -Port 1 -Port 2"), E_USAGE);
	CHECK(strstr(e.text, "parameter 'Port' is specified more than once"));
}
TEST(parameters_of_two_sets_are_refused)
{
	CHECK_INT(bind("-ComputerName h -Id 1"), E_USAGE);
	CHECK(strstr(e.text, "Parameter set cannot be resolved"));
}
TEST(a_missing_mandatory_parameter_is_named)
{
	CHECK_INT(bind("-Port 1"), E_USAGE);
	CHECK_STR(e.text,
		"Cannot process command because of one or more missing mandatory parameters: "
		"ComputerName.");
}
TEST(an_argument_too_many_is_refused)
{
	CHECK_INT(bind("h u x"), E_USAGE);
	CHECK_STR(e.text, "A positional parameter cannot be found that accepts argument 'x'.");
}
TEST(a_position_may_be_for_some_commands_only)
{
	char *argv[] = { "h", "u", "x" };
	struct buf out;

	a = (struct args){ 0 };
	CHECK_INT(params_bind(table, SET_NAME | SET_ID | PARAMS_LONE, SET_NAME, 3, argv, &arena, &a,
		&set, &e), 0);
	CHECK_STR(a.word, "x");
	CHECK_INT(set, SET_NAME);
	buf_init(&out, 4096);
	params_syntax(table, "x", SET_NAME | PARAMS_LONE, &out);
	CHECK(strstr(buf_cstr(&out), "<String>] [[-Word] <String>] [-FilePath"));
	CHECK(!strchr(buf_cstr(&out), '\n')[1]);
	buf_free(&out);
}
TEST(a_switch_value_the_shell_ate_is_refused_with_the_way_out)
{
	CHECK_INT(bind("h -UseSSL:"), E_USAGE);
	CHECK(strstr(e.text, "'-UseSSL:$false'"));
}
TEST(split_keeps_commas_inside_quotes)
{
	struct str_list l;

	CHECK(params_split(&arena, "1,'a,b',\"c\",", &l));
	CHECK_INT(l.n, 4);
	CHECK(params_unquote(l.v[1]) && params_unquote(l.v[2]) && !params_unquote(l.v[0]));
	CHECK_STR(l.v[1], "a,b");
	CHECK_STR(l.v[2], "c");
	CHECK_STR(l.v[3], "");
}
TEST(syntax_lines_are_made_from_the_table)
{
	struct buf out;

	buf_init(&out, 4096);
	params_syntax(table, "x", SET_NAME | SET_ID, &out);
	CHECK(strstr(buf_cstr(&out),
		"x [-ComputerName] <String[]> [[-CredentialName] <String>] [-FilePath <String>] [-Port "
		"<Int32>]"));
	CHECK(strstr(buf_cstr(&out), "\nx [-Id] <Int32[]> [-FilePath"));
	buf_free(&out);
}

struct inner {
	uint64_t given;
	const char *one, *two;
	bool three;
};
struct outer {
	const char *before;
	struct inner in;
	bool after;
};
static const struct param inner_table[] = {
	P_GIVEN(struct inner, given),
	P_STR(struct inner, one, "One"),
	P_STR(struct inner, two, "Two"),
	P_SWITCH(struct inner, three, "Three"),
	P_END
};
static const struct param outer_table[] = {
	P_STR(struct outer, before, "Before"),
	P_GROUP(struct outer, in, inner_table),
	P_SWITCH(struct outer, after, "After"),
	P_END
};

TEST(a_group_knows_which_of_its_rows_were_given)
{
	struct outer o = { 0 };
	char *argv[] = { "-Two", "x", "-Three:$false", "-After" };

	e = (struct err){ 0 };
	CHECK_INT(params_bind(outer_table, 1, 1, 4, argv, &arena, &o, &set, &e), 0);
	CHECK_INT(o.in.given, 6);
}
TEST(a_name_that_is_an_alias_as_well_means_what_is_free)
{
	struct got { struct str_list prog; const char *script; } got;
	static const struct param both[] = {
		P_WORD(struct got, prog, "Command", TYPE_STRING, P_ONLY(SET_ID)),
		P_STR(struct got, script, "Script\0Command", .sets = SET_ID | SET_NAME),
		P_STR(struct got, script, "File", P_ONLY(SET_NAME)),
		P_END
	};
	static char *const lines[][4] = {
		{ "-Script", "x", "-Command", "a,'b'" },
		{ "-Command", "a,'b'", "-Script", "x" },
		{ "-Command", "x", NULL },
	};

	for (int i = 0; i < 3; i++) {
		memset(&got, 0, sizeof(got));
		arena_free(&arena);
		arena_init(&arena, 1 << 20);
		int r = params_bind(both, SET_ID | SET_NAME, SET_ID, i < 2 ? 4 : 2, (char **)lines[i],
			&arena, &got, &set, &e);
		CHECK_INT(r, i < 2 ? 0 : E_USAGE);      /* alone it is the script: no program is named */
		CHECK_STR(got.script, "x");
		CHECK_STR(got.prog.n ? got.prog.v[0] : "none", i < 2 ? "a,'b'" : "none");
	}
}
TEST(filling_leaves_what_was_given)
{
	struct inner in = { .given = 6, .two = "mine" };
	char *words[] = { "-One:a", "-Two:b", "-Three" };

	e = (struct err){ 0 };
	CHECK_INT(params_fill(inner_table, words, 3, &arena, &in, &e), 0);
	CHECK_STR(in.one, "a");
	CHECK_STR(in.two, "mine");
	CHECK(!in.three);
}
TEST(filling_refuses_what_the_table_does_not_know)
{
	struct inner in = { 0 };
	char *words[] = { "-Foo:a" };

	e = (struct err){ 0 };
	CHECK_INT(params_fill(inner_table, words, 1, &arena, &in, &e), E_USAGE);
	CHECK(strstr(e.text, "'Foo'"));
}

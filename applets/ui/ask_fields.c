/* Prompt: fields one after the other; PromptForCredential. */
#include "applets/ui/ask.h"
#include "applets/ui/print.h"

#define CREDENTIAL "System.Management.Automation.PSCredential"
#define SECURE_STRING "System.Security.SecureString"

static struct span arg(const struct ask *a, size_t i)
{
	return ps_span(ps_nth(a->call->args, i));
}

static struct span field_text(const struct ask *a, const char *name)
{
	return ps_span(ps_prop(a->field->val, name));
}

static void ask_field(struct ask *a);

/* The type decides how it is asked for. What a client does not know is a string to it. */
static void read_type(struct ask *a)
{
	struct span type = field_text(a, "parameterTypeFullName");

	a->is_list = type.n > 2 && span_is(span_sub(type, type.n - 2, 2), "[]");
	if (a->is_list)
		type.n -= 2;
	a->is_credential = span_is(type, CREDENTIAL);
	a->is_secret = span_is(type, SECURE_STRING);
	if (a->is_list && span_is(type, "System.String"))
		a->values = ps_list(&a->call->arena, PS_STRINGS);
	else if (a->is_list)
		a->values = ps_list(&a->call->arena, "System.Collections.ArrayList\0System.Object\0");
}

/* The field is answered; v NULL = no room left. */
static void put_field(struct ask *a, struct ps_val *v)
{
	struct arena *arena = &a->call->arena;
	struct ps_val *name = ps_str(arena, field_text(a, "name"));

	if (!v || !name) {
		ask_done(a, NULL);
		return;
	}
	ps_put(arena, a->result, name, v);
	a->field = a->field->next;
	if (!a->field) {
		ask_done(a, a->result);
		return;
	}
	read_type(a);
	ask_field(a);
}

/* One answer: the field's, or the next of its list, which an empty one ends. */
static void put_value(struct ask *a, struct ps_val *v, bool empty)
{
	if (!a->is_list) {
		put_field(a, v);
	} else if (empty) {
		put_field(a, a->values);
	} else if (!v) {
		ask_done(a, NULL);
	} else {
		ps_append(&a->call->arena, a->values, v);
		ask_field(a);
	}
}

/* Answers that begin with "!" where the field has a label: !? help, !!x means !x, !"" nothing,
 * !$null. 1 = v is the answer, 0 = ask again. */
static int command(struct ask *a, struct span line, struct ps_val **v)
{
	struct span rest = span_sub(line, 1, line.n), help = field_text(a, "helpMessage");
	struct arena *arena = &a->call->arena;
	struct buf text;

	if (span_starts(rest, "!") || span_is(rest, "\"\"")) {
		*v = ps_str(arena, span_is(rest, "\"\"") ? SPAN_NONE : rest);
		return 1;
	}
	if (span_is_ci(rest, "$null")) {
		*v = ps_nil(arena);
		return 1;
	}
	buf_init(&text, 2 * ASK_TEXT_MAX);
	if (!span_is(rest, "?")) {
		buf_printf(&text, "\"%.*s\" cannot be recognized as a valid Prompt command.",
			SPAN_ARG(line));
	} else if (help.n) {
		buf_put(&text, help);
	} else {
		help = field_text(a, "name");
		buf_printf(&text, "No help is available for %.*s.", SPAN_ARG(help));
	}
	ask_say(buf_span(&text), -1);
	buf_free(&text);
	return 0;
}

/* Numbers and truth values go as text, too: PowerShell's client leaves converting to the server. */
static void got_value(struct ask *a, struct span line)
{
	struct ps_val *v;

	if (field_text(a, "label").n && span_starts(line, "!")) {
		if (command(a, line, &v))
			put_value(a, v, false);
		else
			ask_field(a);
		return;
	}
	put_value(a, ps_str(&a->call->arena, line), !line.n);
}

static void got_secret(struct ask *a, struct span line)
{
	put_value(a, host_secure_string(a->call, line), !line.n);
}

static void ask_user(struct ask *a);

static void ask_field(struct ask *a)
{
	struct buf text;

	if (a->is_credential) {
		ask_say(field_text(a, "name"), -1);
		a->user = SPAN_NONE;
		ask_user(a);
		return;
	}
	buf_init(&text, 2 * ASK_TEXT_MAX);
	buf_put(&text, field_text(a, "name"));
	if (a->is_list)
		buf_printf(&text, "[%zu]", ps_count(a->values));
	buf_puts(&text, ": ");
	print_ask(buf_span(&text), -1);
	buf_free(&text);
	ask_want(a, a->is_secret ? INPUT_SECRET : INPUT_LINE, a->is_secret ? got_secret : got_value);
}

/* Caption and message, which name the computer when it asks for credentials. */
static void put_head(struct ask *a)
{
	struct buf caption, message;

	buf_init(&caption, 2 * ASK_TEXT_MAX);
	buf_init(&message, 2 * ASK_TEXT_MAX);
	if (host_asks_credential(a->call)) {
		host_credential_caption(arg(a, 0), &caption);
		host_credential_message(arg(a, 1), a->by->computer, &message);
	} else {
		buf_put(&caption, arg(a, 0));
		buf_put(&message, arg(a, 1));
	}
	ask_head(buf_span(&caption), buf_span(&message));
	buf_free(&caption);
	buf_free(&message);
}

void ask_fields(struct ask *a)
{
	const struct ps_val *fields = ps_nth(a->call->args, 2);
	const struct ps_item *it;

	a->field = ps_count(fields) ? fields->items : NULL;
	a->result = host_dictionary(&a->call->arena);
	if (!a->field || !a->result) {
		ask_fail(a, "The \"descriptions\" collection must have at least one element.");
		return;
	}
	put_head(a);
	for (it = a->field; it; it = it->next) {
		if (ps_span(ps_prop(it->val, "helpMessage")).n) {
			ask_say(SPAN("(Type !? for Help.)"), -1);
			break;
		}
	}
	read_type(a);
	ask_field(a);
}

static void got_password(struct ask *a, struct span line)
{
	struct arena *arena = &a->call->arena;
	struct ps_val *password = host_secure_string(a->call, line), *v = NULL;
	struct span target = a->field ? SPAN_NONE : arg(a, 3);
	struct buf user;

	print_ask(SPAN("\n"), -1);
	buf_init(&user, 2 * ASK_TEXT_MAX);
	buf_printf(&user, target.n ? "%.*s\\%.*s" : "%.*s%.*s", SPAN_ARG(target), SPAN_ARG(a->user));
	if (password && !buf_failed(&user))
		v = host_credential(arena, buf_span(&user), password);
	buf_free(&user);
	if (a->field)
		put_value(a, v, !line.n);
	else
		ask_done(a, v);
}

static void got_user(struct ask *a, struct span line)
{
	if (!arena_dup(&a->call->arena, line, &a->user))
		ask_done(a, NULL);
	else
		ask_user(a);
}

static void ask_user(struct ask *a)
{
	struct buf text;

	if (!a->user.n) {
		print_ask(SPAN("User: "), -1);
		ask_want(a, INPUT_LINE, got_user);
		return;
	}
	buf_init(&text, 2 * ASK_TEXT_MAX);
	buf_printf(&text, "Password for user %.*s: ", SPAN_ARG(a->user));
	print_ask(buf_span(&text), -1);
	buf_free(&text);
	ask_want(a, INPUT_SECRET, got_password);
}

void ask_credential(struct ask *a)
{
	put_head(a);
	a->user = arg(a, 2);
	ask_user(a);
}

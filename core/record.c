#include "core/record.h"
#include "lib/utf.h"

static struct span str(const struct ps_val *o, const char *name)
{
	return ps_span(ps_prop(o, name));
}

static int64_t integer(const struct ps_val *o, const char *name, int64_t otherwise)
{
	int64_t v;

	return ps_get_i64(ps_prop(o, name), &v) ? v : otherwise;
}

/* Who reports it: the command, else the category's name (which stands before the colon in the
 * category's message), else the reason. */
static struct span reporter(const struct ps_val *v)
{
	struct span s = str(v, "ErrorCategory_Activity"), message;

	if (s.n)
		return s;
	message = str(v, "ErrorCategory_Message");
	s = span_cut(&message, ':');
	if (integer(v, "ErrorCategory_Category", 0) && s.n)
		return s;
	s = str(v, "ErrorCategory_Reason");
	return s.n ? s : SPAN("Error");
}

enum { CATEGORY_PARSER_ERROR = 17 };

/* A parse error's message starts with the position; what counts stands behind the line of
 * tildes, up to the next empty line. */
static struct span parse_message(struct span s)
{
	size_t at = span_search(s, SPAN("~\n")), end;

	if (at == s.n)
		return s;
	s = span_sub(s, at + 2, s.n);
	end = span_search(s, SPAN("\n\n"));
	at = span_search(s, SPAN("~\n"));
	return span_sub(s, 0, end < at ? end : at);
}

/* Longest piece of s that fits into width columns, cut at white space where there is any. */
static size_t fitting(struct span s, int width)
{
	size_t at = 0, n, space = 0;
	uint32_t cp;
	int used = 0;

	while ((n = utf8_get_lax(span_sub(s, at, s.n - at), &cp)) > 0) {
		used += utf_width(cp);
		if (used > width)
			return space ? space : at ? at : n;
		if (cp == ' ')
			space = at;
		at += n;
	}
	return at;
}

static void put_wrapped(struct span s, int width, struct buf *out)
{
	struct buf flat;
	struct span rest;
	size_t i, n;

	buf_init(&flat, s.n + 1);
	for (i = 0; i < s.n; i++)
		if (s.p[i] != '\r')
			buf_putc(&flat, s.p[i] == '\n' || s.p[i] == '\t' ? ' ' : s.p[i]);
	rest = span_trim(buf_span(&flat));
	while (width > 0 && (n = fitting(rest, width)) < rest.n) {
		buf_put(out, span_sub(rest, 0, n));
		buf_putc(out, '\n');
		rest = span_trim(span_sub(rest, n, rest.n - n));
	}
	buf_put(out, rest);
	buf_free(&flat);
}

void record_error(const struct ps_val *v, int width, struct buf *out)
{
	struct span id = str(v, "FullyQualifiedErrorId"), details = str(v, "ErrorDetails_Message");
	struct span action = str(v, "ErrorDetails_RecommendedAction");
	struct span message = str(ps_prop(v, "Exception"), "Message");
	bool parse = integer(v, "ErrorCategory_Category", 0) == CATEGORY_PARSER_ERROR;

	if (!span_is(id, "NativeCommandErrorMessage") && !span_is(id, "NativeCommandError")) {
		buf_put(out, reporter(v));
		buf_puts(out, ": ");
	}
	if (details.n)
		message = details;
	else if (parse)
		message = parse_message(message);
	if (!message.n)
		ps_text(v, out);
	else if (parse)
		put_wrapped(message, width, out);
	else
		buf_put(out, message);
	if (span_trim(action).n) {
		buf_puts(out, "\n  Recommendation: ");
		buf_put(out, action);
	}
}

bool record_progress(const struct ps_val *v, struct record_progress *p)
{
	*p = (struct record_progress){ .parent = -1, .percent = -1, .seconds = -1 };
	if (!ps_get_i64(ps_prop(v, "ActivityId"), &p->id))
		return false;
	p->parent = integer(v, "ParentActivityId", -1);
	p->percent = integer(v, "PercentComplete", -1);
	p->seconds = integer(v, "SecondsRemaining", -1);
	p->activity = str(v, "Activity");
	p->status = str(v, "StatusDescription");
	p->operation = str(v, "CurrentOperation");
	/* An enum; in a PR element, its name. */
	p->completed = integer(v, "Type", 0) == 1 || span_is(str(v, "Type"), "Completed");
	return true;
}

bool record_is_incomplete(const struct ps_val *error)
{
	return span_is(str(error, "ErrorCategory_Reason"), "IncompleteParseException") ||
		ps_is_type(ps_prop(error, "Exception"),
			"System.Management.Automation.IncompleteParseException");
}

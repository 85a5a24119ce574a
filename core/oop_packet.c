#include "core/oop_packet.h"
#include "lib/b64.h"

#define PIPE_ERROR "__NamedPipeError__:"
#define KEEP (256u << 10)                /* larger line memory is given back after use */

static const char *const tags[] = {
	"Data", "DataAck", "Command", "CommandAck", "Signal", "SignalAck", "Close", "CloseAck",
};

void oop_in_init(struct oop_in *o)
{
	*o = (struct oop_in){ 0 };
	buf_init(&o->line, OOP_LINE_MAX);
}

void oop_in_free(struct oop_in *o)
{
	buf_free(&o->line);
}

static void blanks(struct span *s)
{
	while (s->n && (*s->p == ' ' || *s->p == '\t'))
		*s = span_sub(*s, 1, s->n);
}

static bool take(struct span *s, const char *lit)
{
	if (!span_starts(*s, lit))
		return false;
	*s = span_sub(*s, strlen(lit), s->n);
	return true;
}

/* name = 'value' or "value" */
static bool attribute(struct span *s, struct span *name, struct span *value)
{
	char quote;

	if (span_find(*s, '=') == s->n)
		return false;
	*name = span_trim(span_cut(s, '='));
	blanks(s);
	if (!s->n || (*s->p != '\'' && *s->p != '"'))
		return false;
	quote = (char)*s->p;
	*s = span_sub(*s, 1, s->n);
	if (span_find(*s, (uint8_t)quote) == s->n)
		return false;
	*value = span_cut(s, (uint8_t)quote);
	return true;
}

static bool attributes(struct span *s, struct oop_packet *p)
{
	struct span name, value;
	bool have_pipe = false, have_stream = false;

	for (blanks(s); s->n && *s->p != '>' && *s->p != '/'; blanks(s)) {
		if (!attribute(s, &name, &value))
			return false;
		if (span_is(name, "PSGuid") && !have_pipe && guid_parse(value, &p->pipe)) {
			have_pipe = true;
		} else if (span_is(name, "Stream") && !have_stream && p->kind == OOP_DATA) {
			p->prompt = span_is(value, "PromptResponse");
			have_stream = p->prompt || span_is(value, "Default");
			if (!have_stream)
				return false;
		} else {
			return false;
		}
	}
	return have_pipe && have_stream == (p->kind == OOP_DATA);
}

static bool packet(struct span s, struct oop_packet *p)
{
	struct span tag;
	size_t n = 1;
	unsigned kind;

	if (!s.n || *s.p != '<')
		return false;
	while (n < s.n && n < 12 && s.p[n] >= 'A' && s.p[n] <= 'z')
		n++;
	tag = span_sub(s, 1, n - 1);
	for (kind = 0; kind <= OOP_CLOSE_ACK && !span_is(tag, tags[kind]); kind++)
		;
	if (kind > OOP_CLOSE_ACK)
		return false;
	*p = (struct oop_packet){ .kind = (enum oop_kind)kind };
	s = span_sub(s, n, s.n);
	if (!attributes(&s, p))
		return false;
	if (p->kind != OOP_DATA)
		return span_is(s, "/>");
	if (!take(&s, ">"))
		return false;
	p->text = span_cut(&s, '<');
	return p->text.n && span_is(s, "/Data>");
}

/* 1 = *p is set, 0 = nothing in this line. */
static int line_read(struct oop_in *o, struct span line, struct oop_packet *p)
{
	line = span_trim(line);
	if (!line.n)
		return 0;
	if (span_starts(line, PIPE_ERROR)) {
		*p = (struct oop_packet){ .kind = OOP_PIPE_ERROR };
		p->text = span_trim(span_sub(line, strlen(PIPE_ERROR), line.n));
		return 1;
	}
	/* Somebody may have written to the same pipe without ending the line. */
	if (packet(span_sub(line, span_find(line, '<'), line.n), p)) {
		o->started = true;
		return 1;
	}
	if (o->started && *line.p == '<')
		return err_set(&o->err, E_PEER, "the server sent a packet that cannot be read: %.*s",
			(int)(line.n < 80 ? line.n : 80), (const char *)line.p);
	o->text_n += line.n;
	if (!o->started && o->text_n > OOP_TEXT_MAX)
		return err_set(&o->err, E_PEER,
			"the other side sends text that is not PowerShell remoting; it must start `pwsh -s` or "
			"the SSH subsystem powershell");
	if (!o->started && (o->text_n > OOP_TEXT_SHOWN || ++o->text_lines > OOP_TEXT_LINES))
		return 0;
	*p = (struct oop_packet){ .kind = OOP_TEXT, .text = line };
	return 1;
}

/* A line was given out: its memory may go. */
static void line_done(struct oop_in *o)
{
	if (o->whole && o->line.cap > KEEP)
		buf_free(&o->line);
	else if (o->whole)
		buf_clear(&o->line);
	o->whole = false;
}

int oop_in_feed(struct oop_in *o, struct span *in, struct oop_packet *p)
{
	struct span line;
	bool ends;
	int r;

	line_done(o);
	while (!o->err.code && in->n) {
		ends = span_find(*in, '\n') < in->n;
		line = span_cut(in, '\n');
		if (o->line.n || !ends) {
			size_t max = o->started ? OOP_LINE_MAX : OOP_TEXT_MAX * 4;

			buf_put(&o->line, line);
			if (buf_failed(&o->line) || o->line.n > max)
				return err_set(&o->err, E_LIMIT,
					"the server sent a line of more than %zu bytes", max);
			if (!ends)
				break;
			line = buf_span(&o->line);
			o->whole = true;
		}
		r = line_read(o, line, p);
		if (r)
			return r;
		line_done(o);
	}
	return o->err.code;
}

void oop_put(struct buf *out, enum oop_kind kind, const struct guid *pipe)
{
	buf_printf(out, "<%s PSGuid='%s' />\n", tags[kind], guid_fmt(pipe).s);
}

void oop_put_data(struct buf *out, const struct guid *pipe, bool prompt, struct span fragments)
{
	buf_printf(out, "<Data Stream='%s' PSGuid='%s'>", prompt ? "PromptResponse" : "Default",
		guid_fmt(pipe).s);
	b64_put(out, fragments);
	buf_puts(out, "</Data>\n");
}

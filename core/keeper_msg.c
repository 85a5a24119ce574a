#include "core/keeper_msg.h"
#include "core/psrp_frag.h"

enum { HEAD = 5, BODY_MAX = 64 };       /* the length and the type; the body around a message */

/* What a frame holds, in order: number as 1, 2, 4 or 8 bytes; m mode; g guid, n next; e code, then
 * its text; t data to the end. "-" is no type. */
static const char shapes[][4] = {
	"-", "2", "", "1t", "gt", "1gt", "g", "g", "g", "4m", "", "",
	"2", "t", "g2n", "t", "g", "gt", "ge", "g8", "m4e", "e", "t", "", "e",
};
enum { BACK = KEEPER_HELLO_BACK - (KEEPER_CLOSE + 1) };

static const char *shape_of(unsigned type)
{
	if (type >= KEEPER_HELLO_BACK)
		type -= BACK;
	else if (type > KEEPER_CLOSE)
		type = 0;
	return shapes[type < sizeof(shapes) / sizeof(*shapes) ? type : 0];
}

static size_t width(char field)
{
	switch (field) {
	case 'm': return 1;
	case 'e': return 4;
	case 'g':
	case 'n': return 16;
	case 't': return 0;
	}
	return (size_t)(field - '0');
}

static bool has_rest(char field)
{
	return field == 'e' || field == 't';
}

void keeper_msg_put(const struct keeper_msg *m, struct buf *out)
{
	uint8_t head[HEAD + BODY_MAX], *p = head + HEAD;
	const char *field = shape_of(m->type);
	size_t rest = 0, n, i;
	uint64_t v;

	BUG_ON(*field == '-');
	for (; *field; field++, p += n) {
		n = width(*field);
		v = *field == 'm' ? (uint64_t)m->mode : *field == 'e' ? (uint64_t)m->code : m->number;
		if (n == 16)
			memcpy(p, *field == 'g' ? m->guid.b : m->next.b, n);
		for (i = 0; i < n && n < 16; i++)
			p[i] = (uint8_t)(v >> 8 * i);
		if (has_rest(*field))
			rest = m->data.n;
	}
	put_u32le(head, (uint32_t)((size_t)(p - head) - 4 + rest));
	head[4] = (uint8_t)m->type;
	buf_put(out, span_of(head, (size_t)(p - head)));
	buf_put(out, span_sub(m->data, 0, rest));
}

static bool get_body(const char *field, struct span in, struct keeper_msg *m)
{
	uint64_t v;
	size_t n;

	for (; *field; field++) {
		n = width(*field);
		if (in.n < n)
			return false;
		v = 0;
		for (size_t i = n; i-- && n < 16;)
			v = v << 8 | in.p[i];
		if (n == 16)
			memcpy(*field == 'g' ? m->guid.b : m->next.b, in.p, n);
		else if (*field == 'm')
			m->mode = (int)v;
		else if (*field == 'e')
			m->code = (int)(uint32_t)v;
		else if (n)
			m->number = v;
		in = span_sub(in, n, in.n);
		if (has_rest(*field)) {
			m->data = in;
			in.n = 0;
		}
	}
	return !in.n && m->code <= 0 && m->code > E_AGAIN;
}

int keeper_msg_get(struct span *in, struct keeper_msg *m, struct err *e)
{
	const char *shape;
	uint32_t len;

	if (in->n < 4)
		return 0;
	len = get_u32le(in->p);
	if (!len || len > BODY_MAX + PSRP_MSG_MAX)
		return err_set(e, E_PEER, "a frame of %u bytes came", len);
	if (in->n - 4 < len)
		return 0;
	*m = (struct keeper_msg){ .type = in->p[4] };
	shape = shape_of(in->p[4]);
	if (!get_body(*shape == '-' ? "t" : shape, span_sub(*in, HEAD, len - 1), m))
		return err_set(e, E_PEER, "a frame of type %u is malformed", in->p[4]);
	*in = span_sub(*in, 4 + len, in->n);
	return 1;
}

void keeper_msg_err(struct keeper_msg *m, const struct err *e)
{
	m->code = e ? e->code : 0;
	m->data = e ? span_str(e->text) : SPAN_NONE;
}

void keeper_msg_why(const struct keeper_msg *m, struct err *e)
{
	if (m->code)
		err_set(e, m->code, "%.*s", SPAN_ARG(span_sub(m->data, 0, sizeof(e->text))));
}

int keeper_msg_greets(const struct keeper_msg *m, struct err *e)
{
	if (m->type != KEEPER_HELLO_BACK)
		return err_set(e, E_PEER, "what answers in the session folder is no keeper of pssession");
	if (m->number != KEEPER_VERSION)
		return err_set(e, E_USAGE, "this session was made by another version of pssession, which "
			"has to be used for it");
	return 0;
}

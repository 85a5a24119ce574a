#include "core/keeper_msg.h"
#include "core/psrp_frag.h"

enum { HEAD = 5, BODY_MAX = 64 };       /* the length and the type; the body around a message */

/* What a frame holds, in order: w number as u16, b as u8, d as u32; m mode as u8; q taken; g guid,
 * n next; e code, then its text; t data to the end. */
static const char *const shapes[] = {
	[KEEPER_HELLO] = "w", [KEEPER_STATUS] = "", [KEEPER_ATTACH] = "bt", [KEEPER_CREATE] = "gt",
	[KEEPER_SEND] = "bgt", [KEEPER_STOP] = "g", [KEEPER_END] = "g", [KEEPER_ADOPT] = "g",
	[KEEPER_DISCONNECT] = "dm", [KEEPER_CONNECT] = "", [KEEPER_CLOSE] = "",
	[KEEPER_HELLO_BACK] = "w", [KEEPER_STATUS_IS] = "t", [KEEPER_ATTACHED] = "gwn",
	[KEEPER_WAITING] = "t", [KEEPER_NEXT] = "g", [KEEPER_MESSAGE] = "gt",
	[KEEPER_PIPE_CLOSED] = "ge", [KEEPER_ROOM] = "gq", [KEEPER_LINK] = "mde", [KEEPER_GONE] = "e",
	[KEEPER_NOTICE] = "t", [KEEPER_DONE] = "", [KEEPER_ERROR] = "e",
};

static const char *shape_of(uint8_t type)
{
	return type < sizeof(shapes) / sizeof(*shapes) ? shapes[type] : NULL;
}

void keeper_msg_put(const struct keeper_msg *m, struct buf *out)
{
	const char *shape = shape_of((uint8_t)m->type);
	uint8_t head[HEAD + BODY_MAX], *p = head + HEAD;
	size_t rest = 0;

	BUG_ON(!shape);
	for (; *shape; shape++) {
		switch (*shape) {
		case 'b': *p++ = (uint8_t)m->number; break;
		case 'w': put_u16le(p, (uint16_t)m->number); p += 2; break;
		case 'd': put_u32le(p, m->number); p += 4; break;
		case 'm': *p++ = (uint8_t)m->mode; break;
		case 'q': put_u64le(p, m->taken); p += 8; break;
		case 'g': memcpy(p, m->guid.b, 16); p += 16; break;
		case 'n': memcpy(p, m->next.b, 16); p += 16; break;
		case 'e': put_u32le(p, (uint32_t)m->code); p += 4; rest = m->data.n; break;
		case 't': rest = m->data.n; break;
		}
	}
	put_u32le(head, (uint32_t)((size_t)(p - head) - 4 + rest));
	head[4] = (uint8_t)m->type;
	buf_put(out, span_of(head, (size_t)(p - head)));
	buf_put(out, span_sub(m->data, 0, rest));
}

/* Takes n bytes from the front; sets *bad when there are less. */
static const uint8_t *take(struct span *in, size_t n, bool *bad)
{
	static const uint8_t none[16];
	const uint8_t *p = in->p;

	if (*bad || in->n < n) {
		*bad = true;
		return none;
	}
	*in = span_sub(*in, n, in->n);
	return p;
}

static bool get_body(const char *shape, struct span in, struct keeper_msg *m)
{
	bool bad = false;

	for (; *shape; shape++) {
		switch (*shape) {
		case 'b': m->number = *take(&in, 1, &bad); break;
		case 'w': m->number = get_u16le(take(&in, 2, &bad)); break;
		case 'd': m->number = get_u32le(take(&in, 4, &bad)); break;
		case 'm': m->mode = *take(&in, 1, &bad); break;
		case 'q': m->taken = get_u64le(take(&in, 8, &bad)); break;
		case 'g': memcpy(m->guid.b, take(&in, 16, &bad), 16); break;
		case 'n': memcpy(m->next.b, take(&in, 16, &bad), 16); break;
		case 'e':
			m->code = (int)get_u32le(take(&in, 4, &bad));
			bad = bad || m->code > 0 || m->code <= E_AGAIN;
			/* fall through */
		case 't':
			m->data = in;
			in.n = 0;
			break;
		}
	}
	return !bad && !in.n;
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
	if (!get_body(shape ? shape : "t", span_sub(*in, HEAD, len - 1), m))
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

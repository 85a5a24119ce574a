#include "core/copy_msg.h"
#include "lib/b64.h"
#include "lib/deflate.h"

/* Its fields by kind: s(ize), t(icks), r(ead-only), e(ntry), each one word; then the text. */
static const struct { char kind, fields[4]; } forms[] = {
	{ 'd', "str" }, { 'f', "str" }, { 'o', "s" }, { 'e', "" }, { 'x', "" }, { 'w', "" },
	{ 't', "s" },
	{ 'k', "" }, { 'y', "e" }, { 'n', "e" }, { 'r', "es" },
};

static bool field(struct copy_msg *m, char what, struct span word)
{
	uint64_t v;

	if (!num_u64(word, &v) || v > INT64_MAX)
		return false;
	if (what == 's')
		m->size = v;
	else if (what == 't')
		m->ticks = (int64_t)v;
	else if (what == 'r')
		m->read_only = v;
	else
		m->entry = v;
	return true;
}

bool copy_msg_get(const struct ps_val *v, struct copy_msg *m)
{
	struct span rest = ps_span(v), word = span_cut(&rest, ' ');

	*m = (struct copy_msg){ 0 };
	if (v && v->tag == PS_OBJ && v->base)
		v = v->base;
	if (v && v->tag == PS_BA) {
		m->kind = 'b';
		m->text = v->text;
		return true;
	}
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		if (word.n != 1 || word.p[0] != forms[i].kind)
			continue;
		for (const char *f = forms[i].fields; *f; f++)
			if (!field(m, *f, span_cut(&rest, ' ')))
				return false;
		m->kind = forms[i].kind;
		m->text = rest;
		return true;
	}
	return false;
}

struct copy_hex copy_hex(const br_sha256_context *sha)
{
	uint8_t sum[br_sha256_SIZE];
	struct copy_hex hex;

	br_sha256_out(sha, sum);
	for (size_t i = 0; i < sizeof(hex.s) - 1; i++)
		hex.s[i] = "0123456789ABCDEF"[sum[i / 2] >> (i % 2 ? 0 : 4) & 15];
	hex.s[sizeof(hex.s) - 1] = '\0';
	return hex;
}

struct ps_val *copy_piece(struct arena *a, struct span plain, size_t *n)
{
	struct buf packed, text;
	struct ps_val *v;

	buf_init(&packed, 2 * COPY_PIECE);
	buf_init(&text, 4 * COPY_PIECE);
	deflate_put(&packed, plain);
	b64_put(&text, buf_span(&packed));
	v = ps_str(a, buf_span(&text));
	v->tag = PS_BA;
	*n = text.n;
	buf_free(&packed);
	buf_free(&text);
	return v;
}

bool copy_plain(const struct copy_msg *m, struct buf *out)
{
	struct buf packed;
	bool good;

	buf_init(&packed, 2 * COPY_PIECE);
	good = b64_get(&packed, m->text) && inflate_get(out, buf_span(&packed));
	buf_free(&packed);
	return good;
}

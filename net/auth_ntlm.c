#include "net/auth_ntlm.h"
#include <bearssl_hmac.h>
#include "lib/rand.h"
#include "lib/utf.h"

/* MS-NLMP 2.2.2.5 */
#define UNICODE 0x00000001u
#define REQUEST_TARGET 0x00000004u
#define SIGN 0x00000010u
#define SEAL 0x00000020u
#define NTLM 0x00000200u
#define ALWAYS_SIGN 0x00008000u
#define EXTENDED_SECURITY 0x00080000u
#define TARGET_INFO 0x00800000u           /* said by the server alone; NTLMv2 works on it */
#define VERSION 0x02000000u               /* always: the MIC's place is behind the version */
#define KEY_128 0x20000000u
#define KEY_EXCH 0x40000000u
#define KEY_56 0x80000000u
#define WANTED (UNICODE | SIGN | SEAL | EXTENDED_SECURITY | KEY_128 | KEY_EXCH)
#define OFFERED (WANTED | REQUEST_TARGET | NTLM | ALWAYS_SIGN | VERSION | KEY_56)

/* MS-NLMP 2.2.2.1 */
enum { AV_EOL = 0, AV_COMPUTER = 1, AV_FLAGS = 6, AV_TIME = 7, AV_TARGET = 9, AV_BINDINGS = 10 };
#define AV_FLAG_MIC 2u

#define NEGOTIATE_LEN 40
#define CHALLENGE_LEN 48                  /* without the version, which old servers leave out */
#define AUTHENTICATE_LEN 88               /* the fixed part, with version and MIC */
#define MIC_AT 72
#define LM_LEN 24
#define KEY_LEN 16
#define FIELD_MAX 0xffff

#define U32LE(v) (v) & 0xff, (v) >> 8 & 0xff, (v) >> 16 & 0xff, (v) >> 24
#define SIGNATURE 'N', 'T', 'L', 'M', 'S', 'S', 'P', 0
#define VERSION_10 10, 0, 0, 0, 0, 0, 0, 15       /* 2.2.2.10; the last is NTLMSSP's own */

static const uint8_t negotiate[NEGOTIATE_LEN] = {
	SIGNATURE, U32LE(1u), U32LE(OFFERED),
	0, 0, 0, 0, U32LE(NEGOTIATE_LEN), 0, 0, 0, 0, U32LE(NEGOTIATE_LEN), VERSION_10,
};

struct challenge {                        /* CHALLENGE_MESSAGE, 2.2.1.2; spans point into it */
	struct span whole, nonce, info;
	uint32_t flags;
	struct span computer;             /* UTF-16LE, or none */
	bool has_time;
	uint64_t time;
};

static void put_le(struct buf *b, uint64_t v, unsigned n)
{
	for (; n; n--, v >>= 8)
		buf_putc(b, (uint8_t)v);
}

static void hmac_md5(const uint8_t key[16], struct span a, struct span b, struct span c,
	uint8_t out[16])
{
	br_hmac_key_context k;
	br_hmac_context h;

	br_hmac_key_init(&k, &br_md5_vtable, key, 16);
	br_hmac_init(&h, &k, 0);
	br_hmac_update(&h, a.p, a.n);
	br_hmac_update(&h, b.p, b.n);
	br_hmac_update(&h, c.p, c.n);
	br_hmac_out(&h, out);
	secret_wipe(&k, sizeof(k));
	secret_wipe(&h, sizeof(h));
}

static void derive(const uint8_t exported_key[16], bool from_client, const char *what,
	uint8_t out[16])
{
	static const char tail[] = " key magic constant";         /* counts with its NUL */
	br_md5_context c;

	br_md5_init(&c);
	br_md5_update(&c, exported_key, 16);
	br_md5_update(&c, "session key to ", 15);
	br_md5_update(&c, from_client ? "client-to-server " : "server-to-client ", 17);
	br_md5_update(&c, what, 7);
	br_md5_update(&c, tail, sizeof(tail));
	br_md5_out(&c, out);
	secret_wipe(&c, sizeof(c));
}

void ntlm_side_init(struct ntlm_side *s, const uint8_t exported_key[16], bool from_client)
{
	derive(exported_key, from_client, "signing", s->sign_key);
	derive(exported_key, from_client, "sealing", s->seal_key);
	rc4_init(&s->rc4, span_of(s->seal_key, 16));
	s->seq = 0;
}

/* MS-NLMP 2.2.2.9.1 and 3.4.4.2: version, checksum (enciphered behind the payload), sequence. */
static void side_sign(struct ntlm_side *s, struct span plain, uint8_t sig[16])
{
	uint8_t mac[16];

	put_u32le(sig, 1);
	put_u32le(sig + 12, s->seq++);
	hmac_md5(s->sign_key, span_of(sig + 12, 4), plain, SPAN_NONE, mac);
	memcpy(sig + 4, mac, 8);
	rc4_run(&s->rc4, sig + 4, 8);
}

/* 1: a pair; 0: the end of the list; negative: malformed. */
static int av_next(struct span *list, unsigned *id, struct span *value)
{
	if (list->n < 4)
		return -1;
	*id = get_u16le(list->p);
	if (!field_in(*list, 4, get_u16le(list->p + 2), value))
		return -1;
	*list = span_sub(*list, 4 + value->n, list->n);
	return *id != AV_EOL;
}

static int read_challenge(struct span in, struct challenge *c, struct err *e)
{
	struct span list, v;
	unsigned id;
	int r;

	*c = (struct challenge){ .whole = in };
	if (!in.n)
		return err_set(e, E_AUTH, "the server broke off the NTLM exchange");
	if (in.n < CHALLENGE_LEN || memcmp(in.p, negotiate, 8) != 0 || get_u32le(in.p + 8) != 2)
		return err_peer(e, "MS-NLMP 2.2.1.2", 0);
	c->flags = get_u32le(in.p + 20);
	if ((c->flags & (WANTED | TARGET_INFO)) != (WANTED | TARGET_INFO))
		return err_set(e, E_AUTH, "the server does not offer NTLMv2 with 128-bit sealing "
			"(NTLM flags %08lx), and less is not accepted", (unsigned long)c->flags);
	if (!field_in(in, get_u32le(in.p + 44), get_u16le(in.p + 40), &c->info))
		return err_peer(e, "MS-NLMP 2.2.1.2", 40);
	c->nonce = span_sub(in, 24, 8);
	list = c->info;
	while ((r = av_next(&list, &id, &v)) > 0) {
		if (id == AV_COMPUTER) {
			c->computer = v;
		} else if (id == AV_TIME && v.n == 8) {
			c->has_time = true;
			c->time = get_u64le(v.p);
		}
	}
	return r < 0 ? err_peer(e, "MS-NLMP 2.2.2.1", (size_t)(list.p - in.p)) : 0;
}

static void put_av(struct buf *out, unsigned id, struct span value)
{
	put_le(out, id, 2);
	put_le(out, value.n, 2);
	buf_put(out, value);
}

/* 3.1.5.1.2: the server's pairs in their order, then ours. Binding and SPN in the server's list are
 * left out: whoever relays the exchange must not choose what we vouch for. */
static void put_target_info(const struct auth_ntlm *n, const struct challenge *c, struct buf *out)
{
	struct span list = c->info, v;
	uint8_t flags[4];
	bool mic_told = !c->has_time;
	unsigned id;

	while (av_next(&list, &id, &v) > 0) {
		if (id == AV_TARGET || id == AV_BINDINGS)
			continue;
		if (id == AV_FLAGS && v.n == 4 && !mic_told) {
			put_u32le(flags, get_u32le(v.p) | AV_FLAG_MIC);
			v = span_of(flags, 4);
			mic_told = true;
		}
		put_av(out, id, v);
	}
	put_u32le(flags, AV_FLAG_MIC);
	if (!mic_told)
		put_av(out, AV_FLAGS, span_of(flags, 4));
	if (n->channel_binding.n)
		put_av(out, AV_BINDINGS, n->channel_binding);
	if (n->spn.n) {
		put_le(out, AV_TARGET, 2);
		put_le(out, 2 * utf16_len(n->spn), 2);
		utf16le_put(out, n->spn);
	}
	put_av(out, AV_EOL, SPAN_NONE);
}

/* NTOWFv2 (3.3.2): the user in upper case, the domain as it is. */
static int password_key(const struct auth_cred *c, struct span domain16, uint8_t out[16],
	struct err *e)
{
	struct span user = c->user;
	uint8_t hash[16], utf8[4];
	struct buf text;
	uint32_t cp;
	int r = 0;

	buf_init_secret(&text, FIELD_MAX);
	if (!utf16le_put(&text, secret_span(c->password))) {
		r = err_set(e, E_USAGE, "the password is not valid UTF-8");
		goto out;
	}
	md4(buf_span(&text), hash);
	buf_clear(&text);
	while (user.n) {
		user = span_sub(user, utf8_get_lax(user, &cp), user.n);
		utf16le_put(&text, span_of(utf8, utf8_encode(utf_upper(cp), utf8)));
	}
	hmac_md5(hash, buf_span(&text), domain16, SPAN_NONE, out);
out:
	secret_wipe(hash, sizeof(hash));
	buf_free(&text);
	return r;
}

/* NTLMv2_RESPONSE (2.2.2.8, 3.3.2) into nt, and the session base key, which encrypts the other. */
static int put_response(const struct auth_ntlm *n, const struct challenge *c, struct span domain16,
	struct buf *nt, uint8_t base_key[16], struct err *e)
{
	uint8_t key[16];
	int r = password_key(n->cred, domain16, key, e);

	if (r < 0)
		return r;
	put_le(nt, 0, 16);              /* room for the proof */
	put_le(nt, 0x0101, 8);
	put_le(nt, c->has_time ? c->time : n->filetime, 8);
	buf_put(nt, span_of(n->nonce, 8));
	put_le(nt, 0, 4);
	put_target_info(n, c, nt);
	put_le(nt, 0, 4);
	if (buf_failed(nt)) {
		r = err_set(e, E_LIMIT, "the server's NTLM target information is too long");
	} else {
		hmac_md5(key, c->nonce, span_sub(buf_span(nt), 16, nt->n), SPAN_NONE, nt->p);
		hmac_md5(key, span_of(nt->p, 16), SPAN_NONE, SPAN_NONE, base_key);
	}
	secret_wipe(key, sizeof(key));
	return r;
}

static void put_field(struct buf *out, size_t *at, size_t len)
{
	put_le(out, len, 2);
	put_le(out, len, 2);
	put_le(out, *at, 4);
	*at += len;
}

/* AUTHENTICATE_MESSAGE (2.2.1.3): the payload has the order of its fields. names: domain, user. */
static int put_authenticate(struct auth_ntlm *n, const struct challenge *c, struct span names,
	size_t domain_n, struct buf *out, struct err *e)
{
	size_t start = out->n, at = AUTHENTICATE_LEN;
	uint8_t base_key[16], sent_key[KEY_LEN];
	struct rc4 rc4;
	struct buf nt;
	int r;

	buf_init(&nt, FIELD_MAX);
	r = put_response(n, c, span_sub(names, 0, domain_n), &nt, base_key, e);
	if (r < 0)
		goto out;
	memcpy(sent_key, n->exported_key, KEY_LEN);
	rc4_init(&rc4, span_of(base_key, 16));
	rc4_run(&rc4, sent_key, KEY_LEN);
	buf_put(out, span_of(negotiate, 8));
	put_le(out, 3, 4);
	put_field(out, &at, LM_LEN);
	put_field(out, &at, nt.n);
	put_field(out, &at, domain_n);
	put_field(out, &at, names.n - domain_n);
	put_field(out, &at, 0);         /* workstation: nobody's business */
	put_field(out, &at, KEY_LEN);
	put_le(out, (c->flags & (OFFERED | TARGET_INFO)) | VERSION, 4);
	buf_put(out, span_sub(span_of(negotiate, NEGOTIATE_LEN), 32, 8));
	put_le(out, 0, 16);             /* MIC */
	put_le(out, 0, LM_LEN);         /* no LMv2: 3.1.5.1.2 with a timestamp, and never needed */
	buf_put(out, buf_span(&nt));
	buf_put(out, names);
	buf_put(out, span_of(sent_key, KEY_LEN));
	if (buf_failed(out)) {
		r = err_set(e, E_LIMIT, "the NTLM answer is too long");
	} else if (c->has_time) {
		hmac_md5(n->exported_key, span_of(negotiate, NEGOTIATE_LEN), c->whole,
			span_sub(buf_span(out), start, out->n), out->p + start + MIC_AT);
	}
out:
	secret_wipe(base_key, sizeof(base_key));
	secret_wipe(&rc4, sizeof(rc4));
	buf_free(&nt);
	return r;
}

static int answer(struct auth_ntlm *n, struct span in, struct buf *out, struct err *e)
{
	const struct auth_cred *cred = n->cred;
	struct challenge c;
	struct buf names;
	size_t domain_n;
	bool ok = true;
	int r = read_challenge(in, &c, e);

	if (r < 0)
		return r;
	buf_init(&names, FIELD_MAX);
	/* "." is the target machine: its accounts are in the domain of its own name. */
	if (span_is(cred->domain, "."))
		buf_put(&names, c.computer);
	else
		ok = utf16le_put(&names, cred->domain);
	domain_n = names.n;
	if (ok && utf16le_put(&names, cred->user) && !buf_failed(&names))
		r = put_authenticate(n, &c, buf_span(&names), domain_n, out, e);
	else
		r = err_set(e, E_USAGE, "the user name is not valid UTF-8, or too long");
	buf_free(&names);
	if (r < 0)
		return r;
	ntlm_side_init(&n->out, n->exported_key, true);
	ntlm_side_init(&n->in, n->exported_key, false);
	secret_wipe(n->exported_key, KEY_LEN);
	n->a.can_wrap = n->a.complete = true;
	n->a.wants_mic = c.has_time;
	return 0;
}

static int ntlm_step(struct auth *a, struct span in, struct buf *out, struct err *e)
{
	struct auth_ntlm *n = (struct auth_ntlm *)a;
	enum ntlm_state state = n->state;
	int r;

	n->state = NTLM_BROKEN;
	if (state == NTLM_START) {
		buf_put(out, span_of(negotiate, NEGOTIATE_LEN));
		n->state = NTLM_NEGOTIATED;
		return 1;
	}
	if (state != NTLM_NEGOTIATED)
		return err_peer(e, "MS-NLMP 3.1.5", 0);
	r = answer(n, in, out, e);
	if (r == 0)
		n->state = NTLM_DONE;
	return r;
}

/* 3.4.3: the payload goes through the cipher first, then the checksum of the plain text. */
static int ntlm_wrap(struct auth *a, struct span plain, struct buf *out, size_t *sig_len,
	struct err *e)
{
	struct auth_ntlm *n = (struct auth_ntlm *)a;
	uint8_t *p;

	BUG_ON(!a->can_wrap);
	p = buf_room(out, 16 + plain.n);
	if (!p)
		return err_set(e, E_LIMIT, "the message is too large to be sealed");
	if (plain.n)
		memcpy(p + 16, plain.p, plain.n);
	rc4_run(&n->out.rc4, p + 16, plain.n);
	side_sign(&n->out, plain, p);
	buf_add(out, 16 + plain.n);
	*sig_len = 16;
	return 0;
}

static int wrong_signature(struct auth_ntlm *n, struct err *e)
{
	n->state = NTLM_BROKEN;
	return err_set(e, E_PEER, "the signature of the server's answer is wrong: it was changed "
		"on its way, or one before it was lost (MS-NLMP 3.4.4); is a proxy in between?");
}

static int ntlm_unwrap(struct auth *a, struct span sig, struct span sealed, struct buf *plain,
	struct err *e)
{
	struct auth_ntlm *n = (struct auth_ntlm *)a;
	uint8_t *p, want[16];

	if (n->state != NTLM_DONE || sig.n != 16)
		return wrong_signature(n, e);
	p = buf_room(plain, sealed.n);
	if (!p)
		return err_set(e, E_LIMIT, "the server's answer is larger than allowed");
	if (sealed.n)
		memcpy(p, sealed.p, sealed.n);
	rc4_run(&n->in.rc4, p, sealed.n);
	side_sign(&n->in, span_of(p, sealed.n), want);
	if (!secret_eq(want, sig.p, 16)) {
		secret_wipe(p, sealed.n);
		return wrong_signature(n, e);
	}
	buf_add(plain, sealed.n);
	return 0;
}

/* What SPNEGO does behind its mechListMIC, seen from Windows and gss-ntlmssp alike. */
static void restart(struct ntlm_side *s)
{
	rc4_init(&s->rc4, span_of(s->seal_key, 16));
}

static int ntlm_put_mic(struct auth *a, struct span data, struct buf *out, struct err *e)
{
	struct auth_ntlm *n = (struct auth_ntlm *)a;
	uint8_t *p = buf_room(out, 16);

	BUG_ON(!a->can_wrap);
	if (!p)
		return err_set(e, E_LIMIT, "the NTLM answer is too long");
	side_sign(&n->out, data, p);
	buf_add(out, 16);
	restart(&n->out);
	return 0;
}

static int ntlm_check_mic(struct auth *a, struct span data, struct span mic, struct err *e)
{
	struct auth_ntlm *n = (struct auth_ntlm *)a;
	uint8_t want[16];

	if (n->state != NTLM_DONE || mic.n != 16)
		return wrong_signature(n, e);
	side_sign(&n->in, data, want);
	if (!secret_eq(want, mic.p, 16))
		return wrong_signature(n, e);
	restart(&n->in);
	return 0;
}

static void ntlm_free(struct auth *a)
{
	struct arena arena = ((struct auth_ntlm *)a)->arena;

	arena_wipe(&arena);
	arena_free(&arena);
}

struct auth *auth_ntlm_new(const struct auth_cred *c, const struct auth_target *t)
{
	static const struct auth_ops ops = { ntlm_step, ntlm_wrap, ntlm_unwrap, ntlm_put_mic,
		ntlm_check_mic, ntlm_free };
	struct arena arena;
	struct auth_ntlm *n;
	uint8_t *spn;

	arena_init(&arena, SIZE_MAX);
	n = arena_alloc(&arena, sizeof(*n));
	spn = arena_alloc(&arena, t->service.n + 1 + t->host.n);
	BUG_ON(t->channel_binding.n && t->channel_binding.n != 16);
	arena_dup(&arena, t->channel_binding, &n->channel_binding);
	if (t->service.n) {
		memcpy(spn, t->service.p, t->service.n);
		spn[t->service.n] = '/';
		memcpy(spn + t->service.n + 1, t->host.p, t->host.n);
		n->spn = span_of(spn, t->service.n + 1 + t->host.n);
	}
	n->a = (struct auth){ .ops = &ops, .scheme = "NTLM",
		.seal_protocol = "application/HTTP-SPNEGO-session-encrypted" };
	n->cred = c;
	n->filetime = t->filetime;
	rand_bytes(n->nonce, sizeof(n->nonce));
	rand_bytes(n->exported_key, sizeof(n->exported_key));
	n->arena = arena;
	return &n->a;
}

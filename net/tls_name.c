/* Names in certificates, and their fingerprints, for people and for comparison. */
#include "lib/b64.h"
#include "lib/num.h"
#include "lib/utf.h"
#include "lib/vis.h"
#include "net/asn1.h"
#include "net/tls_cert.h"

#define NAME_MAX_LEN 512
#define SAN_DNS 0x82            /* GeneralName's [2] and [7] */
#define SAN_IP 0x87
#define DER_BMP 0x1e

/* DirectoryString as UTF-8; Latin-1 letters of old strings may come out as U+FFFD. */
static void put_string(unsigned tag, struct span v, struct buf *out)
{
	struct buf le;
	size_t i;

	if (tag != DER_BMP) {
		buf_put(out, v);
		return;
	}
	buf_init(&le, NAME_MAX_LEN);
	for (i = 0; i + 1 < v.n; i += 2) {
		buf_putc(&le, v.p[i + 1]);
		buf_putc(&le, v.p[i]);
	}
	utf16le_get(out, buf_span(&le));
	buf_free(&le);
}

/* Takes the next attribute off a Name's content; *set: the rest of the set it stands in. */
static bool next_attribute(struct span *name, struct span *set, struct span *oid, unsigned *tag,
	struct span *value)
{
	struct span one, whole;

	if (!set->n && !der_get(name, DER_SET, set))
		return false;
	return der_get(set, DER_SEQ, &one) && der_get(&one, DER_OID, oid) &&
		der_any(&one, tag, value, &whole);
}

static const char *attribute_name(struct span oid)
{
	static const struct { struct span oid; const char *name; } known[] = {
		{ SPAN("\x55\x04\x03"), "CN" }, { SPAN("\x55\x04\x0a"), "O" },
		{ SPAN("\x55\x04\x0b"), "OU" }, { SPAN("\x55\x04\x06"), "C" },
		{ SPAN("\x55\x04\x07"), "L" }, { SPAN("\x55\x04\x08"), "ST" },
		{ SPAN("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19"), "DC" },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (span_eq(oid, known[i].oid))
			return known[i].name;
	return NULL;
}

void tls_cert_put_name(struct span name, struct buf *out)
{
	struct span body, set = SPAN_NONE, oid, value;
	const char *type;
	struct buf text;
	unsigned tag;

	buf_init(&text, NAME_MAX_LEN);
	if (der_get(&name, DER_SEQ, &body))
		while (next_attribute(&body, &set, &oid, &tag, &value)) {
			type = attribute_name(oid);
			if (!type)
				continue;
			buf_printf(&text, "%s%s=", text.n ? ", " : "", type);
			put_string(tag, value, &text);
		}
	vis_line(text.n ? buf_span(&text) : SPAN("(no name)"), out);
	buf_free(&text);
}

/* RFC 6125, 6.4.3: an asterisk is the whole leftmost label, and two labels stand behind it. */
static bool matches(struct span pattern, struct span host)
{
	if (span_starts(pattern, "*.")) {
		pattern = span_sub(pattern, 2, pattern.n);
		if (span_find(pattern, '.') == pattern.n || !span_cut(&host, '.').n)
			return false;
	}
	return pattern.n && span_eq_ci(pattern, host);
}

static bool common_name_is(struct span name, const struct tls_name *n)
{
	struct span body, set = SPAN_NONE, oid, value;
	struct buf text;
	bool found = false;
	unsigned tag;

	if (!der_get(&name, DER_SEQ, &body))
		return false;
	buf_init(&text, NAME_MAX_LEN);
	while (next_attribute(&body, &set, &oid, &tag, &value)) {
		if (!span_eq(oid, SPAN("\x55\x04\x03")))
			continue;
		buf_clear(&text);
		put_string(tag, value, &text);
		found = found || (n->ip_n ? span_eq(buf_span(&text), n->dns) :
			matches(buf_span(&text), n->dns));
	}
	buf_free(&text);
	return found;
}

bool tls_cert_is_for(const struct tls_cert *c, const struct tls_name *n)
{
	struct span list = c->alt, value, whole;
	unsigned tag;

	if (!c->has_alt)
		return common_name_is(c->subject, n);
	while (der_any(&list, &tag, &value, &whole))
		if (n->ip_n ? tag == SAN_IP && span_eq(value, span_of(n->ip, n->ip_n)) :
		    tag == SAN_DNS && matches(value, n->dns))
			return true;
	return false;
}

static void put_ip(struct span ip, struct buf *out)
{
	size_t i;

	for (i = 0; i < ip.n; i += ip.n == 16 ? 2 : 1)
		buf_printf(out, ip.n == 16 ? "%s%x" : "%s%u", !i ? "" : ip.n == 16 ? ":" : ".",
			ip.n == 16 ? get_u16be(ip.p + i) : ip.p[i]);
}

void tls_cert_put_names(const struct tls_cert *c, struct buf *out)
{
	struct span list = c->alt, value, whole;
	struct buf text;
	unsigned tag;

	buf_init(&text, NAME_MAX_LEN);
	while (der_any(&list, &tag, &value, &whole)) {
		if (tag != SAN_DNS && !(tag == SAN_IP && (value.n == 4 || value.n == 16)))
			continue;
		if (text.n)
			buf_puts(&text, ", ");
		if (tag == SAN_IP)
			put_ip(value, &text);
		else
			buf_put(&text, value);
	}
	if (text.n)
		vis_line(buf_span(&text), out);
	else
		tls_cert_put_name(c->subject, out);
	buf_free(&text);
}

void tls_cert_put_time(int64_t t, struct buf *out)
{
	struct date d = { .ticks = t * TICKS_PER_SEC + TICKS_UNIX_EPOCH, .kind = DATE_UNSPECIFIED };
	struct buf text;

	buf_init(&text, 64);
	num_put_date(&text, &d);
	buf_printf(out, "%.10s %.8s UTC", (const char *)text.p, (const char *)text.p + 11);
	buf_free(&text);
}

void tls_print_put(const uint8_t print[TLS_PRINT_LEN], struct buf *out)
{
	buf_puts(out, "SHA256:");
	b64_put(out, span_of(print, TLS_PRINT_LEN));
	if (!buf_failed(out))
		out->n--;               /* 32 bytes leave one '=' */
}

static bool hex_print(struct span text, uint8_t out[TLS_PRINT_LEN])
{
	uint64_t v;
	size_t i;

	for (i = 0; i < TLS_PRINT_LEN; i++) {
		if (i && text.n && text.p[0] == ':')
			text = span_sub(text, 1, text.n);
		if (text.n < 2 || !num_hex(span_sub(text, 0, 2), &v))
			return false;
		out[i] = (uint8_t)v;
		text = span_sub(text, 2, text.n);
	}
	return !text.n;
}

bool tls_print_get(struct span text, uint8_t out[TLS_PRINT_LEN])
{
	struct buf in, bytes;
	bool ok;

	text = span_trim(text);
	if (span_starts_ci(text, "SHA256:"))
		text = span_sub(text, 7, text.n);
	if (hex_print(text, out))
		return true;
	buf_init(&in, 64);
	buf_init(&bytes, 64);
	buf_put(&in, text);
	if (text.n == 43)
		buf_putc(&in, '=');
	ok = b64_get(&bytes, buf_span(&in)) && bytes.n == TLS_PRINT_LEN && !buf_failed(&in);
	if (ok)
		memcpy(out, bytes.p, TLS_PRINT_LEN);
	buf_free(&in);
	buf_free(&bytes);
	return ok;
}

#include "net/tls_pem.h"
#include "lib/b64.h"
#include "lib/secret.h"
#include "net/asn1.h"

void tls_pem_init(struct tls_pem *p)
{
	memset(p, 0, sizeof(*p));
	buf_init_secret(&p->body, TLS_PEM_MAX);
	buf_init_secret(&p->out, TLS_PEM_MAX);
}

void tls_pem_free(struct tls_pem *p)
{
	buf_free(&p->body);
	buf_free(&p->out);
	secret_wipe(p->line, sizeof(p->line));
}

static void begin_block(struct tls_pem *p, struct span label)
{
	size_t n = label.n < sizeof(p->name) ? label.n : sizeof(p->name);

	memcpy(p->name, label.p, n);
	p->label = span_of(p->name, n);
	p->old_cipher = false;
	buf_clear(&p->body);
	p->state = TLS_PEM_BODY;
}

static bool end_block(struct tls_pem *p)
{
	p->state = TLS_PEM_TEXT;
	buf_clear(&p->out);
	p->der = SPAN_NONE;
	if (!buf_failed(&p->body) && b64_get(&p->out, buf_span(&p->body)) && !buf_failed(&p->out))
		p->der = buf_span(&p->out);
	return true;
}

/* A line, or as much of it as the buffer takes. True when it ends a block. */
static bool take_line(struct tls_pem *p)
{
	struct span line = span_trim(span_of(p->line, p->line_n));

	p->line_n = 0;
	if (span_starts(line, "-----BEGIN ") && line.n > 16) {
		begin_block(p, span_sub(line, 11, line.n - 16));
	} else if (p->state == TLS_PEM_BODY) {
		if (span_starts(line, "-----END "))
			return end_block(p);
		/* RFC 1421's header fields hold a colon, which base64 does not have. */
		if (span_find(line, ':') == line.n)
			buf_put(&p->body, line);
		else if (span_starts(line, "Proc-Type: 4,ENCRYPTED"))
			p->old_cipher = true;
	}
	return false;
}

bool tls_pem_next(struct tls_pem *p, struct span *in)
{
	uint8_t c;

	while (in->n) {
		c = *in->p;
		if (p->state == TLS_PEM_START)
			p->state = c == DER_SEQ ? TLS_PEM_DER : TLS_PEM_TEXT;
		if (p->state == TLS_PEM_DER) {
			buf_put(&p->out, *in);
			*in = SPAN_NONE;
			return false;
		}
		*in = span_sub(*in, 1, in->n);
		p->line[p->line_n++] = (char)c;
		if ((c == '\n' || c == '\r' || p->line_n == sizeof(p->line)) && take_line(p))
			return true;
	}
	return false;
}

bool tls_pem_end(struct tls_pem *p)
{
	if (p->state == TLS_PEM_DER) {
		p->label = SPAN_NONE;
		p->der = buf_failed(&p->out) ? SPAN_NONE : buf_span(&p->out);
		return true;
	}
	return take_line(p);
}

/* TLS 1.2 client over bytes: cipher text in, cipher text out, plain text put and got. Serves
 * sockets (net/tls_io.h) and CredSSP's tokens alike. Offers no TLS 1.0 or 1.1, no 3DES, no RC4.
 * Nothing is sent after the server's certificate came until tls_eng_accept. An engine. */
#ifndef NET_TLS_ENG_H
#define NET_TLS_ENG_H
#include "net/tls_x509.h"

enum tls_eng_state {
	TLS_ENG_SHAKING,        /* handshake: feed and send */
	TLS_ENG_CERT,           /* chain holds the server's: accept it, or give up */
	TLS_ENG_OPEN,           /* also while renegotiating */
	TLS_ENG_ENDED,          /* the server said so (close_notify), or tls_eng_close was done */
	TLS_ENG_FAILED,         /* err says why */
};

struct tls_client;
struct tls_eng {                /* 40 KiB; must not move */
	struct tls_chain chain;
	struct err err;
	bool accepted, opened;
	br_ssl_client_context cc;
	/* BearSSL takes a record's header off its room for one twice: 5 more, or 16383 is the most. */
	uint8_t in[BR_SSL_BUFSIZE_INPUT], out[BR_SSL_BUFSIZE_OUTPUT + 5];
};
/* server_name: for SNI, or NULL. client: certificate for when the server asks, outlives the engine;
 * or NULL. The first message is there to be sent at once. */
void tls_eng_init(struct tls_eng *e, const char *server_name, const struct tls_client *client);
void tls_eng_free(struct tls_eng *e);                     /* wipes */
enum tls_eng_state tls_eng_state(struct tls_eng *e);
void tls_eng_accept(struct tls_eng *e);

/* Room for cipher text as it comes; *n = 0: plain text must be got, or cipher text sent, first. */
uint8_t *tls_eng_room(struct tls_eng *e, size_t *n);
void tls_eng_fed(struct tls_eng *e, size_t n);
/* Cipher text to be sent; good until tls_eng_sent(). */
struct span tls_eng_out(struct tls_eng *e);
void tls_eng_sent(struct tls_eng *e, size_t n);
/* Plain text that came; good until tls_eng_got(). */
struct span tls_eng_plain(struct tls_eng *e);
void tls_eng_got(struct tls_eng *e, size_t n);
/* Takes plain text: bytes taken, 0 = not now. */
size_t tls_eng_put(struct tls_eng *e, struct span plain);
/* Makes a record of what was put, full or not. */
void tls_eng_flush(struct tls_eng *e);
/* Says goodbye (close_notify). TLS 1.2 has no half-close: what still comes is dropped. */
void tls_eng_close(struct tls_eng *e);

/* For tokens: feeds all of cipher, appends what it opened to plain and what is to be sent to out.
 * Stops at TLS_ENG_CERT: accept and call again with nothing. E_TLS, E_PEER, E_LIMIT: see err. */
int tls_eng_token(struct tls_eng *e, struct span cipher, struct buf *plain, struct buf *out)
	MUST_CHECK;
/* For tokens, once open: appends records with all of plain, 16384 bytes of it in each. */
int tls_eng_seal(struct tls_eng *e, struct span plain, struct buf *out) MUST_CHECK;
/* Bytes of a record before its cipher text: header and explicit nonce or vector. What follows the
 * cipher text of n bytes (MS-CSSP's trailer) is the record's length less this and n. */
size_t tls_eng_head_len(const struct tls_eng *e);
#endif

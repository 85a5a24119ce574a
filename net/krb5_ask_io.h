/* One question to the KDCs of a realm, whoever answers first: UDP, then TCP (RFC 4120, 7.2). A KDC
 * that is silent for a second has the next one asked as well. */
#ifndef NET_KRB5_ASK_IO_H
#define NET_KRB5_ASK_IO_H
#include "lib/buf.h"
#include "net/loop_io.h"
#include "net/stream.h"

#define KRB5_PORT 88
#define KRB5_HOSTS_MAX 8
#define KRB5_PATIENCE_MS 10000            /* for one KDC */

struct krb5_host { char name[256]; uint16_t port; };

struct krb5_ask {                         /* the caller's memory, zeroed before its first use */
	struct loop *loop;
	struct krb5_host *host;           /* whoever answers is moved to the front */
	unsigned host_n;
	/* answer: a Kerberos message; empty: nobody answered */
	void (*done)(void *ctx, struct span answer);
	void *ctx;
	/* its own: */
	struct krb5_ask_one {
		struct krb5_ask *a;
		struct stream *udp, *tcp;
		struct timer timer;
		unsigned stage, junk;
		size_t sent;              /* bytes of the question that TCP took */
		struct buf in;            /* what came by TCP */
	} one[KRB5_HOSTS_MAX];
	unsigned begun, failed;
	struct timer next;
	struct buf question, answer;      /* with the length in front as on TCP */
};
/* Fill in the upper part, which stays as it is until done. msg is copied. done is called once, from
 * the loop; it may start the next question when it has read the answer. */
void krb5_ask_start(struct krb5_ask *a, struct span msg);
void krb5_ask_stop(struct krb5_ask *a);   /* done is not called; fine when not started */
void krb5_ask_free(struct krb5_ask *a);
#endif

/* What a user and the machine's files say about Kerberos: who logs in, with what, and where. */
#ifndef NET_KRB5_LOAD_IO_H
#define NET_KRB5_LOAD_IO_H
#include "net/krb5_ask_io.h"
#include "net/krb5_io.h"
#include "net/krb5_kdc.h"

struct krb5_given {
	struct krb5_login login;          /* its names and its keytab point into the buffers below */
	struct krb5_host kdc;             /* -Kdc; port 0: none */
	struct buf conf, resolv;          /* krb5.conf and resolv.conf, empty when not there */
	struct buf store;                 /* the keytab or cache */
	bool has_ccache;
	struct arena names;
	struct err broken;                /* what was given will not do */
};
void krb5_given_load(struct krb5_given *g, const struct krb5_client_cfg *cfg);
void krb5_given_free(struct krb5_given *g);
#endif

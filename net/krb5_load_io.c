#include "net/krb5_load_io.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "lib/file_io.h"
#include "net/krb5_conf.h"
#include "net/krb5_name.h"
#include "net/krb5_store.h"
#include "net/url.h"

#define CONF_MAX 262144
#define STORE_MAX 4194304
#define NAMES_MAX 16384

static void load_conf(struct krb5_given *g, const char *path)
{
	const char *list = path ? path : getenv("KRB5_CONFIG");
	struct span rest = span_str(list ? list : "/etc/krb5.conf");
	struct err ignored = { 0 };
	struct span one;
	struct buf name;

	buf_init(&name, 4096);
	while (rest.n) {
		one = path ? rest : span_cut(&rest, ':');
		rest = path ? SPAN_NONE : rest;
		buf_clear(&name);
		buf_put(&name, one);
		if (file_read(buf_cstr(&name), &g->conf, &ignored) == 0)
			buf_putc(&g->conf, '\n');
	}
	buf_free(&name);
}

static int name_user(struct krb5_given *g, const struct krb5_client_cfg *cfg, struct span home)
{
	return krb5_name_user(cfg->user, home, span_str(cfg->host), buf_span(&g->conf), &g->names,
		&g->login.client, &g->broken);
}

static int load_keytab(struct krb5_given *g, const struct krb5_client_cfg *cfg)
{
	struct krb5_keytab_entry first = { 0 };
	struct span rest;

	if (file_read(cfg->keytab, &g->store, &g->broken) < 0)
		return g->broken.code;
	if (krb5_keytab_open(buf_span(&g->store), &g->login.keytab, &g->broken) < 0) {
		err_prefix(&g->broken, "'%s': ", cfg->keytab);
		return g->broken.code;
	}
	rest = g->login.keytab;
	if (!krb5_keytab_next(&rest, &first))
		return err_set(&g->broken, E_USAGE, "the keytab '%s' holds no key that can be used",
			cfg->keytab);
	secret_wipe(&first.key, sizeof(first.key));
	g->login.client = first.owner;
	if (!cfg->user.n)
		return 0;
	return name_user(g, cfg, first.owner.realm);
}

static int ccache_path(const struct krb5_client_cfg *cfg, char *path, size_t size, struct err *e)
{
	const char *name = cfg->ccache ? cfg->ccache : getenv("KRB5CCNAME");
	struct span s = span_str(name), kind = s;

	if (!s.n) {
		snprintf(path, size, "/tmp/krb5cc_%u", (unsigned)getuid());
		return 0;
	}
	kind = span_cut(&s, ':');
	if (span_is(kind, "FILE") || span_find(kind, '/') < kind.n || kind.n == strlen(name)) {
		snprintf(path, size, "%s", span_is(kind, "FILE") ? name + 5 : name);
		return 0;
	}
	return err_set(e, E_USAGE, "credential cache '%s': only files can be read (KRB5CCNAME=FILE:…); "
		"kinit -c FILE:… makes one", name);
}

static int load_ccache(struct krb5_given *g, const struct krb5_client_cfg *cfg)
{
	struct krb5_ccache cc;
	char path[4096];
	struct err e = { 0 };

	if (ccache_path(cfg, path, sizeof(path), &g->broken) < 0)
		return g->broken.code;
	if (file_read(path, &g->store, &e) < 0)
		return err_set(&g->broken, E_AUTH, "%s; run kinit, or give -Credential", e.text);
	if (krb5_ccache_open(&cc, buf_span(&g->store), &g->broken) < 0) {
		err_prefix(&g->broken, "'%s': ", path);
		return g->broken.code;
	}
	g->login.client = cc.client;
	if (!cfg->user.n)
		return 0;
	if (name_user(g, cfg, cc.client.realm) < 0)
		return g->broken.code;
	if (krb5_principal_eq(&g->login.client, &cc.client))
		return 0;
	return err_set(&g->broken, E_AUTH, "the tickets in '%s' are not those of '%.*s': run kinit for "
		"that user, or give the password", path, SPAN_ARG(cfg->user));
}

static int read_all(struct krb5_given *g, const struct krb5_client_cfg *cfg)
{
	struct span host;

	load_conf(g, cfg->conf);
	if (cfg->kdc) {
		g->kdc.port = KRB5_PORT;
		if (!krb5_conf_host(span_str(cfg->kdc), &host, &g->kdc.port) || !url_host_ok(host))
			return err_set(&g->broken, E_USAGE, "'%s' is no KDC: HOST or HOST:PORT is wanted",
				cfg->kdc);
		snprintf(g->kdc.name, sizeof(g->kdc.name), "%.*s", SPAN_ARG(host));
	}
	g->login.forwardable = cfg->delegate;
	g->login.password = cfg->password;
	if (cfg->password)
		return name_user(g, cfg, SPAN_NONE);
	return cfg->keytab ? load_keytab(g, cfg) : load_ccache(g, cfg);
}

void krb5_given_load(struct krb5_given *g, const struct krb5_client_cfg *cfg)
{
	const char *resolv = cfg->resolv_conf ? cfg->resolv_conf : "/etc/resolv.conf";
	struct err ignored = { 0 };

	*g = (struct krb5_given){ 0 };
	arena_init(&g->names, NAMES_MAX);
	buf_init(&g->conf, CONF_MAX);
	buf_init(&g->resolv, CONF_MAX);
	buf_init_secret(&g->store, STORE_MAX);
	if (file_read(resolv, &g->resolv, &ignored) < 0)
		buf_clear(&g->resolv);
	if (read_all(g, cfg) == 0)
		g->has_ccache = !cfg->password && !cfg->keytab;
}

void krb5_given_free(struct krb5_given *g)
{
	arena_free(&g->names);
	buf_free(&g->conf);
	buf_free(&g->resolv);
	buf_free(&g->store);
}

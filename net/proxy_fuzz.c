/* A proxy as somebody's environment has it, and a no_proxy list: nothing unchecked comes out. */
#include "net/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct secret *password;
	struct span text = span_of(data, size);
	struct err e = { 0 };
	struct proxy p;

	if (!password)
		password = secret_new();
	if (proxy_parse(text, &p, password, &e) == 0) {
		BUG_ON(!url_host_ok(span_str(p.host)) || !p.port);
		BUG_ON(password->n > SECRET_MAX || strlen(p.user) > PROXY_USER_MAX);
	} else {
		BUG_ON(e.code != E_USAGE);
	}
	(void)proxy_excluded(text, SPAN("10.1.2.3"), 5985);
	(void)proxy_excluded(text, SPAN("[fe80::1]"), 5985);
	return 0;
}

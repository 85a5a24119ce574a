/* A URI: what is accepted must be harmless in a request's head. */
#include "net/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { 0 };
	struct url u;
	size_t i;

	if (url_parse(span_of(data, size), &u, &e) < 0) {
		BUG_ON(e.code != E_USAGE);
		return 0;
	}
	BUG_ON(!url_host_ok(span_str(u.host)) || !u.port || !u.path.n || u.path.p[0] != '/');
	for (i = 0; u.host[i]; i++)
		BUG_ON((unsigned char)u.host[i] <= ' ' || u.host[i] == '/' || u.host[i] == '@');
	for (i = 0; i < u.path.n; i++)
		BUG_ON(u.path.p[i] <= ' ' || u.path.p[i] >= 0x7f);
	return 0;
}

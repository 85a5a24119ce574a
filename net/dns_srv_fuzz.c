/* A DNS server's answer. */
#include "lib/err.h"
#include "net/dns_srv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dns_srv srv[DNS_SRV_MAX];
	int i, n = dns_srv_answer(span_of(data, size), 0x1234, SPAN("_kerberos._udp.EXAMPLE.COM"), srv);

	BUG_ON(n > DNS_SRV_MAX);
	for (i = 0; i < n; i++) {
		BUG_ON(!srv[i].port || !srv[i].host[0] || !memchr(srv[i].host, 0, sizeof(srv[i].host)));
		BUG_ON(i && srv[i].priority < srv[i - 1].priority);
	}
	return 0;
}

#include "net/tls_known.h"
#include "tests/unit.h"

static const uint8_t one[TLS_PRINT_LEN] = { 1, 2, 3 }, other[TLS_PRINT_LEN] = { 9 };

TEST(certificates_are_remembered_by_host_and_port)
{
	struct buf file;
	unsigned line = 0;

	buf_init(&file, 10000);
	buf_puts(&file, "# a comment\n\nnonsense\nsrv:5986 SHA256:broken");
	CHECK_INT(tls_known_find(buf_span(&file), "srv", 5985, one, &line), TLS_KNOWN_NEW);
	tls_known_put(&file, "Host.example", 5986, one);
	tls_known_put(&file, "fe80::1", 443, one);
	CHECK(span_search(buf_span(&file), SPAN("broken\nhost.example:5986 SHA256:AQID")) < file.n);
	CHECK(span_search(buf_span(&file), SPAN("\n[fe80::1]:443 SHA256:")) < file.n);
	CHECK_INT(tls_known_find(buf_span(&file), "HOST.example", 5986, one, &line), TLS_KNOWN_SAME);
	CHECK_INT(tls_known_find(buf_span(&file), "host.example", 5985, one, &line), TLS_KNOWN_NEW);
	CHECK_INT(tls_known_find(buf_span(&file), "[FE80::1]", 443, one, &line), TLS_KNOWN_SAME);
	CHECK_INT(line, 0);
	CHECK_INT(tls_known_find(buf_span(&file), "host.example", 5986, other, &line),
		TLS_KNOWN_CHANGED);
	CHECK_INT(line, 5);
	CHECK_INT(tls_known_find(buf_span(&file), "srv", 5986, one, &line), TLS_KNOWN_CHANGED);
	CHECK_INT(line, 4);             /* what cannot be read is no reason to trust */
	tls_known_put(&file, "host.example", 5986, other);
	CHECK_INT(tls_known_find(buf_span(&file), "host.example", 5986, other, &line), TLS_KNOWN_SAME);
	CHECK_INT(tls_known_find(buf_span(&file), "host.example", 5986, one, &line), TLS_KNOWN_SAME);
	buf_free(&file);
}

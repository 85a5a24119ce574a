#include "net/tls_err.h"
#include <bearssl.h>

#define ALERT(n) (BR_ERR_RECV_FATAL_ALERT + (n))

const char *tls_err_text(int code)
{
	static const struct { short code; const char *text; } known[] = {
		{ BR_ERR_UNSUPPORTED_VERSION, "the server knows only TLS 1.0 or 1.1, which are no longer "
			"safe: enable TLS 1.2 there" },
		{ BR_ERR_BAD_VERSION, "the server changes its TLS version in between" },
		{ BR_ERR_BAD_LENGTH, "a TLS record has an impossible length" },
		{ BR_ERR_TOO_LARGE, "a TLS record is too long" },
		{ BR_ERR_BAD_MAC, "a TLS record was damaged or changed on its way" },
		{ BR_ERR_NO_RANDOM, "this machine gives no random numbers" },
		{ BR_ERR_BAD_CIPHER_SUITE, "the server chose a cipher suite it was not offered" },
		{ BR_ERR_BAD_SECRENEG, "the server renegotiates in an unsafe way (without RFC 5746)" },
		{ BR_ERR_LIMIT_EXCEEDED, "the server's key or signature has more than 4096 bits, which "
			"are not supported" },
		{ BR_ERR_BAD_FINISHED, "the handshake was changed on its way" },
		{ BR_ERR_INVALID_ALGORITHM, "the server uses an algorithm or curve that is not supported, "
			"or wants one for the client certificate that its key cannot do" },
		{ BR_ERR_BAD_SIGNATURE, "the server's signature is wrong: it does not have the key of its "
			"certificate" },
		{ BR_ERR_WRONG_KEY_USAGE, "the server's certificate may not be used for this cipher suite "
			"(key usage): it needs digitalSignature" },
		{ BR_ERR_X509_BAD_SIGNATURE, "a signature in its chain is wrong" },
		{ BR_ERR_X509_DN_MISMATCH, "the server sends its chain out of order" },
		{ BR_ERR_X509_CRITICAL_EXTENSION, "its chain has a critical extension that is not "
			"supported, such as name constraints" },
		{ BR_ERR_X509_NOT_CA, "a certificate in its chain may not issue others" },
		{ BR_ERR_X509_FORBIDDEN_KEY_USAGE, "a certificate in its chain may not issue others" },
		{ BR_ERR_X509_LIMIT_EXCEEDED, "a key in its chain has more than 4096 bits, which are not "
			"supported" },
		{ BR_ERR_X509_WRONG_KEY_TYPE, "a signature in its chain is wrong" },
		{ ALERT(40), "the server finds no cipher suite in common. It may want TLS 1.3, or have a "
			"certificate for Ed25519 or RSA-PSS, which are not supported: enable TLS 1.2 with "
			"ECDHE and AES-GCM, and a certificate for RSA or ECDSA" },
		{ ALERT(42), "the server refuses the client certificate" },
		{ ALERT(43), "the server refuses the client certificate: it does not take its kind" },
		{ ALERT(44), "the server refuses the client certificate: it was revoked" },
		{ ALERT(45), "the server refuses the client certificate: it has expired" },
		{ ALERT(46), "the server refuses the client certificate" },
		{ ALERT(48), "the server refuses the client certificate: it does not know its issuer" },
		{ ALERT(49), "the server denies access by this client certificate" },
		{ ALERT(51), "the server cannot verify the handshake or the client certificate's "
			"signature" },
		{ ALERT(70), "the server wants TLS 1.3, and this client has TLS 1.2: enable TLS 1.2 "
			"there" },
		{ ALERT(71), "the server finds the common cipher suites too weak" },
		{ ALERT(100), "the server refuses to renegotiate" },
		{ ALERT(112), "the server does not know that host name" },
		{ ALERT(116), "the server wants a client certificate: -CertificateThumbprint, or "
			"-Certificate FILE" },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].code == code)
			return known[i].text;
	if (code >= BR_ERR_RECV_FATAL_ALERT)
		return "the server ended TLS with an alert";
	return code >= BR_ERR_X509_OK ? "its chain is malformed" : "the server broke the TLS protocol";
}

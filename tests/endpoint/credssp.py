"""CredSSP's server (MS-CSSP) for one connection: TLS by Python's ssl, the login inside by GSSAPI.

Nothing of it comes from the client that is tested. Versions 2 to 6; TLS 1.2 alone, as WinRM's.
"""
import hashlib
import hmac
import re
import ssl
import struct

PROTOCOL = "application/HTTP-CredSSP-session-encrypted"
PIECE = 16384
LOGON_FAILURE = 0xC000006D
EDGE = b"--Encrypted Boundary"


class Refused(Exception):
    """The login failed; token may hold what the client is to be told."""
    token = b""


class BadSeal(Exception):
    pass


def der(tag, body):
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 128 | len(size)]) + size + body


def elements(data):
    """[(tag, body), …] of concatenated DER."""
    found = []
    while data:
        tag, size, at = data[0], data[1], 2
        if size & 128:
            at += size & 127
            size = int.from_bytes(data[2:at], "big")
        if at + size > len(data):
            raise ValueError("DER is cut off")
        found.append((tag, data[at:at + size]))
        data = data[at + size:]
    return found


def inner(data, tag):
    """Body of the one element that data is."""
    (found, body), = elements(data)
    if found != tag:
        raise ValueError("DER tag %02x, not %02x" % (found, tag))
    return body


def number(value):
    return der(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def put_request(version, token=b"", key_auth=b"", error=0):
    body = der(0xa0, number(version))
    if token:
        body += der(0xa1, der(0x30, der(0x30, der(0xa0, der(4, token)))))
    if key_auth:
        body += der(0xa3, der(4, key_auth))
    if error:
        body += der(0xa4, number(error))
    return der(0x30, body)


def get_request(data):
    """{field number: its value} of a TSRequest."""
    fields = {tag & 0x1f: body for tag, body in elements(inner(data, 0x30))}
    found = {0: int.from_bytes(inner(fields.pop(0), 2), "big")}
    if 1 in fields:
        found[1] = inner(inner(inner(inner(fields.pop(1), 0x30), 0x30), 0xa0), 4)
    found.update((n, inner(body, 4)) for n, body in fields.items())
    return found


def get_credentials(data):
    """(domain, user, password) of TSCredentials with TSPasswordCreds."""
    kind, creds = (body for _, body in elements(inner(data, 0x30)))
    if inner(kind, 2) != b"\1":
        raise ValueError("not a password")
    texts = elements(inner(inner(creds, 4), 0x30))
    if [tag for tag, _ in texts] != [0xa0, 0xa1, 0xa2]:
        raise ValueError("TSPasswordCreds")
    return tuple(inner(body, 4).decode("utf-16-le") for _, body in texts)


def public_key(certificate):
    """subjectPublicKey of a certificate in PEM (the first in it)."""
    one = re.search("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", certificate, re.S)[0]
    parts = elements(elements(inner(ssl.PEM_cert_to_DER_cert(one), 0x30))[0][1])
    if parts[0][0] == 0xa0:
        parts.pop(0)
    spki = elements(parts[5][1])
    return spki[1][1][1:]               # without the count of unused bits


def end_point_hash(certificate):
    """tls-server-end-point (RFC 5929, 4) of certificates signed with SHA-256."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).digest()


def server_tls(certificate, key, ciphers=None):
    """TLS for Acceptor, of two files."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.minimum_version = tls.maximum_version = ssl.TLSVersion.TLSv1_2
    if ciphers:
        tls.set_ciphers(ciphers)
    tls.load_cert_chain(certificate, key)
    return tls


class Acceptor:
    """tls: of server_tls; key: public_key of its certificate; context: an accepting GSSAPI context
    for SPNEGO. credentials becomes (domain, user, password)."""

    def __init__(self, tls, key, context, version=6):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = tls.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.key, self.context, self.version = key, context, version
        self.credentials, self.shaken, self.common, self.nonce = None, False, None, b""

    @property
    def complete(self):
        return self.credentials is not None

    def step(self, token):
        """Eats the client's token; returns ours, empty after the last. Raises Refused."""
        if self.complete:
            raise Refused("a token behind the last")
        self.incoming.write(token)
        try:
            if not self.shaken:
                return self.shake()
            reply = self.answer(get_request(self.read()))
        except (ssl.SSLError, ValueError, KeyError, IndexError) as e:
            raise Refused(repr(e)) from e
        self.tls.write(reply) if reply else None
        return self.outgoing.read()

    def shake(self):
        try:
            self.tls.do_handshake()
            self.shaken = True
        except ssl.SSLWantReadError:
            pass
        return self.outgoing.read()

    def read(self):
        data = b""
        try:
            while True:
                data += self.tls.read(1 << 16)
        except ssl.SSLWantReadError:
            return data

    def refuse(self, why, error=LOGON_FAILURE):
        refused = Refused(why)
        if self.common in (3, 4, 6):            # others have no errorCode (MS-CSSP 2.2.1)
            self.tls.write(put_request(self.version, error=error))
            refused.token = self.outgoing.read()
        return refused

    def answer(self, request):
        if self.common not in (None, min(self.version, request[0])):
            raise Refused("another version")
        self.common = min(self.version, request[0])
        if 2 in request:
            return self.take(request[2])
        token = self.negotiate(request[1]) if 1 in request else b""
        if 3 not in request:
            return put_request(self.version, token)
        self.nonce = request.get(5, b"")
        if len(self.nonce) != (32 if self.common >= 5 else 0):
            raise Refused("a nonce of %d bytes" % len(self.nonce))
        if not hmac.compare_digest(self.unwrap(request[3]), self.binding(b"Client-To-Server")):
            raise self.refuse("another key")
        return put_request(self.version, token, self.wrap(self.binding(b"Server-To-Client")))

    def negotiate(self, token):
        import gssapi
        try:
            reply = self.context.step(token) or b""
            self.context.complete               # raises what step put off to send a token
            return reply
        except gssapi.exceptions.GSSError as e:
            raise self.refuse(str(e)) from e

    def wrap(self, plain):
        return self.context.wrap(plain, True).message

    def unwrap(self, sealed):
        import gssapi
        try:
            return self.context.unwrap(sealed).message
        except gssapi.exceptions.GSSError as e:
            raise self.refuse(str(e)) from e

    def binding(self, direction):
        if self.common < 5:
            return bytes([self.key[0] + (direction[:1] == b"S")]) + self.key[1:]
        return hashlib.sha256(b"CredSSP %s Binding Hash\0" % direction + self.nonce +
                              self.key).digest()

    def take(self, sealed):
        if not self.context.complete or not self.nonce and self.common >= 5:
            raise Refused("credentials before their time")
        self.credentials = get_credentials(self.unwrap(sealed))
        return b""

    # sealing

    def trailer(self, size):
        """Bytes behind the cipher text of so many."""
        suite = self.tls.cipher()[0]
        if "GCM" in suite or "POLY1305" in suite:
            return 16
        mac = {"SHA": 20, "SHA256": 32, "SHA384": 48}[suite.split("-")[-1]]
        return mac + 16 - (size + mac) % 16

    def seal(self, plain, content_type="application/soap+xml;charset=UTF-8"):
        """(body, content type) with plain sealed inside."""
        body = b""
        for at in range(0, len(plain), PIECE):
            piece = plain[at:at + PIECE]
            self.tls.write(piece)
            body += EDGE + (f"\r\n\tContent-Type: {PROTOCOL}\r\n\tOriginalContent: "
                            f"type={content_type};Length={len(piece)}\r\n").encode()
            body += EDGE + b"\r\n\tContent-Type: application/octet-stream\r\n"
            body += struct.pack("<I", self.trailer(len(piece))) + self.outgoing.read()
        kind = "multipart/x-multi-encrypted" if len(plain) > PIECE else "multipart/encrypted"
        return (body + EDGE + b"--\r\n",
                f'{kind};protocol="{PROTOCOL}";boundary="Encrypted Boundary"')

    def unseal(self, content_type, body):
        """(plain bytes, their content type) of a sealed body."""
        head = re.compile(EDGE + rb"\r\n\tContent-Type: ([^\r]+)\r\n\tOriginalContent: "
                          rb"type=([^\r]+);Length=(\d+)\r\n" + EDGE +
                          rb"\r\n\tContent-Type: application/octet-stream\r\n")
        plain, inside = b"", None
        while m := head.match(body):
            size, inside = int(m[3]), m[2].decode()
            at = m.end() + 4
            n = 5 + int.from_bytes(body[at + 3:at + 5], "big")
            self.incoming.write(body[at:at + n])
            try:
                piece = self.read()
            except ssl.SSLError as e:
                raise BadSeal(str(e)) from e
            if m[1].decode() != PROTOCOL or len(piece) != size or size > PIECE:
                raise BadSeal("a piece of %d bytes, Length=%d" % (len(piece), size))
            trailer, = struct.unpack("<I", body[m.end():at])
            if trailer != self.trailer(size):
                raise BadSeal("a trailer of %d bytes, not %d" % (trailer, self.trailer(size)))
            plain, body = plain + piece, body[at + n:]
        kind = "multipart/x-multi-encrypted" if len(plain) > PIECE else "multipart/encrypted"
        if content_type != f'{kind};protocol="{PROTOCOL}";boundary="Encrypted Boundary"':
            raise BadSeal("content type " + content_type)
        if not inside or body != EDGE + b"--\r\n":
            raise BadSeal("not in parts")
        return plain, inside

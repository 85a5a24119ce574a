"""TLS for the endpoint: Python's ssl, or pyOpenSSL where a handshake is needed in mid-request."""
import hashlib
import io
import select
import ssl

from . import auth, credssp

# Signature algorithms whose hash is stronger than SHA-1, by the body of their OID (RFC 5929, 4.1)
HASHES = {bytes.fromhex("2a864886f70d01010c"): "sha384",
          bytes.fromhex("2a864886f70d01010d"): "sha512",
          bytes.fromhex("2a8648ce3d040303"): "sha384", bytes.fromhex("2a8648ce3d040304"): "sha512"}


def element(der, at):
    """(start of the body, end) of the DER element at that offset."""
    n, head = der[at + 1], 2
    if n & 0x80:
        head += n & 0x7F
        n = int.from_bytes(der[at + 2:at + head], "big")
    return at + head, at + head + n


def end_point(pem):
    """tls-server-end-point of the first certificate of a file."""
    der = ssl.PEM_cert_to_DER_cert(pem[:pem.index("-----END CERTIFICATE-----") + 26])
    _, tbs_end = element(der, element(der, 0)[0])
    start, end = element(der, element(der, tbs_end)[0])
    name = HASHES.get(der[start:end], "sha256")
    return b"tls-server-end-point:" + hashlib.new(name, der).digest()


class Tls:
    """certificate and key: PEM files. client_ca: of client certificates that are asked for, always
    or, with later, after each connection's first request has come. bound_to: another certificate
    that channel bindings have to name, as with somebody in between."""
    def __init__(self, certificate, key, client_ca=None, later=False, bound_to=None):
        self.files, self.client_ca, self.later = (certificate, key), client_ca, later
        with open(bound_to or certificate) as f:
            self.binding = end_point(f.read())
        if later:
            return
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        if client_ca:
            self.context.load_verify_locations(client_ca)
            self.context.verify_mode = ssl.CERT_OPTIONAL

    def wrap(self, sock):
        """A socket with recv, sendall, makefile, peer()."""
        return Late(self, sock) if self.later else Now(self.context.wrap_socket(
            sock, server_side=True))


class Inner:
    """The TLS inside CredSSP's tokens."""
    def __init__(self, certificate, key, version):
        self.tls, self.version = credssp.server_tls(certificate, key), version
        with open(certificate) as f:
            pem = f.read()
        self.key, self.binding = credssp.public_key(pem), end_point(pem)

    def acceptor(self):
        return credssp.Acceptor(self.tls, self.key, auth.accept(auth.SPNEGO, self.binding),
                                self.version)


class Now:
    def __init__(self, sock):
        self.sock = sock
        self.sendall, self.makefile, self.fileno = sock.sendall, sock.makefile, sock.fileno
        self.setsockopt = sock.setsockopt

    def head_read(self):
        pass

    def peer(self):
        """The common name of the client's certificate, or None."""
        names = dict(x[0] for x in (self.sock.getpeercert() or {}).get("subject", ()))
        return names.get("commonName")

    def close(self):
        try:
            self.sock.unwrap()
        except (OSError, ValueError):
            pass
        self.sock.close()


class Late(io.RawIOBase):
    """Asks for the client's certificate by a renegotiation in the middle of the first request, as
    http.sys does."""
    def __init__(self, tls, sock):
        from OpenSSL import SSL
        self.error, self.want_read = SSL.Error, SSL.WantReadError
        self.verify_peer, self.asked = SSL.VERIFY_PEER, False
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
        context.use_certificate_chain_file(tls.files[0])
        context.use_privatekey_file(tls.files[1])
        context.load_verify_locations(tls.client_ca)
        context.set_session_id(b"endpoint")
        self.under, self.tls = sock, SSL.Connection(context, sock)
        self.tls.set_accept_state()
        self.fileno = sock.fileno

    def readable(self):
        return True

    def readinto(self, into):
        try:
            data = self.tls.recv(len(into))
        except self.error:
            return 0
        into[:len(data)] = data
        return len(data)

    def makefile(self, mode):
        return io.BufferedReader(self, 4096)

    def sendall(self, data):
        self.tls.sendall(data)

    def head_read(self):
        if not self.asked:
            self.asked = True
            self.tls.set_verify(self.verify_peer, lambda *a: a[-1])
            self.tls.renegotiate()
            self.tls.do_handshake()

    def peer(self):
        self.under.setblocking(False)
        while self.tls.renegotiate_pending():       # reading is what drives it
            select.select([self.under], [], [], 10)
            try:
                self.tls.recv(1)
            except self.want_read:
                pass
        self.under.setblocking(True)
        certificate = self.tls.get_peer_certificate()
        return certificate.get_subject().CN if certificate else None

    def close(self):
        try:
            self.tls.shutdown()
        except self.error:
            pass
        self.under.close()

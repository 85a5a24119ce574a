"""HTTPS: sessions, and what is said of each kind of certificate and of peers that speak something
else."""
import base64
import hashlib
import os
import re
import select
import shutil
import socket
import ssl
import tempfile
import threading
import unittest

import proxies
import tls_certs
from lib import HOST, LOGIN, NET, USAGE, load_tests, needs_gss, representative     # noqa: F401
from tls_lib import LOCAL, TlsCase, authority, fingerprint
from tls_peer import Server, SServer

# What the server shows: what is said of it, and the ways out that are named
PIN, CA, SKIP_CA, SKIP_CN = "-CertificateFingerprint SHA256:", "-CACertificate", "SkipCACheck", \
    "SkipCNCheck"
KINDS = {
    "expired": (r"it expired on \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\.", PIN),
    "future": (r"it is valid only from \d{4}\S* \S* UTC \(this machine's clock says \d{4}", PIN),
    "wrong-name": (r"it is for elsewhere\.example, not for localhost", PIN, SKIP_CN),
    "self": ("it is self-signed", PIN, CA, SKIP_CA),
    "unknown-ca": ("its issuer is unknown here: O=Test, CN=Other Root", PIN, CA, SKIP_CA),
    "no-inter": ("its issuer is unknown here: O=Test, CN=My inter", PIN, CA, SKIP_CA),
    "sha1": ("SHA-1, which is no longer safe", PIN, SKIP_CA),
    "rsa1024": ("RSA key in its chain has less than 2048 bits", PIN, SKIP_CA),
    "pss-signed": ("signed with RSA-PSS, which is not supported", PIN, SKIP_CA),
    "all-wrong": ("self-signed; it is for .*; it expired on ", PIN, CA),
}


def setUpModule():
    global CERTS, FOLDER
    CERTS = TlsCase.certs = a = authority()
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    FOLDER = folder.name
    elsewhere = LOCAL.replace("localhost,IP:127.0.0.1", "elsewhere.example")
    a.make("other-root", subject="/O=Test/CN=Other Root", ext=tls_certs.CA_EXT)
    for name, more in {
            "expired": {"days": (-400, -30)},
            "future": {"days": (30, 400)},
            "wrong-name": {"ext": elsewhere},
            "self": {"issuer": None},
            "all-wrong": {"issuer": None, "ext": elsewhere, "days": (-400, -30)},
            "unknown-ca": {"issuer": "other-root", "chain": False},
            "no-inter": {"chain": False},
            "sha1": {"issuer": "root", "kind": "rsa:2048", "sign": ["-md", "sha1"]},
            "sha384": {"issuer": "root", "sign": ["-md", "sha384"]},
            "rsa1024": {"issuer": "root", "kind": "rsa:1024"},
            "ed25519": {"issuer": "root", "kind": "ed25519"},
            "pss-key": {"issuer": "root", "kind": "rsa-pss"},
            "pss-signed": {"issuer": "root", "kind": "rsa:2048", "sign": [
                "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"]}}.items():
        a.make(name, **{"issuer": "inter", "ext": LOCAL, **more})


class Https(TlsCase):
    def refused(self, port, words, *args, code=NET, script="echo hello", **kw):
        """Nobody on a terminal, and no endpoint needed: it must not come to a login."""
        c = self.run_client("invoke-command", "localhost", script, "-Port", port, "-UseSSL",
                            "-Credential", "demo", "-PasswordFile", "-", "-CACertificate",
                            CERTS.path("root.crt"), *args, stdin=b"x\n", **kw)
        self.one_line(c, code, words, "localhost")
        return c.err


@needs_gss
class Sessions(Https):
    @representative
    def test_by_switch_and_by_uri(self):
        e = self.secure()
        self.check(self.run_over(e), 0, "hello\n")
        self.check(self.run_over(e, host=HOST), 0, "hello\n")
        for host in "localhost", HOST:
            uri = f"https://{host}:{e.port}/wsman"
            c = self.run_client("enter-pssession", "-ConnectionUri", uri, *e.to()[4:],
                                "-CACertificate", CERTS.path("root.crt"),
                                stdin=b"echo hello\nexit 3\n")
            self.check(c, 3, "hello\n")

    def test_much_both_ways(self):
        e = self.secure("--chunked")
        text = b"".join(b"%d\n" % i for i in range(20000))
        c = self.run_client(*self.words(e, "-InputObject", "-", script="cat"), stdin=text)
        self.check(c, 0, text.decode())

    def test_authorities_from_the_environment(self):
        e = self.secure()
        folder = FOLDER + "/authorities"
        os.mkdir(folder)
        shutil.copy(CERTS.path("root.crt"), folder + "/any-name.pem")
        root, other = CERTS.path("root.crt"), CERTS.path("other-root.crt")
        for env in ({"SSL_CERT_FILE": root}, {"SSL_CERT_DIR": folder},
                    {"SSL_CERT_FILE": other, "SSL_CERT_DIR": folder}):
            self.check(self.run_over(e, trust=None, env=env), 0, "hello\n")
        unknown = "its issuer is unknown here: O=Test, CN=My root"
        for trust, file in (None, other), ("other-root", root):
            env = {"SSL_CERT_FILE": file}
            self.one_line(self.run_over(e, trust=trust, env=env), NET, unknown, "localhost")
        for trust, env in ((None, {"SSL_CERT_FILE": "/no/such"}), ("no-such", {})):
            self.one_line(self.run_over(e, trust=trust, env=env), USAGE,
                          "cannot open '.*such.*': No such file", "such")

    def test_the_login_is_bound_to_the_channel(self):
        """Somebody in between whose certificate was accepted gets nowhere with NTLM."""
        e = self.secure(auth="negotiate,basic")
        with Between("self", e.port) as port:
            way = ("invoke-command", "localhost", "echo hello", "-Port", port, "-UseSSL",
                   *e.to()[4:], "-CertificateFingerprint", fingerprint(CERTS, "self"))
            self.check(self.run_client(*way, "-Authentication", "Basic"), 0, "hello\n")
            self.one_line(self.run_client(*way), LOGIN, "denied", "localhost")

    def test_the_default_port(self):
        nobody = "127.9.8.7"
        self.one_line(self.run_client("invoke-command", nobody, "echo a", "-UseSSL", "-Credential",
                                      "demo", "-PasswordFile", "-", stdin=b"x\n"),
                      NET, "port 5986 refused", nobody)
        self.one_line(self.run_client("invoke-command", "-ConnectionUri", f"https://{nobody}",
                                      "-ScriptBlock", "a", "-Credential", "demo", "-PasswordFile",
                                      "-", stdin=b"x\n"),
                      NET, "port 443 refused", nobody)


class Between:
    """TLS taken apart and put together again, with another certificate."""
    def __init__(self, cert, port):
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.load_cert_chain(CERTS.path(cert + ".pem"), CERTS.path(cert + ".key"))
        self.client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.client.check_hostname, self.client.verify_mode = False, ssl.CERT_NONE
        self.client.maximum_version = ssl.TLSVersion.TLSv1_2    # no tickets that wake select
        self.port = port

    def __enter__(self):
        self.listener = socket.create_server((HOST, 0))
        proxies.serve_each(self.listener, self.relay)
        return self.listener.getsockname()[1]

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def relay(self, conn):
        far = socket.create_connection((HOST, self.port))
        try:
            with conn, far, self.server.wrap_socket(conn, server_side=True) as near, \
                    self.client.wrap_socket(far) as far:
                other = {near: far, far: near}
                while True:
                    for s in select.select([near, far], [], [])[0]:
                        data = s.recv(65536)        # more than a record holds
                        if not data:
                            return
                        other[s].sendall(data)
        except OSError:
            pass


class Certificates(Https):
    def test_each_bad_one_has_its_words(self):
        for cert, (words, *ways) in KINDS.items():
            with self.subTest(cert), Server(cert) as s:
                said = self.refused(s.port, f"certificate of 'localhost' is not trusted: .*{words}")
                self.assertEqual([w for w in (PIN, CA, SKIP_CA, SKIP_CN) if w in said], ways)
                self.assertIn(base64.b64encode(hashlib.sha256(CERTS.der(cert)).digest())[:43]
                              .decode(), said)

    def test_keys_that_are_not_supported(self):
        for cert in "ed25519", "pss-key":
            with self.subTest(cert), Server(cert) as s:
                self.refused(s.port, "TLS 1.3, or have a certificate for Ed25519 or RSA-PSS, which "
                             "are not supported: enable TLS 1.2 .* RSA or ECDSA")

    @needs_gss
    def test_checks_that_are_left_out(self):
        for cert, options, although in (
                ("self", "SkipCACheck", "it is self-signed"),
                ("no-inter", "SkipCACheck", "its issuer is unknown here: O=Test, CN=My inter"),
                ("wrong-name", "SkipCNCheck", "it is for elsewhere.example, not for localhost")):
            for options in options, "SkipCACheck,SkipCNCheck,SkipRevocationCheck":
                with self.subTest(cert, options=options):
                    c = self.run_over(self.secure(cert=cert), "-SessionOption", options)
                    self.check(c, 0, "hello\n", "WARNING: the certificate of 'localhost' is "
                               f"accepted although {although}\n")
        c = self.run_over(self.secure(), "-SessionOption", "SkipCACheck,SkipCNCheck")
        self.check(c, 0, "hello\n")

    def test_checks_that_are_not_left_out(self):
        for cert, option, words in (("self", "SkipCNCheck", "self-signed"),
                                    ("wrong-name", "SkipCACheck", "not for localhost"),
                                    ("self", "SkipRevocationCheck", "self-signed"),
                                    ("expired", "SkipCACheck,SkipCNCheck", "expired")):
            with self.subTest(cert, option=option), Server(cert) as s:
                self.refused(s.port, words, "-SessionOption", option)

    @needs_gss
    def test_one_warning_a_session(self):
        e = self.secure(cert="self", shared=False)
        c = self.run_client("enter-pssession", *e.to(), "-UseSSL", "-SessionOption",
                            "SkipCACheck,SkipCNCheck", stdin=b"echo a\ncat\necho b\n")
        self.assertGreater(len(e.log("connect")), 1)
        self.check(c, 0, "a\nb\n", re.compile("^WARNING: [^\n]*self-signed[^\n]*\n$"))

    @needs_gss
    def test_a_pin_is_all_that_counts(self):
        for cert in "self", "all-wrong", "pss-signed":
            e, print_ = self.secure(cert=cert), fingerprint(CERTS, cert)
            self.check(self.run_over(e, "-CertificateFingerprint", print_), 0, "hello\n")
        digest = bytes.fromhex(print_[7:])
        for text in (print_[7:], digest.hex(":").upper(), "SHA256:" +
                     base64.b64encode(digest).decode().rstrip("=")):
            self.check(self.run_over(e, "-CertificateFingerprint", text), 0, "hello\n")

    def test_another_than_the_pinned_one(self):
        with Server("good") as s:
            self.refused(s.port, "is not the one that was named: its fingerprint is SHA256:.*"
                         "nothing was sent", "-CertificateFingerprint", fingerprint(CERTS, "self"))
        for text in "SHA256:", "SHA1:abc", "x" * 43, "SHA256:" + "ab" * 31:
            self.one_line(self.run_client(
                "invoke-command", "localhost", "a", "-UseSSL", "-CertificateFingerprint:" + text,
                "-Credential", "demo", "-PasswordFile", "-", stdin=b"x\n"),
                USAGE, "is no SHA-256 fingerprint", text)


class Peers(Https):
    """Servers that speak something else"""
    def test_tls_versions(self):
        with SServer("-tls1_3") as s:
            self.refused(s.port, "the server wants TLS 1.3, and this client has TLS 1.2: enable "
                         "TLS 1.2 there")
        with SServer("-tls1_1", "-cipher", "ALL:@SECLEVEL=0") as s:
            self.refused(s.port, "TLS 1.0 or 1.1|is TLS 1.2 enabled there")

    def test_suites(self):
        with SServer("-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256") as s:
            self.refused(s.port, "no cipher suite in common.*enable TLS 1.2 with ECDHE and AES-GCM")

    def test_a_client_certificate_is_wanted(self):
        with SServer("-tls1_2", "-Verify", "1") as s:
            self.refused(s.port, "the server wants a client certificate: -CertificateThumbprint, "
                         "or -Certificate FILE")

    def answer(self, text, *args):
        """A server that says that to whatever comes; what the client says of it."""
        with socket.create_server((HOST, 0)) as listener:
            def serve():
                conn, _ = listener.accept()
                with conn:
                    conn.recv(65536)
                    conn.sendall(text)
            t = threading.Thread(target=serve)
            t.start()
            try:
                return self.run_client("invoke-command", "localhost", "a", "-Port",
                                       listener.getsockname()[1], "-Credential", "demo",
                                       "-PasswordFile", "-", *args, stdin=b"x\n")
            finally:
                t.join()

    def test_no_tls_there(self):
        for text, words in ((b"HTTP/1.1 400 Bad Request\r\n\r\n", "speaks plain HTTP"),
                            (b"SSH-2.0-x\r\n", "speaks SSH on this port: use -HostName"),
                            (b"220 x ESMTP\r\n", "does not speak TLS"),
                            (b"", "closed the connection .*listener have a certificate")):
            with self.subTest(text):
                self.one_line(self.answer(text, "-UseSSL"), NET, words, "localhost")

    @needs_gss
    def test_plain_http_on_the_port(self):
        self.refused(self.shared().port, "plain HTTP|closed the connection")

    def test_tls_where_plain_http_was_meant(self):
        with Server("good") as s:
            c = self.run_client("invoke-command", "localhost", "a", "-Port", s.port,
                                "-Credential", "demo", "-PasswordFile", "-", stdin=b"x\n")
        self.one_line(c, None, "-UseSSL", "localhost")

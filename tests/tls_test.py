"""net/tls_io against TLS servers of other people's making, Python's ssl and openssl s_server:
suites, versions, ends, client certificates, renegotiation; tests/tls_driver.c is our end."""
import hashlib
import os
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import unittest

import tls_certs
import tls_peer
from tls_peer import Case, SServer, Server, ca, drive


def setUpModule():
    global CERTS, FOLDER
    CERTS, FOLDER = tls_peer.set_up()


tearDownModule = tls_peer.tear_down


def binding(der, algorithm):
    """MD5 of gss_channel_bindings_struct (RFC 4121, 4.1.1.2) with tls-server-end-point."""
    data = b"tls-server-end-point:" + hashlib.new(algorithm, der).digest()
    return hashlib.md5(bytes(16) + struct.pack("<I", len(data)) + data).hexdigest()


class Connections(Case):
    def test_channel_binding(self):
        for cert, algorithm in (("good", "sha256"), ("p384", "sha384"), ("p521", "sha512"),
                                ("sha1", "sha256"), ("pss-signed", "sha256")):
            with self.subTest(cert):
                said = self.accepted(cert, "skip_ca")
                self.assertIn("open " + binding(CERTS.der(cert), algorithm), said)

    def test_every_cipher_suite(self):
        for key, names in (
                ("good", "ECDHE-ECDSA-CHACHA20-POLY1305 ECDHE-ECDSA-AES128-GCM-SHA256 "
                 "ECDHE-ECDSA-AES256-GCM-SHA384 ECDHE-ECDSA-AES128-SHA256 "
                 "ECDHE-ECDSA-AES256-SHA384 ECDHE-ECDSA-AES128-SHA ECDHE-ECDSA-AES256-SHA"),
                ("rsa", "ECDHE-RSA-CHACHA20-POLY1305 ECDHE-RSA-AES128-GCM-SHA256 "
                 "ECDHE-RSA-AES256-GCM-SHA384 ECDHE-RSA-AES128-SHA256 ECDHE-RSA-AES256-SHA384 "
                 "ECDHE-RSA-AES128-SHA ECDHE-RSA-AES256-SHA AES128-GCM-SHA256 AES256-GCM-SHA384 "
                 "AES128-SHA256 AES256-SHA256 AES128-SHA AES256-SHA")):
            for suite in names.split():
                with self.subTest(suite), Server(key, ciphers=suite + ":@SECLEVEL=0") as s:
                    said = drive(s.port, ca())
                    self.assertIn("6 bytes, " + suite + "\nend\n", said)

    def test_curves_of_the_exchange(self):
        for curve in ("prime256v1", "secp384r1", "secp521r1"):
            with self.subTest(curve), Server("good", change=lambda c: c.set_ecdh_curve(curve)) as s:
                self.assertIn("\nend\n", drive(s.port, ca()))

    def test_on_a_connection_that_stands(self):
        self.accepted("good", "late")

    def test_large_and_slow(self):
        def echo(conn):
            text = b""
            while not text.endswith(b"\n"):
                text += conn.recv(65536)
            conn.sendall(text)
            conn.unwrap()
        for option, size in (("", 120000), ("slow", 3000)):
            text = "x" * size + "\n"
            with Server("good", handler=echo) as s:
                self.assertIn("data %d x" % len(text), drive(s.port, ca(), option, text=text))

        def echo_at_once(conn):
            total = 0
            while total < 8 << 20:
                piece = conn.recv(65536)
                total += len(piece)
                conn.sendall(piece)
            conn.unwrap()
        with Server("good", handler=echo_at_once) as s:
            said = drive(s.port, ca(), "times=1024", text="x" * 8191 + "\n")
        self.assertIn("data 8388608 xxx", said)
        self.assertIn("x\nend\n", said)

        def fill(conn):
            for _ in range(512):
                conn.sendall(bytes(32768))
            conn.sendall(b"\nall\n")
            conn.unwrap()
        with Server("good", handler=fill) as s:
            self.assertIn("data 16777221 all\nend\n", drive(s.port, ca()))

    def test_a_cut_is_no_end(self):
        def cut(conn):
            conn.recv(100)
            conn.sendall(b"half an ans")
            conn.shutdown(socket.SHUT_RDWR)
        with Server("good", handler=cut) as s:
            said = drive(s.port, ca())
        self.assertIn("data 11 half an ans\nerror -4 the connection to 'localhost' was cut off",
                      said)

    def test_old_versions(self):
        def old(c):
            c.minimum_version = ssl.TLSVersion.TLSv1
            c.maximum_version = ssl.TLSVersion.TLSv1_1
        self.refused("good", "(only TLS 1.0 or 1.1|TLS 1.2 enabled)", server={"change": old})

    def test_tls_13_only(self):
        def new(c):
            c.minimum_version = ssl.TLSVersion.TLSv1_3
        self.refused("good", "the server wants TLS 1.3, and this client has TLS 1.2",
                     server={"change": new})

    def test_server_name(self):
        for host, want in (("localhost", "localhost"), ("127.0.0.1", None)):
            names = []
            def note(_, name, __):
                names.append(name)
            with Server("good", change=lambda c: setattr(c, "sni_callback", note)) as s:
                drive(s.port, ca(), "skip_cn", name=host)
            self.assertEqual(names, [want])

    def plain(self, handler, *options):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            def serve():
                conn, _ = listener.accept()
                with conn:
                    handler(conn)
            t = threading.Thread(target=serve)
            t.start()
            said = drive(listener.getsockname()[1], ca(), *options)
            t.join()
        return said

    def test_what_is_not_tls(self):
        def answer(text):
            def handler(conn):
                conn.recv(1000)
                conn.sendall(text)
            return handler
        said = self.plain(answer(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
        self.assertRegex(said, "error -5 TLS with 'localhost': the server speaks plain HTTP")
        self.assertRegex(self.plain(answer(b"SSH-2.0-x\r\n")), "error -5 .* speaks SSH")
        said = self.plain(lambda conn: conn.recv(1000))
        self.assertRegex(said, "error -5 'localhost' closed the connection in the middle of")

        def reset(conn):
            conn.recv(1000)
            conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        said = self.plain(reset)
        self.assertRegex(said, "error -5 'localhost' closed the connection in the middle of")
        said = self.plain(lambda conn: conn.recv(1000) and conn.recv(1000))
        self.assertRegex(said, "error -4 no answer from 'localhost' in the TLS handshake within "
                         "3 s")

    def test_nobody_there(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.assertRegex(drive(port, ca()), "error -4 .*refused")


class Clients(Case):
    def mutual(self, cert, *options, server="good"):
        def wants(c):
            c.verify_mode = ssl.CERT_REQUIRED
            c.load_verify_locations(CERTS.path("root.crt"))
        options = ["cert=" + CERTS.path(cert + ".pem"), *options] if cert else list(options)
        with Server(server, change=wants) as s:
            said = drive(s.port, ca(), *options)
        return said, s.peer

    def common_name(self, peer):
        return dict(x[0] for x in peer["subject"])["commonName"]

    def test_every_kind_of_key(self):
        for cert, who in (("client-rsa", "alice"), ("client-rsa4096", "alice"),
                          ("client-p256", "bob"), ("client-p384", "bob"), ("client-p521", "bob")):
            with self.subTest(cert):
                said, peer = self.mutual(cert)
                self.assertIn("\nend\n", said)
                self.assertEqual(self.common_name(peer), who)

    def convert(self, name, *args):
        path = CERTS.path(name)
        tls_certs.openssl(*args, "-out", path)
        return "key=" + path

    def test_key_formats(self):
        rsa, ec = CERTS.path("client-rsa.key"), CERTS.path("client-p384.key")
        for cert, key in (
                ("client-rsa", self.convert("1.key", "rsa", "-traditional", "-in", rsa)),
                ("client-rsa", self.convert("2.key", "rsa", "-outform", "DER", "-in", rsa)),
                ("client-rsa", self.convert("3.key", "pkcs8", "-topk8", "-nocrypt", "-outform",
                                            "DER", "-in", rsa)),
                ("client-p384", self.convert("4.key", "ec", "-in", ec)),
                ("client-p384", self.convert("5.key", "ec", "-param_enc", "explicit", "-in", ec))):
            with self.subTest(key):
                self.assertIn("\nend\n", self.mutual(cert, key)[0])

    def test_encrypted_keys(self):
        rsa = CERTS.path("client-rsa.key")
        for cipher, hmac in (("aes-256-cbc", "hmacWithSHA256"), ("aes-192-cbc", "hmacWithSHA1"),
                             ("aes-128-cbc", "hmacWithSHA512"), ("aes-256-cbc", "hmacWithSHA384")):
            key = self.convert("locked.key", "pkcs8", "-topk8", "-in", rsa, "-v2", cipher, "-v2prf",
                               hmac, "-passout", "pass:pässword")
            with self.subTest(cipher + hmac):
                self.assertIn("\nend\n", self.mutual("client-rsa", key, "pass=pässword")[0])
        load = lambda *more: drive(1, "cert=" + CERTS.path("client-rsa.pem"), *more)
        self.assertEqual(load(key), "locked\n")
        for wrong in ("password", "", "x" * 200):
            self.assertRegex(load(key, "pass=" + wrong), "error -3 wrong pass phrase for the key ")
        key = self.convert("old.key", "rsa", "-traditional", "-aes128", "-passout", "pass:x",
                           "-in", rsa)
        self.assertRegex(load(key, "pass=x"), "error -2 .*old format")
        key = self.convert("des.key", "pkcs8", "-topk8", "-in", rsa, "-v2", "des3", "-passout",
                           "pass:x")
        self.assertRegex(load(key, "pass=x"), "error -2 .*not supported: openssl pkcs8")

    def test_one_file_for_both(self):
        both = CERTS.write("both.pem", "Bag Attributes\n  x: y\n" + CERTS.read("client-rsa.key") +
                           CERTS.read("client-rsa.pem"))
        self.assertIn("\nend\n", self.mutual(None, "cert=" + both)[0])

    def test_thumbprints(self):
        folder = FOLDER + "/certificates"
        os.mkdir(folder)
        for name in ("client-rsa", "client-p256", "good"):
            for end in (".pem", ".key"):
                shutil.copy(CERTS.path(name + end), folder)
        with open(folder + "/junk", "wb") as f:
            f.write(bytes(range(256)))
        os.mkdir(folder + "/sub")
        plain = hashlib.sha1(CERTS.der("client-p256")).hexdigest()
        spaced = "\u200e" + " ".join(plain.upper()[i:i + 2] for i in range(0, 40, 2))
        for text in (plain, spaced):
            said, peer = self.mutual(None, "cert=" + text, "folder=" + folder)
            self.assertIn("\nend\n", said)
            self.assertEqual(self.common_name(peer), "bob")
        for text, where, why in (
                ("0" * 40, folder, "no file in '.*' has the certificate 0000"),
                (plain[:-1], folder, "is no thumbprint"),
                (plain + "00", folder, "is no thumbprint"),
                ("g" * 40, folder, "is no thumbprint"), (plain, "/nonexistent", "cannot open")):
            said = drive(1, "cert=" + text, "folder=" + where)
            self.assertRegex(said, "error -2 .*" + why)

    def test_wrong_files(self):
        load = lambda cert, key: drive(1, "cert=" + cert, "key=" + key)
        pem, key = CERTS.path("client-rsa.pem"), CERTS.path("client-rsa.key")
        self.assertRegex(load(pem, CERTS.path("rsa.key")), "error -2 .*no key that belongs to")
        self.assertRegex(load(pem, CERTS.path("good.key")), "error -2 .*no key that belongs to")
        self.assertRegex(load(pem, pem), "error -2 .*no key that belongs to")
        self.assertRegex(load(key, key), "error -2 .*holds no certificate")
        self.assertRegex(load("/nonexistent", key), "error -2 cannot open")
        pfx = CERTS.path("client.pfx")
        tls_certs.openssl("pkcs12", "-export", "-in", pem, "-inkey", key, "-passout", "pass:x",
                          "-out", pfx)
        self.assertRegex(load(pfx, pfx), "error -2 .*openssl pkcs12")
        self.assertRegex(load(CERTS.path("ed25519.crt"), CERTS.path("ed25519.key")),
                         "error -2 .*cannot be used: it must be for RSA")

    def test_refusals_of_the_server(self):
        said, _ = self.mutual("client-unknown")
        self.assertRegex(said, "error -5 .*refuses the client certificate: it does not know its "
                         "issuer|error -5 .*closed the connection in the middle")
        said, _ = self.mutual(None)
        self.assertRegex(said, "error -5 ")


class Renegotiation(unittest.TestCase):
    """As http.sys asks for the client certificate: after a request. (At the end s_server says no
    goodbye.)"""
    def session(self, conversation, *options):
        with SServer("-tls1_2") as server, subprocess.Popen(
                [tls_peer.DRIVER, "127.0.0.1", str(server.port), "request\n", "name=localhost",
                 ca(), *options], stdout=subprocess.PIPE) as driver:
            try:
                server.until("request")
                conversation(server)
                server.tell("q")
                return driver.communicate(timeout=20)[0].decode()
            finally:
                driver.kill()

    def test_the_client_certificate_is_asked_for_later(self):
        for cert, who in (("client-rsa", "alice"), ("client-p521", "bob")):
            def conversation(server):
                server.tell("R")
                server.until("depth=0 CN = " + who)
                server.tell("answer")
            with self.subTest(cert):
                said = self.session(conversation, "cert=" + CERTS.path(cert + ".pem"))
                self.assertRegex(said, "data 7 answer\nerror -4 .*cut off")

    def test_with_data_in_between_and_slowly(self):
        def conversation(server):
            for word in ("first", "second", "third"):
                server.tell(word)
                server.tell("r")
                server.until("SSL_do_handshake -> 1")
            server.tell("last")
        for more in ([], ["slow"]):
            self.assertRegex(self.session(conversation, *more), "data 24 last\n")

    def test_without_a_certificate(self):
        def conversation(server):
            server.tell("R")
            server.until("SSL_do_handshake -> 1")
            server.tell("answer")
        self.assertRegex(self.session(conversation), "data 7 answer\n")


class Exotic(unittest.TestCase):
    def refused(self, why, *options):
        with SServer(*options) as server:
            self.assertRegex(drive(server.port, ca()), "error -5 .*" + why)

    def test_servers_that_want_more(self):
        self.refused("the server wants TLS 1.3", "-tls1_3")
        self.refused("no cipher suite in common", "-tls1_2", "-groups", "X25519")
        self.refused("no cipher suite in common", "-tls1_2", "-cipher",
                     "DHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-CCM8")

"""net/tls_io against every kind of certificate, shown by Python's ssl; tests/tls_driver.c is our
end."""
import hashlib
import os
import re
import shutil
import socket
import threading

import tls_peer
from tls_peer import Case, Server, ca, drive


def setUpModule():
    global CERTS, FOLDER
    CERTS, FOLDER = tls_peer.set_up()


tearDownModule = tls_peer.tear_down


def fingerprint(name):
    return "SHA256:" + hashlib.sha256(CERTS.der(name)).hexdigest()


class Certificates(Case):
    def test_what_can_be_trusted_is(self):
        for cert in ("good", "rsa", "rsa4096", "p384", "p521", "revoked", "server-eku"):
            with self.subTest(cert):
                self.accepted(cert)

    def test_dates(self):
        self.refused("expired", r"it expired on \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\.")
        self.refused("future", "it is valid only from ")
        self.refused("by-old-inter", "a certificate of its chain has expired")

    def test_names(self):
        self.refused("wrong-name", r"it is for elsewhere\.example, \*\.b\.example, not for "
                     "localhost")
        self.accepted("wrong-name", name="a.b.example")
        self.accepted("wildcard", name="a.sub.localhost")
        self.refused("wildcard", "not for", name="a.b.sub.localhost")
        self.refused("wildcard", "not for", name="sub.localhost")
        self.accepted("good", name="LOCALHOST.")
        self.accepted("good", name=".")

    def test_addresses(self):
        self.accepted("ip", name="127.0.0.1")
        self.accepted("ip", name="::1")
        self.accepted("ip", name="[0:0::1%lo]")
        self.refused("ip", "it is for 127.0.0.1, 0:0:0:0:0:0:0:1, not for 127.0.0.2",
                     name="127.0.0.2")
        self.refused("ip", "not for localhost")
        self.refused("ip-as-dns", "not for 127.0.0.1", name="127.0.0.1")

    def test_common_name_only_without_alternatives(self):
        self.accepted("cn-only")
        self.refused("cn-and-san", "it is for other.example")

    def test_issuers(self):
        self.refused("self", "it is self-signed")
        self.refused("unknown-ca", "its issuer is unknown here: O=Test, CN=Other Root")
        self.refused("no-inter", "its issuer is unknown here: O=Test, CN=Intermediate")
        self.refused("by-not-ca", "may not issue others")
        self.refused("by-constrained", "name constraints")
        self.refused("wrong-order", "out of order")
        self.accepted("no-inter", trust=ca("inter"))

    def test_uses(self):
        self.refused("client-only", "not made for servers")

    def test_weak_ones(self):
        self.refused("sha1", "SHA-1, which is no longer safe")
        self.refused("by-weak", "less than 2048 bits")
        self.refused("rsa1024", "less than 2048 bits")

    def test_what_is_not_supported_is_named(self):
        self.refused("pss-signed", "RSA-PSS, which is not supported")
        self.refused("pss-key", "Ed25519 or RSA-PSS")
        self.refused("ed25519", "Ed25519 or RSA-PSS")

    def test_way_out_is_named(self):
        said = self.refused("self", "-CertificateFingerprint SHA256:")
        shown = re.search(r"-CertificateFingerprint (SHA256:\S+);", said).group(1)
        self.assertIn("-CACertificate FILE", said)
        self.accepted("self", "pin=" + shown)


class Trust(Case):
    def test_anchors_from_environment(self):
        none = {"SSL_CERT_FILE": "", "SSL_CERT_DIR": ""}
        root = {"SSL_CERT_FILE": CERTS.path("root.crt")}
        folder = FOLDER + "/anchors"
        os.makedirs(folder + "/sub", exist_ok=True)
        shutil.copy(CERTS.path("root.crt"), folder + "/a.pem")
        os.symlink("/nonexistent", folder + "/gone.pem")
        with open(folder + "/junk", "wb") as f:
            f.write(bytes(range(256)) * 100)
        self.accepted("good", trust="-", env={**none, **root})
        self.accepted("good", trust="-", env={**none, "SSL_CERT_DIR": folder})
        self.refused("good", "issuer is unknown here", trust="-", env={**none, **root,
                     "SSL_CERT_FILE": CERTS.path("other-root.crt")})

    def test_the_systems_own_list(self):
        if not os.path.exists("/etc/ssl/certs/ca-certificates.crt"):
            self.skipTest("no ca-certificates here")
        self.refused("good", "its issuer is unknown here", trust="-",
                     env={"SSL_CERT_FILE": "", "SSL_CERT_DIR": ""})

    def test_many_anchors_and_der(self):
        bundle = CERTS.write("bundle.pem", "".join(
            CERTS.read(n + ".crt") for n in ("other-root", "self", "self-rsa", "root")) + "junk\n")
        self.accepted("good", trust="ca=" + bundle)
        self.accepted("self", trust="ca=" + bundle)
        self.refused("renewed", "unknown", trust=ca("self"))
        der = CERTS.path("root.cer")
        with open(der, "wb") as f:
            f.write(CERTS.der("root"))
        self.accepted("good", trust="ca=" + der)

    def test_named_files_must_be_good(self):
        for path, why in (("/nonexistent", "cannot open '/nonexistent'"),
                          (CERTS.path("good.key"), "holds no certificate")):
            with Server("good") as s:
                said = drive(s.port, "ca=" + path)
            self.assertRegex(said, "error -2 .*" + why)

    def test_pins(self):
        for cert in ("self", "expired", "wrong-name", "pss-signed", "rsa1024", "client-only"):
            with self.subTest(cert):
                said = self.accepted(cert, "pin=" + fingerprint(cert), trust="ca=/nonexistent")
                self.assertNotIn("passed", said)
        self.refused("good", "not the one that was named: its fingerprint is SHA256:",
                     "pin=" + fingerprint("self"))

    def test_checks_that_are_skipped(self):
        said = self.accepted("self", "skip_ca")
        self.assertRegex(said, "passed the certificate of 'localhost' is accepted although it is "
                         "self-signed")
        said = self.accepted("wrong-name", "skip_cn")
        self.assertRegex(said, "passed .* although it is for elsewhere.example")
        self.assertNotIn("passed", self.accepted("good", "skip_ca", "skip_cn"))
        self.refused("self", "self-signed", "skip_cn")
        self.refused("wrong-name", "not for localhost", "skip_ca")
        self.refused("expired", "it expired", "skip_ca", "skip_cn")
        for cert in ("sha1", "rsa1024", "pss-signed", "by-not-ca", "no-inter"):
            self.accepted(cert, "skip_ca")

    def test_the_user_is_asked(self):
        said = self.accepted("self", "ask=yes")
        self.assertRegex(said, r"asked 'CN=self' SHA256:\S+ it is self-signed\n")
        said = self.refused("expired", "it expired on", "ask=no")
        self.assertRegex(said, "asked 'CN=expired' SHA256:")
        said = self.refused("wrong-name", "", "ask=no")
        self.assertRegex(said, "asked 'CN=wrong-name' ")
        self.assertNotIn("asked", self.accepted("good", "ask=no"))

    def test_nothing_is_sent_before_the_answer(self):
        """A refusing client has sent its ClientHello and no more."""
        sizes = []
        relay = socket.create_server(("127.0.0.1", 0))

        def pass_on(server_port):
            a, _ = relay.accept()
            b = socket.create_connection(("127.0.0.1", server_port))
            hello = a.recv(65536)
            b.sendall(hello)
            sizes.append(len(hello))
            a.sendall(b.recv(65536))
            sizes.append(len(a.recv(65536)))
            b.close()
            a.close()
        with Server("self-rsa") as s:
            t = threading.Thread(target=pass_on, args=(s.port,))
            t.start()
            said = drive(relay.getsockname()[1], ca(), "ask=no",
                         "cert=" + CERTS.path("client-rsa.pem"))
            t.join()
        relay.close()
        self.assertIn("error -5", said)
        self.assertEqual(sizes[1], 0)

    def test_known_certificates(self):
        """First asked, then known, then changed; 'asked' is our question to the file, too."""
        known = FOLDER + "/home/known"
        env = {"PSSESSION_KNOWN_CERTIFICATES": known}
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]

        def serve(cert, *options):
            s = Server(cert)
            s.listener.close()
            s.listener = socket.create_server(("127.0.0.1", port))
            with s:
                return drive(port, ca(), "known", *options, env=env)
        self.assertIn("\nend\n", serve("self", "ask=yes"))
        with open(known) as f:
            lines = f.read()
        self.assertRegex(lines, r"^127\.0\.0\.1:%d SHA256:\S{43}\n$" % port)
        self.assertIn("\nend\n", serve("self", "ask=no"))
        said = serve("self-rsa", "ask=yes")
        self.assertRegex(said, "error -5 THE CERTIFICATE OF '127.0.0.1' PORT %d HAS CHANGED.*"
                         "delete line 1 of %s" % (port, known))
        self.assertNotIn("open", said)
        self.assertIn("\nend\n", serve("good", "ask=no"))      # trusted anyway
        with open(known) as f:
            self.assertEqual(f.read(), lines)

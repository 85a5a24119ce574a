"""Trust on a terminal: first contact, known and changed certificates; logins by certificate, from
files, by thumbprint, with keys behind pass phrases."""
import importlib.util
import os
import re
import shutil
import tempfile
import unittest

import tls_certs
from lib import HOST, LOGIN, NET, USAGE, load_tests, needs_gss, representative      # noqa: F401
from tls_lib import LOCAL, TlsCase, authority, fingerprint

QUESTION = (r"^\r?\n?The certificate of 'localhost' is not trusted: it is self-signed\.\r\n"
            r"Subject:     CN=self\r\nIssued by:   CN=self\r\n"
            r"Valid:       \d{4}-\d\d-\d\d \S+ UTC to \d{4}-\d\d-\d\d \S+ UTC\r\n"
            r"Fingerprint: (SHA256:[\w+/]{43})\r\n"
            r"Connect to it, now and in the future\? \(yes/no\): $")
CTRL_C = "\x03"


def setUpModule():
    global CERTS, FOLDER
    CERTS = TlsCase.certs = a = authority()
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    FOLDER = folder.name
    a.make("self", ext=LOCAL)
    a.make("other", ext=LOCAL)
    for name, issuer, kind, user in (("rsa", "root", "rsa:2048", "demo"),
                                     ("p256", "inter", "ec:P-256", "demo"),
                                     ("p384", "inter", "ec:P-384", "demo"),
                                     ("stranger", "root", "ec:P-256", "stranger")):
        a.make(name, issuer, kind=kind, subject="/CN=" + user)


@needs_gss
class FirstContact(TlsCase):
    def setUp(self):
        self.home = tempfile.mkdtemp(dir=FOLDER)
        self.known = self.home + "/pssession/known_certificates"

    def lines(self):
        with open(self.known) as f:
            return f.read()

    def connect(self, e, *args, **env):
        """invoke-command on a terminal"""
        return self.screen(*self.words(e, *args, trust=None),
                           **{"XDG_CONFIG_HOME": self.home, **env})

    def ends(self, s, code, text):
        s.finish()
        self.assertEqual(s.code, code, s.text)
        self.assertRegex(s.text[s.seen:], text)

    @representative
    def test_yes_is_remembered(self):
        e = self.secure(cert="self")
        s = self.connect(e)
        shown = re.search(QUESTION, s.wait(QUESTION)).group(1)
        s.type("yes\r")
        self.ends(s, 0, r"^yes\r\nhello\r\n$")
        self.assertEqual(self.lines(), f"localhost:{e.port} {shown}\n")
        self.assertEqual(os.stat(self.known).st_mode & 0o777, 0o600)
        self.ends(self.connect(e), 0, r"^hello\r\n$")
        c = self.run_over(e, trust=None, env={"XDG_CONFIG_HOME": self.home})
        self.check(c, 0, "hello\n")

    def test_no_and_what_is_not_yes(self):
        e = self.secure(cert="self")
        for typed, code in (("no\r", NET), ("\r", NET), ("y\r", NET), ("yes!\r", NET),
                            ("\x04", NET), (CTRL_C, 130)):
            with self.subTest(typed):
                s = self.connect(e)
                s.wait(QUESTION)
                s.type(typed)
                self.ends(s, code, "failed with .*self-signed" if code == NET else r"^\^C\r\n$")
                self.assertFalse(os.path.exists(self.known))
        self.assertEqual(e.log("request"), [])

    def test_in_a_session(self):
        """All its connections, one question, even if nothing can be remembered"""
        e = self.secure(cert="self", shared=False)
        for home in self.home, "/proc/nowhere":
            e.mark()
            s = self.screen("enter-pssession", *e.to(host="localhost"), "-UseSSL",
                            XDG_CONFIG_HOME=home)
            s.wait(QUESTION)
            s.type("yes\r")
            s.wait(r"\[localhost\]: PS /[^\n]*> $")
            s.type("echo early; sleep 60\r")
            s.wait("early\r\n")
            s.type(CTRL_C)
            s.wait(r"\[localhost\]: PS /[^\n]*> $")
            s.type("exit 3\r")
            self.ends(s, 3, "exit 3\r\n")
            self.assertGreater(len(e.log("connect")), 1)

    def test_many_servers(self):
        """One question after the other"""
        e = self.secure(cert="self")
        s = self.screen("invoke-command", f"localhost,{HOST}", *self.words(e, trust=None)[3:],
                        XDG_CONFIG_HOME=self.home)
        asked = []
        for answer in "yes", "no":
            asked.append(re.search("certificate of '(.*?)'", s.wait(r"\(yes/no\): $")).group(1))
            s.type(answer + "\r")
        s.finish()
        self.assertEqual(set(asked), {"localhost", HOST})
        self.assertEqual((s.code, s.text.count("hello\r\n")), (1, 1), s.text)
        self.assertRegex(self.lines(), f"^{asked[0]}:\\d+ SHA256:\\S+\n$")

    def test_where_nothing_can_be_remembered(self):
        e = self.secure(cert="self", shared=False)
        for env in {"XDG_CONFIG_HOME": "/proc/nowhere"}, {"XDG_CONFIG_HOME": "/dev/null"}, \
                {"XDG_CONFIG_HOME": "", "HOME": ""}:
            with self.subTest(env):
                s = self.connect(e, **env)
                s.wait(QUESTION)
                s.type("yes\r")
                s.wait(r"^yes\r\n[^\r]*You will be asked again: [^\r]*\.\r\n")
                self.ends(s, 0, "^hello\r\n$")

    def test_the_variable_names_another_file(self):
        e = self.secure(cert="self")
        named = self.home + "/new/file"
        s = self.connect(e, PSSESSION_KNOWN_CERTIFICATES=named)
        s.wait(QUESTION)
        s.type("yes\r")
        self.ends(s, 0, "hello\r\n$")
        self.assertTrue(os.path.exists(named))
        self.assertFalse(os.path.exists(self.known))

    def test_a_changed_one_is_refused(self):
        e = self.serve("--tls", *self.files("self"))
        s = self.connect(e)
        s.wait(QUESTION)
        s.type("yes\r")
        self.ends(s, 0, "hello\r\n$")
        e.end()
        with open(self.known, "r+") as f:
            before = "# mine\nlocalhost:1 SHA256:x\n" + f.read()
            f.seek(0)
            f.write(before)
        loud = rf"THE CERTIFICATE OF 'localhost' PORT {e.port} HAS CHANGED since you accepted it:" \
               rf" it is now SHA256:\S+\. Somebody may be in between; nothing was sent\. If the " \
               rf"change is right, delete line 3 of {self.known}"
        e2 = self.serve("--tls", *self.files("other"), "--port", str(e.port))
        self.ends(self.connect(e2), NET, loud)
        c = self.run_over(e2, trust=None, env={"XDG_CONFIG_HOME": self.home})
        self.one_line(c, NET, loud, "localhost")
        c = self.run_over(e2, "-CertificateFingerprint", fingerprint(CERTS, "other"), trust=None,
                          env={"XDG_CONFIG_HOME": self.home})
        self.check(c, 0, "hello\n")             # whoever names one knows better
        self.assertEqual(self.lines(), before)
        e2.end()
        e3 = self.serve("--tls", *self.files("good"), "--port", str(e.port))
        c = self.run_over(e3, env={"XDG_CONFIG_HOME": self.home})
        self.check(c, 0, "hello\n")             # an authority vouches for it

    def test_who_cannot_know_refuses(self):
        e = self.secure(cert="self")
        s = self.connect(e, PSSESSION_KNOWN_CERTIFICATES=self.home)
        self.ends(s, USAGE, f"cannot read '{self.home}': Is a directory")


@needs_gss
class ClientCertificates(TlsCase):
    def setUp(self):
        self.home = tempfile.mkdtemp(dir=FOLDER)
        self.folder = self.home + "/pssession/certificates"
        os.makedirs(self.folder)

    def serves(self, *options):
        return self.secure("--tls-client-ca", CERTS.path("root.crt"), *options,
                           auth="certificate,negotiate")

    def args(self, e, *args):
        return ("invoke-command", "localhost", "echo hello", "-Port", e.port, "-UseSSL",
                "-CACertificate", CERTS.path("root.crt"), *args)

    def login(self, e, *args, **kw):
        return self.run_client(*self.args(e, *args), env={"XDG_CONFIG_HOME": self.home}, **kw)

    def locked(self, name="rsa"):
        path = f"{self.home}/{name}-locked.key"
        tls_certs.openssl("pkcs8", "-topk8", "-in", CERTS.path(name + ".key"), "-v2",
                          "aes-256-cbc", "-passout", "pass:pässword", "-out", path)
        return path

    @representative
    def test_kinds_of_keys(self):
        e = self.serves()
        for name in "rsa", "p256", "p384":
            self.check(self.login(e, "-Certificate", CERTS.path(name + ".pem")), 0, "hello\n")
        logins = {r["auth"].split(" ")[0] for r in e.log("request")}
        self.assertEqual(logins, {"certificate"})

    def test_asked_for_in_mid_request(self):
        if not importlib.util.find_spec("OpenSSL"):
            self.skipTest("needs python3-openssl")
        e = self.serves("--tls-ask-late")
        for name in "rsa", "p384":
            self.check(self.login(e, "-Certificate", CERTS.path(name + ".pem")), 0, "hello\n")

    def test_files(self):
        e = self.serves()
        both = CERTS.write("both.pem", CERTS.read("rsa.pem") + CERTS.read("rsa.key"))
        self.check(self.login(e, "-Certificate", both), 0, "hello\n")
        shutil.copy(CERTS.path("rsa.key"), self.home + "/elsewhere")
        self.check(self.login(e, "-Certificate", CERTS.path("rsa.pem"), "-CertificateKey",
                              self.home + "/elsewhere"), 0, "hello\n")
        for cert, key, words in (
                ("/no/such", None, "cannot open '/no/such': No such file"),
                (CERTS.path("rsa.pem"), "/no/such", "cannot open '/no/such': No such file"),
                (CERTS.path("rsa.pem"), CERTS.path("p256.key"), "no key that belongs to"),
                (CERTS.path("rsa.key"), None, "holds no certificate")):
            with self.subTest(words):
                c = self.login(e, "-Certificate", cert, *(("-CertificateKey", key) if key else ()))
                self.one_line(c, USAGE, words, "/")
        c = self.login(e, "-CertificateKey", CERTS.path("rsa.key"))
        self.one_line(c, USAGE, "-CertificateKey goes with -Certificate", "")

    def test_thumbprints(self):
        e = self.serves()
        for name in "rsa", "p384", "stranger":
            for end in ".pem", ".key":
                shutil.copy(CERTS.path(name + end), self.folder)
        with open(self.folder + "/junk", "wb") as f:
            f.write(bytes(range(256)))
        thumb = lambda name: tls_certs.openssl(
            "x509", "-in", CERTS.path(name + ".crt"), "-noout", "-fingerprint", "-sha1"
        ).decode().strip().partition("=")[2]
        for text in thumb("rsa"), thumb("p384").replace(":", "").lower():
            self.check(self.login(e, "-CertificateThumbprint", text), 0, "hello\n")
        for text, words in (("0" * 40, f"no file in '{self.folder}' has the certificate 0{{40}}: "
                             "put it there in PEM, with its key, or name it by -Certificate FILE"),
                            ("12", "'12' is no thumbprint: it takes the 40 hex digits")):
            self.one_line(self.login(e, "-CertificateThumbprint", text), USAGE, words, text)
        shutil.rmtree(self.folder)
        self.one_line(self.login(e, "-CertificateThumbprint", thumb("rsa")), USAGE,
                      "cannot open '.*certificates': No such file", self.folder)

    def test_pass_phrases(self):
        e = self.serves()
        key = self.locked()
        words = self.args(e, "-Certificate", CERTS.path("rsa.pem"), "-CertificateKey", key)
        for typed, code, said in (("pässword\r", 0, "^\r\nhello\r\n$"),
                                  ("Pässword\r", LOGIN, "^\r\n[^\r]*wrong pass phrase for the "),
                                  (CTRL_C, 130, "^")):
            with self.subTest(typed):
                s = self.screen(*words)
                s.wait(f"^Pass phrase for {key}: $")
                self.assertFalse(s.echoes())
                s.type(typed)
                s.finish()
                self.assertEqual(s.code, code, s.text)
                self.assertRegex(s.text[s.seen:], said)
                self.assertNotIn("ässword", s.text)
        self.one_line(self.run_client(*words), LOGIN, "no terminal to ask for the pass phrase for "
                      f"'{key}' on; use a key without one", key)

    def test_one_question_for_many_servers(self):
        e = self.serves()
        s = self.screen("invoke-command", f"localhost,{HOST},localhost", *self.args(
            e, "-Certificate", CERTS.path("rsa.pem"), "-CertificateKey", self.locked(),
            "-HideComputerName")[2:])
        s.wait("Pass phrase for [^:]*: $")
        s.type("pässword\r")
        s.finish()
        self.assertEqual((s.code, s.text[s.seen:]), (0, "\r\n" + 3 * "hello\r\n"))

    def test_who_is_refused(self):
        e = self.serves()
        c = self.login(e, "-Certificate", CERTS.path("stranger.pem"))
        self.one_line(c, LOGIN, "knows no account for the certificate", "localhost")
        for option in (("-Certificate", CERTS.path("rsa.pem")), ("-CertificateFingerprint", "x"),
                       ("-CertificateThumbprint", "x")):
            c = self.run_client("invoke-command", "localhost", "a", "-Port", e.port, *option)
            self.one_line(c, USAGE, "over TLS only: add -UseSSL", "")

    def test_an_account_of_its_own_is_not_needed(self):
        """The certificate says who it is, so that nothing is asked."""
        e = self.serves()
        s = self.screen(*self.args(e, "-Certificate", CERTS.path("rsa.pem")))
        s.finish()
        self.assertEqual((s.code, s.text), (0, "hello\r\n"))

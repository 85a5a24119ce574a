"""Each scheme over each transport, through the binary, against acceptors that are not ours: logged
in, sealed or bound to the channel, nothing left open. docs/AUTHENTICATION.md names these tests.
Kerberos has its own file, and so do certificates."""
import base64
import os
import re
import socket
import unittest

import proxies
import tls_certs
from endpoint import winbind
from lib import (HOST, LOGIN, OK, PASSWORD, USAGE, Case, load_tests, needs_gss,    # noqa: F401
                 only_plain, representative, wait_for)
from tls_lib import empty_authority

ACCOUNTS = [("WORKGROUP", "demo", PASSWORD), ("ADOM", "jörg", "pässwörd-€-𝄞"), ("", "plain", "p"),
            ("TESTBOX", "local", "p q\\\"'"), ("", "carol@adom.example", "  blanks  "),
            ("DÖM", "Ωmega", "Пароль-1")]
WARNING = re.compile(r"^WARNING: CredSSP hands your password to the server[^\n]*\n$")


def setUpModule():
    global CERTS
    os.environ["NETBIOS_COMPUTER_NAME"] = "TESTBOX"         # whom gss-ntlmssp takes "." for
    CERTS = a = empty_authority()
    a.make("root", subject="/O=Test/CN=Root", ext=tls_certs.CA_EXT)
    local = tls_certs.LEAF_EXT + tls_certs.SAN + "IP:127.0.0.1"
    a.make("good", "root", ext=local, sign=["-md", "sha384"])
    a.make("other", ext=local)


def tls(*more):
    return "--tls", CERTS.path("good.pem"), CERTS.path("good.key"), *more


def credssp(*more):
    return "--credssp", CERTS.path("other.pem"), CERTS.path("other.key"), *more


class Schemes(Case):
    """The server offers nothing else, so that nothing else can have been used."""

    def serves(self, *options, auth, **kw):
        kw.setdefault("accounts", "".join("%s:%s:%s\n" % a for a in ACCOUNTS))
        e = self.shared(*options, auth=auth, **kw)
        e.tls = "--tls" in options
        return e

    def to(self, e, scheme, *more, user="demo", password=None):
        where = ["-UseSSL", "-CACertificate", CERTS.path("root.crt")] if e.tls else []
        return self.run_client("invoke-command", *e.to(user, password), "-Authentication", scheme,
                               *where, *more, "echo hello")

    def logs_in(self, scheme, *options, auth, more=(), sealed=None, err="", **kw):
        """What the endpoint wrote of the logins. Bodies are sealed over HTTP, never over HTTPS."""
        e = self.serves(*options, auth=auth)
        self.check(self.to(e, scheme, *more, **kw), OK, "hello\n", err)
        self.assertTrue(wait_for(lambda: not e.open_shells()), "a shell was left open")
        bodies = [r["sealed"] for r in e.log("request") if r["action"]]
        self.assertGreaterEqual(len(bodies), 4)
        self.assertEqual(set(bodies), {not e.tls if sealed is None else sealed})
        logins = [r["login"] for r in e.log("request") if "login" in r]
        self.assertTrue(logins)
        return logins

    def proves(self, mech, *args, bound=False, user="demo", **kw):
        for login in self.logs_in(*args, **kw):
            self.assertEqual((login["mech"], login["bound"], login["user"]), (mech, bound, user))


@needs_gss
class Ntlm(Schemes):
    @representative
    def test_ntlm_http(self):
        self.proves("ntlm", "NTLM", auth="ntlm")

    def test_ntlm_https(self):
        self.proves("ntlm", "NTLM", *tls(), auth="ntlm", bound=True)

    def test_negotiate_ntlm_http(self):
        self.proves("ntlm", "Negotiate", auth="negotiate")

    @representative
    def test_negotiate_ntlm_https(self):
        self.proves("ntlm", "Negotiate", *tls(), auth="negotiate", bound=True)

    def test_default_takes_ntlm_where_there_is_no_kdc(self):
        self.proves("ntlm", "Default", auth="negotiate,kerberos")
        self.proves("ntlm", "Default", *tls(), auth="negotiate,kerberos", bound=True)

    def test_negotiate_sealed_inside_https(self):
        self.proves("ntlm", "Negotiate", *tls("--always-seal"), auth="negotiate", bound=True)

    def test_a_thief_in_between_is_found_by_channel_binding(self):
        """His certificate is good, but not the one that the server knows of."""
        for scheme in "NTLM", "Negotiate":
            e = self.serves(*tls("--tls-binding", CERTS.path("other.crt")), auth="ntlm,negotiate")
            self.check(self.to(e, scheme), LOGIN, "", re.compile("denied"))
            self.assertEqual(e.log("shell-open"), [])


@needs_gss
@only_plain
@unittest.skipUnless(winbind.PROGRAM, "needs winbind's ntlm_auth")
class Winbind(Schemes):
    """Samba as the judge: ntlm_auth needs no domain for one account whose password it is told."""
    accounts = "ADOM:jörg:pässwörd-€-𝄞\n"

    def login(self, scheme, user="ADOM\\jörg", password="pässwörd-€-𝄞"):
        e = self.serves(*tls("--ntlm-auth"), auth="ntlm,negotiate", accounts=self.accounts)
        c = self.to(e, scheme, user=user, password=e.secret(password))
        return c, {r["login"]["user"] for r in e.log("request") if "login" in r}

    def test_ntlm_auth_ntlm_https(self):
        c, users = self.login("NTLM")
        self.check(c, OK, "hello\n")
        self.assertEqual(users, {"ADOM\\jörg"})

    def test_ntlm_auth_negotiate_https(self):
        c, users = self.login("Negotiate")
        self.check(c, OK, "hello\n")
        self.assertEqual(users, {"ADOM\\jörg"})

    def test_ntlm_auth_refuses(self):
        for scheme in "NTLM", "Negotiate":
            c, users = self.login(scheme, password="wrong")
            self.check(c, LOGIN, "", re.compile("^[^\n]*denied[^\n]*\n$"))
            self.assertEqual(users, set())


@needs_gss
class Basic(Schemes):
    def test_basic_https(self):
        self.logs_in("Basic", *tls(), auth="basic")

    def test_basic_http_when_told(self):
        self.logs_in("Basic", "--allow-unencrypted", auth="basic", sealed=False,
                     more=["-SessionOption", "NoEncryption"])

    def test_basic_http_is_refused_before_a_byte_is_sent(self):
        for scheme in "Basic", "Digest":
            e = self.serves("--allow-unencrypted", auth="basic,digest")
            self.check(self.to(e, scheme), LOGIN, "", re.compile(
                f"^[^\n]*{scheme} protects nothing [^\n]*-UseSSL[^\n]*NoEncryption[^\n]*\n$"))
            self.assertEqual(e.log("request"), [])


@needs_gss
class Digest(Schemes):
    def test_digest_md5_https(self):
        self.logs_in("Digest", *tls(), auth="digest-md5")

    def test_digest_md5_sess_https(self):
        self.logs_in("Digest", *tls(), auth="digest")

    def test_digest_sha256_https(self):
        self.logs_in("Digest", *tls(), auth="digest-sha256,digest")

    def test_digest_sha256_sess_https(self):
        self.logs_in("Digest", *tls(), auth="digest-sha256-sess")

    def test_digest_http_when_told(self):
        for auth in "digest-md5", "digest-sha256":
            self.logs_in("Digest", "--allow-unencrypted", auth=auth, sealed=False,
                         more=["-SessionOption", "NoEncryption"])

    def test_digest_stale_nonces(self):
        self.logs_in("Digest", *tls("--nonce-uses", "2"), auth="digest-sha256")


@needs_gss
class CredSsp(Schemes):
    def credssp(self, *options, version=6, **kw):
        logins = self.logs_in("Credssp", *credssp(*options), auth="credssp", err=WARNING, **kw)
        self.assertEqual({(n["mech"], n["bound"], n["credssp"]) for n in logins},
                         {("ntlm", True, version)})

    @representative
    def test_credssp_http(self):
        self.credssp()

    def test_credssp_https(self):
        self.credssp(*tls())

    def test_credssp_5_http(self):
        self.credssp("--credssp-version", "5", version=5)

    def test_credssp_4_http_is_refused_unless_told(self):
        """CVE-2018-0886: nothing that could open the login is sent before that is known"""
        for version in "2", "3", "4":
            options = credssp("--credssp-version", version)
            e = self.serves(*options, auth="credssp")
            self.check(self.to(e, "Credssp"), LOGIN, "", re.compile(
                f"speaks CredSSP {version} only.*CVE-2018-0886.*-UseSSL.*AllowEncryptionOracle"))
            self.assertEqual([r for r in e.log("request") if "login" in r], [])
            self.credssp(*options[3:], version=int(version),
                         more=["-SessionOption", "AllowEncryptionOracle"])

    def test_credssp_2_https(self):
        """TLS around it keeps out whom version 2 would let in."""
        self.credssp(*tls("--credssp-version", "2"), version=2)

    def test_a_wrong_password(self):
        e = self.serves(*credssp(), auth="credssp")
        c = self.to(e, "Credssp", password=e.secret("wrong"))
        self.check(c, LOGIN, "", re.compile("user name or password is incorrect"))
        self.assertEqual(e.log("shell-open"), [])


@needs_gss
class Accounts(Schemes):
    """The forms in which users write who they are"""
    FORMS = [("demo", PASSWORD), ("WORKGROUP\\demo", PASSWORD), ("WORKGROUP\\DEMO", PASSWORD),
             ("plain", "p"), (".\\local", "p q\\\"'"), ("carol@adom.example", "  blanks  "),
             ("ADOM\\jörg", "pässwörd-€-𝄞"), ("ADOM\\JÖRG", "pässwörd-€-𝄞"),
             ("DÖM\\Ωmega", "Пароль-1")]

    def each(self, forms, scheme, *options, auth, err=""):
        for user, password in forms:
            with self.subTest(user):
                name = self.serves(*options, auth=auth).secret(password)
                self.logs_in(scheme, *options, auth=auth, user=user, password=name, err=err)

    def test_names_negotiate(self):
        self.each(self.FORMS, "Negotiate", auth="negotiate")

    @only_plain
    def test_names_ntlm(self):
        self.each(self.FORMS[-5:], "NTLM", auth="ntlm")

    def test_names_basic(self):
        self.each(self.FORMS[-5:], "Basic", *tls(), auth="basic")

    def test_names_digest(self):
        self.each(self.FORMS[-5:], "Digest", *tls(), auth="digest-sha256")

    @only_plain
    def test_names_credssp(self):
        self.each(self.FORMS[-5:], "Credssp", *credssp(), auth="credssp", err=WARNING)

    def test_names_that_are_none(self):
        for user in "", "\\", "WORKGROUP\\":
            c = self.run_client("invoke-command", HOST, "a", "-Credential", user, "-PasswordFile",
                                "-", stdin=b"x\n")
            self.check(c, USAGE, "", re.compile("^[^\n]*user name[^\n]*\n$"))


class Fake:
    """A fake server that offers these schemes and keeps all that is said to it."""
    def __init__(self, *offers):
        self.answer = "".join(["HTTP/1.1 401 \r\nContent-Length: 0\r\n",
                               *(f"WWW-Authenticate: {o}\r\n" for o in offers), "\r\n"]).encode()
        self.listener, self.heard = socket.create_server((HOST, 0)), b""
        self.port = self.listener.getsockname()[1]
        proxies.serve_each(self.listener, self.serve)

    def serve(self, conn):
        with conn, conn.makefile("rb") as f:
            while self.request(f):
                conn.sendall(self.answer)

    def request(self, f):
        size = 0
        while line := f.readline():
            self.heard += line
            if line.lower().startswith(b"content-length:"):
                size = int(line.split(b":")[1])
            if line == b"\r\n":
                self.heard += f.read(size)
                return True
        return False


class Refused(Case):
    """What is not offered is said, and nothing weaker is used instead."""
    ALL = "Default", "Negotiate", "NTLM", "Kerberos", "Credssp", "Digest", "Basic"
    PASSWORD = "a password nobody hears"

    def ask(self, offers, scheme, *more):
        """(stderr, what the server heard)"""
        s = Fake(*offers)
        self.addCleanup(s.listener.close)
        c = self.run_client("invoke-command", HOST, "echo a", "-Port", s.port, "-Credential",
                            "demo", "-PasswordFile", "-", "-Authentication", scheme, *more,
                            stdin=self.PASSWORD.encode() + b"\n")
        self.check(c, LOGIN, "", None)
        for secret in self.PASSWORD.encode(), self.PASSWORD.encode("utf-16-le"):
            self.assertNotIn(secret, s.heard)
            for word in re.findall(rb"Authorization: \w+ ([\w+/=]+)", s.heard):
                self.assertNotIn(secret, base64.b64decode(word))
        return c.err, s.heard

    def words(self, err, wanted):
        self.assertRegex(err, "^(WARNING: [^\n]*\n)?[^\n]*%s[^\n]*\n$" % wanted)

    @representative
    def test_basic_alone_never_gets_the_password_of_another_scheme(self):
        for scheme in "Default", "Negotiate", "NTLM", "Credssp":
            with self.subTest(scheme):
                err, heard = self.ask(['Basic realm="x"'], scheme)
                self.words(err, "the server offers Basic, not %s: try -Authentication Basic" % (
                    "Negotiate" if scheme == "Default" else scheme))
                self.assertNotIn(b"Basic", heard)

    def test_digest_never_becomes_basic(self):
        err, heard = self.ask(["Basic"], "Digest", "-SessionOption", "NoEncryption")
        self.words(err, "the server offers Basic, not Digest: try -Authentication Basic")
        self.assertNotIn(b"Authorization: ", heard)

    def test_negotiate_never_becomes_raw_ntlm_and_the_other_way_round(self):
        err, _ = self.ask(["NTLM"], "Negotiate")
        self.words(err, "the server offers NTLM, not Negotiate: try -Authentication NTLM")
        err, _ = self.ask(["Negotiate"], "NTLM")
        self.words(err, "the server offers Negotiate, not NTLM: try -Authentication Negotiate")

    def test_all_that_is_offered_is_named(self):
        err, _ = self.ask(["Kerberos", 'Basic realm="x", Digest realm="y", qop="auth", nonce="z"',
                           "CredSSP"], "NTLM")
        self.words(err, "offers Kerberos, Basic, Digest, CredSSP, not NTLM")

    def test_what_nobody_here_can(self):
        for offers, wanted in (["Bearer", "Nonsense x=y"], "offers only Bearer, Nonsense, which is "
                               "not supported"), ([], "offers no way to log in"):
            with self.subTest(offers):
                self.words(self.ask(offers, "Default")[0], wanted)

    def test_implicit_without_a_ticket(self):
        s, way = Fake("Negotiate", 'Basic realm="x"'), proxies.Forwarder()
        self.addCleanup(s.listener.close)
        self.addCleanup(way.stop)
        env = {"KRB5CCNAME": "FILE:/nonexistent", "KRB5_CONFIG": "/nonexistent"}
        c = self.run_client("invoke-command", "server.alpha.test", "echo a", "-Authentication",
                            "NegotiateWithImplicitCredential", "-Port", s.port, "-SessionOption",
                            "Proxy=http://" + way.address, env=env)
        self.check(c, LOGIN, "", re.compile("^[^\n]*no Kerberos ticket[^\n]*kinit[^\n]*\n$"))
        self.assertEqual(s.heard, b"")
        c = self.run_client("invoke-command", HOST, "a", "-Authentication",
                            "NegotiateWithImplicitCredential", "-Credential", "demo")
        self.check(c, USAGE, "", re.compile("leave -Credential out"))

"""net/http_conn against the endpoint over TLS, through real proxies, and with redirects;
tests/http_driver.c is our end."""
import os
import shutil
import subprocess
import tempfile
import time
import unittest
import urllib.parse

import drivers
import krb5_realm
import proxies
import tls_certs
from endpoint import harness

REMOTE, USAGE, AUTH, NET, TLS, PEER = range(-1, -7, -1)
HOST = "web.alpha.test"


def setUpModule():
    global FOLDER, DRIVER, CERTS
    if not shutil.which("openssl"):
        raise unittest.SkipTest("no openssl")
    FOLDER = tempfile.TemporaryDirectory()
    DRIVER = drivers.build("http_driver", FOLDER.name)
    CERTS = a = tls_certs.Authority(FOLDER.name)
    local = tls_certs.LEAF_EXT + tls_certs.SAN + "IP:127.0.0.1,DNS:" + HOST
    a.make("root", kind="rsa:2048", subject="/O=Test/CN=Root", ext=tls_certs.CA_EXT)
    a.make("good", "root", ext=local)
    a.make("p384", "root", kind="ec:P-384", ext=local, sign=["-md", "sha384"])
    a.make("other", ext=local)
    a.make("demo", "root", subject="/CN=demo")
    a.make("stranger", "root", subject="/CN=stranger")


def tearDownModule():
    FOLDER.cleanup()


class Failed(Exception):
    def __init__(self, line):
        _, code, sent, redirect, why = line.split(" ", 4)
        self.code, self.sent, self.redirect = int(code), sent == "1", redirect
        super().__init__(why)


class Driver:
    def __init__(self, port, schemes, *options, password="Secret-1", host="127.0.0.1"):
        self.process = subprocess.Popen([DRIVER, host, str(port), schemes, *options],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdin.write(password + "\n")

    def post(self, n=0):
        """(status, length of the answer)"""
        self.process.stdin.write(f"post {n}\n" if n else "post\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline().rstrip("\n")
        if not line:
            raise AssertionError(f"the driver ended with {self.process.wait()}")
        if line.startswith("error "):
            raise Failed(line)
        status, _, length = line.split(" ")
        return int(status), int(length)

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        if self.process.wait(20):
            raise AssertionError(f"the driver ended with {self.process.returncode}")


def tls_options(name="good", *more):
    return "--tls", CERTS.path(name + ".pem"), CERTS.path(name + ".key"), *more


def trust(name="root"):
    return "ca=" + CERTS.path(name + ".crt")


class Case(harness.Case):
    def driver(self, endpoint, schemes, *options, user="demo", **kw):
        d = Driver(endpoint.port, schemes, f"user={user}", *options, **kw)
        self.addCleanup(d.end)
        return d

    def fails(self, driver, code, text, n=0):
        with self.assertRaises(Failed) as f:
            driver.post(n)
        self.assertIn(text, str(f.exception))
        self.assertEqual(f.exception.code, code)
        return f.exception

    def requests(self, endpoint, n):
        """What n requests were: a request is logged a moment after it is answered."""
        for _ in range(100):
            found = endpoint.log("request")
            if len(found) >= n:
                break
            time.sleep(0.02)
        return [(r["auth"], r["sealed"], r["status"]) for r in found]


@harness.needs_gss
class Https(Case):
    def test_bodies_go_unsealed_over_tls_with_every_scheme(self):
        for scheme, offer, want in (
                ("Negotiate", "negotiate", [("negotiate 1", False, 401),
                                            ("negotiate 2", False, 200), (None, False, 200)]),
                ("NTLM", "ntlm", [("ntlm 1", False, 401), ("ntlm 2", False, 200),
                                  (None, False, 200)]),
                ("Basic", "basic", [("basic 1", False, 200), ("basic 2", False, 200)]),
                ("Digest", "digest-sha256", [(None, False, 401), ("digest 1", False, 200),
                                             ("digest 2", False, 200)])):
            for certificate in "good", "p384":
                with self.subTest(scheme, certificate=certificate):
                    e = self.serve(*tls_options(certificate), auth=offer)
                    d = self.driver(e, scheme, trust())
                    self.assertEqual([d.post()[0], d.post()[0]], [200, 200])
                    self.assertEqual(self.requests(e, len(want)), want)

    def test_sealed_answers_are_taken_too(self):
        e = self.serve(*tls_options(), "--always-seal")
        d = self.driver(e, "Negotiate", trust())
        for _ in range(3):
            self.assertEqual(d.post()[0], 200)
        d = self.driver(self.serve(*tls_options(), "--always-seal", "--fault", "bad-seal"),
                        "Negotiate", trust())
        self.fails(d, PEER, "cannot be trusted")

    def test_large_bodies_go_both_ways(self):
        e = self.serve(*tls_options(), "--chunked")
        d = self.driver(e, "Negotiate", trust())
        self.assertEqual(d.post(3000000)[0], 500)       # no XML
        self.assertEqual(d.post()[0], 200)

    def test_a_certificate_not_trusted_ends_before_the_login(self):
        e = self.serve(*tls_options("other"))
        f = self.fails(self.driver(e, "Negotiate", trust()), TLS, "certificate")
        self.assertFalse(f.sent)
        self.assertEqual(self.requests(e, 0), [])

    def test_plain_http_is_told_from_https(self):
        self.fails(self.driver(self.serve(), "Negotiate", trust()), TLS, "TLS")
        self.fails(self.driver(self.serve(*tls_options()), "Negotiate"), NET, "")

    def test_an_idle_connection_that_was_closed_is_made_anew(self):
        e = self.serve(*tls_options(), "--fault", "close")
        d = self.driver(e, "Negotiate", trust())
        for _ in range(3):
            self.assertEqual(d.post()[0], 200)
            time.sleep(0.1)

    def test_a_wrong_password(self):
        d = self.driver(self.serve(*tls_options()), "Negotiate", trust(), password="wrong")
        self.fails(d, AUTH, "access to '127.0.0.1' denied")


@harness.needs_gss
class Certificates(Case):
    def test_a_certificate_logs_in(self):
        e = self.serve(*tls_options("good", "--tls-client-ca", CERTS.path("root.crt")),
                       auth="negotiate,certificate")
        d = self.driver(e, "Certificate", trust(), "cert=" + CERTS.path("demo.pem"))
        self.assertEqual([d.post()[0], d.post()[0]], [200, 200])
        self.assertEqual([r[0] for r in self.requests(e, 2)], ["certificate 1", "certificate 2"])

    def test_who_has_no_account_or_no_certificate_is_refused(self):
        e = self.serve(*tls_options("good", "--tls-client-ca", CERTS.path("root.crt")),
                       auth="negotiate,certificate")
        for more in ["cert=" + CERTS.path("stranger.pem")], []:
            d = self.driver(e, "Certificate", trust(), *more)
            self.fails(d, AUTH, "it knows no account for the certificate")
        d = self.driver(self.serve(auth="certificate"), "Certificate")
        self.fails(d, AUTH, "use HTTPS")

    def test_a_certificate_asked_for_in_mid_request(self):
        try:
            import OpenSSL      # noqa: F401
        except ImportError:
            self.skipTest("needs python3-openssl")
        for n in 0, 2000000:
            e = self.serve(*tls_options("good", "--tls-client-ca", CERTS.path("root.crt"),
                                        "--tls-ask-late"), auth="negotiate,certificate")
            d = self.driver(e, "Certificate", trust(), "cert=" + CERTS.path("demo.pem"))
            self.assertEqual(d.post(n)[0], 500 if n else 200)
            self.assertEqual(d.post()[0], 200)
            self.assertEqual(len(e.log("connect")), 1)


class Proxied(Case):
    def start(self, make, *args):
        p = make(*args)
        self.addCleanup(p.stop)
        return p

    def uri(self, proxy, user=None, password=None):
        who = f"{urllib.parse.quote(user)}:{urllib.parse.quote(password, safe='')}@" if user else ""
        return f"proxy=http://{who}127.0.0.1:{proxy.port}"

    def check(self, uri, *more):
        """Sealed over HTTP, and HTTPS, through the same proxy."""
        for options, ours in ((), ()), (tls_options(), (trust(),)):
            e = self.serve(*options)
            d = self.driver(e, "Negotiate", uri, *ours, *more)
            self.assertEqual([d.post()[0], d.post()[0], d.post(300000)[0]], [200, 200, 500])
            self.assertEqual(len(e.log("connect")), 1)


@harness.needs_gss
class Tinyproxy(Proxied):
    def test_both_schemes_go_through(self):
        self.check(self.uri(self.start(proxies.tinyproxy)))

    def test_basic(self):
        p = self.start(proxies.tinyproxy, "BasicAuth someone s3cret")
        self.check(self.uri(p, "someone", "s3cret"))
        e = self.serve()
        self.fails(self.driver(e, "Negotiate", self.uri(p)), AUTH, "asks for a login")
        d = self.driver(e, "Negotiate", self.uri(p, "someone", "wrong"))
        self.fails(d, AUTH, "access to the proxy '127.0.0.1' denied")
        self.assertEqual(self.requests(e, 0), [])

    def test_what_it_refuses_is_told(self):
        p = self.start(proxies.tinyproxy, "ConnectPort 1")
        self.fails(self.driver(self.serve(), "Negotiate", self.uri(p)), NET,
                   "the proxy '127.0.0.1' does not allow connections to '127.0.0.1' port")
        p = self.start(proxies.tinyproxy)
        with_nobody = Driver(proxies.free_port(), "Negotiate", "user=demo", self.uri(p))
        self.addCleanup(with_nobody.end)
        self.fails(with_nobody, NET, "the proxy '127.0.0.1' cannot reach '127.0.0.1' port")
        p.stop()
        self.fails(self.driver(self.serve(), "Negotiate", self.uri(p)), NET,
                   "no way through the proxy '127.0.0.1': connection to '127.0.0.1' port")


@harness.needs_gss
class Squid(Proxied):
    def test_basic(self):
        p = self.start(proxies.squid_basic)
        self.check(self.uri(p, proxies.USER, proxies.PASSWORD))

    def test_digest(self):
        p = self.start(proxies.squid_digest)
        self.check(self.uri(p, proxies.USER, proxies.PASSWORD.replace(":", "")))
        d = self.driver(self.serve(), "Negotiate", self.uri(p, proxies.USER, "wrong"))
        self.fails(d, AUTH, "login at the proxy '127.0.0.1' by Digest failed")

    def test_ntlm(self):
        p = self.start(proxies.squid_ntlm)
        self.check(self.uri(p, "PROXY\\nina", "Secret-2"))
        d = self.driver(self.serve(), "Negotiate", self.uri(p, "PROXY\\nina", "wrong"))
        self.fails(d, AUTH, "access to the proxy '127.0.0.1' denied")


@harness.needs_gss
class CredSsp(Case):
    def serve(self, *options, **kw):
        return super().serve("--credssp", CERTS.path("other.pem"), CERTS.path("other.key"),
                             *options, **{"auth": "negotiate,credssp", **kw})

    def test_the_login_and_sealed_bodies_of_every_version(self):
        for version in "6", "5", "4", "3", "2":
            with self.subTest(version):
                e = self.serve("--credssp-version", version)
                d = self.driver(e, "Credssp", *["oldcredssp=1"] * (version < "5"))
                self.assertEqual([d.post()[0] for _ in range(3)], [200] * 3)
                self.assertEqual(len(e.log("connect")), 1)
                found = self.requests(e, 8)
                self.assertEqual([r[1] for r in found], [False] * (len(found) - 3) + [True] * 3)

    def test_bodies_of_many_pieces(self):
        d = self.driver(self.serve(), "Credssp")
        for n in 16383, 16384, 16385, 500000:
            self.assertEqual(d.post(n)[0], 500)
        self.assertEqual(d.post()[0], 200)

    def test_over_https_bodies_are_not_sealed_twice(self):
        e = self.serve(*tls_options())
        d = self.driver(e, "Credssp", trust())
        self.assertEqual([d.post()[0], d.post()[0]], [200, 200])
        self.assertFalse(any(r[1] for r in self.requests(e, 3)))

    def test_a_wrong_password_is_told(self):
        for version in "6", "2":
            d = self.driver(self.serve("--credssp-version", version), "Credssp", "oldcredssp=1",
                            password="wrong")
            self.fails(d, AUTH, "")

    def test_the_password_goes_only_where_credssp_was_asked_for(self):
        e = self.serve(auth="credssp")
        self.fails(self.driver(e, "Default"), AUTH,
                   "the server offers CredSSP, not Negotiate: try -Authentication Credssp")
        e = self.serve(auth="negotiate")
        self.fails(self.driver(e, "Credssp"), AUTH, "the server offers Negotiate, not Credssp")

    def test_changed_answers_are_refused(self):
        e = self.serve("--fault", "bad-seal")
        self.fails(self.driver(e, "Credssp"), TLS, "cannot be trusted")


@harness.needs_gss
class Kerberos(Case):
    """As alice, at web.alpha.test, whose name only a proxy knows."""
    @classmethod
    def setUpClass(cls):
        cls.world = w = krb5_realm.World()
        cls.way = proxies.Forwarder()
        cls.env = os.environ.get("KRB5_CONFIG")
        os.environ["KRB5_CONFIG"] = w.conf

    @classmethod
    def tearDownClass(cls):
        cls.way.stop()
        cls.world.close()
        os.environ.pop("KRB5_CONFIG") if cls.env is None else None

    def serve(self, *options, **kw):
        return super().serve("--keytab", self.world.keytab, *options, **kw)

    def client(self, e, schemes, *options, user="alice", password=krb5_realm.PASSWORD, **kw):
        return self.driver(e, schemes, "conf=" + self.world.conf, "ccache=" + FOLDER.name + "/none",
                           "proxy=" + self.way.address, *options, user=user, password=password,
                           host=HOST, **kw)

    def check(self, e, want, *options, **kw):
        d = self.client(e, *options, **kw)
        self.assertEqual([d.post()[0], d.post()[0], d.post(300000)[0]], [200, 200, 500])
        self.assertEqual(self.requests(e, len(want)), want)

    def test_kerberos_is_what_negotiate_takes_first(self):
        sealed = [("negotiate 1", False, 200), (None, True, 200), (None, True, 200),
                  (None, True, 500)]
        for scheme in "Default", "Negotiate":
            self.check(self.serve(auth="negotiate,kerberos,ntlm"), sealed, scheme)

    def test_the_scheme_kerberos_seals_with_a_name_of_its_own(self):
        self.check(self.serve(auth="negotiate,kerberos"),
                   [("kerberos 1", False, 200), (None, True, 200), (None, True, 200),
                    (None, True, 500)], "Kerberos")

    def test_kerberos_inside_negotiate_where_only_that_is_offered(self):
        self.check(self.serve(auth="negotiate"),
                   [("refused: scheme kerberos", False, 401), ("negotiate 1", False, 200),
                    (None, True, 200), (None, True, 200), (None, True, 500)], "Kerberos")

    def test_over_https_with_channel_binding(self):
        for scheme in "Kerberos", "Default":
            e = self.serve(*tls_options(), auth="negotiate,kerberos")
            d = self.client(e, scheme, trust())
            self.assertEqual([d.post()[0], d.post()[0]], [200, 200])
            self.assertFalse(any(r[1] for r in self.requests(e, 3)))

    def test_inside_credssp(self):
        e = self.serve("--credssp", CERTS.path("p384.pem"), CERTS.path("p384.key"), auth="credssp",
                       accounts=f"ALPHA:alice:{krb5_realm.PASSWORD}\n")
        d = self.client(e, "Credssp")
        self.assertEqual([d.post()[0], d.post(50000)[0]], [200, 500])

    def test_ntlm_is_taken_where_kerberos_cannot_be(self):
        e = self.serve(auth="negotiate,kerberos")
        d = self.client(e, "Default", user="demo", password="Secret-1")
        self.assertEqual(d.post()[0], 200)
        self.assertEqual(self.requests(e, 2)[0][0], "negotiate 1")
        self.assertEqual(self.requests(e, 2)[1][0], "negotiate 2")
        d = self.driver(self.serve(), "Default", "conf=" + self.world.conf, user="alice",
                        password=krb5_realm.PASSWORD)
        self.fails(d, AUTH, "denied")   # no ticket for an address: NTLM, which knows no alice

    def test_kerberos_alone_never_becomes_ntlm(self):
        e = self.serve(auth="negotiate,kerberos")
        d = self.client(e, "Kerberos", user="demo", password="Secret-1")
        self.fails(d, AUTH, "knows no user")
        e2 = self.serve(auth="negotiate,kerberos")
        d = self.driver(e2, "Kerberos", "conf=" + self.world.conf, user="alice",
                        password=krb5_realm.PASSWORD)
        f = self.fails(d, USAGE, "no Kerberos ticket")
        self.assertFalse(f.sent)
        d = self.driver(e2, "Kerberos", user="alice")
        self.fails(d, AUTH, "there is nothing to get a Kerberos ticket with")
        self.assertEqual(self.requests(e, 0) + self.requests(e2, 0), [])

    def test_a_password_that_the_kdc_refused_is_not_tried_with_ntlm(self):
        e = self.serve(auth="negotiate,kerberos,ntlm")
        self.fails(self.client(e, "Default", password="wrong"), AUTH, "wrong password")
        self.assertEqual(self.requests(e, 0), [])

    def test_a_ticket_of_the_user_is_enough(self):
        cache = FOLDER.name + "/cc"
        self.world.kinit("alice", ccache="FILE:" + cache)
        e = self.serve(auth="negotiate")
        d = Driver(e.port, "Negotiate", "conf=" + self.world.conf, "ccache=" + cache,
                   "proxy=" + self.way.address, password="", host=HOST)
        self.addCleanup(d.end)
        self.assertEqual([d.post()[0], d.post()[0]], [200, 200])
        d = Driver(e.port, "Negotiate", "conf=" + self.world.conf, "ccache=" + cache + "x",
                   "proxy=" + self.way.address, password="", host=HOST)
        self.addCleanup(d.end)
        self.fails(d, AUTH, "no Kerberos ticket: ")

    def test_a_server_that_closes_between_requests(self):
        e = self.serve("--fault", "close", auth="kerberos")
        d = self.client(e, "Kerberos")
        for _ in range(3):
            self.assertEqual(d.post()[0], 200)
            time.sleep(0.1)

    def test_the_port_can_be_in_the_name(self):
        e = self.serve(auth="kerberos")
        self.fails(self.client(e, "Kerberos", "spnport=1"), NET, f"HTTP/web.alpha.test:{e.port}")
        name = f"HTTP/{HOST}:{e.port}"
        self.world.alpha.admin([f"addprinc -randkey {name}",
                                f"ktadd -q -norandkey -k {self.world.keytab} {name}"])
        self.assertEqual(self.client(e, "Kerberos", "spnport=1").post()[0], 200)


@harness.needs_gss
class Redirects(Case):
    def test_the_target_is_told_and_nobody_goes_there(self):
        for to, want in (("https://other.example:444/x?y", "https://other.example:444/x?y"),
                         ("/new", "http://127.0.0.1:{}/new"), ("//h/p", "http://h/p")):
            e = self.serve("--redirect", to)
            f = self.fails(self.driver(e, "Negotiate"), REMOTE, "which is not followed")
            self.assertEqual(f.redirect, want.format(e.port))
            self.assertEqual(len(self.requests(e, 1)), 1)
        e = self.serve(*tls_options("good", "--redirect", "/new"))
        f = self.fails(self.driver(e, "Negotiate", trust()), REMOTE, "which is not followed")
        self.assertEqual(f.redirect, f"https://127.0.0.1:{e.port}/new")

    def test_a_malformed_target_is_no_target(self):
        e = self.serve("--redirect", "http://" + "x" * 5000)
        f = self.fails(self.driver(e, "Negotiate"), PEER, "redirects, but to no address")
        self.assertEqual(f.redirect, "-")

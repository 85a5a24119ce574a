"""Kerberos through the binary, against MIT's KDC and GSSAPI: every scheme that can carry it over
each transport, every way to have a ticket, and what is said when there is none. A proxy
alone knows the names of the servers."""
import os
import re
import tempfile
import time
import unittest

import krb5_realm
import proxies
import tls_certs
from krb5_fakes import FakeKdc, krb_error
from krb5_realm import ALPHA, ENCTYPES, PASSWORD, free_port
from lib import (LOGIN, NET, OK, USAGE, Case, Endpoint, load_tests, needs_gss,     # noqa: F401
                 only_plain, representative, wait_for)

WEB = "web.alpha.test"
ALICE = "alice@" + ALPHA
WARNING = re.compile("^WARNING: CredSSP hands your password to the server[^\n]*\n$")
NOBODY = "FILE:/nonexistent"


def setUpModule():
    global WORLD, WAY, CERTS, FOLDER
    FOLDER = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(FOLDER.cleanup)
    WORLD = krb5_realm.World()
    unittest.addModuleCleanup(WORLD.close)
    WAY = proxies.Forwarder()
    unittest.addModuleCleanup(WAY.stop)
    os.environ.update(KRB5_CONFIG=WORLD.conf, KRB5RCACHENAME="none:")       # the endpoint's
    CERTS = a = tls_certs.Authority(FOLDER.name)
    a.make("root", subject="/O=Test/CN=Root", ext=tls_certs.CA_EXT)
    a.make("good", "root", ext=tls_certs.LEAF_EXT + tls_certs.SAN + "DNS:" + WEB)
    a.make("other")


def tls(*more):
    return "--tls", CERTS.path("good.pem"), CERTS.path("good.key"), *more


def conf(*lines):
    """A krb5.conf of its own, as a variable of the client."""
    handle, path = tempfile.mkstemp(dir=FOLDER.name)
    with os.fdopen(handle, "w") as f:
        f.write("\n".join(lines))
    return {"KRB5_CONFIG": path}


def realm_conf(*kdcs, more=""):
    return conf("[libdefaults]", f" default_realm = {ALPHA}", " dns_lookup_kdc = no", "[realms]",
                f" {ALPHA} = {{", *(f" kdc = {k}" for k in kdcs), " }", more)


def kdc():
    return f"127.0.0.1:{WORLD.alpha.port}"


class Kerberos(Case):
    def serves(self, *options, **kw):
        e = self.shared("--keytab", WORLD.keytab, *options, **kw)
        e.tls = "--tls" in options
        return e

    def go(self, e, scheme, *more, host=WEB, user="alice", password=PASSWORD, env=None, option=""):
        who = ["-Credential", user] if user else []
        if user and password is not None:
            who += ["-PasswordFile", "-"]
        where = ["-UseSSL", "-CACertificate", CERTS.path("root.crt")] if e.tls else []
        return self.run_client(
            "invoke-command", "-ComputerName", host, "-Port", e.port, *who, *where,
            "-Authentication", scheme, "-SessionOption", f"Proxy=http://{WAY.address}{option}",
            *more, "echo hello", stdin=(password or "").encode() + b"\n",
            env={"KRB5_CONFIG": WORLD.conf, "KRB5CCNAME": NOBODY, **(env or {})})

    def proves(self, e, *args, mech="kerberos", who=ALICE, err="", bound=None, **kw):
        """Logged in; bodies are sealed over HTTP, and channel bindings checked over HTTPS."""
        e.mark()
        self.check(self.go(e, *args, **kw), OK, "hello\n", err)
        self.assertTrue(wait_for(lambda: not e.open_shells()), "a shell was left open")
        bodies = [r["sealed"] for r in e.log("request") if r["action"]]
        self.assertGreaterEqual(len(bodies), 4)
        self.assertEqual(set(bodies), {not e.tls})
        logins = [r["login"] for r in e.log("request") if "login" in r]
        self.assertEqual({(n["mech"], n["user"], n["bound"]) for n in logins},
                         {(mech, who, e.tls if bound is None else bound)})

    def refused(self, e, code, words, *args, host=WEB, **kw):
        self.one_line(self.go(e, *args, host=host, **kw), code, words, host)
        self.assertEqual(e.log("shell-open"), [])


@needs_gss
class Schemes(Kerberos):
    @representative
    def test_kerberos_http(self):
        self.proves(self.serves(auth="kerberos"), "Kerberos")

    @representative
    def test_kerberos_https(self):
        self.proves(self.serves(*tls(), auth="kerberos"), "Kerberos")

    def test_kerberos_http_seals_with_every_encryption_type(self):
        for n in ENCTYPES:
            with self.subTest(n):
                self.proves(self.serves(auth="kerberos"), "Kerberos", host=f"e{n}.alpha.test",
                            user=f"e{n}", who=f"e{n}@{ALPHA}")

    def test_negotiate_kerberos_http(self):
        self.proves(self.serves(auth="negotiate"), "Negotiate")

    def test_negotiate_kerberos_http_seals_with_every_encryption_type(self):
        for n in ENCTYPES:
            with self.subTest(n):
                self.proves(self.serves(auth="negotiate"), "Negotiate", host=f"e{n}.alpha.test")

    def test_negotiate_kerberos_https(self):
        self.proves(self.serves(*tls(), auth="negotiate"), "Negotiate")

    def test_kerberos_inside_negotiate(self):
        self.proves(self.serves(auth="negotiate"), "Kerberos")
        self.proves(self.serves(*tls(), auth="negotiate"), "Kerberos")

    def test_default_takes_kerberos_where_a_kdc_answers(self):
        self.proves(self.serves(auth="negotiate,kerberos,ntlm,basic"), "Default")
        self.proves(self.serves(*tls(), auth="negotiate,kerberos,ntlm,basic"), "Default")

    def credssp(self, *more):
        return self.serves("--credssp", CERTS.path("other.pem"), CERTS.path("other.key"), *more,
                           auth="credssp", accounts=f"ALPHA:alice:{PASSWORD}\n")

    def test_credssp_kerberos_http(self):
        self.proves(self.credssp(), "Credssp", err=WARNING, bound=True)

    def test_credssp_kerberos_https(self):
        self.proves(self.credssp(*tls()), "Credssp", err=WARNING)

    def implicit(self, *options):
        cache = FOLDER.name + "/implicit"
        WORLD.kinit("alice", ccache="FILE:" + cache)
        self.proves(self.serves(*options, auth="negotiate"), "NegotiateWithImplicitCredential",
                    user=None, env={"KRB5CCNAME": "FILE:" + cache})

    def test_implicit_http(self):
        self.implicit()

    def test_implicit_https(self):
        self.implicit(*tls())

    def test_a_thief_in_between_is_found_by_channel_binding(self):
        """His certificate is good, but not the one that the server knows of."""
        for scheme in "Kerberos", "Negotiate":
            e = self.serves(*tls("--tls-binding", CERTS.path("other.crt")),
                            auth="kerberos,negotiate")
            self.refused(e, LOGIN, "refuses the ticket for HTTP/web.alpha.test", scheme)


@needs_gss
@only_plain
class Tickets(Kerberos):
    """All the ways to have one"""

    def cache(self, user="alice", *options):
        path = tempfile.mktemp(dir=FOLDER.name)
        WORLD.kinit(user, PASSWORD, "FILE:" + path, *options)
        return path

    def test_users_as_they_are_typed(self):
        e = self.serves(auth="kerberos")
        for user in "alice", "alice@ALPHA.TEST", "alice@alpha.test", "ALPHA\\alice", \
                "alpha.test\\alice":
            with self.subTest(user):
                self.proves(e, "Kerberos", user=user)

    def test_a_password_that_is_not_ascii(self):
        WORLD.alpha.admin(["addprinc +requires_preauth -pw pässwörd-€-𝄞 jörg"])
        self.proves(self.serves(auth="kerberos"), "Kerberos", user="jörg", who="jörg@" + ALPHA,
                    password="pässwörd-€-𝄞")

    def test_the_cache_that_krb5ccname_names(self):
        e, path = self.serves(auth="negotiate"), self.cache()
        for scheme, name in ("Default", path), ("Negotiate", "FILE:" + path), ("Kerberos", path):
            with self.subTest(scheme):
                self.proves(e, scheme, user=None, env={"KRB5CCNAME": name})

    def test_a_service_ticket_alone_needs_no_kdc(self):
        path = self.cache("alice", "-S", "HTTP/" + WEB)
        self.proves(self.serves(auth="kerberos"), "Kerberos", user=None,
                    env={"KRB5CCNAME": path, **realm_conf("127.0.0.1:9")})

    def test_a_keytab(self):
        e = self.serves(auth="kerberos")
        for user in None, "alice":
            with self.subTest(user):
                self.proves(e, "Kerberos", "-KeyTab", WORLD.alice_keytab, user=user, password=None)

    def test_the_kdc_that_the_user_names(self):
        e, nothing = self.serves(auth="kerberos"), {"KRB5_CONFIG": "/nonexistent"}
        self.proves(e, "Kerberos", "-Kdc", kdc(), user="alice@alpha.test", env=nothing)
        self.proves(e, "Kerberos", "-Kdc", kdc(), user="ALPHA\\alice", env=nothing)
        self.proves(e, "Kerberos", "-Kdc", kdc(), env=realm_conf(f"127.0.0.1:{free_port()}"))

    def test_the_domain_of_each_server_may_be_the_users(self):
        e = self.serves(auth="kerberos")
        c = self.go(e, "Kerberos", "-Kdc", kdc(), user="ALPHA\\alice", host="x.other.test," + WEB,
                    env={"KRB5_CONFIG": "/nonexistent"})
        self.check(c, 1, WEB + ": hello\n", re.compile("the KDC of ALPHA knows no user"))

    def test_a_referral_to_another_realm(self):
        """Known to krb5.conf; and to the KDC alone"""
        e = self.serves(auth="kerberos")
        beta = f"[realms]\n BETA.TEST = {{\n kdc = 127.0.0.1:{WORLD.beta.port}\n }}"
        for env in {}, realm_conf(kdc(), more=beta):
            self.proves(e, "Kerberos", host="web.beta.test", env=env)

    def test_the_port_in_the_name_of_the_service(self):
        e = self.serves(auth="kerberos")
        name = f"HTTP/{WEB}:{e.port}"
        self.refused(e, NET, f"knows no service '{name}@{ALPHA}'", "Kerberos",
                     option=",IncludePortInSPN")
        WORLD.alpha.admin([f"addprinc -randkey {name}",
                           f"ktadd -q -norandkey -k {WORLD.keytab} {name}"])
        self.proves(e, "Kerberos", option=",IncludePortInSPN")

    def test_default_falls_to_ntlm_without_a_ticket_and_a_kdc(self):
        e = self.serves(auth="negotiate,kerberos",
                        accounts="WORKGROUP:demo:Secret-1\n:demo@nowhere.test:Secret-1\n")
        for user, env in ("demo", {"KRB5_CONFIG": "/nonexistent"}), \
                ("demo", realm_conf(f"127.0.0.1:{free_port()}")), ("demo", {}), \
                ("demo@nowhere.test", {}):
            with self.subTest(user, env=env):
                self.proves(e, "Default", user=user, password="Secret-1", env=env, mech="ntlm",
                            who=user.replace("demo@", "\\demo@"))


    def test_default_falls_to_ntlm_where_nobody_knows_the_service(self):
        e = self.serves(auth="negotiate,kerberos", accounts=f"WORKGROUP:alice:{PASSWORD}\n")
        self.proves(e, "Default", host="nope.alpha.test", mech="ntlm", who="alice")


@needs_gss
class Refusals(Kerberos):
    """The first cause, in one line, with the way out; and nobody tries NTLM behind it."""

    def no(self, code, words, scheme="Kerberos", *more, **kw):
        e = self.serves(auth="negotiate,kerberos,ntlm")
        self.refused(e, code, words, scheme, *more, **kw)
        self.assertEqual([r for r in e.log("request") if r["auth"]], [])

    @representative
    def test_a_wrong_password(self):
        for scheme in "Kerberos", "Negotiate", "Default":
            with self.subTest(scheme):
                self.no(LOGIN, f"wrong password for '{ALICE}'", scheme, password="wrong")

    def test_an_unknown_user(self):
        self.no(LOGIN, f"knows no user 'nobody@{ALPHA}': check the name and the realm",
                user="nobody")

    def test_a_wrong_realm(self):
        self.no(LOGIN, "no user 'alice@BETA.TEST'", user="alice@BETA.TEST")
        self.no(NET, "no KDC of realm NOWHERE.TEST is known.*-Kdc", user="alice@NOWHERE.TEST")
        self.no(USAGE, "tells no realm.*user@REALM", env={"KRB5_CONFIG": "/nonexistent"})
        with FakeKdc(lambda q: [krb_error(68)]) as fake:
            self.no(LOGIN, "wrong realm.*user@REALM.*-Kdc", env=realm_conf(fake.name))

    def test_accounts_that_may_not(self):
        self.no(LOGIN, "password of 'expired@.* has expired: change it", user="expired")
        self.no(LOGIN, "disabled, locked or expired", user="locked")

    def test_a_service_that_nobody_knows(self):
        self.no(NET, f"knows no service 'HTTP/nope.alpha.test@{ALPHA}'.*setspn",
                host="nope.alpha.test")

    def test_a_kdc_that_is_down(self):
        port = free_port()
        self.no(NET, f"no KDC of realm {ALPHA} answers .tried 127.0.0.1:{port}",
                env=realm_conf(f"127.0.0.1:{port}"))

    def test_no_ticket(self):
        for scheme in "NegotiateWithImplicitCredential", "Kerberos", "Negotiate", "Default":
            with self.subTest(scheme):
                self.no(LOGIN, "no Kerberos ticket: .*/nonexistent.*kinit", scheme, user=None)

    @only_plain
    def test_a_ticket_that_has_expired(self):
        path = FOLDER.name + "/short"
        WORLD.kinit("alice", PASSWORD, "FILE:" + path, "-l", "1s")
        time.sleep(2)
        self.no(LOGIN, "expired: run kinit", user=None, env={"KRB5CCNAME": path})

    def test_caches_and_keytabs_that_are_none(self):
        self.no(USAGE, "only files", user=None, env={"KRB5CCNAME": "KEYRING:x"})
        self.no(USAGE, "no Kerberos credential cache", user=None, env={"KRB5CCNAME": WORLD.conf})
        self.no(USAGE, "no key for 'bob'", "Kerberos", "-KeyTab", WORLD.alice_keytab, user="bob",
                password=None)
        self.no(USAGE, "cannot open '/nonexistent'", "Kerberos", "-KeyTab", "/nonexistent",
                password=None)

    def test_an_address_has_no_tickets(self):
        self.no(USAGE, "no tickets for addresses.*or use NTLM", host="127.0.0.1")

    def test_a_server_without_kerberos(self):
        e = self.serves(auth="ntlm,basic")
        self.refused(e, LOGIN, "offers NTLM, Basic, not Kerberos: try -Authentication NTLM",
                     "Kerberos")

    def test_a_key_that_the_server_does_not_have(self):
        WORLD.alpha.admin(["addprinc -randkey HTTP/rekeyed.alpha.test"])
        e = self.serves(auth="kerberos")
        self.refused(e, LOGIN, "cannot open the ticket.*setspn", "Kerberos",
                     host="rekeyed.alpha.test")

    def test_a_server_that_does_not_say_why(self):
        e = self.serves("--fault", "401-loop", auth="kerberos,negotiate")
        for scheme in "Kerberos", "Default":
            self.refused(e, LOGIN, "denied, though the KDC gave a ticket.*log on there remotely",
                         scheme)


@needs_gss
class Clocks(Kerberos):
    """Clocks that differ too much for Kerberos (5 minutes)"""

    def test_ours_is_wrong(self):
        """As far as the KDC tells the time, it is corrected."""
        world = krb5_realm.World(faketime="-2h")
        self.addCleanup(world.close)
        e = Endpoint("--keytab", world.keytab, auth="kerberos", under=krb5_realm.at("-2h"))
        self.addCleanup(e.end)
        e.tls = False
        warning = "^WARNING: This machine's clock is wrong: here it is 20[^,]+Z, at the KDC 20.+Z"
        self.proves(e, "Kerberos", env={"KRB5_CONFIG": world.conf}, err=re.compile(warning))

    def test_that_of_the_server_is_wrong(self):
        e = Endpoint("--keytab", WORLD.keytab, auth="kerberos", under=krb5_realm.at("-2h"))
        self.addCleanup(e.end)
        e.tls = False
        self.refused(e, LOGIN, "clocks differ too much for Kerberos: here it is 20[^,]+Z, at "
                     f"{WEB} 20[^;]+Z; set the one that is wrong", "Kerberos")

    def test_a_fake_kdc_that_is_never_content(self):
        with FakeKdc(lambda q: [krb_error(37)]) as fake:
            e = self.serves(auth="kerberos")
            self.refused(e, LOGIN, "the clocks differ too much for Kerberos: here it is 20[^,]+Z, "
                         f"at the KDC of {ALPHA} 2030-01-02T03:04:05Z; set this machine's clock",
                         "Kerberos", env=realm_conf(fake.name))

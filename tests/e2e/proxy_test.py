"""Through proxies, Debian's tinyproxy and squid: where they are named, how they are logged in to,
what is said when they refuse."""
import os
import tempfile
import threading
import urllib.parse

import proxies
from lib import HOST, LOGIN, NET, USAGE, load_tests, needs_gss, representative   # noqa: F401
from tls_lib import TlsCase, authority


def setUpModule():
    global CERTS
    CERTS = TlsCase.certs = authority()


def tearDownModule():
    """All at once: squid takes its time to end."""
    each = [threading.Thread(target=p.stop) for p in Proxied.running.values()]
    for t in each:
        t.start()
    for t in each:
        t.join()


class Proxied(TlsCase):
    running = {}

    @classmethod
    def proxy(cls, make, *args):
        """One that other tests use, too"""
        if (make, *args) not in cls.running:
            cls.running[make, *args] = make(*args)
        return cls.running[make, *args]

    def uri(self, proxy, user=None, password=None):
        who = f"{urllib.parse.quote(user)}:{urllib.parse.quote(password, safe='')}@" if user else ""
        return f"http://{who}{HOST}:{proxy if isinstance(proxy, int) else proxy.port}"

    def words(self, e, option, *more, tls=False, host=HOST):
        return ("invoke-command", *e.to(host=host), "-ScriptBlock", "echo hello",
                *(("-SessionOption", option) if option else ()),
                *(("-UseSSL", "-CACertificate", CERTS.path("root.crt")) if tls else ()), *more)

    def passes(self, option, *more, **kw):
        """To both kinds of servers"""
        for e, tls in (self.shared(), False), (self.secure(), True):
            self.check(self.run_client(*self.words(e, option, *more, tls=tls), **kw), 0, "hello\n")

    def fails(self, option, code, said, *more, e=None, tls=False, **kw):
        e = e or (self.secure() if tls else self.shared())
        c = self.run_client(*self.words(e, option, *more, tls=tls), **kw)
        self.one_line(c, code, said, "")
        self.assertNotRegex(c.err, r"Pr(ö|%C3%B6)xy|Secret|hidden")
        self.assertEqual(e.log("request"), [])
        return c


@needs_gss
class Named(Proxied):
    """Where the proxy's name is taken from. Nobody but it knows the host, whose name is so long
    that no name server is asked."""
    SERVER = "srv" * 22 + ".corp.invalid"

    def setUp(self):
        self.way = self.proxy(proxies.Forwarder)
        self.way.asked.clear()
        self.e = self.shared()

    def run_with(self, option, **env):
        return self.run_client(*self.words(self.e, option, "-Authentication", "NTLM",
                                           host=self.SERVER), env=env)

    @representative
    def test_by_option(self):
        for text in (f"http://{HOST}:{self.way.port}", f"{HOST}:{self.way.port}",
                     f"'HTTP://{HOST}:{self.way.port}/'"):
            self.check(self.run_with("Proxy=" + text), 0, "hello\n")
        self.assertEqual({a.split("\r\n")[0] for a in self.way.asked},
                         {f"CONNECT {self.SERVER}:{self.e.port} HTTP/1.1"})
        self.assertNotIn("uthorization", "".join(self.way.asked))
        c = self.run_client("invoke-command", "-ConnectionUri",
                            f"http://{self.SERVER}:{self.e.port}/wsman", "-ScriptBlock",
                            "echo hello", "-SessionOption", f"Proxy={self.uri(self.way)}",
                            *self.e.to()[4:])
        self.check(c, 0, "hello\n")

    def test_by_the_environment(self):
        env = {"https_proxy": self.uri(self.way)}
        for kind in "IEConfig", "WinHttpConfig", "AutoDetect":
            self.check(self.run_with(f"ProxyAccessType={kind}", **env), 0, "hello\n")
        for kind in "None", "NoProxyServer":
            self.one_line(self.run_with(f"ProxyAccessType={kind}", **env), NET, "cannot resolve",
                          self.SERVER)
        c = self.run_with("ProxyAccessType=NoProxyServer",
                          PSSESSION_OPTION=f"Proxy={self.uri(self.way)}")
        self.one_line(c, NET, "cannot resolve", self.SERVER)
        for none, passes in (("", True), ("example", True), ("corp.invalid:1", True),
                             ("corp.invalid", False), ("x, .corp.invalid", False), ("*", False)):
            with self.subTest(none):
                c = self.run_with("ProxyAccessType=IEConfig", no_proxy=none, **env)
                self.assertEqual(c.code, 0 if passes else NET, c.err)
        self.check(self.run_with(f"Proxy={self.uri(self.way)}", no_proxy="*"), 0, "hello\n")
        c = self.run_with(None, PSSESSION_OPTION=f"Proxy={self.uri(self.way)}")
        self.check(c, 0, "hello\n")

    def test_names_that_are_none(self):
        for text, words in (("https://h:1", r"plain HTTP \(http://host:port\).*https"),
                            ("socks5://u:hidden@h", "plain HTTP .*'socks5' is not supported"),
                            ("http://u:hidden@:80", "the proxy cannot be used"),
                            ("h:hidden", "the proxy cannot be used"),
                            ("http://u%G:hidden@h", "user name or password is malformed")):
            with self.subTest(text):
                c = self.run_with("Proxy=" + text)
                self.one_line(c, USAGE, words, "proxy")
                self.assertNotIn("hidden", c.err)


@needs_gss
class Tinyproxy(Proxied):
    def test_to_both_kinds_of_servers(self):
        self.passes(f"Proxy={self.uri(self.proxy(proxies.tinyproxy))}")

    def test_basic(self):
        p = self.proxy(proxies.tinyproxy, "BasicAuth someone Secret-3")
        self.passes(f"Proxy={self.uri(p, 'someone', 'Secret-3')}")
        self.fails(f"Proxy={self.uri(p)}", LOGIN, f"the proxy '{HOST}' asks for a login: give")
        for tls in False, True:
            self.fails(f"Proxy={self.uri(p, 'someone', 'hidden')}", LOGIN,
                       f"access to the proxy '{HOST}' denied: the user name or password is "
                       "incorrect", tls=tls)

    def test_refusals(self):
        p = self.proxy(proxies.tinyproxy, "ConnectPort 1")
        for tls in False, True:
            self.fails(f"Proxy={self.uri(p)}", NET, f"the proxy '{HOST}' does not allow "
                       rf"connections to '{HOST}' port \d+ \(HTTP 403\)", tls=tls)

    def test_servers_that_it_cannot_reach(self):
        p = self.proxy(proxies.tinyproxy)
        for host, words in ((HOST, rf"the proxy '{HOST}' cannot reach '{HOST}' port \d+"),
                            ("srv.corp.invalid", f"the proxy '{HOST}' cannot reach 'srv")):
            c = self.run_client("invoke-command", host, "echo a", "-Port", proxies.free_port(),
                                "-Credential", "demo", "-PasswordFile", "-", "-SessionOption",
                                f"Proxy={self.uri(p)}", stdin=b"x\n")
            self.one_line(c, NET, words, host)

    def test_nobody_there(self):
        port = proxies.free_port()
        self.fails(f"Proxy={self.uri(port)}", NET, f"no way through the proxy '{HOST}': connection "
                   f"to '{HOST}' port {port} refused")
        c = self.run_client(*self.words(self.shared(), "Proxy=http://proxy.corp.invalid:3128"))
        self.one_line(c, NET, "no way through the proxy 'proxy.corp.invalid': cannot resolve")

    def test_no_proxy_at_all(self):
        e = self.serve()
        c = self.run_client(*self.words(self.shared(), f"Proxy={self.uri(e)}"))
        self.one_line(c, NET, f"the proxy '{HOST}' does not allow connections|is it an HTTP proxy")


@needs_gss
class Squid(Proxied):
    def test_basic(self):
        p = self.proxy(proxies.squid_basic)
        self.passes(f"Proxy={self.uri(p, proxies.USER, proxies.PASSWORD)}")
        self.fails(f"Proxy={self.uri(p, proxies.USER, 'hidden')}", LOGIN, "the proxy .* the user "
                   "name or password is incorrect")
        self.fails(f"Proxy={self.uri(p)}", LOGIN, f"the proxy '{HOST}' asks for a login")

    def test_digest(self):
        p = self.proxy(proxies.squid_digest)
        self.passes(f"Proxy={self.uri(p, proxies.USER, proxies.PASSWORD.replace(':', ''))}")
        self.fails(f"Proxy={self.uri(p, proxies.USER, 'hidden')}", LOGIN, "the proxy .* the user "
                   "name or password is incorrect", tls=True)

    def test_ntlm(self):
        p = self.proxy(proxies.squid_ntlm)
        user, password = proxies.DOMAIN_USER.split(":")[1:]
        self.passes(f"Proxy={self.uri(p, 'PROXY' + chr(92) + user, password)}")
        self.fails(f"Proxy={self.uri(p, 'PROXY' + chr(92) + user, 'hidden')}", LOGIN,
                   f"access to the proxy '{HOST}' denied")

    def test_the_scheme_can_be_chosen(self):
        uri = f"Proxy={self.uri(self.proxy(proxies.squid_basic), proxies.USER, proxies.PASSWORD)}"
        self.passes(uri + ",ProxyAuthentication=Basic")
        for other in "Digest", "Negotiate":
            self.fails(f"{uri},ProxyAuthentication={other}", LOGIN, f"login at the proxy '{HOST}' "
                       f"failed: the proxy offers Basic, not {other}: try -SessionOption "
                       "ProxyAuthentication=Basic")

    def option(self):
        p = self.proxy(proxies.squid_basic)
        return f"Proxy={self.uri(p)},ProxyCredential={proxies.USER}"

    def test_the_password_is_asked_for(self):
        s = self.screen(*self.words(self.shared(), self.option()))
        s.wait(f"Password for user {proxies.USER}: $")
        self.assertFalse(s.echoes())
        s.type(proxies.PASSWORD + "\r")
        s.finish()
        self.assertEqual((s.code, s.text[s.seen:]), (0, "\r\nhello\r\n"))

    def test_the_password_program_is_asked(self):
        with tempfile.NamedTemporaryFile("w", suffix=".sh", delete=False) as f:
            f.write(f"#!/bin/sh\n[ \"$1\" = 'Password for user {proxies.USER}: ' ] || exit 1\n"
                    f"echo '{proxies.PASSWORD}'\n")
        self.addCleanup(os.unlink, f.name)
        os.chmod(f.name, 0o700)
        self.passes(self.option(), env={"PSSESSION_ASKPASS": f.name})

    def test_nobody_to_ask(self):
        self.fails(self.option(), LOGIN, f"no terminal to ask for the password of '{proxies.USER}'")

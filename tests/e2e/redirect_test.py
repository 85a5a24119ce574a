"""Redirections: followed when the user allows it, as often as he allows it, never down from HTTPS,
and never with the password itself to a host he did not name."""
import tls_certs
from lib import HOST, Case, load_tests, needs_gss, representative, wait_for       # noqa: F401
from tls_lib import empty_authority

OK, REMOTE, USAGE, LOGIN, NET = range(5)
OTHER = "localhost"                             # the same machine, by another name


def setUpModule():
    global CERTS
    CERTS = a = empty_authority()
    a.make("root", subject="/O=Test/CN=Root", ext=tls_certs.CA_EXT)
    a.make("here", "root", ext=tls_certs.LEAF_EXT + tls_certs.SAN + "IP:" + HOST)
    a.make("both", "root", ext=tls_certs.LEAF_EXT + tls_certs.SAN + f"IP:{HOST},DNS:{OTHER}")


def tls(name):
    return "--tls", CERTS.path(name + ".pem"), CERTS.path(name + ".key")


def told(*uris):
    return "".join(f"WARNING: The connection is redirected to '{u}'.\n" for u in uris)


@needs_gss
class Redirect(Case):
    def uri(self, e, host=HOST, scheme="http"):
        return f"{scheme}://{host}:{e.port}/wsman"

    def referring(self, to, *options, **kw):
        return self.serve("--redirect", to, *options, **kw)

    def go(self, uri, *more, e, applet="invoke-command", allow=True, **kw):
        """To uri, with e's password file."""
        where = ["-ConnectionUri", uri, *["-AllowRedirection"][:allow]]
        if uri.startswith("https"):
            where += ["-CACertificate", CERTS.path("root.crt")]
        return self.run_client(applet, *where, "-Credential", "demo", "-PasswordFile", e.password,
                               *more, *(["echo hello"] if applet == "invoke-command" else []), **kw)

    def refused(self, c, code, text):
        self.check(c, code, "", None)
        line = c.err.splitlines()[-1]
        self.assertIn(f"[{HOST}] Connecting to remote server {HOST} failed with the following "
                      "error message : ", line)
        self.assertIn(text, line)

    def asked(self, e, n):
        """n times, no more. The endpoint writes of a request after it was answered."""
        wait_for(lambda: len(e.log("request")) >= n)
        self.assertEqual(len(e.log("request")), n)

    @representative
    def test_two_in_a_row_with_input(self):
        e = self.shared()
        second = self.referring(self.uri(e))
        first = self.referring(self.uri(second))
        c = self.go(self.uri(first), e=e)
        self.check(c, OK, "hello\n", told(self.uri(second), self.uri(e)))
        c = self.run_client("invoke-command", "-URI", self.uri(first), "-AllowRedirection",
                            "-Credential", "demo", "-PasswordFile", e.password, "-InputObject", "-",
                            "cat", stdin=b"one\ntwo\n")
        self.check(c, OK, "one\ntwo\n", None)

    def test_an_interactive_session(self):
        e = self.shared()
        first = self.referring(self.uri(e))
        c = self.go(self.uri(first), e=e, applet="enter-pssession", stdin=b"echo hello\nexit 3\n")
        self.check(c, 3, "hello\n", told(self.uri(e)))

    def test_every_kind(self):
        e = self.shared()
        for options in (("--redirect-status", "301"), ("--redirect-status", "307"),
                        ("--redirect-status", "308")):
            with self.subTest(options):
                first = self.referring(self.uri(e), *options)
                self.check(self.go(self.uri(first), e=e), OK, "hello\n", told(self.uri(e)))
        first = self.serve("--redirect-fault", self.uri(e))
        self.check(self.go(self.uri(first), e=e), OK, "hello\n", told(self.uri(e)))
        first = self.referring(self.uri(e), "--redirect-status", "303")
        self.check(self.go(self.uri(first), e=e), 5, "", None)

    def test_each_of_several_hosts_by_itself(self):
        e = self.shared()
        first = self.referring(self.uri(e))
        c = self.go(f"{self.uri(first)},{self.uri(e)}", e=e)
        self.check(c, OK, "127.0.0.1: hello\n" * 2, told(self.uri(e)))

    def test_without_the_switch_the_target_and_the_parameter_are_named(self):
        for how in ("--redirect", "--redirect-fault"):
            with self.subTest(how):
                e = self.serve(how, "http://elsewhere.test:99/there")
                for c in (self.go(self.uri(e), e=e, allow=False), self.invoke(e, "echo hello")):
                    self.refused(c, REMOTE, "redirects to 'http://elsewhere.test:99/there'")
                    self.assertIn("-AllowRedirection", c.err)
                    self.assertEqual(e.open_shells(), 0)

    def test_the_switch_belongs_to_the_uri(self):
        e = self.shared()
        c = self.invoke(e, "echo hello", "-AllowRedirection")
        self.check(c, USAGE, "", None)
        self.assertIn("Parameter set cannot be resolved", c.err)

    def test_at_most_five(self):
        e = self.referring("/wsman")
        c = self.go(self.uri(e), e=e)
        self.refused(c, REMOTE, "5 redirections were followed already")
        self.assertIn("MaximumRedirection", c.err)
        self.asked(e, 6)

    def test_as_many_as_the_option_says(self):
        for n in (0, 7):
            e = self.referring("/wsman")
            c = self.go(self.uri(e), "-SessionOption", f"MaximumRedirection={n}", e=e)
            self.refused(c, REMOTE, f"{n} redirections were followed already")
            self.asked(e, n + 1)

    def test_a_target_that_is_none(self):
        for to in ("ftp://elsewhere/", "http://user@elsewhere/", "http://[::1/"):
            e = self.referring(to)
            self.refused(self.go(self.uri(e), e=e), REMOTE, f"redirects to '{to}': ")

    def test_never_down_from_https(self):
        e = self.shared()
        first = self.referring(self.uri(e), *tls("here"))
        c = self.go(self.uri(first, scheme="https"), e=e)
        self.refused(c, NET, f"redirects from HTTPS to '{self.uri(e)}'")
        self.assertEqual(e.log("request"), [])

    def test_up_to_https(self):
        e = self.shared(*tls("here"))
        first = self.referring(self.uri(e, scheme="https"))
        c = self.go(self.uri(first), "-CACertificate", CERTS.path("root.crt"), e=e)
        self.check(c, OK, "hello\n", told(self.uri(e, scheme="https")))

    def test_the_certificate_of_the_other_host_counts(self):
        for name, code in (("both", OK), ("here", NET)):
            e = self.shared(*tls(name))
            first = self.referring(self.uri(e, OTHER, "https"), *tls("here"))
            c = self.go(self.uri(first, scheme="https"), e=e)
            self.check(c, code, "hello\n" if code == OK else "", None)
        self.assertIn(OTHER, c.err.splitlines()[-1])

    def test_no_password_for_another_host(self):
        options = tls("both")
        e = self.shared(*options, auth="basic")
        first = self.referring(self.uri(e, OTHER, "https"), *options, auth="basic")
        c = self.go(self.uri(first, scheme="https"), "-Authentication", "Basic", e=e)
        self.refused(c, LOGIN, "redirects to another host, 'localhost', and -Authentication Basic")
        self.assertEqual(e.log("connect"), [])
        again = self.referring(self.uri(e, scheme="https"), *options, auth="basic")
        c = self.go(self.uri(again, scheme="https"), "-Authentication", "Basic", e=e)
        self.check(c, OK, "hello\n", None)

    def test_a_login_that_keeps_the_password_goes_to_another_host(self):
        e = self.shared()
        first = self.referring(self.uri(e, OTHER))
        c = self.go(self.uri(first), e=e)
        self.check(c, OK, "hello\n", told(self.uri(e, OTHER)))
        self.assertTrue(all(r["sealed"] for r in e.log("request") if r["action"]))

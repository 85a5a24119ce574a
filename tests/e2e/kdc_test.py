"""Logins by default, where there is no KDC to be had: on with NTLM, and soon."""
import tempfile

import proxies
from krb5_fakes import FakeKdc, krb_error
from krb5_realm import ALPHA
from lib import OK, PASSWORD, Case, load_tests, needs_gss, representative         # noqa: F401

SOON = 30                   # seconds, on a busy machine; one by one 40 servers would take 80


@needs_gss
class Default(Case):
    def logs_in(self, kdc, n):
        e, way = self.serve("--max-shells", "100"), proxies.Forwarder()
        self.addCleanup(way.stop)
        with tempfile.NamedTemporaryFile("w") as conf:
            conf.write(f"[libdefaults]\n default_realm = {ALPHA}\n[realms]\n {ALPHA} = {{\n"
                       f" kdc = {kdc}\n }}\n")
            conf.flush()
            names = ",".join(f"srv{i}.alpha.test" for i in range(n))
            c = self.run_client(
                "invoke-command", *e.to(host=names), "echo hello", "-HideComputerName",
                "-SessionOption", "Proxy=http://" + way.address, seconds=90,
                env={"KRB5_CONFIG": conf.name})
        self.check(c, OK, "hello\n" * n)
        self.assertLess(c.seconds, SOON)
        self.assertEqual({r["login"]["mech"] for r in e.log("request") if "login" in r}, {"ntlm"})

    @representative
    def test_a_silent_kdc_costs_all_servers_together_two_seconds(self):
        with FakeKdc() as fake:
            self.logs_in(fake.name, 40)
            self.assertLessEqual(len(fake.asked), 3)

    def test_a_kdc_that_does_not_know_the_user(self):
        with FakeKdc(lambda q: [krb_error(6)]) as fake:
            self.logs_in(fake.name, 10)

    def test_a_kdc_that_knows_the_user_and_says_no_more(self):
        with FakeKdc(lambda q: [krb_error(25)] if len(fake.asked) == 1 else None) as fake:
            self.logs_in(fake.name, 10)

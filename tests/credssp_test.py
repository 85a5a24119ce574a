"""Our CredSSP against an acceptor of other people's making: TLS by Python's ssl (OpenSSL), NTLM by
gss-ntlmssp, Kerberos by MIT krb5 (tests/endpoint/credssp.py). tests/credssp_driver.c is our end."""
import base64
import os
import subprocess
import tempfile
import unittest

try:
    import gssapi
    from gssapi.raw import ChannelBindings
except ImportError:
    gssapi = None

import drivers
import krb5_realm
from drivers import Refused
from endpoint import credssp
from tls_certs import Authority

SPNEGO, NTLM = (1, 3, 6, 1, 5, 5, 2), (1, 3, 6, 1, 4, 1, 311, 2, 2, 10)
USERS = [("ADOM", "alice", "Passw0rd-1"), ("ADOM", "jörg", "pässwörd-€-𝄞"),
         ("", "carol@adom.example", "p")]
SIZES = 1, 15, 16, 17, 1000, 16383, 16384, 16385, 32768, 50000, 300 << 10
SUITES = {"rsa": ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384",
                  "ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES256-SHA384", "ECDHE-RSA-AES256-SHA",
                  "ECDHE-RSA-CHACHA20-POLY1305", "AES128-GCM-SHA256", "AES256-SHA256",
                  "AES128-SHA"),
          "ec": ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-SHA384")}


class Driver(drivers.Driver):
    def __init__(self, user="ADOM\\alice", password="Passw0rd-1", *ticket):
        super().__init__([DRIVER, "localhost", *ticket], (user, password))

    def call(self, command, data):
        return self.ask(command, base64.b64encode(data).decode()).split(" ")

    def step(self, token):
        """(1 or 0, can_wrap, complete, token or b"")"""
        r, can_wrap, complete, token, _ = self.call("step", token)
        return int(r), can_wrap == "1", complete == "1", base64.b64decode(token)

    def memory(self):
        """What can be written of the process, but the sanitizer's own terabytes."""
        found = b""
        with open("/proc/%d/maps" % self.process.pid) as maps, \
                open("/proc/%d/mem" % self.process.pid, "rb", 0) as memory:
            for line in maps:
                begin, end = (int(x, 16) for x in line.split()[0].split("-"))
                if line.split()[1].startswith("rw") and end - begin < 1 << 28:
                    memory.seek(begin)
                    found += memory.read(end - begin)
        return found

    def seal(self, plain):
        body, kind = self.call("seal", plain)
        return base64.b64decode(kind).decode(), base64.b64decode(body)

    def open(self, body):
        return base64.b64decode(self.call("open", body)[0])


class Certificate:
    def __init__(self, authority, name, kind):
        authority.make(name, kind=kind)
        self.files = authority.path(name + ".pem"), authority.path(name + ".key")
        text = authority.read(name + ".pem")
        self.key, self.hash = credssp.public_key(text), credssp.end_point_hash(text)

    def tls(self, ciphers=None):
        return credssp.server_tls(*self.files, ciphers)


def setUpModule():
    global DRIVER, FOLDER, CERTS
    if not gssapi:
        raise unittest.SkipTest("python3-gssapi is not installed")
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    FOLDER = folder.name
    DRIVER = drivers.build("credssp_driver", FOLDER)
    os.environ["NTLM_USER_FILE"] = FOLDER + "/users"
    os.environ["NETBIOS_COMPUTER_NAME"] = "TESTBOX"
    with open(FOLDER + "/users", "w") as f:
        f.writelines("%s:%s:%s\n" % u for u in USERS)
    authority = Authority(FOLDER)
    CERTS = {name: Certificate(authority, name, kind) for name, kind in
             (("rsa", "rsa:2048"), ("ec", "ec:P-256"), ("other", "rsa:2048"))}


class Base(unittest.TestCase):
    mech = NTLM

    def context(self, bound):
        try:
            creds = gssapi.Credentials(usage="accept", mechs=[gssapi.OID.from_int_seq(SPNEGO)])
            gssapi.Credentials(usage="accept", mechs=[gssapi.OID.from_int_seq(self.mech)])
        except gssapi.exceptions.GSSError as e:
            self.skipTest("gss-ntlmssp is not installed: %s" % e)
        bindings = ChannelBindings(application_data=b"tls-server-end-point:" + bound)
        return gssapi.SecurityContext(creds=creds, usage="accept", channel_bindings=bindings)

    def acceptor(self, version=6, cert="rsa", ciphers=None, kind=credssp.Acceptor):
        cert = CERTS[cert]
        return kind(cert.tls(ciphers), cert.key, self.context(cert.hash), version)

    def login(self, driver, server):
        """All legs; what the driver is told when the acceptor refuses is its token, if any."""
        token = driver.step(b"")[3]
        for _ in range(10):
            try:
                answer = server.step(token)
            except credssp.Refused as e:
                answer = e.token
            r, can_wrap, complete, token = driver.step(answer)
            if not r:
                break
            self.assertEqual((can_wrap, complete), (False, False))
        self.assertEqual((r, can_wrap, complete, token), (0, True, True, b""))
        self.assertTrue(server.complete)

    def talk(self, driver, server, sizes=SIZES):
        for size in sizes:
            text = (b"request %d " % size * size)[:size]
            kind, body = driver.seal(text)
            self.assertEqual(("x-multi" in kind), size > 16384)
            self.assertEqual(body.count(b"OriginalContent"), (size + 16383) // 16384)
            self.assertEqual(server.unseal(kind, body),
                             (text, "application/soap+xml;charset=UTF-8"))
            text = (b"answer %d " % size * size)[:size]
            self.assertEqual(driver.open(server.seal(text)[0]), text)

    def refused(self, driver, server, why):
        with self.assertRaisesRegex(Refused, why):
            self.login(driver, server)
        self.assertIsNone(server.credentials)
        self.assertRaises(Refused, driver.step, b"")


class Ntlm(Base):
    def test_every_version(self):
        for version in 2, 3, 4, 5, 6, 7:
            with self.subTest(version), Driver() as d:
                server = self.acceptor(version)
                self.login(d, server)
                self.assertEqual(server.common, min(version, 6))
                self.assertEqual(server.credentials, USERS[0])
                self.talk(d, server, (1, 20000))

    def test_every_suite_and_size(self):
        for cert, suites in SUITES.items():
            for suite in suites:
                with self.subTest(suite), Driver() as d:
                    server = self.acceptor(cert=cert, ciphers=suite + ":@SECLEVEL=0")
                    self.login(d, server)
                    self.assertEqual(server.tls.cipher()[0], suite)
                    self.talk(d, server)

    def test_names_and_passwords_of_any_letters(self):
        for domain, user, password in USERS:
            typed = domain + "\\" + user if domain else user
            with self.subTest(typed), Driver(typed, password) as d:
                server = self.acceptor()
                self.login(d, server)
                self.assertEqual(server.credentials, (domain, user, password))

    def test_what_was_given_away_does_not_stay_in_memory(self):
        password = "Kept-nowhere-€"
        with open(FOLDER + "/users", "a") as f:
            f.write("ADOM:keeper:%s\n" % password)
        with Driver("ADOM\\keeper", password) as d:
            server = self.acceptor()
            self.login(d, server)
            self.assertEqual(server.credentials, ("ADOM", "keeper", password))
            memory = d.memory()
            self.assertTrue(password.encode() in memory)      # what the driver was told
            self.assertFalse(password.encode("utf-16-le")[:16] in memory)

    def test_a_wrong_password_is_told_in_words(self):
        for version, why in (2, "broke off"), (3, "password is incorrect"), (4, "incorrect"), \
                (5, "broke off"), (6, "incorrect .status c000006d"):
            with self.subTest(version), Driver(password="wrong") as d:
                self.refused(d, self.acceptor(version), why)

    def test_the_password_does_not_go_to_who_shows_another_key(self):
        for version in 2, 4, 5, 6:
            with self.subTest(version), Driver() as d:
                server = self.acceptor(version, kind=Liar)
                self.refused(d, server, "error -5 .*somebody is in between.*was not sent")

    def test_nor_to_who_shows_no_key_or_the_same_again(self):
        for kind in Mute, Parrot:
            for version in 2, 6:
                with self.subTest("%s, %d" % (kind.__name__, version)), Driver() as d:
                    self.refused(d, self.acceptor(version, kind=kind), "was not sent")

    def test_a_login_relayed_from_another_session_is_refused_by_the_server(self):
        """What somebody in between has: two sessions with two keys, and one login."""
        for version in 2, 6:
            for what in "key", "binding":
                with self.subTest("%s, %d" % (what, version)), Driver() as d:
                    server = self.acceptor(version)
                    if what == "key":
                        server.key = CERTS["other"].key
                    else:
                        server.context = self.context(CERTS["other"].hash)
                    self.refused(d, server, "broke off|refused it")

    def test_a_version_that_changes_is_refused(self):
        with Driver() as d:
            server = self.acceptor(kind=Fickle)
            self.refused(d, server, "changes its version")

    def test_an_unknown_version_is_refused(self):
        with Driver() as d:
            self.refused(d, self.acceptor(1), "is not known")

    def test_a_changed_answer_is_refused_and_ends_the_session(self):
        for at in -50, -40, -27:
            with self.subTest(at), Driver() as d:
                server = self.acceptor()
                self.login(d, server)
                body = bytearray(server.seal(b"answer" * 20)[0])
                body[at] ^= 1
                self.assertRaises(Refused, d.open, bytes(body))
                self.assertRaises(Refused, d.open, server.seal(b"answer")[0])

    def test_a_length_that_is_not_the_text_s_is_refused(self):
        for length in b"Length=5", b"Length=7", b"Length=0":
            with self.subTest(length), Driver() as d:
                server = self.acceptor()
                self.login(d, server)
                body = server.seal(b"answer")[0].replace(b"Length=6", length)
                self.assertRaises(Refused, d.open, body)

    def test_a_piece_left_out_is_refused(self):
        with Driver() as d:
            server = self.acceptor()
            self.login(d, server)
            body = server.seal(b"x" * 40000)[0]
            parts = body.split(b"--Encrypted Boundary\r\n\tContent-Type: application/HTTP")
            body = parts[0] + b"--Encrypted Boundary\r\n\tContent-Type: application/HTTP".join(
                [b"", parts[1], parts[3]])
            self.assertRaises(Refused, d.open, body)

    def test_mutated_tokens_never_get_the_password(self):
        for leg in range(4):
            for at in 0, 1, 3, 5, 9, 20, -1:
                with self.subTest("leg %d at %d" % (leg, at)), Driver() as d:
                    server = self.acceptor()
                    with self.assertRaises((Refused, AssertionError)):
                        self.mutate(d, server, leg, at)
                    self.assertIsNone(server.credentials)

    def mutate(self, driver, server, leg, at):
        token = driver.step(b"")[3]
        for i in range(10):
            try:
                answer = bytearray(server.step(token))
            except credssp.Refused as e:
                raise Refused(str(e)) from e
            if i == leg:
                answer[at] ^= 0x41
            token = driver.step(bytes(answer))[3]


class Liar(credssp.Acceptor):
    """Somebody in between, who knows the password, but has a TLS session with another key."""
    def binding(self, direction):
        right = super().binding(direction)
        if direction[:1] == b"C":
            return right
        self.key, key = CERTS["other"].key, self.key
        wrong, self.key = super().binding(direction), key
        return wrong


class Mute(credssp.Acceptor):
    def answer(self, request):
        reply = super().answer(request)
        fields = credssp.elements(credssp.inner(reply, 0x30)) if reply else []
        return credssp.der(0x30, b"".join(credssp.der(*f) for f in fields if f[0] != 0xa3))


class Parrot(credssp.Acceptor):
    def binding(self, _):
        return super().binding(b"Client-To-Server")


class Fickle(credssp.Acceptor):
    def answer(self, request):
        reply = super().answer(request)
        self.version = self.common = 5
        return reply


class Kerberos(Base):
    mech = (1, 2, 840, 113554, 1, 2, 2)

    @classmethod
    def setUpClass(cls):
        world = krb5_realm.World()
        cls.addClassCleanup(world.close)
        cache = FOLDER + "/cc"
        os.environ.update(KRB5_CONFIG=world.conf, KRB5_KTNAME="FILE:" + world.keytab,
                          KRB5RCACHENAME="file2:" + FOLDER + "/rcache")
        world.kinit("alice", krb5_realm.PASSWORD, "FILE:" + cache)
        cls.names = ["HTTP/e%d.alpha.test" % n for n in krb5_realm.ENCTYPES]
        for name in cls.names:
            subprocess.run([krb5_realm.find("kvno"), "-q", name], check=True,
                           env=dict(world.env, KRB5CCNAME="FILE:" + cache))

    def test_every_encryption_type(self):
        for name in self.names:
            for version in 2, 6:
                service = "%s@%s" % (name, krb5_realm.ALPHA)
                with self.subTest("%s, %d" % (name, version)), \
                        Driver("ALPHA\\alice", "Passw0rd-1", FOLDER + "/cc", service) as d:
                    server = self.acceptor(version)
                    self.login(d, server)
                    self.assertEqual(str(server.context.initiator_name), "alice@ALPHA.TEST")
                    self.assertEqual(server.credentials, ("ALPHA", "alice", "Passw0rd-1"))
                    self.talk(d, server, (1000, 20000))


if __name__ == "__main__":
    unittest.main()

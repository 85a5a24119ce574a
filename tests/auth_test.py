"""Our authentication engines against peers of other people's making: NTLM and SPNEGO against
gss-ntlmssp as the acceptor, the session key against OpenSSL. tests/auth_driver.c is our end."""
import base64
import hashlib
import os
import shutil
import struct
import subprocess
import tempfile
import unittest

try:
    import gssapi
    from gssapi.raw import ChannelBindings
except ImportError:
    gssapi = None

import drivers
from drivers import Refused

NTLM, SPNEGO = (1, 3, 6, 1, 4, 1, 311, 2, 2, 10), (1, 3, 6, 1, 5, 5, 2)
USERS = [("ADOM", "alice", "Passw0rd-1"), ("ADOM", "jörg", "pässwörd-€-𝄞"), ("", "plain", "p"),
         ("DÖM", "bob", "secret"), ("TESTBOX", "local", "p"), ("", "carol@adom.example", "p")]


class Driver(drivers.Driver):
    def __init__(self, *args, first=()):
        super().__init__([DRIVER, *args], first)

    def call(self, command, *args):
        return self.ask(command, *(base64.b64encode(a).decode() for a in args))

    def step(self, token):
        """(1 or 0, can_wrap, complete, token or b"")"""
        r, can_wrap, complete, token = self.call("step", token).split(" ")
        return int(r), can_wrap == "1", complete == "1", base64.b64decode(token)

    def wrap(self, plain):
        return [base64.b64decode(x) for x in self.call("wrap", plain).split(" ")]

    def unwrap(self, message):
        return base64.b64decode(self.call("unwrap", message[:16], message[16:]))


def setUpModule():
    global FOLDER, DRIVER
    FOLDER = tempfile.TemporaryDirectory()
    DRIVER = drivers.build("auth_driver", FOLDER.name)
    os.environ["NTLM_USER_FILE"] = FOLDER.name + "/users"
    os.environ["NETBIOS_COMPUTER_NAME"] = "TESTBOX"
    with open(FOLDER.name + "/users", "w") as f:
        f.writelines("%s:%s:%s\n" % u for u in USERS)


def tearDownModule():
    FOLDER.cleanup()


def end_point_hash():
    return hashlib.sha256(b"a certificate").digest()


def binding():
    """What our side is given: MD5 of gss_channel_bindings_struct (RFC 4121, 4.1.1.2)."""
    data = b"tls-server-end-point:" + end_point_hash()
    return hashlib.md5(bytes(16) + struct.pack("<I", len(data)) + data).digest()


@unittest.skipUnless(gssapi, "python3-gssapi is not installed")
class Acceptor(unittest.TestCase):
    def driver(self, kind, user="ADOM\\alice", password="Passw0rd-1", bound=None):
        more = [base64.b64encode(bound).decode()] if bound else []
        return Driver(kind, "localhost", *more, first=(user, password))

    def acceptor(self, kind, bound=None):
        mech = gssapi.OID.from_int_seq(NTLM if kind == "ntlm" else SPNEGO)
        mechs = [mech] if kind == "ntlm" else [mech, gssapi.OID.from_int_seq(NTLM)]
        try:
            creds = gssapi.Credentials(usage="accept", mechs=mechs[:1])
        except gssapi.exceptions.GSSError as e:
            self.skipTest("gss-ntlmssp is not installed: %s" % e)
        more = {}
        if bound:
            more["channel_bindings"] = ChannelBindings(
                application_data=b"tls-server-end-point:" + bound)
        return gssapi.SecurityContext(creds=creds, usage="accept", **more)

    def login(self, driver, context, early=None):
        """All legs. With early, that text is sealed as soon as our keys exist, and returned."""
        r, can_wrap, complete, token = driver.step(b"")
        self.assertEqual((r, can_wrap, complete), (1, False, False))
        sealed = None
        while True:
            answer = context.step(token) or b""
            if r == 0 or not answer:
                break
            r, can_wrap, complete, token = driver.step(answer)
            if early and can_wrap and not sealed:
                sealed = b"".join(driver.wrap(early))
            if not token:
                break
        self.assertTrue(context.complete)
        self.assertEqual((r, can_wrap, complete), (0, True, True))
        return sealed

    def talk(self, driver, context, rounds=3):
        for i in range(rounds):
            text = b"request %d " % i * (1 + 300 * i)
            signature, cipher = driver.wrap(text)
            self.assertEqual(len(signature), 16)
            self.assertNotIn(b"request", cipher)
            self.assertEqual(context.unwrap(signature + cipher).message, text)
            text = b"answer %d " % i * (1 + 300 * i)
            self.assertEqual(driver.unwrap(context.wrap(text, True).message), text)

    def test_messages_pass_both_ways_after_ntlm(self):
        with self.driver("ntlm") as d:
            c = self.acceptor("ntlm")
            self.login(d, c)
            self.talk(d, c)

    def test_messages_pass_both_ways_after_spnego(self):
        with self.driver("spnego") as d:
            c = self.acceptor("spnego")
            self.login(d, c)
            self.talk(d, c)

    def test_a_message_sealed_with_the_last_token_opens(self):
        for kind in "ntlm", "spnego":
            with self.subTest(kind), self.driver(kind) as d:
                c = self.acceptor(kind)
                self.assertEqual(c.unwrap(self.login(d, c, b"early")).message, b"early")
                self.talk(d, c)

    def test_messages_of_one_side_alone_pass(self):
        with self.driver("spnego") as d:
            c = self.acceptor("spnego")
            self.login(d, c)
            for i in range(5):
                self.assertEqual(d.unwrap(c.wrap(b"%d" % i, True).message), b"%d" % i)
            self.talk(d, c)

    def test_every_form_of_user_name_and_any_password(self):
        users = [("ADOM\\jörg", "pässwörd-€-𝄞"), ("ADOM\\Alice", None), ("plain", "p"),
                 (".\\local", "p"), ("Carol@ADOM.example", "p"), ("DÖM\\bob", "secret"),
                 ("ADOM\\JÖRG", "pässwörd-€-𝄞")]
        for user, password in users:
            with self.subTest(user), self.driver("spnego", user, password or "Passw0rd-1") as d:
                c = self.acceptor("spnego")
                self.login(d, c)
                self.talk(d, c, 1)

    def test_a_wrong_password_or_user_is_refused(self):
        for kind in "ntlm", "spnego":
            for user, password in ("ADOM\\alice", "Passw0rd-2"), ("ADOM\\nobody", "Passw0rd-1"):
                with self.subTest("%s %s" % (kind, user)), self.driver(kind, user, password) as d:
                    c = self.acceptor(kind)
                    with self.assertRaises((gssapi.exceptions.GSSError, Refused)):
                        self.login(d, c)

    def test_channel_bindings_agree(self):
        for kind in "ntlm", "spnego":
            with self.subTest(kind), self.driver(kind, bound=binding()) as d:
                c = self.acceptor(kind, end_point_hash())
                self.login(d, c)
                self.talk(d, c, 1)

    def test_other_channel_bindings_are_refused_by_the_acceptor(self):
        with self.driver("ntlm", bound=bytes(range(16))) as d:
            c = self.acceptor("ntlm", end_point_hash())
            with self.assertRaises(gssapi.exceptions.GSSError):
                self.login(d, c)

    def test_a_changed_answer_is_refused_and_ends_the_session(self):
        with self.driver("spnego") as d:
            c = self.acceptor("spnego")
            self.login(d, c)
            message = bytearray(c.wrap(b"answer", True).message)
            message[-1] ^= 1
            self.assertRaises(Refused, d.unwrap, bytes(message))
            self.assertRaises(Refused, d.unwrap, c.wrap(b"answer", True).message)

    def test_a_changed_negotiation_is_refused(self):
        """The acceptor's last token with another mechListMIC, and without one."""
        for change in "other", "none":
            with self.subTest(change), self.driver("spnego") as d:
                c = self.acceptor("spnego")
                token = d.step(b"")[3]
                token = d.step(c.step(token))[3]
                last = bytearray(c.step(token))
                if change == "other":
                    last[-5] ^= 1
                else:
                    last = bytes.fromhex("a1073005a0030a0100")
                self.assertRaises(Refused, d.step, bytes(last))


@unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
class SessionKey(unittest.TestCase):
    def openssl(self, *args, data):
        return subprocess.run(["openssl", *args], input=data, check=True,
                              capture_output=True).stdout

    def der(self, tag, body):
        size = len(body)
        if size < 128:
            return bytes([tag, size]) + body
        length = size.to_bytes((size.bit_length() + 7) // 8, "big")
        return bytes([tag, 128 | len(length)]) + length + body

    def rsa_encrypt(self, blob, plain):
        """PKCS #1 v1.5 by OpenSSL for the key of a PUBLICKEYBLOB."""
        self.assertEqual(blob[:16], bytes.fromhex("0602000000a400005253413100080000"))
        exponent = int.from_bytes(blob[16:20], "little")
        modulus = int.from_bytes(blob[20:], "little")
        self.assertEqual((len(blob), exponent, modulus.bit_length()), (276, 65537, 2048))
        key = self.der(0x30, b"".join(
            self.der(2, n.to_bytes(n.bit_length() // 8 + 1, "big")) for n in (modulus, exponent)))
        with tempfile.NamedTemporaryFile(suffix=".der") as f:
            f.write(self.openssl("rsa", "-RSAPublicKey_in", "-inform", "DER", "-pubout",
                                 "-outform", "DER", data=key))
            f.flush()
            return self.openssl("pkeyutl", "-encrypt", "-pubin", "-inkey", f.name, "-keyform",
                                "DER", "-pkeyopt", "rsa_padding_mode:pkcs1", data=plain)

    def aes(self, key, data, *more):
        return self.openssl("enc", "-aes-256-cbc", "-K", key.hex(), "-iv", "0" * 32, *more,
                            data=data)

    def test_openssl_as_the_server(self):
        key = os.urandom(32)
        with Driver("key") as d:
            cipher = self.rsa_encrypt(base64.b64decode(d.ask("public")), key)
            blob = bytes.fromhex("010200001066000000a40000") + cipher[::-1]
            d.ask("session", base64.b64encode(blob).decode())
            for text in "", "x", "pä55word", "€𝄞" * 2000:
                sealed = base64.b64decode(d.call("encrypt", text.encode()))
                self.assertEqual(self.aes(key, sealed, "-d").decode("utf-16-le"), text)
                sealed = self.aes(key, text.encode("utf-16-le"))
                back = base64.b64decode(d.ask("decrypt", base64.b64encode(sealed).decode()))
                self.assertEqual(back.decode(), text)

    def test_a_session_key_of_another_size_is_refused(self):
        for size in 16, 31, 33:
            with self.subTest(size), Driver("key") as d:
                cipher = self.rsa_encrypt(base64.b64decode(d.ask("public")), os.urandom(size))
                blob = bytes.fromhex("010200001066000000a40000") + cipher[::-1]
                self.assertRaises(Refused, d.ask, "session", base64.b64encode(blob).decode())
                self.assertRaises(Refused, d.call, "encrypt", b"text")


if __name__ == "__main__":
    unittest.main()

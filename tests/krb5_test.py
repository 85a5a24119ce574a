"""Our Kerberos mechanism against MIT krb5: tickets from its KDC, its GSS-API as the acceptor.
tests/krb5_auth_driver.c is our end."""
import base64
import hashlib
import os
import struct
import subprocess
import tempfile
import unittest

try:
    import gssapi
    import gssapi.raw as raw
    from gssapi.raw import ChannelBindings, IOVBufferType, RequirementFlag
except ImportError:
    gssapi = None

import drivers
import krb5_realm
from drivers import Refused
from krb5_realm import ALPHA, ENCTYPES

KRB5 = (1, 2, 840, 113554, 1, 2, 2)
SESSION_KEY = (1, 2, 840, 113554, 1, 2, 2, 5, 5)        # GSS_C_INQ_SSPI_SESSION_KEY
HEADERS = {17: 60, 18: 60, 19: 64, 20: 72}              # of a sealed body
KINDS = "raw", "spnego"


class Driver(drivers.Driver):
    def __init__(self, *args):
        super().__init__([DRIVER, *args])

    def call(self, command, *args):
        return self.ask(command, *(base64.b64encode(a).decode() for a in args)).split(" ")

    def get(self, command, *args):
        return [base64.b64decode(x) for x in self.call(command, *args)[:-1]]

    def step(self, token):
        """(1 or 0, can_wrap, complete, token or b"")"""
        r, can_wrap, complete, token = self.call("step", token)[:4]
        return int(r), can_wrap == "1", complete == "1", base64.b64decode(token)


def setUpModule():
    global WORLD, FOLDER, DRIVER
    if not gssapi:
        raise unittest.SkipTest("python3-gssapi is not installed")
    FOLDER = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(FOLDER.cleanup)
    DRIVER = drivers.build("krb5_auth_driver", FOLDER.name)
    WORLD = krb5_realm.World()
    unittest.addModuleCleanup(WORLD.close)
    os.environ.update(KRB5_CONFIG=WORLD.conf, KRB5_KTNAME="FILE:" + WORLD.keytab,
                      KRB5RCACHENAME="file2:" + FOLDER.name + "/rcache",
                      KRB5CCNAME="FILE:" + cache())
    WORLD.kinit("alice", krb5_realm.PASSWORD, "FILE:" + cache(), "-f")
    for n, name in ENCTYPES.items():
        subprocess.run([krb5_realm.find("kvno"), "-q", "-e", name, service(n)], check=True,
                       env=dict(WORLD.env, KRB5CCNAME="FILE:" + cache()))


def cache():
    return FOLDER.name + "/cc"


def service(n):
    return "HTTP/e%d.alpha.test" % n


def end_point_hash():
    return hashlib.sha256(b"a certificate").digest()


def binding():
    """What our side is given: MD5 of gss_channel_bindings_struct (RFC 4121, 4.1.1.2)."""
    data = b"tls-server-end-point:" + end_point_hash()
    return hashlib.md5(bytes(16) + struct.pack("<I", len(data)) + data).digest()


def both(test):
    """Runs a test raw and inside SPNEGO, with each encryption type."""
    def run(self):
        for kind in KINDS:
            for n in ENCTYPES:
                with self.subTest("%s, enctype %d" % (kind, n)):
                    test(self, kind, n)
    run.__name__ = test.__name__
    return run


class Acceptor(unittest.TestCase):
    def driver(self, kind, n=18, *more):
        return Driver(kind, "e%d.alpha.test" % n, cache(), "%s@%s" % (service(n), ALPHA),
                      *(base64.b64encode(m).decode() for m in more))

    def acceptor(self, bound=None):
        more = {}
        if bound:
            more["channel_bindings"] = ChannelBindings(
                application_data=b"tls-server-end-point:" + bound)
        return gssapi.SecurityContext(creds=gssapi.Credentials(usage="accept"), usage="accept",
                                      **more)

    def login(self, driver, context):
        r, can_wrap, complete, token = driver.step(b"")
        self.assertEqual((r, can_wrap, complete), (1, False, False))
        answer = context.step(token)
        self.assertEqual(driver.step(answer), (0, True, True, b""))
        self.assertTrue(context.complete)

    def talk(self, driver, context, n, rounds=3):
        for i in range(rounds):
            text = b"request %d " % i * (1 + 300 * i)
            signature, cipher = driver.get("wrap", text)
            self.assertEqual(len(cipher), len(text) + (n == 23))
            self.assertNotIn(b"request", cipher)
            if n in HEADERS:
                self.assertEqual(len(signature), HEADERS[n])
            self.assertEqual(context.unwrap(signature + cipher), (text, True, 0))
            text = b"answer %d " % i * (1 + 300 * i)
            token = context.wrap(text, True).message
            self.assertEqual(driver.get("unwrap", token[:60], token[60:]), [text])

    @both
    def test_messages_pass_both_ways(self, kind, n):
        with self.driver(kind, n) as d:
            c = self.acceptor()
            self.login(d, c)
            self.assertEqual(str(c.initiator_name), "alice@" + ALPHA)
            flags = RequirementFlag.mutual_authentication | RequirementFlag.confidentiality | \
                RequirementFlag.integrity | RequirementFlag.replay_detection | \
                RequirementFlag.out_of_sequence_detection
            self.assertEqual(c.actual_flags & flags, flags)
            self.assertFalse(c.actual_flags & RequirementFlag.delegate_to_peer)
            self.talk(d, c, n)

    def iov(self, *more):
        return raw.IOV(IOVBufferType.header, *more, std_layout=False)

    @both
    def test_messages_as_windows_splits_them_pass_both_ways(self, kind, n):
        """GSS-API's wrap_iov is what other WinRM clients and Windows do to a body."""
        with self.driver(kind, n) as d:
            c = self.acceptor()
            self.login(d, c)
            for size in 0, 1, 15, 16, 17, 1000, 70000:
                text = b"x" * size
                signature, cipher = d.get("wrap", text)
                iov = raw.IOV((IOVBufferType.header, False, signature), cipher,
                              (IOVBufferType.data, False, b""), std_layout=False)
                self.assertTrue(raw.unwrap_iov(c, iov).encrypted)
                self.assertEqual(iov[1].value[:size], text)
                iov = self.iov(text, IOVBufferType.padding)
                raw.wrap_iov(c, iov, confidential=True)
                header, cipher, padding = (iov[i].value or b"" for i in range(3))
                self.assertEqual(len(header), len(signature))
                self.assertEqual(d.get("unwrap", header, cipher + padding), [text])

    @both
    def test_sealed_bodies(self, kind, n):
        with self.driver(kind, n) as d:
            c = self.acceptor()
            self.login(d, c)
            body, mime = d.get("seal", b"<text/>")
            protocol = "HTTP-%s-session-encrypted" % ("SPNEGO" if kind == "spnego" else "Kerberos")
            self.assertIn(protocol.encode(), mime)
            self.assertIn(b";Length=%d\r\n" % (7 + (n == 23)), body)
            start = body.index(b"octet-stream\r\n") + 14
            size, = struct.unpack("<I", body[start:start + 4])
            token = body[start + 4:body.rindex(b"--Encrypted Boundary--")]
            self.assertEqual(len(token), size + 7 + (n == 23))
            self.assertEqual(c.unwrap(token).message, b"<text/>")
            token = c.wrap(b"<answer/>", True).message
            head = body[:start].replace(b"Length=%d" % (7 + (n == 23)),
                                        b"Length=%d" % (len(token) - size))
            body = head + struct.pack("<I", size) + token + b"--Encrypted Boundary--\r\n"
            self.assertEqual(d.get("open", body), [b"<answer/>"])

    def test_signatures_pass_both_ways_and_count(self):
        for n in ENCTYPES:
            with self.subTest(n), self.driver("raw", n) as d:
                c = self.acceptor()
                self.login(d, c)
                c.verify_signature(b"text", d.get("mic", b"text")[0])
                d.call("check", b"text", c.get_signature(b"text"))
                self.talk(d, c, n)
                self.assertRaises(Refused, d.call, "check", b"other", c.get_signature(b"text"))

    def test_channel_bindings_agree(self):
        for kind in KINDS:
            with self.subTest(kind), self.driver(kind, 18, binding()) as d:
                c = self.acceptor(end_point_hash())
                self.login(d, c)
                self.assertTrue(int(c.actual_flags) & 0x800)    # GSS_C_CHANNEL_BOUND_FLAG
                self.talk(d, c, 18, 1)

    def test_other_channel_bindings_are_refused_by_the_acceptor(self):
        for kind in KINDS:
            with self.subTest(kind), self.driver(kind, 18, bytes(range(16))) as d:
                c = self.acceptor(end_point_hash())
                with self.assertRaises(Refused):
                    self.login(d, c)
                with self.assertRaises(gssapi.exceptions.BadChannelBindingsError):
                    c.complete

    def test_delegation_gives_a_ticket_away_when_asked(self):
        """A forwarded ticket-granting ticket, as MIT's initiator got one, given away by ours."""
        path = FOLDER.name + "/forwarded"
        name = gssapi.Name("HTTP/e18.alpha.test@" + ALPHA, gssapi.NameType.kerberos_principal)
        initiator = gssapi.SecurityContext(name=name, usage="initiate", flags=[
            RequirementFlag.delegate_to_peer, RequirementFlag.mutual_authentication],
            mech=gssapi.OID.from_int_seq(KRB5))
        c = self.acceptor()
        initiator.step(c.step(initiator.step()))
        raw.store_cred_into({b"ccache": b"FILE:" + path.encode()}, c.delegated_creds,
                            usage="initiate", overwrite=True)
        with open(path, "ab") as out, open(cache(), "rb") as cc:
            out.write(self.tickets(cc.read()))
        with Driver("raw", "e18.alpha.test", path, "%s@%s" % (service(18), ALPHA), "",
                    "delegate") as d:
            c = self.acceptor()
            self.login(d, c)
            self.talk(d, c, 18, 1)
            self.assertTrue(c.actual_flags & RequirementFlag.delegate_to_peer)
            self.assertEqual(str(c.delegated_creds.name), "alice@" + ALPHA)

    def tickets(self, data):
        """What follows the header and the owner in a ccache of version 4."""
        def principal(at):
            kind, count = struct.unpack_from(">II", data, at)
            at += 8
            for _ in range(count + 1):
                at += 4 + struct.unpack_from(">I", data, at)[0]
            return at
        return data[principal(4 + struct.unpack_from(">H", data, 2)[0]):]

    @both
    def test_an_acceptor_that_cannot_prove_itself_is_refused(self, kind, n):
        """Each of many bytes of its answer changed; the answer of another exchange."""
        with self.driver(kind, n) as d:
            other = self.acceptor().step(d.step(b"")[3])
        with self.driver(kind, n) as d:
            d.step(b"")
            with self.assertRaises(Refused) as caught:
                d.step(other)
            self.assertIn("did not prove", str(caught.exception))
        for at in range(0, len(other), 13):
            changed = bytearray(other)
            changed[at] ^= 1
            with self.driver(kind, n) as d:
                d.step(b"")
                self.assertRaises(Refused, d.step, bytes(changed))

    def test_an_answer_without_proof_is_refused(self):
        with self.driver("raw") as d:
            d.step(b"")
            self.assertRaises(Refused, d.step, b"")
        for answer in b"", bytes.fromhex("a1073005a0030a0100"):
            with self.driver("spnego") as d:
                d.step(b"")
                self.assertRaises(Refused, d.step, answer)

    @both
    def test_a_changed_or_repeated_message_is_refused_and_ends_the_session(self, kind, n):
        for change in "changed", "repeated", "skipped", "ours":
            with self.subTest(change), self.driver(kind, n) as d:
                c = self.acceptor()
                self.login(d, c)
                first, second = (c.wrap(t, True).message for t in (b"one", b"two"))
                if change == "changed":
                    bad = first[:-1] + bytes([first[-1] ^ 1])
                elif change == "repeated":
                    d.get("unwrap", first, b"")
                    bad = first
                elif change == "skipped":
                    bad = second
                else:
                    bad = b"".join(d.get("wrap", b"mirror"))
                self.assertRaises(Refused, d.get, "unwrap", bad[:60], bad[60:])
                self.assertRaises(Refused, d.get, "unwrap", second, b"")

    def test_tokens_in_dce_style_open(self):
        """Two contexts of MIT's in DCE style; what one wraps opens with the key of both."""
        for n in ENCTYPES:
            with self.subTest(n):
                os.environ["KRB5_CONFIG"] = self.conf_of(n)
                self.addCleanup(os.environ.update, KRB5_CONFIG=WORLD.conf)
                name = gssapi.Name("%s@%s" % (service(n), ALPHA),
                                   gssapi.NameType.kerberos_principal)
                i = gssapi.SecurityContext(name=name, usage="initiate", flags=[
                    RequirementFlag.dce_style, RequirementFlag.mutual_authentication,
                    RequirementFlag.confidentiality], mech=gssapi.OID.from_int_seq(KRB5))
                c = self.acceptor()
                c.step(i.step(c.step(i.step())))
                key, _ = raw.inquire_sec_context_by_oid(c, gssapi.OID.from_int_seq(SESSION_KEY))
                iov = self.iov(b"text" * 5)
                raw.wrap_iov(c, iov, confidential=True)
                header = iov[0].value
                if n != 23:
                    self.assertEqual(len(header), HEADERS[n] + 16)
                    self.assertEqual(struct.unpack(">HH", header[4:8]), (16, HEADERS[n] - 32))
                    seq = struct.unpack(">Q", header[8:16])[0]
                else:
                    seq = self.rc4_seq(key, header)
                with Driver("gss", str(n), base64.b64encode(key).decode(), str(seq)) as d:
                    self.assertEqual(d.get("unwrap", header, iov[1].value), [b"text" * 5])

    def conf_of(self, n):
        """A krb5.conf for which there is one encryption type."""
        path = "%s/conf%d" % (FOLDER.name, n)
        with open(WORLD.conf) as f, open(path, "w") as out:
            out.writelines("    permitted_enctypes = %s\n" % ENCTYPES[n]
                           if "permitted_enctypes" in line else line for line in f)
        return path

    def rc4_seq(self, key, header):
        """SND_SEQ of RFC 4757, 7.3, by hand."""
        import hmac
        at = header.index(bytes.fromhex("0201"), 11)
        k = hmac.new(key, bytes(4), "md5").digest()
        k = hmac.new(k, header[at + 16:at + 24], "md5").digest()
        s, j, out = list(range(256)), 0, []
        for i in range(256):
            j = (j + s[i] + k[i % 16]) & 255
            s[i], s[j] = s[j], s[i]
        i = j = 0
        for b in header[at + 8:at + 16]:
            i = (i + 1) & 255
            j = (j + s[i]) & 255
            s[i], s[j] = s[j], s[i]
            out.append(b ^ s[(s[i] + s[j]) & 255])
        return int.from_bytes(bytes(out[:4]), "big")


if __name__ == "__main__":
    unittest.main()

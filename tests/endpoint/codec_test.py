"""The endpoint's own CLIXML, PSRP, packet and key code, against the recordings."""
import base64
import glob
import json
import os
import subprocess
import time
import unittest
import uuid

from endpoint import auth, clixml, crypto, engine_replay, packets, psrp, soap

RECORDINGS = sorted(glob.glob(os.path.join(engine_replay.FOLDER, "*.jsonl")))


def recorded(path):
    """(direction, packets.Packet) of each line."""
    with open(path, encoding="utf-8") as f:
        for line in f:
            item = json.loads(line)
            yield item["dir"], packets.parse(item["packet"].encode())


def messages(path):
    """(direction, raw message) in the order they were complete."""
    parts = {}
    for direction, p in recorded(path):
        if p.kind == "Data":
            d = parts.setdefault((direction, p.stream, p.id), psrp.Defragmenter())
            for raw in d.feed(p.data):
                yield direction, raw


class Clixml(unittest.TestCase):
    def test_every_recorded_message_means_the_same_after_a_round_trip(self):
        n = 0
        for path in RECORDINGS:
            for _, raw in messages(path):
                m = psrp.Message.decode(raw)
                bom = raw[40:43] == b"\xef\xbb\xbf"
                self.assertEqual(m.encode(bom), raw, path)
                if m.data:
                    value = clixml.read(m.data)
                    again = clixml.read(clixml.write(value))
                    self.assertTrue(clixml.same(value, again), f"{path} {m.kind}")
                    n += 1
        self.assertGreater(n, 1000)

    def test_same_sees_a_difference(self):
        for a, b in ((1, True), ("a", "b"), (clixml.Prim("I64", "1"), 1),
                     (clixml.Obj(ms={"a": 1}), clixml.Obj(ms={"a": 2})),
                     (clixml.Obj(kind="LST", items=[1]), clixml.Obj(kind="STK", items=[1]))):
            self.assertFalse(clixml.same(a, b))

    def test_text_is_escaped_as_powershell_does(self):
        for text, wire in (("a<b&c", "a&lt;b&amp;c"), ("_x0041_", "_x005F_x0041_"),
                           ("\t\n", "_x0009__x000A_"), ("\U0001f980", "_xD83E__xDD80_"),
                           ("_y", "_y"), ("\ud800", "_xD800_"), ("é漢", "é漢")):
            self.assertEqual(clixml.encode_text(text), wire)
            self.assertEqual(clixml.read(f"<S>{wire}</S>"), text)
        self.assertEqual(clixml.decode_text("_X000a__x00zz_"), "\n_x00zz_")

    def test_a_shared_object_stays_one_object(self):
        o = clixml.Obj(ms={"n": 1})
        back = clixml.read(clixml.write(clixml.Obj(kind="LST", items=[o, o])))
        self.assertIs(back.items[0], back.items[1])

    def test_bad_input_is_refused(self):
        deep = "<Obj><LST>" * 200 + "</LST></Obj>" * 200
        for text in ("", "<S>", '<Ref RefId="9"/>', "<B>maybe</B>", deep,
                     '<Obj><TNRef RefId="3"/></Obj>'):
            with self.assertRaises(clixml.Bad, msg=text[:40]):
                clixml.read(text)


class Fragments(unittest.TestCase):
    def test_a_message_survives_every_fragment_size_and_cut(self):
        raw = psrp.Message("PIPELINE_OUTPUT", "<S>" + "x" * 90 + "</S>").encode()
        for size in range(22, 160):
            wire = b"".join(psrp.fragments(7, raw, size))
            for cut in range(0, len(wire), 13):
                d = psrp.Defragmenter()
                self.assertEqual([*d.feed(wire[:cut]), *d.feed(wire[cut:])], [raw])

    def test_disorder_is_refused(self):
        a = list(psrp.fragments(1, b"x" * 100, 60))
        b = list(psrp.fragments(2, b"y" * 100, 60))
        for wire in (a[1], a[0] + a[2], a[0] + b[1], a[0] + b[0], a[0] + a[0]):
            with self.assertRaises(psrp.Bad):
                list(psrp.Defragmenter().feed(wire))


class Packets(unittest.TestCase):
    def test_recorded_packets_come_out_as_they_went_in(self):
        for path in RECORDINGS:
            with open(path, encoding="utf-8") as f:
                for line in f:
                    text = json.loads(line)["packet"]
                    self.assertEqual(packets.parse(text.encode()).line().decode().strip(),
                                     text.strip())

    def test_bad_packets_are_refused(self):
        g = "PSGuid='" + "0" * 8 + "-0000-0000-0000-" + "0" * 12 + "'"
        for line in (f"<Data {g}>AAAA</Data>", f"<Data Stream='Default' {g}></Data>",
                     f"<Close {g} X='1' />", "<Close />", f"<Other {g} />", "hello",
                     f"<Data Stream='Other' {g}>AAAA</Data>",
                     f"<Data Stream='Default' {g}>?</Data>"):
            with self.assertRaises(packets.Bad, msg=line):
                packets.parse(line.encode())


class Keys(unittest.TestCase):
    def test_session_key_reaches_the_holder_of_the_private_key(self):
        key = subprocess.run(["openssl", "genrsa", "2048"], capture_output=True).stdout
        text = subprocess.run(["openssl", "rsa", "-noout", "-modulus"], input=key,
                              capture_output=True).stdout.decode()
        n = int(text.strip().partition("=")[2], 16)
        blob = (bytes.fromhex("0602000000a40000") + b"RSA1" + (2048).to_bytes(4, "little") +
                (65537).to_bytes(4, "little") + n.to_bytes(256, "little"))
        secret = bytes(range(32))
        sealed = base64.b64decode(crypto.encrypted_session_key(
            base64.b64encode(blob).decode(), secret))
        self.assertEqual(sealed[:12], bytes.fromhex("010200001066000000a40000"))
        pem = os.path.join(os.environ.get("TMPDIR", "/tmp"), f"key-{uuid.uuid4()}")
        with open(os.open(pem, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as f:
            f.write(key)
        try:
            plain = subprocess.run(["openssl", "pkeyutl", "-decrypt", "-inkey", pem],
                                   input=sealed[:11:-1], capture_output=True).stdout
        finally:
            os.unlink(pem)
        self.assertEqual(plain, secret)

    def test_recorded_public_key_is_taken(self):
        path = os.path.join(engine_replay.FOLDER, "secure-2.3.jsonl")
        kinds = {m.kind: m for m in (psrp.Message.decode(r) for _, r in messages(path))}
        key = clixml.read(kinds["PUBLIC_KEY"].data).get("PublicKey")
        answer = clixml.read(kinds["ENCRYPTED_SESSION_KEY"].data).get("EncryptedSessionKey")
        ours = crypto.encrypted_session_key(key, bytes(32))
        self.assertEqual(base64.b64decode(ours)[:12], base64.b64decode(answer)[:12])
        self.assertEqual(len(ours), len(answer))

    def test_secure_strings_open_with_the_right_key_only(self):
        key, text = bytes(range(32)), "pä55word, longer than one block"
        wire = subprocess.run(["openssl", "enc", "-aes-256-cbc", "-K", key.hex(), "-iv", "0" * 32],
                              input=text.encode("utf-16-le"), capture_output=True).stdout
        wire = base64.b64encode(wire).decode()
        self.assertEqual(crypto.secure_string(wire, key), text)
        with self.assertRaises(ValueError):
            crypto.secure_string(wire, bytes(32))
        self.assertEqual(crypto.secure_string("cADkADUANQA=", None), "pä55")


class Soap(unittest.TestCase):
    def test_durations(self):
        for text, seconds in (("PT20S", 20), ("PT0.250S", .25), ("PT3M", 180), ("P1DT1H", 90000)):
            self.assertEqual(soap.duration(text), seconds)
        for text in ("", "20", "P", "PT", "PT5", "-PT5S"):
            with self.assertRaises(soap.Fault):
                soap.duration(text)

    def test_no_dtd(self):
        with self.assertRaises(soap.Fault):
            soap.Envelope(b'<!DOCTYPE x [<!ENTITY a "b">]><x/>')

    def test_sealed_bodies_must_have_their_form(self):
        for body in (b"", b"--Encrypted Boundary\r\n", b"x" * 100):
            with self.assertRaises(auth.BadSeal):
                auth.Connection([]).unseal(f'multipart/encrypted;protocol="{auth.PROTOCOL}"', body)


class Replay(unittest.TestCase):
    """Recorded client messages into the replay engine give the recorded server messages."""

    class Out:
        def __init__(self):
            self.parts, self.got = {}, {}

        def fragment(self, pipeline, data):
            d = self.parts.setdefault(pipeline, psrp.Defragmenter())
            self.got.setdefault(pipeline, []).extend(
                psrp.Message.decode(r) for r in d.feed(data))

        def done(self, pipeline):
            pass

        closed = done

    def replay(self, path):
        out, want = self.Out(), {}
        e = engine_replay.ReplayEngine(out, lambda *a, **k: None, engine_replay.load(path))
        for direction, p in recorded(path):
            if direction == "server" and p.kind == "Data" and p.target():
                d = want.setdefault(p.target(), ([], psrp.Defragmenter()))
                d[0].extend(psrp.Message.decode(r) for r in d[1].feed(p.data))
            elif p.kind == "Command":
                e.command(p.target())
            elif direction == "client" and p.kind == "Data":
                e.feed(p.target(), "pr" if p.stream == "PromptResponse" else "stdin", p.data)
            elif direction == "client" and p.kind == "Signal":
                time.sleep(0.1)      # what was recorded before it is to come out before it
                e.signal(p.target())
            elif direction == "client" and p.kind == "Close" and p.target():
                if p.target() in e.pipelines:
                    self.assertTrue(e.pipelines[p.target()].finished.wait(5))
                e.close_pipeline(p.target())
        for p in list(e.pipelines.values()):
            self.assertTrue(p.finished.wait(5))
        return out.got, {k: v[0] for k, v in want.items()}

    def test_all_recordings(self):
        for path in RECORDINGS:
            with self.subTest(os.path.basename(path)):
                got, want = self.replay(path)
                for pipeline, messages in want.items():
                    self.assertEqual([m.kind for m in got.get(pipeline, [])],
                                     [m.kind for m in messages])
                    for a, b in zip(got[pipeline], messages):
                        self.assertTrue(
                            a.data == b.data or
                            clixml.same(clixml.read(a.data), clixml.read(b.data)),
                            f"{a.data[:300]}\n{b.data[:300]}")


if __name__ == "__main__":
    unittest.main()

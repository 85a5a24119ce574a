"""Recorded requests, recorded stdio sessions, and PowerShell as a client, against the endpoint."""
import base64
import glob
import hashlib
import hmac
import json
import os
import pty
import re
import select
import shutil
import subprocess
import tempfile
import time
import unittest
import uuid

from endpoint import engine_replay, engines
from endpoint.client import Wsman
from endpoint.harness import FOLDER, OPENSSL_LEGACY, Case, needs_gss, needs_pwsh


class Recorded:
    """The requests of a folder of recordings, in order: (name, headers, body, response)."""
    def __init__(self, folder):
        self.paths = sorted(glob.glob(os.path.join(engine_replay.FOLDER, folder, "*-request.http")))

    def __iter__(self):
        for path in self.paths:
            answer = path.replace("-request", "-response")
            if os.path.exists(answer):
                yield os.path.basename(path), split(path), split(answer)


def split(path):
    with open(path, "rb") as f:
        raw = f.read()
    head, _, body = (raw.partition(b"\r\n\r\n") if b"\r\n\r\n" in raw else raw.partition(b"\n\n"))
    return head.decode("latin-1"), body


def key_of_recording(password="Passw0rd-omi1"):
    """The exported session key of wsman-negotiate's first connection (MS-NLMP 3.3.2, 3.4.5)."""
    def token(path):
        text = re.search(r"Negotiate (\S+)", split(path)[0])[1]
        raw = base64.b64decode(text)
        return raw[raw.index(b"NTLMSSP\0"):]
    folder = os.path.join(engine_replay.FOLDER, "wsman-negotiate")
    m = token(os.path.join(folder, "003-conn1-auth-request.http"))

    def field(at):
        number = lambda a, b: int.from_bytes(m[a:b], "little")
        return m[number(at + 4, at + 8):][:number(at, at + 2)]
    nt, domain, user, session = field(20), field(28), field(36), field(52)
    one_way = md4(password.encode("utf-16-le"))
    mac = lambda k, d: hmac.new(k, d, hashlib.md5).digest()
    v2 = mac(one_way, user.decode("utf-16-le").upper().encode("utf-16-le") + domain)
    return rc4(mac(v2, nt[:16]))(session)


def md4(data):
    conf = tempfile.NamedTemporaryFile("w", suffix=".cnf")
    with conf:
        conf.write(OPENSSL_LEGACY)
        conf.flush()
        return subprocess.run(["openssl", "dgst", "-md4", "-binary"], input=data,
                              capture_output=True, check=True,
                              env={**os.environ, "OPENSSL_CONF": conf.name}).stdout


def rc4(key):
    s, j = list(range(256)), 0
    for i in range(256):
        j = (j + s[i] + key[i % len(key)]) & 255
        s[i], s[j] = s[j], s[i]
    at = [0, 0]

    def crypt(data):
        out = bytearray()
        i, j = at
        for byte in data:
            i = (i + 1) & 255
            j = (j + s[i]) & 255
            s[i], s[j] = s[j], s[i]
            out.append(byte ^ s[(s[i] + s[j]) & 255])
        at[:] = i, j
        return bytes(out)
    return crypt


def opener(key, sender):
    """A function that opens the sealed bodies of "client" or "server" one after the other."""
    to = {"client": b"client-to-server", "server": b"server-to-client"}[sender]
    sign = hashlib.md5(key + b"session key to " + to + b" signing key magic constant\0").digest()
    seal = hashlib.md5(key + b"session key to " + to + b" sealing key magic constant\0").digest()
    crypt, number = rc4(seal), [1]      # 0 was the mechListMIC; the cipher starts anew after it

    def open_body(body):
        part = re.search(rb"octet-stream\r\n(.*)--Encrypted Boundary--\r\n$", body, re.S)[1]
        signature, plain = part[4:20], crypt(part[20:])
        seq = number[0].to_bytes(4, "little")
        want = crypt(hmac.new(sign, seq + plain, hashlib.md5).digest()[:8])
        assert signature == b"\1\0\0\0" + want + seq, "wrong signature in the recording"
        number[0] += 1
        return plain
    return open_body


@needs_gss
class RecordedRequests(Case):
    """What pypsrp said to a real server, said to the endpoint: same kind of answer."""
    LATER = ("Disconnect", "Reconnect", "Connect", "Enumerate")

    def compare(self, requests, send):
        n = 0
        detached = False
        for name, raw, status, answer in requests:
            env = re.search(rb"Action[^>]*>([^<]*)<", raw)
            action = env[1].decode().rsplit("/", 1)[-1] if env else "Identify"
            detached = (detached or action == "Disconnect") and action != "Delete"
            if detached or action in self.LATER or b"windows/shell/cmd<" in raw:
                continue      # not offered yet; or offered here and not there
            got, reply = send(raw)
            self.assertEqual(got, status, f"{name} {reply[-400:]}")
            if status == 200 and env:
                want = re.search(rb"Action[^>]*>([^<]*)<", answer)[1]
                self.assertEqual(re.search(rb"Action[^>]*>([^<]*)<", reply)[1], want, name)
                ident = re.search(rb"MessageID[^>]*>([^<]*)<", raw)[1]
                self.assertIn(b"RelatesTo>" + ident, reply, name)
            n += 1
        return n

    def test_in_clear(self):
        e = self.serve("--allow-unencrypted", "--style", "omi", "--op-timeout", "300")
        w = Wsman(e.port, scheme="Basic")

        def requests():
            for name, (head, body), (answer_head, answer) in Recorded("wsman-basic"):
                if not name.startswith("042"):      # no envelope at all
                    yield name, body, int(answer_head.split()[1]), answer
        self.assertGreater(self.compare(requests(), w.exchange), 20)

    def test_sealed(self):
        key = key_of_recording()
        open_request, open_answer = opener(key, "client"), opener(key, "server")
        e = self.serve("--style", "omi", "--op-timeout", "300")
        w = Wsman(e.port)

        def requests():
            for name, (head, body), (answer_head, answer) in Recorded("wsman-negotiate"):
                if "conn1-encrypted" in name:
                    yield name, open_request(body), int(answer_head.split()[1]), open_answer(answer)
        self.assertGreater(self.compare(requests(), w.exchange), 20)


class Stdio(unittest.TestCase):
    def server(self, *options):
        self.log = tempfile.NamedTemporaryFile("r")
        self.addCleanup(self.log.close)
        child = subprocess.Popen([os.path.join(FOLDER, "stdio-server"), "--log", self.log.name,
                                  *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 bufsize=0)      # select sees all that is not read yet
        self.addCleanup(lambda: (child.kill(), child.wait(), child.stdin.close(),
                                 child.stdout.close()))
        return child

    def events(self, event):
        with open(self.log.name) as f:
            return [e for e in map(json.loads, f) if e["event"] == event]

    def play(self, child, name, close=True):
        """Send what was recorded, each packet when the server packets before it have come.

        Without close: all but the Close of the pool."""
        due, got, want = 0, [], []
        with open(os.path.join(engine_replay.FOLDER, name + ".jsonl")) as f:
            for line in f:
                item = json.loads(line)
                if item["dir"] == "server":
                    due += 1
                    want.append(item["packet"].split()[0])
                    continue
                if not close and item["packet"].startswith("<Close PSGuid='0000"):
                    break
                while len(got) < due:
                    self.assertTrue(select.select([child.stdout], [], [], 20)[0],
                                    item["packet"][:80])
                    got.append(child.stdout.readline().decode().split()[0])
                child.stdin.write(item["packet"].encode() + b"\n")
                child.stdin.flush()
        rest, _ = child.communicate(timeout=20)
        return got + [line.split()[0] for line in rest.decode().splitlines()], want

    def test_a_recorded_session(self):
        child = self.server("--engine", "replay:enter")
        got, want = self.play(child, "enter")
        self.assertEqual(sorted(got), sorted(want))
        self.assertEqual(self.events("exit")[0]["open"], [])
        self.assertEqual(self.events("violation"), [])

    @needs_pwsh
    def test_a_recorded_session_through_real_powershell(self):
        child = self.server("--engine", "pwsh", "--delay", "5")
        # two Closes right after one another are a race that PowerShell sometimes loses
        got, want = self.play(child, "enter", close=False)
        for kind, more in (("<Data", 2), ("<CommandAck", 0), ("<DataAck", 0)):
            self.assertEqual(got.count(kind), want.count(kind) + more, kind)    # Closing, Closed

    def test_data_before_its_ack_is_noticed(self):
        child = self.server("--engine", "sh", "--delay", "50")
        ident = str(uuid.uuid4())
        for packet in (f"<Command PSGuid='{ident}' />",
                       f"<Data Stream='Default' PSGuid='{ident}'>AAAA</Data>"):
            child.stdin.write(packet.encode() + b"\n")
        child.stdin.flush()
        began = time.monotonic()
        child.stdout.readline()
        self.assertGreater(time.monotonic() - began, 0.09)      # 50 ms each way
        child.communicate(timeout=10)
        self.assertEqual(len(self.events("violation")), 1)


    def test_faults(self):
        for fault, want in (("banner", b"Welcome"), ("garbage", b"\x80"), ("bad-packet", b"<Data "),
                            ("bad-data", b"<Data "), ("eof", b""), ("refuse", b"")):
            child = self.server("--engine", "sh", "--fault", fault)
            out, _ = child.communicate(f"<Command PSGuid='{uuid.uuid4()}' />\n".encode(), 10)
            self.assertEqual(out[:len(want)], want)
            self.assertEqual(b"CommandAck" in out, fault == "banner")


@unittest.skipUnless(os.path.exists("/usr/sbin/sshd"), "needs openssh-server")
class RealSshd(unittest.TestCase):
    def test_subsystem_powershell(self):
        server = subprocess.Popen([os.path.join(FOLDER, "sshd"), "--engine", "sh"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(lambda: server.communicate(timeout=20))
        lines = dict(server.stdout.readline().split() for _ in range(3))
        packet = f"<Command PSGuid='{uuid.uuid4()}' />\n"
        for client, host in (("ssh", "any"), ("dbclient", "127.0.0.1")):
            path = os.path.join(lines["bin"], client)
            if os.path.exists(path):
                r = subprocess.run([path, "-s", host, "powershell"], input=packet, text=True,
                                   capture_output=True, timeout=30)
                self.assertEqual(r.stdout.strip(), packet.replace("d P", "dAck P").strip(),
                                 r.stderr)


@needs_pwsh
class PowerShellAsClient(unittest.TestCase):
    """PowerShell's own Invoke-Command and Enter-PSSession against the stdio endpoint."""

    def setUp(self):
        self.dir = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.dir)
        self.log = os.path.join(self.dir, "log")
        with open(os.path.join(self.dir, "ssh"), "w") as f:
            f.write(f'#!/bin/sh\nexec "{FOLDER}/stdio-server" --engine "$EP_ENGINE" --log '
                    f'"{self.log}"\n')
        os.chmod(f.name, 0o755)

    def env(self, engine):
        return {**os.environ, "PATH": self.dir + ":" + os.environ["PATH"], "EP_ENGINE": engine,
                "TERM": "xterm", "HOME": self.dir, "TMPDIR": self.dir}

    def test_invoke_command(self):
        for engine, text, want in (("sh", "echo hi; ls /no/such", "hi\n"),
                                   ("sh", "1..3", "1\n2\n3\n"),
                                   ("replay:invoke-basic", "'one'; 2; 3.5; $true; $null; 'end'",
                                    "one\n2\n3.5\nTrue\nend\n")):
            r = subprocess.run([engines.pwsh_path(), "-NoLogo", "-NoProfile", "-Command",
                                f"Invoke-Command -HostName h {{{text}}}"], env=self.env(engine),
                               capture_output=True, text=True, timeout=60,
                               stdin=subprocess.DEVNULL)
            self.assertEqual(r.stdout.replace("\r", ""), want, r.stderr)

    def test_enter_pssession(self):
        pid, fd = pty.fork()
        if pid == 0:
            os.execve(engines.pwsh_path(), ["pwsh", "-NoLogo", "-NoProfile"], self.env("sh"))
        self.addCleanup(lambda: (os.close(fd), os.kill(pid, 9), os.waitpid(pid, 0)))
        seen = b""

        def until(text):
            nonlocal seen
            end = time.monotonic() + 30
            while text not in re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", seen):
                self.assertTrue(select.select([fd], [], [], max(0, end - time.monotonic()))[0],
                                seen[-500:])
                data = os.read(fd, 65536)
                if b"\x1b[6n" in data:
                    os.write(fd, b"\x1b[1;1R")
                seen += data
        until(b"PS ")
        os.write(fd, b"Enter-PSSession -HostName server01\r")
        until(b"[server01]: PS ")
        os.write(fd, b"echo twenty-$((10+11))\r")
        until(b"twenty-21")
        os.write(fd, b"exit\r")
        end = time.monotonic() + 10
        while time.monotonic() < end and not os.path.exists(self.log):
            time.sleep(0.1)
        with open(self.log) as f:
            self.assertIn("twenty", f.read())


if __name__ == "__main__":
    unittest.main()

"""Connections that break, and what the endpoint keeps for those who come back."""
import http.client
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from endpoint import soap                                            # noqa: E402
from endpoint.client import Pool, Wsman, WsmanFault, text_of         # noqa: E402
from endpoint.harness import Case, needs_gss                         # noqa: E402

BROKEN = (OSError, http.client.HTTPException)


class Through(Case):
    """A pool opened through a proxy, which then does what it is told."""
    def broken(self, *options, faults=()):
        e = self.serve(*options)
        x = self.proxy(e.port, *faults)
        p = self.client(x)
        p.open()
        return e, x, p

    def client(self, x, like=None, shake=True):
        """One on a connection of its own; like another of the same session."""
        p = Pool(x.port)
        self.addCleanup(p.http.close)
        if like:
            p.session, p.shell, p.pool, p.parts = like.session, like.shell, like.pool, like.parts
            p.object_id = like.object_id
            if shake:
                p.handshake()
        return p

    def fault(self, code, call, *args, **kw):
        with self.assertRaises(WsmanFault) as c:
            call(*args, **kw)
        self.assertEqual(c.exception.code, code)


@needs_gss
class Proxies(Through):
    def test_each_fault_breaks_what_it_says(self):
        _, x, p = self.broken()
        for fault in ("cut", "drop", "reset", "half-close"):
            x.tell(f"{fault} 1")
            with self.assertRaises(BROKEN, msg=fault):
                p.run([("echo lost", True)])
            p = self.client(x, p)
            self.assertEqual(text_of(p.run([("echo back", True)])), ["back"], fault)
        x.tell("swallow 1")
        p.http.sock.settimeout(0.3)
        with self.assertRaises(TimeoutError):
            p.run([("echo lost", True)])
        p = self.client(x, p)
        for fault in ("trickle", "delay"):
            x.tell(f"{fault} 2")
            self.assertEqual(text_of(p.run([("echo slow", True)])), ["slow"])
        self.assertEqual(x.end(), {f: 1 for f in ("cut", "drop", "reset", "half-close", "swallow",
                                                  "trickle", "delay")})

    def test_all_connections_at_a_time_of_ones_own(self):
        _, x, p = self.broken()
        for how in ("cut", "reset"):
            self.assertEqual(x.tell(how), "ok 1")
            with self.assertRaises(BROKEN):
                p.receive()
            p = self.client(x, p)
        self.assertEqual(x.tell("stop"), "ok")
        self.assertEqual(text_of(p.run([("echo on", True)])), ["on"])
        with self.assertRaises(ConnectionRefusedError):
            self.client(x).open()
        self.assertEqual(x.tell("restore"), "ok")
        self.assertEqual(text_of(self.client(x, p).run([("echo on", True)])), ["on"])
        self.assertEqual(x.tell("nonsense"), "what?")

    def test_a_schedule_repeats(self):
        e = self.serve("--allow-unencrypted")
        seen = []
        for seed in ("7", "7", "8"):
            x = self.proxy(e.port, "--faults", "drop,cut", "--seed", seed, "--every", "2",
                           "--after", "3", "--most", "6")
            outcome = ""
            for _ in range(30):
                try:
                    Pool(x.port, scheme="Basic").enumerate()
                    outcome += "."
                except BROKEN:
                    outcome += "x"
            self.assertEqual((outcome[:3], outcome.count("x")), ("...", 6))
            seen.append((outcome, x.end()))
        self.assertEqual(seen[0], seen[1])
        self.assertNotEqual(seen[0], seen[2])

    def test_the_service_is_started_anew(self):
        _, x, p = self.broken(faults=("--away", "200"))
        x.tell("refuse 1")
        with self.assertRaises(BROKEN):
            p.receive()
        refused, end = 0, time.monotonic() + 20
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", x.port)).close()
                break
            except ConnectionRefusedError:
                refused += 1
                time.sleep(0.02)
        self.assertGreater(refused, 0)
        p = self.client(x, p)
        self.assertEqual(text_of(p.run([("echo on", True)])), ["on"])


@unittest.skipUnless(shutil.which("openssl"), "needs openssl")
class Sealed(Through):
    def test_through_tls(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        names = [os.path.join(folder, n) for n in ("cert", "key")]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x", "-out", names[0],
                        "-keyout", names[1]], check=True, capture_output=True)
        e = self.serve("--tls", *names)
        x = self.proxy(e.port)
        context = ssl._create_unverified_context()

        def client():
            w = Wsman(x.port, scheme="Basic")
            w.http = http.client.HTTPSConnection("127.0.0.1", x.port, context=context, timeout=30)
            return w
        self.assertEqual(client().enumerate(), [])
        for fault in ("cut", "drop", "reset", "trickle"):
            w = client()
            self.assertEqual(w.enumerate(), [])
            x.tell(f"{fault} 1")
            if fault == "trickle":
                self.assertEqual(w.enumerate(), [])
            else:
                self.assertRaises(BROKEN, w.enumerate)


@needs_gss
class Kept(Through):
    """A lost answer."""
    def lost(self, e, x, p, command, **how):
        x.tell("drop 1")
        with self.assertRaises(BROKEN):
            p.receive(command, **how)
        return self.client(x, p)

    def test_the_same_receive_again(self):
        e, x, p = self.broken()
        command = p.start([("echo one; sleep 0.5; echo two", True)])
        same = {"message_id": f"uuid:{str(uuid.uuid4()).upper()}"}
        p = self.lost(e, x, p, command, **same)
        self.assertEqual(text_of(p.receive(command, **same)[0]), ["one"])
        self.assertEqual(text_of(p.receive(command, **same)[0]), ["one"])
        self.assertEqual(text_of(p.receive(command)[0])[:1], ["two"])

    def test_another_receive_goes_on(self):
        e, x, p = self.broken()
        command = p.start([("echo one; sleep 0.5; echo two", True)])
        p = self.lost(e, x, p, command)
        self.assertEqual(text_of(p.receive(command)[0])[:1], ["two"])

    def test_connect_brings_it_again(self):
        e, x, p = self.broken()
        command = p.start([("echo one; sleep 9", True)])
        p = self.lost(e, x, p, command)
        p.disconnect()
        q = self.client(x)
        q.connect(p.shell)
        q.connect(p.shell, command)
        self.assertEqual(text_of(q.receive(command)[0]), ["one"])

    def test_any_operation_by_its_id(self):
        e, x, p = self.broken()
        ident = f"uuid:{str(uuid.uuid4()).upper()}"
        operation = lambda again: {"extra": f'<p:OperationID s:mustUnderstand="{again}">{ident}'
                                            "</p:OperationID><p:SequenceId>1</p:SequenceId>"}
        command = p.start([("echo one; sleep 0.5; echo two", True)])
        p = self.lost(e, x, p, command, **operation("false"))
        self.fault(2150858767, p.receive, command, **operation("false"))
        self.assertEqual(text_of(p.receive(command, **operation("true"))[0]), ["one"])
        self.assertEqual(text_of(p.receive(command)[0])[:1], ["two"])
        ident = ident[:-4] + "0000"
        body = f'<rsp:Signal CommandId="{command}"><rsp:Code>x</rsp:Code></rsp:Signal>'
        x.tell("drop 1")
        with self.assertRaises(BROKEN):
            p.call("Signal", body, **operation("false"))
        p = self.client(x, p)
        p.call("Signal", body, **operation("true"))
        self.fault(2150858843, p.call, "Signal", body)

    def test_a_command_is_not_started_twice(self):
        e, x, p = self.broken()
        x.tell("drop 1")
        with self.assertRaises(BROKEN):
            p.start([("echo once", True)])
        p = self.client(x, p)
        ident = e.log("command")[0]["command"]
        self.assertEqual([c["CommandId"] for c in p.enumerate(soap.RSP + "/Command", p.shell)],
                         [ident])
        self.fault(2150859222, p.call, "Command", f'<rsp:CommandLine CommandId="{ident}">'
                   "<rsp:Command/></rsp:CommandLine>")
        self.assertEqual(text_of(p.receive(ident)[0]), ["once"])

    def test_receives_that_linger(self):
        e, x, p = self.broken("--linger")
        command = p.start([("sleep 0.5; echo one; sleep 9", True)])
        same = {"message_id": f"uuid:{str(uuid.uuid4()).upper()}"}
        p.http.sock.settimeout(0.1)
        with self.assertRaises(TimeoutError):
            p.receive(command, **same)
        x.tell("cut")
        p = self.client(x, p)
        self.fault(1359, p.receive, command, **same)
        time.sleep(0.8)
        self.assertEqual(text_of(p.receive(command, **same)[0]), ["one"])

    def test_no_line_is_lost_or_doubled(self, seeds=range(3), options=()):
        """A client that asks again, with what it asked before."""
        e = self.serve(*options)
        for seed in seeds:
            with self.subTest(seed=seed):
                x = self.proxy(e.port, "--seed", str(seed), "--after", "7", "--every", "2",
                               "--faults", "cut,drop,reset,half-close,trickle,delay", "--delay",
                               "20")
                p = self.client(x)
                p.open()
                command, got, done = p.start([("1..20000", True)]), [], False
                while not done:
                    p, (more, done) = self.persist(x, p, command)
                    got += more
                self.assertEqual(text_of(got), [str(i) for i in range(1, 20001)])
                self.assertGreater(sum(x.end().values()), 0)
                q = Pool(e.port)
                q.session, q.shell = p.session, p.shell
                q.delete()
                q.http.close()

    def persist(self, x, p, command):
        """(the client that got through at last, what it received)"""
        same = {"message_id": f"uuid:{str(uuid.uuid4()).upper()}"}
        while True:
            try:
                if not p.ready:
                    p.handshake()
                return p, p.receive(command, **same)
            except WsmanFault as f:
                if f.code != 1359:
                    raise
                time.sleep(0.01)
            except BROKEN:
                p.http.close()
                p = self.client(x, p, shake=False)


if __name__ == "__main__":
    unittest.main()

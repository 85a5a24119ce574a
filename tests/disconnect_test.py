"""Sessions that live on, as the endpoint has them: seen by two of our small clients."""
import os
import sys
import time
import unittest
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from endpoint import clixml, psrp, records, soap                     # noqa: E402
from endpoint.client import Pool, WsmanFault, text_of                # noqa: E402
from endpoint.harness import Case, kinds, needs_gss, needs_pwsh      # noqa: E402

COMMANDS = soap.RSP + "/Command"
GONE, DISCONNECTED, MISMATCH, IN_USE = 2150858843, 2150859204, 2150859206, 2150859213
STREAM, IDLE, DENIED, BAD_CONNECT = 2150859230, 2150859250, 5, 2152992675
TWO_USERS = "WORKGROUP:demo:Secret-1\nWORKGROUP:other:Secret-2\n"


class Away(Case):
    def refused(self, code, call, *args, **kw):
        with self.assertRaises(WsmanFault) as c:
            call(*args, **kw)
        self.assertEqual(c.exception.code, code)

    def other(self, e, **kw):
        p = Pool(e.port, **kw)
        self.addCleanup(p.http.close)
        return p

    def rest(self, p, command):
        got, done = [], False
        while not done:
            more, done = p.receive(command)
            got += more
        return got


@needs_gss
class Taken(Away):
    def test_reconnect(self):
        e, p = self.pool()
        command = p.start([("echo one; sleep 0.3; echo two", True)])
        self.assertEqual(text_of(p.receive(command)[0]), ["one"])
        p.disconnect()
        self.refused(DISCONNECTED, p.receive, command)
        self.refused(DISCONNECTED, p.start, [("echo", True)])
        self.refused(DISCONNECTED, p.disconnect)
        p.reconnect()
        self.refused(STREAM, p.receive, command)
        p.reconnect(command)
        p.reconnect()                   # once more does no harm
        self.assertEqual(text_of(self.rest(p, command))[-1], "two")
        p.signal(command)
        self.assertEqual(text_of(p.run([("echo three", True)])), ["three"])
        p.delete()
        self.assertEqual(e.end(), [])

    def test_another_client_takes_over(self, engine="sh", text="1..3000", last="3000"):
        e, p = self.pool(engine=engine)
        command = p.start([(text, True)])
        p.disconnect()
        q = self.other(e)
        got = q.connect(p.shell)
        self.assertEqual(kinds(got), ["SESSION_CAPABILITY", "RUNSPACEPOOL_INIT_DATA"])
        self.assertEqual([clixml.read(got[1].data).get(n) for n in
                          ("MinRunspaces", "MaxRunspaces")], [1, 1])
        self.assertIn("APPLICATION_PRIVATE_DATA", kinds(q.receive()[0]))
        self.refused(STREAM, q.receive, command)
        q.connect(p.shell, command)
        self.assertEqual(text_of(self.rest(q, command)), [str(i) for i in range(1, 3001)])
        self.refused(MISMATCH, p.receive)
        q.signal(command)
        self.assertEqual(text_of(q.run([("echo here", True)])), ["here"])
        q.delete()
        self.assertEqual(e.end(), [])

    @needs_pwsh
    def test_another_client_takes_over_powershell(self):
        self.test_another_client_takes_over("pwsh")

    def test_what_was_answered_last_comes_again(self):
        _, p = self.pool()
        command = p.start([("echo one; sleep 9", True)])
        self.assertEqual(text_of(p.receive(command)[0]), ["one"])
        p.disconnect()
        p.reconnect()
        p.reconnect(command)
        self.assertEqual(text_of(p.receive(command)[0]), ["one"])
        p.signal(command, "none")       # says that it came
        self.refused(GONE, p.receive, command)

    def test_who_may_not(self):
        e, p = self.pool(accounts=TWO_USERS)
        q, stranger = self.other(e), self.other(e, user="other", password="Secret-2")
        self.refused(IN_USE, q.connect, p.shell)
        self.refused(IN_USE, q.reconnect)
        self.refused(MISMATCH, q.disconnect)
        p.disconnect()
        self.refused(MISMATCH, q.reconnect)
        self.refused(DENIED, stranger.connect, p.shell)
        self.refused(GONE, stranger.connect, str(uuid.uuid4()).upper())
        q.connect(p.shell)
        self.refused(GONE, q.connect, p.shell, str(uuid.uuid4()).upper())
        self.refused(IN_USE, p.reconnect)

    def test_connect_is_strict(self):
        e, p = self.pool()
        p.disconnect()
        q = self.other(e)
        q.pool = uuid.UUID(p.shell)
        capability = q.encode("SESSION_CAPABILITY", records.capability("2.3"))
        wanted = lambda low, high: q.encode("CONNECT_RUNSPACEPOOL", clixml.write(clixml.Obj(ms={
            "MinRunspaces": low, "MaxRunspaces": high})))
        connect = q.encode("CONNECT_RUNSPACEPOOL", "<S />")
        q.pool = uuid.uuid4()
        elsewhere = q.encode("CONNECT_RUNSPACEPOOL", "<S />")
        old = q.encode("SESSION_CAPABILITY", records.capability("2.1"))
        for data in (b"", capability, connect + capability, capability + connect + b"\0",
                     capability + elsewhere, old + connect, capability + wanted(2, 3),
                     capability + wanted(1, 0),
                     capability[:16] + b"\1" + capability[17:] + connect):
            self.refused(BAD_CONNECT, q.connect, p.shell, data=data)
        q.connect(p.shell, data=capability + wanted(1, 1))


@needs_gss
class Listed(Away):
    def test_shells_and_commands(self):
        e, p = self.pool()
        command = p.start([("sleep 9", True)])
        q = self.other(e)
        (s,) = q.enumerate()
        self.assertEqual((s["ShellId"], s["State"], s["Name"]), (p.shell, "Connected", "x"))
        self.assertEqual((s["IdleTimeOut"], s["MaxIdleTimeOut"], s["BufferMode"]),
                         ("PT7200.000S", "PT2147483.647S", "Block"))
        p.disconnect("PT90S", "Drop")
        (s,) = q.enumerate(shell=p.shell)
        self.assertEqual((s["State"], s["IdleTimeOut"], s["BufferMode"], s["ShellInactivity"]),
                         ("Disconnected", "PT90.000S", "Drop", "P0DT0H0M0S"))
        self.assertEqual(q.enumerate(COMMANDS, p.shell), [
            {"CommandId": command, "CommandLine": "", "CommandState": "Running"}])
        self.assertEqual(q.enumerate(shell=str(uuid.uuid4()).upper()), [])
        self.refused(2150859200, q.enumerate, COMMANDS)
        self.refused(GONE, q.enumerate, COMMANDS, str(uuid.uuid4()).upper())
        q.shell = p.shell
        body = q.call("Get", "", resource=soap.RSP)
        self.assertEqual(body.find(f".//{{{soap.RSP}}}State").text, "Disconnected")

    def test_in_several_batches(self):
        e, p = self.pool("--max-batch", "2")
        for _ in range(4):
            self.other(e).open()
        for optimized in (True, False):
            found = {s["ShellId"] for s in p.enumerate(optimized=optimized)}
            self.assertEqual(len(found), 5)
        body = p.call("Enumerate", "<n:Enumerate/>", resource=soap.RSP, shell=None)
        ident = body.findtext(f".//{{{soap.EN}}}EnumerationContext")
        context = f"<n:EnumerationContext>{ident}</n:EnumerationContext>"
        p.call("Release", f"<n:Release>{context}</n:Release>", resource=soap.RSP, shell=None)
        self.refused(2150858779, p.call, "Pull", f"<n:Pull>{context}</n:Pull>", resource=soap.RSP,
                     shell=None)

    def test_each_sees_his_own_and_an_administrator_all(self):
        e, p = self.pool("--admin", "root", "--max-shells", "1", accounts=TWO_USERS +
                         "WORKGROUP:root:Secret-3\n")
        other, root = (self.other(e, user=u, password=w) for u, w in
                       (("other", "Secret-2"), ("root", "Secret-3")))
        other.open()
        self.assertEqual([s["ShellId"] for s in p.enumerate()], [p.shell])
        self.assertEqual([s["ShellId"] for s in other.enumerate()], [other.shell])
        self.refused(GONE, other.enumerate, COMMANDS, p.shell)
        self.assertEqual(len(root.enumerate()), 2)
        root.shell = other.shell
        root.delete()
        self.refused(DENIED, other.call, "Delete", "", shell=p.shell)


@needs_gss
class Time(Away):
    def test_idle_time_outs_have_bounds(self):
        _, p = self.pool("--max-idle", "600", "--idle", "7200")
        (s,) = p.enumerate()
        self.assertEqual((s["IdleTimeOut"], s["MaxIdleTimeOut"]), ("PT600.000S", "PT600.000S"))
        for bad in ("PT59.999S", "PT601S"):
            self.refused(IDLE, p.disconnect, bad)
            self.refused(IDLE, p.call, "Create", "<rsp:Shell><rsp:IdleTimeOut>"
                         f"{bad}</rsp:IdleTimeOut></rsp:Shell>", {"protocolversion": "2.3"},
                         shell=None)
        self.assertEqual(len(p.enumerate()), 1)
        p.disconnect("PT600S")

    def test_a_disconnected_shell_ends(self):
        e, p = self.pool("--idle-speed", "200")
        p.start([("sleep 9", True)])
        p.disconnect("PT60S")
        end = time.monotonic() + 20
        while not e.log("shell-expired") and time.monotonic() < end:
            time.sleep(0.05)
        self.refused(GONE, p.reconnect)
        self.assertEqual(e.end(), [])

    def test_a_silent_client_counts_as_gone(self):
        e, p = self.pool("--auto-disconnect", "0.3")
        q = self.other(e)
        self.refused(IN_USE, q.connect, p.shell)
        while q.enumerate()[0]["State"] == "Connected":
            time.sleep(0.05)
        self.assertEqual(text_of(p.run([("echo back", True)])), ["back"])
        while q.enumerate()[0]["State"] == "Connected":
            time.sleep(0.05)
        q.connect(p.shell)
        self.refused(MISMATCH, p.receive)


@needs_gss
class Buffers(Away):
    def flood(self, mode):
        e, p = self.pool("--buffer", "20000")
        command = p.start([("1..5000", True)])
        p.disconnect(mode=mode)
        return e, p, command

    def test_block(self):
        _, p, command = self.flood("Block")
        time.sleep(0.3)
        p.reconnect()
        p.reconnect(command)
        self.assertEqual(text_of(self.rest(p, command)), [str(i) for i in range(1, 5001)])

    def test_drop(self):
        e, p, command = self.flood("Drop")
        end = time.monotonic() + 20
        while not e.log("state") and time.monotonic() < end:
            time.sleep(0.05)
        p.reconnect()
        p.reconnect(command)
        got = text_of(self.rest(p, command))
        self.assertEqual(got, [str(i) for i in range(5001 - len(got), 5001)])
        self.assertLess(len(got), 1000)
        self.assertEqual(sum(d["parts"] for d in e.log("dropped")), 5000 - len(got))


if __name__ == "__main__":
    unittest.main()

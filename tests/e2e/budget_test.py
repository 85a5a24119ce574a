"""Budgets that can be counted, and what must not leak: see docs/DESIGN.md."""
import os
import re
import subprocess
import time

from lib import (PASSWORD, PSSESSION, SIGINT, Case, load_tests, needs_gss,          # noqa: F401
                 needs_pwsh, needs_root, only_plain, representative, wait_for)
from endpoint.harness import FOLDER

ONE_SHOT, SERIES = 7, 2
GATHER = 600            # ms: what a server says in pieces is one answer, on a busy machine, too
RSS_KIB, IDLE_KIB = 4096, 2048
LINES = 200000


def status(pid, name):
    """A size in KiB of /proc/PID/status, or 0 when the process is gone"""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            found = re.search(rf"^{name}:\s+(\d+) kB", f.read(), re.M)
    except OSError:
        return 0
    return int(found[1]) if found else 0


class Budget(Case):
    def report(self, e):
        out = subprocess.run([os.path.join(FOLDER, "report"), os.path.join(e.dir, "log")],
                             capture_output=True, text=True, check=True).stdout
        pairs = [line.split() for line in out.splitlines()]
        return dict(pairs), [int(v) for n, v in pairs if n == "in-series"]

    def one_shot(self, script, *options):
        e = self.serve("--gather", str(GATHER), *options)
        self.check(self.invoke(e, script), 0, "hello\n")
        self.assertTrue(e.seen("Delete"))
        sums, _ = self.report(e)
        self.assertLessEqual(int(sums["requests"]), ONE_SHOT, sums)
        self.assertEqual(sums["shells-left"], "0")
        self.assertEqual(sums["violations"], "0")

    def prompts(self, lines, out, err=""):
        e = self.serve("--gather", str(GATHER))
        c = self.start("enter-pssession", *e.to(), stdin=subprocess.PIPE)
        for i, line in enumerate(lines, 1):
            self.assertTrue(e.seen("Signal", i), c.err)
            c.child.stdin.write(line.encode() + b"\n")
            c.child.stdin.flush()
        self.assertTrue(e.seen("Signal", len(lines) + 1), c.err)
        c.child.stdin.close()
        self.check(c.finish(), 0, out, err)
        self.assertTrue(e.seen("Delete"))
        sums, series = self.report(e)
        self.assertEqual(series, [SERIES] * (len(lines) + 1))
        self.assertEqual(sums["violations"], "0")

    def flood(self, script):
        """Output is read as fast as it comes; what the process took at most is looked at until the
        end."""
        e = self.serve()
        r, w = os.pipe()
        c = self.start("invoke-command", *e.to(), script, stdout=w)
        os.close(w)
        got, tail, most = 0, b"", 0
        while data := os.read(r, 1 << 20):
            got += data.count(b"\n")
            tail = (tail + data)[-20:]
            most = max(most, status(c.pid, "VmHWM"))
        os.close(r)
        self.check(c.finish(), 0, None)
        self.assertEqual((got, tail.split()[-1]), (LINES, b"%d" % LINES))
        self.assertGreater(most, 0)
        self.assertLessEqual(most, RSS_KIB)


@needs_gss
class Shell(Budget):
    @representative
    def test_requests_of_a_command(self):
        self.one_shot("echo hello")
        self.one_shot("echo hello", "--style", "omi")

    def test_requests_of_a_line(self):
        self.prompts(["echo one", "cd /usr", "echo two"], "one\ntwo\n")

    def test_further_connections_know_the_scheme(self):
        """A server that offers less than is allowed shows it once, not for each connection."""
        e = self.serve(auth="ntlm")
        self.check(self.enter(e, "echo one\necho two\n"), 0, "one\ntwo\n")
        self.assertTrue(wait_for(lambda: e.log("disconnect")))
        requests = e.log("request")
        self.assertGreater(len({r["conn"] for r in requests}), 1)
        self.assertEqual([r["conn"] for r in requests if "refused" in (r["auth"] or "")], [1])

    @only_plain
    def test_memory_of_much_output(self):
        self.flood(f"flood {LINES}")

    def test_much_output(self):
        c = self.invoke(self.shared(), f"flood {LINES // 10}")
        self.assertEqual(c.out, "".join(f"{i}\n" for i in range(1, LINES // 10 + 1)))

    @only_plain
    def test_memory_of_a_session(self):
        e = self.shared()
        c = self.start("enter-pssession", *e.to(), stdin=subprocess.PIPE)
        c.child.stdin.write(b"flood 1000\n")
        c.child.stdin.flush()
        self.assertTrue(wait_for(lambda: c.out.endswith("\n1000\n")))
        self.assertLessEqual(status(c.pid, "VmRSS"), IDLE_KIB)
        c.child.stdin.close()
        self.check(c.finish(), 0, None)


@needs_gss
@needs_pwsh
class PowerShell(Budget):
    engine = "pwsh"

    def test_requests_of_a_command(self):
        self.one_shot("'hello'")

    def test_requests_of_a_line(self):
        self.prompts(["'one'", "cd /usr", "throw 'x'", "'two'"], "one\ntwo\n",
                     "Error: x\n")

    @only_plain
    def test_memory_of_much_output(self):
        self.flood(f"1..{LINES}")


@needs_gss
class Secrets(Case):
    def look(self, c, e):
        """c runs: nothing that others could read may hold the password"""
        for name in ("cmdline", "environ"):
            with open(f"/proc/{c.pid}/{name}", "rb") as f:
                self.assertNotIn(PASSWORD.encode(), f.read())
        with open(f"/proc/{c.pid}/limits", encoding="ascii") as f:
            self.assertRegex(f.read(), r"Max core file size +0 +0 ")
        c.signal(SIGINT)
        c.finish()
        self.assertNotIn(PASSWORD, c.out + c.err)
        with open(os.path.join(e.dir, "log"), encoding="utf-8") as f:
            self.assertNotIn(PASSWORD, f.read())

    @needs_root
    @only_plain
    def test_while_it_runs(self):
        e = self.serve()
        for how in ("file", "-"):
            with self.subTest(how):
                c = self.start("invoke-command", *e.to(password="-" if how == "-" else None),
                               "echo early; sleep 60", stdin=PASSWORD.encode() + b"\n")
                self.assertTrue(wait_for(lambda: "early" in c.out), c.err)
                self.look(c, e)

    @needs_root
    @only_plain
    def test_while_it_connects(self):
        e = self.serve("--fault", "silent")
        c = self.start("invoke-command", *e.to(), "echo a")
        self.assertTrue(wait_for(lambda: e.log("connect")))
        self.look(c, e)

    def test_everything_is_sealed(self):
        e = self.serve()
        self.check(self.invoke(e, "echo hello"), 0, "hello\n")
        self.assertTrue(all(r["sealed"] for r in e.log("request") if r["action"]))


@only_plain
class Binary(Case):
    def test_size(self):
        with open(os.path.dirname(__file__) + "/../../tools/size.budget", encoding="ascii") as f:
            self.assertLessEqual(os.path.getsize(PSSESSION), int(f.read()))

    def test_it_needs_nothing(self):
        """No library, no configuration, no writable place, not even an environment"""
        with open(PSSESSION, "rb") as f:
            self.assertNotIn(b"/lib/ld-", f.read())
        r = subprocess.run([PSSESSION, "--version"], env={}, cwd="/", capture_output=True,
                           check=True)
        self.assertRegex(r.stdout, rb"^pssession \d+\.\d+\.\d+\n$")

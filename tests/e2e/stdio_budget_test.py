"""Budgets of docs/DESIGN.md over stdio: round trips, memory, our share of the work."""
import os
import re
import time

from endpoint import engines
from lib import (KIND, PATIENCE, load_tests, needs_pwsh, only_plain,              # noqa: F401
                 representative)
from stdio_lib import AT_PROMPT, ENGINES, Case

TRIP = 0.2                      # seconds that a round trip takes longer with the delay
LINES = 200000 if KIND == "plain" else 20000
RSS_KIB = 4096
CPU_SHARE, CPU_ASSERTED = 0.1, 0.25     # the budget, and with room for a busy machine
UPLOAD = 5 << 20


class RoundTrips(Case):
    """The endpoint adds 100 ms each way, and logs what comes when."""
    def seconds(self, engine, delay, lines):
        """To the first prompt; from Enter to the next one, the fastest."""
        self.stdio("--engine", engine, "--delay", delay)
        began, took = time.monotonic(), []
        s = self.enter_screen()
        s.wait(AT_PROMPT)
        first = time.monotonic() - began
        for line in lines:
            time.sleep(0.1)
            began = time.monotonic()
            s.type(line + "\n")
            s.wait(AT_PROMPT)
            took.append(time.monotonic() - began)
        s.type("exit\n")
        s.finish()
        return first, min(took)

    def waves(self):
        """How often the client sent data, waited, and sent data again."""
        self.assertEqual([e for e in self.events() if e["event"] == "violation"], [])
        sent = [e["t"] for e in self.events() if e["event"] == "packet" and
                (e["dir"], e["kind"]) == ("client", "Data")]
        return sum(b - a > TRIP / 2 for a, b in zip([-1] + sent, sent))

    def compare(self, *args):
        self.at_best(lambda: self.trips(*args))

    def trips(self, engine, lines, trips):
        fast = self.seconds(engine, 0, lines)
        slow = self.seconds(engine, TRIP * 1000 / 2, lines)
        first, line = ((b - a) / TRIP for a, b in zip(fast, slow))
        print(f"{engine}: {first:.2f} round trips to the first prompt, {line:.2f} for {lines[0]}")
        self.assertEqual(self.waves(), 2 + trips * len(lines))
        self.assertLess(abs(line - trips), 0.9)

    @only_plain
    def test_a_line_costs_one(self):
        for engine in ENGINES:
            with self.subTest(engine=engine):
                self.compare(engine, ("echo one", "echo two", "cd /"), 1)

    @only_plain
    def test_a_line_that_fails_costs_two(self):
        self.compare(ENGINES[-1], ("throw 'x'", "throw 'y'"), 2)

    @only_plain
    def test_a_large_script_goes_in_large_pieces(self):
        def upload():
            self.stdio("--engine", "sh", "--delay", TRIP * 1000 / 2)
            c = self.run_client("invoke-command", "-HostName", self.host, "-FilePath", path)
            self.check(c, 0, "done\n")
            self.assertLess(self.waves(), 2 + UPLOAD // (1 << 20) + 2)
        path = self.script("large", "#" * UPLOAD + "\necho done")
        self.at_best(upload)


class Much(Case):
    def watched(self, c, seconds=120):
        """Runs to its end: the most memory it had, in KiB, and its own CPU seconds."""
        memory, ticks = 0, 0
        end = time.monotonic() + seconds
        while c.child.poll() is None and time.monotonic() < end:
            try:
                with open(f"/proc/{c.pid}/status") as f:
                    peak = re.search(r"VmHWM:\s+(\d+)", f.read())
                memory = int(peak[1]) if peak else memory
                with open(f"/proc/{c.pid}/stat") as f:
                    stat = f.read().rpartition(") ")[2].split()
                ticks = max(ticks, int(stat[11]) + int(stat[12]))
            except OSError:
                pass
            time.sleep(0.01)
        c.finish()
        return memory, ticks / os.sysconf("SC_CLK_TCK")

    def flood(self, lines, applet, *args, **kw):
        """Every line, in order, in little memory."""
        c = self.start(applet, "-HostName", self.host, *args, **kw)
        memory, cpu = self.watched(c)
        self.check(c, 0, None)
        self.assertTrue(c.out == "".join(f"{i}\n" for i in range(1, lines + 1)),
                        f"{c.out.count(chr(10))} lines, or not in order")
        if KIND == "plain":
            print(f"{applet}, {lines} lines: {memory} KiB, {cpu} s CPU")
            self.assertGreater(memory, 0)
            self.assertLessEqual(memory, RSS_KIB)
        return cpu

    def test_many_lines(self):
        lines = LINES if ENGINES == ("sh",) else LINES // 10      # the rest comes from pwsh
        self.stdio("--engine", "sh")
        self.flood(lines, "invoke-command", "-ScriptBlock", f"1..{lines}")

    @needs_pwsh
    def test_our_share_of_many_lines_of_pwsh(self):
        for lines, *args in ((LINES, "invoke-command", "-ScriptBlock", f"1..{LINES}"),
                             (LINES // 4, "enter-pssession")):
            self.ssh_is(f"{engines.pwsh_path()} -NoLogo -NoProfile -s; times >{self.dir}/times")
            ours = self.flood(lines, *args, stdin=f"1..{lines}\n".encode())
            with open(os.path.join(self.dir, "times")) as f:
                theirs = sum(int(m) * 60 + float(sec) for m, sec in
                             re.findall(r"(\d+)m([\d.]+)s", f.read()))
            print(f"{args[0]}: {ours / theirs:.3f} of the server's CPU (budget {CPU_SHARE})")
            if KIND == "plain":
                self.assertLess(ours / theirs, CPU_ASSERTED)

    @only_plain
    def test_one_long_line(self):
        """A message is held once, and only while it is shown."""
        for engine, size in (("sh", 2 << 20), ("pwsh", 10 << 20)):
            if engine not in ENGINES:
                continue
            self.stdio("--engine", engine)
            s = self.enter_screen()
            s.wait(AT_PROMPT)
            s.type(f"head -c {size} /dev/zero | tr '\\0' x; echo\r" if engine == "sh" else
                   f"'x' * {size}\r")
            begun = len(s.raw)
            while s.more(PATIENCE) and not (len(s.raw) > begun + size and s.raw.endswith(b"> ")):
                pass
            self.assertEqual(s.raw.count(b"x" * 1024), size >> 10)
            with open(f"/proc/{s.pid}/status") as f:
                high, now = re.findall(r"Vm(?:HWM|RSS):\s+(\d+)", f.read())
            print(f"{engine}: a line of {size >> 20} MiB: {high} KiB, {now} KiB afterwards")
            self.assertLessEqual(int(high), (size >> 10) + 2048)
            self.assertLessEqual(int(now), 2048)
            s.type("exit\r")
            s.finish()

    @representative
    def test_a_large_script_arrives_whole(self):
        for engine in ENGINES:
            with self.subTest(engine=engine):
                self.stdio("--engine", engine)
                last = "$MyInvocation.MyCommand.ToString().Length"
                last = "echo done" if engine == "sh" else last
                text = "#" * UPLOAD + "\n" + last + "\n"
                c = self.run_client("invoke-command", "-HostName", self.host, "-FilePath", "-",
                                    stdin=text.encode())
                self.check(c, 0, "done\n" if engine == "sh" else f"{len(text)}\n")

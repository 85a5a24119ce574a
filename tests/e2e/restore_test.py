"""The terminal is as it was, whatever ends us and whenever."""
import os
import random
import re
import signal
import time

from lib import KIND, load_tests                                                  # noqa: F401
from stdio_lib import AT_PROMPT, Case, children

ENDING = ("SIGTERM", "SIGHUP", "SIGQUIT", "SIGINT")
CRASH = ("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT")
ROUNDS, INSTANTS = (20, 10) if KIND == "plain" else (5, 4)


class Restored(Case):
    def start_screen(self):
        self.stdio("--engine", "sh")
        return self.enter_screen()

    def check(self, s, note=""):
        """Its mode, and what was asked of it by sequences: each is undone."""
        s.finish()
        self.assertEqual(s.flags(), s.before, note)
        for on, off in ((r"\x1b\[\?2004h", r"\x1b\[\?2004l"), (r"\x1b\[22;2t", r"\x1b\[23;2t"),
                        (r"\x1b\[7m|\x1b\[[39][1-7]", r"\x1b\[0?m|\x1b\[39;49m")):
            last = [m.start() for m in re.finditer(on, s.text)][-1:]
            if last:
                self.assertRegex(s.text[last[0]:], off, note)

    def states(self):
        """Name, the line that leads there, what is on the screen then."""
        yield "at the prompt", "echo x", AT_PROMPT
        yield "half a line", "", AT_PROMPT
        yield "running", "sleep 60", r"sleep 60\r\n$"
        yield "a secret", "Read-Host Name -AsSecureString", "Name: $"
        yield "a key", "Call-Host ReadKey [6]", r"\[6\]\r\n$"
        yield "a title and colours", (
            "Call-Host SetWindowTitle [\"mine\"]\rCall-Host SetForegroundColor [12]"), (
            r"91;49m.*\]: PS [^\n]*> $")

    def test_signals(self):
        for name in ENDING + CRASH:
            for state, line, seen in self.states():
                if KIND != "plain" and (name in CRASH or state == "half a line"):
                    continue            # the sanitizers catch those signals
                with self.subTest(f"{name} {state}"):
                    s = self.start_screen()
                    s.wait(AT_PROMPT)
                    s.type(line + "\r" if line else "half a li")
                    if line:
                        s.wait(seen)
                    s.signal(getattr(signal, name))
                    if name == "SIGINT":        # the session stays
                        s.type("")
                        s.signal(signal.SIGTERM)
                    self.check(s)
                    if name in CRASH:
                        self.assertEqual(s.code, -getattr(signal, name))

    def test_the_server_is_killed(self):
        for state, line, seen in self.states():
            with self.subTest(state):
                s = self.start_screen()
                s.wait(AT_PROMPT)
                s.type(line + "\r")
                s.wait(seen)
                for pid in children(s.pid):
                    os.kill(pid, signal.SIGKILL)
                self.check(s)

    def test_ctrl_c_at_any_instant(self):
        """Seeded: typing, output, questions and Ctrl+C, as a signal and as a key."""
        for seed in range(ROUNDS):
            with self.subTest(seed=seed):
                rng = random.Random(seed)
                s = self.start_screen()
                for _ in range(INSTANTS):
                    time.sleep(rng.random() * 0.05)
                    if s.child.poll() is not None:
                        break
                    s.type(rng.choice(("echo x\r", "sleep 9\r", "flood 500\r", "half", "\r",
                                       "Read-Host N\r", "Read-Host N -AsSecureString\r",
                                       "Write-Progress p\r", "Call-Host ReadKey [6]\r")))
                    time.sleep(rng.random() * 0.05)
                    if rng.random() < 0.5:
                        s.type("\x03")
                    elif s.child.poll() is None:
                        s.signal(signal.SIGINT)
                    s.more(0)
                if s.child.poll() is None:
                    s.signal(signal.SIGTERM)
                self.check(s, f"seed {seed}")

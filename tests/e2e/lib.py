"""What the end-to-end tests share: the endpoint, the binary on pipes, the binary on a terminal.

$PSSESSION is the binary to test, $PSSESSION_KIND says what it is: plain, asan or valgrind. Under
valgrind only tests marked @representative run (a module takes load_tests from here for that).
"""
import atexit
import fcntl
import json
import os
import re
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time
import unittest

from endpoint import harness
from endpoint.harness import needs_gss, needs_pwsh               # noqa: F401

PSSESSION = os.environ["PSSESSION"]
OK, REMOTE, USAGE, LOGIN, NET, PEER = range(6)         # exit codes
KIND = os.environ.get("PSSESSION_KIND", "plain")
HOST, PASSWORD = "127.0.0.1", "Secret-1"
PATIENCE = 40 if KIND == "plain" else 90
ENV = {**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8",
       "ASAN_OPTIONS": "exitcode=86", "UBSAN_OPTIONS": "exitcode=86:print_stacktrace=1",
       "XDG_CONFIG_HOME": "/nonexistent"}
for name in ENV.copy():
    if re.fullmatch("NO_COLOR|COLUMNS|LINES|NTLM_USER_FILE|PSSESSION_.*|SSL_CERT_.*|KRB5.*|"
                    "(?i:.*_proxy)", name):
        del ENV[name]
ENV["PSSESSION_HISTORY"] = ""           # nobody's own is touched
needs_root = unittest.skipIf(os.getuid(), "only root looks into such a process")
REPORTS = re.compile(rb"Sanitizer|runtime error:|^==\d+== ", re.M)


def representative(test):
    """Marks a test that is worth its time under valgrind, too."""
    test.representative = True
    return test


def only_plain(test):
    """Marks a test or a class of tests of the binary as it is shipped."""
    test.only_plain = True
    return test


def load_tests(loader, tests, pattern):
    def wanted(t):
        method = getattr(t, t._testMethodName)
        if KIND == "valgrind":
            return hasattr(method, "representative")
        return KIND == "plain" or not (hasattr(method, "only_plain") or hasattr(t, "only_plain"))
    return unittest.TestSuite(t for case in tests for t in case if wanted(t))


def wait_for(what, seconds=PATIENCE):
    """The first true value of what(), or the last one when the time is over."""
    end = time.monotonic() + seconds
    while not (got := what()) and time.monotonic() < end:
        time.sleep(0.02)
    return got


def stop(pid):
    """SIGSTOP, and waits until it stands still."""
    def stands():
        with open(f"/proc/{pid}/stat") as f:
            return ") T " in f.read()
    os.kill(pid, signal.SIGSTOP)
    assert wait_for(stands), "it does not stop"


class Client:
    """The binary, started without a terminal; its output in files. code is None while it runs."""
    def __init__(self, *args, stdin=b"", stdout=None, env=None, **kw):
        self.began = time.monotonic()
        self.files = [tempfile.TemporaryFile() for _ in range(2)]
        given = None
        if isinstance(stdin, bytes):
            given = tempfile.TemporaryFile()
            given.write(stdin)
            given.seek(0)
        self.child = subprocess.Popen([PSSESSION, *map(str, args)],
                                      stdin=given if given else stdin,
                                      stdout=self.files[0] if stdout is None else stdout,
                                      stderr=self.files[1], start_new_session=True,
                                      env={**ENV, **(env or {})}, **kw)
        self.pid, self.code, self.seconds = self.child.pid, None, None
        if given:
            given.close()

    def read(self, i):
        size = os.fstat(self.files[i].fileno()).st_size
        return os.pread(self.files[i].fileno(), size, 0)

    @property
    def out(self):
        return self.read(0).decode("utf-8", "backslashreplace")

    @property
    def err(self):
        return self.read(1).decode("utf-8", "backslashreplace")

    def signal(self, signo):
        os.kill(self.pid, signo)

    def finish(self, seconds=PATIENCE):
        try:
            self.code = self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise AssertionError(f"still ran after {seconds} s; out {self.out[-300:]!r}, "
                                 f"err {self.err[-300:]!r}") from None
        self.seconds = time.monotonic() - self.began
        if REPORTS.search(self.read(1)):
            raise AssertionError("memory report: " + self.err[-2000:])
        return self

    def close(self):
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        for f in self.files:
            f.close()
        if self.child.stdin:
            self.child.stdin.close()


MARKING = re.compile("\x1b\\[\\?2004[hl]")      # pastes are to be marked: nothing to see


class Screen:
    """A program on a terminal of its own. text is all that was written there so far, without what
    switches the marking of pastes."""
    def __init__(self, *args, program=PSSESSION, columns=100, rows=30, job_control=True, **env):
        self.master, self.slave = os.openpty()
        self.resize(columns, rows)
        self.before = termios.tcgetattr(self.slave)
        self.child = subprocess.Popen(
            [program, *map(str, args)], stdin=self.slave, stdout=self.slave, stderr=self.slave,
            start_new_session=True, env={**ENV, **env},
            preexec_fn=lambda: job_control and fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.pid, self.raw, self.seen, self.code = self.child.pid, b"", 0, None

    @property
    def text(self):
        return MARKING.sub("", self.raw.decode("utf-8", "backslashreplace"))

    def resize(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def more(self, seconds):
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        self.raw += os.read(self.master, 65536)
        return True

    def wait(self, pattern, seconds=PATIENCE):
        """Waits for a text behind what was waited for before; gives what came up to its end."""
        end = time.monotonic() + seconds
        while not (m := re.search(pattern, self.text[self.seen:], re.S)):
            if time.monotonic() > end:
                raise AssertionError(f"no {pattern!r} in {self.text[self.seen:]!r}")
            self.more(0.1)
        self.seen += m.end()
        return m.string[:m.end()]

    def type(self, text):
        os.write(self.master, text.encode())

    def flags(self):
        return termios.tcgetattr(self.slave)

    def echoes(self):
        return bool(self.flags()[3] & termios.ECHO)

    def signal(self, signo):
        os.kill(self.pid, signo)

    def finish(self, seconds=PATIENCE):
        def over():
            while self.more(0):
                pass
            return self.child.poll() is not None
        if not wait_for(over, seconds):
            self.child.kill()
            raise AssertionError(f"still ran after {seconds} s: {self.text[-500:]!r}")
        over()
        self.code = self.child.wait()
        if REPORTS.search(self.raw):
            raise AssertionError("memory report: " + self.text[-2000:])
        return self

    def close(self):
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        os.close(self.master)
        os.close(self.slave)


class Endpoint(harness.Endpoint):
    """With the parameters that lead there. log() gives what came since mark()."""
    running = {}

    def __init__(self, *options, **kw):
        super().__init__(*options, **kw)
        self.from_here, self.left = 0, None
        self.password = self.secret(PASSWORD)
        atexit.register(self.end)

    @classmethod
    def shared(cls, *options, **kw):
        """One that others use, too, one after the other."""
        key = (*options, *sorted(kw.items()))
        e = cls.running.get(key) or cls.running.setdefault(key, cls(*options, **kw))
        e.mark()
        return e

    def secret(self, text, mode=0o600):
        """The name of a new password file."""
        fd, name = tempfile.mkstemp(dir=self.dir)
        os.write(fd, text.encode() + b"\n")
        os.fchmod(fd, mode)
        os.close(fd)
        return name

    def to(self, user="demo", password=None, host=HOST):
        return ("-ComputerName", host, "-Port", self.port, "-Credential", user, "-PasswordFile",
                password or self.password)

    def mark(self):
        self.from_here = os.path.getsize(os.path.join(self.dir, "log"))

    def log(self, event=None):
        with open(os.path.join(self.dir, "log"), encoding="utf-8") as f:
            f.seek(self.from_here)
            events = [json.loads(line) for line in f if line.endswith("\n")]
        return [e for e in events if event in (None, e["event"])]

    def actions(self):
        return [r["action"] for r in self.log("request") if r["action"]]

    def seen(self, action, n=1, seconds=PATIENCE):
        """Whether n requests of this kind were answered, now or soon."""
        return wait_for(lambda: self.actions().count(action) >= n, seconds)

    def signals(self):
        """The codes of the signals that came: crtl_c, terminate"""
        return [r["code"].rsplit("/", 1)[1] for r in self.log("request") if r.get("code")]

    def open_shells(self):
        events = [e["event"] for e in self.log()]
        return events.count("shell-open") - events.count("shell-close")

    def end(self):
        if self.left is None:
            self.left = super().end()
        return self.left

    def kill(self):
        super().kill()
        self.left = []

    def left_open(self):
        """The shells that were left, which nobody minds any more"""
        self.end()
        left, self.left = self.left, []
        return left


class Case(unittest.TestCase):
    """Whatever is started is ended, and no shell may be left on an endpoint."""
    engine = "sh"

    def serve(self, *options, **kw):
        """An endpoint of its own: for faults and counts"""
        e = Endpoint(*options, **{"engine": self.engine, **kw})
        self.addCleanup(lambda: self.assertEqual(e.end(), [], "shells left open"))
        return e

    def shared(self, *options, **kw):
        e = Endpoint.shared(*options, **{"engine": self.engine, **kw})
        self.addCleanup(lambda: self.assertTrue(wait_for(lambda: not e.open_shells()),
                                                "a shell was left open"))
        return e

    def start(self, *args, **kw):
        c = Client(*args, **kw)
        self.addCleanup(c.close)
        return c

    def run_client(self, *args, seconds=PATIENCE, **kw):
        return self.start(*args, **kw).finish(seconds)

    def invoke(self, e, script, *args, **kw):
        return self.run_client("invoke-command", *e.to(), "-ScriptBlock", script, *args, **kw)

    def enter(self, e, lines, *args, **kw):
        """enter-pssession with commands from a pipe"""
        return self.run_client("enter-pssession", *e.to(), *args, stdin=lines.encode(), **kw)

    def screen(self, *args, **kw):
        s = Screen(*args, **kw)
        self.addCleanup(s.close)
        return s

    def check(self, c, code=0, out=None, err=""):
        """out and err: the text, or a compiled pattern to be found in it; None: anything."""
        self.assertEqual(c.code, code, f"out {c.out[-300:]!r}, err {c.err[-600:]!r}")
        for what, got, want in (("stdout", c.out, out), ("stderr", c.err, err)):
            if isinstance(want, re.Pattern):
                self.assertRegex(got, want, what)
            elif want is not None:
                self.assertEqual(got, want, what)
        return c

    def at_best(self, attempt, times=5):
        """What is measured has to hold once in so many attempts: a machine does other things, too,
        but what takes a round trip more than it should always does."""
        for _ in range(times - 1):
            try:
                return attempt()
            except AssertionError as why:
                print("# once more:", " ".join(str(why).split()))
        return attempt()

    def one_line(self, c, code, words, name=HOST, seconds=PATIENCE):
        """It failed, and said so in one line for people that names who and matches words. code
        None: the network or the peer, whichever it noticed first."""
        self.assertIn(c.code, (code,) if code is not None else (NET, PEER), c.err)
        self.assertEqual(c.err.count("\n"), 1, c.err)
        self.assertIn(name, c.err)
        self.assertRegex(c.err, words)
        self.assertNotRegex(c.err, r"[\x00-\x09\x0b-\x1f]|\.\.|  |\(\(|errno|NULL|\(null\)")
        self.assertLess(c.seconds, seconds)


SIGINT, SIGPIPE, SIGTERM = signal.SIGINT, signal.SIGPIPE, signal.SIGTERM

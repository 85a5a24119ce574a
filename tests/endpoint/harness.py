"""What the tests of the endpoint share: starting it, and what is missing on this machine."""
import contextlib
import glob
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import tempfile
import unittest

from . import engines
from .client import Pool

FOLDER = os.path.dirname(os.path.abspath(__file__))
SHOW = ("Out-Default", False)
PROMPT = [("prompt", False)]
HAVE_GSS = (importlib.util.find_spec("gssapi") is not None and
            bool(glob.glob("/etc/gss/mech.d/*ntlmssp*")))
needs_gss = unittest.skipUnless(HAVE_GSS, "needs python3-gssapi and gss-ntlmssp")
needs_pwsh = unittest.skipUnless(engines.pwsh_path(), "needs pwsh (PWSH or PATH)")
# else GSSAPI looks for the realm of the machine's krb5.conf before it tries NTLM
os.environ.setdefault("KRB5_CONFIG", os.devnull)
# OpenSSL 3 hides MD4, which NTLM wants, unless its legacy provider is on
OPENSSL_LEGACY = """openssl_conf = a
[a]
providers = p
[p]
default = d
legacy = l
[d]
activate = 1
[l]
activate = 1
"""


class Endpoint:
    """One that runs; .port, .log(), and .end(), which gives the ids of the shells left. under: a
    command that runs it."""
    def __init__(self, *options, engine="sh", auth="negotiate,ntlm,basic",
                 accounts="WORKGROUP:demo:Secret-1\n", under=()):
        self.dir = tempfile.mkdtemp()
        self.accounts = os.path.join(self.dir, "accounts")
        with open(self.accounts, "w") as f:
            f.write(accounts)
        self.child = subprocess.Popen(
            [*under, os.path.join(FOLDER, "serve"), "--engine", engine, "--auth", auth,
             "--account-file", self.accounts, "--log", os.path.join(self.dir, "log"), *options],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": self.dir})
        self.port = int(self.child.stdout.readline().split()[1])
        os.environ["NTLM_USER_FILE"] = self.accounts

    def log(self, event=None):
        with open(os.path.join(self.dir, "log")) as f:
            events = [json.loads(line) for line in f if line.endswith("\n")]
        return [e for e in events if event in (None, e["event"])]

    def end(self):
        self.child.terminate()
        left = self.child.communicate()[0].split()
        shutil.rmtree(self.dir)
        return left[3:]

    def kill(self):
        """As a machine that goes down, with all that runs there."""
        groups = []
        for path in glob.glob(f"/proc/{self.child.pid}/task/*/children"):
            with contextlib.suppress(OSError), open(path) as f:         # threads come and go
                groups += map(int, f.read().split())
        self.child.kill()
        self.child.communicate()
        for group in groups:
            try:
                os.killpg(group, signal.SIGKILL)
            except ProcessLookupError:      # it has ended, or has no group of its own
                pass
        shutil.rmtree(self.dir)


class FaultProxy:
    """One that runs before port; .port, .tell(), .log(), and .end(): {fault: how often}."""
    def __init__(self, port, *options):
        self.file = tempfile.NamedTemporaryFile("r")
        self.child = subprocess.Popen(
            [os.path.join(FOLDER, "faultproxy"), "--to", str(port), "--log", self.file.name,
             *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.port = int(self.child.stdout.readline().split()[1])

    def tell(self, line):
        """Its answer: when it has come, the thing is done."""
        self.child.stdin.write(line + "\n")
        return self.child.stdout.readline().strip()

    def end(self):
        self.child.terminate()
        words = self.child.communicate()[0].split()[1:]
        self.file.close()
        return {k: int(v) for k, v in zip(words[::2], words[1::2])}


class Case(unittest.TestCase):
    def proxy(self, port, *options):
        x = FaultProxy(port, *options)
        self.addCleanup(lambda: x.child.poll() is None and x.end())
        return x

    def serve(self, *options, **kw):
        e = Endpoint(*options, **kw)
        self.addCleanup(lambda: e.child.poll() is None and e.end())
        return e

    def pool(self, *options, **kw):
        e = self.serve(*options, **kw)
        p = Pool(e.port)
        self.addCleanup(p.http.close)
        p.open()
        return e, p


def kinds(messages):
    return [m.kind for m in messages]

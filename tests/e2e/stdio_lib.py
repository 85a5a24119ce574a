"""For tests over -HostName: programs in the place of ssh, and text as a terminal shows it."""
import json
import os
import re
import shutil
import tempfile

import lib
from endpoint import engines

ENDPOINT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "endpoint")
ENGINES = ("sh", "pwsh") if engines.pwsh_path() else ("sh",)
AT_PROMPT = r"\]: PS [^\n]*> $"


class Case(lib.Case):
    """host is what -HostName gets; dir is a folder of the test's own."""
    host = "alice@server01"

    def setUp(self):
        self.dir = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.dir)
        self.addCleanup(lib.ENV.pop, "PSSESSION_SSH", None)

    def script(self, name, text):
        """A shell script in dir."""
        path = os.path.join(self.dir, name)
        with open(path, "w") as f:
            f.write("#!/bin/sh\n" + text + "\n")
        os.chmod(path, 0o755)
        return path

    def ssh_is(self, text):
        """A shell script takes the place of ssh."""
        lib.ENV["PSSESSION_SSH"] = self.script("ssh", text)

    def stdio(self, *options):
        """The endpoint's stdio server takes the place of ssh; events() is what it has logged."""
        self.log = os.path.join(self.dir, "log")
        if os.path.exists(self.log):
            os.unlink(self.log)
        self.ssh_is(" ".join(["exec", os.path.join(ENDPOINT, "stdio-server"), "--log", self.log,
                              *map(str, options)]))

    def ssh_asks(self):
        """An ssh that asks on the terminal, but for hosts that begin with "key"; in batch mode it
        fails in its place. Host bad takes no answer. asked(): the answers as they came, "overlap"
        for two questions at once."""
        server = os.path.join(ENDPOINT, "stdio-server")
        self.ssh_is(f"""
all="$*" host=${{*% powershell}} host=${{host##* }}
case $host in key*) exec {server} --engine sh;; esac
case $all in *BatchMode=yes*)
	case $host in new*) echo "Host key verification failed." >&2;;
	*) echo "$host: Permission denied (publickey,password)." >&2;; esac
	exit 255;;
esac
mkdir {self.dir}/asks || echo overlap >>{self.dir}/asked
printf '%s password: ' "$host" >/dev/tty
read -r answer </dev/tty
echo "$host $answer" >>{self.dir}/asked
rmdir {self.dir}/asks
[ $host != bad ] || {{ echo "bad: Permission denied (password)." >&2; exit 255; }}
exec {server} --engine sh""")

    def asked(self):
        with open(os.path.join(self.dir, "asked")) as f:
            return f.read().splitlines()

    def events(self):
        with open(self.log) as f:
            return [json.loads(line) for line in f if line.endswith("\n")]

    def invoke_host(self, script, *args, **kw):
        return self.run_client("invoke-command", "-HostName", self.host, "-ScriptBlock", script,
                               *args, **kw)

    def enter_screen(self, *args, **kw):
        return self.screen("enter-pssession", "-HostName", self.host, *args, **kw)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return [int(word) for word in f.read().split()]


def shown(raw):
    """What a terminal shows of it; clearing the screen and moving about in it are left out."""
    text = re.sub(r"\x1b\][^\a]*\a|\x1b\[[0-9;?]*[A-JL-Za-z]|\x03", "", raw)
    rows = []
    for line in text.replace("\r\n", "\n").split("\n"):
        row = ""
        for overwritten in line.split("\r"):
            at = 0
            for piece in re.split(r"(\x1b\[K)", overwritten):
                row = row[:at] + ("" if piece == "\x1b[K" else piece + row[at + len(piece):])
                at += 0 if piece == "\x1b[K" else len(piece)
        rows.append(row)
    return "\n".join(rows)

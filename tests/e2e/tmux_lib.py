"""A program on a real terminal emulator: tmux, one server a test, without a configuration."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import lib

needs_tmux = unittest.skipUnless(shutil.which("tmux"), "no tmux")


class Terminal:
    """Shows one program. text() is its screen, as rows without blanks at their ends."""
    def __init__(self, *command, columns=80, rows=24, term="xterm-256color", **env):
        self.dir = tempfile.mkdtemp()
        env = {**lib.ENV, **env, "TERM": term}
        for name in ("TMUX", "TMUX_PANE", "LINES", "COLUMNS"):
            env.pop(name, None)
        self.tmux("new-session", "-d", "-x", str(columns), "-y", str(rows), "--", "env", "-i",
                  *(f"{name}={value}" for name, value in env.items()), *map(str, command))
        self.tmux("set-option", "-g", "remain-on-exit", "on")
        self.server = int(self.shown("pid"))

    def tmux(self, *args):
        c = subprocess.run(["tmux", "-S", os.path.join(self.dir, "s"), "-f", "/dev/null", *args],
                           capture_output=True, text=True, timeout=30,
                           env={**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"})
        if c.returncode:
            raise AssertionError(f"tmux {args[0]}: {c.stderr}")
        return c.stdout

    def text(self, colors=False):
        out = self.tmux("capture-pane", "-p", *(["-e"] if colors else []))
        return "\n".join(row.rstrip() for row in out.split("\n")).rstrip("\n")

    def shown(self, what):
        return self.tmux("display-message", "-p", f"#{{{what}}}").rstrip("\n")

    def type(self, text):
        self.tmux("send-keys", "-l", "--", text)

    def keys(self, *names):
        """By tmux's names: Enter, Tab, Up, C-c, M-Enter."""
        self.tmux("send-keys", *names)

    def enter(self, line=""):
        self.type(line) if line else None
        self.keys("Enter")

    def wait(self, pattern, seconds=lib.PATIENCE, colors=False):
        """Until the screen matches; gives it."""
        end = time.monotonic() + seconds
        while not re.search(pattern, text := self.text(colors), re.M):
            if time.monotonic() > end:
                raise AssertionError(f"no {pattern!r} on the screen:\n{text}")
            os.kill(self.server, signal.SIGCHLD)        # tmux 3.3a at times misses the end of one
            time.sleep(0.02)
        return text

    def resize(self, columns, rows):
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def close(self):
        if os.path.isdir(self.dir):
            try:
                self.tmux("kill-server")
            except AssertionError:
                pass
            shutil.rmtree(self.dir)

"""The end of a program that has threads."""
import os
import signal


class Ending:
    """wait() returns at SIGTERM, SIGINT or set(). A signal that comes while the process is stopped
    may go to any thread, and wakes up none but that one: so all of this goes through a pipe."""
    def __init__(self):
        self.read, self.write = os.pipe()
        os.set_blocking(self.write, False)
        signal.set_wakeup_fd(self.write)
        for s in (signal.SIGTERM, signal.SIGINT):
            signal.signal(s, lambda *_: None)

    def set(self):
        os.write(self.write, b"\0")

    def wait(self):
        os.read(self.read, 1)

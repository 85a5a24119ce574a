"""JSON lines, one an event, with the time since the start. Thread-safe; silent without a file."""
import json
import threading
import time


class Log:
    def __init__(self, path=None):
        self.file = open(path, "a", buffering=1) if path else None
        self.start, self.lock = time.monotonic(), threading.Lock()

    def now(self):
        return round(time.monotonic() - self.start, 6)

    def __call__(self, event, **fields):
        if self.file:
            line = json.dumps({"t": self.now(), "event": event, **fields})
            with self.lock:
                self.file.write(line + "\n")

"""A front end of keepers in Python (docs/PROTOCOL.keeper), and cases with a session folder of
their own. Nothing is shared with the C code."""
import os
import select
import socket
import struct
import uuid

import lib
import stdio_lib
from endpoint import client, psrp

ENGINE = stdio_lib.ENGINES[-1] if lib.KIND == "plain" else "sh"         # for the time it takes
(HELLO, STATUS, ATTACH, CREATE, SEND, STOP, END, ADOPT, DISCONNECT, CONNECT, CLOSE) = range(1, 12)
(HELLO_BACK, STATUS_IS, ATTACHED, WAITING, NEXT, MESSAGE, PIPE_CLOSED, ROOM, LINK, GONE, NOTICE,
 DONE, ERROR) = range(65, 78)


class Gone(Exception):
    pass


class Front:
    """Says HELLO at once. Used with `with`, or closed."""
    def __init__(self, path, version=1):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(lib.PATIENCE)
        self.sock.connect(path)
        self.buf = b""
        self.send(HELLO, struct.pack("<H", version))
        self.hello = struct.unpack("<H", self.expect(HELLO_BACK))[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, kind, body=b""):
        self.sock.sendall(struct.pack("<IB", len(body) + 1, kind) + body)

    def fill(self, n):
        while len(self.buf) < n:
            more = self.sock.recv(65536)
            if not more:
                raise Gone
            self.buf += more

    def frame(self):
        self.fill(4)
        n = struct.unpack("<I", self.buf[:4])[0]
        self.fill(4 + n)
        kind, body = self.buf[4], self.buf[5:4 + n]
        self.buf = self.buf[4 + n:]
        return kind, body

    def expect(self, *kinds):
        """The body of the next frame of these kinds; others are passed over."""
        while True:
            kind, body = self.frame()
            if kind in kinds:
                return body

    def quiet(self, seconds=0.2):
        return not self.buf and not select.select([self.sock], [], [], seconds)[0]

    def status(self):
        """{name: value}; Command is a list."""
        self.send(STATUS)
        lines = [line.split("=", 1) for line in self.expect(STATUS_IS).decode().splitlines()]
        return {**dict(lines), "Command": [v for k, v in lines if k == "Command"]}

    def attach(self, wait=True, tty=b""):
        self.send(ATTACH, bytes([wait]) + tty)
        body = self.expect(ATTACHED)
        self.pool, self.next = uuid.UUID(bytes_le=body[:16]), body[18:]
        return self

    def message(self, pipe, kind, data=""):
        return pipe + psrp.Message(kind, data, self.pool, uuid.UUID(bytes_le=pipe),
                                   psrp.SERVER).encode()

    def start(self, script, no_input=True):
        """Its id, as bytes."""
        pipe = self.next
        self.send(CREATE, self.message(pipe, "CREATE_PIPELINE", client.create_pipeline(
            [[(script, True)]], no_input)))
        self.next = self.expect(NEXT)
        return pipe

    def until(self, pipe, kind="PIPELINE_STATE", words=""):
        """Messages of a pipeline up to one of this kind with these words."""
        got = []
        while not got or got[-1].kind != kind or words not in got[-1].data:
            body = self.expect(MESSAGE)
            if body[:16] == pipe:
                got.append(psrp.Message.decode(body[16:]))
        return got

    def run(self, script):
        """What it writes."""
        pipe = self.start(script)
        got = self.until(pipe)
        self.send(END, pipe)
        return client.text_of(got)


def error(body):
    """The text of an ERR."""
    return body[4:].decode()


def gone(pid):
    """It has ended, whether somebody reaps it or not."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


class Case(stdio_lib.Case):
    """folder is the session folder; whoever keeps a session there is ended."""
    def setUp(self):
        super().setUp()
        self.folder = os.path.join(self.dir, "sessions")
        lib.ENV["PSSESSION_DIR"] = self.folder
        self.addCleanup(lib.ENV.pop, "PSSESSION_DIR", None)
        for name in "ASAN_OPTIONS", "UBSAN_OPTIONS":            # a keeper has no stderr
            self.addCleanup(lib.ENV.__setitem__, name, lib.ENV[name])
            lib.ENV[name] += f":log_path={self.dir}/report"

    def front(self, ident=1, **kw):
        f = Front(os.path.join(self.folder, str(ident)), **kw)
        self.addCleanup(f.sock.close)
        return f

    def status(self, ident=1):
        with Front(os.path.join(self.folder, str(ident))) as f:
            return f.status()

    def names(self):
        """Those of sessions; not their notes"""
        return sorted(n for n in os.listdir(self.folder) if n[0] != ".") if os.path.isdir(
            self.folder) else []

    def end_all(self):
        left = []
        for name in self.names():
            try:
                with self.front(name) as f:
                    left.append(int(f.status()["Pid"]))
                    f.send(CLOSE)
                    f.expect(DONE)
            except OSError:
                continue                # stale, or no socket at all
        for pid in left:
            self.assertTrue(lib.wait_for(lambda p=pid: gone(p)), "a keeper is left")
        for name in os.listdir(self.dir):
            if name.startswith("report"):
                with open(os.path.join(self.dir, name)) as f:
                    self.fail(f.read())

    def new(self, *where, **kw):
        """new-pssession; its Client."""
        self.addCleanup(self.end_all)   # before the server goes
        return self.check(self.run_client("new-pssession", *where, **kw), 0, None)

    def new_stdio(self, *options, **kw):
        self.stdio(*(options or ("--engine", ENGINE)))
        return self.new("-HostName", self.host, **kw)

    def free(self, ident=1):
        return lib.wait_for(lambda: self.status(ident)["Availability"] == "Available")

"""A stdio server as `pwsh -s` is one, with added delay and a log."""
import os
import queue
import subprocess
import sys
import threading
import time

from . import packets
from .packets import Packet

QUEUE_LIMIT = 8 << 20


FAULTS = ("banner", "refuse", "silent", "garbage", "bad-packet", "bad-data", "eof")


def fault(spec):
    """(name, number of the client's packet at which it happens)"""
    name, _, at = spec.partition("@")
    if name not in FAULTS:
        raise ValueError(name)
    return name, int(at or 1)


class Delayed:
    """A queue whose items come out seconds after they went in, at so many bits a second; bounded by
    bytes."""
    def __init__(self, seconds, rate=0):
        self.seconds, self.items, self.size = seconds, queue.Queue(), 0
        self.rate, self.free = rate, 0
        self.room = threading.Condition()

    def put(self, item, size=0):
        with self.room:
            while self.size > (self.rate / 32 or QUEUE_LIMIT):      # a quarter of a second
                self.room.wait()
            self.size += size
        self.items.put((time.monotonic() + self.seconds, item, size))

    def get(self):
        due, item, size = self.items.get()
        if self.rate:
            self.free = max(self.free, due - self.seconds) + size * 8 / self.rate
            due = self.free + self.seconds
        time.sleep(max(0, due - time.monotonic()))
        with self.room:
            self.size -= size
            self.room.notify_all()
        return item


class Stdio:
    """The client's side: stdin and stdout. receive(packet) is called for each packet."""
    def __init__(self, options, log):
        self.log = log
        self.fault, self.fault_at = options.fault or (None, 0)
        self.begin()
        self.incoming, self.outgoing = (
            Delayed(options.delay / 1000, options.rate * 1000) for _ in range(2))
        self.written = {}       # when the last ack of an id went out
        self.writer = threading.Thread(target=self.write, daemon=True)
        self.writer.start()
        threading.Thread(target=self.read, daemon=True).start()

    def begin(self):
        if self.fault == "banner":
            sys.stdout.write("Welcome to this machine.\n\nUnauthorized use is logged.\n")
            sys.stdout.flush()
        elif self.fault == "refuse":
            sys.stderr.write("Permission denied (publickey).\n")
            os._exit(255)

    def misbehave(self, number):
        """True: nothing more is to be done with the client's packets."""
        if self.fault in (None, "banner") or number < self.fault_at:
            return False
        wrong = {"garbage": bytes(range(128, 256)) + b"\n", "eof": b"",
                 "bad-packet": b"<Data Stream='Default'>AAAA</Data>\n",
                 "bad-data": packets.data(None, "stdin", b"\xff" * 64).line()}.get(self.fault)
        if wrong is not None:
            sys.stdout.buffer.write(wrong)
            sys.stdout.buffer.flush()
            os._exit(0)
        return True

    def read(self):
        for line in sys.stdin.buffer:
            self.incoming.put((time.monotonic(), line), len(line))
            if not line.strip():
                break
        self.incoming.put(None)

    def packets(self):
        """Packets from the client until the end of its input or an empty line."""
        number = 0
        while True:
            item = self.incoming.get()
            if item is None or not item[1].strip():
                return
            number += 1
            if self.misbehave(number):
                continue
            try:
                p = packets.parse(item[1])
            except packets.Bad as e:
                self.log("bad-packet", why=str(e))
                return
            self.log("packet", dir="client", kind=p.kind, id=str(p.id), size=len(item[1]))
            first = 0 if p.id == packets.NIL else float("inf")
            if p.kind == "Data" and item[0] < self.written.get(p.id, first):
                # sent before the ack of what went before: PowerShell may lose it
                self.log("violation", what="Data before an ack", id=str(p.id))
            yield p

    def send(self, packet):
        line = packet.line()
        if packet.kind in ("DataAck", "CommandAck"):
            self.written[packet.id] = float("inf")
        self.outgoing.put((packet, line), len(line))

    def write(self):
        while True:
            item = self.outgoing.get()
            if item is None:
                return
            packet, line = item
            if packet.kind in ("DataAck", "CommandAck"):
                self.written[packet.id] = time.monotonic()
            try:
                sys.stdout.buffer.write(line)
                sys.stdout.buffer.flush()
            except OSError:
                os._exit(1)
            self.log("packet", dir="server", kind=packet.kind, id=str(packet.id), size=len(line))

    def flush(self):
        self.outgoing.put(None)
        self.writer.join(10)


class Session(Stdio):
    """An engine served; this is its out object."""
    def __init__(self, make_engine, options, log):
        super().__init__(options, log)
        self.engine = make_engine(self, log)

    def fragment(self, pipeline, data):
        self.send(packets.data(pipeline, "stdin", data))

    def done(self, pipeline):
        pass

    def closed(self):
        pass

    def run(self):
        opened = closed = False
        for p in self.packets():
            if p.kind == "Command":
                self.engine.command(p.target())
                self.send(Packet("CommandAck", p.id))
            elif p.kind == "Data":
                if not opened:
                    opened = True
                    self.log("shell-open", shell="pool")
                self.engine.feed(p.target(), "pr" if p.stream == "PromptResponse" else "stdin",
                                 p.data)
                self.send(Packet("DataAck", p.id))
            elif p.kind == "Signal":
                self.later(self.engine.signal, p, "SignalAck")
            elif p.kind == "Close" and p.target():
                self.later(self.engine.close_pipeline, p, "CloseAck")
            elif p.kind == "Close":
                self.engine.close()
                closed = True
                self.log("shell-close", shell="pool")
                self.send(Packet("CloseAck", p.id))
            else:
                self.log("bad-packet", why=f"{p.kind} from a client")
                break
        if not closed:
            self.engine.close()
        self.flush()
        self.log("exit", open=["pool"] if opened and not closed else [])

    def later(self, action, p, ack):
        """Stopping may take its time: others are served meanwhile."""
        def work():
            action(p.target())
            self.send(Packet(ack, p.id))
        threading.Thread(target=work, daemon=True).start()


class Proxy(Stdio):
    """A real pwsh behind the delay and the log."""
    def run_path(self, path):
        child = subprocess.Popen([path, "-NoLogo", "-NoProfile", "-s"], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE)
        back = threading.Thread(target=self.back, args=(child,), daemon=True)
        back.start()
        closed = False
        try:
            for p in self.packets():
                closed = closed or (p.kind == "Close" and p.target() is None)
                child.stdin.write(p.line())
                child.stdin.flush()
            child.stdin.close()
        except BrokenPipeError:
            pass
        back.join(10)
        child.kill()
        child.wait()
        self.flush()
        self.log("exit", open=[] if closed else ["pool"])

    def back(self, child):
        for line in child.stdout:
            try:
                self.send(packets.parse(line))
            except packets.Bad as e:
                self.log("bad-packet", why=str(e))

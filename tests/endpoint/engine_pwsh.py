"""A real PowerShell: `pwsh -s`, its fragments relayed.

Kept to: no Data before CommandAck, one Data a pipeline in flight (docs/DESIGN.md section 3).
"""
import collections
import subprocess
import threading

from . import clixml, packets, psrp
from .engine import Engine
from .packets import Packet


class Lane:
    """What is still to be sent under one id. ready: an ack has come for all that was sent;
    started: PowerShell has the pipeline; ended: Close was asked for."""
    def __init__(self, ready):
        self.ready, self.started, self.ended = ready, False, False
        self.waiting = collections.deque()


class PwshEngine(Engine):
    def __init__(self, out, log, path):
        super().__init__(out, log)
        self.child = subprocess.Popen([path, "-NoLogo", "-NoProfile", "-s"],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.DEVNULL, cwd="/")
        self.pid = self.child.pid
        self.lanes, self.lock = {packets.NIL: Lane(True)}, threading.RLock()
        self.peek, self.closed = {}, threading.Event()
        threading.Thread(target=self.read, daemon=True).start()

    def write(self, packet):
        try:
            self.child.stdin.write(packet.line())
            self.child.stdin.flush()
        except (BrokenPipeError, ValueError):
            self.closed.set()

    def command(self, pipeline):
        with self.lock:
            self.lanes[pipeline] = Lane(False)
            self.write(Packet("Command", pipeline))

    def feed(self, pipeline, stream, data):
        p = packets.data(pipeline, stream, data)
        with self.lock:
            lane = self.lanes.get(p.id)
            if lane and data and not lane.ended:
                lane.waiting.append(p)
                self.next(lane)

    def next(self, lane):
        while lane.waiting and (lane.ready or lane.started and lane.waiting[0].kind != "Data"):
            p = lane.waiting.popleft()
            if p.kind == "Data":
                lane.ready = False
            self.write(p)

    def signal(self, pipeline):
        self.control("Signal", pipeline)

    def close_pipeline(self, pipeline):
        self.control("Close", pipeline)

    def control(self, kind, pipeline):
        """At once, but not before the pipeline itself has been sent."""
        with self.lock:
            lane = self.lanes.get(pipeline)
            if lane and not lane.ended:
                lane.ended = kind == "Close"
                if lane.started:
                    lane.waiting.clear()       # input that nobody wants any more
                lane.waiting.append(Packet(kind, pipeline))
                self.next(lane)

    def close(self):
        with self.lock:
            for pipeline in [i for i in self.lanes if i != packets.NIL]:
                self.close_pipeline(pipeline)
            self.write(Packet("Close", packets.NIL))
        self.closed.wait(5)
        try:
            self.child.stdin.close()
            self.child.wait(5)
        except (subprocess.TimeoutExpired, OSError):
            self.child.kill()
            self.child.wait()

    # from pwsh

    def read(self):
        for line in self.child.stdout:
            if not line.strip():
                continue
            try:
                self.packet(packets.parse(line))
            except packets.Bad as e:
                self.log("bad-packet", why=str(e))
        self.closed.set()
        self.out.closed()

    def packet(self, p):
        if p.kind == "Data":
            self.out.fragment(p.target(), p.data)
            if p.target():
                self.watch(p)
        elif p.kind in ("DataAck", "CommandAck"):
            with self.lock:
                lane = self.lanes.get(p.id)
                if lane:
                    lane.ready = True
                    lane.started = lane.started or p.kind == "DataAck"
                    self.next(lane)
        elif p.kind == "CloseAck":
            self.peek.pop(p.id, None)
            with self.lock:
                self.lanes.pop(p.id, None)
            if p.id == packets.NIL:
                self.closed.set()

    def watch(self, p):
        """A state of Stopped, Completed or Failed ends a pipeline's output."""
        for raw in self.peek.setdefault(p.id, psrp.Defragmenter()).feed(p.data):
            m = psrp.Message.decode(raw)
            if m.kind == "PIPELINE_STATE":
                state = clixml.read(m.data).get("PipelineState")
                self.log("state", id=str(p.id), state=state)
                if state in (psrp.STOPPED, psrp.COMPLETED, psrp.FAILED):
                    self.out.done(p.id)

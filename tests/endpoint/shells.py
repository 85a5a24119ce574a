"""Shells and commands behind WS-Management, and what goes on between an engine and Receive."""
import threading
import time
import uuid

from . import enumerate, soap
from .buffering import Output
from .connect import Acquaintance
from .life import CONNECTED, Life

ENOUGH = 16384             # an answer this large does not wait for more


class Shell:
    """changed guards every Output and the life, and wakes the Receives."""
    def __init__(self, ident, resource, limits, log):
        self.id, self.resource, self.limits, self.log = ident, resource, limits, log
        self.life = Life(limits)
        self.needs_receive = soap.STYLES[limits.style].needs_receive
        self.changed = threading.Condition()
        self.outputs, self.gone, self.died = {None: Output()}, False, False

    # from the engine

    def put(self, target, stream, data):
        """Waits while the buffer is full, unless what is oldest may go."""
        with self.changed:
            out = self.outputs.get(target)
            while out and not self.gone and self.full(out):
                self.changed.wait(1)
                out = self.outputs.get(target)
            if out and not self.gone:
                out.add(stream, data)
                n = out.drop(self.limits.buffer) if self.drops() else 0
                if n:
                    self.log("dropped", shell=self.id, command=target, parts=n, all=out.dropped)
                self.changed.notify_all()

    def drops(self):
        return self.life.state != CONNECTED and self.life.mode == "Drop"

    def full(self, out):
        if self.needs_receive and not out.receives:
            return True
        return out.size > self.limits.buffer and not self.drops()

    def end(self, target, exit_code=0):
        with self.changed:
            if target in self.outputs:
                self.outputs[target].done, self.outputs[target].exit_code = True, exit_code
            self.changed.notify_all()

    # from the client

    def output(self, target):
        if target not in self.outputs:
            raise soap.no_command()
        return self.outputs[target]

    def receive(self, target, timeout, room, alive, conn):
        """([(stream, bytes)], done, exit code, Answer); empty and not done after the timeout.

        alive() tells whether the client still waits: nothing is taken for one that is gone.
        """
        end = time.monotonic() + timeout
        with self.changed:
            out = self.output(target)
            if not out.attached:
                raise soap.stream_disconnected()
            out.acknowledge()
            turn = object()
            out.receives.append(turn)
            self.life.busy += 1
            self.changed.notify_all()
            try:
                self.wait(target, out, end, alive, turn)
                self.gather(out)
                if out.receives[0] is not turn:
                    return [], False, 0, None
                taken = out.take(room, conn)
                return taken, out.done and not out.parts, out.exit_code, out.last
            finally:
                out.receives.remove(turn)
                self.life.busy -= 1
                self.life.active = self.life.now()
                self.changed.notify_all()

    def wait(self, target, out, end, alive, turn):
        """Who came first is served first."""
        while self.gone or not ((out.parts or out.done) and out.receives[0] is turn or
                                time.monotonic() >= end):
            if self.gone or self.outputs.get(target) is not out:
                raise soap.aborted()
            if self.died:
                raise soap.died()
            if self.life.state != CONNECTED:
                raise soap.stream_disconnected()
            self.changed.wait(min(end - time.monotonic(), 0.5))
            if not alive():
                raise ConnectionError("client left")

    def gather(self, out):
        """What comes within a moment goes into the same answer."""
        end = time.monotonic() + self.limits.gather / 1000
        while not out.done and out.size < ENOUGH and not self.gone:
            left = end - time.monotonic()
            if not out.parts or left <= 0:
                return
            self.changed.wait(left)

    def acknowledge(self, conn):
        """Another request on a connection: what was answered on it has come through."""
        with self.changed:
            for out in self.outputs.values():
                out.acknowledge(conn)

    # connected or not

    def disconnect(self):
        """Receives that wait end first, with what there is for them."""
        with self.changed:
            self.life.disconnect()
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.gone or
                                  not any(o.receives for o in self.outputs.values()), 5)

    def connect(self, client):
        """Commands stay behind until attach()."""
        with self.changed:
            self.life.connect(client)
            for ident, out in self.outputs.items():
                out.attached = ident is None
            self.outputs[None].rewind()
            self.changed.notify_all()

    def attach(self, ident):
        with self.changed:
            out = self.output(ident)
            if not out.attached:
                out.attached = True
                out.rewind()
            self.changed.notify_all()

    def commands(self):
        """For Enumerate."""
        with self.changed:
            return [enumerate.command(i, o) for i, o in self.outputs.items() if i]

    def element(self, listed=False):
        with self.changed:
            self.life.settle()
            return self.life.element(self, listed)

    def expired(self):
        with self.changed:
            return self.life.settle()

    def greet(self, data):
        raise soap.internal(2150859205, "This kind of shell cannot be connected to. ")

    def welcome(self):
        """After a Connect."""

    # commands

    def add_command(self, ident, line=""):
        with self.changed:
            if len(self.outputs) > self.limits.max_commands:
                raise soap.quota("commands")
            if ident in self.outputs:
                raise soap.internal(2150859222, "The command identifier is in use. ")
            self.outputs[ident] = Output(line)

    def forget(self, ident):
        with self.changed:
            self.outputs.pop(ident, None)
            self.changed.notify_all()

    def shut(self):
        with self.changed:
            self.gone = True
            self.changed.notify_all()


class PowerShell(Shell):
    """An engine's out object, and the client's calls turned into the engine's."""
    def __init__(self, ident, resource, limits, make_engine, log):
        super().__init__(ident, resource, limits, log)
        self.names = {}      # pipeline UUID: CommandId as the client spelled it
        self.known = Acquaintance()
        self.engine = make_engine(self, log)
        self.life.pid = getattr(self.engine, "pid", self.life.pid)

    def fragment(self, pipeline, data):
        target = self.names.get(pipeline)
        if pipeline is None:
            self.known.server(data)
        if pipeline is None or target:
            self.put(target, "stdout", data)

    def done(self, pipeline):
        if pipeline in self.names:
            self.end(self.names[pipeline])

    def closed(self):
        """The engine has ended: as it was asked to, or its commands can't end any more."""
        self.end(None)
        with self.changed:
            self.died = True
            self.changed.notify_all()

    def open(self, env, shell):
        xml = shell.find("{http://schemas.microsoft.com/powershell}creationXml")
        if xml is None:
            raise soap.invalid("creationXml is missing")
        data = soap.decode(xml.text)
        self.known.client(data)
        self.feed(None, "stdin", data)

    def greet(self, data):
        return self.known.answer(data)

    def welcome(self):
        self.put(None, "stdout", self.known.message("APPLICATION_PRIVATE_DATA",
                                                    self.known.private))

    def command(self, ident, element):
        pipeline = uuid.UUID(ident)
        self.add_command(ident, element.findtext(f"{{{soap.RSP}}}Command") or "")
        self.names[pipeline] = ident
        self.engine.command(pipeline)
        args = element.findall(f"{{{soap.RSP}}}Arguments")
        self.engine.feed(pipeline, "stdin", b"".join(soap.decode(a.text) for a in args))

    def feed(self, pipeline, stream, data):
        """The pool's own answers may have to wait for a Receive: not here."""
        if pipeline is None and self.needs_receive:
            threading.Thread(target=self.engine.feed, args=(None, stream, data),
                             daemon=True).start()
        else:
            self.engine.feed(pipeline, stream, data)

    def send(self, ident, stream, data):
        if stream not in ("stdin", "pr"):
            raise soap.internal(2152991678, f"There is no input stream {stream}. ")
        if ident is not None:
            self.output(ident)
        self.feed(ident and uuid.UUID(ident), stream, data)

    def signal(self, ident, code):
        self.output(ident)
        pipeline = uuid.UUID(ident)
        if code == "powershell/signal/crtl_c":
            self.engine.signal(pipeline)
            return
        self.forget(ident)       # first: what is still to come has no reader
        self.names.pop(pipeline, None)
        self.engine.close_pipeline(pipeline)

    def delete(self):
        self.shut()
        self.engine.close()

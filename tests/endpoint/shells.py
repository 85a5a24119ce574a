"""Shells and commands behind WS-Management, and the queues between an engine and Receive."""
import base64
import binascii
import threading
import time
import uuid

from . import soap

ENOUGH = 16384             # an answer this large does not wait for more
QUEUE_LIMIT = 4 << 20      # an engine that floods waits for the client here


class Output:
    """What one Receive target (pool or command) has to say."""
    def __init__(self):
        self.parts, self.size, self.done, self.exit_code = [], 0, False, 0
        self.receives = 0      # that wait


class Shell:
    """lock guards every Output; changed wakes the Receives."""
    def __init__(self, ident, resource, limits):
        self.id, self.resource, self.limits = ident, resource, limits
        self.needs_receive = soap.STYLES[limits.style].needs_receive
        self.changed = threading.Condition()
        self.outputs, self.gone, self.died = {None: Output()}, False, False

    # from the engine

    def put(self, target, stream, data):
        with self.changed:
            out = self.outputs.get(target)
            while out and not self.gone and (out.size > QUEUE_LIMIT or self.needs_receive and
                                             not out.receives):
                self.changed.wait(1)
                out = self.outputs.get(target)
            if out and not self.gone:
                out.parts.append((stream, data))
                out.size += len(data)
                self.changed.notify_all()

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

    def receive(self, target, timeout, room, alive):
        """([(stream, bytes)], done, exit code); empty and not done after the timeout.

        alive() tells whether the client still waits: nothing is taken for one that is gone.
        """
        end = time.monotonic() + timeout
        with self.changed:
            out = self.output(target)
            out.receives += 1
            self.changed.notify_all()
            try:
                self.wait(target, out, end, alive)
                self.gather(out)
            finally:
                out.receives -= 1
            taken, size = [], 0
            while out.parts and (not taken or size + cost(out.parts[0]) <= room):
                size += cost(out.parts[0])
                taken.append(out.parts.pop(0))
                out.size -= len(taken[-1][1])
            self.changed.notify_all()
            return taken, out.done and not out.parts, out.exit_code

    def wait(self, target, out, end, alive):
        while not (out.parts or out.done or time.monotonic() >= end) or self.gone:
            if self.gone or self.outputs.get(target) is not out:
                raise soap.aborted()
            if self.died:
                raise soap.died()
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

    def add_command(self, ident):
        with self.changed:
            if len(self.outputs) > self.limits.max_commands:
                raise soap.quota("commands")
            if ident in self.outputs:
                raise soap.invalid("The command identifier is in use. ")
            self.outputs[ident] = Output()

    def forget(self, ident):
        with self.changed:
            self.outputs.pop(ident, None)
            self.changed.notify_all()

    def shut(self):
        with self.changed:
            self.gone = True
            self.changed.notify_all()


def decode(text):
    try:
        return base64.b64decode("".join((text or "").split()), validate=True)
    except binascii.Error as e:
        raise soap.invalid("base64") from e


def cost(part):
    return len(part[1]) * 4 // 3 + 160      # base64 and the element around it


class PowerShell(Shell):
    """An engine's out object, and the client's calls turned into the engine's."""
    def __init__(self, ident, resource, limits, make_engine, log):
        super().__init__(ident, resource, limits)
        self.names = {}      # pipeline UUID: CommandId as the client spelled it
        self.engine = make_engine(self, log)

    def fragment(self, pipeline, data):
        target = self.names.get(pipeline)
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
        self.feed(None, "stdin", decode(xml.text))

    def command(self, ident, element):
        pipeline = uuid.UUID(ident)
        self.add_command(ident)
        self.names[pipeline] = ident
        self.engine.command(pipeline)
        args = element.findall(f"{{{soap.RSP}}}Arguments")
        self.engine.feed(pipeline, "stdin", b"".join(decode(a.text) for a in args))

    def feed(self, pipeline, stream, data):
        """The pool's own answers may have to wait for a Receive: not here."""
        if pipeline is None and self.needs_receive:
            threading.Thread(target=self.engine.feed, args=(None, stream, data),
                             daemon=True).start()
        else:
            self.engine.feed(pipeline, stream, data)

    def send(self, ident, stream, data):
        if stream not in ("stdin", "pr"):
            raise soap.Fault(2153839550, "w:InvalidParameter", f"no input stream {stream}")
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

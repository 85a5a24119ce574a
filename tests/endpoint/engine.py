"""What stands behind a transport: an engine takes fragments and gives fragments.

Engine: the calls a transport makes. Its out object (made by the transport) has
  fragment(pipeline, bytes)   send; pipeline is a UUID, or None for the pool; may block when full
  done(pipeline)              nothing more comes for this pipeline
  closed()                    the pool is gone
MessageEngine: common PSRP server behaviour on top of whole messages; replay and sh are made of it.
"""
import os
import queue
import re
import threading

from . import clixml, crypto, psrp, records
from .psrp import Message


END = object()      # of pipeline input


class Engine:
    def __init__(self, out, log):
        self.out, self.log = out, log

    def feed(self, pipeline, stream, data):
        """Fragments from the client: pipeline or None, stream stdin or pr."""

    def command(self, pipeline):
        """A pipeline will come under this id."""

    def signal(self, pipeline):
        """Stop it; its state goes to Stopped."""

    def close_pipeline(self, pipeline):
        """Stop it if it still runs and forget it."""

    def close(self):
        """End the pool."""


class Command:
    def __init__(self, o):
        self.text, self.is_script = o.get("Cmd") or "", bool(o.get("IsScript"))
        args = o.get("Args")
        merges = [o.get(n) for n in ("MergeMyResult", "MergeError")]      # 1 Output, 2 Error
        self.merges_errors = any(getattr(m, "value", 0) in (1, 2) for m in merges)
        self.args = [(a.get("N"), a.get("V")) for a in (args.items if args else ())]

    def line(self):
        words = [self.text]
        for name, value in self.args:
            if name:
                words.append(name if name.startswith("-") else "-" + name)
            if value is not None:
                words.append(plain(value))
        return " ".join(words)


def plain(value):
    """A value as words."""
    if getattr(value, "kind", None) in clixml.LISTS:
        return ",".join(plain(v) for v in value.items)
    text = getattr(value, "text", None)
    return str(value) if text is None else text


class Pipeline:
    """A decoded CREATE_PIPELINE or GET_COMMAND_METADATA, and what its run needs."""
    def __init__(self, ident, data=None):
        self.id, self.input, self.responses = ident, queue.Queue(), queue.Queue()
        self.stop, self.finished, self.call = threading.Event(), threading.Event(), 0
        self.on_stop = None
        self.statements, self.history, self.no_input, self.metadata = [], "", True, None
        self.host_null, self.then_prompt = False, False
        if data is not None:
            self.parse(clixml.read(data))

    def parse(self, o):
        names = o.get("Name")
        if names is not None:
            self.metadata = [str(n) for n in getattr(names, "items", [names])]
            return
        ps = o.get("PowerShell")
        sets = [s.get("Cmds") for s in getattr(ps.get("ExtraCmds"), "items", ())]
        self.statements = [[Command(c) for c in s.items] for s in sets or [ps.get("Cmds")]]
        # "line | Out-Default | prompt": nothing flows into prompt, it runs when the line is through
        last = self.statements[-1]
        ends = [c.text.lower() for c in last[-2:]]
        if len(last) > 2 and ends[0] == "out-default" and "prompt" in ends[1]:
            last.pop()
            self.then_prompt = True
        if last[0].is_script and last[0].text.endswith("try{prompt}catch{'PS>'}"):
            last[0].text, last[0].is_script = "prompt", False
        self.history, self.no_input = ps.get("History") or "", o.get("NoInput") is not False
        host = o.get("HostInfo")
        self.host_null = bool(host and host.get("_isHostNull") and not host.get("_useRunspaceHost"))
        self.use_pool_host = bool(host and host.get("_useRunspaceHost"))

    def text(self):
        if self.metadata is not None:
            return "Get-Command " + " ".join(self.metadata)
        return " ; ".join(" | ".join(c.line() for c in s) for s in self.statements)


class Stopped(Exception):
    pass


class MessageEngine(Engine):
    fragment_size = 32768

    def __init__(self, out, log, protocol="2.3"):
        super().__init__(out, log)
        self.protocol, self.pool, self.object_id = protocol, psrp.NIL, 0
        self.inputs, self.pipelines, self.lock = {}, {}, threading.RLock()
        self.session_key, self.host_null, self.open = None, True, False
        self.send_lock, self.jobs = threading.Lock(), queue.Queue()
        threading.Thread(target=self.work, daemon=True).start()

    # from the transport

    def feed(self, pipeline, stream, data):
        with self.lock:
            key = (pipeline, stream)
            try:
                for raw in self.inputs.setdefault(key, psrp.Defragmenter()).feed(data):
                    self.message(pipeline, Message.decode(raw))
            except (psrp.Bad, clixml.Bad, AttributeError, TypeError) as e:
                self.log("bad-psrp", why=str(e))
                self.send("RUNSPACEPOOL_STATE", records.pool_state(psrp.POOL_BROKEN))

    def signal(self, pipeline):
        p = self.pipelines.get(pipeline)
        if p:
            p.stop.set()
            if p.on_stop:
                p.on_stop()
            p.finished.wait(1)

    def close_pipeline(self, pipeline):
        self.signal(pipeline)
        with self.lock:
            self.pipelines.pop(pipeline, None)
            for key in [k for k in self.inputs if k[0] == pipeline]:
                del self.inputs[key]

    def close(self):
        for p in list(self.pipelines):
            self.close_pipeline(p)
        self.jobs.put(None)
        if self.open:
            self.open = False
            self.send("RUNSPACEPOOL_STATE", records.pool_state(psrp.POOL_CLOSING))
            self.send("RUNSPACEPOOL_STATE", records.pool_state(psrp.POOL_CLOSED))
        self.out.closed()

    # to the transport

    def send(self, kind, data, pipeline=None):
        m = Message(kind, data, self.pool, pipeline or psrp.NIL)
        with self.send_lock:
            self.object_id += 1
            for f in psrp.fragments(self.object_id, m.encode(bom=True), self.fragment_size):
                self.out.fragment(pipeline, f)

    # messages

    def message(self, pipeline, m):
        name = "on_" + m.kind.lower()
        if not hasattr(self, name):
            raise psrp.Bad(f"no use for {m.kind}")
        getattr(self, name)(pipeline, m)

    def on_session_capability(self, pipeline, m):
        version = clixml.read(m.data).get("protocolversion").text
        if not re.fullmatch(r"2\.\d+", version):
            raise psrp.Bad(f"protocol {version}")
        self.pool, self.peer = m.pool, version

    def on_init_runspacepool(self, pipeline, m):
        o = clixml.read(m.data)
        for need in ("MinRunspaces", "MaxRunspaces", "PSThreadOptions", "ApartmentState",
                     "HostInfo", "ApplicationArguments"):
            if need not in o.ms:
                raise psrp.Bad(f"{need} is missing")
        self.host_null = bool(o.get("HostInfo").get("_isHostNull"))
        self.open = True
        self.greet()

    def greet(self):
        self.send("SESSION_CAPABILITY", records.capability(self.protocol))
        self.send("APPLICATION_PRIVATE_DATA", records.private_data(self.protocol))
        self.send("RUNSPACEPOOL_STATE", records.pool_state(psrp.POOL_OPENED))

    def on_create_pipeline(self, pipeline, m):
        p = Pipeline(pipeline or m.pipeline, m.data)
        if not p.host_null and getattr(p, "use_pool_host", False):
            p.host_null = self.host_null
        self.log("pipeline", id=str(p.id), text=p.text())
        self.pipelines[p.id] = p
        self.jobs.put(p)

    on_get_command_metadata = on_create_pipeline

    def on_pipeline_input(self, pipeline, m):
        p = self.pipelines.get(pipeline or m.pipeline)
        if p:
            p.input.put(clixml.read(m.data))

    def on_end_of_pipeline_input(self, pipeline, m):
        p = self.pipelines.get(pipeline or m.pipeline)
        if p:
            p.input.put(END)

    def on_pipeline_host_response(self, pipeline, m):
        p = self.pipelines.get(pipeline) or self.pipelines.get(m.pipeline)
        if not p and len(self.pipelines) == 1:
            p = next(iter(self.pipelines.values()))
        if p:
            p.responses.put(clixml.read(m.data))

    def on_runspacepool_host_response(self, pipeline, m):
        self.log("pool-host-response")

    def on_public_key(self, pipeline, m):
        key = os.urandom(32)
        try:
            text = crypto.encrypted_session_key(clixml.read(m.data).get("PublicKey"), key)
        except ValueError as e:
            raise psrp.Bad(str(e)) from e
        self.session_key = key
        self.send("ENCRYPTED_SESSION_KEY",
                  clixml.write(clixml.Obj(ms={"EncryptedSessionKey": text})))

    def availability(self, pipeline, m):
        call = clixml.read(m.data).get("CI")
        value = clixml.Prim("I64", "1") if m.kind.startswith("GET") else True
        self.send("RUNSPACE_AVAILABILITY", clixml.write(clixml.Obj(
            ms={"SetMinMaxRunspacesResponse": value, "CI": call})))

    on_get_available_runspaces = availability
    on_set_max_runspaces = on_set_min_runspaces = on_reset_runspace_state = availability

    # running: one runspace, so one pipeline after the other

    def work(self):
        while True:
            p = self.jobs.get()
            if p is None:
                return
            state, error = psrp.COMPLETED, None
            try:
                if p.stop.is_set():
                    raise Stopped()
                state, error = self.run(p)
            except Stopped:
                state, error = psrp.STOPPED, records.stopped()
            except Exception as e:  # an engine's own fault must show, not hang the client
                state, error = psrp.FAILED, records.error_record(f"endpoint: {e!r}")
            self.log("state", id=str(p.id), state=state)
            self.finish(p, state, error)
            self.out.done(p.id)
            p.finished.set()

    def finish(self, p, state, error):
        self.send("PIPELINE_STATE", records.pipeline_state(state, error), p.id)

    def run(self, p):
        """Do it; (state, error record or None), or raise Stopped."""
        raise NotImplementedError

    def wait_response(self, p):
        while not p.stop.is_set():
            try:
                return p.responses.get(timeout=0.05)
            except queue.Empty:
                continue
        raise Stopped()

    def call_host(self, p, method, args, wait=False):
        """A void call, or one whose answer (the response object) is waited for."""
        p.call += 1
        self.send("PIPELINE_HOST_CALL", records.host_call(
            p.call if wait else records.VOID_CALL, method, args), p.id)
        return self.wait_response(p) if wait else None

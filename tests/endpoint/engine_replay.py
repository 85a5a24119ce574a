"""An engine that says what real PowerShell said to the same text in a recording."""
import json
import os
import queue
import re

from . import clixml, packets, psrp, records
from .engine import END, MessageEngine, Pipeline, Stopped, plain
from .psrp import Message

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "recordings")


class Recording:
    """greeting: the server's first messages. pipelines: in the order they were made."""
    def __init__(self):
        self.greeting, self.pipelines = [], []


class Recorded:
    def __init__(self, message):
        self.request = Pipeline(message.pipeline, message.data)
        self.events, self.used = [], False       # ("server" | "client" | "signal", Message)
        self.keys = {key(self.request.text()), key(self.request.history)} - {""}
        for s in self.request.statements:
            self.keys.update(statement_keys(s))


def key(text):
    return " ".join(re.sub(r"\| Out-Default$", "", text.strip()).split())


def formatted(value):
    """Lines of text for a scalar, near what PowerShell prints; an object gives its name."""
    return [] if value is None else plain(value).split("\n")


def statement_keys(commands):
    """The whole statement; and the script it starts with, whatever follows."""
    keys = {key(" | ".join(c.line() for c in commands))}
    return keys | {key(commands[0].text)} if commands[0].is_script else keys


def load(name):
    """A Recording by name (of tests/recordings) or path."""
    path = name if "/" in name else os.path.join(FOLDER, name + ".jsonl")
    if not os.path.exists(path):
        raise ValueError(f"no recording {name}")
    r, parts, by_id = Recording(), {}, {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            item = json.loads(line)
            p = packets.parse(item["packet"].encode())
            if p.kind == "Signal":
                by_id[p.id].events.append(("signal", None))
            if p.kind != "Data":
                continue
            d = parts.setdefault((item["dir"], p.stream, p.id), psrp.Defragmenter())
            for raw in d.feed(p.data):
                add(r, by_id, item["dir"], p.id, Message.decode(raw))
    return r


def add(r, by_id, direction, ident, m):
    if m.kind in ("CREATE_PIPELINE", "GET_COMMAND_METADATA"):
        by_id[m.pipeline] = Recorded(m)
        r.pipelines.append(by_id[m.pipeline])
        return
    if ident == packets.NIL and m.pipeline in by_id and m.pipeline != psrp.NIL:
        ident = m.pipeline
    if ident in by_id:
        by_id[ident].events.append((direction, m))
    elif direction == "server" and len(r.greeting) < 3:
        r.greeting.append(m)


class ReplayEngine(MessageEngine):
    def __init__(self, out, log, recording):
        self.recording = recording
        for p in recording.pipelines:
            p.used = False
        super().__init__(out, log)

    def greet(self):
        for m in self.recording.greeting:
            data = m.data
            if m.kind == "SESSION_CAPABILITY":     # the older of the two speaks
                was = clixml.read(data).get("protocolversion").text
                data = data.replace(f">{was}<", f">{min(was, self.peer)}<")
            self.send(m.kind, data)

    def run(self, p):
        state, error = self.run_recorded(p)
        exits = any(m and m.kind == "PIPELINE_HOST_CALL" and "SetShouldExit" in m.data
                    for r in self.recording.pipelines if r.request.history == p.history
                    for _, m in r.events)
        if p.then_prompt and state == psrp.COMPLETED and not exits:
            return self.play(p, self.find(p, ["prompt"]))
        return state, error

    def run_recorded(self, p):
        if p.metadata is not None:
            return self.play(p, self.find(p, [p.text()], lambda r: r.request.metadata))
        if any(key(p.text()) in r.keys for r in self.recording.pipelines):
            return self.play(p, self.find(p, [p.text()]))
        for i, s in enumerate(p.statements):
            texts = sorted(statement_keys(s))
            if len(p.statements) == 1 or s[0].is_script and i == 0:
                texts.append(key(p.history))
            last = i == len(p.statements) - 1
            if s[0].text.lower() == "get-command":
                for name in [n for _, v in s[0].args for n in plain(v).split(",")]:
                    self.send("PIPELINE_OUTPUT", records.command_info(name), p.id)
                continue
            as_text = s[-1].text.lower() == "out-string"
            state, error = self.play(p, self.find(p, texts), as_text)
            if last or state == psrp.STOPPED:
                return state, error
            if state == psrp.FAILED and error is not None:
                self.send("ERROR_RECORD", clixml.write(records.in_passing(error)), p.id)
        return psrp.COMPLETED, None

    def find(self, p, texts, like=None):
        """The first that was not used yet, or the last that was."""
        found = [r for r in self.recording.pipelines
                 if (like and like(r)) or {key(t) for t in texts} & r.keys]
        if not found:
            raise LookupError(f"nothing recorded for {texts[0]!r}")
        recorded = next((r for r in found if not r.used), found[-1])
        recorded.used = True
        return recorded

    def play(self, p, recorded, as_text=False):
        """as_text: the client formats with Out-String what was recorded as objects."""
        state, error, calls = psrp.COMPLETED, None, {}
        for direction, m in recorded.events:
            if p.stop.is_set() and not any(d == "signal" for d, _ in recorded.events):
                raise Stopped()
            if direction == "signal":
                p.stop.wait()
            elif m.kind == "PIPELINE_STATE":
                o = clixml.read(m.data)
                state, error = o.get("PipelineState"), o.get("ExceptionAsErrorRecord")
            elif as_text and m.kind == "PIPELINE_OUTPUT":
                for line in formatted(clixml.read(m.data) if m.data else None):
                    self.send(m.kind, clixml.write(line), p.id)
            elif direction == "server":
                self.send(m.kind, self.renumber(p, m, calls), p.id)
            elif m.kind == "PIPELINE_HOST_RESPONSE":
                self.check(m, self.wait_response(p), calls)
            elif m.kind in ("PIPELINE_INPUT", "END_OF_PIPELINE_INPUT") and not p.no_input:
                self.wait_input(p, m.kind)
        return state, error

    def renumber(self, p, m, calls):
        """The call id of a host call that wants an answer, new; calls maps them."""
        found = re.search(r'<I64 N="ci">(\d+)</I64>', m.data) if "HOST_CALL" in m.kind else None
        if not found:
            return m.data
        p.call += 1
        calls[found[1]] = str(p.call)
        return m.data.replace(found[0], f'<I64 N="ci">{p.call}</I64>', 1)

    def check(self, m, answer, calls):
        want = clixml.read(m.data)
        got = (answer.get("ci").text, answer.get("mi").value)
        if got != (calls.get(want.get("ci").text), want.get("mi").value):
            self.log("violation", what="host response", got=list(got))

    def wait_input(self, p, kind):
        while not p.stop.is_set():
            try:
                item = p.input.get(timeout=0.05)
            except queue.Empty:
                continue
            if (item is END) != (kind == "END_OF_PIPELINE_INPUT"):
                self.log("violation", what="pipeline input", want=kind)
            return
        raise Stopped()

"""An engine whose scripts are run by /bin/sh. Folder and exit code live from one to the next."""
import json
import os
import queue
import re
import selectors
import signal
import subprocess
import tempfile
import time
from fnmatch import fnmatch

from . import clixml, copying, crypto, psrp, records
from .engine import END, MessageEngine, Stopped, plain

# eval sees $? of the last script; the script comes in a file, and what it leaves goes there
WRAPPER = ('__n=$2 __f=$3; __s=$(cat "$__f"); cd -- "$1" 2>/dev/null; shift 3; '
           'trap \'{ echo $?; pwd; } >"$__f"\' EXIT; (exit $__n); eval "$__s"')
INCOMPLETE = re.compile(r"end of file|unexpected EOF|nterminated", re.I)
# what its TabExpansion2 knows: text, list item, tool tip
COMPLETIONS = (("Get-ChildItem", "", "Get-ChildItem [[-Path] <string[]>]"),
               ("Get-Content", "", ""), ("Get-Date", "", "Get-Date [-Format <string>]"),
               ("Get-Control", "", "\x1b]0;title\x07"), ("Get-\x1b[2J", "", ""),
               ("'/tmp/a b'", "a b", "/tmp/a b"), ("-Format", "Format", "[string] Format"))
WANTED = ("Get-Command", "Out-Default", "Exit-PSSession", "Out-String", "prompt")


class Failed(Exception):
    def __init__(self, record):
        super().__init__(record.text)
        self.record = record


class ShEngine(MessageEngine):
    def __init__(self, out, log, protocol="2.3"):
        self.cwd, self.code = "/", 0            # of one length on every machine, in prompts, too
        super().__init__(out, log, protocol)

    def run(self, p):
        if p.metadata is not None:
            self.command_metadata(p, p.metadata, count=True)
            return psrp.COMPLETED, None
        for i, statement in enumerate(p.statements):
            try:
                self.statement(p, statement)
            except Failed as e:
                if i == len(p.statements) - 1:
                    return psrp.FAILED, e.record
                self.send("ERROR_RECORD", clixml.write(records.in_passing(e.record)), p.id)
            if p.stop.is_set():
                raise Stopped()
        if p.then_prompt:
            self.do_prompt(p, "", False)
        return psrp.COMPLETED, None

    def statement(self, p, cmds):
        shown = cmds[-1].text.lower() == "out-default"
        p.merged = shown and cmds[0].merges_errors
        if shown and len(cmds) == 1:
            return self.show_input(p)
        text = unwrap(cmds[0].text) if cmds[0].is_script else cmds[0].line()
        if cmds[0].is_script and (known := copying.script_of(text)):
            return known(self, p, cmds[0].args)
        verb, _, rest = text.strip().partition(" ")
        name = "do_" + verb.lower().replace("-", "_")
        if verb.lower().startswith("__set-ps"):
            return None
        if re.fullmatch(r"1\.\.\d+", text.strip()):
            return self.do_flood(p, text.strip()[3:], shown)
        if hasattr(self, name) and "\n" not in text.strip():
            return getattr(self, name)(p, rest.strip(), shown)
        args = [plain(v) for n, v in cmds[0].args if cmds[0].is_script and v is not None]
        return self.shell(p, text, shown, args)

    # output

    def put(self, p, line, shown):
        if shown:
            self.call_host(p, "WriteLine2", [line])
        else:
            self.send("PIPELINE_OUTPUT", clixml.write(line), p.id)

    def error(self, p, message, **kw):
        if p.merged:
            self.call_host(p, "WriteErrorLine", [message])
        else:
            self.send("ERROR_RECORD", clixml.write(records.error_record(message, **kw)), p.id)

    def show_input(self, p):
        """Objects the client hands to Out-Default to have them shown."""
        while not p.no_input:
            o = self.next_input(p)
            if o is END:
                return
            text = getattr(o, "text", o)
            if getattr(o, "types", None) and o.types[0].endswith("ErrorRecord"):
                self.call_host(p, "WriteErrorLine", [f"Error: {text}"])
            else:
                self.put(p, str(text), True)

    def next_input(self, p):
        while not p.stop.is_set():
            try:
                return p.input.get(timeout=0.05)
            except queue.Empty:
                continue
        raise Stopped()

    # commands it knows itself

    def do_prompt(self, p, rest, shown):
        self.put(p, f"PS {self.cwd}> ", shown)

    def do_exit_pssession(self, p, rest, shown):
        self.call_host(p, "PopRunspace", [])

    def do_exit(self, p, rest, shown):
        self.call_host(p, "SetShouldExit", [int(rest) if rest.isdigit() else 0])
        p.then_prompt = False

    def do_get_command(self, p, rest, shown):
        self.command_metadata(p, re.sub(r"-\w+ ", " ", rest).replace(",", " ").split())

    def command_metadata(self, p, names, count=False):
        found = [w for w in WANTED if any(fnmatch(w.lower(), n.lower()) for n in names)]
        if count:
            self.send("PIPELINE_OUTPUT", records.command_count(len(found)), p.id)
        for name in found:
            self.send("PIPELINE_OUTPUT", records.command_info(name), p.id)

    def do_tabexpansion2(self, p, rest, shown):
        """For Slow-x it takes 30 s."""
        given = {n.lower(): plain(v) for n, v in p.statements[0][0].args}
        text, column = given["inputscript"].encode("utf-16-le"), int(given["cursorcolumn"])
        word = re.search(r"[^ |]*$", text[:2 * column].decode("utf-16-le"))[0]
        self.log("completion", text=given["inputscript"], column=column)
        if word.lower().startswith("slow"):
            self.nap(p, 30)
        start = word.strip("'\"").lower()
        found = [c for c in COMPLETIONS if start and c[0].strip("'").lower().startswith(start)]
        self.send("PIPELINE_OUTPUT", records.completion(
            column - len(word.encode("utf-16-le")) // 2, len(word.encode("utf-16-le")) // 2,
            found), p.id)

    def do_throw(self, p, rest, shown):
        raise Failed(records.error_record(unquote(rest), error_id=unquote(rest),
                                          category="OperationStopped"))

    def do_write_error(self, p, rest, shown):
        text = unquote(rest)
        self.error(p, f"Write-Error: {text}" if p.merged else text,
                   exception=("Microsoft.PowerShell.Commands.WriteErrorException",),
                   error_id="Microsoft.PowerShell.Commands.WriteErrorException",
                   activity="Write-Error")

    def informational(self, p, kind, text):
        self.send(kind.upper() + "_RECORD", records.informational(kind, text), p.id)
        if not p.host_null:
            self.call_host(p, f"Write{kind}Line", [text])

    def do_write_warning(self, p, rest, shown):
        self.informational(p, "Warning", unquote(rest))

    def do_write_verbose(self, p, rest, shown):
        self.informational(p, "Verbose", unquote(re.sub(r" -Verbose$", "", rest)))

    def do_write_debug(self, p, rest, shown):
        self.informational(p, "Debug", unquote(re.sub(r" -Debug$", "", rest)))

    def do_write_host(self, p, rest, shown):
        self.send("INFORMATION_RECORD", records.host_information(unquote(rest)), p.id)
        if not p.host_null:
            self.call_host(p, "WriteLine2", [unquote(rest)])

    def do_write_progress(self, p, rest, shown):
        """-Tree: two activities, one with a child, for half a minute."""
        if rest.lower() == "-tree":
            for name, status, percent, number, parent, left in (
                    ("Copying", "files", 40, 1, -1, 75), ("docs", "b.txt", 62, 2, 1, -1),
                    ("Searching", "for more", -1, 3, -1, -1)):
                self.call_host(p, "WriteProgress", [clixml.Prim("I64", "0"), records.progress(
                    name, status, percent, number=number, parent=parent, left=left)])
            return self.nap(p, 30)
        for percent in (*range(0, 101, 20), None):
            r = records.progress(unquote(rest) or "Working", f"{percent or 0} of 100", percent or 0,
                                 percent is None)
            self.send("PROGRESS_RECORD", clixml.write(r), p.id)
            if not p.host_null:
                self.call_host(p, "WriteProgress", [clixml.Prim("I64", "0"), r])
            self.nap(p, 0.05)

    def do_read_host(self, p, rest, shown):
        secure = rest.lower().endswith("-assecurestring")
        name = unquote(re.sub(r"\s*-AsSecureString$", "", rest, flags=re.I)) or "Value"
        fields = clixml.Obj(["System.Collections.ObjectModel.Collection`1", "System.Object"],
                            kind="LST", items=[records.field_description(name, secure)])
        answer = self.call_host(p, "Prompt", ["", "", fields], wait=True)
        result = answer.get("mr")
        if result is None:
            raise Failed(answer.get("me") or records.error_record("no answer to Read-Host"))
        value = dict(result.items)[name]
        if secure:
            value = crypto.secure_string(value.text, self.session_key)
        self.put(p, value, shown)

    def do_call_host(self, p, rest, shown):
        """NAME [arguments as JSON]: any host call; what is answered is shown as CLIXML."""
        method, _, args = rest.partition(" ")
        asks = not re.match("Set|Write|Enter|ExitNested|Notify|Push|Pop|Flush|Scroll", method)
        answer = self.call_host(p, method, [as_object(a) for a in json.loads(args or "[]")], asks)
        if asks:
            failed = answer.get("me")
            self.put(p, f"failed: {failed.text}" if failed is not None else
                     "answer: " + clixml.write(answer.get("mr")), shown)

    def do_flood(self, p, rest, shown):
        n = int(rest) if rest.isdigit() else 1000
        kind, text = "PIPELINE_OUTPUT", "<S>@@</S>"
        if shown:
            kind = "PIPELINE_HOST_CALL"
            text = records.host_call(records.VOID_CALL, "WriteLine2", ["@@"])
        before, after = text.split("@@")
        for i in range(1, n + 1):
            if i % 256 == 0 and p.stop.is_set():
                raise Stopped()
            self.send(kind, f"{before}{i}{after}", p.id)

    def do_start_sleep(self, p, rest, shown):
        words = rest.split()
        unit = 1000 if words and words[0].lower().startswith("-m") else 1
        self.nap(p, float(words[-1] if words else 0) / unit)

    def nap(self, p, seconds):
        if p.stop.wait(seconds):
            raise Stopped()

    # everything else

    def shell(self, p, text, shown, args):
        text, args = sane(text), [sane(a) for a in args]
        check = subprocess.run(["/bin/sh", "-n"], input=text, capture_output=True, text=True)
        if check.returncode:
            why = check.stderr.strip().splitlines()[0] if check.stderr.strip() else "syntax error"
            make = records.incomplete if INCOMPLETE.search(why) else records.parse_error
            raise Failed(make(why))
        with tempfile.NamedTemporaryFile("w+", errors="replace") as left:
            left.write(text)
            left.flush()
            child = subprocess.Popen(
                ["/bin/sh", "-c", WRAPPER, "sh", self.cwd, str(self.code), left.name, *args],
                stdin=subprocess.DEVNULL if p.no_input else subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
            p.on_stop = lambda: kill_group(child)
            try:
                self.relay(p, child, shown)
                left.seek(0)
                self.after(p, text, left.read().split("\n"))
            finally:
                p.on_stop = None
                kill_group(child)

    def relay(self, p, child, shown):
        sel, rest = selectors.DefaultSelector(), {child.stdout: b"", child.stderr: b""}
        for f in rest:
            os.set_blocking(f.fileno(), False)
            sel.register(f, selectors.EVENT_READ)
        if child.stdin:
            os.set_blocking(child.stdin.fileno(), False)
        gone, unsent, reading = None, b"", set(rest)
        while reading:
            if p.stop.is_set():
                raise Stopped()
            if unsent:
                sel.unregister(child.stdin)
            unsent = self.pass_input(p, child, unsent)
            if unsent:
                sel.register(child.stdin, selectors.EVENT_WRITE)
            for key, _ in sel.select(0.02 if child.stdin else 0.2):
                if key.fileobj is child.stdin:
                    continue
                data = os.read(key.fd, 65536)
                lines = (rest[key.fileobj] + data).split(b"\n")
                rest[key.fileobj] = b"" if not data else lines.pop()
                for line in lines if data or lines != [b""] else ():
                    self.line(p, line, key.fileobj is child.stderr, shown)
                if not data:
                    sel.unregister(key.fileobj)
                    reading.discard(key.fileobj)
            if child.poll() is not None:      # a background job may hold the pipes open
                gone = gone or time.monotonic()
                if time.monotonic() - gone > 0.3:
                    break
        child.wait()
        if p.stop.is_set():
            raise Stopped()

    def line(self, p, raw, is_error, shown):
        text = raw.decode("utf-8", "replace").rstrip("\r")
        if is_error:
            self.error(p, text, exception=(records.SMA + "RemoteException",),
                       error_id="NativeCommandError")
        else:
            self.put(p, text, shown)

    def pass_input(self, p, child, unsent):
        """Gives the child what its pipe takes now, unsent first; returns what it did not take.

        Waiting for room might last for ever: the child may wait for its output to be read.
        """
        try:
            while child.stdin:
                if not unsent:
                    o = p.input.get_nowait()
                    if o is END:
                        break
                    unsent = sane(f"{getattr(o, 'text', o)}\n").encode()
                unsent = unsent[os.write(child.stdin.fileno(), unsent):]
        except (queue.Empty, BlockingIOError):
            return unsent
        except BrokenPipeError:
            pass
        if child.stdin:
            child.stdin.close()
            child.stdin = None
        return b""

    def after(self, p, text, state):
        if len(state) >= 2 and state[0].isdigit():
            self.code, self.cwd = int(state[0]), state[1]
            if re.search(rf"\bexit\s+{self.code}\b", text):
                self.do_exit(p, str(self.code), False)


class JeaEngine(ShEngine):
    """NoLanguage, and nothing visible that helps with typing."""
    def statement(self, p, cmds):
        if any(c.is_script for c in cmds) or cmds[0].text == "prompt":
            raise Failed(records.error_record("no scripts", (records.SMA + "ParseException",
                                              records.SMA + "RuntimeException"),
                                              "ScriptsNotAllowed", "ParserError"))
        return super().statement(p, cmds)

    def do_tabexpansion2(self, p, rest, shown):
        raise Failed(records.error_record(
            "The term 'TabExpansion2' is not recognized", (
                records.SMA + "CommandNotFoundException",), "CommandNotFoundException"))


def as_object(v):
    """Of what JSON knows: lists become collections, tables the properties of an object; a text
    "[X]1" is a scalar with the tag X."""
    if isinstance(v, dict):
        return clixml.Obj(ms={name: as_object(x) for name, x in v.items()})
    if isinstance(v, list):
        return clixml.array_list([as_object(x) for x in v])
    m = re.fullmatch(r"\[(\w+)\](.*)", v) if isinstance(v, str) else None
    return clixml.Prim(m[1], m[2]) if m else v


def kill_group(child):
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    child.poll()


def sane(text):
    """Half a surrogate pair is no text to a Unix program."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def unquote(text):
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return text


def unwrap(text):
    """& { X } and . { X } are X."""
    m = re.fullmatch(r"\s*[&.]?\s*\{(.*)\}\s*", text, re.S)
    return m[1] if m and re.match(r"\s*[&.]", text) else text

"""WS-Management requests turned into calls on shells (MS-WSMV 3.1.4)."""
import base64
import threading
import uuid

from . import soap, winrs
from .connect import Connecting
from .enumerate import Enumeration
from .life import short
from .robust import Answers
from .shells import PowerShell

PS_PREFIX = "http://schemas.microsoft.com/powershell/"
VERSION_URI = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
SKELETON = 2048      # what an answer needs besides its streams


class Service(Connecting, Enumeration):
    """One for the whole server. make_engine(out, log) makes the engine of a shell."""
    def __init__(self, make_engine, options, log):
        self.make_engine, self.options, self.log = make_engine, options, log
        self.style = soap.STYLES[options.style]()
        self.shells, self.contexts, self.lock = {}, {}, threading.Lock()
        self.over, self.answers = threading.Event(), Answers()
        threading.Thread(target=self.age, daemon=True).start()

    def age(self):
        """Shells that have been idle for too long go."""
        while not self.over.wait(0.1):
            with self.lock:
                old = [s for s in self.shells.values() if s.expired()]
                for shell in old:
                    del self.shells[shell.id]
            for shell in old:
                shell.delete()
                self.log("shell-expired", shell=shell.id)

    def handle(self, raw, user, note, alive):
        """(HTTP status, envelope) for a request envelope. note is a dict for the log."""
        relates_to = operation = ""
        try:
            if len(raw) > self.options.max_envelope:
                raise soap.too_large(self.options.max_envelope)
            env = soap.Envelope(raw)
            relates_to = env.message_id
            note["action"] = env.action or env.action_uri
            if env.identify:
                return 200, self.identify()
            env.check()
            wanted = note.get("wanted_fault")
            if wanted and wanted(env.action):
                raise wanted(env.action)
            env.user, env.note, env.alive = user, note, alive
            operation = env.operation
            body = self.perform(env)
            return 200, self.style.envelope(self.style.action(env), relates_to, body, operation)
        except (soap.Fault, ValueError) as e:
            f = e if isinstance(e, soap.Fault) else soap.invalid(str(e))
            note["fault"] = f.code
            return 500, self.style.fault(relates_to, f, operation)

    def perform(self, env):
        """The body of the answer; the one that was given before if the request came before."""
        keys, old = self.answers.find(env)
        if old:
            env.note["again"] = True
            if old.answer:
                old.answer.conn = env.note["conn"]
            body, fault = old.outcome
            if fault:
                raise fault
            return body
        body = fault = None
        try:
            known = env.action not in self.style.lacks
            body = getattr(self, "do_" + env.action.lower() * known, self.unsupported)(env)
            return body
        except soap.Fault as e:
            fault = e
            raise
        finally:
            self.answers.keep(keys, body, fault, env.answer)

    def identify(self):
        body = (f'<wsmid:IdentifyResponse xmlns:wsmid="{soap.WSMID}"><wsmid:ProtocolVersion>'
                f"{VERSION_URI}</wsmid:ProtocolVersion><wsmid:ProductVendor>Microsoft Corporation"
                "</wsmid:ProductVendor><wsmid:ProductVersion>OS: 10.0.20348 SP: 0.0 Stack: 3.0"
                "</wsmid:ProductVersion></wsmid:IdentifyResponse>")
        return (f'<s:Envelope xmlns:s="{soap.S}"><s:Header/><s:Body>{body}</s:Body>'
                "</s:Envelope>").encode()

    def unsupported(self, env):
        raise soap.unsupported()

    def owned(self, env, any_resource=False):
        """The shell the selectors name; ids are compared as they are written. Its user's own."""
        ident = env.selectors.get("ShellId")
        env.note["shell"] = ident
        with self.lock:
            shell = self.shells.get(ident)
        if (shell is None or set(env.selectors) != {"ShellId"} or
                not any_resource and env.resource != shell.resource):
            raise soap.no_shell()
        if not shell.life.mine(env.user) and not (
                env.action in ("Get", "Delete") and short(env.user) in self.options.admin):
            raise soap.denied()
        return shell

    def shell(self, env):
        """As owned(), for the client that is connected to it."""
        shell = self.owned(env)
        with shell.changed:
            shell.life.check(env)
        shell.acknowledge(env.note["conn"])
        return shell

    # actions

    def do_create(self, env):
        element = env.body.find(f"{{{soap.RSP}}}Shell")
        if element is None:
            raise soap.invalid("rsp:Shell is missing")
        ident = element.get("ShellId") or str(uuid.uuid4()).upper()
        env.note["shell"] = ident
        shell = self.new_shell(env, ident, element.get("Name"))
        try:
            shell.life.create(env, element)
            self.add(shell)
        except soap.Fault:
            shell.delete()
            raise
        try:
            shell.open(env, element)
        except soap.Fault:
            with self.lock:
                del self.shells[ident]
            shell.delete()
            raise
        self.log("shell-open", shell=ident, user=env.user)
        return self.created(shell)

    def add(self, shell):
        with self.lock:
            own = [s for s in self.shells.values() if s.life.mine(shell.life.owner)]
            if len(own) >= self.options.max_shells:
                raise soap.quota()
            if shell.id in self.shells:
                raise soap.internal(2150859223, "The shell identifier is in use. ")
            self.shells[shell.id] = shell

    def new_shell(self, env, ident, name):
        if env.resource == winrs.RESOURCE:
            return winrs.WinRs(ident, env.resource, self.options, self.log)
        if not env.resource.startswith(PS_PREFIX):
            raise soap.Fault(2150858752, "a:DestinationUnreachable", "The WS-Management service "
                             "cannot process the request. The resource URI is not known. ")
        if env.resource[len(PS_PREFIX):] not in self.options.configurations:
            raise soap.Fault(2150858811, "a:DestinationUnreachable", "The WS-Management service "
                             "cannot process the request. Cannot find the session configuration "
                             f"{env.resource[len(PS_PREFIX):]}. ")
        if self.style.needs_name and not name:
            raise soap.invalid("Name is missing")
        version = env.options.get("protocolversion", "")
        if version not in ("2.0", "2.1", "2.2", "2.3", "2.4"):
            raise soap.internal(2152991685, "protocolversion is wrong. ")
        return PowerShell(ident, env.resource, self.options, self.make_engine, self.log)

    def created(self, shell):
        body = (f"<x:ResourceCreated><a:Address>{soap.ANONYMOUS}</a:Address><a:ReferenceParameters>"
                f'<w:ResourceURI>{shell.resource}</w:ResourceURI><w:SelectorSet><w:Selector '
                f'Name="ShellId">{shell.id}</w:Selector></w:SelectorSet>'
                "</a:ReferenceParameters></x:ResourceCreated>")
        return body + shell.element() if self.style.create_has_shell else body

    def do_command(self, env):
        shell = self.shell(env)
        element = env.body.find(f"{{{soap.RSP}}}CommandLine")
        if element is None:
            raise soap.invalid("rsp:CommandLine is missing")
        ident = env.note["command"] = element.get("CommandId") or str(uuid.uuid4()).upper()
        try:
            uuid.UUID(ident)
        except ValueError as e:
            raise soap.internal(2150859220, "The CommandId is not a GUID. ") from e
        self.log("command", shell=shell.id, command=ident)
        shell.command(ident, element)
        return f"<rsp:CommandResponse><rsp:CommandId>{ident}</rsp:CommandId></rsp:CommandResponse>"

    def do_receive(self, env):
        shell = self.shell(env)
        wanted = env.body.find(f"{{{soap.RSP}}}Receive/{{{soap.RSP}}}DesiredStream")
        if wanted is None or not set((wanted.text or "").split()) <= {"stdout", "stderr"}:
            raise soap.internal(2152991680, "There is no such output stream. ")
        ident = env.note["command"] = wanted.get("CommandId")
        shell.output(ident)
        limit = min(env.timeout, self.style.max_poll, self.options.op_timeout / 1000)
        alive = (lambda: not self.over.is_set()) if self.options.linger else env.alive
        parts, done, code, env.answer = shell.receive(ident, limit, env.max_size - SKELETON,
                                                      alive, env.note["conn"])
        if not parts and not done and self.style.empty_receive_faults:
            raise soap.timed_out()
        env.note["streams"] = len(parts)
        body = self.streams(parts, ident, done, code)
        return f"<rsp:ReceiveResponse>{body}</rsp:ReceiveResponse>"

    def streams(self, parts, ident, done, code):
        attr = f' CommandId="{ident}"' if ident and self.style.stream_has_command else ""
        if self.style.one_stream and parts:
            parts = [(n, b"".join(d for m, d in parts if m == n))
                     for n in dict.fromkeys(n for n, _ in parts)]
        body = "".join(f'<rsp:Stream Name="{n}"{attr}>{base64.b64encode(d).decode()}</rsp:Stream>'
                       for n, d in parts)
        state = f'<rsp:CommandState{attr} State="{soap.RSP}/CommandState/'
        if done and ident:
            return body + f'{state}Done"><rsp:ExitCode>{code}</rsp:ExitCode></rsp:CommandState>'
        return body + (f'{state}Running"></rsp:CommandState>' if self.style.running_state else "")

    def do_send(self, env):
        shell = self.shell(env)
        for stream in env.body.iterfind(f"{{{soap.RSP}}}Send/{{{soap.RSP}}}Stream"):
            env.note["command"] = stream.get("CommandId")
            shell.send(stream.get("CommandId"), stream.get("Name"), soap.decode(stream.text))
        return "<rsp:SendResponse/>"

    def do_signal(self, env):
        shell = self.shell(env)
        element = env.body.find(f"{{{soap.RSP}}}Signal")
        if element is None:
            raise soap.invalid("rsp:Signal is missing")
        code = (element.findtext(f"{{{soap.RSP}}}Code") or "").strip()
        env.note.update(command=element.get("CommandId"), code=code)
        shell.signal(element.get("CommandId"), code)
        return "<rsp:SignalResponse/>"

    def do_delete(self, env):
        shell = self.owned(env)
        with self.lock:
            self.shells.pop(shell.id, None)
        shell.delete()
        self.log("shell-close", shell=shell.id)
        return ""

    def close(self):
        """Ends every shell that is left; their ids."""
        self.over.set()
        with self.lock:
            left = list(self.shells.values())
        for shell in left:
            shell.delete()
        return [shell.id for shell in left]

"""A small WSMan and PSRP client, only to test the endpoint with. One connection, no threads."""
import base64
import http.client
import re
import uuid
import xml.etree.ElementTree as ET

from . import auth, clixml, psrp, records, soap

PS = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell"
SELECTOR_FILTER = "http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter"
TERMINATE = soap.RSP + "/signal/terminate"


class WsmanFault(Exception):
    def __init__(self, status, root):
        self.status, self.root = status, root
        f = root.find(f".//{{{soap.FAULT}}}WSManFault") if root is not None else None
        self.code = int(f.get("Code")) if f is not None else None
        super().__init__(f"HTTP {status}, fault {self.code}")


class Wsman:
    """scheme: Negotiate, NTLM or Basic. session: the SessionId, by which a server tells clients
    apart."""
    def __init__(self, port, user="demo", password="Secret-1", scheme="Negotiate", sealed=True):
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.user, self.password, self.scheme = user, password, scheme
        self.sealed, self.ready, self.shell = sealed and scheme != "Basic", False, None
        self.auth = auth.Connection([])
        self.session = f"uuid:{str(uuid.uuid4()).upper()}"

    def post(self, body=b"", headers=None):
        self.http.request("POST", "/wsman", body, {"Content-Type": soap_type(), **(headers or {})})
        r = self.http.getresponse()
        return r.status, r.headers, r.read()

    def handshake(self):
        """401, challenge, proof."""
        gssapi = auth.gss()
        from gssapi.raw import acquire_cred_with_password
        mech = gssapi.OID.from_int_seq(auth.SPNEGO if self.scheme == "Negotiate" else auth.NTLM)
        creds = acquire_cred_with_password(gssapi.Name(self.user, gssapi.NameType.user),
                                           self.password.encode(), mechs=[mech], usage="initiate")
        flag = gssapi.RequirementFlag
        self.auth.context = gssapi.SecurityContext(
            name=gssapi.Name("HTTP@127.0.0.1", gssapi.NameType.hostbased_service),
            creds=gssapi.Credentials(creds.creds), mech=mech, usage="initiate",
            flags=flag.confidentiality | flag.integrity | flag.mutual_authentication)
        token = None
        while True:
            token = self.auth.context.step(token)
            if not token:
                break
            status, headers, _ = self.post(headers={
                "Authorization": f"{self.scheme} {base64.b64encode(token).decode()}"})
            offer = headers.get("WWW-Authenticate") or ""
            token = base64.b64decode(offer.partition(" ")[2]) if " " in offer else None
            if not token:
                if status == 401:
                    raise PermissionError("refused")
                break
        if self.http.sock is None:      # http.client takes half a head for a whole one
            raise ConnectionError("closed after the handshake")
        self.ready = True

    def exchange(self, raw):
        """Send an envelope; (status, envelope)."""
        if self.scheme == "Basic":
            secret = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            status, _, body = self.post(raw, {"Authorization": f"Basic {secret}"})
            return status, body
        if not self.ready:
            self.handshake()
        if not self.sealed:
            status, _, body = self.post(raw)
            return status, body
        body, kind = self.auth.seal(raw)
        status, headers, body = self.post(body, {"Content-Type": kind})
        return status, self.auth.unseal(headers["Content-Type"], body)[0] if body else body

    def call(self, action, body, options=None, timeout="PT20S", resource=PS, extra="", **change):
        """A request in this shell; its Body element. WsmanFault when it is refused."""
        ident = change.get("message_id", f"uuid:{str(uuid.uuid4()).upper()}")
        shell = change.get("shell", self.shell)
        prefix = (soap.X if action in soap.TRANSFER else
                  soap.EN if action in soap.ENUMERATION else soap.RSP)
        selectors = (f'<w:SelectorSet><w:Selector Name="ShellId">{shell}</w:Selector>'
                     "</w:SelectorSet>" if shell else "")
        opts = "".join(f'<w:Option Name="{k}">{v}</w:Option>' for k, v in (options or {}).items())
        raw = (f'<s:Envelope xmlns:s="{soap.S}" xmlns:a="{soap.A}" xmlns:w="{soap.W}" '
               f'xmlns:rsp="{soap.RSP}" xmlns:p="{soap.P}" xmlns:n="{soap.EN}"><s:Header>'
               f'<a:Action s:mustUnderstand="true">{prefix}/{action}</a:Action>'
               f"<a:MessageID>{ident}</a:MessageID>"
               "<a:To>http://127.0.0.1/wsman</a:To>"
               f'<w:MaxEnvelopeSize s:mustUnderstand="true">{change.get("size", 153600)}'
               f"</w:MaxEnvelopeSize><w:OperationTimeout>{timeout}</w:OperationTimeout>"
               f'<w:ResourceURI s:mustUnderstand="true">{resource}</w:ResourceURI>'
               f"{selectors}<w:OptionSet>{opts}</w:OptionSet><p:SessionId>{self.session}"
               f"</p:SessionId>{extra}</s:Header>"
               f"<s:Body>{body}</s:Body></s:Envelope>").encode()
        status, reply = self.exchange(raw)
        root = ET.fromstring(reply) if reply else None
        if status != 200:
            raise WsmanFault(status, root)
        relates = root.findtext(f".//{{{soap.A}}}RelatesTo")
        if relates != ident:
            raise ValueError(f"RelatesTo {relates}, not {ident}")
        return root.find(f"{{{soap.S}}}Body")


    def enumerate(self, resource=soap.RSP, shell=None, elements=32000, optimized=True):
        """[{element name: text}] of shells, or of a shell's commands."""
        what = (f'<w:Filter Dialect="{SELECTOR_FILTER}"><w:SelectorSet><w:Selector Name="ShellId">'
                f"{shell}</w:Selector></w:SelectorSet></w:Filter>" if shell else "")
        how = ("<w:OptimizeEnumeration/>" f"<w:MaxElements>{elements}</w:MaxElements>"
               if optimized else "")
        body = self.call("Enumerate", f"<n:Enumerate>{how}{what}</n:Enumerate>", resource=resource,
                         shell=None)
        found = items_of(body)
        while body.find(f".//{{{soap.W}}}EndOfSequence") is None and (
                body.find(f".//{{{soap.EN}}}EndOfSequence") is None):
            ident = body.findtext(f".//{{{soap.EN}}}EnumerationContext")
            body = self.call("Pull", f"<n:Pull><n:EnumerationContext>{ident}</n:EnumerationContext>"
                             f"<n:MaxElements>{elements}</n:MaxElements></n:Pull>",
                             resource=resource, shell=None)
            found += items_of(body)
        return found


def items_of(body):
    return [{e.tag.split("}")[1]: e.text or "" for e in item}
            for tag in ("Shell", "Command") for item in body.iter(f"{{{soap.RSP}}}{tag}")]


def soap_type():
    return "application/soap+xml;charset=UTF-8"


class Pool(Wsman):
    """A runspace pool. Messages come back as psrp.Message."""
    def __init__(self, *args, protocol="2.3", **kw):
        super().__init__(*args, **kw)
        self.pool, self.object_id, self.parts = uuid.uuid4(), 0, {}
        self.protocol = protocol

    def encode(self, kind, data, pipeline=None):
        m = psrp.Message(kind, data, self.pool, pipeline or psrp.NIL, psrp.SERVER)
        self.object_id += 1
        return b"".join(psrp.fragments(self.object_id, m.encode()))

    def open(self):
        host = {"_isHostNull": False, "_isHostUINull": False, "_isHostRawUINull": False,
                "_useRunspaceHost": False}
        init = {"MinRunspaces": 1, "MaxRunspaces": 1,
                "PSThreadOptions": clixml.enum("System.Management.Automation.Runspaces."
                                               "PSThreadOptions", "Default", 0),
                "ApartmentState": clixml.enum("System.Threading.ApartmentState", "Unknown", 2),
                "HostInfo": clixml.Obj(ms={**host, "_hostDefaultData": clixml.Obj(
                    ms={"data": clixml.Obj(["System.Collections.Hashtable", "System.Object"],
                                           kind="DCT")})}),
                "ApplicationArguments": None}
        raw = (self.encode("SESSION_CAPABILITY", records.capability(self.protocol)) +
               self.encode("INIT_RUNSPACEPOOL", clixml.write(clixml.Obj(ms=init))))
        ident = str(self.pool).upper()
        self.call("Create", f'<rsp:Shell ShellId="{ident}" Name="x"><rsp:InputStreams>stdin pr'
                  "</rsp:InputStreams><rsp:OutputStreams>stdout</rsp:OutputStreams><creationXml "
                  'xmlns="http://schemas.microsoft.com/powershell">'
                  f"{base64.b64encode(raw).decode()}</creationXml></rsp:Shell>",
                  {"protocolversion": self.protocol})
        self.shell, got = ident, []
        while not any(m.kind == "RUNSPACEPOOL_STATE" for m in got):
            got += self.receive()[0]
        return got

    def receive(self, command=None, timeout="PT20S", **how):
        """([Message], done). how: as for call()."""
        attr = f' CommandId="{command}"' if command else ""
        body = self.call("Receive", f"<rsp:Receive><rsp:DesiredStream{attr}>stdout"
                         "</rsp:DesiredStream></rsp:Receive>", timeout=timeout, **how)
        got = []
        for s in body.iter(f"{{{soap.RSP}}}Stream"):
            d = self.parts.setdefault(command, psrp.Defragmenter())
            got += [psrp.Message.decode(r) for r in d.feed(base64.b64decode(s.text or ""))]
        state = body.find(f".//{{{soap.RSP}}}CommandState")
        return got, state is not None and state.get("State").endswith("/Done")

    def start(self, *statements, no_input=True):
        """Each statement: a list of (text, is_script[, args]). The CommandId."""
        pipeline = uuid.uuid4()
        raw = self.encode("CREATE_PIPELINE", create_pipeline(statements, no_input), pipeline)
        ident = str(pipeline).upper()
        self.call("Command", f'<rsp:CommandLine CommandId="{ident}"><rsp:Command/><rsp:Arguments>'
                  f"{base64.b64encode(raw).decode()}</rsp:Arguments></rsp:CommandLine>")
        return ident

    def send(self, command, kind, data, stream="stdin"):
        raw = self.encode(kind, data, uuid.UUID(command))
        self.call("Send", f'<rsp:Send><rsp:Stream Name="{stream}" CommandId="{command}">'
                  f"{base64.b64encode(raw).decode()}</rsp:Stream></rsp:Send>")

    def signal(self, command, code=TERMINATE):
        self.call("Signal", f'<rsp:Signal CommandId="{command}"><rsp:Code>{code}</rsp:Code>'
                  "</rsp:Signal>")

    def run(self, *statements):
        """All messages of a pipeline."""
        command, got, done = self.start(*statements), [], False
        while not done:
            more, done = self.receive(command)
            got += more
        self.signal(command)
        return got

    def delete(self):
        self.call("Delete", "")

    # away and back

    def disconnect(self, idle=None, mode=None):
        inner = (f"<rsp:BufferMode>{mode}</rsp:BufferMode>" if mode else "") + (
            f"<rsp:IdleTimeOut>{idle}</rsp:IdleTimeOut>" if idle else "")
        self.call("Disconnect", f"<rsp:Disconnect>{inner}</rsp:Disconnect>")

    def reconnect(self, command=None):
        self.call("Reconnect", f'<rsp:Reconnect CommandId="{command}"/>' if command else "")

    def connect(self, shell, command=None, data=None):
        """Take over a shell, then a command of it: [Message] of the answer, none for a command."""
        self.shell = shell
        if command:
            self.call("Connect", f'<rsp:Connect CommandId="{command}"/>')
            return []
        self.pool, self.parts = uuid.UUID(shell), {}
        if data is None:
            data = (self.encode("SESSION_CAPABILITY", records.capability(self.protocol)) +
                    self.encode("CONNECT_RUNSPACEPOOL", "<S />"))
        body = self.call(
            "Connect", '<rsp:Connect><connectXml xmlns="http://schemas.microsoft.com/powershell">'
            f"{base64.b64encode(data).decode()}</connectXml></rsp:Connect>",
            {"protocolversion": self.protocol})
        text = body.findtext(".//{http://schemas.microsoft.com/powershell}connectResponseXml")
        return [psrp.Message.decode(r) for r in psrp.Defragmenter().feed(base64.b64decode(text))]


def create_pipeline(statements, no_input=True):
    merge = clixml.enum("System.Management.Automation.Runspaces.PipelineResultTypes", "None", 0)
    rows = clixml.Obj(["System.Collections.Generic.List`1[[System.Management.Automation.PSObject]]",
                       "System.Object"], kind="LST").types

    def command(text, is_script, args=()):
        names = ("MergeMyResult", "MergeToResult", "MergePreviousResults", "MergeError",
                 "MergeWarning", "MergeVerbose", "MergeDebug", "MergeInformation")
        return clixml.Obj(ms={"Cmd": text, "IsScript": is_script, "UseLocalScope": None,
                              **{n: merge for n in names},
                              "Args": clixml.Obj(rows, kind="LST", items=[
                                  clixml.Obj(ms={"N": n, "V": v}) for n, v in args])})
    sets = [clixml.Obj(rows, kind="LST", items=[command(*c) for c in s]) for s in statements]
    ps = {"Cmds": sets[0], "IsNested": False, "History": None,
          "RedirectShellErrorOutputPipe": False}
    if len(sets) > 1:
        ps["ExtraCmds"] = clixml.Obj(rows, kind="LST",
                                     items=[clixml.Obj(ms={"Cmds": s}) for s in sets])
    host = {"_isHostNull": True, "_isHostUINull": True, "_isHostRawUINull": True,
            "_useRunspaceHost": True}
    return clixml.write(clixml.Obj(ms={
        "PowerShell": clixml.Obj(ms=ps), "NoInput": no_input,
        "ApartmentState": clixml.enum("System.Threading.ApartmentState", "Unknown", 2),
        "RemoteStreamOptions": clixml.enum("System.Management.Automation.RemoteStreamOptions",
                                           "0", 0),
        "AddToHistory": False, "HostInfo": clixml.Obj(ms=host), "IsNested": False}))


def text_of(messages):
    """What a person would see: host lines and output strings."""
    out = []
    for m in messages:
        if m.kind == "PIPELINE_HOST_CALL":
            found = re.search(r"<LST><S>(.*?)</S></LST>", m.data)
            out += [clixml.decode_text(found[1])] if found else []
        elif m.kind == "PIPELINE_OUTPUT":
            v = clixml.read(m.data)
            out.append(v if isinstance(v, str) else str(getattr(v, "text", v)))
    return out

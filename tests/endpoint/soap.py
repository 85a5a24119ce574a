"""SOAP envelopes of WS-Management: a request read, an answer or a fault worded."""
import re
import uuid
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape

S = "http://www.w3.org/2003/05/soap-envelope"
A = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
W = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
P = "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"
X = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
RSP = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
WSMID = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
FAULT = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
ANONYMOUS = A + "/role/anonymous"
FAULT_ACTION = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"
TRANSFER = ("Create", "Delete")
ACTIONS = {X + "/Create": "Create", X + "/Delete": "Delete",
           **{f"{RSP}/{a}": a for a in ("Receive", "Command", "Send", "Signal", "Disconnect",
                                        "Reconnect", "Connect")},
           "http://schemas.xmlsoap.org/ws/2004/09/enumeration/Enumerate": "Enumerate"}
UNDERSTOOD = {f"{{{A}}}{n}" for n in ("Action", "To", "MessageID", "ReplyTo", "Address")} | {
    f"{{{W}}}{n}" for n in ("ResourceURI", "MaxEnvelopeSize", "OperationTimeout", "OptionSet",
                            "SelectorSet", "Locale")} | {
    f"{{{P}}}{n}" for n in ("SessionId", "DataLocale", "OperationID", "SequenceId",
                            "ActivityId", "CompressionType")}


class Fault(Exception):
    """code: WSManFault code or None. subcode: as w:TimedOut. who: Sender or Receiver."""
    def __init__(self, code, subcode, message, who="Sender", detail=None):
        super().__init__(message)
        self.code, self.subcode, self.message, self.who, self.detail = (
            code, subcode, message, who, detail)


def timed_out():
    return Fault(2150858793, "w:TimedOut", "The WS-Management service cannot complete the "
                 "operation within the time specified in OperationTimeout.  ", "Receiver")


def no_shell():
    return Fault(2150858843, "w:InvalidSelectors", "The WS-Management service cannot process the "
                 "request because the request contained invalid selectors for the resource. ",
                 detail="UnexpectedSelectors")


def no_command():
    f = no_shell()
    f.inner = ("The Windows Remote Shell received a request to perform an operation on a command "
               "identifier that does not exist. Either the command has completed execution or the "
               "client specified an invalid command identifier. ")
    return f


def aborted():
    return Fault(995, "w:InternalError", "The I/O operation has been aborted because of either a "
                 "thread exit or an application request. ", "Receiver")


def died():
    return Fault(2147943418, "w:InternalError", "Illegal operation attempted on a registry key "
                 "that has been marked for deletion. ", "Receiver")


def denied():
    return Fault(5, "w:AccessDenied", "Access is denied. ")


def quota(what="shells"):
    if what == "shells":
        return Fault(2150859173, "w:QuotaLimit", "The WS-Management service cannot process the "
                     "request. This user is allowed a maximum number of concurrent shells, which "
                     "has been exceeded. Close existing shells or raise the quota for this user. ")
    return Fault(2150859174, "w:QuotaLimit", "The WS-Management service cannot process the "
                 "request. The maximum number of concurrent commands was exceeded. ")


def too_large(limit):
    return Fault(2150858824, "w:EncodingLimit", "The WS-Management service cannot process a SOAP "
                 f"packet that is larger than {limit} bytes. ", detail="MaxEnvelopeSize")


def redirected(uri):
    return Fault(2150859161, "w:EndpointUnavailable", "The WS-Management service cannot process "
                 f"the request here. The resource is at {uri}. ", "Receiver")


def invalid(message, code=2150858752, subcode="w:SchemaValidationError"):
    return Fault(code, subcode, message)


def action_of(raw):
    """The name of a request's action, found without reading it."""
    m = re.search(rb"Action[^>]*>[^<]*/(\w+)<", raw)
    return m[1].decode() if m else ""


class Envelope:
    """A request, checked as far as its header goes."""
    def __init__(self, raw):
        if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
            raise invalid("DTD")
        try:
            root = ET.fromstring(raw)
        except ET.ParseError as e:
            raise invalid(f"The SOAP XML in the message is not well-formed. ({e}) ") from e
        self.head, self.body = root.find(f"{{{S}}}Header"), root.find(f"{{{S}}}Body")
        if root.tag != f"{{{S}}}Envelope" or self.head is None or self.body is None:
            raise invalid("not a SOAP envelope")
        self.identify = self.body.find(f"{{{WSMID}}}Identify") is not None
        self.message_id = self.text(A, "MessageID")
        self.action_uri = self.text(A, "Action")
        self.action = "Identify" if self.identify else ACTIONS.get(self.action_uri)
        self.resource = self.text(W, "ResourceURI")
        self.max_size = int(self.text(W, "MaxEnvelopeSize") or 153600)
        self.timeout = duration(self.text(W, "OperationTimeout") or "PT60S")
        self.selectors = self.named("SelectorSet", "Selector")
        self.options = self.named("OptionSet", "Option")

    def text(self, ns, name):
        e = self.head.find(f"{{{ns}}}{name}")
        return (e.text or "").strip() if e is not None else ""

    def named(self, group, item):
        e = self.head.find(f"{{{W}}}{group}")
        return {} if e is None else {i.get("Name"): i.text or "" for i in e.iter(f"{{{W}}}{item}")}

    def check(self):
        """Faults for what is wrong with the header of anything but Identify."""
        for e in self.head:
            if e.get(f"{{{S}}}mustUnderstand") in ("true", "1") and e.tag not in UNDERSTOOD:
                raise Fault(2150858763, "s:MustUnderstand", "The WS-Management service cannot "
                            f"process the request because it does not understand {e.tag}. ")
        if not re.fullmatch(r"uuid:[0-9A-Fa-f-]{36}", self.message_id):
            raise invalid("MessageID", 2150858768, "a:InvalidMessageInformationHeader")
        if self.action is None:
            raise Fault(2150858757, "a:ActionNotSupported", "The WS-Management service cannot "
                        "process the request because the action is not supported. ")
        if self.max_size < 8192:
            raise Fault(2150858754, "w:EncodingLimit", "The MaxEnvelopeSize is too small. ",
                        detail="MinimumEnvelopeLimit")
        if not self.resource:
            raise Fault(2150858781, "a:DestinationUnreachable", "The WS-Management service cannot "
                        "process the request. The resource URI is missing. ")


def duration(text):
    """Seconds of an xs:duration without years and months."""
    m = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", text)
    if not m or text in ("P", "PT"):
        raise invalid(f"duration {text}")
    d, h, mi, s = (float(g or 0) for g in m.groups())
    return d * 86400 + h * 3600 + mi * 60 + s


class Windows:
    """How Windows words things. OMI overrides what differs."""
    namespaces = (f'xml:lang="en-US" xmlns:s="{S}" xmlns:a="{A}" xmlns:x="{X}" xmlns:w="{W}" '
                  f'xmlns:rsp="{RSP}" xmlns:p="{P}"')
    s = "s"
    stream_has_command = True      # rsp:Stream and rsp:CommandState carry CommandId
    create_has_shell = True
    empty_receive_faults = True
    running_state = False          # CommandState Running in each ReceiveResponse
    max_poll = 60.0
    one_stream = False             # all fragments of an answer in one rsp:Stream
    needs_name = False             # rsp:Shell must have a Name
    needs_receive = False          # an engine waits until a Receive is outstanding

    def action(self, env):
        if env.action in TRANSFER:
            return f"{X}/{env.action}Response"
        return f"{RSP}/{env.action}Response"

    def envelope(self, action, relates_to, body):
        relates = f"<a:RelatesTo>{escape(relates_to)}</a:RelatesTo>" if relates_to else ""
        return (f"<{self.s}:Envelope {self.namespaces}><{self.s}:Header>"
                f"<a:Action>{action}</a:Action>"
                f"<a:MessageID>uuid:{str(uuid.uuid4()).upper()}</a:MessageID>"
                f"<p:ActivityId>{str(uuid.uuid4()).upper()}</p:ActivityId>"
                f"<a:To>{ANONYMOUS}</a:To>{relates}</{self.s}:Header>"
                f"<{self.s}:Body>{body}</{self.s}:Body></{self.s}:Envelope>").encode()

    def fault(self, relates_to, f):
        inner = escape(getattr(f, "inner", f.message))
        detail = f"<w:FaultDetail>{FAULT_DETAIL}{f.detail}</w:FaultDetail>" if f.detail else ""
        if f.code is not None:
            detail += (f'<f:WSManFault xmlns:f="{FAULT}" Code="{f.code}" Machine="127.0.0.1">'
                       f"<f:Message>{inner}</f:Message></f:WSManFault>")
        return self.envelope(FAULT_ACTION, relates_to,
                             f"<s:Fault><s:Code><s:Value>s:{f.who}</s:Value><s:Subcode><s:Value>"
                             f"{f.subcode}</s:Value></s:Subcode></s:Code><s:Reason>"
                             f'<s:Text xml:lang="en-US">{escape(f.message)}</s:Text></s:Reason>'
                             f"<s:Detail>{detail}</s:Detail></s:Fault>")


FAULT_DETAIL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/"


class Omi(Windows):
    """Open Management Infrastructure with the PowerShell provider, as in recordings/wsman-*."""
    namespaces = (f'xmlns:SOAP-ENV="{S}" xmlns:a="{A}" xmlns:x="{X}" xmlns:w="{W}" xmlns:p="{P}" '
                  f'xmlns:rsp="{RSP}"')
    s = "SOAP-ENV"
    stream_has_command = create_has_shell = empty_receive_faults = False
    running_state = one_stream = needs_name = needs_receive = True
    max_poll = 30.0

    def action(self, env):
        return super().action(env).replace("/windows/shell/", "/windows/Shell/")

    def envelope(self, action, relates_to, body):
        raw = super().envelope(action, relates_to, body)
        return re.sub(rb"<p:ActivityId>[^<]*</p:ActivityId>", b"", raw)

    def fault(self, relates_to, f):
        subcode = f.subcode.replace("w:InvalidSelectors", "a:DestinationUnreachable")
        number = {2150858843: 6, 2150858757: 7}.get(f.code, 1)
        error = ("http://schemas.microsoft.com/wbem/wscim/1/cim-schema/2/OMI_Error")
        return self.envelope(
            FAULT_ACTION, relates_to,
            f"<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:{f.who}</SOAP-ENV:Value>"
            f"<SOAP-ENV:Subcode><SOAP-ENV:Value>{subcode}</SOAP-ENV:Value></SOAP-ENV:Subcode>"
            f'</SOAP-ENV:Code><SOAP-ENV:Reason><SOAP-ENV:Text xml:lang="en-US">{escape(f.message)}'
            f"</SOAP-ENV:Text></SOAP-ENV:Reason><SOAP-ENV:Detail><e:OMI_Error xmlns:e=\"{error}\">"
            f"<e:MessageID>OMI:MI_Result:{number}</e:MessageID><e:Message>{escape(f.message)}"
            "</e:Message></e:OMI_Error></SOAP-ENV:Detail></SOAP-ENV:Fault>")


STYLES = {"windows": Windows, "omi": Omi}

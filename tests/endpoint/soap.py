"""SOAP envelopes of WS-Management: a request read, an answer or a fault worded."""
import base64
import binascii
import re
import uuid
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape

from .wsmanfaults import *      # noqa: F401,F403
from .wsmanfaults import Fault, bad_header, invalid, unsupported

S = "http://www.w3.org/2003/05/soap-envelope"
A = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
W = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
P = "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"
X = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
EN = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
RSP = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
WSMID = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
FAULT = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
ANONYMOUS = A + "/role/anonymous"
FAULT_ACTION = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"
TRANSFER, ENUMERATION = ("Create", "Delete", "Get"), ("Enumerate", "Pull", "Release")
SHELL_ACTIONS = ("Receive", "Command", "Send", "Signal", "Disconnect", "Reconnect", "Connect")
ACTIONS = {f"{ns}/{a}": a for ns, names in ((X, TRANSFER), (EN, ENUMERATION), (RSP, SHELL_ACTIONS))
           for a in names}
UNDERSTOOD = {f"{{{A}}}{n}" for n in ("Action", "To", "MessageID", "ReplyTo", "Address")} | {
    f"{{{W}}}{n}" for n in ("ResourceURI", "MaxEnvelopeSize", "OperationTimeout", "OptionSet",
                            "SelectorSet", "Locale")} | {
    f"{{{P}}}{n}" for n in ("SessionId", "DataLocale", "OperationID", "SequenceId",
                            "ActivityId", "CompressionType")}


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
        self.session, self.operation = self.text(P, "SessionId"), self.text(P, "OperationID")
        self.again = self.must(P, "OperationID")       # a retransmission
        self.answer = None                             # for robust.Answers
        self.options = self.named("OptionSet", "Option")

    def text(self, ns, name):
        e = self.head.find(f"{{{ns}}}{name}")
        return (e.text or "").strip() if e is not None else ""

    def must(self, ns, name):
        e = self.head.find(f"{{{ns}}}{name}")
        return e is not None and e.get(f"{{{S}}}mustUnderstand") in ("true", "1")

    def language(self, ns, name):
        e = self.head.find(f"{{{ns}}}{name}")
        return None if e is None else e.get("{http://www.w3.org/XML/1998/namespace}lang")

    def named(self, group, item):
        e = self.head.find(f"{{{W}}}{group}")
        return {} if e is None else {i.get("Name"): i.text or "" for i in e.iter(f"{{{W}}}{item}")}

    def check(self):
        """Faults for what is wrong with the header of anything but Identify."""
        for e in self.head:
            if e.get(f"{{{S}}}mustUnderstand") in ("true", "1") and e.tag not in UNDERSTOOD:
                raise Fault(2150858768, "s:MustUnderstand", "The WS-Management service cannot "
                            f"process the request because it does not understand {e.tag}. ")
        if not re.fullmatch(r"uuid:[0-9A-Fa-f-]{36}", self.message_id):
            raise bad_header("MessageID")
        if self.action is None:
            raise unsupported()
        if self.max_size < 8192:
            raise Fault(2150858754, "w:EncodingLimit", "The MaxEnvelopeSize is too small. ",
                        detail="MinimumEnvelopeLimit")
        if not self.resource:
            raise Fault(2150858811, "a:DestinationUnreachable", "The WS-Management service cannot "
                        "process the request. The resource URI is missing. ")


def decode(text):
    try:
        return base64.b64decode("".join((text or "").split()), validate=True)
    except binascii.Error as e:
        raise invalid("base64") from e


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
                  f'xmlns:rsp="{RSP}" xmlns:p="{P}" xmlns:n="{EN}"')
    s = "s"
    stream_has_command = True      # rsp:Stream and rsp:CommandState carry CommandId
    create_has_shell = True
    empty_receive_faults = True
    running_state = False          # CommandState Running in each ReceiveResponse
    max_poll = 60.0
    one_stream = False             # all fragments of an answer in one rsp:Stream
    needs_name = False             # rsp:Shell must have a Name
    needs_receive = False          # an engine waits until a Receive is outstanding
    hides_shells = False           # Enumerate finds none
    lacks = ()                     # actions it does not know

    def action(self, env):
        ns = X if env.action in TRANSFER else EN if env.action in ENUMERATION else RSP
        return f"{ns}/{env.action}Response"

    def answer(self, action):
        """The body of an answer that says nothing."""
        return ""

    def envelope(self, action, relates_to, body, operation=""):
        if operation:
            operation = (f'<p:OperationID s:mustUnderstand="false">{escape(operation)}'
                         "</p:OperationID><p:SequenceId>1</p:SequenceId>")
        relates = f"<a:RelatesTo>{escape(relates_to)}</a:RelatesTo>" if relates_to else ""
        return (f"<{self.s}:Envelope {self.namespaces}><{self.s}:Header>"
                f"<a:Action>{action}</a:Action>"
                f"<a:MessageID>uuid:{str(uuid.uuid4()).upper()}</a:MessageID>"
                f"<p:ActivityId>{str(uuid.uuid4()).upper()}</p:ActivityId>"
                f"<a:To>{ANONYMOUS}</a:To>{relates}{operation}</{self.s}:Header>"
                f"<{self.s}:Body>{body}</{self.s}:Body></{self.s}:Envelope>").encode()

    def fault(self, relates_to, f, operation=""):
        inner = escape(getattr(f, "inner", f.message))
        detail = f"<w:FaultDetail>{FAULT_DETAIL}{f.detail}</w:FaultDetail>" if f.detail else ""
        if f.code is not None:
            detail += (f'<f:WSManFault xmlns:f="{FAULT}" Code="{f.code}" Machine="127.0.0.1">'
                       f"<f:Message>{inner}</f:Message></f:WSManFault>")
        return self.envelope(FAULT_ACTION, relates_to,
                             f"<s:Fault><s:Code><s:Value>s:{f.who}</s:Value><s:Subcode><s:Value>"
                             f"{f.subcode}</s:Value></s:Subcode></s:Code><s:Reason>"
                             f'<s:Text xml:lang="en-US">{escape(f.message)}</s:Text></s:Reason>'
                             f"<s:Detail>{detail}</s:Detail></s:Fault>", operation)


FAULT_DETAIL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/"


class Omi(Windows):
    """Open Management Infrastructure with the PowerShell provider, as in recordings/wsman-*."""
    namespaces = (f'xmlns:SOAP-ENV="{S}" xmlns:a="{A}" xmlns:x="{X}" xmlns:w="{W}" xmlns:p="{P}" '
                  f'xmlns:rsp="{RSP}" xmlns:n="{EN}"')
    s = "SOAP-ENV"
    stream_has_command = create_has_shell = empty_receive_faults = False
    running_state = one_stream = needs_name = needs_receive = hides_shells = True
    max_poll = 30.0
    lacks = ("Disconnect", "Reconnect", "Connect")

    def action(self, env):
        return super().action(env).replace("/windows/shell/", "/windows/Shell/")

    def answer(self, action):
        return f"<rsp:{action}Response></rsp:{action}Response>"

    def envelope(self, action, relates_to, body, operation=""):
        raw = super().envelope(action, relates_to, body)
        return re.sub(rb"<p:ActivityId>[^<]*</p:ActivityId>", b"", raw)

    def fault(self, relates_to, f, operation=""):
        subcode = f.subcode.replace("w:InvalidSelectors", "a:DestinationUnreachable")
        number = {2150858843: 6, 2150858771: 7}.get(f.code, 1)
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

"""The lines of `pwsh -s`: packets of XML, one a line."""
import base64
import binascii
import re
import uuid

NIL = uuid.UUID(int=0)
PACKET = re.compile(r"<(Data|DataAck|Command|CommandAck|Signal|SignalAck|Close|CloseAck)"
                    r"((?: \w+=(?:'[^']*'|\"[^\"]*\"))*) ?(?:/>|>([^<]*)</\1>)")


class Bad(ValueError):
    pass


class Packet:
    def __init__(self, kind, ident=None, stream=None, data=b""):
        self.kind, self.id, self.stream, self.data = kind, ident, stream, data

    def target(self):
        """The pipeline's UUID, or None for the pool."""
        return None if self.id == NIL else self.id

    def line(self):
        if self.kind == "Data":
            return (f"<Data Stream='{self.stream}' PSGuid='{self.id}'>"
                    f"{base64.b64encode(self.data).decode()}</Data>\n").encode()
        return f"<{self.kind} PSGuid='{self.id}' />\n".encode()


def data(target, stream, raw):
    return Packet("Data", target or NIL, "PromptResponse" if stream == "pr" else "Default", raw)


def parse(line):
    """A Packet. Attributes are counted, and Data must not be empty, as PowerShell does it."""
    m = PACKET.fullmatch(line.decode("latin-1").strip())
    if not m:
        raise Bad(f"not a packet: {line[:60]!r}")
    attributes = dict(re.findall(r" (\w+)=['\"]([^'\"]*)['\"]", m[2]))
    if set(attributes) != ({"Stream", "PSGuid"} if m[1] == "Data" else {"PSGuid"}):
        raise Bad(f"attributes of {m[1]}: {sorted(attributes)}")
    try:
        p = Packet(m[1], uuid.UUID(attributes["PSGuid"]), attributes.get("Stream"),
                   base64.b64decode(m[3] or "", validate=True))
    except (ValueError, binascii.Error) as e:
        raise Bad(f"{m[1]}: {e}") from e
    if p.kind == "Data" and (not p.data or p.stream not in ("Default", "PromptResponse")):
        raise Bad("Data without data, or of an unknown stream")
    return p

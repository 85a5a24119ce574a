"""Authentication of one TCP connection and sealing of its messages (MS-WSMV 2.2.9.1).

Negotiate and NTLM are done by GSSAPI (gss-ntlmssp); NTLM_USER_FILE holds the accounts. Basic and
Digest prove each request, the others the connection.
"""
import base64
import hmac
import os
import re
import struct

from . import credssp, winbind

NTLM, SPNEGO = "1.3.6.1.4.1.311.2.2.10", "1.3.6.1.5.5.2"
KERBEROS = "1.2.840.113554.1.2.2"
KERBEROS_DER = bytes.fromhex("2a864886f712010202")
CERTIFICATE = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
CHANNEL_BOUND = 0x800       # GSS_C_CHANNEL_BOUND_FLAG
SEALED = "multipart/encrypted", "multipart/x-multi-encrypted"
PROTOCOL = "application/HTTP-SPNEGO-session-encrypted"
KERBEROS_PROTOCOL = "application/HTTP-Kerberos-session-encrypted"
BOUNDARY = "Encrypted Boundary"


class Refused(Exception):
    """Why, and perhaps a token that tells the client so"""
    @property
    def token(self):
        return self.args[1] if len(self.args) > 1 else None

    def __str__(self):
        return self.args[0]


BadSeal = credssp.BadSeal


def gss():
    import gssapi
    return gssapi


def accounts(path):
    """{user in lower case: (domain, password)} of an NTLM_USER_FILE."""
    found = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            parts = line.rstrip("\n").split(":", 2)
            if len(parts) == 3 and not line.startswith("#"):
                found[parts[1].lower()] = (parts[0], parts[2])
    return found


def accept(mech, binding):
    gssapi = gss()
    creds = gssapi.Credentials(usage="accept", mechs=[gssapi.OID.from_int_seq(mech)])
    more = {}
    if binding:
        more["channel_bindings"] = gssapi.raw.ChannelBindings(application_data=binding)
    return gssapi.SecurityContext(creds=creds, usage="accept", **more)


def name_of(context):
    return bytes(context.initiator_name).rstrip(b"\0").decode("utf-8", "replace")


class Connection:
    """user is None until the handshake is done. legs counts what was exchanged."""
    def __init__(self, offers, digests=None, tls=None, binding=None, inner_tls=None,
                 ntlm_auth=False):
        self.offers, self.context, self.user, self.legs, self.scheme = offers, None, None, 0, None
        self.sealing, self.digests, self.tls, self.binding = False, digests, tls, binding
        self.inner_tls, self.acceptor, self.ntlm_auth = inner_tls, None, ntlm_auth

    def challenge(self, stale=False):
        """WWW-Authenticate headers of a 401."""
        names = {"negotiate": "Negotiate", "ntlm": "NTLM", "basic": 'Basic realm="WSMAN"',
                 "kerberos": "Kerberos", "credssp": "CredSSP"}
        return [("WWW-Authenticate", names.get(o) or self.digests.challenge(o, stale))
                for o in self.offers if o != "certificate"]

    def begin(self):
        """Another request."""
        if not self.sealing:
            self.user = None

    def step(self, header, request):
        """Eat an Authorization header. Returns headers for the answer; self.user tells if done."""
        scheme, _, token = header.partition(" ")
        scheme = scheme.lower()
        if scheme == "digest":
            return self.digest(token, request)
        if scheme == CERTIFICATE and "certificate" in self.offers:
            return self.certificate()
        if scheme not in self.offers:
            raise Refused(f"scheme {scheme}")
        self.legs += 1
        try:
            token = base64.b64decode(token, validate=True)
        except ValueError as e:
            raise Refused("bad base64") from e
        self.scheme = scheme
        if scheme == "credssp":
            return self.credssp(token)
        return self.basic(token) if scheme == "basic" else self.negotiate(token)

    def basic(self, token):
        user, _, password = token.decode("utf-8", "replace").partition(":")
        known = accounts(os.environ["NTLM_USER_FILE"]).get(user.split("\\")[-1].lower())
        if not known or not hmac.compare_digest(known[1].encode(), password.encode()):
            raise Refused("basic")
        self.user, self.sealing = user, False
        return []

    def digest(self, text, request):
        self.scheme, self.sealing = "digest", False
        try:
            text = text.encode("latin-1").decode("utf-8")       # charset=utf-8 was offered
            self.user = self.digests.user(text, request.method, request.target, self.offers,
                                          accounts(os.environ["NTLM_USER_FILE"]))
        except (ValueError, KeyError) as e:
            raise Refused(f"digest: {e!r}") from e
        self.legs += 1
        return []

    def certificate(self):
        """Certificates whose common name is an account's."""
        self.scheme, self.sealing, self.user = "certificate", False, self.tls and self.tls.peer()
        self.legs += 1
        if not self.user or self.user.lower() not in accounts(os.environ["NTLM_USER_FILE"]):
            raise Refused(f"certificate of {self.user}")
        return []

    def credssp(self, token):
        """The account logs in, and its password must come, too."""
        if self.acceptor is None or self.user is not None:
            self.acceptor, self.user = self.inner_tls.acceptor(), None
        try:
            reply = self.acceptor.step(token)
        except credssp.Refused as e:
            self.acceptor = None
            if e.token:
                return [("WWW-Authenticate", f"CredSSP {base64.b64encode(e.token).decode()}")]
            raise Refused(str(e)) from e
        if self.acceptor.complete:
            _, user, password = self.acceptor.credentials
            known = accounts(os.environ["NTLM_USER_FILE"])
            known = known.get(user.lower()) or known.get(user.split("@")[0].lower())
            if not known or known[1] != password:
                raise Refused("the password that came is another")
            self.user, self.sealing = name_of(self.acceptor.context), True
        if not reply:
            return []
        return [("WWW-Authenticate", f"CredSSP {base64.b64encode(reply).decode()}")]

    def new_context(self, mech):
        if not self.ntlm_auth:
            return accept(mech, self.binding)
        (user, (domain, password)), = accounts(os.environ["NTLM_USER_FILE"]).items()
        return winbind.Context(mech == SPNEGO, (domain, user, password))

    def login(self):
        """For the log: who came in, and how well that is proven."""
        context = self.acceptor.context if self.scheme == "credssp" else self.context
        found = {"user": self.user}
        if self.scheme == "credssp":
            found["credssp"] = self.acceptor.common
        if hasattr(context, "mech"):
            found["mech"] = "kerberos" if self.is_kerberos(context) else "ntlm"
            found["bound"] = bool(int(context.actual_flags) & CHANNEL_BOUND)
        return found

    def negotiate(self, token):
        gssapi = gss()
        if self.context is None or self.user is not None:
            mech = {"negotiate": SPNEGO, "ntlm": NTLM, "kerberos": KERBEROS}[self.scheme]
            if token.startswith(b"NTLMSSP\0"):      # raw NTLM under Negotiate is taken too
                mech = NTLM
            self.context, self.user = self.new_context(mech), None
        reply = None
        try:
            reply = self.context.step(token)
            complete = self.context.complete       # raises what step put off to send a token
        except (gssapi.exceptions.GSSError, winbind.Refused) as e:
            self.context = None
            told = reply or getattr(e, "token", None) or b""
            raise Refused(str(e), told if KERBEROS_DER in told else None) from e     # as Windows
        if complete:
            self.user, self.sealing = name_of(self.context), not self.ntlm_auth
        return self.token(reply)

    def token(self, token):
        if not token:
            return []
        name = "NTLM" if self.scheme == "ntlm" else self.scheme.capitalize()
        return [("WWW-Authenticate", f"{name} {base64.b64encode(token).decode()}")]

    # sealing

    @property
    def protocol(self):
        return KERBEROS_PROTOCOL if self.scheme == "kerberos" else PROTOCOL

    def is_kerberos(self, context=None):
        return str((context or self.context).mech) in (KERBEROS, "<OID {}>".format(KERBEROS))

    def open_part(self, signature, data):
        """Kerberos, too, has its signature in front, which takes GSSAPI's iov calls."""
        if not self.is_kerberos():
            return self.context.unwrap(signature + data).message
        raw = gss().raw
        iov = raw.IOV((raw.IOVBufferType.header, False, signature),
                      (raw.IOVBufferType.data, False, data),
                      (raw.IOVBufferType.data, False, b""), std_layout=False)
        if not raw.unwrap_iov(self.context, iov).encrypted:
            raise BadSeal("only signed")
        return iov[1].value

    def seal_part(self, plain):
        """(signature, sealed)"""
        if not self.is_kerberos():
            token = self.context.wrap(plain, True).message
            return token[:16], token[16:]
        raw = gss().raw
        iov = raw.IOV(raw.IOVBufferType.header, plain, raw.IOVBufferType.padding, std_layout=False)
        raw.wrap_iov(self.context, iov, confidential=True)
        return iov[0].value, iov[1].value + (iov[2].value or b"")

    def unseal(self, content_type, body):
        """(plain bytes, their content type) of a sealed body."""
        if self.scheme == "credssp":
            return self.acceptor.unseal(content_type, body)
        if self.protocol not in content_type:
            raise BadSeal(f"content type {content_type}")
        m = re.match(rb"--Encrypted Boundary\r\n\s*Content-Type:\s*([^\r]+)\r\n\s*"
                     rb"OriginalContent:\s*type=([^\r]+);Length=(\d+)\r\n"
                     rb"--Encrypted Boundary\r\n\s*Content-Type:\s*application/octet-stream\r\n",
                     body, re.I)
        end = b"--Encrypted Boundary--"
        tail = body.rstrip(b"\r\n")
        if not m or m[1].decode() != self.protocol or not tail.endswith(end):
            raise BadSeal("not in the two-part form")
        part = tail[m.end():-len(end)]
        n, = struct.unpack("<I", part[:4])
        if not self.is_kerberos() and n != 16:
            raise BadSeal(f"signature of {n} bytes")
        if len(part) != 4 + n + int(m[3]):
            raise BadSeal(f"Length={int(m[3])}, but {len(part) - 4 - n} bytes")
        try:
            plain = self.open_part(part[4:4 + n], part[4 + n:])
        except gss().exceptions.GSSError as e:
            raise BadSeal(str(e)) from e
        # with RC4 one byte of padding counts as contents
        return plain.rstrip(b"\1") if self.is_kerberos() else plain, m[2].decode()

    def seal(self, plain, content_type="application/soap+xml;charset=UTF-8"):
        """(body, content type) with plain sealed inside."""
        if self.scheme == "credssp":
            return self.acceptor.seal(plain, content_type)
        signature, sealed = self.seal_part(plain)
        body = (f"--{BOUNDARY}\r\n\tContent-Type: {self.protocol}\r\n\tOriginalContent: "
                f"type={content_type};Length={len(sealed)}\r\n--{BOUNDARY}\r\n"
                "\tContent-Type: application/octet-stream\r\n").encode()
        body += struct.pack("<I", len(signature)) + signature + sealed
        return (body + f"--{BOUNDARY}--\r\n".encode(),
                f'{SEALED[0]};protocol="{self.protocol}";boundary="{BOUNDARY}"')

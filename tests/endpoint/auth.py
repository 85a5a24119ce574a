"""Authentication of one TCP connection and sealing of its messages (MS-WSMV 2.2.9.1).

Negotiate and NTLM are done by GSSAPI (gss-ntlmssp); NTLM_USER_FILE holds the accounts. Basic and
Digest prove each request, the others the connection.
"""
import base64
import hmac
import os
import re
import struct

NTLM, SPNEGO = "1.3.6.1.4.1.311.2.2.10", "1.3.6.1.5.5.2"
SEALED = "multipart/encrypted"
PROTOCOL = "application/HTTP-SPNEGO-session-encrypted"
BOUNDARY = "Encrypted Boundary"


class Refused(Exception):
    pass


class BadSeal(Exception):
    pass


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


class Connection:
    """user is None until the handshake is done. legs counts what was exchanged."""
    def __init__(self, offers, digests=None):
        self.offers, self.context, self.user, self.legs, self.scheme = offers, None, None, 0, None
        self.sealing, self.digests = False, digests

    def challenge(self, stale=False):
        """WWW-Authenticate headers of a 401."""
        names = {"negotiate": "Negotiate", "ntlm": "NTLM", "basic": 'Basic realm="WSMAN"',
                 "kerberos": "Kerberos"}
        return [("WWW-Authenticate", names.get(o) or self.digests.challenge(o, stale))
                for o in self.offers]

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
        if scheme not in self.offers or scheme == "kerberos":
            raise Refused(f"scheme {scheme}")
        self.legs += 1
        try:
            token = base64.b64decode(token, validate=True)
        except ValueError as e:
            raise Refused("bad base64") from e
        self.scheme = scheme
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
            self.user = self.digests.user(text, request.method, request.target, self.offers,
                                          accounts(os.environ["NTLM_USER_FILE"]))
        except (ValueError, KeyError) as e:
            raise Refused(f"digest: {e!r}") from e
        self.legs += 1
        return []

    def negotiate(self, token):
        gssapi = gss()
        if self.context is None or self.user is not None:
            mech = gssapi.OID.from_int_seq(SPNEGO if self.scheme == "negotiate" else NTLM)
            if token.startswith(b"NTLMSSP\0"):      # raw NTLM under Negotiate is taken too
                mech = gssapi.OID.from_int_seq(NTLM)
            creds = gssapi.Credentials(usage="accept", mechs=[mech])
            self.context, self.user = gssapi.SecurityContext(creds=creds, usage="accept"), None
        try:
            reply = self.context.step(token)
            complete = self.context.complete       # raises what step put off to send a token
        except gssapi.exceptions.GSSError as e:
            self.context = None
            raise Refused(str(e)) from e
        if complete:
            name = bytes(self.context.initiator_name).rstrip(b"\0").decode("utf-8", "replace")
            self.user, self.sealing = name, True
        scheme = "NTLM" if self.scheme == "ntlm" else "Negotiate"
        if reply:
            return [("WWW-Authenticate", f"{scheme} {base64.b64encode(reply).decode()}")]
        return []

    # sealing

    def unseal(self, content_type, body):
        """(plain bytes, their content type) of a sealed body."""
        if PROTOCOL not in content_type:
            raise BadSeal(f"content type {content_type}")
        m = re.match(rb"--Encrypted Boundary\r\n\s*Content-Type:\s*([^\r]+)\r\n\s*"
                     rb"OriginalContent:\s*type=([^\r]+);Length=(\d+)\r\n"
                     rb"--Encrypted Boundary\r\n\s*Content-Type:\s*application/octet-stream\r\n",
                     body, re.I)
        end = b"--Encrypted Boundary--"
        tail = body.rstrip(b"\r\n")
        if not m or m[1].decode() != PROTOCOL or not tail.endswith(end):
            raise BadSeal("not in the two-part form")
        part = tail[m.end():-len(end)]
        n, = struct.unpack("<I", part[:4])
        if n != 16:
            raise BadSeal(f"signature of {n} bytes")
        try:
            plain = self.context.unwrap(part[4:]).message
        except gss().exceptions.GSSError as e:
            raise BadSeal(str(e)) from e
        if len(plain) != int(m[3]):
            raise BadSeal(f"Length={int(m[3])}, but {len(plain)} bytes")
        return plain, m[2].decode()

    def seal(self, plain, content_type="application/soap+xml;charset=UTF-8"):
        """(body, content type) with plain sealed inside."""
        token = self.context.wrap(plain, True).message
        body = (f"--{BOUNDARY}\r\n\tContent-Type: {PROTOCOL}\r\n\tOriginalContent: "
                f"type={content_type};Length={len(plain)}\r\n--{BOUNDARY}\r\n"
                "\tContent-Type: application/octet-stream\r\n").encode()
        body += struct.pack("<I", 16) + token + f"--{BOUNDARY}--\r\n".encode()
        return body, f'{SEALED};protocol="{PROTOCOL}";boundary="{BOUNDARY}"'

"""The HTTP side of the endpoint: connections, handshakes, sealing, the log."""
import os
import select
import socket
import threading
import time

from . import auth, digest, faults, httpmsg, soap, tls
from .wsman import Service

XML = "application/soap+xml;charset=UTF-8"


class Server:
    def __init__(self, make_engine, options, log):
        self.options, self.log = options, log
        self.service, self.faults = Service(make_engine, options, log), faults.Faults(options.fault)
        self.socket = socket.create_server(("127.0.0.1", options.port), backlog=64)
        self.port = self.socket.getsockname()[1]
        self.digests = digest.Digest(options.nonce_uses)
        self.inner_tls = tls.Inner(*options.credssp, options.credssp_version
                                   ) if options.credssp else None
        self.tls = tls.Tls(*options.tls, options.tls_client_ca, options.tls_ask_late,
                           options.tls_binding) if options.tls else None
        self.stopping, self.lock = threading.Event(), threading.Lock()
        self.connections = self.requests = self.envelopes = 0
        self.trace_file = open(options.trace, "ab", buffering=0) if options.trace else None

    def run(self):
        self.log("listen", port=self.port)
        while not self.stopping.is_set():
            try:
                sock, _ = self.socket.accept()
            except OSError:
                break
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            c = Connection(self, sock, self.connections)
            threading.Thread(target=c.run, daemon=True).start()

    def stop(self):
        """Ids of the shells that were still open."""
        self.stopping.set()
        self.socket.close()
        left = self.service.close()
        self.log("exit", open=left, requests=self.requests, connections=self.connections)
        return left

    def count(self, what):
        with self.lock:
            n = getattr(self, what) + 1
            setattr(self, what, n)
            return n

    def trace(self, mark, raw):
        if self.trace_file:
            self.trace_file.write(b"%s %s\n%s\n\n" % (mark, str(self.log.now()).encode(), raw))


class Over(Exception):
    """Nothing more is said on this connection."""


class Connection:
    def __init__(self, server, sock, number):
        self.server, self.sock, self.number = server, sock, number
        self.auth, self.last_sealed = None, None

    def new_auth(self):
        return auth.Connection(self.server.options.auth, self.server.digests,
                               self.sock if self.server.tls else None,
                               self.server.tls.binding if self.server.tls else None,
                               self.server.inner_tls, self.server.options.ntlm_auth)

    def run(self):
        self.server.log("connect", conn=self.number)
        try:
            if self.server.tls:
                self.sock = self.server.tls.wrap(self.sock)
            self.auth = self.new_auth()
            self.talk()
        except (Over, EOFError):
            pass
        except OSError as e:
            self.server.log("lost", conn=self.number, why=str(e))
        except (httpmsg.Bad, ValueError) as e:
            self.server.log("bad-http", conn=self.number, why=str(e))
        finally:
            self.sock.close()
        self.server.log("disconnect", conn=self.number)

    def talk(self):
        with self.sock.makefile("rb") as f:
            while True:
                request = httpmsg.read_request(f, self.sock.head_read if self.server.tls
                                               else lambda: None)
                if request is None:
                    break
                self.request(request)

    def alive(self):
        """Is the client still there? (It sends nothing while it waits for an answer.)"""
        if select.select([self.sock], [], [], 0)[0]:
            return not self.server.tls and self.sock.recv(1, socket.MSG_PEEK) != b""
        return not self.server.stopping.is_set()

    def delay(self):
        if self.server.options.delay:
            time.sleep(self.server.options.delay / 1000)

    def request(self, request):
        note = {"conn": self.number, "req": self.server.count("requests"),
                "t0": self.server.log.now(), "action": None, "command": None, "auth": None,
                "in": request.size, "sealed": False, "fault": None}
        self.delay()
        try:
            status, headers, body = self.answer(request, note)
            raw = httpmsg.answer(status, headers, body, self.server.options.chunked)
            wrong = self.server.faults.find(faults.SENDING, note.get("envelope", 0),
                                            note["action"]) if body else None
            self.delay()
            note.update(status=status, out=len(raw))
            if not wrong:
                self.sock.sendall(raw)
            elif not faults.send(wrong, self.sock, raw):
                raise Over()
            if body and self.server.faults.find(faults.CLOSING, note.get("envelope", 0),
                                                note["action"]):
                raise Over()
        finally:
            note.pop("wanted_fault", None)
            note["t1"] = self.server.log.now()
            self.server.log("request", **note)
        if request.header("connection").lower() == "close":
            raise Over()

    def misbehave(self, number, note, action=None):
        wrong = self.server.faults.find(faults.HTTP, number, action)
        if wrong:
            note["wrong"] = wrong
            self.delay()
            faults.instead(wrong, self.sock, self.server.stopping.is_set)
            raise Over()

    def answer(self, request, note):
        """(status, headers, body)"""
        self.misbehave(0, note)
        if request.method != "POST":
            return 405, [("Allow", "POST")], b""
        if not request.target.split("?")[0].rstrip("/").lower() in self.server.options.paths:
            return 404, [], b""
        o = self.server.options
        if o.redirect:
            return o.redirect_status, [("Location", o.redirect)], b""
        wrong = self.server.faults.find(faults.HANDSHAKE, note["req"])
        if wrong:
            offer = self.auth.challenge() if wrong == "401-loop" else []
            return 401, offer, b""
        headers = []
        self.auth.begin()
        if request.header("authorization"):
            try:
                headers = self.auth.step(request.header("authorization"), request)
            except digest.Stale:
                note["auth"] = "stale"
                return 401, self.auth.challenge(stale=True), b""
            except auth.Refused as e:
                note["auth"] = f"refused: {e}"
                told, self.auth = self.auth.token(e.token), self.new_auth()
                return 401, told or self.auth.challenge(), b""
            note["auth"] = f"{self.auth.scheme} {self.auth.legs}"
            if self.auth.user is None:
                return 401, headers, b""
            note["login"] = self.auth.login()
        if self.auth.user is None:
            return 401, self.auth.challenge(), b""
        if not request.body:       # only the handshake
            return 200, headers, b""
        return self.envelope(request, note, headers)

    def envelope(self, request, note, headers):
        number = note["envelope"] = self.server.count("envelopes")
        kind = request.header("content-type")
        sealed = note["sealed"] = kind.lower().startswith(auth.SEALED)
        answer_kind = XML
        raw = request.body
        if sealed:
            try:
                raw, kind = self.auth.unseal(kind, raw)
            except auth.BadSeal as e:
                note["wrong"] = str(e)
                return 400, headers, b""
        elif not self.server.options.allow_unencrypted and not self.server.tls:
            note["wrong"] = "not encrypted"
            return 500, headers, b""
        if not kind.lower().startswith("application/soap+xml"):
            return 415, headers, b""
        if "utf-16" in kind.lower():
            answer_kind, note["charset"] = XML.replace("UTF-8", "UTF-16"), "UTF-16"
            self.server.trace(b">>>", raw.decode("utf-16").encode())
        else:
            self.server.trace(b">>>", raw)
        if self.server.faults.take(faults.ONCE, number, soap.action_of(raw)):
            self.auth = self.new_auth()
            return 401, self.auth.challenge(), b""

        def wanted_fault(action):
            name = self.server.faults.find(faults.WSMAN, number, action)
            if self.server.options.redirect_fault:
                return soap.redirected(self.server.options.redirect_fault)
            return faults.WSMAN[name]() if name else None
        note["wanted_fault"] = wanted_fault
        status, reply = self.server.service.handle(raw, self.auth.user, note, self.alive)
        self.misbehave(number, note, note["action"] or "")
        wrong = self.server.faults.find(faults.ENVELOPE, number, note["action"] or "")
        if wrong:
            reply = faults.envelope(wrong, reply)
        self.server.trace(b"<<<", reply)
        if "charset" in note:
            reply = reply.decode().encode("utf-16")
        if not sealed and not (self.server.options.always_seal and self.auth.sealing):
            return status, headers + [("Content-Type", answer_kind)], reply
        return self.seal(status, headers, reply, answer_kind, number, note["action"] or "")

    def seal(self, status, headers, reply, inner, number, action):
        wrong = self.server.faults.find(faults.SEALING, number, action)
        if wrong == "plain-reply":
            return status, headers + [("Content-Type", XML)], reply
        body, kind = self.auth.seal(reply, inner)
        if wrong == "bad-seal":
            at = body.index(b"octet-stream\r\n") + 14 + 30
            body = body[:at] + bytes([body[at] ^ 1]) + body[at + 1:]
        elif wrong == "replay-seal" and self.last_sealed:
            body = self.last_sealed
        self.last_sealed = body
        return status, headers + [("Content-Type", kind)], body

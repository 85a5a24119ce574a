"""Misbehaviour on demand (--fault NAME[@WHEN])."""
import re
import time

from . import httpmsg, soap

# instead of any answer, from the first byte on when no WHEN is given
HTTP = ("html", "not-found", "empty", "empty-200", "garbage", "endless-headers", "endless-body",
        "drop", "silent")
SENDING = ("truncate", "slow")                     # the right answer, sent wrongly
HANDSHAKE = ("401-loop", "no-auth-offer")
SEALING = ("bad-seal", "plain-reply", "replay-seal")
ENVELOPE = ("bad-xml", "wrong-relatesto")
ONCE = ("forget",)                                 # 401 once, as if the handshake never was
CLOSING = ("close",)                               # the connection ends after the answer, untold
WSMAN = {"access-denied": soap.denied, "quota": soap.quota, "timed-out": soap.timed_out,
         "too-large": lambda: soap.too_large(512000), "shell-gone": soap.no_shell}
NAMES = (*HTTP, *SENDING, *HANDSHAKE, *SEALING, *ENVELOPE, *ONCE, *CLOSING, *WSMAN)


class Faults:
    def __init__(self, specs):
        self.list = []
        for spec in specs:
            name, _, when = spec.partition("@")
            if name not in NAMES:
                raise ValueError(f"no fault {name}; there are {' '.join(NAMES)}")
            self.list.append((name, when))

    def find(self, names, number, action=None):
        """The first of names that is due for the request with this number and action, or None.

        action None: an HTTP request whose content is not known yet.
        """
        for name, when in self.list:
            if name not in names:
                continue
            if not when:
                return name
            if when.isdigit() and (action is not None or name in HANDSHAKE) and number >= int(when):
                return name
            if action is not None and when.lower() == action.lower():
                return name
        return None

    def take(self, names, number, action):
        """As find, but what is found is over with."""
        name = self.find(names, number, action)
        if name:
            self.list = [f for f in self.list if f[0] != name]
        return name


def instead(name, sock, stop):
    """Do an HTTP fault on a socket. The connection is over after it. stop() ends the endless."""
    if name == "html":
        page = b"<html><head><title>It works</title></head><body>It works!</body></html>"
        sock.sendall(httpmsg.answer(200, [("Content-Type", "text/html")], page))
    elif name == "not-found":
        page = b"<html>Not Found</html>"
        sock.sendall(httpmsg.answer(404, [("Content-Type", "text/html")], page))
    elif name == "empty-200":
        sock.sendall(httpmsg.answer(200))
    elif name == "garbage":
        sock.sendall(bytes(i * 151 & 0xFF for i in range(4096)))
    elif name == "endless-headers":
        sock.sendall(b"HTTP/1.1 200 OK\r\n")
        while not stop():
            sock.sendall(b"X-More: and more and more and more\r\n" * 100)
    elif name == "endless-body":
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml;charset=UTF-8\r\n"
                     b"Transfer-Encoding: chunked\r\n\r\n")
        while not stop():
            sock.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
    elif name == "drop":
        import socket
        import struct
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # RST
    elif name == "silent":
        while not stop():
            time.sleep(0.1)


def send(name, sock, raw):
    """Send an answer in a wrong way. False: the connection is over."""
    if name == "truncate":
        sock.sendall(raw[:-max(1, len(raw) // 4)])
        return False
    for i in range(0, len(raw), 16):
        sock.sendall(raw[i:i + 16])
        time.sleep(0.002)
    return True


def envelope(name, raw):
    if name == "bad-xml":
        return raw[:-20] + b"<oops></s:Body>"
    return re.sub(rb"(RelatesTo>)uuid:[^<]*", rb"\1uuid:00000000-0000-0000-0000-00000000DEAD", raw)

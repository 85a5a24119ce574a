"""Peers of a Kerberos client that are none: they say what a test gives them, on loopback."""
import os
import select
import socket
import struct
import threading

ALPHA = "ALPHA.TEST"
DNS_SRV, DNS_IN = 33, 1


class FakeKdc(threading.Thread):
    """Not a KDC: UDP on a port of its own, each question answered by what answer() makes of it, or
    not at all."""

    def __init__(self, answer=lambda question: None):
        super().__init__(daemon=True)
        self.answer, self.asked = answer, []
        self.socket = socket.socket(type=socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.name = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.over = os.pipe()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        os.close(self.over[1])
        self.join()
        os.close(self.over[0])
        self.socket.close()

    def run(self):
        while self.over[0] not in select.select([self.socket, self.over[0]], [], [])[0]:
            question, peer = self.socket.recvfrom(65536)
            self.asked.append(question)
            for answer in self.answer(question) or []:
                self.socket.sendto(answer, peer)


class FakeTcpKdc(threading.Thread):
    """Not a KDC: TCP alone; whoever connects gets that answer and an end."""

    def __init__(self, answer):
        super().__init__(daemon=True)
        self.answer, self.asked = answer, 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.name = "127.0.0.1:%d" % self.socket.getsockname()[1]

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.join()
        self.socket.close()

    def run(self):
        while True:
            try:
                peer = self.socket.accept()[0]
            except OSError:
                return
            self.asked += 1
            with peer:
                try:
                    peer.recv(65536)
                    peer.sendall(self.answer)
                except OSError:
                    pass


def der(tag, body):
    size = bytes([len(body)]) if len(body) < 128 else b"\x82" + struct.pack(">H", len(body))
    return bytes([tag]) + size + body


def krb_error(code, realm=ALPHA, stime=b"20300102030405Z", crealm=None):
    """KRB-ERROR, RFC 4120 5.9.1"""
    number = lambda n, v: der(0xa0 + n, der(2, bytes([v])))
    text = lambda n, s: der(0xa0 + n, der(0x1b, s.encode()))
    name = der(0xa0, der(2, b"\2")) + der(0xa1, der(0x30, der(0x1b, b"krbtgt") +
                                                    der(0x1b, realm.encode())))
    return der(0x7e, der(0x30, number(0, 5) + number(1, 30) + der(0xa4, der(0x18, stime)) +
                         number(5, 0) + number(6, code) + (text(7, crealm) if crealm else b"") +
                         text(9, realm) + der(0xaa, der(0x30, name))))


class FakeDns(FakeKdc):
    """Answers questions for SRV records: records[name] = [(priority, weight, port, host)]."""

    def __init__(self, records, spoil=lambda answer: [answer]):
        super().__init__(self.reply)
        self.records, self.spoil, self.names = records, spoil, []
        self.resolv = "search test\nnameserver [127.0.0.1]:%s\n" % self.name.split(":")[1]

    @staticmethod
    def labels(name):
        return b"".join(bytes([len(x)]) + x.encode() for x in name.split(".") if x) + b"\0"

    def reply(self, question):
        end = question.index(b"\0", 12)
        at, name = 12, []
        while question[at]:
            name.append(question[at + 1:at + 1 + question[at]].decode())
            at += 1 + question[at]
        name = ".".join(name)
        self.names.append(name)
        found = self.records.get(name)
        if found is None:
            return []
        body = b"".join(
            b"\xc0\x0c" + struct.pack(">HHIH", DNS_SRV, DNS_IN, 60, 6 + len(self.labels(host))) +
            struct.pack(">HHH", priority, weight, port) + self.labels(host)
            for priority, weight, port, host in found)
        flags = 0x8180 if found else 0x8183
        head = question[:2] + struct.pack(">HHHHH", flags, 1, len(found), 0, 0)
        return self.spoil(head + question[12:end + 5] + body)

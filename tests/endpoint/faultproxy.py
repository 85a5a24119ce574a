"""A TCP proxy on loopback that breaks connections: by a seeded schedule, or as it is told.

It knows where HTTP messages end, so exactly one answer can be lost. Through TLS a message is what
comes in one go until the other side speaks.
"""
import collections
import random
import select
import socket
import struct
import threading
import time

FAULTS = ("cut", "drop", "swallow", "reset", "half-close", "trickle", "delay", "refuse")


class Closed(Exception):
    """One side has gone, or was made to go."""


class Schedule:
    """What befalls each request. Given twice the same seed and requests, it is the same."""
    def __init__(self, faults, seed, after, every, most):
        self.faults, self.random, self.after, self.every = faults, random.Random(seed), after, every
        self.most, self.requests, self.wanted = most, 0, {}
        self.done, self.lock = collections.Counter(), threading.Lock()

    def next(self):
        """(the request's number, a fault or None)"""
        with self.lock:
            self.requests += 1
            fault = self.wanted.pop(self.requests, None)
            if (not fault and self.faults and self.requests > self.after and
                    sum(self.done.values()) < self.most and
                    self.random.random() < 1 / self.every):
                fault = self.random.choice(self.faults)
            if fault:
                self.done[fault] += 1
            return self.requests, fault

    def want(self, fault, nth=1):
        """fault for the nth request from now on."""
        with self.lock:
            self.wanted[self.requests + nth] = fault


class Proxy:
    """delay: seconds for the fault delay; away: for refuse."""
    def __init__(self, to, schedule, log, port=0, delay=0.3, away=0.5):
        self.to, self.schedule, self.log, self.delay, self.away = to, schedule, log, delay, away
        self.pairs, self.lock, self.listener = set(), threading.Lock(), None
        # keeps the port while nobody listens on it
        self.holder = self.bound(port)
        self.port = self.holder.getsockname()[1]
        self.accepting = threading.Event()
        self.listen()
        threading.Thread(target=self.run, daemon=True).start()

    @staticmethod
    def bound(port):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        s.bind(("127.0.0.1", port))
        return s

    def listen(self):
        with self.lock:
            if self.listener is None:
                self.listener = self.bound(self.port)
                self.listener.listen(64)
                self.accepting.set()

    def stop(self):
        """New connections are refused; those that are live on."""
        with self.lock:
            if self.listener:
                self.accepting.clear()
                self.listener.shutdown(socket.SHUT_RDWR)
                self.listener.close()
                self.listener = None

    def run(self):
        while self.accepting.wait():
            try:
                client, _ = self.listener.accept()
            except (OSError, AttributeError):      # stopped
                time.sleep(0.001)
                continue
            try:
                pair = Pair(self, client, socket.create_connection(("127.0.0.1", self.to)))
            except OSError:
                client.close()
                continue
            with self.lock:
                self.pairs.add(pair)
            threading.Thread(target=pair.run, daemon=True).start()

    def cut(self, rst=False):
        with self.lock:
            pairs = list(self.pairs)
        for pair in pairs:
            pair.close(rst)
        return len(pairs)

    def refuse(self):
        """Off for a while, with all connections, as when the service is started anew."""
        self.stop()
        self.cut()
        threading.Timer(self.away, self.listen).start()


class Pair:
    def __init__(self, proxy, client, server):
        self.proxy, self.client, self.server = proxy, client, server
        for s in (client, server):
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self, rst=False):
        for s in (self.client, self.server):
            try:
                if rst:
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                s.shutdown(socket.SHUT_RD if rst else socket.SHUT_RDWR)
            except OSError:
                pass
        if rst:          # only close() sends it
            self.client.close()

    def run(self):
        try:
            first = self.client.recv(1, socket.MSG_PEEK)
            while first:
                if first == b"\x16":
                    self.relay()
                self.exchange()
        except (OSError, Closed, ValueError):
            pass
        finally:
            self.close()
            self.client.close()
            self.server.close()
            with self.proxy.lock:
                self.proxy.pairs.discard(self)

    def befalls(self):
        """The next request's fault. What comes before the answer is done."""
        n, fault = self.proxy.schedule.next()
        if fault:
            self.proxy.log("fault", name=fault, request=n)
        if fault == "refuse":
            self.proxy.refuse()
        if fault in ("cut", "refuse"):
            raise Closed()
        return fault

    def exchange(self):
        """HTTP: a request and its answer."""
        self.wait(self.client)
        request = message(self.client)
        fault = self.befalls()
        self.server.sendall(request)
        self.wait(self.server)
        self.answer(fault, message(self.server))

    def relay(self):
        """TLS: a request ends when the server speaks, and the answer when the client does."""
        fault, turn = None, None
        while True:
            for s in select.select([self.client, self.server], [], [])[0]:
                data = burst(s)
                if s is self.client:
                    fault, turn = self.befalls() if turn is not s else fault, s
                    self.server.sendall(data)
                else:
                    self.answer(fault if turn is not s or fault == "swallow" else None, data)
                    turn = s

    def wait(self, wanted):
        """Until that side says something; Closed when the other goes first."""
        other = self.server if wanted is self.client else self.client
        ready = select.select([wanted, other], [], [])[0]
        if wanted not in ready:
            if other.recv(1, socket.MSG_PEEK) == b"":
                raise Closed()
            select.select([wanted], [], [])        # the other speaks out of turn: it has to wait

    def answer(self, fault, data):
        half = len(data) // 2
        if fault == "drop":
            raise Closed()
        if fault == "swallow":
            return
        if fault == "delay":
            time.sleep(self.proxy.delay)
        elif fault == "trickle":
            for i in range(min(4096, len(data))):
                self.client.sendall(data[i:i + 1])
            data = data[4096:]
        elif fault in ("reset", "half-close"):
            self.client.sendall(data[:half])
            if fault == "reset":
                self.close(rst=True)
                raise Closed()
            self.client.shutdown(socket.SHUT_WR)
            while self.client.recv(65536):
                pass
            raise Closed()
        self.client.sendall(data)


def burst(sock):
    data = sock.recv(65536)
    if not data:
        raise Closed()
    return data


def message(sock):
    """One HTTP request or response, as bytes."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += burst(sock)
    end = data.index(b"\r\n\r\n") + 4
    head = data[:end].lower()
    if b"\r\ntransfer-encoding: chunked" in head:
        while not data.endswith(b"0\r\n\r\n"):     # as these peers end it: one message at a time
            data += burst(sock)
        return data
    length = 0
    for line in head.split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line[15:])
    while len(data) < end + length:
        data += burst(sock)
    return data

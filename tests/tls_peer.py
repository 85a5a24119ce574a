"""What the tests of TLS share: the driver, the certificates, and servers to talk to."""
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest

import drivers
import tls_certs


def set_up():
    global FOLDER, DRIVER, CERTS
    if not shutil.which("openssl"):
        raise unittest.SkipTest("no openssl")
    FOLDER = tempfile.TemporaryDirectory()
    DRIVER = drivers.build("tls_driver", FOLDER.name)
    os.mkdir(FOLDER.name + "/certs")
    CERTS = tls_certs.matrix(FOLDER.name + "/certs")
    return CERTS, FOLDER.name


def tear_down():
    FOLDER.cleanup()


def tell(conn):
    """What a server does by default: takes a line, answers it, says goodbye."""
    line = b""
    while not line.endswith(b"\n"):
        piece = conn.recv(65536)
        if not piece:
            return
        line += piece
    conn.sendall(b"%d bytes, %s\n" % (len(line), conn.cipher()[0].encode()))
    conn.unwrap()


class Server:
    """A TLS server for one connection, in a thread."""
    def __init__(self, cert, handler=tell, ciphers="ALL:@SECLEVEL=0", change=None):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.set_ciphers(ciphers)
        self.context.load_cert_chain(CERTS.path(cert + ".pem"), CERTS.path(cert + ".key"))
        if change:
            change(self.context)
        self.handler = handler
        self.seen = None
        self.peer = None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve)

    def serve(self):
        conn, _ = self.listener.accept()
        conn.settimeout(20)
        try:
            with self.context.wrap_socket(conn, server_side=True) as tls:
                self.peer = tls.getpeercert()
                self.handler(tls)
        except (OSError, ValueError) as e:
            self.seen = e

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.thread.join(30)
        self.listener.close()


def drive(port, *options, text="hello\n", host="127.0.0.1", name="localhost", env=None):
    more = ["name=" + name] if name else []
    done = subprocess.run([DRIVER, host, str(port), text, *more, *options], capture_output=True,
                          timeout=60, check=False, env={**os.environ, **(env or {})})
    if done.returncode:
        raise AssertionError("driver: %d %s" % (done.returncode, done.stderr.decode()))
    return done.stdout.decode()


def ca(name="root"):
    return "ca=" + CERTS.path(name + ".crt")


class Case(unittest.TestCase):
    def accepted(self, cert, *options, trust=None, **more):
        with Server(cert) as s:
            said = drive(s.port, trust or ca(), *options, **more)
        self.assertIn("\nend\n", said, (cert, said, s.seen))
        self.assertRegex(said, r"data \d+ 6 bytes, ")
        return said

    def refused(self, cert, why, *options, trust=None, server=None, **more):
        with Server(cert, **(server or {})) as s:
            said = drive(s.port, trust or ca(), *options, **more)
        self.assertNotIn("open ", said)
        self.assertRegex(said, r"error -5 .*" + why)
        error = said[said.index("error"):].strip()
        self.assertLess(len(error), 420)
        return said


class SServer:
    """openssl s_server for one connection, told what to do by its stdin."""
    def __init__(self, *options):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            ["openssl", "s_server", "-accept", "127.0.0.1:%d" % self.port, "-cert",
             CERTS.path("good.pem"), "-key", CERTS.path("good.key"), "-cert_chain",
             CERTS.path("inter.crt"), "-CAfile", CERTS.path("root.crt"), "-naccept", "1", *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.said = b""
        self.until("ACCEPT")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def tell(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        time.sleep(0.2)         # a command counts only at the beginning of what it reads

    def until(self, word):
        timer = threading.Timer(10, self.process.kill)
        timer.start()
        while word.encode() not in self.said:
            piece = os.read(self.process.stdout.fileno(), 4096)
            if not piece:
                raise AssertionError("no %r from s_server: %s" % (word, self.said.decode()))
            self.said += piece
        timer.cancel()
        self.said = self.said[self.said.index(word.encode()) + len(word):]

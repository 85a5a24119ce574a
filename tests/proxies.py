"""CONNECT proxies for tests: Debian's tinyproxy and squid, on loopback, until stop(); and one
of our own that leads every name to this machine."""
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import unittest

import drivers

HERE = os.path.dirname(os.path.abspath(__file__))
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
USER, PASSWORD = "proxyuser", "Pröxy: 1"
DOMAIN_USER = "PROXY:nina:Secret-2"         # for NTLM


def find(program):
    path = shutil.which(program, path=PATH)
    if not path:
        raise unittest.SkipTest(f"needs {program}")
    return path


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Proxy:
    def __init__(self, command, config, files=()):
        self.port, self.folder = free_port(), tempfile.mkdtemp(prefix="proxy-")
        os.chmod(self.folder, 0o755)        # as root they change to a user of their own
        for name, text in (("conf", config), *files):
            self.write(name, text)
        self.process = subprocess.Popen(
            [find(command[0]), *(a.format(d=self.folder) for a in command[1:])],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        if drivers.listens(self.process, self.port):
            return
        self.stop()
        raise AssertionError(f"{command[0]} did not start")

    def write(self, name, text):
        with open(f"{self.folder}/{name}", "w", encoding="utf-8") as f:
            f.write(text.format(port=self.port, d=self.folder))

    def stop(self):
        if self.process.poll() is None:     # its helpers are in the same group
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def tinyproxy(*more):
    return Proxy(["tinyproxy", "-d", "-c", "{d}/conf"], "Port {port}\nListen 127.0.0.1\n"
                 "Timeout 30\nAllow 127.0.0.1\nLogLevel Critical\n" + "\n".join(more))


SQUID = """http_port 127.0.0.1:{port}
pid_filename none
access_log none
cache_log /dev/null
cache deny all
coredump_dir /
icp_port 0
pinger_enable off
shutdown_lifetime 0 seconds
%s
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
"""
HELPERS = "/usr/lib/squid"


def squid(auth, *files):
    if not os.path.isdir(HELPERS):
        raise unittest.SkipTest("needs squid")
    user = ""
    if os.getuid() == 0:
        try:
            user = f"\ncache_effective_user {pwd.getpwnam('proxy').pw_name}"
        except KeyError:
            pass
    return Proxy(["squid", "-N", "-f", "{d}/conf"], SQUID % (auth + user), files)


def squid_basic():
    crypt = subprocess.run(["openssl", "passwd", "-apr1", "-stdin"], input=PASSWORD.encode(),
                           capture_output=True, check=True).stdout.decode().strip()
    return squid(f"auth_param basic program {HELPERS}/basic_ncsa_auth {{d}}/users\n"
                 "auth_param basic children 1", ("users", f"{USER}:{crypt}\n"))


def squid_digest():
    # the helper's file has no way to write a colon
    return squid(f"auth_param digest program {HELPERS}/digest_file_auth {{d}}/users\n"
                 "auth_param digest realm a proxy\nauth_param digest children 1\n"
                 "auth_param digest nonce_max_count 3",
                 ("users", f"{USER}:{PASSWORD.replace(':', '')}\n"))


def squid_ntlm(basic=False):
    more = (f"\nauth_param basic program {HELPERS}/basic_ncsa_auth {{d}}/users\n"
            "auth_param basic children 1" if basic else "")
    return squid(f"auth_param ntlm program /usr/bin/python3 {{d}}/helper {{d}}/users\n"
                 "auth_param ntlm children 2 startup=1\nauth_param ntlm keep_alive on" + more,
                 ("users", DOMAIN_USER + "\n"), ("helper", NTLM_HELPER))


def serve_each(listener, serve):
    """Each connection in a thread of its own, until the listener is shut down."""
    def run():
        while True:
            try:
                conn, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(conn,), daemon=True).start()
    threading.Thread(target=run, daemon=True).start()


class Forwarder:
    """A fake proxy that takes every host for this machine, and keeps what it was asked for."""
    def __init__(self):
        self.listener, self.asked = socket.create_server(("127.0.0.1", 0), backlog=128), []
        self.port = self.listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        serve_each(self.listener, self.serve)

    def serve(self, client):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += client.recv(1) or b"\r\n\r\n"
        self.asked.append(head.decode())
        port = int(head.split(b" ")[1].rpartition(b":")[2])
        server = socket.create_connection(("127.0.0.1", port))
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        threading.Thread(target=self.copy, args=(server, client), daemon=True).start()
        self.copy(client, server)

    def copy(self, source, to):
        try:
            while data := source.recv(65536):
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


# squid's helper protocol around gss-ntlmssp: YR and KK with a token, answered by TT, AF or NA
NTLM_HELPER = '''
import base64
import os
import sys
os.environ["NTLM_USER_FILE"] = sys.argv[1]
import gssapi
mech = gssapi.OID.from_int_seq("1.3.6.1.4.1.311.2.2.10")
context = None
for line in sys.stdin:
    kind, _, token = line.strip().partition(" ")
    try:
        if kind == "YR":
            context = gssapi.SecurityContext(
                creds=gssapi.Credentials(usage="accept", mechs=[mech]), usage="accept")
        reply = context.step(base64.b64decode(token))
        if context.complete:
            print("AF", bytes(context.initiator_name).rstrip(b"\\0").decode(), flush=True)
        else:
            print("TT", base64.b64encode(reply).decode(), flush=True)
    except Exception as e:
        print("NA", " ".join(str(e).split()) or "no", flush=True)
'''

"""-VMId and -VMName: a guest's vsock, of which CID 1 (this machine itself, where the kernel has
vsock_loopback) serves as one; finding guests, with stand-ins for virsh, qemu and ssh. Where the
kernel has it not, tests/vm_guest.sh runs this file in a virtual machine."""
import contextlib
import os
import re
import shutil
import socket
import subprocess
import threading
import unittest

import keeper_lib
from lib import (ENV, KIND, NET, OK, PSSESSION, USAGE, load_tests, only_plain,       # noqa: F401
                 representative, wait_for)
from sessions_lib import HEAD, row
from stdio_lib import AT_PROMPT, ENDPOINT, ENGINES, Case

UUID = "5e0fb1a8-2c5d-4f8b-9f0e-0123456789ab"
LOCAL, PSRP_PORT, SSH_PORT = 1, 5986, 22


def has_loopback():
    with contextlib.suppress(OSError), socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM) as s:
        s.bind((LOCAL, socket.VMADDR_PORT_ANY))
        return True
    return False


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class Loopback(keeper_lib.Case):
    """A listener on vsock for PowerShell itself, and one for a real sshd."""
    @classmethod
    def setUpClass(cls):
        if not has_loopback():
            raise unittest.SkipTest("no vsock_loopback here")
        cls.listeners = []
        for port, answer in ((PSRP_PORT, cls.powershell), (SSH_PORT, cls.to_sshd)):
            s = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
            s.bind((LOCAL, port))
            s.listen()
            cls.listeners.append(s)
            threading.Thread(target=cls.serve, args=(s, answer), daemon=True).start()
        cls.sshd = None
        if shutil.which("sshd", path=ENV["PATH"] + ":/usr/sbin"):
            cls.sshd = subprocess.Popen([os.path.join(ENDPOINT, "sshd"), "--engine", ENGINES[-1]],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            cls.addClassCleanup(cls.sshd.communicate)
            said = dict(cls.sshd.stdout.readline().split() for _ in range(3))
            cls.port, cls.bin, cls.user = int(said["port"]), said["bin"], said["user"]

    @classmethod
    def tearDownClass(cls):
        for s in cls.listeners:
            s.close()

    @classmethod
    def serve(cls, listener, answer):
        while True:
            try:
                answer(listener.accept()[0])
            except OSError:
                return

    @classmethod
    def powershell(cls, conn):
        with conn:
            threading.Thread(target=subprocess.Popen(
                [os.path.join(ENDPOINT, "stdio-server"), "--engine", ENGINES[-1]],
                stdin=conn.fileno(), stdout=conn.fileno()).wait, daemon=True).start()

    @classmethod
    def to_sshd(cls, conn):
        inner = socket.create_connection(("127.0.0.1", cls.port))
        for pair in (conn, inner), (inner, conn):
            threading.Thread(target=pump, args=pair, daemon=True).start()

    def invoke_vm(self, script, *args, **kw):
        return self.run_client("invoke-command", "-VMId", LOCAL, "-ScriptBlock", script, *args,
                               **kw)

    def test_powershell_on_a_port(self):
        self.check(self.invoke_vm("echo hello; exit 3", "-Port", PSRP_PORT), 3, "hello\n")

    def test_much_in_both_directions(self):
        lines = b"".join(b"%0999d\n" % i for i in range(1000))
        script = "$input" if ENGINES[-1] == "pwsh" else "cat"
        c = self.invoke_vm(script, "-Port", PSRP_PORT, "-InputObject", "-", stdin=lines, seconds=60)
        self.check(c, OK, lines.decode())

    def test_a_session_and_ctrl_c(self):
        s = self.screen("enter-pssession", "-VMId", LOCAL, "-Port", PSRP_PORT)
        s.wait(AT_PROMPT)
        s.type("echo on; sleep 60\n")
        s.wait("60\r\non\r\n")
        s.type("\x03")
        self.assertIn("The pipeline has been stopped.", s.wait(AT_PROMPT))
        s.type("exit 4\n")
        self.assertEqual(s.finish().code, 4)

    def test_a_session_that_stays(self):
        c = self.new("-VMId", LOCAL, "-Port", PSRP_PORT)
        self.assertEqual(c.out, HEAD + row(1, "Session1", computer="1",
                                           configuration="DefaultShell"))
        self.check(self.run_client("invoke-command", "1", "echo hello"), OK, "hello\n")

    def test_through_the_sshd_of_the_guest(self):
        if not self.sshd:
            self.skipTest("needs openssh-server")
        for client in "ssh", "dbclient":
            if not os.path.exists(os.path.join(self.bin, client)):
                continue
            ENV["PSSESSION_SSH"] = os.path.join(self.bin, client)
            if client == "dbclient":            # which knows the host by this name only
                known = os.path.join(os.path.dirname(self.bin), ".ssh", "known_hosts")
                with open(known) as f:
                    key = f.read().split(None, 1)[1]
                with open(known, "a") as f:
                    f.write("vsock-1 " + key)
            self.check(self.invoke_vm("echo hello; exit 3", "-Credential", self.user), 3, "hello\n")

    def test_nobody_listens(self):
        self.one_line(self.invoke_vm("1", "-Port", 4), NET, r"vsock port 4 of CID 1: .*sshd must "
                      "listen there", "1")


@only_plain
class Guest(Case):
    def test_all_in_a_virtual_machine(self):
        """Loopback, by this machine's programs on Debian's kernel."""
        if has_loopback() or "VM_GUEST" not in os.environ:
            self.skipTest("VM_GUEST=1 runs it, if the machine is idle: emulation is slow")
        script = os.path.join(os.path.dirname(ENDPOINT), "vm_guest.sh")
        ran = subprocess.run([script, PSSESSION], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, check=False, timeout=280)
        print(re.sub("^(?!$)", "# guest: ", ran.stdout, flags=re.M), end="")
        if ran.stdout.startswith("skip"):
            self.skipTest(ran.stdout.strip())
        self.assertEqual(ran.returncode, 0)
        self.assertIn("ok Loopback.test_powershell_on_a_port", ran.stdout)


class Found(Case):
    """No guest at all: what ssh would be told."""
    def setUp(self):
        if KIND == "emulated":
            self.skipTest("ssh is told the path of the binary, without its emulator")
        super().setUp()
        self.addCleanup(ENV.__setitem__, "PATH", ENV["PATH"])
        ENV["PATH"] = self.dir + ":" + ENV["PATH"]
        ENV["PSSESSION_SSH"] = self.script("ssh", f'printf "%s|" "$@" >{self.dir}/argv; exit 255')

    def argv(self, *args, program=None):
        path = os.path.join(self.dir, "argv")
        if os.path.exists(path):
            os.unlink(path)
        c = self.run_client("invoke-command", *args, "-ScriptBlock", "1")
        if not os.path.exists(path):
            return c
        with open(path) as f:
            return f.read().rstrip("|")

    def qemu(self, *args):
        """A process that calls itself so."""
        p = subprocess.Popen(
            ["qemu-system-x86_64", "-c", "read x; :", *args], executable="/bin/sh",
            stdin=subprocess.PIPE)
        self.addCleanup(p.wait)
        self.addCleanup(p.stdin.close)
        self.assertTrue(wait_for(lambda: "-name" in open(f"/proc/{p.pid}/cmdline").read()))

    def proxy(self, cid):
        return f"ProxyCommand='{os.path.realpath(PSSESSION)}' vsock {cid} 22"

    def test_by_cid(self):
        self.assertEqual(self.argv("-VMId", "7"),
                         f"-T|-o|{self.proxy(7)}|-s|--|vsock-7|powershell")

    def test_by_the_command_line_of_qemu(self):
        self.qemu("-name", "guest=pssession-web,debug-threads=on", "-uuid", UUID, "-device",
                  '{"driver":"vhost-vsock-pci","id":"vsock0","guest-cid":4711}')
        for args in ("-VMName", "pssession-web"), ("-VMId", UUID), ("-VMGuid", "{" + UUID + "}"):
            got = self.argv(*args, "-Credential", r"CORP\bob", "-ConfigurationName", "x")
            self.assertEqual(got, f"-T|-o|{self.proxy(4711)}|-l|bob@CORP|-s|--|vsock-4711|x")

    def test_by_virsh(self):
        self.script("virsh", f'[ "$*" = "dumpxml --domain web" ] && echo "<domain><vsock model='
                             "'virtio'><cid auto='yes' address='12'/></vsock></domain>\"")
        self.assertIn("|vsock-12|", self.argv("-VMName", "web"))
        self.one_line(self.argv("-VMName", "other"), NET, "no such virtual machine", "other")

    def test_one_without_vsock(self):
        self.qemu("-name", "pssession-novsock")
        self.one_line(self.argv("-VMName", "pssession-novsock"), NET,
                      "vhost-vsock-pci,guest-cid=N", "pssession-novsock")

    def test_dbclient(self):
        ENV["PSSESSION_SSH"] = self.script("dbclient",
                                           f'printf "%s|" "$@" >{self.dir}/argv; exit 255')
        self.assertEqual(self.argv("-VMId", "7"),
                         f"-T|-J|{self.proxy(7)[13:]}|-s|vsock-7|powershell")

    def test_a_path_with_odd_characters(self):
        path = os.path.join(self.dir, "it's %h \"$x\"")
        shutil.copy(PSSESSION, path)
        ENV["PSSESSION_SSH"] = self.script(
            "ssh", f'for a; do case $a in ProxyCommand=*) break; esac; done; a=$(printf %s '
            f'"${{a#*=}}" | sed s/%%/%/g); sh -c "exec ${{a%vsock*}}--version" >{self.dir}/argv')
        subprocess.run([path, "invoke-command", "-VMId", "7", "-ScriptBlock", "1"], env=ENV,
                       stderr=subprocess.DEVNULL, check=False)
        with open(os.path.join(self.dir, "argv")) as f:
            self.assertRegex(f.read(), r"\Apssession [\d.]+")

    def test_what_is_no_machine(self):
        for name in "-x", "--all":
            self.check(self.argv("-VMName:" + name), USAGE, "", re.compile("is no virtual machine"))

    @representative
    def test_the_relay(self):
        for args in ((), ("1",), ("x", "1"), ("1", "99999999999")):
            c = self.run_client("vsock", *args)
            self.check(c, USAGE, "", re.compile("pssession vsock CID PORT"))

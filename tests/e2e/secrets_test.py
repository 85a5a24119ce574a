"""Where a password is while a session runs, by every scheme: in its slot, whose pages are locked
and in no core dump, and nowhere else; not in arguments, variables, output, or what a crash leaves.
"""
import base64
import os
import re
import resource
import signal
import subprocess
import tempfile
import unittest

import krb5_realm
import proxies
import tls_certs
from lib import (HOST, PSSESSION, SIGINT, Case, load_tests, needs_gss,  # noqa: F401
                 needs_root, only_plain, representative, wait_for)

PASSWORD = "Kept-nowhere-€-𝄞"
FORMS = [PASSWORD.encode(), PASSWORD.encode("utf-16-le")]


def setUpModule():
    global CERTS, FOLDER
    FOLDER = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(FOLDER.cleanup)
    CERTS = tls_certs.Authority(FOLDER.name)
    CERTS.make("root", subject="/O=Test/CN=Root", ext=tls_certs.CA_EXT)
    CERTS.make("good", "root", ext=tls_certs.LEAF_EXT + tls_certs.SAN + "IP:127.0.0.1")


def mappings(pid):
    """(start, end, permissions, flags) of all that the process has mapped."""
    with open(f"/proc/{pid}/smaps") as f:
        text = f.read()
    for m in re.finditer(r"^(\w+)-(\w+) (\S+) .*?^VmFlags: ([^\n]*)$", text, re.M | re.S):
        yield int(m[1], 16), int(m[2], 16), m[3], m[4].split()


def places(pid, needles):
    """[(needle, flags of the mapping that has it)]"""
    found = []
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for start, end, mode, flags in mappings(pid):
            if not mode.startswith("r") or end - start > 1 << 28:
                continue
            try:
                memory.seek(start)
                data = memory.read(end - start)
            except (OSError, ValueError):           # [vvar] and its like
                continue
            found += [(n, flags) for n in needles if n in data]
    return found


class Sessions(Case):
    def endpoint(self, *options, **kw):
        return self.serve(*options, accounts=f"WORKGROUP:demo:{PASSWORD}\n", **kw)

    def to(self, e, scheme):
        return "-ComputerName", HOST, "-Port", e.port, "-Authentication", scheme

    def ready(self, *where, user="demo", env=None):
        """A session, open until over(), for which the password came from a file."""
        fd, name = tempfile.mkstemp(dir=FOLDER.name)
        os.write(fd, PASSWORD.encode() + b"\n")
        os.close(fd)
        c = self.start("invoke-command", *where, "-Credential", user, "-PasswordFile", name,
                       "echo ready; sleep 60", env=env)
        self.assertTrue(wait_for(lambda: c.out == "ready\n"), c.err)
        return c

    def over(self, c):
        c.signal(SIGINT)
        self.assertEqual(c.finish().code, 130)
        self.assertNotIn(PASSWORD, c.out + c.err)


@needs_gss
class Surroundings(Sessions):
    """What everybody sees of a process"""

    @representative
    def test_arguments_variables_and_output(self):
        names = "cmdline", "environ"
        for scheme in "NTLM", "Basic":
            e = self.endpoint("--allow-unencrypted", auth=scheme.lower())
            c = self.ready(*self.to(e, scheme), "-SessionOption", "NoEncryption")
            for name in names[:1] if os.getuid() else names:
                with open(f"/proc/{c.pid}/{name}", "rb") as f:
                    text = f.read()
                self.assertIn(b"invoke-command" if name == "cmdline" else b"LC_ALL=", text)
                for secret in FORMS:
                    self.assertNotIn(secret, text)
            self.over(c)


@needs_gss
@only_plain
@needs_root
class Memory(Sessions):
    """Of the binary as shipped, which may be looked at by root alone."""

    def look(self, *where, user="demo", env=None, more=()):
        """While a session runs that was opened with the password from a file: it is in one
        place, which is locked and left out of dumps."""
        c = self.ready(*where, user=user, env=env)
        found = places(c.pid, FORMS + list(more))
        self.assertEqual([n for n, flags in found if not {"dd", "lo"} <= set(flags)], [])
        self.assertEqual([n for n, _ in found], FORMS[:1])
        self.over(c)

    def tls(self, e, scheme):
        return *self.to(e, scheme), "-UseSSL", "-CACertificate", CERTS.path("root.crt")

    def serve_tls(self, auth):
        return self.endpoint("--tls", CERTS.path("good.pem"), CERTS.path("good.key"), auth=auth)

    def test_a_place_is_found(self):
        """The search itself, in a process that hides nothing"""
        child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                 env={"SECRET": PASSWORD})
        self.addCleanup(child.communicate)
        self.assertTrue(wait_for(lambda: places(child.pid, FORMS)))
        self.assertTrue(all("dd" not in flags for _, flags in places(child.pid, FORMS)))

    def test_memory_ntlm(self):
        self.look(*self.to(self.endpoint(auth="ntlm"), "NTLM"))

    def test_memory_negotiate(self):
        self.look(*self.to(self.endpoint(auth="negotiate"), "Negotiate"))

    def test_memory_basic(self):
        """It goes with each request, in base64, inside TLS."""
        self.look(*self.tls(self.serve_tls("basic"), "Basic"),
                  more=[base64.b64encode(f"demo:{PASSWORD}".encode())[:-4]])

    def test_memory_digest(self):
        self.look(*self.tls(self.serve_tls("digest-sha256"), "Digest"))

    def test_memory_credssp(self):
        e = self.endpoint("--credssp", CERTS.path("good.pem"), CERTS.path("good.key"),
                          auth="credssp")
        self.look(*self.to(e, "Credssp"))

    def test_memory_kerberos(self):
        world = krb5_realm.World()
        self.addCleanup(world.close)
        world.alpha.admin([f"addprinc +requires_preauth -pw {PASSWORD} quiet"])
        way = proxies.Forwarder()
        self.addCleanup(way.stop)
        os.environ.update(KRB5_CONFIG=world.conf, KRB5RCACHENAME="none:")
        e = self.endpoint("--keytab", world.keytab, auth="kerberos")
        self.look("-ComputerName", "web.alpha.test", "-Port", e.port, "-Authentication", "Kerberos",
                  "-SessionOption", "Proxy=http://" + way.address, user="quiet",
                  env={"KRB5_CONFIG": world.conf, "KRB5CCNAME": "FILE:/nonexistent"})

    def test_a_session_at_the_terminal(self):
        """The same with the password typed"""
        e = self.endpoint(auth="negotiate")
        s = self.screen("enter-pssession", HOST, "-Port", e.port, "-Credential", "demo")
        s.wait("Password for user demo: $")
        s.type(PASSWORD + "\r")
        s.wait(r"\]: ")
        found = places(s.pid, FORMS)
        self.assertEqual([n for n, _ in found], FORMS[:1])
        self.assertLessEqual({"dd", "lo"}, set(found[0][1]))
        self.assertNotIn(PASSWORD, s.text)
        s.type("exit\r")
        self.assertEqual(s.finish().code, 0)


@only_plain
class Dumps(Case):
    def ended_by_a_crash(self, command):
        """Whether it left a core file in its folder"""
        with tempfile.TemporaryDirectory() as folder:
            child = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, preexec_fn=lambda: resource.setrlimit(
                    resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)))
            self.addCleanup(child.stdin.close)
            self.addCleanup(child.stdout.close)
            try:
                child.stdin.write(b"x")
                child.stdin.flush()
                if command[0] == PSSESSION:         # by now it has hardened itself
                    wait_for(lambda: self.shares_nothing(child.pid))
                os.kill(child.pid, signal.SIGSEGV)
            finally:
                self.assertEqual(child.wait(10), -signal.SIGSEGV)
            return bool(os.listdir(folder))

    def shares_nothing(self, pid):
        with open(f"/proc/{pid}/limits") as f:
            return re.search(r"Max core file size +0 +0 ", f.read())

    def test_no_core_is_left(self):
        with open("/proc/sys/kernel/core_pattern") as f:
            pattern = f.read().strip()
        if "/" in pattern or pattern.startswith("|") or not self.ended_by_a_crash(["cat"]):
            self.skipTest("nobody leaves a core here: " + pattern)
        self.assertFalse(self.ended_by_a_crash([
            PSSESSION, "invoke-command", HOST, "a", "-Credential", "demo", "-PasswordFile", "-"]))

    def test_others_of_the_same_user_do_not_see_into_it(self):
        """What is not dumpable belongs to root in /proc, whoever runs it."""
        nobody = {} if os.getuid() else {"user": 65534, "group": 65534, "extra_groups": []}
        try:
            child = subprocess.Popen([PSSESSION, "invoke-command", HOST, "a", "-Credential",
                                      "demo", "-PasswordFile", "-"], stdin=subprocess.PIPE,
                                     stderr=subprocess.PIPE, **nobody)
        except PermissionError:
            self.skipTest("the binary lies in a folder that is not for everybody")
        self.addCleanup(child.communicate)
        self.assertTrue(wait_for(lambda: os.stat(f"/proc/{child.pid}/mem").st_uid == 0))

"""MIT Kerberos for tests: two realms that trust each other, each with its own krb5kdc on loopback,
all files in one folder that goes away. Nothing of the machine's own configuration is read."""
import contextlib
import glob
import os
import shutil
import socket
import subprocess
import tempfile
import unittest

import drivers

PROGRAMS = {"krb5kdc": "krb5-kdc", "kdb5_util": "krb5-kdc", "kadmin.local": "krb5-admin-server",
            "kinit": "krb5-user"}
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
ALPHA, BETA = "ALPHA.TEST", "BETA.TEST"
ENCTYPES = {17: "aes128-cts-hmac-sha1-96", 18: "aes256-cts-hmac-sha1-96",
            19: "aes128-cts-hmac-sha256-128", 20: "aes256-cts-hmac-sha384-192",
            23: "arcfour-hmac"}
PASSWORD = "Passw0rd-1"
TRUST = "both sides of the trust know this"


def find(program):
    path = shutil.which(program, path=PATH)
    if not path:
        raise unittest.SkipTest("no %s: Debian's package %s has it"
                                % (program, PROGRAMS.get(program, program)))
    return path


def at(offset):
    """The start of a command that shall live at another time: "+2h", "-3d". (The program faketime
    stays in front of its child, which nobody would end then, and fails where somebody with the same
    pid was killed before.)"""
    library = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    if not library:
        raise unittest.SkipTest("needs faketime")
    return ["env", "LD_PRELOAD=" + library[0], "FAKETIME=" + offset,
            "FAKETIME_DONT_FAKE_MONOTONIC=1"]


def free_port():
    """A port of 127.0.0.1 that is free for UDP and TCP."""
    while True:
        with socket.socket() as t, socket.socket(type=socket.SOCK_DGRAM) as u:
            t.bind(("127.0.0.1", 0))
            try:
                u.bind(t.getsockname())
            except OSError:
                continue
            return t.getsockname()[1]


class Kdc:
    """One realm. more: further lines of its part of kdc.conf."""

    def __init__(self, folder, realm, conf, udp=True, defaults="", faketime=None):
        self.realm, self.port, self.process = realm, free_port(), None
        self.udp, self.faketime = udp, faketime
        self.folder = os.path.join(folder, realm)
        os.mkdir(self.folder)
        self.env = {"PATH": PATH, "KRB5_CONFIG": conf, "LC_ALL": "C.UTF-8",
                    "KRB5_KDC_PROFILE": self.folder + "/kdc.conf"}
        self.kinds = " ".join(e + ":normal" for e in ENCTYPES.values())
        with open(self.folder + "/kdc.conf", "w") as f:
            f.write("""[kdcdefaults]
    kdc_listen = %(udp)s
    kdc_tcp_listen = 127.0.0.1:%(port)d
    %(defaults)s
[realms]
    %(realm)s = {
        database_name = %(folder)s/db
        key_stash_file = %(folder)s/stash
        acl_file = %(folder)s/acl
        max_life = 10h
        supported_enctypes = %(kinds)s
        host_based_services = *
    }
[logging]
    kdc = FILE:%(folder)s/log
""" % {"udp": "127.0.0.1:%d" % self.port if udp else '""', "port": self.port, "realm": realm,
                "folder": self.folder, "kinds": self.kinds, "defaults": defaults})

    def create(self, commands):
        """The database, and in it what commands of kadmin make."""
        subprocess.run([find("kdb5_util"), "-r", self.realm, "create", "-s", "-P", "master"],
                       env=self.env, check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        self.admin(commands)

    def admin(self, commands):
        done = subprocess.run([find("kadmin.local"), "-r", self.realm], env=self.env, text=True,
                              input="\n".join(commands) + "\n", stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        failed = [line for line in done.stdout.splitlines()
                  if ": " in line and " while " in line]
        if done.returncode or failed:
            raise AssertionError("kadmin.local: %s" % (failed or done.stdout))
        return done.stdout

    def start(self):
        command = [find("krb5kdc"), "-n", "-r", self.realm, "-P", self.folder + "/pid"]
        if self.faketime:
            command = at(self.faketime) + command
        with open(self.folder + "/out", "w") as out:
            self.process = subprocess.Popen(command, env=self.env, stdout=out, stderr=out,
                                            stdin=subprocess.DEVNULL, start_new_session=True)
        if drivers.listens(self.process, self.port):
            return
        raise AssertionError("krb5kdc did not start: %s" % self.log())

    def log(self):
        text = ""
        for name in ("out", "log"):
            try:
                with open(os.path.join(self.folder, name)) as f:
                    text += f.read()
            except OSError:
                pass
        return text

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(60)
            for name in "faketime_shm_%d", "sem.faketime_sem_%d":
                with contextlib.suppress(OSError):
                    os.unlink("/dev/shm/" + name % self.process.pid)
            self.process = None


class World:
    """Both realms and the client's krb5.conf, running until close(). In ALPHA.TEST: users alice
    (pre-authenticated), easy (not), salty (a salt of her own), e17 … e23 (one enctype each),
    expired, locked, gone; services HTTP/web.alpha.test and HTTP/e17.alpha.test …, with their keys
    in `keytab`; alice's in `alice_keytab`. In BETA.TEST: carol, HTTP/web.beta.test."""

    def __init__(self, **alpha):
        for program in PROGRAMS:
            find(program)
        self.folder = tempfile.mkdtemp(prefix="krb5-")
        self.conf = self.folder + "/krb5.conf"
        self.keytab = self.folder + "/http.keytab"
        self.alice_keytab = self.folder + "/alice.keytab"
        self.alpha = Kdc(self.folder, ALPHA, self.conf, **alpha)
        self.beta_conf = self.folder + "/beta.conf"
        self.beta = Kdc(self.folder, BETA, self.beta_conf)
        self.env = dict(self.alpha.env, KRB5CCNAME="FILE:%s/cc" % self.folder)
        try:
            self.write_conf()
            self.fill()
            self.alpha.start()
            self.beta.start()
        except BaseException:
            self.close()
            raise

    def write_conf(self):
        """What clients and ALPHA.TEST's KDC read, and what BETA.TEST's does: each of the two refers
        loop.test to the other."""
        for path, loop in (self.conf, BETA), (self.beta_conf, ALPHA):
            with open(path, "w") as f:
                f.write(self.conf_text(loop))

    def conf_text(self, loop):
        return """# for tests
[libdefaults]
    default_realm = %(a)s
    dns_lookup_kdc = false
    dns_lookup_realm = false
    dns_canonicalize_hostname = false
    rdns = false
    allow_weak_crypto = true
    allow_rc4 = true
    permitted_enctypes = %(kinds)s
[realms]
    %(a)s = {
        kdc = 127.0.0.1:%(ap)d
    }
    %(b)s = {
        kdc = 127.0.0.1:%(bp)d
    }
[domain_realm]
    .alpha.test = %(a)s
    .beta.test = %(b)s
    .loop.test = %(loop)s
""" % {"a": ALPHA, "b": BETA, "ap": self.alpha.port, "bp": self.beta.port, "loop": loop,
            "kinds": " ".join(ENCTYPES.values())}

    def fill(self):
        trust = ["addprinc -pw \"%s\" krbtgt/%s@%s" % (TRUST, to, of)
                 for to, of in ((ALPHA, BETA), (BETA, ALPHA))]
        user = "addprinc +requires_preauth -pw %s " % PASSWORD
        both = [user + "-e %s:normal e%d" % (e, n) for n, e in ENCTYPES.items()]
        both += ["addprinc -randkey -e %s:normal HTTP/e%d.alpha.test" % (e, n)
                 for n, e in ENCTYPES.items()]
        both += ["setstr HTTP/e%d.alpha.test session_enctypes %s" % (n, e)
                 for n, e in ENCTYPES.items()]
        self.alpha.create(trust + both + [
            user + "alice", "addprinc -pw %s easy" % PASSWORD,
            user + "-e aes256-cts:special salty",
            user + "-pwexpire 2001-01-01 expired", user + "-allow_tix locked",
            user + "-expire 2001-01-01 gone",
            "addprinc -randkey HTTP/web.alpha.test",
            "ktadd -q -norandkey -k %s HTTP/web.alpha.test" % self.keytab,
            "ktadd -q -norandkey -k %s alice" % self.alice_keytab] + [
            "ktadd -q -norandkey -k %s HTTP/e%d.alpha.test" % (self.keytab, n) for n in ENCTYPES])
        self.beta.create(trust + [
            user + "carol", "addprinc -randkey HTTP/web.beta.test",
            "ktadd -q -norandkey -k %s HTTP/web.beta.test" % self.keytab])

    def kinit(self, user, password=PASSWORD, ccache=None, *options):
        env = dict(self.env, **({"KRB5CCNAME": ccache} if ccache else {}))
        subprocess.run([find("kinit"), *options, user], env=env, input=password + "\n", text=True,
                       check=True, stdout=subprocess.DEVNULL)

    def close(self):
        self.alpha.stop()
        self.beta.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


if __name__ == "__main__":
    world = World()
    try:
        print("KRB5_CONFIG=%s" % world.conf, flush=True)
        input()
    finally:
        world.close()

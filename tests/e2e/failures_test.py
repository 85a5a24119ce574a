"""What goes wrong: one line on stderr that names the host, the cause and the way out; the right
exit code; no long wait; no shell left on the server."""
import os
import re
import select
import socket
import struct
import threading
import time

from lib import (HOST, LOGIN, NET, PATIENCE, PEER, REMOTE, SIGINT, SIGTERM, USAGE,      # noqa: F401
                 Case, load_tests, needs_gss, needs_pwsh, representative, wait_for)

# fault: exit code and what the line says
FAULTS = {
    "html": (PEER, "web page .*check -Port and -ApplicationName"),
    "not-found": (PEER, "404.*check -Port and -ApplicationName"),
    "empty": (PEER, "empty reply.*is it WinRM that listens there"),
    "empty-200": (PEER, "empty answer.*is it WinRM that listens there"),
    "garbage": (PEER, "no HTTP answer.*is it WinRM that listens there"),
    "endless-headers": (PEER, "endless headers.*is it WinRM that listens there"),
    "endless-body": (PEER, "larger answer than is accepted"),
    "truncate": (PEER, "truncated answer"),
    "bad-seal": (PEER, "cannot be trusted.*signature.*proxy"),
    "plain-reply": (PEER, "in clear, which cannot be trusted.*proxy"),
    "replay-seal": (PEER, "cannot be trusted.*signature.*proxy"),
    "bad-xml": (PEER, "malformed .*byte"),
    "wrong-relatesto": (PEER, "another request .*proxy"),
    "401-loop": (LOGIN, "denied: the user name or password is incorrect"),
    "no-auth-offer": (LOGIN, "offers no way to log in"),
    "access-denied": (LOGIN, "Access is denied.*Remote Management Users"),
    "quota": (REMOTE, "concurrent shells.*(MaxShellsPerUser|sessions)"),
    "too-large": (REMOTE, "larger than.*Raise MaxEnvelopeSizekb there; it must be 500 at least"),
    "timed-out": (NET, "OperationTimeout.*try again"),
    "drop@Create": (NET, "lost.*Connection reset"),
    "drop@Receive": (NET, "lost.*Connection reset"),
    "drop@Command": (NET, "Starting a command.*lost.*Connection reset"),
    "drop@Send": (NET, "Sending data.*lost.*Connection reset"),
    "truncate@Create": (PEER, "truncated answer"),
    "truncate@Receive": (PEER, "truncated answer"),
    "empty@Command": (None, "(closed|lost|empty)"),
    "html@Command": (PEER, "web page"),
    "bad-seal@Receive": (PEER, "signature"),
    "bad-xml@Receive": (PEER, "malformed"),
    "plain-reply@Command": (PEER, "in clear"),
    "replay-seal@Receive": (PEER, "signature"),
    "wrong-relatesto@Receive": (PEER, "another request"),
    "access-denied@Command": (LOGIN, "Access is denied"),
    "quota@Command": (REMOTE, "exceeded"),
    "too-large@Command": (REMOTE, "MaxEnvelopeSizekb"),
    "shell-gone@Command": (REMOTE, "no longer on the server"),
    "shell-gone@Receive": (REMOTE, "no longer on the server"),
    "endless-body@Receive": (PEER, "larger answer than is accepted"),
    "endless-headers@Command": (PEER, "endless headers"),
    "garbage@Receive": (PEER, "no HTTP answer"),
}
# the script has run by then, and its output came: nothing is said
UNIMPORTANT = ("drop@Signal", "drop@Delete", "empty@Delete", "bad-xml@Signal", "bad-seal@Delete",
               "wrong-relatesto@Signal", "timed-out@Signal", "html@Delete", "silent@Delete")


@needs_gss
class Server(Case):
    """A server that misbehaves"""

    def test_faults(self):
        for fault, (code, words) in FAULTS.items():
            with self.subTest(fault):
                e = self.serve("--fault", fault)
                c = self.invoke(e, "cat", "-InputObject", "-", stdin=b"a\n")
                self.one_line(c, code, words, seconds=PATIENCE / 2)
                self.assertEqual(c.out, "")
                self.assertEqual(e.end(), [], "shells left open")

    @representative
    def test_some_faults(self):
        for fault in ("garbage", "bad-seal", "bad-xml@Receive", "drop@Command", "endless-headers"):
            with self.subTest(fault):
                e = self.serve("--fault", fault)
                self.one_line(self.invoke(e, "echo a"), *FAULTS[fault])
                e.end()

    def test_faults_in_a_session(self):
        for fault in ("drop@Command", "bad-xml@Receive", "shell-gone@Command", "html@Receive"):
            with self.subTest(fault):
                e = self.serve("--fault", fault)
                c = self.enter(e, "echo a\necho b\n")
                self.one_line(c, *FAULTS.get(fault, (PEER, "web page")))
                e.end()

    def test_faults_after_the_work(self):
        for fault in UNIMPORTANT:
            with self.subTest(fault):
                e = self.serve("--fault", fault)
                self.check(self.invoke(e, "echo hello"), 0, "hello\n")
                e.end()

    def test_a_shell_that_is_gone_already(self):
        e = self.serve("--fault", "shell-gone@Delete")
        self.check(self.invoke(e, "echo hello"), 0, "hello\n")
        self.assertEqual(e.actions()[-1], "Delete")
        self.assertEqual(len(e.left_open()), 1)        # the endpoint only says that it is gone

    def test_slow_is_only_slow(self):
        self.check(self.invoke(self.serve("--fault", "slow"), "echo hello"), 0, "hello\n")

    def test_the_number_of_shells(self):
        e = self.serve("--max-shells", "1")
        c = self.start("invoke-command", *e.to(), "echo early; sleep 60")
        self.assertTrue(wait_for(lambda: c.out))
        self.one_line(self.invoke(e, "echo a"), *FAULTS["quota"])
        c.signal(SIGINT)
        self.assertEqual(c.finish().code, 130)


@needs_gss
@needs_pwsh
class PowerShell(Case):
    engine = "pwsh"

    def test_its_process_ends(self):
        words = "process that ran the session has ended"
        e = self.serve()
        self.one_line(self.invoke(e, "[Environment]::Exit(4)"), REMOTE, words)
        self.one_line(self.enter(e, "'a'\nStop-Process -Id $PID -Force\n'b'\n"), REMOTE, words)


class Endless:
    """A server that goes on sending until its client has gone."""
    def __init__(self, first, more):
        self.first, self.more, self.sends = first, more, threading.Event()
        self.listener = socket.create_server((HOST, 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve)

    def serve(self):
        with self.listener.accept()[0] as peer:
            try:
                peer.recv(65536)
                peer.sendall(self.first)
                while True:
                    peer.sendall(self.more)
                    self.sends.set()
            except OSError:
                pass

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.thread.join()
        self.listener.close()


class Floods(Case):
    def test_what_never_ends_keeps_nobody_waiting(self):
        chunked = (b"HTTP/1.1 401 No\r\nWWW-Authenticate: Negotiate\r\n"
                   b"Transfer-Encoding: chunked\r\n\r\n")
        for first, endless, *args in ((b"", b"\x16\x03\x03\0\0", "-UseSSL"),    # empty records
                                      (b"", b"\x15\x03\x03\0\2\1\x5a", "-UseSSL"),   # warnings
                                      (chunked, b"1\r\na\r\n")):
            for signo in 0, SIGTERM:
                with self.subTest(endless, signo=signo), Endless(first, endless * 4096) as s:
                    c = self.start("invoke-command", HOST, "echo a", "-Port", s.port, "-Credential",
                                   "demo", "-PasswordFile", "-", *args, stdin=b"x\n",
                                   env={} if signo else {"PSSESSION_OPTION": "OpenTimeout=500"})
                    self.assertTrue(s.sends.wait(PATIENCE))
                    if signo:
                        c.signal(signo)
                        self.check(c.finish(), 128 + signo, "", "")
                    else:
                        self.one_line(c.finish(), NET, "within 1 seconds")


@needs_gss
class Silent(Case):
    """A server that says nothing: only the user's patience counts."""

    def waiting(self, *fault, program="invoke-command", **kw):
        e = self.serve("--fault", *fault)
        words = ("echo a",) if program == "invoke-command" else ()
        c = self.start(program, *e.to(), *words, stdin=b"echo a\n", **kw)
        return e, c

    @representative
    def test_ctrl_c_while_connecting(self):
        for program in ("invoke-command", "enter-pssession"):
            for fault in ("silent", "silent@Create", "silent@Receive"):
                with self.subTest(f"{program} {fault}"):
                    e, c = self.waiting(fault, program=program)
                    self.assertTrue(wait_for(lambda: e.log("connect")))
                    if "@" in fault:
                        self.assertTrue(wait_for(lambda: e.log("shell-open")))
                    time.sleep(0.1)
                    began = time.monotonic()
                    c.signal(SIGINT)
                    c.finish()
                    self.check(c, 130, "", "")
                    self.assertLess(time.monotonic() - began, PATIENCE / 2)
                    e.end()

    def test_sigterm_while_connecting(self):
        e, c = self.waiting("silent")
        self.assertTrue(wait_for(lambda: e.log("connect")))
        c.signal(SIGTERM)
        self.check(c.finish(), 128 + SIGTERM, "", "")

    def test_nothing_is_said_at_the_end(self):
        e, c = self.waiting("silent@Delete")
        self.check(c.finish(), 0, "a\n")


class Unreachable(Case):
    def to(self, host, port):
        return self.run_client("invoke-command", host, "echo a", "-Port", port, "-Credential",
                               "demo", "-PasswordFile", "-", stdin=b"secret\n")

    @representative
    def test_refused(self):
        with socket.socket() as s:
            s.bind((HOST, 0))
            port = s.getsockname()[1]
            self.one_line(self.to(HOST, port), NET, "port .* refused.*Enable-PSRemoting")
            self.one_line(self.to("127.9.9.9", port), NET, "refused", "127.9.9.9")
            self.one_line(self.to("::1", port), NET, "'::1'", "[::1]")

    def test_names(self):
        for name in ("nosuch.invalid", "999.1.1.1", "x" * 64 + ".invalid"):
            with self.subTest(name):
                self.one_line(self.to(name, 1), NET,
                              "cannot resolve.*check (the name|/etc/resolv.conf)", name[:60])

    def test_names_that_are_none(self):
        for name in ("http://server", "server:5985", "a b", "bob@server", "server/wsman"):
            with self.subTest(name):
                self.one_line(self.to(name, 1), USAGE, "(no|not a) computer name.*-Port", name)

    def test_a_network_that_cannot_be_reached(self):
        self.one_line(self.to("255.255.255.255", 1), NET, "255", "255.255.255.255")


class Strangers(Case):
    """Something else listens there, and says so."""
    HTML = (b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
            b"<html><center>The plain HTTP request was sent to HTTPS port</center></html>")

    def to(self, says, *args):
        """None: the connection is reset."""
        with socket.create_server((HOST, 0)) as s:
            c = self.start("invoke-command", HOST, "echo a", "-Port", s.getsockname()[1],
                           "-Credential", "demo", "-PasswordFile", "-", *args, stdin=b"secret\n")
            s.settimeout(PATIENCE)
            while c.child.poll() is None:
                if not select.select([s], [], [], 0.05)[0]:
                    continue
                with s.accept()[0] as peer:
                    peer.settimeout(PATIENCE)
                    peer.recv(65536)
                    if says is None:
                        linger = struct.pack("ii", 1, 0)
                        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    else:
                        peer.sendall(says)
            return c.finish()

    @representative
    def test_plain(self):
        for says, code, words in (
                (b"SSH-2.0-OpenSSH_9.2p1\r\n", PEER, "speaks SSH: use -HostName"),
                (b"\x15\x03\x01\x00\x02\x02\x46", PEER, "speaks TLS: add -UseSSL"),
                (self.HTML, PEER, "speaks TLS: add -UseSSL"),
                (b"", PEER, "empty reply.*is it WinRM that listens there, or does it want -UseSSL"),
                (b"220 mail ESMTP\r\n", PEER, "no HTTP answer.*is it WinRM that listens there")):
            with self.subTest(says):
                self.one_line(self.to(says), code, words)
        self.one_line(self.to(None), NET, r"lost \(Connection reset by peer\): .* -UseSSL")

    def test_tls(self):
        for says, words in (
                (b"SSH-2.0-OpenSSH_9.2p1\r\n", "speaks SSH .*use -HostName"),
                (b"HTTP/1.1 400 Bad Request\r\n\r\n", "speaks plain HTTP .* no -UseSSL"),
                (b"220 mail ESMTP\r\n", "does not speak TLS .*check -Port"),
                (b"", "closed the connection .* a port without TLS")):
            with self.subTest(says):
                self.one_line(self.to(says, "-UseSSL"), NET, words)


@needs_gss
class Login(Case):
    def to(self, e, user="demo", password=None, *args):
        return self.run_client("invoke-command", *e.to(user, password), "echo a", *args)

    def test_who_is_refused(self):
        e = self.shared()
        wrong = e.secret("wrong")
        for user, password in (("demo", wrong), ("nobody", None), ("OTHER\\demo", None),
                               ("demo@other", None), ("WORKGROUP\\demo", wrong)):
            for auth in ("Negotiate", "NTLM"):
                with self.subTest(user=user, auth=auth):
                    self.one_line(self.to(e, user, password, "-Authentication", auth), LOGIN,
                                  "denied: the user name or password is incorrect")
        self.assertEqual(e.log("shell-open"), [])

    def test_no_scheme_in_common(self):
        for offered, wanted in (("kerberos", "Default"), ("basic", "Default"),
                                ("basic", "Negotiate"), ("negotiate", "NTLM")):
            with self.subTest(offered=offered, wanted=wanted):
                e = self.serve(auth=offered)
                self.one_line(self.to(e, "demo", None, "-Authentication", wanted), LOGIN,
                              "a Kerberos ticket" if offered == "kerberos" else "offers")
                self.assertEqual([r for r in e.log("request") if "Basic" in str(r)], [])
                e.end()

    def test_configuration_and_application(self):
        e = self.shared()
        self.one_line(self.to(e, "demo", None, "-ConfigurationName", "nosuch"), REMOTE,
                      "nosuch.*-ConfigurationName")
        self.one_line(self.to(e, "demo", None, "-ApplicationName", "nosuch"), PEER,
                      "'/nosuch'.*404.*-ApplicationName")

    def test_nobody_to_ask(self):
        c = self.run_client("invoke-command", HOST, "echo a", "-Credential", "demo")
        self.one_line(c, LOGIN, "no terminal .* -PasswordFile", "'demo'")
        for scheme in "Basic", "Digest", "NTLM", "Credssp":
            c = self.run_client("invoke-command", HOST, "echo a", "-Authentication", scheme)
            self.one_line(c, LOGIN, "-Credential", "-PasswordFile")
        c = self.run_client("invoke-command", HOST, "echo a", "-Port", str(self.shared().port))
        self.one_line(c, LOGIN, "no Kerberos ticket")
        c = self.run_client("invoke-command", HOST, "a", "-Credential", "", "-PasswordFile", "-")
        self.one_line(c, USAGE, "user name is empty", "")


class Usage(Case):
    """What the binder says: PowerShell's words, then where the help is; exit 2"""

    def refused(self, words, *args, tail=True):
        c = self.check(self.run_client(*args), USAGE, "", re.compile(words))
        self.assertEqual(c.err.count("\n"), 2 if tail else 1, c.err)
        if tail:
            self.assertRegex(c.err, f"\nTry '{args[0]} --help'.\n$")

    @representative
    def test_binder(self):
        for words, args in (
                ("A parameter cannot be found that matches parameter name 'Nosuch'", "x -Nosuch"),
                ("'C' is ambiguous. Possible matches include: .*-ComputerName.*-Credential",
                 "x -C a"),
                ("Missing an argument for parameter 'Credential'", "x -Credential"),
                ("Missing an argument for parameter 'Port'", "x -Port"),
                ('parameter \'Port\'. Cannot convert value "abc" to type "System.Int32"',
                 "x -Port abc"),
                ("argument on parameter 'Port'.* 0 .*less than the minimum", "x -Port 0"),
                ("argument on parameter 'Port'.* 65536 .*greater than the maximum",
                 "x -Port 65536"),
                ("parameter 'Authentication'.*\"Magic\".*Default, .*Negotiate.*",
                 "x -Authentication Magic"),
                ("positional parameter cannot be found that accepts argument 'y'", "x y"),
                ("'Port' is specified more than once", "x -Port 1 -Port 2"),
                ("Parameter set cannot be resolved", "-ScriptBlock x -FilePath y"),
                ("accepts argument 'x'", "x -HostName b"),
                ("missing mandatory parameters: ScriptBlock", ""),
        ):
            with self.subTest(args):
                self.refused("^invoke-command: .*" + words, "invoke-command", HOST,
                             *args.split())
        self.refused("missing mandatory parameters: ComputerName", "enter-pssession", tail=False)
        self.refused("accepts argument 'c'", "enter-pssession", "a", "b", "c")

    def test_what_would_be_ignored(self):
        for args, words in (
                ("-CACertificate /x", "CACertificate is for TLS: add -UseSSL"),
                ("-PasswordFile /x", "needs its user: add -Credential"),
                ("-SessionOption ProxyCredential=x", "cannot be specified without a proxy")):
            self.refused(words, "icm", HOST, "x", "-Port", "1", *args.split(), tail=False)

    def test_stdin_only_once(self):
        self.refused("Only one of .*-PasswordFile", "invoke-command", HOST, "-FilePath", "-",
                     "-Credential", "demo", "-PasswordFile", "-", tail=False)
        self.refused("-InputObject takes '-'", "invoke-command", HOST, "x", "-InputObject", "a",
                     "-Credential", "demo", "-PasswordFile", "-", tail=False)

    def test_applets(self):
        c = self.check(self.run_client("nosuch"), 127, "", re.compile("no applet 'nosuch'.*--list"))
        self.assertEqual(c.err.count("\n"), 1)
        self.refused("--install needs a folder", "--install", tail=False)
        self.refused("'/no/such/.*': No such file", "--install", "/no/such", tail=False)
        for words in (["--help"], ["--version"], ["--list"], ["invoke-command", "--help"],
                      ["invoke-command", HOST, "-?"], ["icm", "--version"], []):
            c = self.check(self.run_client(*words), 0, re.compile(r"\S"))


@needs_gss
class Files(Case):
    def test_scripts(self):
        e = self.shared()
        for name, words in (("/no/such", "cannot open '/no/such': No such file"),
                            (e.dir, "cannot read .*s a directory")):
            self.one_line(self.run_client("invoke-command", *e.to(), "-FilePath", name), USAGE,
                          words, name)
        big = os.path.join(e.dir, "big")
        with open(big, "wb") as f:
            f.truncate((16 << 20) + 1)
        self.one_line(self.run_client("invoke-command", *e.to(), "-FilePath", big), USAGE,
                      "larger than", big)
        self.assertEqual(e.log("connect"), [])

"""-HostName: through OpenSSH's ssh and Dropbear's dbclient to a real sshd, and through programs
that do in their place what no ssh should."""
import os
import re
import shutil
import subprocess
import time
import unittest

from lib import (ENV, SIGINT, SIGTERM, load_tests, needs_pwsh, only_plain,      # noqa: F401
                 representative, wait_for)
from keeper_lib import gone
from stdio_lib import AT_PROMPT, ENDPOINT, ENGINES, Case, children, shown

print("engine:", ENGINES[-1])
OK, REMOTE, USAGE, LOGIN, NET, PEER = range(6)


def alive(pid):
    """And remains so"""
    return not wait_for(lambda: gone(pid), 5)


class Sshd:
    """With a real one. host has its port; ssh is the client's name."""
    @classmethod
    def setUpClass(cls):
        if not shutil.which("sshd", path="/usr/sbin:/usr/local/sbin"):
            raise unittest.SkipTest("needs openssh-server")
        if not shutil.which(cls.ssh):
            raise unittest.SkipTest("needs " + cls.ssh)
        cls.sshd = subprocess.Popen([os.path.join(ENDPOINT, "sshd"), "--engine", ENGINES[-1]],
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        said = dict(cls.sshd.stdout.readline().split() for _ in range(3))
        cls.port, cls.bin, cls.user = said["port"], said["bin"], said["user"]
        cls.name = f"{cls.user}@127.0.0.1"
        cls.host = f"{cls.name}:{cls.port}"

    @classmethod
    def tearDownClass(cls):
        cls.sshd.communicate()

    def setUp(self):
        super().setUp()
        ENV["PSSESSION_SSH"] = os.path.join(self.bin, self.ssh)

    def entered(self):
        """A screen at its first prompt, and the process id of ssh."""
        s = self.enter_screen()
        s.wait(AT_PROMPT)
        return s, children(s.pid)[0]

    def ended(self, s, ssh, code):
        """The terminal is as it was, and nobody is left."""
        self.assertEqual(s.finish().code, code)
        self.assertEqual(s.flags(), s.before)
        self.assertFalse(alive(ssh))

    def failed(self, code, why, *args):
        """One line that names the host, from both applets."""
        for applet in (("invoke-command", "-ScriptBlock", "1"), ("enter-pssession",)):
            c = self.run_client(*applet, "-HostName", *(args or (self.host,)))
            self.check(c, code, "", re.compile(
                rf"\A\[[^]]*127.0.0.1\] Connecting to remote server [^\n]*{why}[^\n]*\n\Z"))

    @representative
    def test_a_script_and_its_exit_code(self):
        self.check(self.invoke_host("echo hello; exit 3"), 3, "hello\n")

    def test_a_session_on_a_terminal(self):
        s, ssh = self.entered()
        s.type("echo hello\n")
        s.wait(AT_PROMPT)
        s.type("exit 5\n")
        self.ended(s, ssh, 5)
        prompt = rf"\[{self.name}\]: PS [^\n]*> "
        self.assertRegex(shown(s.text), rf"\A{prompt}echo hello\nhello\n{prompt}exit 5\n\Z")

    def test_a_session_on_pipes(self):
        c = self.run_client("enter-pssession", "-HostName", self.host,
                            stdin=b"echo hello\nexit 4\necho never\n")
        self.check(c, 4, "hello\n")

    def test_user_and_port_as_parameters(self):
        c = self.run_client("invoke-command", "-HostName", "127.0.0.1", "-UserName", self.user,
                            "-Port", self.port, "-ScriptBlock", "echo hello")
        self.check(c, 0, "hello\n")

    @representative
    def test_ctrl_c_stops_the_command_and_not_ssh(self):
        s, ssh = self.entered()
        s.type("Start-Sleep 60\n")
        time.sleep(0.5)
        s.type("\x03")
        self.assertIn("60\nError: The pipeline has been stopped.\n", shown(s.wait(AT_PROMPT)))
        self.assertEqual(children(s.pid), [ssh])
        s.type("echo after\n")
        self.assertIn("\r\nafter\r\n", s.wait(AT_PROMPT))
        s.type("\x04")
        self.ended(s, ssh, 0)

    def test_ctrl_c_ends_a_script(self):
        s = self.screen("invoke-command", "-HostName", self.host, "-ScriptBlock",
                        "echo on; Start-Sleep 60; echo never" if ENGINES[-1] == "pwsh"
                        else "echo on; sleep 60; echo never")
        s.wait("on\r\n")
        ssh = children(s.pid)[0]
        s.type("\x03")
        self.ended(s, ssh, 130)
        self.assertNotIn("never", s.text)

    def test_termination_leaves_nobody(self):
        s, ssh = self.entered()
        s.signal(SIGTERM)
        self.ended(s, ssh, 143)

    def test_ssh_killed_in_a_session(self):
        s, ssh = self.entered()
        os.kill(ssh, 9)
        self.ended(s, ssh, NET)
        self.assertRegex(s.text, rf"> \r\n\[{self.name}\] The session has ended: the connection "
                                 rf"was lost \({self.ssh}: exit status 137\)\r\n\Z")

    def test_a_port_where_nobody_listens(self):
        self.failed(NET, "Connection refused", "127.0.0.1:1")

    def test_a_refused_key(self):
        keys = os.path.join(os.path.dirname(self.bin), "user.pub")
        os.rename(keys, keys + ".away")
        try:
            self.failed(LOGIN, r"(Permission denied|No auth methods).*-KeyFilePath names another")
        finally:
            os.rename(keys + ".away", keys)

    def test_an_unknown_user(self):
        self.failed(LOGIN, "(Permission denied|No auth methods)", f"nosuch@127.0.0.1:{self.port}")


class OpenSsh(Sshd, Case):
    ssh = "ssh"

    def test_a_missing_subsystem(self):
        self.failed(NET, r'subsystem request failed.*a line "Subsystem powershell /usr/bin/pwsh',
                    self.host, "-Subsystem", "other")

    def test_an_address_in_brackets(self):
        c = self.run_client("invoke-command", "-HostName", f"[::1]:{self.port}", "-ScriptBlock",
                            "echo hello")
        self.check(c, 0, "hello\n")

    def test_ssh_is_found_on_path(self):
        path, ENV["PATH"] = ENV["PATH"], self.bin + ":" + ENV["PATH"]
        self.addCleanup(ENV.__setitem__, "PATH", path)
        del ENV["PSSESSION_SSH"]
        self.check(self.invoke_host("echo hello"), 0, "hello\n")

    def locked(self):
        """A copy of the key that wants a passphrase, as parameters."""
        key = os.path.join(self.dir, "key")
        shutil.copy(os.path.join(os.path.dirname(self.bin), "user"), key)
        subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "open sesame", "-f", key],
                       check=True, stdout=subprocess.DEVNULL)
        with open(os.path.join(os.path.dirname(self.bin), "ssh_config")) as f:
            config = re.sub("IdentityFile .*", "", f.read())
        with open(os.path.join(self.dir, "config"), "w") as f:
            f.write(config)
        self.ssh_is(f'exec {shutil.which("ssh")} -F {self.dir}/config "$@"')
        return "-KeyFilePath", key

    def asked(self, applet, *args):
        s = self.screen(applet, "-HostName", self.host, *self.locked(), *args)
        s.wait("passphrase for key .*: $")
        self.assertFalse(s.echoes())
        return s

    def test_ssh_asks_for_a_passphrase(self):
        s = self.asked("enter-pssession")
        s.type("open sesame\n")
        s.wait(AT_PROMPT)
        ssh = children(s.pid)[0]
        s.type("exit\n")
        self.ended(s, ssh, 0)
        self.assertNotIn("sesame", s.text)

    def test_ssh_asks_for_a_passphrase_of_a_script(self):
        s = self.asked("invoke-command", "-ScriptBlock", "echo hello")
        ssh = children(s.pid)[0]
        s.type("open sesame\n")
        self.ended(s, ssh, 0)
        self.assertIn("\r\nhello\r\n", s.text)

    def test_ctrl_c_at_the_question_of_ssh(self):
        for applet in ("enter-pssession",), ("invoke-command", "-ScriptBlock", "1"):
            s = self.asked(*applet)
            ssh = children(s.pid)[0]
            s.type("op\x03")
            self.ended(s, ssh, 130)


class Dropbear(Sshd, Case):
    ssh = "dbclient"


# a shell script in the place of ssh: exit code, stderr with the program's own words before our line
STRANGE = {
    "no words": ("exit 255", NET, r"before PowerShell answered \(ssh: exit status 255\)"),
    "nothing": ("exec true", NET, r"before PowerShell answered \(ssh: exit status 0\)"),
    "killed": ("kill -9 $$", NET, r"before PowerShell answered \(ssh: exit status 137\)"),
    "words": ("echo 'ssh: Could not resolve hostname x' >&2; exit 255", NET,
              r"Could not resolve hostname x \(ssh: exit status 255\)"),
    "many words": (r"printf '@@@\nIT IS POSSIBLE\r\nHost key verification failed.\r\n' >&2; exit 9",
                   NET, r"Host key verification failed\. \(ssh: exit status 9\)",
                   "@@@\nIT IS POSSIBLE\n"),
    "refused": ("echo 'x@y: Permission denied (publickey,password).' >&2; exit 255", LOGIN,
                "Permission denied"),
    "a login shell that is none": ("echo 'This account is not available.'; exit 1", NET,
                                   r"This account is not available\. \(ssh: exit status 1\)"),
    "an echo": ("exec cat", PEER, "malformed"),
    "endless text": ("exec yes", PEER, "text that is not PowerShell remoting.*subsystem powershell",
                     "y\n" * 25),
    "endless line": ("exec cat /dev/zero", PEER, "a line of more than"),
}
SERVER = "exec " + os.path.join(ENDPOINT, "stdio-server") + " --engine sh "
CONNECTING = ("Connecting to remote server alice@server01 failed with the following error "
              "message : ")
ENDED = "The session has ended: "
# fault of the endpoint: exit code, what the line says
FAULTS = {
    "refuse": (LOGIN, CONNECTING + "Permission denied"),
    "eof": (NET, CONNECTING + r"the connection ended before PowerShell answered \(ssh: exit"),
    "eof@3": (NET, ENDED + r"the connection was lost \(ssh: exit status 0\)"),
    "eof@4": (NET, ENDED + r"the connection was lost \(ssh: exit status 0\)"),
    "bad-packet@3": (PEER, ENDED + "the server sent a packet that cannot be read: <Data"),
    "bad-packet@4": (PEER, ENDED + "the server sent a packet that cannot be read: <Data"),
    "bad-data": (PEER, CONNECTING + "the server's answer is malformed"),
    "bad-data@4": (PEER, ENDED + "the server's answer is malformed"),
}


class Strange(Case):
    """No ssh at all."""
    def failed(self, code, err):
        """The same end for both applets, soon, and no child left."""
        for applet in (("invoke-command", "-ScriptBlock", "echo hello"), ("enter-pssession",)):
            c = self.run_client(*applet, "-HostName", self.host, stdin=b"echo hello\n")
            self.check(c, code, "", re.compile(rf"\A{err}\n\Z"))
            self.assertLess(c.seconds, 15)
            with open(os.path.join(self.dir, "pids")) as f:
                self.assertFalse(any(alive(int(pid)) for pid in f))

    def ssh_is(self, text):
        super().ssh_is(f"echo $$ >>{self.dir}/pids\n{text}")

    @representative
    def test_programs_that_do_not_speak_as_powershell_does(self):
        for name, (text, code, why, *said) in STRANGE.items():
            with self.subTest(ssh=name):
                self.ssh_is(text)
                self.failed(code, "".join(map(re.escape, said)) +
                            rf"\[alice@server01\] {CONNECTING}[^\n]*{why}[^\n]*")

    def test_servers_that_break_off_or_talk_nonsense(self):
        for fault, (code, why) in FAULTS.items():
            with self.subTest(fault=fault):
                self.ssh_is(SERVER + "--fault " + fault)
                self.failed(code, rf"\[alice@server01\] {why}[^\n]*")

    def test_a_packet_cut_short(self):
        """In the first one, in a later one, in the output."""
        for size, why in ((376, CONNECTING + "the connection ended before PowerShell answered"),
                          (900, CONNECTING + "the connection was lost"),
                          (3000, ENDED + "the connection was lost")):
            with self.subTest(size=size):
                self.ssh_is(f"{SERVER[5:]} | {{ dd bs=1 count={size} status=none; kill $$; }}")
                c = self.invoke_host("1..5000")
                self.check(c, NET, None, re.compile(rf"\A\[alice@server01\] {why}[^\n]*\n\Z"))
                self.assertRegex(c.out, r"\A(\d+\n)*\Z")

    def test_garbage_in_a_session(self):
        self.ssh_is(SERVER + "--fault garbage@4")
        self.failed(NET, rf"\ufffd+\n\[alice@server01\] {ENDED}the connection was lost[^\n]*")

    @representative
    def test_a_banner_before_the_first_packet(self):
        self.ssh_is(SERVER + "--fault banner")
        self.check(self.invoke_host("echo hello"), OK, "hello\n",
                   "Welcome to this machine.\nUnauthorized use is logged.\n")

    def test_a_banner_above_the_first_prompt(self):
        self.ssh_is(SERVER + "--fault banner")
        s = self.enter_screen()
        s.wait(AT_PROMPT)
        self.assertTrue(shown(s.text).startswith(
            "Welcome to this machine.\nUnauthorized use is logged.\n[alice@server01]: PS "))
        s.type("exit\n")
        self.assertEqual(s.finish().code, OK)

    def test_no_ssh(self):
        path = ENV["PATH"]
        self.addCleanup(ENV.__setitem__, "PATH", path)
        ENV["PATH"] = self.dir
        self.check(self.invoke_host("1"), NET, "", re.compile(
            r"\A\[alice@server01\] .*no SSH client was found: install openssh-client or dropbear, "
            r"or name one in PSSESSION_SSH\n\Z"))

    def test_an_ssh_that_is_not_there(self):
        ENV["PSSESSION_SSH"] = "/nonexistent/ssh"
        self.check(self.invoke_host("1"), NET, "", re.compile(
            r"\A\[alice@server01\] .*cannot start '/nonexistent/ssh': No such file[^\n]*\n\Z"))

    def argv(self, *args, name="ssh"):
        ENV["PSSESSION_SSH"] = self.script(name, f'printf "%s " "$@" >{self.dir}/argv; exit 255')
        self.run_client("invoke-command", "-ScriptBlock", "1", "-HostName", *args)
        with open(os.path.join(self.dir, "argv")) as f:
            return f.read().rstrip()

    def test_forms_of_a_host(self):
        for args, argv in {
            ("server02",): "-T -s -- server02 powershell",
            ("alice@server02",): "-T -l alice -s -- server02 powershell",
            ("alice@server02:2222",): "-T -p 2222 -l alice -s -- server02 powershell",
            ("a@b.c@server02",): "-T -l a@b.c -s -- server02 powershell",
            ("[fe80::1]:2222",): "-T -p 2222 -s -- fe80::1 powershell",
            ("::1",): "-T -s -- ::1 powershell",
            ("server02", "-Port", "9", "-UserName", "bob", "-KeyFilePath", "/dev/null",
             "-Subsystem", "x"): "-T -p 9 -i /dev/null -l bob -s -- server02 x",
        }.items():
            with self.subTest(host=args):
                self.assertEqual(self.argv(*args), argv)
                self.assertEqual(self.argv(*args, name="dbclient"), argv.replace("-- ", ""))

    def test_what_cannot_be_a_host(self):
        self.ssh_is("exit 99")
        for host in ("-oProxyCommand=x", "a b", "-l@x", "x@", "x:0", "x:99999", "x:ssh", "", "a;b",
                     "a/22", "a,b/22", "$(x)@h"):
            with self.subTest(host=host):
                c = self.run_client("enter-pssession", f"-HostName:{host}")
                self.check(c, USAGE, "", re.compile(r"\A[^\n]*\n(Try [^\n]*\n)?\Z"))
                self.assertNotIn("Connecting", c.err)
                self.assertFalse(os.path.exists(os.path.join(self.dir, "pids")))

    def test_each_host_has_its_own_child(self):
        """One that is done is not left behind while the other goes on."""
        self.ssh_is(f'echo $$ >>"{self.dir}/for $6"\n{SERVER}')
        script = f"mkdir {self.dir}/first 2>/dev/null && echo a || {{ sleep 5; echo b; }}"
        c = self.start("invoke-command", "-HostName", "one,two", "-HideComputerName",
                       "-ScriptBlock", script, stdin=b"")
        self.assertTrue(wait_for(lambda: c.out == "a\n"))
        self.assertTrue(wait_for(lambda: len(children(c.pid)) == 1))
        self.check(c.finish(), OK, "a\nb\n")

    def test_a_server_that_does_not_stop(self):
        """Ctrl+C asks it, a second one leaves, a third does not wait for it to close."""
        self.ssh_is(SERVER + "--fault silent@6")
        s = self.enter_screen()
        s.wait(AT_PROMPT)
        ssh = children(s.pid)[0]
        s.type("echo hello\n")
        for _ in range(3):
            time.sleep(0.3)
            self.assertIsNone(s.child.poll())
            s.type("\x03")
        began = time.monotonic()
        self.assertEqual(s.finish().code, 130)
        self.assertLess(time.monotonic() - began, 3)
        self.assertEqual(s.flags(), s.before)
        self.assertFalse(alive(ssh))

    @only_plain
    def test_the_silence_of_dbclient_is_explained(self):
        ENV["PSSESSION_SSH"] = self.script("dbclient", "exec sleep 60")
        c = self.start("invoke-command", "-HostName", "h", "-ScriptBlock", "1", stdin=b"")
        self.assertTrue(wait_for(lambda: c.err, 60))
        self.assertEqual(c.err, "Nothing has come from PowerShell yet. dbclient does not tell when "
                                "the server has no subsystem for it; Ctrl+C ends the wait.\n")
        c.signal(SIGINT)
        self.assertEqual(c.finish().code, 130)


class History(Case):
    @needs_pwsh
    def test_each_command_is_there_once(self):
        self.stdio("--engine", "pwsh")
        s = self.enter_screen()
        for line in ("1", "'a", "'", "throw 'x'", "nosuchcommand", "if (1) {", "2", "}",
                     "Start-Sleep 60", "\x03", "1 + )", "Get-History | % { \"<$_>\" }"):
            if line == "\x03":
                time.sleep(0.5)
                s.type(line)
                continue
            s.wait(AT_PROMPT + r"|\n>> $")
            s.type(line + "\n")
        got = re.findall("<([^>]*)>\r\n", s.wait(AT_PROMPT))
        self.assertEqual([g.replace("\r\n", "\n") for g in got],
                         ["1", "'a\n'", "throw 'x'", "nosuchcommand", "if (1) {\n2\n}",
                          "Start-Sleep 60", "1 + )"])

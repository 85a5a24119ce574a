"""The HostName parameters: against a real sshd by OpenSSH's ssh and Dropbear's dbclient, with keys
and passwords; and what a stand-in for them is given."""
import os
import re
import shutil
import socket
import subprocess
import unittest

import keeper_lib
from lib import (ENV, LOGIN, NET, OK, USAGE, load_tests, representative,      # noqa: F401
                 wait_for)
from stdio_lib import AT_PROMPT, ENDPOINT, ENGINES, Case
from sessions_lib import row

PASSWORD = "open sesame"
EXAMPLE_8 = "@{\n    Port=%s\n    User = '%s'\n    Host = '127.0.0.1'\n}"


class Argv(Case):
    """A stand-in that notes what it is given."""
    def argv(self, *args, name="ssh", applet=("invoke-command", "-ScriptBlock", "1")):
        path = os.path.join(self.dir, "argv")
        if os.path.exists(path):
            os.unlink(path)
        ENV["PSSESSION_SSH"] = self.script(name, f'printf "%s|" "$@" >{path}; exit 255')
        c = self.run_client(*applet, *args)
        self.assertIn(c.code, (NET, USAGE), c.err)
        if not os.path.exists(path):
            return c.err
        with open(path) as f:
            return f.read().rstrip("|")

    def test_options(self):
        for options, argv in {
            "ConnectTimeout=5,BatchMode=yes": "-o|ConnectTimeout=5|-o|BatchMode=yes|-s|--|h",
            "@{ ConnectTimeout = 5; BatchMode='yes' }":
                "-o|ConnectTimeout=5|-o|BatchMode=yes|-s|--|h",
            "ProxyCommand='nc -w 3,x %h %p'": "-o|ProxyCommand=nc -w 3,x %h %p|-s|--|h",
            EXAMPLE_8 % (22, "UserA"): "-p|22|-l|UserA|-s|--|h",
            "": "-s|--|h",
        }.items():
            with self.subTest(options=options):
                self.assertEqual(self.argv("-HostName", "h", "-Options:" + options if options else
                                           "-SSHTransport"), f"-T|{argv}|powershell")

    def test_parameters_win_over_options(self):
        self.assertEqual(self.argv("-HostName", "h", "-Port", "9", "-UserName", "bob",
                                   "-KeyFilePath", "/dev/null", "-Options",
                                   "Port=8,User=a,IdentityFile=/x,Host=y"),
                         "-T|-p|9|-i|/dev/null|-l|bob|-s|--|h|powershell")
        self.assertEqual(self.argv("-HostName", "a@h:9", "-Port", "8", "-UserName", "bob"),
                         "-T|-p|9|-l|a|-s|--|h|powershell")

    def test_dbclient_gets_flags_where_it_has_them(self):
        self.assertEqual(self.argv("-HostName", "h", "-Options", "Port=8,User=a", name="dbclient"),
                         "-T|-p|8|-l|a|-s|h|powershell")

    def test_a_host_among_the_options(self):
        """Example 8 of Enter-PSSession's page."""
        self.assertEqual(self.argv("-KeyFilePath", "/dev/null", "-Options",
                                   EXAMPLE_8 % (22, "UserA"), applet=["enter-pssession"]),
                         "-T|-p|22|-i|/dev/null|-l|UserA|-s|--|127.0.0.1|powershell")
        for args, name in ((["-Options", "Port=1"], "HostName"),
                           (["-UserName", "x"], "ComputerName")):
            self.assertIn(f"missing mandatory parameters: {name}.\n",
                          self.argv(*args, applet=["enter-pssession"]))

    def test_a_domain_user(self):
        for args in (["-HostName", r"CORP\bob@h"], ["-HostName", "h", "-UserName", r"CORP\bob"]):
            self.assertEqual(self.argv(*args), "-T|-l|bob@CORP|-s|--|h|powershell")

    def test_what_is_refused(self):
        for args, why in {
            ("-KeyFilePath", "/nonexistent/key"): "key file /nonexistent/key was not found",
            ("-Options", "Port=x"): "'x' is no port",
            ("-Options", "BatchMode"): "'BatchMode' is not Name=value",
            ("-Options", "=x"): "is not Name=value",
            ("-Options:A=b\x1bc",): "control character",
            ("-Options:User=-oProxyCommand=x",): "cannot be the name of an SSH user",
            ("-Subsystem:-oProxyCommand=x",): "cannot be the name of an SSH subsystem",
            ("-ConnectingTimeout", "-2"): "less than the minimum",
        }.items():
            with self.subTest(args=args):
                self.assertIn(why, self.argv("-HostName", "h", *args))

    def test_connections(self):
        for text, argv in {
            "@{HostName='a@h:9'}": "-T|-p|9|-l|a|-s|--|h|powershell",
            "@{ComputerName='h';UserName='bob';Port=7;KeyFilePath='/dev/null';Subsystem='x'}":
                "-T|-p|7|-i|/dev/null|-l|bob|-s|--|h|x",
            "@{HostName='h';Options=@{BatchMode='yes'}}": "-T|-o|BatchMode=yes|-s|--|h|powershell",
        }.items():
            self.assertEqual(self.argv("-SSHConnection", text), argv)
        self.assertIn("mandatory parameters: HostName", self.argv("-SSHConnection", "@{Port=1}"))
        self.assertIn("SSHConnection: A parameter cannot be found", self.argv(
            "-SSHConnection", "@{HostName='h';Nonsense=1}"))

    def test_a_limit_of_time(self):
        ENV["PSSESSION_SSH"] = self.script("ssh", "exec sleep 60")
        c = self.run_client("invoke-command", "-HostName", "h", "-ConnectingTimeout", "700",
                            "-ScriptBlock", "1")
        self.one_line(c, NET, "within 1 second", "h", 10)
        self.assertGreater(c.seconds, 0.6)


class Sshd(keeper_lib.Case):
    """A real sshd that takes a password as well; clients that know no host yet."""
    @classmethod
    def setUpClass(cls):
        for name in ("sshd", cls.client, "unshare"):
            if not shutil.which(name, path=ENV["PATH"] + ":/usr/sbin"):
                raise unittest.SkipTest("needs " + name)
        if os.getuid():
            raise unittest.SkipTest("needs root")
        cls.sshd = subprocess.Popen([os.path.join(ENDPOINT, "sshd"), "--password", PASSWORD,
                                     "--engine", ENGINES[-1]], stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.sshd.communicate)
        said = dict(line.split() for line in (cls.sshd.stdout.readline() for _ in range(3)) if line)
        if len(said) < 3:
            raise unittest.SkipTest("no sshd with passwords here: " + cls.sshd.stderr.read())
        cls.port, cls.user = said["port"], said["user"]
        cls.keys = os.path.dirname(said["bin"])

    def setUp(self):
        super().setUp()
        self.host = f"{self.user}@127.0.0.1:{self.port}"
        self.name = f"{self.user}@127.0.0.1"
        self.use(self.dir)

    def known(self):
        """A client to which the host's key is known."""
        with open(os.path.join(self.keys, "host.pub")) as f:
            key = " ".join(f.read().split()[:2])
        names = f"127.0.0.1,[127.0.0.1]:{self.port}"
        os.makedirs(os.path.join(self.dir, ".ssh"), exist_ok=True)
        for name in "known", ".ssh/known_hosts":
            with open(os.path.join(self.dir, name), "w") as f:
                f.write("".join(f"{n} {key}\n" for n in names.split(",")))

    def logged_in(self, s, *answers):
        for question, answer in answers:
            s.wait(question)
            s.type(answer + "\n")
        return s

    def failed(self, code, why, *args, **kw):
        c = self.run_client("invoke-command", "-HostName", self.host, "-ScriptBlock", "1", *args,
                            **kw)
        self.check(c, code, "", re.compile(
            rf"^\[{self.name}\] Connecting to remote server [^\n]*{why}[^\n]*\n\Z", re.M))

    def test_an_unknown_host_and_a_password(self):
        s = self.screen("enter-pssession", "-HostName", self.host)
        self.logged_in(s, (self.unknown, self.yes), (self.question, PASSWORD),
                       (AT_PROMPT, "exit 4"))
        self.assertEqual(s.finish().code, 4)
        self.assertNotIn(PASSWORD, s.text)

    def test_a_session_that_stays_is_asked_for_first(self):
        self.known()
        self.addCleanup(self.end_all)
        s = self.screen("new-pssession", "-HostName", self.host)
        self.logged_in(s, (self.question, PASSWORD))
        self.assertEqual(s.finish().code, OK)
        self.assertIn(row(1, "Session1", computer=self.name, configuration="DefaultShell").rstrip(),
                      s.text.replace("\r", ""))
        self.check(self.run_client("invoke-command", "1", "echo hello"), OK, "hello\n")

    def test_several_are_asked_for_one_after_the_other(self):
        self.known()
        s = self.screen("invoke-command", "-HostName", ",".join([self.host] * 3), "-ScriptBlock",
                        "echo hello")
        self.logged_in(s, *[("password: ", PASSWORD)] * 3)
        self.assertEqual(s.finish().code, OK, s.text)
        self.assertEqual(s.text.count(self.name + ": hello"), 3, s.text)

    @representative
    def test_a_wrong_password(self):
        self.known()
        s = self.screen("invoke-command", "-HostName", self.host, "-ScriptBlock", "1")
        while not re.search("Connecting to", s.wait(self.question + "|Connecting to")):
            s.type("wrong\n")
        self.assertEqual(s.finish().code, LOGIN, s.text)
        self.assertRegex(s.text, rf"\[{self.name}\] Connecting to [^\n]*{self.refused}")

    def test_an_unknown_host_where_nobody_can_answer(self):
        self.failed(NET, self.distrust)

    def test_a_host_whose_key_has_changed(self):
        self.known()
        for name in "known", ".ssh/known_hosts":
            path = os.path.join(self.dir, name)
            with open(path) as f:
                text = f.read()
            with open(os.path.join(self.keys, "user.pub")) as f:
                other = f.read().split()[1]
            with open(path, "w") as f:
                f.write(re.sub(r"(ed25519) \S+", rf"\1 {other}", text))
        self.failed(NET, self.changed)

    def test_nobody_listens(self):
        self.host = self.name + ":1"
        self.failed(NET, "Connection refused")


class OpenSsh(Sshd):
    client, yes = "ssh", "yes"
    unknown = r"continue connecting \(yes/no[^)]*\)\? $"
    # What ssh says of the last answer comes through us, and maybe later than its next question.
    question = r"password: (Permission denied[^\n]*\n)*$"
    refused = r"Permission denied \("
    distrust = "Host key verification failed.*accept it once on a terminal"
    changed = "Host key verification failed"

    def use(self, home, *lines):
        with open(os.path.join(home, "config"), "w") as f:
            f.write(f"Host *\nUserKnownHostsFile {home}/known\nGlobalKnownHostsFile /dev/null\n"
                    "PubkeyAuthentication yes\nIdentityFile none\n" + "".join(lines))
        ENV["PSSESSION_SSH"] = self.script("ssh", f'exec {shutil.which("ssh")} -F {home}/config '
                                           '"$@"')

    def key(self):
        return os.path.join(self.keys, "user")

    def test_a_key_and_options(self):
        self.known()
        for args in (["-HostName", self.host, "-KeyFilePath", self.key()],
                     ["-HostName", "127.0.0.1", "-IdentityFilePath", self.key(), "-Options",
                      f"Port={self.port},User={self.user},BatchMode=yes"],
                     ["-SSHConnection", f"@{{HostName='127.0.0.1';Port={self.port};UserName="
                      f"'{self.user}';KeyFilePath='{self.key()}'}}"]):
            c = self.run_client("invoke-command", *args, "-ScriptBlock", "echo hello")
            self.check(c, OK, "hello\n")

    def test_an_option_that_ssh_does_not_know(self):
        self.failed(NET, "[Bb]ad configuration option: nosuch", "-Options", "NoSuch=1")

    def test_an_agent(self):
        self.known()
        agent = subprocess.Popen(["ssh-agent", "-D", "-a", self.dir + "/agent"],
                                 stdout=subprocess.DEVNULL)
        self.addCleanup(agent.wait)
        self.addCleanup(agent.terminate)
        self.assertTrue(wait_for(lambda: os.path.exists(self.dir + "/agent")))
        env = {"SSH_AUTH_SOCK": self.dir + "/agent"}
        subprocess.run(["ssh-add", "-q", self.key()], env={**os.environ, **env}, check=True)
        self.check(self.run_client("invoke-command", "-HostName", self.host, "-ScriptBlock",
                                   "echo hello", env=env), OK, "hello\n")

    def test_a_jump_host_of_ssh_config(self):
        self.known()
        self.use(self.dir, f"IdentityFile {self.key()}\nPort {self.port}\n"
                 "Host jump\nHostName localhost\nHostKeyAlias 127.0.0.1\n"
                 "Host inner\nHostName 127.0.0.1\nProxyJump jump\n")
        self.check(self.run_client("invoke-command", "-HostName", self.user + "@inner",
                                   "-ScriptBlock", "echo hello"), OK, "hello\n")

    def test_a_limit_of_time_for_a_server_that_says_nothing(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            c = self.run_client("invoke-command", "-HostName", self.name, "-Port",
                                silent.getsockname()[1], "-ConnectingTimeout", "500",
                                "-ScriptBlock", "1")
        self.one_line(c, NET, "within 1 second", self.name, 10)


class Dropbear(Sshd):
    client, yes = "dbclient", "y"
    unknown, question = r"continue connecting\? \(y/n\)\s*$", "password: $"
    refused = "(No auth methods|Permission denied|Remote closed|too many wrong)"
    distrust = changed = "."

    def use(self, home):
        ENV["PSSESSION_SSH"] = self.script("dbclient",
                                           f'HOME={home} exec {shutil.which("dbclient")} "$@"')

    def test_a_key(self):
        self.known()
        c = self.run_client("invoke-command", "-HostName", self.host, "-KeyFilePath",
                            os.path.join(self.keys, "user.db"), "-ScriptBlock", "echo hello")
        self.check(c, OK, "hello\n")

    def test_a_key_for_openssh(self):
        self.known()
        self.failed(LOGIN, "String too long.*dropbearconvert", "-KeyFilePath",
                    os.path.join(self.keys, "user"))


del Sshd

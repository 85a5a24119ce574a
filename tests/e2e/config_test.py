"""Saved hosts: one word is enough, the command line wins, and what is wrong in the file is told
with its line."""
import os
import tempfile

from lib import HOST, LOGIN, NET, USAGE, Case, load_tests, needs_gss, representative  # noqa: F401


class Saved(Case):
    def setUp(self):
        self.home = tempfile.TemporaryDirectory()
        self.addCleanup(self.home.cleanup)
        os.makedirs(self.home.name + "/.config/pssession")
        self.path = self.home.name + "/.config/pssession/config"
        self.env = {"HOME": self.home.name, "XDG_CONFIG_HOME": ""}

    def save(self, text, mode=0o600, path=None):
        with open(path or self.path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path or self.path, mode)

    def run_words(self, *words, **kw):
        env = {**self.env, **kw.pop("env", {})}
        return self.run_client(*words, env=env, **kw)

    def icm(self, *words, **kw):
        return self.run_words("invoke-command", *words, **kw)


@needs_gss
class Hosts(Saved):
    def section(self, e, patterns, *more):
        return "\n  ".join([f"Host {patterns}", f"ComputerName {HOST}", f"Port {e.port}",
                            "Credential demo", f"PasswordFile {e.password}", *more, ""])

    @representative
    def test_one_word_is_enough(self):
        self.save("# mine\n\n" + self.section(self.shared(), "srv1"))
        c = self.run_words("enter-pssession", "srv1", stdin=b"echo hello\nexit 4\n")
        self.check(c, 4, "hello\n")
        self.check(self.icm("SRV1", "echo hello"), 0, "hello\n")
        self.check(self.icm("-ComputerName", "srv1", "echo hello"), 0, "hello\n")

    def test_forms_of_lines(self):
        e = self.shared()
        password = e.password.replace(e.dir, "~/x")
        os.symlink(e.dir, self.home.name + "/x")
        self.save(f"Host one*\r\n\tCOMPUTERNAME={HOST}\r\n\tport = {e.port}\r\n  # Port 1\r\n"
                  f"Credential 'demo'\r\nPasswordFile {password}\r\nUseSSL no\r\n"
                  "SessionOption \"OpenTimeout=9000, NoMachineProfile\"\r\n")
        self.check(self.icm("one.example", "echo hello"), 0, "hello\n")

    def test_patterns(self):
        e = self.shared()
        self.save(self.section(e, "a.lab *.corp !db.corp") + "Host *\n  Port 1\n" +
                  f"  ComputerName {HOST}\n  Credential x\n  PasswordFile {e.password}\n")
        for name, found in (("a.lab", True), ("web.corp", True), ("WEB.Corp", True),
                            ("db.corp", False), ("b.lab", False), ("corp", False)):
            with self.subTest(name):
                c = self.icm(name, "echo hello")
                self.check(c, 0 if found else NET, None, None)
        c = self.icm(f"a.lab,b.corp,{HOST}", "echo hello", "-Port", e.port, "-Credential", "demo",
                     "-PasswordFile", e.password)
        self.assertEqual(self.check(c, 0, None).out.count(": hello\n"), 3)

    def test_the_command_line_wins(self):
        e, other = self.shared(), self.serve(accounts="WORKGROUP:ann:Secret-2\n")
        self.save("Port 1\nUseSSL\nAuthentication Basic\n" + self.section(other, "srv1"))
        c = self.icm("srv1", "echo hello", "-Port", e.port, "-UseSSL:$false", "-Authentication",
                     "NTLM")
        self.check(c, 0, "hello\n")
        c = self.icm("srv1", "echo hello", "-Port", other.port, "-UseSSL:$false", "-Credential",
                     "ann", "-PasswordFile", other.secret("Secret-2"), "-Auth", "Negotiate")
        self.check(c, 0, "hello\n")

    def test_what_is_no_configuration(self):
        for text, why in (('Host "srv1\n', "line 1: a quote is not closed"),
                          ('Port 1\nCredential "x\n', "line 2: a quote is not closed")):
            self.save(text)
            self.one_line(self.icm("srv1", "echo"), USAGE, why, self.path)
        os.unlink(self.path)
        os.mkfifo(self.path)
        self.one_line(self.icm("srv1", "echo"), USAGE, "is no file", self.path, 5)

    def test_where_the_file_is(self):
        e = self.shared()
        self.save(self.section(e, "a"))
        xdg, named = self.home.name + "/xdg", self.home.name + "/named"
        os.makedirs(xdg + "/pssession")
        self.save(self.section(e, "b"), path=xdg + "/pssession/config")
        self.save(self.section(e, "c"), path=named, mode=0o666)     # named: not looked at, as ssh
        for env, name in (({}, "a"), ({"XDG_CONFIG_HOME": xdg}, "b"),
                          ({"XDG_CONFIG_HOME": xdg, "PSSESSION_CONFIG": named}, "c")):
            self.check(self.icm(name, "echo hello", env=env), 0, "hello\n")
        c = self.icm("a", "echo a", env={"PSSESSION_CONFIG": "/no/such"})
        self.one_line(c, USAGE, "cannot open '/no/such': No such file", "invoke-command")
        to = "echo hello", *e.to()
        for env in ({"PSSESSION_CONFIG": "/dev/null"}, {"XDG_CONFIG_HOME": "/nonexistent"},
                    {"HOME": "/dev/null"}, {"HOME": ""}):
            self.check(self.icm(*to, env=env), 0, "hello\n")


class Wrong(Saved):
    def refused(self, text, words, mode=0o600):
        self.save(text, mode)
        c = self.icm(HOST, "echo a", "-Credential", "demo", "-PasswordFile", "-", stdin=b"x\n")
        self.one_line(c, USAGE, words, self.path)

    def test_lines(self):
        for line, words in (
                ("Usessl2", "parameter cannot be found that matches parameter name 'Usessl2'"),
                ("ScriptBlock x", "parameter cannot be found .* 'ScriptBlock'"),
                ("Port abc", "'Port'. Cannot convert value \"abc\""),
                ("Port 0", "argument on parameter 'Port'.* 0 .*less than the minimum"),
                ("Port", "'Port' needs a value"),
                ("UseSSL maybe", "'UseSSL'. Cannot convert value \"maybe\""),
                ("Authentication Magic", "Unable to match .*Magic"),
                ("Two-words 5", "is no parameter")):
            with self.subTest(line):
                self.refused(f"# a\n\nHost *\n  {line}\n", f"'{self.path}' line 4: .*{words}")
                self.refused(f"Host other\n{line}\nHost {HOST}\nKdc k\n{line}", "line 5: ")

    def test_a_line_without_a_name(self):
        self.refused("Host other\n  = 5\n", "line 2: this is no \"Name value\"")

    def test_a_section_for_others_does_no_harm(self):
        self.save("Host other\n  Nosuch 1\n")
        c = self.icm("127.9.9.9", "echo a", "-Credential", "d", "-PasswordFile", "-", stdin=b"x\n")
        self.one_line(c, NET, "refused", "127.9.9.9")

    def test_a_file_that_others_can_write_is_refused(self):
        for mode in 0o620, 0o602, 0o777:
            self.refused("Host x\n", "others can write .*chmod go-w", mode)
        self.save("Host x\n", 0o644)
        try:
            os.chown(self.path, 12345, 0)
        except OSError:         # not root, or where there is no such user
            return
        c = self.icm("127.9.9.9", "a", "-Credential", "d", "-PasswordFile", "-", stdin=b"x\n")
        self.one_line(c, USAGE, "must be yours or root's", self.path)

    def test_a_folder(self):
        os.mkdir(self.path)
        c = self.icm(HOST, "echo a", "-Credential", "demo", "-PasswordFile", "-", stdin=b"x\n")
        self.one_line(c, USAGE, "is no file", self.path)


class Ssh(Saved):
    """The words that a fake ssh is given"""
    def setUp(self):
        super().setUp()
        self.fake = self.home.name + "/ssh"
        self.save('#!/bin/sh\necho "$@" >&2\nexit 255\n', 0o700, self.fake)

    def words(self, *words):
        c = self.icm(*words, "-ScriptBlock", "a", env={"PSSESSION_SSH": self.fake})
        self.assertEqual(c.code, NET, c.err)
        return c.err.partition("message : ")[2].partition(" (ssh:")[0]

    def test_a_saved_host_over_ssh(self):
        self.save("Host web\n  HostName alice@192.0.2.7:2222\n  KeyFilePath ~/key\n  Subsystem ps\n"
                  "Host db\n  ComputerName 192.0.2.8\n  UserName bob\nHost *\n  Port 2200\n")
        open(self.home.name + "/key", "w").close()
        for words in ("web",), ("-HostName", "web"):
            self.assertEqual(self.words(*words), f"-T -p 2222 -i {self.home.name}/key -l alice -s "
                             "-- 192.0.2.7 ps")
        self.assertEqual(self.words("-HostName", "db"),         # SSH stays what was asked for
                         "-T -p 2200 -l bob -s -- db powershell")
        self.assertEqual(self.words("-HostName", "eve@db"), "-T -p 2200 -l eve -s -- db powershell")

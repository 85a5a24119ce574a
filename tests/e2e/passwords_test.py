"""Where the password comes from: the terminal, a file, a descriptor, a program. Whoever logs in has
given the right one."""
import os
import re
import signal
import tempfile

from lib import (HOST, LOGIN, OK, PASSWORD, PSSESSION, USAGE, Case, load_tests,    # noqa: F401
                 needs_gss, representative)

LONGEST = 1024
LONG = "x" * 1000                       # the acceptor's file has lines of 1023 bytes at most
ODD = " pä ss\twörd\\ "


@needs_gss
class Passwords(Case):
    def setUp(self):
        self.e = self.shared(accounts=f"WORKGROUP:demo:{PASSWORD}\nWORKGROUP:odd:{ODD}\n"
                             f"WORKGROUP:long:{LONG}\n", auth="negotiate")

    def file(self, text, mode=0o600):
        return self.e.secret(text, mode)

    def raw(self, data, mode=0o600):
        fd, name = tempfile.mkstemp(dir=self.e.dir)
        os.write(fd, data)
        os.fchmod(fd, mode)
        os.close(fd)
        return name

    def to(self, *source, user="demo"):
        return ("invoke-command", "-ComputerName", HOST, "-Port", self.e.port, "-Credential", user,
                *source, "echo hello")

    def right(self, *source, user="demo", **kw):
        self.check(self.run_client(*self.to(*source, user=user), **kw), OK, "hello\n")

    def wrong(self, code, words, *source, name="password", **kw):
        self.e.mark()
        c = self.run_client(*self.to(*source), **kw)
        self.one_line(c, code, words, name)
        self.assertEqual(self.e.log("connect"), [])
        return c


class Files(Passwords):
    @representative
    def test_the_first_line_is_the_password(self):
        for data in PASSWORD, PASSWORD + "\n", PASSWORD + "\r\n", PASSWORD + "\nmore\n":
            with self.subTest(data):
                self.right("-PasswordFile", self.raw(data.encode()))

    def test_blanks_and_other_letters_belong_to_it(self):
        self.right("-PasswordFile", self.file(ODD), user="odd")
        self.right("-PasswordFile", "-", user="odd", stdin=ODD.encode())

    def test_standard_input(self):
        self.right("-PasswordFile", "-", stdin=PASSWORD.encode() + b"\n")

    def test_standard_input_goes_on_behind_it(self):
        c = self.run_client("enter-pssession", *self.to("-PasswordFile", "-")[1:-1],
                            stdin=PASSWORD.encode() + b"\necho a\necho b\n")
        self.check(c, OK, "a\nb\n")

    def test_the_longest(self):
        self.right("-PasswordFile", self.file(LONG), user="long")
        c = self.run_client(*self.to("-PasswordFile", self.file("x" * LONGEST)))
        self.one_line(c, LOGIN, "denied")
        for source, kw in (("-PasswordFile", self.file("x" * (LONGEST + 1))), {}), \
                (("-PasswordFile", "-"), {"stdin": b"x" * (LONGEST + 1)}):
            self.wrong(USAGE, "longer than 1024 bytes", *source, **kw)

    def test_what_others_can_read_is_refused_unless_told(self):
        for mode in 0o640, 0o604, 0o620, 0o602, 0o666:
            with self.subTest(oct(mode)):
                name = self.file(PASSWORD, mode)
                self.wrong(USAGE, f"chmod 600 {name} .*-AllowReadablePasswordFile",
                           "-PasswordFile", name)
                self.right("-PasswordFile", name, "-AllowReadablePasswordFile")

    def test_none(self):
        self.wrong(LOGIN, "no password was given", "-PasswordFile", self.raw(b""), name="'/")
        self.wrong(LOGIN, "no password was given", "-PasswordFile", "-")
        self.wrong(USAGE, "'/no/such/file'.*No such file", "-PasswordFile", "/no/such/file")
        self.wrong(USAGE, "Is a directory", "-PasswordFile", self.e.dir, name=self.e.dir)

    def test_an_empty_line_is_an_empty_password(self):
        c = self.run_client(*self.to("-PasswordFile", self.raw(b"\n")))
        self.one_line(c, LOGIN, "denied")

    def test_what_is_no_utf_8(self):
        c = self.run_client(*self.to("-PasswordFile", self.raw(b"p\xe4ss\n")))
        self.one_line(c, USAGE, "UTF-8")


class Descriptors(Passwords):
    def test_a_descriptor(self):
        fd = os.open(self.file(PASSWORD), os.O_RDONLY)
        self.addCleanup(os.close, fd)
        self.right("-PasswordFd", fd, pass_fds=[fd])

    def test_a_pipe(self):
        r, w = os.pipe()
        self.addCleanup(os.close, r)
        os.write(w, PASSWORD.encode())
        os.close(w)
        self.right("-PasswordFd", r, pass_fds=[r])

    def test_none(self):
        self.wrong(USAGE, "Bad file descriptor", "-PasswordFd", "77")
        r, w = os.pipe()
        self.addCleanup(os.close, r)
        os.close(w)
        self.wrong(LOGIN, "no password was given", "-PasswordFd", r, pass_fds=[r])
        r, w = os.pipe()
        self.addCleanup(os.close, r)
        self.addCleanup(os.close, w)
        self.wrong(USAGE, "Bad file descriptor", "-PasswordFd", w, pass_fds=[w])

    def test_not_a_number(self):
        c = self.run_client(*self.to("-PasswordFd", "x"))
        self.check(c, USAGE, "", re.compile("parameter 'PasswordFd'"))


class Askpass(Passwords):
    def program(self, text):
        return {"PSSESSION_ASKPASS": self.raw(f"#!/bin/sh\n{text}\n".encode(), 0o700)}

    def test_a_program(self):
        seen = self.e.dir + "/seen"
        self.right(env=self.program(f"echo \"$#:$1\" >{seen}; echo '{PASSWORD}'"))
        with open(seen) as f:
            self.assertEqual(f.read(), "1:Password for user demo: \n")

    def test_a_file_comes_first(self):
        self.right("-PasswordFile", self.file(PASSWORD), env=self.program("echo wrong"))

    def test_none(self):
        self.wrong(LOGIN, "gave no password .status 1", env=self.program("exit 1"))
        self.wrong(LOGIN, "gave no password .status 3", env=self.program("echo some; exit 3"))
        self.wrong(LOGIN, "no password was given", env=self.program("exit 0"))
        self.wrong(LOGIN, "'/no/such/program' gave no password", env={
            "PSSESSION_ASKPASS": "/no/such/program"})


class Terminal(Passwords):
    """/dev/tty is asked, wherever the standard streams go."""

    def from_a_shell(self, redirections):
        words = " ".join(f"'{w}'" for w in (PSSESSION, *map(str, self.to())))
        return self.screen("-c", f"{words} {redirections}", program="/bin/sh")

    @representative
    def test_asked_without_echo(self):
        for redirections in "", "</dev/null", "2>/dev/null", ">/dev/null 2>&1 </dev/null":
            with self.subTest(redirections):
                s = self.from_a_shell(redirections)
                s.wait("Password for user demo: $")
                self.assertFalse(s.echoes())
                s.type(PASSWORD + "\r")
                s.finish()
                self.assertEqual(s.code, OK, s.text)
                self.assertNotIn(PASSWORD, s.text)
                self.assertTrue(s.echoes())

    def test_a_line_can_be_corrected(self):
        s = self.from_a_shell("")
        s.wait("Password for user demo: $")
        s.type("wrong\x15" + PASSWORD + "x\x7f\r")
        s.wait("hello\r\n")
        self.assertEqual(s.finish().code, OK)

    def test_signals_end_the_question(self):
        for signo in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
            with self.subTest(signo):
                s = self.screen(*self.to())
                s.wait("Password for user demo: $")
                s.signal(signo)
                self.assertEqual(s.finish().code, 130, s.text)
                self.assertTrue(s.echoes())

    def test_a_wrong_one_is_told_and_not_asked_for_again(self):
        s = self.from_a_shell("")
        s.wait("Password for user demo: $")
        s.type("wrong\r")
        s.wait("denied: the user name or password is incorrect")
        self.assertEqual(s.finish().code, LOGIN)

    def test_once_for_many_servers(self):
        s = self.screen("invoke-command", f"{HOST},localhost", "echo hello", "-Port", self.e.port,
                        "-Credential", "demo")
        s.wait("Password for user demo: $")
        s.type(PASSWORD + "\r")
        s.wait("hello\r\n.*hello\r\n")
        self.assertEqual(s.finish().code, OK)
        self.assertEqual(s.text.count("Password for"), 1)

    def test_nobody_to_ask(self):
        self.wrong(LOGIN, "no terminal .* -PasswordFile", name="'demo'")

"""enter-pssession and invoke-command on a terminal."""
import base64
import re
import tempfile
import time

from lib import (HOST, PATIENCE, PASSWORD, PSSESSION, SIGINT, SIGTERM, Case,       # noqa: F401
                 load_tests, needs_gss, needs_pwsh, representative, wait_for)

CTRL_C, CTRL_D, CTRL_Z = "\x03", "\x04", "\x1a"
PLAIN = r"(?:\r\n|\r\x1b\[K|\x1b\[0m)+"       # what may come before a prompt
PROMPT = r"\[127\.0\.0\.1\]: PS /[^\n]*> $"
NEXT = PLAIN + PROMPT


class Terminal(Case):
    def session(self, *options, shared=True, more=(), **kw):
        e = self.shared(*options) if shared else self.serve(*options)
        s = self.screen("enter-pssession", *e.to(), *more, **kw)
        s.wait("^" + PROMPT)
        return e, s

    def over(self, s, code=0):
        """It has ended, and the terminal is as it was."""
        s.finish()
        self.assertEqual(s.code, code, s.text[-500:])
        self.assertEqual(s.flags(), s.before)

    def leave(self, s, code=0):
        s.type("exit\r")
        self.over(s, code)


@needs_gss
class Session(Terminal):
    @representative
    def test_a_command_and_exit(self):
        _, s = self.session()
        s.type("echo hello\r")
        self.assertEqual(s.wait(NEXT).partition("[")[0], "echo hello\r\nhello\r\n")
        s.type("cd /usr\r")
        s.wait(r"\r\n\[127\.0\.0\.1\]: PS /usr> $")
        s.type("\r")
        s.wait(r"^\r\n\[127\.0\.0\.1\]: PS /usr> $")
        self.leave(s)
        self.assertTrue(s.text.endswith("exit\r\n"))

    def test_ways_out(self):
        for typed, code in (("exit 7\r", 7), ("Exit-PSSession\r", 0), (CTRL_D, 0),
                            ("false; exit 9\r", 9)):
            with self.subTest(typed):
                _, s = self.session()
                s.type(typed)
                self.over(s, code)
                self.assertTrue(s.text.endswith("\n"), s.text[-80:])

    def test_errors_and_colours(self):
        _, s = self.session()
        s.type("echo bad >&2\r")
        self.assertIn("bad", s.wait(NEXT))
        s.type("Write-Warning careful\r")
        self.assertIn("\x1b[33;1mWARNING: careful\x1b[0m", s.wait(NEXT))
        s.type("throw boom\r")
        self.assertIn("\x1b[31;1mError: boom\x1b[0m", s.wait(NEXT))
        self.leave(s)

    def test_no_color(self):
        for how in ({"NO_COLOR": "1"}, {"more": ["-NoColor"]}):
            with self.subTest(how):
                self.no_color(how)

    def no_color(self, how):
        _, s = self.session(**how)
        s.type("Write-Warning careful\r")
        s.wait(NEXT)
        s.type("Write-Progress p\r")
        s.wait(NEXT)
        self.leave(s)
        self.assertNotRegex(s.text, r"\x1b\[[0-9;]*m")

    def test_several_lines(self):
        _, s = self.session()
        s.type("for i in 1 2; do\r")
        s.wait(r"\r\n>> $")
        s.type("echo $i\r")
        s.wait(r"\r\n>> $")
        s.type("done\r")
        self.assertEqual(s.wait(NEXT).partition("[")[0], "done\r\n1\r\n2\r\n")
        self.leave(s)

    def test_ctrl_c_drops_several_lines(self):
        _, s = self.session()
        s.type("for i in 1 2; do\r")
        s.wait(r"\r\n>> $")
        s.type(CTRL_C)
        s.wait(NEXT)
        s.type("echo after\r")
        self.assertIn("\r\nafter\r\n", s.wait(NEXT))
        self.leave(s)

    @representative
    def test_ctrl_c_stops_a_command(self):
        e, s = self.session(shared=False)
        s.type("echo early; sleep 60\r")
        s.wait("early\r\n")
        s.type(CTRL_C)
        s.wait(NEXT)
        self.assertIn("crtl_c", e.signals())
        s.type("echo after\r")
        self.assertIn("\r\nafter\r\n", s.wait(NEXT))
        self.leave(s)

    def test_ctrl_c_stops_a_flood(self):
        _, s = self.session()
        s.type("flood 100000000\r")
        s.wait("\r\n1000\r\n")
        began = time.monotonic()
        s.type(CTRL_C)
        s.wait(NEXT)
        self.assertLess(time.monotonic() - began, PATIENCE / 4)
        self.leave(s)

    def test_ctrl_c_at_the_prompt(self):
        _, s = self.session()
        s.type("echo never")
        s.wait("never")
        s.type(CTRL_C)
        s.wait(NEXT)
        s.type("echo after\r")
        self.assertEqual(s.wait(NEXT).partition("[")[0], "echo after\r\nafter\r\n")
        self.leave(s)

    def test_read_host(self):
        _, s = self.session()
        s.type("Read-Host Name\r")
        s.wait("Name: $")
        s.type("Ada Löve\r")
        self.assertIn("Ada Löve\r\nAda Löve\r\n", s.wait(NEXT))
        self.leave(s)

    @representative
    def test_read_host_secure(self):
        _, s = self.session()
        s.type("Read-Host Secret -AsSecureString\r")
        s.wait("WARNING: A script or application on the remote computer 127.0.0.1 is sending a "
               "prompt request.*Secret: $")
        self.assertFalse(s.echoes())
        s.type("pä55\r")
        after = s.wait(NEXT)
        self.assertEqual(after.replace("*", "").partition("[")[0], "\r\npä55\r\n")
        self.leave(s)

    def test_ctrl_c_at_a_question(self):
        for question in ("Read-Host Name", "Read-Host Secret -AsSecureString"):
            with self.subTest(question):
                _, s = self.session()
                s.type(question + "\r")
                s.wait("(Name|Secret): $")
                s.type(CTRL_C)
                s.wait(NEXT)
                s.type("echo after\r")
                self.assertIn("\r\nafter\r\n", s.wait(NEXT))
                self.leave(s)

    def test_progress(self):
        _, s = self.session()
        s.type("Write-Progress Copying\r")
        shown = s.wait(NEXT)
        self.assertRegex(shown, r"\rCopying|\x1b\[33;1mCopying")
        self.assertIn("of 100", shown)
        self.assertRegex(shown, r"\r\x1b\[K(\x1b\[0m)?" + PROMPT)
        self.leave(s)

    def test_the_size_of_the_window(self):
        with tempfile.NamedTemporaryFile("rb") as trace:
            _, s = self.session("--trace", trace.name, shared=False, columns=77)
            s.resize(90, 25)
            s.type("echo a\r")
            s.wait("\r\na\r\n.*" + PROMPT)
            self.leave(s)
            sent = re.findall(rb"<(?:creationXml[^>]*|rsp:Arguments)>([^<]+)<", trace.read())
        widths = [re.findall(rb'N="width">(\d+)<', base64.b64decode(x)) for x in sent]
        self.assertEqual([set(w) for w in widths if w], [{b"77"}, {b"90"}])

    def test_signals_leave_the_terminal_as_it_was(self):
        for typed in ("", "sleep 60\r", "Read-Host Secret -AsSecureString\r"):
            for signo in (SIGTERM, 1):
                with self.subTest(typed=typed, signo=signo):
                    _, s = self.session()
                    s.type(typed)
                    if "Secure" in typed:
                        s.wait("Secret: $")
                    elif typed:
                        s.wait("\r\n")
                        time.sleep(0.1)
                    s.signal(signo)
                    self.over(s, 128 + signo)

    def test_the_server_goes(self):
        for typed in ("", "sleep 60\r", "Read-Host Secret -AsSecureString\r"):
            with self.subTest(typed):
                e, s = self.session(shared=False, more=(
                    "-SessionOption", "MaxConnectionRetryCount=0"))
                s.type(typed)
                if "Secure" in typed:
                    s.wait("Secret: $")
                elif typed:
                    s.wait("\r\n")
                    self.assertTrue(e.seen("Command", 2))
                e.kill()
                if not typed:            # it may have noticed already
                    s.type("echo a\r")
                self.over(s, 4)
                self.assertRegex(s.text, r"\r\n(\x1b\[[0-9;]*m)?WARNING: The connection to "
                                 r"127\.0\.0\.1 is lost[^\n]*\r\n")

    def test_the_password_is_asked_for(self):
        e = self.shared()
        s = self.screen("enter-pssession", HOST, "-Port", e.port, "-Credential", "demo")
        s.wait("PowerShell credential request\r\nEnter your credentials.\r\n"
               "Password for user demo: $")
        self.assertFalse(s.echoes())
        s.type(PASSWORD + "\r")
        s.wait(NEXT)
        self.assertNotIn(PASSWORD, s.text)
        self.leave(s)

    def test_a_console_of_a_rescue_system(self):
        """A serial line that no session owns: no /dev/tty, no size, no TERM, no home"""
        e = self.shared()
        s = self.screen("enter-pssession", HOST, "-Port", e.port, "-Credential", "demo",
                        job_control=False, columns=0, rows=0, TERM="", HOME="")
        s.wait("Password for user demo: $")
        self.assertFalse(s.echoes())
        s.type(PASSWORD + "\r")
        s.wait(NEXT)
        s.type("echo hello\r")
        self.assertIn("\r\nhello\r\n", s.wait(NEXT))
        self.leave(s)
        self.assertNotIn("\x1b", s.text)
        self.assertNotIn(PASSWORD, s.text)

    def test_ctrl_c_at_the_password(self):
        for typed in (CTRL_C, CTRL_D):
            s = self.screen("enter-pssession", HOST, "-Port", 1, "-Credential", "demo")
            s.wait("Password for user demo: $")
            s.type(typed)
            self.over(s, 130 if typed == CTRL_C else 3)

    def test_invoke_command_formats_for_the_window(self):
        e = self.serve()
        s = self.screen("invoke-command", *e.to(), "echo hello", columns=77)
        self.over(s)
        self.assertEqual(s.text, "hello\r\n")

    def test_ctrl_c_stops_invoke_command(self):
        e = self.serve()
        s = self.screen("invoke-command", *e.to(), "echo early; sleep 60")
        s.wait("early\r\n")
        s.type(CTRL_C)
        self.over(s, 130)
        self.assertIn("crtl_c", e.signals())

    def from_a_shell(self, *args):
        """Started by a shell with job control"""
        s = self.screen("-i", program="/bin/sh", PS1="sh> ", ENV="")
        s.wait("sh> $")
        s.type(" ".join([PSSESSION, *map(str, args)]) + "\r")
        return s

    def stop_and_go_on(self, s):
        """Ctrl+Z; the shell has the terminal as it was; fg"""
        s.type(CTRL_Z)
        s.wait("Stopped.*sh> $")
        self.assertEqual(s.flags(), s.before)
        s.type("fg\r")
        s.wait(r"fg\r\n[^\n]*\r\n")

    def test_ctrl_z_and_fg(self):
        s = self.from_a_shell("enter-pssession", *self.shared().to())
        s.wait(PROMPT)
        mode = s.flags()
        s.type("echo kept")
        s.wait("kept")
        self.stop_and_go_on(s)
        s.wait("^" + PROMPT[:-1] + "echo kept$")
        self.assertEqual(s.flags(), mode)
        s.type(" after\r")
        self.assertEqual(s.wait(NEXT).partition("[")[0], " after\r\nkept after\r\n")
        s.type("if true; then\r")
        s.wait(">> $")
        self.stop_and_go_on(s)
        s.wait(PROMPT[:-1] + "if true; then\r\n>> $")
        s.type("echo yes; fi\r")
        self.assertIn("\r\nyes\r\n", s.wait(NEXT))
        s.type("Read-Host Secret -AsSecureString\r")
        s.wait("Secret: $")
        self.stop_and_go_on(s)
        s.wait("Secret: $")
        self.assertFalse(s.echoes())
        s.type("pä55\r")
        self.assertIn("pä55", s.wait(NEXT))
        s.type("echo early; sleep 60\r")
        s.wait("early\r\n")
        self.stop_and_go_on(s)
        s.wait(r"^\r\x1b\[K$")            # it has the terminal
        s.type(CTRL_C)
        s.wait(NEXT)
        s.type("exit\r")
        s.wait("sh> $")
        s.type("exit\r")
        self.over(s)

    def test_ctrl_z_and_fg_at_the_password(self):
        s = self.from_a_shell("enter-pssession", HOST, "-Port", self.shared().port, "-Credential",
                              "demo")
        s.wait("Password for user demo: $")
        self.stop_and_go_on(s)
        s.wait("Password for user demo: $")
        self.assertFalse(s.echoes())
        s.type(PASSWORD + "\r")
        s.wait(PROMPT)
        s.type("exit\r")
        s.wait("sh> $")
        self.assertNotIn(PASSWORD, s.text)
        s.type("exit\r")
        self.over(s)

    def test_ctrl_z_where_nothing_can_stop(self):
        """Nobody would go on with it: what is typed stays, and secrets stay hidden."""
        _, s = self.session()
        s.type("echo kept")
        s.wait("kept")
        s.type(CTRL_Z)
        s.wait(PROMPT[:-1] + "echo kept$")
        s.type("\r")
        s.wait("\r\nkept\r\n.*" + PROMPT)
        s.type("Read-Host Secret -AsSecureString\r")
        s.wait("Secret: $")
        s.type(CTRL_Z)
        s.wait("^(\r\n)+Secret: $")
        self.assertFalse(s.echoes())
        s.type("pä55\r")
        self.assertIn("pä55", s.wait(NEXT))
        self.leave(s)

    def test_what_would_harm_the_terminal(self):
        _, s = self.session()
        s.type("printf 'a\\033]0;title\\007b\\033[6nc\\033Pq\\033\\\\d\\033[31mred\\033[0m\\n'\r")
        shown = s.wait(NEXT).partition("\r\n")[2]
        self.assertNotRegex(shown, "\x1b[^[]|\x07|\x1b\\[6n")
        self.assertIn("\x1b[31mred\x1b[0m", shown)
        self.leave(s)


@needs_gss
class Recorded(Terminal):
    """What real PowerShell said, replayed"""

    def replay(self, name):
        self.engine = "replay:" + name
        return self.session()[1]

    def test_choice(self):
        s = self.replay("interactive-hostcalls")
        s.type("$Host.UI.PromptForChoice('Title','Message',@('&Yes','&No'),1)\r")
        s.wait(r'Title.*\r\nMessage\r\n.*\[Y\] Yes .*\[N\] No .*\[\?\] Help \(default is "N"\): $')
        s.type("y\r")
        self.assertIn("\r\n0\r\n", s.wait(NEXT))
        self.leave(s)

    def test_credential(self):
        s = self.replay("interactive-credential")
        s.type("$c = Get-Credential -UserName bob -Message 'Sign in'; $c.UserName; "
               "$c.GetNetworkCredential().Password\r")
        s.wait("Sign in\r\n.*Password for user bob: $")
        self.assertFalse(s.echoes())
        s.type("s3cret\r")
        s.wait(r"bob\r\ns3cret" + NEXT)
        self.leave(s)


@needs_gss
@needs_pwsh
class PowerShell(Terminal):
    engine = "pwsh"

    def test_questions(self):
        _, s = self.session()
        s.type("$n = Read-Host Name; \"<$n>\"\r")
        s.wait("Name: $")
        s.type("Ada\r")
        s.wait("\r\n<Ada>" + NEXT)
        s.type("$s = Read-Host Secret -AsSecureString; "
               "[System.Net.NetworkCredential]::new('', $s).Password.Length\r")
        s.wait("Secret: $")
        self.assertFalse(s.echoes())
        s.type("pä55wörd\r")
        self.assertIn("\r\n8\r\n", s.wait(NEXT))
        s.type("$Host.UI.PromptForChoice('Title','Message',@('&Yes','&No'),1)\r")
        s.wait(r'\(default is "N"\): $')
        s.type("y\r")
        self.assertIn("\r\n0\r\n", s.wait(NEXT))
        s.type("$c = Get-Credential bob; $c.GetNetworkCredential().Password\r")
        s.wait("Password for user bob: $")
        s.type("s3cret\r")
        self.assertIn("\r\ns3cret\r\n", s.wait(NEXT))
        self.leave(s)

    def test_several_lines(self):
        _, s = self.session()
        for line in ("foreach ($i in 1..2) {", "$i"):
            s.type(line + "\r")
            s.wait(r"\r\n>> $")
        s.type("}\r")
        self.assertEqual(s.wait(NEXT).partition("[")[0], "}\r\n1\r\n2\r\n")
        self.leave(s)

    def test_the_size_of_the_window(self):
        _, s = self.session(columns=77)
        s.type("$Host.UI.RawUI.WindowSize.Width\r")
        self.assertIn("\r\n77\r\n", s.wait(NEXT))
        s.resize(90, 25)
        s.type("$Host.UI.RawUI.WindowSize.Width\r")
        self.assertIn("\r\n90\r\n", s.wait(NEXT))
        self.leave(s)

    def test_ctrl_c(self):
        e, s = self.session(shared=False)
        s.type("'early'; Start-Sleep 60\r")
        s.wait("early\r\n$")
        s.type(CTRL_C)
        s.wait(NEXT)
        self.assertIn("crtl_c", e.signals())
        s.type("while ($true) { ($i++) }\r")
        s.wait("\r\n100\r\n")
        s.type(CTRL_C)
        s.wait(NEXT)
        s.type("Read-Host Name\r")
        s.wait("Name: $")
        s.type(CTRL_C)
        s.wait(NEXT)
        self.leave(s)

    def test_prompts_and_exits(self):
        _, s = self.session()
        s.type("function prompt { 'here> ' }\r")
        s.wait(r"\r\n\[127\.0\.0\.1\]: here> $")
        s.type("function prompt { throw 'x' }\r")
        s.wait(r"\r\n\[127\.0\.0\.1\]: PS>$")
        s.type("& { exit 5 }\r")
        self.over(s, 5)

    def test_errors(self):
        _, s = self.session()
        s.type("Get-Item /nosuch\r")
        self.assertIn("Cannot find path '/nosuch' because it does not exist.", s.wait(NEXT))
        s.type("throw 'x'\r")
        self.assertIn("Error: x", s.wait(NEXT))
        s.type("Write-Host red -ForegroundColor Red\r")
        self.assertRegex(s.wait(NEXT), r"\x1b\[[0-9;]*m\x1b?.*red")
        self.leave(s)

"""enter-pssession where the server's debugger stops a command, and where it runs no scripts."""
import os

from lib import Case, ENV, load_tests, needs_gss, needs_pwsh, representative  # noqa: F401
from endpoint import engines
import stdio_lib

CTRL_C, CTRL_D = "\x03", "\x04"
AT_PROMPT = r"\]: PS /[^\n]*> $"
STOPPED = r"\[DBG\]: PS /[^\n]*>>? $"    # see below
SCRIPT = "function f { 'in'; Wait-Debugger; 'a'; 'b' }; f; 'end'"


class Stopped:
    def test_steps(self):
        s = self.entered()
        s.type(SCRIPT + "\r")
        said = s.wait(STOPPED)
        # After a step the server may set $nestedPromptLevel to 1 before it sets it to 0 for the
        # stop that is over; then it is 0, and the prompt ends in >, until the next one.
        self.assertRegex(said, ">> $")
        self.assertIn("in\r\n", said)
        self.assertIn("Entering debug mode. Use h or ? for help.", said)
        self.assertRegex(said, r"At line:1 char:\d+\r\n\+ function f[^\n]*\r\n"
                         r"\+ +~+(\x1b\[[\d;]*m)?\r\n")
        for typed, want in (("1+1", "\r\n2\r\n"), ("l", r"1:\* function f"), ("?", "s, stepInto"),
                            ("k", r"\nf +\{\} "), ("throw 'x'", "Error: x"),
                            ("s", r"~~~[^~]*$"), ("", r"a\r\n")):
            s.type(typed + "\r")
            self.assertRegex(s.wait(STOPPED).partition("[DBG]")[0], want, typed)
        s.type("c\r")
        self.assertRegex(s.wait(AT_PROMPT), r"b\r\n(.*\n)*.*end\r\n")
        s.type("Get-History | ForEach-Object { \"<$($_.CommandLine)>\" }\r")
        history = s.wait(AT_PROMPT)
        for line in (SCRIPT, "1+1"):
            self.assertEqual(history.count(f"<{line}>"), 1, history)
        self.assertNotRegex(history, "<.*prompt.*>")
        self.leave(s)

    def test_ways_out(self):
        for typed, ended in (("c", True), ("q", False), ("exit", True), (CTRL_D, True)):
            with self.subTest(typed):
                s = self.entered()
                s.type(SCRIPT + "\r")
                s.wait(STOPPED)
                s.type(typed if typed == CTRL_D else typed + "\r")
                self.assertEqual("end\r\n" in s.wait(AT_PROMPT), ended)
                self.leave(s)

    def test_ctrl_c(self):
        s = self.entered()
        s.type(SCRIPT + "\r")
        s.wait(STOPPED)
        s.type("'early'; Start-Sleep 60\r")
        s.wait("early\r\n")
        s.type(CTRL_C)
        s.wait(STOPPED)
        s.type("never")
        s.wait("never")
        s.type(CTRL_C)
        s.wait(STOPPED)
        s.type("c\r")
        self.assertIn("end\r\n", s.wait(AT_PROMPT))
        self.leave(s)

    def test_breakpoints(self):
        s = self.entered()
        s.type("$null = Set-PSBreakpoint -Command Get-Date; $null = Get-Date; 'end'\r")
        self.assertIn("Hit Command breakpoint on 'Get-Date'\r\n\r\nAt line:1", s.wait(STOPPED))
        s.type("c\r")
        self.assertIn("end\r\n", s.wait(AT_PROMPT))
        self.leave(s)

    def leave(self, s):
        s.type("exit\r")
        self.assertEqual(s.finish().code, 0)


@needs_pwsh
class OverStdio(Stopped, stdio_lib.Case):
    def entered(self):
        self.stdio("--engine", "pwsh")
        s = self.enter_screen()
        s.wait(AT_PROMPT)
        return s


@needs_gss
@needs_pwsh
class OverWsman(Stopped, Case):
    engine = "pwsh"

    def entered(self):
        s = self.screen("enter-pssession", *self.shared().to())
        s.wait(AT_PROMPT)
        return s


@needs_pwsh
class Away(stdio_lib.Case):
    def test_a_script_in_a_session_that_was_entered_does_not_wait(self):
        ENV["PSSESSION_DIR"] = os.path.join(self.dir, "k")
        self.addCleanup(ENV.pop, "PSSESSION_DIR")
        self.stdio("--engine", "pwsh")
        self.check(self.run_client("new-pssession", "-HostName", self.host), 0, None)
        try:
            self.check(self.run_client("enter-pssession", "1", stdin=b"1+1\n"), 0, "2\n")
            self.check(self.run_client("invoke-command", "-Session", "1", "-ScriptBlock",
                                       "Wait-Debugger; 'through'"), 0, "through\n")
        finally:
            self.run_client("remove-pssession", "1")


class NoScripts(stdio_lib.Case):
    """The endpoint's stand-in"""
    def run_lines(self, *lines):
        return self.run_client("enter-pssession", "-HostName", self.host,
                               stdin="".join(x + "\n" for x in lines).encode())

    def setUp(self):
        super().setUp()
        self.stdio("--engine", "jea")

    def test_commands_are_sent_as_such(self):
        c = self.run_lines("echo one 'two  three' 5", "Write-Error bad", "echo a | cat")
        self.assertEqual(c.out, "one two three 5\na\n")
        self.assertIn("bad", c.err)
        sent = [e["text"] for e in self.events() if e["event"] == "pipeline"]
        self.assertEqual(sent[1:], ["echo one two  three 5 | Out-Default",
                                    "Write-Error bad | Out-Default", "echo a | cat | Out-Default"])

    def test_scripts_are_refused_and_not_sent(self):
        for line, why in (("echo $x", "variables"), ("(echo)", "expressions"),
                          ("echo 1; echo 2", "several statements"), ("echo > x", "redirections")):
            with self.subTest(line):
                self.stdio("--engine", "jea")
                c = self.run_lines(line)
                self.assertRegex(c.err, "^The session configuration of '[^']*' runs commands, but "
                                 f"no scripts: {why}.* cannot be used there.\n$")
                self.assertEqual(c.code, 1)
                self.assertEqual(len([e for e in self.events() if e["event"] == "pipeline"]), 1)

    @representative
    def test_one_round_trip_and_a_prompt(self):
        s = self.enter_screen()
        s.wait(r"\]: PS>$")
        s.type("echo one\r")
        self.assertRegex(s.wait(r"\]: PS>$"), "one\r\n")
        s.type("\r# nothing\r")
        s.wait(r"\]: PS>[^>]*\]: PS>$")
        s.type("exit\r")
        self.assertEqual(s.finish().code, 0)
        self.assertEqual(len([e for e in self.events() if e["event"] == "pipeline"]), 2)


@needs_pwsh
class RestrictedServer(stdio_lib.Case):
    """Real PowerShell's NoLanguage"""
    mode = "NoLanguage"

    def setUp(self):
        super().setUp()
        file = os.path.join(self.dir, "x.pssc")
        with open(file, "w", encoding="ascii") as f:
            f.write("@{ SchemaVersion = '2.0.0.0'; GUID = 'f3cfe97d-e531-49e2-bbcf-54dd1fbebdc9'; "
                    f"SessionType = 'RestrictedRemoteServer'; LanguageMode = '{self.mode}'; "
                    "VisibleCmdlets = 'Get-Date', 'Get-Culture', 'Write-Output' }")
        self.ssh_is(f"exec {engines.pwsh_path()} -NoLogo -NoProfile -s -ConfigurationFile {file}")

    def run_lines(self, *lines):
        return self.run_client("enter-pssession", "-HostName", self.host,
                               stdin="".join(x + "\n" for x in lines).encode())

    def test_lines(self):
        c = self.run_lines("Get-Date -Date:'2020-02-03' -Format yyyy", "Write-Output a,'b c' 5",
                           "Write-Output $true | Measure-Object", "Get-Date -Nosuch", "Get-Nosuch",
                           "Write-Output $x", "1+1")
        self.assertRegex(c.out, r"^2020\na\nb c\n5\n\nCount +: 1\n")
        self.assertRegex(c.err, r"(?s)'Nosuch'.*'Get-Nosuch'.*variables.*expressions")


class RestrictedLanguage(RestrictedServer):
    mode = "RestrictedLanguage"


class ConstrainedLanguage(RestrictedServer):
    """Runs scripts"""
    mode = "ConstrainedLanguage"

    def test_lines(self):
        self.check(self.run_lines("$x = 5; $x + 1"), 0, "6\n")

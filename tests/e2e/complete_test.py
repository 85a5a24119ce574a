"""Tab in enter-pssession, on a real terminal emulator."""
import os
import signal
import time

from endpoint import engines
from lib import (ENV, PSSESSION, load_tests, needs_pwsh, only_plain, representative,  # noqa: F401
                 wait_for)
import stdio_lib
from tmux_lib import Terminal, needs_tmux

PROMPT = r"^\[alice@server01\]: PS[^\n]*> ?"


class Typed(stdio_lib.Case):
    def entered(self, *options, **kw):
        if options:
            self.stdio(*options)
        ENV["PSSESSION_HISTORY"] = ""
        self.addCleanup(ENV.pop, "PSSESSION_HISTORY")
        t = Terminal(PSSESSION, "enter-pssession", "-HostName", self.host, **kw)
        self.addCleanup(t.close)
        t.wait(PROMPT + "$")
        return t

    def tab(self, t, typed):
        t.type(typed)
        t.keys("Tab")

    def line(self, t, text):
        """What stands behind the last prompt"""
        return t.wait(PROMPT + text + r"\s*\Z")

    def pipelines(self):
        return [e["text"] for e in self.events() if e["event"] == "pipeline"]

    def leave(self, t):
        t.keys("C-u")
        t.enter("exit")
        t.wait("Pane is dead")


@needs_tmux
class Tab(Typed):
    @representative
    def test_one_match_is_taken_at_once(self):
        t = self.entered("--engine", "sh")
        self.tab(t, "echo 1 | get-da")
        self.line(t, r"echo 1 \| Get-Date")
        t.enter("x")
        t.wait(r"(?s)Get-Datex.*" + PROMPT + r"\Z")
        asked, = [e for e in self.events() if e["event"] == "completion"]
        self.assertEqual((asked["text"], asked["column"]), ("echo 1 | get-da", 15))
        self.assertIn("echo 1 | Get-Datex | Out-Default", self.pipelines())
        self.leave(t)

    def test_what_all_begin_with_and_then_a_menu(self):
        t = self.entered("--engine", "sh")
        self.tab(t, "get-con")
        self.line(t, "Get-Cont")
        t.keys("Tab")
        t.wait(PROMPT + r"Get-Content\nGet-Content +Get-Control$")
        t.keys("Tab")
        t.wait(PROMPT + r"Get-Control\nGet-Content +Get-Control$")
        self.assertIn("\x1b[7mGet-Control", t.text(colors=True))
        t.keys("BTab")
        t.wait(PROMPT + r"Get-Content\n")
        t.keys("Enter")                                  # takes it, runs nothing
        self.line(t, "Get-Content")
        t.keys("C-u")
        self.tab(t, "get-c")
        t.wait(PROMPT + r"Get-ChildItem\n.*\nGet-ChildItem \[\[-Path\] <string\[\]>\]$")
        t.keys("Right")
        t.wait(PROMPT + r"Get-Content\n")
        t.keys("C-g")
        self.line(t, "get-c")
        t.keys("BTab")
        t.wait(PROMPT + r"Get-Control\n")
        t.keys("Escape")
        self.line(t, "get-c")
        self.assertEqual([p for p in self.pipelines() if p.endswith("Out-Default")], [])
        self.leave(t)

    def test_quotes_and_columns_beyond_ascii(self):
        t = self.entered("--engine", "sh")
        self.tab(t, "echo é😀 '/tmp/a")
        self.line(t, "echo é😀 '/tmp/a b'")
        t.keys("Enter")
        t.wait("^é😀 /tmp/a b$")
        self.leave(t)

    def test_what_would_harm_the_terminal(self):
        t = self.entered("--engine", "sh")
        t.type("get-")
        t.keys("BTab")
        self.assertNotRegex(t.wait(r"Get-ChildItem +Get-Content +Get-Date +Get-Control$"), "2J")
        self.assertNotEqual(t.shown("pane_title"), "title")
        self.leave(t)

    def test_what_is_typed_before_the_answer_stands_behind_it(self):
        t = self.entered("--engine", "sh")
        t.type("get-da")
        t.keys("Tab", "Space", "-", "x", "Left", "BSpace")
        self.line(t, "Get-Date x")
        t.keys("End", "C-u")
        t.type("get-con")
        t.keys("Tab", "Tab", "Down", "y")
        self.line(t, "Get-Controly")
        self.leave(t)

    def test_a_slow_server_does_not_keep_the_user_from_typing(self):
        t = self.entered("--engine", "sh")
        t.type("slow")
        began = time.monotonic()
        t.keys("Tab", "C-c")
        self.line(t, "")
        self.tab(t, "slow")
        t.type("; echo typed")
        self.line(t, "slow; echo typed")
        t.keys("C-u")
        t.enter("echo then")
        t.wait("^then$")
        self.assertLess(time.monotonic() - began, 15)
        self.leave(t)

    def test_a_signal_ends_the_line_that_is_being_completed(self):
        t = self.entered("--engine", "sh")
        self.tab(t, "echo a long line; slow")
        self.assertTrue(wait_for(lambda: any(e["event"] == "completion" for e in self.events())))
        os.kill(int(t.shown("pane_pid")), signal.SIGINT)
        self.line(t, "")
        self.tab(t, "get-da")
        self.line(t, "Get-Date")
        self.leave(t)

    def test_a_server_that_is_too_slow_is_not_waited_for(self):
        t = self.entered("--engine", "sh")
        self.tab(t, "slow")
        time.sleep(2.3)                                  # its time is over
        t.type("x")
        t.keys("C-u")
        self.tab(t, "get-da")
        self.line(t, "Get-Date")
        self.leave(t)

    def test_a_dumb_terminal_gets_a_list(self):
        t = self.entered("--engine", "sh", term="dumb")
        self.tab(t, "get-con")
        self.line(t, "Get-Cont")
        t.keys("Tab")
        t.wait(r"^Get-Content +Get-Control\n" + PROMPT + "Get-Cont")
        self.leave(t)

    def test_a_small_screen(self):
        t = self.entered("--engine", "sh", columns=40, rows=5)
        self.tab(t, "get-c")
        t.wait(r"Get-ChildItem")
        t.keys("Tab")
        t.wait(r"Get-Content")
        t.keys("C-g")
        t.wait(r"get-c$")
        self.leave(t)


@needs_tmux
class ByNames(Typed):
    """No TabExpansion2 there"""
    def test_commands_and_parameters(self):
        t = self.entered("--engine", "jea")
        self.tab(t, "get-co")
        self.line(t, "Get-Command")
        self.tab(t, " -N")
        t.wait(PROMPT + r"Get-Command -Name\nName +Noun$")
        t.keys("Down")
        t.wait(PROMPT + r"Get-Command -Noun\n")
        t.type(" x")
        self.line(t, "Get-Command -Noun x")
        self.leave(t)
        self.assertEqual([p.split(" ")[0] for p in self.pipelines()].count("TabExpansion2"), 1)


@needs_tmux
@needs_pwsh
class PowerShell(Typed):
    def test_real_completions(self):
        t = self.entered("--engine", "pwsh", columns=100)
        with open(os.path.join(self.dir, "it's ünïcode"), "w", encoding="ascii"):
            pass
        for typed, want in (("Get-ChildI", "Get-ChildItem"),
                            ("get-item -lit", "get-item -LiteralPath"),
                            ("$psversiont", r"\$PSVersionTable"),
                            ("$é = '😀'; Get-Dat", r"\$é = '😀'; Get-Date"),
                            ("(1).getty", r"\(1\).GetType"),
                            (f"cat {self.dir}/it", f"cat '{self.dir}/it''s ünïcode'")):
            with self.subTest(typed):
                t.type(typed)
                t.keys("Tab")
                self.line(t, want)
                t.keys("C-u")
        t.enter("Get-History | ForEach-Object { $_.CommandLine }")
        t.wait(PROMPT + r"\Z")
        t.enter("Get-History | ForEach-Object { \"<$($_.CommandLine)>\" }")
        text = t.wait(r"(?s)<Get-History.*>.*" + PROMPT + r"\Z")
        self.assertNotIn("TabExp", text)
        self.assertNotIn("<prompt>", text)
        self.leave(t)

    def test_while_the_debugger_has_stopped_a_command(self):
        t = self.entered("--engine", "pwsh", columns=100)
        t.enter("& { $inside = 1; Wait-Debugger; 'end' }")
        t.wait(r"\[DBG\]: PS.*>> $|\[DBG\]: PS.*>>$")
        self.tab(t, "$insi")
        t.wait(r"\[DBG\]: PS.*>> \$inside$")
        t.keys("C-u")
        t.type("2 + 3; Get-Dat")
        t.keys("Tab", "Enter")                           # which waits for it
        t.wait(r"> 2 \+ 3; Get-Date\n5\n")
        t.wait(r"\[DBG\]: PS.*>>$")
        t.enter("c")
        t.wait("^end$")
        self.leave(t)

    def test_where_nothing_but_commands_is_visible(self):
        file = os.path.join(self.dir, "x.pssc")
        with open(file, "w", encoding="ascii") as f:
            f.write("@{ SchemaVersion = '2.0.0.0'; GUID = 'f3cfe97d-e531-49e2-bbcf-54dd1fbebdc9'; "
                    "SessionType = 'RestrictedRemoteServer'; VisibleCmdlets = 'Get-Date' }")
        self.ssh_is(f"exec {engines.pwsh_path()} -NoLogo -NoProfile -s -ConfigurationFile {file}")
        t = self.entered()
        self.tab(t, "get-da")
        self.line(t, "Get-Date")
        self.tab(t, " -for")
        self.line(t, "Get-Date -Format")
        t.enter(" yyyy")
        t.wait("^20..$")
        self.leave(t)

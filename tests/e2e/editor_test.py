"""The line editor of enter-pssession, on a real terminal emulator."""
import os
import re
import tempfile

from lib import (PSSESSION, Case, load_tests, needs_gss, only_plain,    # noqa: F401
                 wait_for)
from tmux_lib import Terminal, needs_tmux

SIZES = ((80, 24), (20, 5), (200, 60))
TERMS = "xterm-256color", "linux", "vt100", "dumb"
PROMPT = "[127.0.0.1]: PS />"


@needs_gss
@needs_tmux
@only_plain
class Editor(Case):
    def terminal(self, *size, term="xterm-256color", more=(), **env):
        columns, rows = size or SIZES[0]
        t = Terminal(PSSESSION, "enter-pssession", *self.shared().to(), *more, columns=columns,
                     rows=rows, term=term, **env)
        self.addCleanup(t.close)
        t.wait(r"^\[")
        t.enter("cd /")
        t.wait(r"\] *: PS />$|PS />$")
        return t

    def clear(self, t):
        t.keys("C-l")
        t.wait(r"\A" + re.escape(PROMPT) + r"\Z")

    def over(self, t):
        """tmux does not always notice."""
        def ended():
            try:
                with open(f"/proc/{pid}/stat", encoding="ascii") as f:
                    return f.read().rpartition(")")[2].split()[0] == "Z"
            except (FileNotFoundError, ProcessLookupError):
                return True
        pid = t.shown("pane_pid")
        self.assertTrue(wait_for(ended), t.text())

    def leave(self, t):
        t.keys("C-c")
        t.enter("exit")
        self.over(t)

    def test_editing_everywhere(self):
        for size in SIZES:
            for term in TERMS:
                with self.subTest(size=size, term=term):
                    t = self.terminal(*size, term=term)
                    t.type("echo hallo")
                    t.keys("Left", "Left", "Left", "Left", "BSpace")
                    t.type("=j")
                    t.keys("Home", "C-f", "C-b", "End", "BSpace")
                    t.enter("y")
                    t.wait("^=jally$|^h?=jally$")
                    t.keys("Up")
                    t.wait(r"=jally\Z")
                    t.keys("C-u", "C-y", "C-w")
                    t.enter("done")
                    t.wait("^done$")
                    self.leave(t)
                    self.assertNotIn("^[", t.text())

    def test_a_line_longer_than_the_screen(self):
        for size in SIZES[:2]:
            for term in TERMS[:3]:
                with self.subTest(size=size, term=term):
                    t = self.terminal(*size, term=term)
                    self.clear(t)
                    words = " ".join(f"w{i}" for i in range(100))
                    t.type("echo " + words)
                    t.wait("99$")
                    t.keys("Home")
                    if size[0] == 80:
                        t.wait(r"\A\[127.0.0.1\]: PS /> echo w0 w1 ")
                    t.keys("C-f", "C-f", "C-f", "C-f")
                    t.type("x")
                    t.keys("BSpace", "End")
                    t.enter("!")
                    t.wait("w99!\n")
                    text = t.text().replace("\n", "")
                    self.assertIn("w95 w96 w97 w98 w99!", text)
                    self.leave(t)

    def test_wide_and_combined_characters(self):
        t = self.terminal()
        self.clear(t)
        t.type("echo 漢字 e\u0301 👨\u200d👩\u200d👧 x")
        t.wait("x$")
        t.keys("Left", "BSpace", "BSpace", "Left", "BSpace")
        t.type("a")
        t.keys("End")
        self.assertEqual(t.wait("a x$"), PROMPT + " echo 漢字 a x")
        self.leave(t)

    def test_a_block(self):
        t = self.terminal()
        self.clear(t)
        t.enter("for i in 1 2; do")
        t.wait("^>>$")
        t.enter("echo $i")
        t.wait("^>>\n*\\Z")
        t.keys("Up", "Up", "End", "Left", "Left", "Left", "Left")
        t.type(" 3")
        t.keys("Down", "Down", "End")
        t.enter("done")
        self.assertTrue(t.wait(r"^3\n\[").startswith(
            PROMPT + " for i in 1 2 3; do\n>> echo $i\n>> done\n1\n2\n3\n" + PROMPT))
        self.clear(t)
        t.keys("Up")
        self.assertEqual(t.wait("done$"), PROMPT + " for i in 1 2 3; do\n>> echo $i\n>> done")
        self.leave(t)

    def test_search_and_a_history_that_stays(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "state", "history")
            t = self.terminal(PSSESSION_HISTORY=path)
            t.enter("echo found me")
            t.wait("^found me$")
            t.enter("echo my secret")
            t.wait("^my secret$")
            self.leave(t)
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
            with open(path, encoding="utf-8") as f:
                self.assertEqual(f.read(), "".join(
                    f"127.0.0.1\t{line}\n" for line in ("cd /", "echo found me", "exit")))
            t = self.terminal(PSSESSION_HISTORY=path)
            t.keys("C-r")
            t.type("FOUND")
            t.wait("^bck-i-search: FOUND_$")
            t.keys("Enter")
            t.wait("^found me$")
            self.leave(t)

    def test_what_the_history_suggests(self):
        for term in TERMS[:2]:
            with self.subTest(term=term):
                t = self.terminal(term=term)
                t.enter("echo one two three")
                t.wait("^one two three$")
                self.clear(t)
                t.type("ech")
                t.wait(r"ech\x1b\[2mo one two three", colors=True)
                self.assertEqual(t.shown("cursor_x"), str(len(PROMPT + " ech")))
                t.keys("M-f")
                t.type(" ")
                t.keys("M-f")
                t.type("!")
                t.wait("> echo one!$")
                t.keys("BSpace", "Right", "Enter")
                t.wait(r"> echo one two three\none two three\n\[")
                t.type("echo one")
                t.wait(r"echo one two three\Z")
                t.keys("Enter")                          # what is dim was not typed
                t.wait(r"> echo one\none\n\[")
                self.leave(t)
        for term, env in (("vt100", {}), ("dumb", {}), (TERMS[0], {"PSSESSION_SUGGESTIONS": ""})):
            with self.subTest(term=term):
                t = self.terminal(term=term, **env)
                t.type("c")
                t.keys("End")
                t.type("!")
                t.wait("> c!$")
                self.leave(t)

    def test_suggestions_of_several_rows(self):
        t = self.terminal(20, 5)
        line = PROMPT + " echo " + "words " * 20
        t.enter(line.partition("> ")[2])
        t.wait(r"words\n\[[^>]*>\Z")
        self.clear(t)
        t.type("echo")
        rows = "\n".join(line[i:i + 20].rstrip() for i in range(0, 100, 20))
        self.assertEqual(t.wait("words$"), rows)
        t.type("!")
        self.assertEqual(t.wait("!$"), PROMPT + " e\ncho!")
        self.leave(t)

    def test_a_new_size(self):
        t = self.terminal()
        self.clear(t)
        t.type("echo " + "0123456789" * 9)
        t.wait("789$")
        for columns in (40, 100, 80):
            t.resize(columns, 24)
            t.wait(r"\A\[127.0.0.1\]: PS /> echo 0123456789")
            t.type("x")
            self.assertTrue(t.wait("x$").startswith(PROMPT + " echo 0"), t.text())
        self.leave(t)

    def test_what_is_pasted_waits(self):
        t = self.terminal()
        self.clear(t)
        t.tmux("set-buffer", "echo one\necho two\n~.\n")
        t.tmux("paste-buffer", "-p")
        self.assertEqual(t.wait(">> ~.\n>>"), PROMPT + " echo one\n>> echo two\n>> ~.\n>>")
        t.keys("BSpace", "BSpace", "BSpace", "BSpace", "Enter")
        t.wait("^one\ntwo$")
        self.leave(t)

    def test_typed_ahead(self):
        t = self.terminal()
        self.clear(t)
        t.enter("sleep 1; echo first")
        t.enter("echo second")
        t.type("echo third")
        self.assertEqual(t.wait("third$").split("\n"), [
            PROMPT + " sleep 1; echo first", "first", PROMPT + " echo second", "second",
            PROMPT + " echo third"])
        self.leave(t)

    def test_escapes(self):
        t = self.terminal()
        t.type("~/x")
        t.wait("~/x$")
        t.keys("C-c")
        t.type("~?")
        t.wait(r"^~. leaves at once.*\n(.*\n)?\[127.0.0.1\]: PS />$")
        t.type("~d")
        t.wait("only a session that new-pssession has made can be disconnected")
        t.enter("sleep 60")
        t.type("~.")
        self.over(t)
        t = self.terminal(more=("-EscapeCharacter", "none"))
        t.type("~.")
        t.wait("~.$")
        self.leave(t)

    def test_a_stop_keeps_the_text(self):
        t = Terminal("/bin/sh", "-i", PS1="sh> ", ENV="")
        self.addCleanup(t.close)
        t.enter(" ".join(map(str, (PSSESSION, "enter-pssession", *self.shared().to()))))
        t.wait("PS [^>]*>$")
        t.type("echo kept")
        t.keys("Left", "C-z")
        t.wait("Stopped")
        t.enter("fg")
        t.wait("PS [^>]*> echo kept$")
        t.enter("x")
        t.wait("^kepxt$")
        t.enter("exit")
        t.wait("^sh>$")

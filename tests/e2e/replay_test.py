"""Every recorded session that has a screen, replayed through the whole binary: the same is typed,
the same must be seen. Wanted differences stand here, each with its reason."""
import glob
import os
import re

from endpoint import engine_replay
from lib import load_tests, needs_gss, needs_pwsh, representative        # noqa: F401
from stdio_lib import AT_PROMPT, Case, shown

SCREENS = {os.path.basename(f)[:-len(".screen")]: f
           for f in sorted(glob.glob(engine_replay.FOLDER + "/*.screen"))}
NOISE = r'An unknown element "" was received\.[^\n]*'
REDRAWN = "PowerShell without PSReadLine draws the line again with each key"

# name: (pattern, what stands there on our screen, why); each must be found
ENTERED = {
    "": [(r"\APS /home/alice> Enter-PSSession [^\n]*\n", "", "the shell we come from has no part"),
         (rf"(\nPS /home/alice> )?{NOISE}(\nPS /home/alice> )?\n?\Z", "",
          "noise of PowerShell's client, and the shell we come back to")],
    "interactive-formatting": [(r"> ''[^\n]*('🦀 [^\n']*'\n)", r"> \1", REDRAWN)],
    "interactive-hostcalls": [("Name: AA[^\n]*", "Name: Ada Löve", REDRAWN)],
    "interactive-progress": [(r"Copying \[file 1.*?9s\] +", "",
                              "the bar is taken away when the command is over"),
                             ("eexexiexit", "exit", REDRAWN)],
}
# what is typed when a question is on the screen
ANSWERS = {
    "interactive-ctrlc": [("\n1\r\n", "\x03")],
    "interactive-credential": [("user bob: ", "s3cret\n")],
    "interactive-hostcalls": [("\nName: ", "Ada Löve\n"), ("\nSecret: ", "pä55word\n"),
                              (r'"N"\): ', "y\n")],
}
RECORDS = "what is no result goes to stderr"
# of stdout, then "--stderr--" and stderr
INVOKED = {
    "": [(rf"{NOISE}\n", "", "noise of PowerShell's client")],
    "invoke-args-input": [(r"\Ax-.*?(?=6\n\n--)", "", "of sessions that were not recorded")],
    "invoke-nohost-prompt": [("x: \n", "", RECORDS), (r"--stderr--\n", r"\g<0>x: \n", RECORDS)],
    "invoke-parse-error": [(r'MethodInvocationException: .*?operator\."\n', "",
                            "the client's own try to make a script block of it")],
    "invoke-streams": [("WARNING: w\nVERBOSE: v\nDEBUG: d\n", "", RECORDS),
                       (r"boom\n", r"\g<0>WARNING: w\nVERBOSE: v\nDEBUG: d\na: s\n",
                        "and progress is a line where there is no terminal")],
    "invoke-types": [("Infinity.*?(?=--stderr)", "",
                      "objects are formatted by the server, which a recording cannot do")],
    "session-state": [(r"\nState  .*?SSH\n\n", "", "a table of the local side, not in this issue")],
}
CODES = {"interactive-exit-code": 7, "invoke-parse-error": 1, "invoke-streams": 1,
         "invoke-terminating": 1, "invoke-types": 1}


def expected(name, differences):
    with open(SCREENS[name], encoding="utf-8") as f:
        text = f.read()
    for pattern, ours, why in differences[""] + differences.get(name, []):
        text, n = re.subn(pattern, ours, text, flags=re.S)
        assert n, f"{name} no longer differs: {why}"
    return text


def typed(name):
    """The lines at the prompts; Exit-PSSession was typed as exit, an empty line ended a command of
    several lines. Alt+Enter breaks them, so that no server is asked whether they are complete."""
    lines, before = [], None
    for p in engine_replay.load(name).pipelines:
        text = p.request.history
        if text in ("", "prompt"):
            continue
        if before and text.startswith(before + "\n"):
            lines.append(text[len(before) + 1:].replace("\n", "\x1b\r") + "\x1b\r")
        else:
            lines.append("exit" if text == "Exit-PSSession" else text)
        before = text
    return lines


def script(name):
    first = engine_replay.load(name).pipelines[-1].request.statements[0][0]
    return first.text if first.is_script else first.line()


class Replay(Case):
    maxDiff = None

    def play(self, name, screen):
        """Types everything at its time; gives the screen."""
        answers, lines = list(ANSWERS.get(name, ())), typed(name)
        while lines:
            questions = "".join(f"|{q}$" for q, _ in answers[:1])
            got = screen.wait(AT_PROMPT + r"|\n>> $" + questions)
            if re.search(AT_PROMPT + r"|\n>> $", got):
                screen.type(lines.pop(0) + "\n")
            else:
                screen.type(answers.pop(0)[1])
        self.assertEqual(screen.finish().code, CODES.get(name, 0))
        return shown(screen.text).rstrip("\n")

    def entered(self, name):
        self.stdio("--engine", "replay:" + name)
        screen = self.enter_screen()
        self.assertEqual(self.play(name, screen), expected(name, ENTERED).rstrip("\n"))
        if name == "interactive-progress":
            self.assertIn("Copying", screen.text)

    def entered_wsman(self, name):
        e = self.serve(engine="replay:" + name)
        got = self.play(name, self.screen("enter-pssession", *e.to()))
        got = got.replace("[127.0.0.1]", "[alice@server01]").replace("127.0.0.1", "SERVER01")
        self.assertEqual(got, expected(name, ENTERED).rstrip("\n"))

    def compare(self, name, client):
        self.assertEqual(client.code, CODES.get(name, 0))
        out, err = re.split(r"\n?--stderr--\n", expected(name, INVOKED))
        got = client.out[:client.out.index("INF")] if name == "invoke-types" else client.out
        self.assertEqual((got.rstrip("\n"), client.err), (out.rstrip("\n"), err))

    def invoked(self, name):
        self.stdio("--engine", "replay:" + name)
        self.compare(name, self.invoke_host(script(name)))

    def invoked_wsman(self, name):
        e = self.serve(engine="replay:" + name)
        self.compare(name, self.invoke(e, script(name)))

    def invoked_pwsh(self, name):
        """No replay: the same script run by a real PowerShell."""
        self.stdio("--engine", "pwsh")
        self.compare(name, self.invoke_host(script(name)))


def add(how, name, decorate=lambda test: test):
    def test(self):
        getattr(self, how)(name)
    setattr(Replay, f"test_{name.replace('-', '_')}_{how}", decorate(test))


VALGRIND = ("interactive-hostcalls", "interactive-multiline", "invoke-streams")
for screen in SCREENS:
    add("entered" if re.match("enter|interactive-", screen) else "invoked", screen,
        representative if screen in VALGRIND else lambda test: test)
for screen in ("enter", "interactive-ctrlc", "interactive-hostcalls", "interactive-streams"):
    add("entered_wsman", screen, needs_gss)
for screen in ("invoke-large", "invoke-streams", "invoke-terminating"):
    add("invoked_wsman", screen, needs_gss)
for screen in ("invoke-basic", "invoke-large", "invoke-streams", "invoke-terminating"):
    add("invoked_pwsh", screen, needs_pwsh)

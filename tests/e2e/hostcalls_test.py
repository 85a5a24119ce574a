"""Every host call there is (MS-PSRP 2.2.3.17), on a terminal and on pipes."""
import json
import re

import lib
from endpoint.records import METHODS
from lib import load_tests, needs_pwsh, only_plain                               # noqa: F401
from stdio_lib import Case
from tmux_lib import Terminal, needs_tmux

LEAVE = {"SetShouldExit": 5, "PopRunspace": 0}            # what they make of the session
SIZE = '.*<I32 N="width">COLUMNS</I32><I32 N="height">ROWS</I32>'
CELL = {"character": "[C]120", "foregroundColor": 12, "backgroundColor": 0, "bufferCellType": 0}
AREA = {"left": 50, "top": 0, "right": 52, "bottom": 1}
NOTHING = ("", ())


def field(name, kind="System.String", **kw):
    return {"name": name, "label": "", "parameterTypeFullName": kind, "helpMessage": "", **kw}


def choice(label, text=""):
    return {"label": label, "helpMessage": text}


def table(name, value):
    return rf'.*<S N="Key">{name}</S>.*{value}'


# method: arguments, what it prints, questions and what is typed, the answer; on pipes the answer
# may be another
CALLS = {
    "GetName": ([], "", (), "<S>pssession</S>"),
    "GetVersion": ([], "", (), "<Version>1.0</Version>"),
    "GetInstanceId": ([], "", (), "<G>[-0-9a-f]{36}</G>"),
    "GetCurrentCulture": ([], "", (), "<S>en-US</S>"),
    "GetCurrentUICulture": ([], "", (), "<S>en-US</S>"),
    "NotifyBeginApplication": ([], *NOTHING, None),
    "NotifyEndApplication": ([], *NOTHING, None),
    "ReadLine": ([], "", (("", "some text"),), "<S>some text</S>"),
    "ReadLineAsSecureString": ([], "is asking to read a line securely",
                               (("requesting it.", "hush"),), "<SS>.*"),
    "Write1": (["text"], "text", (), None),
    "Write2": ([12, -1, "text"], "text", (), None),
    "WriteLine1": ([], *NOTHING, None),
    "WriteLine2": (["text"], "text\n", (), None),
    "WriteLine3": ([12, 1, "text"], "text\n", (), None),
    "WriteErrorLine": (["text"], "text\n", (), None),
    "WriteDebugLine": (["text"], "DEBUG: text\n", (), None),
    "WriteProgress": (["[I64]0", {"ActivityId": 1, "Activity": "text", "Type": 0}], *NOTHING, None),
    "WriteVerboseLine": (["text"], "VERBOSE: text\n", (), None),
    "WriteWarningLine": (["text"], "WARNING: text\n", (), None),
    "Prompt": (["caption", "message", [field("Path", "System.String[]"), field("Count")]],
               "caption\nmessage\n", (("Path.0.: ", "a"), ("Path.1.: ", ""), ("Count: ", "5")),
               table("Path", "<S>a</S>") + table("Count", "5")),
    "PromptForCredential1": (["caption", "message", "joe", ""],
                             "PowerShell Credential Request: caption\nWarning: .*\n\nmessage\n",
                             (("Password for user joe: ", "hush"),), ".*joe.*<SS.*"),
    "PromptForCredential2": (["caption", "message", "", "there", 1, 0], "Credential Request: ",
                             (("User: ", "joe"), ("Password for user joe: ", "hush")),
                             r".*there\\joe.*<SS.*"),
    "PromptForChoice": (["caption", "message", [choice("&Yes", "do it"), choice("&No")], 1],
                        "caption\nmessage\n",
                        ((r'\(default is "N"\): ', "?"), (r'\(default is "N"\): ', "y")),
                        "<I32>0</I32>"),
    "GetForegroundColor": ([], "", (), "<I32>-1</I32>"),
    "SetForegroundColor": ([-1], *NOTHING, None),
    "GetBackgroundColor": ([], "", (), "<I32>-1</I32>"),
    "SetBackgroundColor": ([-1], *NOTHING, None),
    "GetCursorPosition": ([], "", (), '.*<I32 N="x">.*'),
    "SetCursorPosition": ([{"x": 0, "y": 90}], *NOTHING, None),
    "GetWindowPosition": ([], "", (), '.*<I32 N="x">0</I32><I32 N="y">0</I32>.*'),
    "SetWindowPosition": ([{"x": 0, "y": 0}], *NOTHING, None),
    "GetCursorSize": ([], "", (), "<I32>25</I32>"),
    "SetCursorSize": ([50], *NOTHING, None),
    "GetBufferSize": ([], "", (), SIZE),
    "SetBufferSize": ([{"width": 9, "height": 9}], *NOTHING, None),
    "GetWindowSize": ([], "", (), SIZE),
    "SetWindowSize": ([{"width": 9, "height": 9}], *NOTHING, None),
    "SetWindowTitle": (["text"], *NOTHING, None),
    "GetWindowTitle": ([], "", (), "<S>text</S>"),
    "GetMaxWindowSize": ([], "", (), SIZE),
    "GetMaxPhysicalWindowSize": ([], "", (), SIZE),
    "GetKeyAvailable": ([], "", (), "<B>false</B>"),
    "ReadKey": ([6], "", (("", "k"),), ".*>75<.*>107<.*"),
    "FlushInputBuffer": ([], *NOTHING, None),
    "SetBufferContents1": ([AREA, CELL], *NOTHING, None),
    "SetBufferContents2": ([{"x": 50, "y": 0}, {"mae": [CELL], "mal": [1, 1]}], *NOTHING, None),
    "GetBufferContents": ([AREA], "attempting to read the buffer contents", (), "failed: .*"),
    "ScrollBufferContents": ([AREA, {"x": 50, "y": 1}, AREA, CELL], *NOTHING, None),
    "PushRunspace": ([{}], None, (), None),
    "GetIsRunspacePushed": ([], "", (), "<B>true</B>"),
    "GetRunspace": ([], "", (), "failed: .*"),
    "PromptForChoiceMultipleSelection": (
        ["caption", "", [choice("&Red"), choice("&Green"), choice("&Blue")], [0]], "caption\n",
        ((r"Choice.0.: ", "b"), (r"Choice.1.: ", "green"), (r"Choice.2.: ", "")),
        ".*<I32>2</I32><I32>1</I32>.*"),
    "EnterNestedPrompt": ([], None, (), None),
    "ExitNestedPrompt": ([], None, (), None),
}
# what of it real PowerShell sends, by what a script says; its answer is shown as text
LINES = {
    "Read-Host Name": ("", (("Name: ", "Ada"),), "^Ada$"),
    "(Read-Host Name -AsSecureString).Length": ("sending a prompt request",
                                                (("Name: ", "hush"),), "^4$"),
    "Read-Host Name -MaskInput": ("sending a prompt request", (("Name: ", "hush"),), "^hush$"),
    "(Get-Credential joe).GetNetworkCredential().Password": (
        "PowerShell credential request", (("Password for user joe: ", "hush"),), "^hush$"),
    "$Host.UI.PromptForChoice('caption', 'message', ('&Yes', '&No'), 1)": (
        "caption\nmessage\n", ((r'default is "N"\): ', ""),), "^1$"),
    "$Host.UI.PromptForChoice('caption', 'message', ('&Yes', '&No'), [int[]]1) -join '+'": (
        "caption\nmessage\n", (("Choice.0.: ", "n"), ("Choice.1.: ", "y"), ("Choice.2.: ", "")),
        r"^1\+0$"),
    "& { param([Parameter(Mandatory)][int[]]$Path) \"$Path\" }": (
        "Supply values for the following parameters:\n",
        (("Path.0.: ", "7"), ("Path.1.: ", "8"), ("Path.2.: ", "")), "^7 8$"),
    "[int]$Host.UI.RawUI.ReadKey('IncludeKeyDown,NoEcho').Character": ("", (("", "k"),), "^107$"),
    "Write-Host a b -ForegroundColor Red -NoNewline; Write-Host c": ("a bc\n", (), ""),
    "Write-Warning text; Write-Verbose text -Verbose; Write-Debug text -Debug": (
        "WARNING: text\nVERBOSE: text\nDEBUG: text\n", (), ""),
    "Write-Error text": ("text\n", (), ""),
    "$Host.UI.RawUI.WindowTitle = 'text'; $Host.UI.RawUI.WindowTitle": ("", (), "^text$"),
    "$Host.UI.RawUI.FlushInputBuffer()": ("", (), ""),
    "$Host.UI.RawUI.WindowSize.Width": ("", (), "^COLUMNS$"),
    "$Host.UI.RawUI.CursorPosition = @{ X = 0; Y = 90 }": ("", (), ""),
}


class Every(Case):
    def check(self, got, printed, answer, size):
        """got: what stands behind the line that was typed."""
        if printed is not None:
            self.assertRegex(got, "(?s)" + printed)
        if answer:
            answer = answer.replace("COLUMNS", size[0]).replace("ROWS", size[1])
            self.assertRegex(got, "(?m)" + answer)

    def rows(self):
        """The lines for the endpoint: all calls but those that leave."""
        self.assertEqual(sorted([*CALLS, *LEAVE]), sorted(METHODS))
        for name, (args, printed, typed, answer) in CALLS.items():
            failed = answer and answer.startswith("failed")
            yield (f"Call-Host {name} {json.dumps(args, separators=(',', ':'))}", printed, typed,
                   answer and "^" + ("" if failed else "answer: ") + answer)

    def on_terminal(self, rows):
        t = Terminal(lib.PSSESSION, "enter-pssession", "-HostName", self.host, columns=400,
                     rows=100, PSSESSION_SSH=lib.ENV["PSSESSION_SSH"])
        self.addCleanup(t.close)
        t.wait(r"\]: PS .*>$", 3 * lib.PATIENCE)
        for line, printed, typed, answer in rows:
            with self.subTest(line):
                t.enter(line)
                mark = re.escape(f"> {line}")
                for question, text in typed:
                    t.wait(f"(?s){mark}" + (f"\n.*{question.rstrip()}" if question else "") + r"\Z")
                    t.enter(text)
                got = t.wait(rf"(?s){mark}\n.*\]: PS [^\n]*>\Z").rpartition(f"> {line}\n")[2]
                self.check(got, printed, answer, ("400", "100"))
                self.assertNotIn("hush", got.replace("^hush$", "") if answer != "^hush$" else "")
        t.enter("exit")
        t.wait("Pane is dead")

    def on_pipes(self, rows):
        """The same; questions come from stdin, too."""
        rows = [*rows]
        typed = "".join(f"{line}\n" + "".join(f"{text}\n" for _, text in typed)
                        for line, _, typed, _ in rows)
        c = self.run_client("enter-pssession", "-HostName", self.host, stdin=typed.encode())
        self.assertEqual(c.code, 0, c.err)
        for line, printed, _, answer in rows:
            with self.subTest(line):
                self.check(c.out + c.err, printed and printed.replace("\n\n", "\n+"), answer,
                           ("120", "30"))

    @only_plain
    @needs_tmux
    def test_on_a_terminal(self):
        self.stdio("--engine", "sh")
        self.on_terminal(self.rows())

    def test_on_pipes(self):
        self.stdio("--engine", "sh")
        self.on_pipes(self.rows())

    def test_that_leave(self):
        self.stdio("--engine", "sh")
        for name, code in LEAVE.items():
            c = self.run_client("enter-pssession", "-HostName", self.host,
                                stdin=f"Call-Host {name} [5]\necho no\n".encode())
            self.assertEqual((c.code, c.out), (code, ""), c.err)

    @only_plain
    @needs_tmux
    @needs_pwsh
    def test_of_powershell_on_a_terminal(self):
        self.stdio("--engine", "pwsh")
        self.on_terminal((line, *rest) for line, rest in LINES.items())

    @needs_pwsh
    def test_of_powershell_on_pipes(self):
        self.stdio("--engine", "pwsh")
        self.on_pipes((line, *rest) for line, rest in LINES.items())

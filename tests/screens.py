"""The screens in docs/screens: python3 tests/screens.py [NAME...] writes them anew, with the binary
$PSSESSION and tmux; tests/e2e/screens_test.py looks whether they still come out alike."""
import os
import re
import sys
import tempfile
import time
import unicodedata

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TOP, "tests"), os.path.join(TOP, "tests", "e2e")]
os.environ.setdefault("PSSESSION", os.path.join(TOP, "build", "pssession"))

import tmux_lib                                                                  # noqa: E402

FOLDER = os.path.join(TOP, "docs", "screens")
SERVER = os.path.join(TOP, "tests", "endpoint", "stdio-server")
READY = ">$"
RECORDED = "what PowerShell 7.6.5's own client showed is in tests/recordings/{}.screen"


class Shot:
    """steps: what is typed, "<Key>" by tmux's names; each waits for the text behind " => ", or for
    a prompt. The last one's text is that of the screen to be kept."""
    def __init__(self, about, engine, *steps, columns=80, rows=24, term="xterm-256color"):
        self.about, self.engine, self.steps = about, engine, steps
        self.columns, self.rows, self.term = columns, rows, term
        if engine.startswith("replay:"):
            self.about += "; " + RECORDED.format(engine[7:])


SHOTS = {
    "1-edit": Shot(
        "a line longer than the screen, the cursor moved back a word and a letter typed", "sh",
        "echo 'the quick brown fox jumps over the lazy dog, again and again, and then once more'"
        "<M-b><M-b>X => Xonce more"),
    "2-several-lines": Shot(
        "what is not complete goes on at >> ", "replay:interactive-multiline",
        "foreach ($i in 1..2) {<Enter> => ^>>$", "  $i<M-Enter>}<Enter> => ^2\n.*>$",
        "'abc' |<Enter> => >>$", "% Length<Enter> => ^3\n.*>$"),
    "3-dumb": Shot("a terminal that knows no sequences; the line edited in its middle", "sh",
                   "Write-Warning careful<Enter> => WARNING: careful$",
                   "Write-Progress -Tree<Enter> => Searching: for more$", "<C-c> => >$",
                   "echo onetwo<C-b><C-b><C-b>, => one,two",
                   term="dumb", columns=60, rows=12),
    "4-history": Shot("Ctrl+R and three letters", "sh", "echo one<Enter> => ^one$",
                      "pwd<Enter> => ^/$", "echo two<Enter> => ^two$",
                      "<C-r>one => search: one"),
    "5-progress": Shot("two activities, one with a child; what is done is in reverse video", "sh",
                       "Write-Progress -Tree<Enter> => Searching"),
    "6-choice": Shot(
        "PromptForChoice, help, and the default", "replay:interactive-hostcalls",
        "$n = Read-Host 'Name'; \"hello $n\"<Enter> => Name:$", "Ada Löve<Enter> => hello",
        "$s = Read-Host 'Secret' -AsSecureString; $s.Length; "
        "[System.Net.NetworkCredential]::new('',$s).Password<Enter> => Secret:$",
        "pä55word<Enter> => ^8$",
        "$Host.UI.PromptForChoice('Title','Message',@('&Yes','&No'),1)<Enter> => \"N\"\\):$",
        "?<Enter> => ^N -\n.*\"N\"\\):$", "y<Enter> => ^0\n"),
    "7-credential": Shot(
        "Get-Credential, which says who asks", "replay:interactive-credential",
        "$c = Get-Credential -UserName bob -Message 'Sign in'; $c.UserName; "
        "$c.GetNetworkCredential().Password<Enter> => user bob:$", "s3cret<Enter> => ^s3cret$",
        columns=100, rows=30),
    "8-streams": Shot(
        "all streams and errors", "replay:interactive-streams",
        "Write-Error boom; Write-Warning careful; Write-Verbose v -Verbose; Write-Debug d -Debug; "
        "Write-Information i -InformationAction Continue; Write-Host 'red' -ForegroundColor Red "
        "-NoNewline; Write-Host<Enter> => ^red$", "1/0<Enter> => by zero",
        "Get-Item /no/such<Enter>"
        " => not exist", "throw 'fatal'<Enter> => Error: fatal", "nosuchcommand<Enter> => gain\\.$",
        columns=100, rows=30),
    "9-tables": Shot(
        "objects as the server formats them", "replay:interactive-formatting",
        "[pscustomobject]@{A=1;B='zwei';C=$true},[pscustomobject]@{A=2;B='drei';C=$false}<Enter>"
        " => drei"),
    "10-small": Shot("20 x 5 on a vt100", "sh", "echo small screens scroll, too<Enter> => too$",
                     "echo another line that is long => long$", columns=20, rows=5, term="vt100"),
    "11-completion": Shot(
        "Tab: a menu of what the server knows, the chosen one in reverse video and in the line",
        "sh", "get-c<Tab> => ^Get-ChildItem \\[\\["),
    "12-suggestion": Shot(
        "the newest line of the history that begins with 'echo the q' goes on behind the cursor, "
        "dim", "sh", "echo the quick brown fox<Enter> => ^the quick brown fox$",
        "pwd<Enter> => ^/$", "echo the q => ^/\n.* brown fox$"),
}


def press(t, text):
    for plain, key in re.findall(r"([^<]+)|<([\w-]+)>", text):
        t.type(plain) if plain else t.keys(key)


def still(t):
    """The screen when it has come to rest."""
    before = None
    while (now := t.text()) != before:
        before = now
        time.sleep(0.2)
    return now


def take(shot):
    """The file's text."""
    with tempfile.TemporaryDirectory() as folder:
        ssh = os.path.join(folder, "ssh")
        with open(ssh, "w") as f:
            f.write(f"#!/bin/sh\nexec {SERVER} --engine {shot.engine}\n")
        os.chmod(ssh, 0o755)
        t = tmux_lib.Terminal(os.environ["PSSESSION"], "enter-pssession", "-HostName",
                              "alice@server01", columns=shot.columns, rows=shot.rows,
                              term=shot.term, PSSESSION_SSH=ssh, PSSESSION_HISTORY="")
        try:
            t.wait(READY)
            for step in shot.steps:
                text, _, wanted = step.partition(" => ")
                press(t, text)
                t.wait(wanted)
            screen = still(t).split("\n")
        finally:
            t.close()
    edge = "+" + "-" * shot.columns + "+\n"
    rows = "".join("|" + row + " " * (shot.columns - width(row)) + "|\n" for row in screen)
    typed = "\n".join(f"  {step.partition(' => ')[0]}" for step in shot.steps)
    return (f"{shot.about}\n{shot.columns} x {shot.rows}, TERM={shot.term}, "
            f"server: tests/endpoint/stdio-server --engine {shot.engine}; typed:\n{typed}\n\n"
            f"{edge}{rows}{edge}")


def width(text):
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF")
               for c in text)


def path(name):
    return os.path.join(FOLDER, name + ".txt")


if __name__ == "__main__":
    for name in sys.argv[1:] or SHOTS:
        text = take(SHOTS[name])
        with open(path(name), "w", encoding="utf-8") as out:
            out.write(text)

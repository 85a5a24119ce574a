"""invoke-command on many computers: marked lines, order, lists in files, failures, few open files;
results as JSON and CLIXML."""
import decimal
import json
import os
import re
import resource
import signal
import socket
import subprocess

from lib import (HOST, NET, PASSWORD, SIGINT, USAGE, Case, load_tests,        # noqa: F401
                 needs_gss, needs_pwsh, only_plain, representative, wait_for)
from endpoint import engines
from stdio_lib import Case as StdioCase

VALUES = r"""
[pscustomobject]@{ a = 1; b = 'x"y'; c = @(1, @{ k = 1.5 }, $null); d = [DayOfWeek]1 }
[long]::MaxValue; [ulong]::MaxValue; [decimal]'79228162514264337593543950335'
[bigint]::Pow(2, 80); [double]::NaN; [double]::NegativeInfinity; 1e300; [float]1.5; $true; $null
[char]65; 'é 😀' + [char]0xd800; [timespan]'1.02:03:04'; [datetime]'2020-02-29T12:00:00Z'
[guid]'792e5b37-4505-47ef-b7d2-8711bb7affa8'; [version]'1.2.3.4'; [uri]'http://a/b'
, [byte[]](1, 2, 3); , @(1, 2); { Get-Date }; [xml]'<a/>'; Get-Item / | Select-Object Name
Write-Warning w; Write-Error e; Write-Verbose v -Verbose; Write-Host h; Write-Progress p
throw 'end'
"""
WANTED = [
    ("PSCustomObject", {"a": 1, "b": 'x"y', "c": [1, {"k": decimal.Decimal("1.5")}, None],
                        "d": "Monday"}),
    ("Int64", 2 ** 63 - 1), ("UInt64", 2 ** 64 - 1), ("Decimal", 2 ** 96 - 1),
    ("BigInteger", 2 ** 80), ("Double", "NaN"), ("Double", "-INF"), ("Double", 10 ** 300),
    ("Single", decimal.Decimal("1.5")), ("Boolean", True), (None, None), ("Char", "A"),
    ("String", "é 😀\ud800"), ("TimeSpan", "P1DT2H3M4S"), ("DateTime", re.compile("^2020-02-29T")),
    ("Guid", "792e5b37-4505-47ef-b7d2-8711bb7affa8"), ("Version", "1.2.3.4"),
    ("Uri", "http://a/b"), ("Byte[]", "AQID"), ("Object[]", [1, 2]), ("ScriptBlock", " Get-Date "),
    ("XmlDocument", re.compile("<a")), (r"DirectoryInfo", {"Name": "/"}),
]


def few_files(soft, hard):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Ssh(StdioCase):
    """The endpoint's stdio server for each name; the engine is sh."""
    def setUp(self):
        super().setUp()
        self.stdio("--engine", "sh")

    def icm(self, hosts, script, *args, **kw):
        return self.run_client("invoke-command", "-HostName", hosts, script, *args, **kw)

    def file(self, text):
        path = os.path.join(self.dir, "hosts")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return "@" + path

    @representative
    def test_each_line_says_whose_it_is(self):
        c = self.check(self.icm("bob@a,b", "printf 'x\\n\\ny\\n'"))
        self.assertEqual(sorted(c.out.splitlines()),
                         ["b: ", "b: x", "b: y", "bob@a: ", "bob@a: x", "bob@a: y"])
        self.check(self.icm("a,b", "echo x", "-HideComputerName"), 0, "x\nx\n")
        self.check(self.icm("a", "echo x"), 0, "x\n")

    def test_lines_are_whole(self):
        """What a script writes in parts, too"""
        c = self.check(self.icm("a,b,c", "Write-Host one"), 0, None)
        self.assertEqual(sorted(c.out.splitlines()), ["a: one", "b: one", "c: one"])
        c = self.check(self.icm("a,b", "Write-Warning w"), 0, "", None)
        self.assertEqual(sorted(c.err.splitlines()), ["WARNING: [a] w", "WARNING: [b] w"])

    def test_order(self):
        """As they are listed, whoever comes first"""
        log = os.path.join(self.dir, "log")
        server = os.path.join(os.path.dirname(engines.__file__), "stdio-server")
        self.ssh_is('case "$*" in *" slow "*|*" slow") sleep 0.7;; esac\n'
                    f"exec {server} --log {log} --engine sh")
        c = self.check(self.icm("slow,b,slow,d", "echo 1; echo 2", "-Ordered"), 0, None)
        self.assertEqual(c.out, "".join(f"{h}: {i}\n" for h in ("slow", "b", "slow", "d")
                                        for i in (1, 2)))
        c = self.check(self.icm("slow,b", "echo 1", "-ThrottleLimit", 2), 0, "b: 1\nslow: 1\n")

    @only_plain
    def test_memory_is_bounded_in_order_too(self):
        """Whose turn it is not waits on its server from some size on."""
        server = os.path.join(os.path.dirname(engines.__file__), "stdio-server")
        go = os.path.join(self.dir, "go")
        self.ssh_is(f'case "$*" in *" slow "*) until [ -e {go} ]; do sleep 0.1; done;; esac\n'
                    f"exec {server} --engine sh")
        lines, width = 400, 100000
        script = f"yes $(printf %0{width - 1}d 0) | head -n {lines}"
        c = self.start("invoke-command", "-HostName", "slow,b,c", script, "-Ordered",
                       "-HideComputerName")
        def peak():
            with open(f"/proc/{c.pid}/status", encoding="ascii") as f:
                return int(re.search(r"VmHWM:\s*(\d+)", f.read())[1])
        sizes = [0, 1]
        while sizes[-1] != sizes[-2] or sizes[-1] < 16 << 10:   # until nothing more comes
            sizes.append(peak())
            if len(sizes) > 1000:
                break
            wait_for(lambda: False, 0.5)
        with open(go, "w", encoding="ascii"):
            pass
        c.finish(120)
        self.assertEqual((c.code, c.err, len(c.out)), (0, "", 3 * lines * width))
        self.assertLess(sizes[-1], 48 << 10)

    def test_lists_in_files(self):
        names = self.file("\ufeffa  # first\n\n# nobody\n  b\r\nA\nc")
        self.check(self.icm(names, "echo x", "-Ordered"), 0, "a: x\nb: x\nc: x\n")
        with open(names[1:], encoding="utf-8-sig") as f:
            text = f.read()
        with open(names[1:], "w", encoding="utf-16") as f:      # as PowerShell 5.1's > writes it
            f.write(text)
        self.check(self.icm("c,c," + names, "echo x", "-Ordered"), 0,
                   "c: x\nc: x\na: x\nb: x\n")
        self.check(self.icm("@-", "echo x", "-Ordered", stdin=b"a\nb"), 0, "a: x\nb: x\n")
        for words, why in ((("@/no/such",), "/no/such"),
                           ((self.file("# nobody\n"),), "no computer"),
                           (("@-", "-InputObject", "-"), "Only one of .*list of computers")):
            c = self.icm(words[0], "echo x", *words[1:])
            self.check(c, USAGE, "", re.compile(r"^invoke-command: [^\n]*" + why))

    def test_a_list_that_is_too_long(self):
        """What stands in it twice counts once."""
        text = "".join(f"Host{i}\nhost{i}\n" for i in range(20000))
        self.check(self.icm(self.file(text + "x"), "1"), USAGE, "",
                   "invoke-command: There are more than 20000 computers.\n")
        c = self.icm(f"{self.file(text)},@/no/such", "1")
        self.check(c, USAGE, "", re.compile("cannot open '/no/such'"))

    def test_causes_are_cut_between_words(self):
        why = "Ärger mit wörtern " * 12
        c = self.check(self.icm("a,b", f"echo '{why}' >&2"), 1, "", None)
        told = re.search(r"\n2 of 2 computers failed: a \(([^)]*)…\), b", c.err)
        self.assertTrue(told, c.err)
        self.assertRegex(told[1], r"\A(Ärger mit wörtern ?)*(Ärger( mit)?)?\Z")
        self.assertGreater(len(told[1]), 100)
        c = self.check(self.icm("a,b", "echo " + "ß" * 200 + " >&2"), 1, "", None)
        self.assertRegex(c.err, r"\n2 of 2 computers failed: a \(ß+…\), b")

    def test_failures_are_summed_up(self):
        """The exit code is 1; the first cause of each is named."""
        c = self.icm(",".join("abcdefg"), "[ $$ ] && echo bad >&2; echo worse >&2")
        self.check(c, 1, "", re.compile(
            r"\n7 of 7 computers failed: a \(bad\), b \(bad\), c \(bad\), d \(bad\), e \(bad\), "
            r"…\n\Z"))
        self.assertEqual(c.err.count("] bad\n"), 7)
        self.check(self.icm("a,b", "exit 7"), 1, "",
                   "2 of 2 computers failed: a (its exit status), b (its exit status).\n")
        self.check(self.icm("a,b", "exit 0"), 0, "", "")

    def test_input_for_all(self):
        c = self.check(self.icm("a,b", "cat", "-InputObject", "-", stdin=b"1\n2\n"), 0, None)
        self.assertEqual(sorted(c.out.splitlines()), ["a: 1", "a: 2", "b: 1", "b: 2"])
        c = self.icm(",".join(["a"] * 40), "cat", "-InputObject", "-",
                     preexec_fn=few_files(64, 64))
        self.check(c, USAGE, "", re.compile("ulimit -n.*all 40 run at once"))

    def test_who_asks_on_the_terminal_has_it_alone(self):
        """Who need not ask is through before that."""
        self.ssh_asks()
        s = self.screen("invoke-command", "-HostName", "a,new,key1,bad,b,key2", "echo x")
        asked = [s.wait(r"\w+ password: ")]
        self.assertTrue(wait_for(lambda: s.more(0.1) and 0 or s.text.count(": x") == 2), s.text)
        for _ in range(3):
            s.type("secret\n")
            asked.append(s.wait(r"\w+ password: "))
        s.type("secret\n")
        self.assertEqual(s.finish().code, 1)
        self.assertEqual(self.asked(), [re.search(r"(\w+) password: $", text)[1] + " secret"
                                        for text in asked])
        self.assertEqual(sorted(re.findall(r"(\w+): x", s.text)),
                         ["a", "b", "key1", "key2", "new"])
        self.assertIn("1 of 6 computers failed: bad (", s.text)

    def test_ctrl_c_while_one_asks(self):
        self.ssh_asks()
        s = self.screen("invoke-command", "-HostName", "a,b,c", "echo x")
        s.wait("password: ")
        s.type("\x03")
        self.assertEqual(s.finish().code, 130)
        self.assertFalse(os.path.exists(self.dir + "/asked"))

    def test_json(self):
        c = self.icm("a,b", "echo 'é \"x\"'; echo bad >&2", "-Json", "-Ordered")
        self.check(c, 1, None, re.compile(r"\A2 of 2 computers failed: [^\n]*\n\Z"))
        lines = [json.loads(line) for line in c.out.splitlines()]
        self.assertEqual([line["PSComputerName"] for line in lines], ["a"] * 2 + ["b"] * 2)
        self.assertEqual(lines[0], {"PSComputerName": "a", "stream": "output",
                                    "type": "System.String", "value": 'é "x"'})
        self.assertEqual((lines[1]["stream"], lines[1]["message"]), ("error", "bad"))
        self.assertEqual(lines[1]["value"]["FullyQualifiedErrorId"], "NativeCommandError")

    def test_clixml(self):
        c = self.check(self.icm("a,b", "echo '<x>'", "-OutputFormat", "clixml", "-Ordered"),
                       0, None)
        self.assertRegex(c.out, r'\A<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/'
                         r'powershell/2004/04">\n<Obj RefId="0"><S>&lt;x&gt;</S><MS>'
                         r'<S N="PSComputerName">a</S></MS></Obj>\n<Obj RefId="0">[^\n]*\n'
                         r'</Objs>\n\Z')


@needs_gss
class Wsman(Case):
    def icm(self, e, hosts, script, *args, **kw):
        return self.run_client("invoke-command", "-ComputerName", ",".join(hosts), *e.to()[2:],
                               *args, script, **kw)

    @only_plain
    def test_few_open_files(self):
        e = self.serve("--max-shells", "100")
        hosts = [HOST] * 64
        c = self.check(self.icm(e, hosts, "echo x", preexec_fn=few_files(64, 256)), 0, None)
        self.assertEqual(c.out, f"{HOST}: x\n" * 64)
        c = self.icm(e, hosts, "echo x", "-ThrottleLimit", 50, preexec_fn=few_files(64, 64))
        self.check(c, 0, f"{HOST}: x\n" * 64, "10 computers at a time: ulimit -n allows no "
                   "more.\n")

    def test_who_hangs_does_not_block_the_others(self):
        e = self.serve()
        silent = socket.socket()
        self.addCleanup(silent.close)
        silent.bind(("127.0.0.2", e.port))
        silent.listen(5)
        c = self.start("invoke-command", "-ComputerName", f"127.0.0.2,{HOST},{HOST}", *e.to()[2:],
                       "-ThrottleLimit", 1, "echo x")
        self.assertTrue(wait_for(lambda: c.out == f"{HOST}: x\n" * 2), c.err)
        c.signal(SIGINT)
        self.assertEqual(c.finish().code, 130)

    def test_unreachable(self):
        e = self.serve()
        c = self.icm(e, [HOST, "127.0.0.2"], "echo x", "-Json", "-SessionOption",
                     "MaxConnectionRetryCount=0")
        self.check(c, 1, None, re.compile(r"\A\[127.0.0.2\] Connecting [^\n]*\n"
                                          r"1 of 2 computers failed: 127.0.0.2 \([^\n]*\).\n\Z"))
        lines = sorted(map(json.loads, c.out.splitlines()), key=lambda v: v["PSComputerName"])
        self.assertEqual([(v["PSComputerName"], v["stream"], v["value"]) for v in lines],
                         [(HOST, "output", "x"), ("127.0.0.2", "error", None)])

    def test_ctrl_c_ends_all(self):
        e = self.serve()
        c = self.start("invoke-command", "-ComputerName", ",".join([HOST] * 10), *e.to()[2:],
                       "-ThrottleLimit", 4, "echo early; sleep 60")
        self.assertTrue(wait_for(lambda: c.out.count("early") == 4), c.err)
        c.signal(signal.SIGINT)
        self.check(c.finish(), 130, f"{HOST}: early\n" * 4, "")
        self.assertEqual(e.end(), [])

    def test_the_password_is_asked_for_once(self):
        e = self.serve()
        s = self.screen("invoke-command", "-ComputerName", f"{HOST},localhost,{HOST}", "-Port",
                        e.port, "-Credential", "demo", "echo x")
        s.wait("assword")
        s.type(PASSWORD + "\n")
        self.assertEqual(s.finish().code, 0)
        self.assertEqual((s.text.count("assword"), s.text.count(": x")), (1, 3))


@only_plain
@needs_pwsh
class PowerShell(StdioCase):
    def icm(self, hosts, script, *args):
        self.ssh_is(f"exec {engines.pwsh_path()} -NoLogo -NoProfile -s")
        return self.run_client("invoke-command", "-HostName", hosts, script, *args)

    def test_every_value_as_json(self):
        c = self.check(self.icm("a", VALUES, "-Json"), 1, None, "")
        lines = [json.loads(line, parse_float=decimal.Decimal) for line in c.out.splitlines()]
        self.assertEqual({line["PSComputerName"] for line in lines}, {"a"})
        got = [line for line in lines if line["stream"] == "output"]
        self.assertEqual(len(got), len(WANTED))
        for line, (kind, value) in zip(got, WANTED):
            with self.subTest(kind=kind, value=value):
                if isinstance(value, re.Pattern):
                    self.assertRegex(line["value"], value)
                else:
                    self.assertEqual(line["value"], value)
                self.assertRegex(line["type"] or "None", rf"{re.escape(kind or 'None')}$")
        messages = {line["stream"]: line["message"] for line in lines if "message" in line}
        self.assertEqual(messages, {"warning": "w", "verbose": "v", "information": "h",
                                    "progress": "p", "error": "OperationStopped: end"})

    def test_lines_in_parts(self):
        c = self.check(self.icm("a,b", "1..3 | % { Write-Host -NoNewline x; "
                                "Start-Sleep -Milliseconds 50 }; 'y'"), 0, None)
        self.assertEqual(sorted(c.out.splitlines()), ["a: xxx", "a: y", "b: xxx", "b: y"])

    def test_clixml_is_read_by_powershell(self):
        c = self.check(self.icm("a,b", "[pscustomobject]@{ n = 1 }; 'text'", "-OutputFormat",
                                "clixml", "-Ordered"), 0, None)
        path = os.path.join(self.dir, "objects.xml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(c.out)
        shown = subprocess.run(
            [engines.pwsh_path(), "-NoProfile", "-Command", f"Import-Clixml {path} | "
             'ForEach-Object { "$($_.PSComputerName) $($_.n) $($_.Length)" }'], capture_output=True,
            text=True, check=True).stdout
        self.assertEqual(shown.split("\n")[:4], ["a 1 1", "a  4", "b 1 1", "b  4"])

"""invoke-command: scripts, arguments, input, streams, several servers, interruption."""
import os
import re
import signal
import subprocess
import tempfile
import time

from lib import (ENV, HOST, PASSWORD, PATIENCE, PSSESSION, SIGINT, SIGPIPE, SIGTERM,   # noqa: F401
                 Case, load_tests, needs_gss, needs_pwsh, representative, stop, wait_for)


@needs_gss
class Shell(Case):
    """Scripts are run by /bin/sh."""

    @representative
    def test_output_and_code(self):
        e = self.shared()
        self.check(self.invoke(e, "echo hello"), 0, "hello\n")
        self.check(self.invoke(e, "{ echo in braces }"), 0, "in braces\n")
        self.check(self.invoke(e, "cd /usr; pwd; exit 7"), 7, "/usr\n")
        self.check(self.invoke(e, "exit 300"), 300 & 255, "")

    def test_errors_go_to_stderr(self):
        self.check(self.invoke(self.shared(), "echo out; echo bad >&2; echo more"), 1,
                   "out\nmore\n", "bad\n")

    @representative
    def test_terminating_errors(self):
        e = self.shared()
        self.check(self.invoke(e, "throw boom"), 1, "", re.compile("^OperationStopped: boom\n$"))
        self.check(self.invoke(e, "if true; then"), 1, "", re.compile("^ParserError: .+\n$"))

    def test_arguments(self):
        self.check(self.invoke(self.shared(), 'for a in "$@"; do echo "<$a>"; done',
                               "-ArgumentList", "1,2.5,'a,b',$true,Löve"), 0,
                   "<1>\n<2.5>\n<a,b>\n<True>\n<Löve>\n")

    def test_script_from_a_file(self):
        e = self.shared()
        script = e.secret("echo from a file\necho second line")
        self.check(self.run_client("invoke-command", *e.to(), "-FilePath", script), 0,
                   "from a file\nsecond line\n")
        self.check(self.run_client("icm", *e.to(), "-FilePath", "-", stdin=b"echo from stdin"), 0,
                   "from stdin\n")

    def test_script_from_windows(self):
        """Byte order marks, UTF-16, CR LF; what is neither UTF-8 nor UTF-16 is refused"""
        e = self.shared()
        script = "printf '%s' hé\\#\r\n"
        for raw in (b"\xef\xbb\xbf" + script.encode(), script.encode("utf-16"),
                    b"\xfe\xff" + script.encode("utf-16-be")):
            self.check(self.run_client("invoke-command", *e.to(), "-FilePath", "-", stdin=raw), 0,
                       re.compile("^hé#"))
            self.check(self.run_client("enter-pssession", *e.to(), stdin=raw), 0,
                       re.compile("^hé#"))
        for raw in (script.encode("utf-16")[:-1], script.encode("latin-1")):
            self.check(self.run_client("invoke-command", *e.to(), "-FilePath", "-", stdin=raw), 2,
                       "", re.compile("^invoke-command: '-' is not text in UTF-8.*as UTF-8\n$"))

    def test_names(self):
        e = self.shared()
        self.check(self.run_client("Invoke-Command", "-cn:" + HOST, "-po", e.port, "-cred", "demo",
                                   "-PasswordFi", e.password, "-ScriptB:echo short"), 0, "short\n")
        self.check(self.run_client("invoke-command", HOST, "echo by position", *e.to()[2:]), 0,
                   "by position\n")

    @representative
    def test_input(self):
        e = self.shared()
        self.check(self.invoke(e, "sort", "-InputObject", "-", stdin="b\na ü\n".encode()), 0,
                   "a ü\nb\n")
        self.check(self.invoke(e, "wc -l", "-InputObject", "-"), 0, "0\n")

    def test_much_input_waits_for_the_server(self):
        lines = "".join(f"{i} {'x' * 60}\n" for i in range(8000)).encode()
        self.check(self.invoke(self.shared(), "sleep 1; sort -n | tail -n 1", "-InputObject", "-",
                               stdin=lines, seconds=3 * PATIENCE), 0, f"7999 {'x' * 60}\n")

    def test_input_that_nobody_reads(self):
        lines = b"x" * 99 + b"\n"
        self.check(self.invoke(self.shared(), "echo enough", "-InputObject", "-",
                               stdin=lines * 5000), 0, "enough\n")

    def test_input_comes_as_it_is_typed(self):
        e = self.shared()
        c = self.start("invoke-command", *e.to(), "while read a; do echo got $a; done",
                       "-InputObject", "-", stdin=subprocess.PIPE)
        for word in ("one", "two"):
            c.child.stdin.write(word.encode() + b"\n")
            c.child.stdin.flush()
            self.assertTrue(wait_for(lambda: f"got {word}\n" in c.out), c.err)
        c.child.stdin.close()
        self.check(c.finish(), 0, "got one\ngot two\n")

    def test_password_from_stdin(self):
        e = self.shared()
        self.check(self.run_client("invoke-command", *e.to(password="-"), "echo hello",
                                   stdin=PASSWORD.encode() + b"\r\nmore\n"), 0, "hello\n")

    def test_streams(self):
        e = self.shared()
        for script, out, err in (("Write-Warning 'w w'", "", "WARNING: w w\n"),
                                 ("Write-Verbose v -Verbose", "", "VERBOSE: v\n"),
                                 ("Write-Debug d", "", "DEBUG: d\n"),
                                 ("Write-Host h", "h\n", ""),
                                 ("Write-Progress p", "", "p: 0 of 100\n")):
            self.check(self.invoke(e, script), 0, out, err)
        self.check(self.invoke(e, "Write-Error e"), 1, "", "Write-Error: e\n")

    def test_unicode(self):
        text = "é 中文 😀 \u2028|"
        self.check(self.invoke(self.shared(), f"echo '{text}'"), 0, text + "\n")

    def test_what_an_xml_name_escape_would_hurt(self):
        text = "_x0041_ _X0041_ <a> & ]]> &amp; \t|"
        self.check(self.invoke(self.shared(), f"printf '%s\\n' '{text}'"), 0, text + "\n")

    def test_output_while_it_runs(self):
        e = self.shared()
        c = self.start("invoke-command", *e.to(), "echo early; sleep 30")
        self.assertTrue(wait_for(lambda: c.out == "early\n"), c.err)
        c.signal(SIGINT)
        self.check(c.finish(), 130, "early\n")

    def test_longer_than_an_operation(self):
        e = self.serve("--op-timeout", "300")
        self.check(self.invoke(e, "echo a; sleep 2; echo b"), 0, "a\nb\n")
        polls = [r for r in e.log("request") if r["fault"] == 2150858793]
        self.assertGreater(len(polls), 2)

    def test_large_script(self):
        """More than 2 MiB: many fragments, each within the envelope a server takes."""
        big = "echo start\n: '" + "0123456789abcdef" * (3 << 16) + "'\necho end ü\n"
        e = self.serve()
        self.check(self.run_client("invoke-command", *e.to(), "-FilePath", "-",
                                   stdin=big.encode(), seconds=2 * PATIENCE), 0, "start\nend ü\n")
        sent = [r for r in e.log("request") if r["action"] in ("Command", "Send")]
        self.assertGreater(len(sent), 8)
        self.assertGreater(max(r["in"] for r in sent), 400000)

    def test_a_server_that_takes_less(self):
        big = ": '" + "0123456789abcdef" * (1 << 16) + "'\n"
        e = self.serve("--max-envelope", "153600")
        self.check(self.run_client("invoke-command", *e.to(), "-FilePath", "-",
                                   stdin=big.encode()), 1, "", re.compile("MaxEnvelopeSizekb"))
        self.check(self.invoke(e, "echo hello"), 0, "hello\n")

    def test_an_idle_connection_may_be_closed(self):
        e = self.serve("--fault", "close@Signal")
        c = self.start("enter-pssession", *e.to(), stdin=subprocess.PIPE)
        for n, word in enumerate(("one", "two", "three"), 1):
            self.assertTrue(e.seen("Signal", n))
            time.sleep(0.2)
            c.child.stdin.write(f"echo {word}\n".encode())
            c.child.stdin.flush()
            self.assertTrue(wait_for(lambda: word in c.out), c.err)
        self.assertTrue(e.seen("Signal", 4))
        time.sleep(0.2)
        c.child.stdin.close()
        self.check(c.finish(), 0, "one\ntwo\nthree\n")
        self.assertGreater(len(e.log("connect")), 3)

    def test_large_output(self):
        c = self.invoke(self.shared(), "head -c 20971520 /dev/zero | tr '\\0' y; echo; echo end",
                        seconds=3 * PATIENCE)
        self.check(c, 0, None)
        self.assertEqual((len(c.out), c.out[-6:]), (20971520 + 5, "y\nend\n"))

    def test_styles(self):
        for options in (("--style", "omi"), ("--style", "omi", "--op-timeout", "200"),
                        ("--chunked",), ("--gather", "0", "--chunked"), ("--protocol", "2.2"),
                        ("--fault", "slow@Receive")):
            with self.subTest(" ".join(options)):
                e = self.serve(*options)
                self.check(self.invoke(e, "echo a; sleep 0.7; echo b >&2; exit 3"), 3, "a\n",
                           "b\n")
                e.end()

    def test_a_lost_login_is_made_again(self):
        for when in ("Command", "Receive", "Signal", "Delete"):
            with self.subTest(when):
                e = self.serve("--fault", "forget@" + when)
                self.check(self.invoke(e, "echo hello"), 0, "hello\n")
                e.end()

    def test_authentication(self):
        for auth, offered in (("Default", "negotiate,kerberos"), ("Default", "ntlm,basic"),
                              ("Negotiate", "ntlm,negotiate"), ("NTLM", "negotiate,ntlm")):
            with self.subTest(auth + " of " + offered):
                e = self.serve(auth=offered)
                self.check(self.invoke(e, "echo hello", "-Authentication", auth), 0, "hello\n")
                used = {r["auth"].split()[0].lower() for r in e.log("request")
                        if r["auth"] and "refused" not in r["auth"]}
                want = "ntlm" if auth == "NTLM" or offered == "ntlm,basic" else "negotiate"
                self.assertEqual(used, {want})
                self.assertTrue(all(r["sealed"] for r in e.log("request") if r["action"]))
                e.end()

    def test_account_names(self):
        e = self.shared()
        for user in ("demo", "WORKGROUP\\demo", "DEMO"):
            with self.subTest(user):
                self.check(self.run_client("invoke-command", *e.to(user), "echo hello"), 0,
                           "hello\n")

    @representative
    def test_several_servers(self):
        e = self.shared()
        c = self.run_client("invoke-command", "-ComputerName", f"{HOST},127.0.0.2,localhost",
                            *e.to()[2:], "echo hello")
        self.assertEqual(c.code, 1)
        self.assertEqual(sorted(c.out.splitlines()), ["127.0.0.1: hello", "localhost: hello"])
        self.assertEqual(c.err.count("\n"), 2, c.err)
        self.assertRegex(c.err, r"\A\[127.0.0.2\] .*\n1 of 3 computers failed: 127.0.0.2 \(")

    def test_errors_of_several_servers_say_where(self):
        e = self.shared()
        c = self.run_client("invoke-command", "-ComputerName", f"{HOST},localhost", *e.to()[2:],
                            "echo oops >&2")
        self.assertEqual(sorted(c.err.splitlines()), [
            "2 of 2 computers failed: 127.0.0.1 (oops), localhost (oops).", "[127.0.0.1] oops",
            "[localhost] oops"])
        self.assertEqual(c.code, 1)


@needs_gss
class Interrupted(Case):
    def running(self, *options, script="echo early; sleep 60", more=(), **kw):
        e = self.serve(*options)
        c = self.start("invoke-command", *e.to(), *more, script, **kw)
        self.assertTrue(wait_for(lambda: "early" in c.out), c.err)
        return e, c

    @representative
    def test_ctrl_c_stops_the_script(self):
        e, c = self.running()
        began = time.monotonic()
        c.signal(SIGINT)
        c.finish()
        self.assertLess(time.monotonic() - began, PATIENCE / 4)
        self.check(c, 130, "early\n", "")
        self.assertIn("crtl_c", e.signals())
        self.assertIn("Delete", e.actions())

    def test_ctrl_c_twice(self):
        e, c = self.running(script="trap '' INT; echo early; sleep 60")
        c.signal(SIGINT)
        time.sleep(0.05)
        c.signal(SIGINT)
        self.check(c.finish(), 130, "early\n", "")

    def test_ctrl_c_twice_when_the_server_is_silent(self):
        e = self.serve("--fault", "silent@Signal")
        c = self.start("invoke-command", *e.to(), "echo early; sleep 60")
        self.assertTrue(wait_for(lambda: "early" in c.out), c.err)
        c.signal(SIGINT)
        time.sleep(0.3)
        began = time.monotonic()
        c.signal(SIGINT)
        self.check(c.finish(), 130, "early\n", None)
        self.assertLess(time.monotonic() - began, PATIENCE / 2)

    def test_sigterm(self):
        for signo in (SIGTERM, 1):
            with self.subTest(signo):
                e, c = self.running()
                c.signal(signo)
                self.check(c.finish(), 128 + signo, "early\n", "")

    def test_the_reader_leaves(self):
        """Nothing is said, as with any filter; the shell on the server goes."""
        for program in ("invoke-command", "enter-pssession"):
            with self.subTest(program):
                e = self.serve()
                words = ("flood 100000000",) if program == "invoke-command" else ()
                c = self.start(program, *e.to(), *words, stdin=b"flood 100000000\n",
                               stdout=subprocess.PIPE)
                self.assertEqual(c.child.stdout.readline(), b"1\n")
                c.child.stdout.close()
                self.check(c.finish(), 128 + SIGPIPE, None)
                self.assertEqual(e.end(), [], "shells left open")

    def test_the_reader_sleeps(self):
        """Output waits, and memory does not grow; but a signal is heard."""
        for program, signo, code in (("invoke-command", SIGINT, 130),
                                     ("invoke-command", SIGTERM, 128 + SIGTERM),
                                     ("enter-pssession", SIGTERM, 128 + SIGTERM)):
            with self.subTest(program=program, signo=signo):
                e = self.serve()
                r, w = os.pipe()
                words = ("flood 100000000",) if program == "invoke-command" else ()
                c = self.start(program, *e.to(), *words, stdin=b"flood 100000000\n", stdout=w)
                os.close(w)
                self.assertTrue(wait_for(lambda: e.actions().count("Receive") > 3))
                time.sleep(0.3)
                self.assertIsNone(c.child.poll())
                c.signal(signo)
                self.check(c.finish(), code, None, None)
                os.close(r)
                self.assertEqual(e.end(), [], "shells left open")

    def test_the_reader_sleeps_and_more_comes_after_the_signal(self):
        """It was on its way: we stand still while it comes, and are told both at once."""
        for signo, code in ((SIGINT, 130), (SIGTERM, 128 + SIGTERM)):
            with self.subTest(signo=signo), tempfile.TemporaryDirectory() as folder:
                e = self.serve()
                gate = os.path.join(folder, "gate")
                os.mkfifo(gate)
                r, w = os.pipe()
                c = self.start("invoke-command", *e.to(), f"echo early; read go <{gate}; "
                               "yes | head -n 1000000; sleep 60", stdout=w)
                os.close(w)
                self.assertEqual(os.read(r, 6), b"early\n")
                stop(c.pid)
                with open(gate, "w") as f:
                    f.write("\n")
                time.sleep(0.5)
                c.signal(signo)
                c.signal(signal.SIGCONT)
                self.check(c.finish(), code, None, None)
                os.close(r)
                self.assertEqual(e.end(), [], "shells left open")

    def test_the_server_goes(self):
        e, c = self.running(more=["-SessionOption", "MaxConnectionRetryCount=0"])
        e.kill()
        c.finish()
        self.assertEqual(c.code, 4)
        self.assertEqual(c.err.count("\n"), 1, c.err)
        self.assertIn(HOST, c.err)


@needs_gss
class Descriptors(Case):
    def shell(self, e, redirections, script="echo hello"):
        words = " ".join(map(str, e.to()))
        r = subprocess.run(["/bin/sh", "-c", f"exec {PSSESSION} invoke-command {words} '{script}' "
                            + redirections], env=ENV, capture_output=True, timeout=PATIENCE)
        return r.returncode, r.stdout, r.stderr

    def test_closed(self):
        """No connection may become standard output."""
        e = self.shared()
        self.assertEqual(self.shell(e, "<&-"), (0, b"hello\n", b""))
        self.assertEqual(self.shell(e, "<&- 2>&-"), (0, b"hello\n", b""))
        for redirections in (">&-", "<&- >&-", "<&- >&- 2>&-"):
            code, _, err = self.shell(e, redirections)
            self.assertEqual(code, 2)
            if "2>" not in redirections:
                self.assertIn(b"cannot write to standard output", err)

    def test_full(self):
        e = self.shared()
        code, _, err = self.shell(e, ">/dev/full")
        self.assertEqual((code, err.count(b"\n")), (2, 1), err)
        self.assertIn(b"No space left", err)
        with open("/dev/full", "w", encoding="ascii") as f:
            for words in (["--help"], ["--list"], ["--version"], ["icm", "--version"],
                          ["icm", "--help"]):
                self.check(self.run_client(*words, stdout=f), 2, None, re.compile(
                    "^(pssession|invoke-command): cannot write to standard output: No space left"))

    def test_input_that_cannot_be_read(self):
        e = self.shared()
        with open("/dev/zero", "rb") as f:
            c = self.run_client("invoke-command", *e.to(), "cat", "-InputObject", "-", stdin=f)
        self.check(c, 2, "", re.compile("^pssession: a line of input is longer than 16 MiB"))
        fd = os.open("/", os.O_RDONLY)
        c = self.run_client("invoke-command", *e.to(), "cat", "-InputObject", "-", stdin=fd)
        self.check(c, 2, "", "pssession: cannot read standard input: Is a directory\n")
        self.check(self.run_client("enter-pssession", *e.to(), stdin=fd), 2, "", None)
        os.close(fd)


@needs_gss
class Enter(Case):
    """enter-pssession with commands from a pipe"""

    @representative
    def test_lines(self):
        self.check(self.enter(self.shared(), "echo hello\ncd /usr\npwd\n\nexit\n"), 0,
                   "hello\n/usr\n")

    def test_names(self):
        e = self.shared()
        for how in (("etsn",), ("pssession", "Enter-PSSession")):
            self.check(self.run_client(*how[-1:], *e.to(), stdin=b"echo hello\n"), 0, "hello\n")

    def test_codes(self):
        e = self.shared()
        self.check(self.enter(e, "echo a\nexit 7\necho b\n"), 7, "a\n")
        self.check(self.enter(e, "echo a\nExit-PSSession\necho b\n"), 0, "a\n")
        self.check(self.enter(e, "false; exit 9\n"), 9, "")
        self.check(self.enter(e, ""), 0, "")
        self.check(self.enter(e, "echo no newline at the end"), 0, "no newline at the end\n")

    def test_errors_go_on(self):
        self.check(self.enter(self.shared(), "ls /no/such\nthrow boom\necho after\n"), 0,
                   "after\n", re.compile("no/such.*\nError: boom\n$"))

    def test_incomplete(self):
        e = self.shared()
        self.check(self.enter(e, "if true; then\necho yes\nfi\n\necho next\n"), 0, "yes\nnext\n")
        self.check(self.enter(e, "if true; then\necho yes\n"), 1, "", re.compile("^Error: .+\n$"))

    def test_read_host_reads_what_follows(self):
        self.check(self.enter(self.shared(), "Read-Host Name\nAda Löve\necho after\n"), 0,
                   "Ada Löve\nafter\n", "Name: \n")

    def test_folder_with_a_strange_name(self):
        e = self.shared()
        self.check(self.enter(e, f"cd {e.dir}; mkdir 'a_x0041_ é'; cd 'a_x0041_ é'\n"
                              "basename \"$PWD\"\nrmdir \"$PWD\"\n"), 0, "a_x0041_ é\n")

    def test_interrupted(self):
        e = self.serve()
        c = self.start("enter-pssession", *e.to(), stdin=subprocess.PIPE)
        c.child.stdin.write(b"echo early\nsleep 60\n")
        c.child.stdin.flush()
        self.assertTrue(wait_for(lambda: "early" in c.out), c.err)
        self.assertTrue(e.seen("Command", 3))
        c.signal(SIGINT)
        c.child.stdin.write(b"echo after\n")
        c.child.stdin.close()
        self.check(c.finish(), 0, "early\nafter\n", None)
        self.assertIn("crtl_c", e.signals())


@needs_gss
@needs_pwsh
class PowerShell(Case):
    """Real PowerShell behind the endpoint"""
    engine = "pwsh"

    @representative
    def test_formatted_by_the_server(self):
        self.check(self.invoke(self.shared(), "'hello'; 1..3; [pscustomobject]@{a=1;b='x'}"), 0,
                   "hello\n1\n2\n3\n\na b\n- -\n1 x\n\n")

    def test_errors(self):
        e = self.shared()
        self.check(self.invoke(e, "'a'; Get-Item /nosuch; Write-Error boo; 'b'"), 1, "a\nb\n",
                   "Get-Item: Cannot find path '/nosuch' because it does not exist.\n"
                   "Write-Error: boo\n")
        self.check(self.invoke(e, "'a'; throw 'x'; 'b'"), 1, "a\n", "OperationStopped: x\n")
        self.check(self.invoke(e, "if ("), 1, "", re.compile("^ParserError: Missing condition"))
        self.check(self.invoke(e, "Write-Error a -ErrorAction Stop; 1"), 1, "", "Write-Error: a\n")
        self.check(self.invoke(e, "exit 7"), 7, "")

    def test_arguments(self):
        self.check(self.invoke(
            self.shared(), "foreach ($x in $args) { if ($null -eq $x) {'null'} else "
            "{ $x.GetType().Name + ' ' + $x } }", "-ArgumentList",
            "1,2.5,$true,$null,'a,b',12345678901,hé,,-3"), 0,
            "Int32 1\nDouble 2.5\nBoolean True\nnull\nString a,b\nInt64 12345678901\nString hé\n"
            "String \nInt32 -3\n")

    def test_input(self):
        self.check(self.invoke(self.shared(), "$input | % { '<' + $_ + '>' }", "-InputObject", "-",
                               stdin="a\n\nü\n".encode()), 0, "<a>\n<>\n<ü>\n")

    def test_streams(self):
        self.check(self.invoke(
            self.shared(), "Write-Warning w; Write-Verbose v -Verbose; Write-Debug d -Debug; "
            "Write-Host h -ForegroundColor Red; Write-Information i -InformationAction Continue; "
            "Write-Progress p -Status s; Write-Host ''"), 0, "h\ni\n\n",
            "WARNING: w\nVERBOSE: v\nDEBUG: d\np: s\n")

    def test_large_objects(self):
        e = self.shared()
        c = self.check(self.invoke(e, "'x' * 20MB", seconds=3 * PATIENCE), 0, None)
        self.assertEqual(len(c.out), (20 << 20) + 1)
        big = "$n = '" + "0123456789abcdef" * (3 << 16) + "'.Length; $n"
        self.check(self.run_client("invoke-command", *e.to(), "-FilePath", "-",
                                   stdin=big.encode(), seconds=2 * PATIENCE), 0, "3145728\n")

    def test_interrupted(self):
        e = self.serve()
        c = self.start("invoke-command", *e.to(), "'early'; Start-Sleep 60")
        self.assertTrue(wait_for(lambda: "early" in c.out), c.err)
        c.signal(SIGINT)
        self.check(c.finish(), 130, "early\n", "")
        self.assertIn("crtl_c", e.signals())

    def test_session_from_a_pipe(self):
        self.check(self.enter(
            self.shared(), "$x = 5\nforeach ($i in 1..2) {\n$i + $x\n}\n\nRead-Host Name\nAda\n"
            "throw 'x'\nGet-Item /nosuch\n'still here'\nexit 3\n"), 3, "6\n7\nAda\nstill here\n",
            re.compile("^Name: .*x\n.*Cannot find path.*\n$", re.S))

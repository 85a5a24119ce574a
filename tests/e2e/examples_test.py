"""The examples of PowerShell's pages, by page and number. Disconnect-PSSession's are in
disconnect_test.py.

How they translate: a variable that holds sessions is their name or Id ($s = New-PSSession -Name x;
... -Session $s: -Session x, or 1..3), `Get-PSSession ... | Verb-PSSession` is the same pipe, where
the rows are of sessions that this machine has; for others, the server's name goes to the second
command (Get-PSSession -ComputerName a | Connect-PSSession: connect-pssession -ComputerName a), and
with it the account, which a row cannot carry. A job is `&` in the user's shell. Server01 and its
like are 127.0.0.1 and localhost here; C:\\ps-test is a folder of the test.
"""
import json
import os
import re

import stdio_lib
from lib import HOST, load_tests, needs_gss, representative, wait_for              # noqa: F401
from sessions_lib import HEAD, Kept, row

LOCAL = "localhost"


class Page(Kept):
    def shared(self, *options, **kw):
        names = "Microsoft.PowerShell,ITTasks,E12"
        return super().shared("--configurations", names, *options, **kw)

    def at(self, e, *args, names=HOST, code=0, out="", err="", **kw):
        """A command with the server's name, port and account"""
        to = ("-ComputerName", names, *e.to()[2:])
        return self.check(self.ps(*args, *to, **kw), code, out, err)

    def pipe(self, first, second, out="", code=0):
        rows = self.check(self.ps(*first), 0, None).out.encode()
        return self.check(self.ps(*second, stdin=rows), code, out)

    def script(self, text):
        path = os.path.join(self.top, "gate.ps1")
        with open(path, "w", encoding="ascii") as f:
            f.write(text)
        self.addCleanup(os.unlink, path)
        return path


@needs_gss
class EnterPSSession(Page):
    PROMPT = r"\[(127.0.0.1|localhost)\]: PS [^\n]*> "

    def entered(self, *args):
        s = self.screen("Enter-PSSession", *args, **self.env)
        s.wait(self.PROMPT)
        return s

    def leave(self, s, word="exit"):
        s.type(word + "\n")
        self.assertEqual(s.finish().code, 0)

    @representative
    def test_example_1_the_prompt_names_the_computer(self):
        e = self.shared()
        s = self.entered(LOCAL, *e.to()[2:])
        self.assertIn("[localhost]: PS ", s.text)
        self.leave(s)

    def test_example_2_files_are_on_the_remote_side(self):
        """The server lies on this machine, too: that it was its shell that wrote tells its log."""
        e = self.shared()
        there = os.path.join(self.top, "gate.txt")
        s = self.entered(*e.to())
        s.type(f"echo $((40+2)) process >{there}\n")
        s.wait(self.PROMPT)
        self.leave(s)
        with open(there, encoding="ascii") as f:
            self.assertEqual(f.read(), "42 process\n")
        os.unlink(there)

    def test_example_3_a_session_that_is_there(self):
        e = self.shared()
        self.new(e, "-Name", "s")
        s = self.entered("-Session", "s")
        self.leave(s, "Exit-PSSession")
        self.assertEqual(self.states(), [("s", "Opened", "Available")])

    def test_example_4_port_and_credential(self):
        e = self.shared()
        s = self.entered("-ComputerName", HOST, "-Port", e.port, "-Credential", r"WORKGROUP\demo",
                         "-PasswordFile", e.password)
        self.leave(s)

    def test_example_5_two_ways_to_leave(self):
        e = self.shared()
        for word in "Exit-PSSession", "exit", "exsn":
            s = self.entered(*e.to())
            self.leave(s, word)
        self.assertTrue(wait_for(lambda: not e.open_shells()))


class EnterPSSessionSsh(stdio_lib.Case):
    """The words that ssh gets; it answers as a server of its own."""

    def arguments(self, *args):
        log = os.path.join(self.dir, "arguments")
        server = os.path.join(stdio_lib.ENDPOINT, "stdio-server")
        self.ssh_is(f'printf "%s\\n" "$@" >{log}\nexec {server} --engine sh')
        c = self.run_client(*args, stdin=b"echo in\n")
        self.check(c, 0, "in\n")
        with open(log, encoding="ascii") as f:
            return f.read().split("\n")[:-1]

    def has(self, words, *some):
        at = "\n".join(words)
        for one in some:
            self.assertIn(one, at)

    def test_example_6_user_at_host(self):
        words = self.arguments("Enter-PSSession", "-HostName", "UserA@LinuxServer01")
        self.has(words, "UserA", "LinuxServer01", "powershell")

    def test_example_7_port_and_key(self):
        key = self.script("userAKey_rsa", "")
        words = self.arguments("Enter-PSSession", "-HostName", "UserA@LinuxServer02:22",
                               "-KeyFilePath", key)
        self.has(words, "UserA", "LinuxServer02", "-p\n22", key)


@needs_gss
class ExitPSSession(Page):
    def test_example_1_and_3_a_temporary_session(self):
        e = self.shared()
        for word in b"Exit-PSSession\necho never\n", b"exit\necho never\n":
            self.check(self.ps("etsn", *e.to(), stdin=word), 0, "")
            self.assertTrue(wait_for(lambda: not e.open_shells()))

    def test_example_2_a_session_object(self):
        e = self.shared()
        self.new(e)
        self.check(self.ps("etsn", "-Session", 1, stdin=b"Exit-PSSession\n"), 0, "")
        self.check(self.ps("gsn"), 0, HEAD + row(1, "Session1"))


@needs_gss
class NewPSSession(Page):
    def test_examples_2_3_6_9_computers(self):
        e = self.shared()
        self.at(e, "nsn", out=HEAD + row(1, "Session1"))
        self.at(e, "nsn", "-ThrottleLimit", 16, names=f"{HOST},{LOCAL}",
                out=HEAD + row(2, "Session2") + row(3, "Session3", computer=LOCAL))
        self.check(self.ps("icm", "-Session", "1..3", "-ScriptBlock", "{echo job}", "-AsJob"), 2,
                   "", re.compile("There are no jobs here"))
        self.check(self.ps("icm", "-Session", "1..3", "-ScriptBlock", "{echo job}", "-Ordered"), 0,
                   f"{HOST}: job\n{HOST}: job\n{LOCAL}: job\n")

    def test_example_4_a_configuration(self):
        e = self.shared()
        self.at(e, "nsn", "-ConfigurationName", "E12",
                out=HEAD + row(1, "Session1", configuration="E12"))

    def test_example_7_many_with_a_throttle(self):
        e = self.shared()
        names = ",".join([HOST, LOCAL] * 3)             # of $(paste -sd, Servers.txt)
        c = self.at(e, "nsn", "-ThrottleLimit", 2, names=names, out=None)
        self.assertEqual(len(c.out.splitlines()), 2 + 6)

    def test_examples_8_10_11_a_uri(self):
        e = self.shared()
        uri = f"http://{HOST}:{e.port}/wsman"
        for name in "-ConnectionUri", "-URI":
            self.check(self.ps("nsn", name, uri, *e.to()[4:]), 0, re.compile("Session"))
        self.check(self.ps("nsn", "-ConnectionUri", uri, *e.to()[4:], "-SessionOption",
                           "SkipCACheck"), 0, None, None)


@needs_gss
class GetPSSession(Page):
    def test_examples_1_4_7_here(self):
        e = self.shared()
        self.check(self.ps("gsn"), 0, "")
        self.new(e)
        self.new(e)
        self.check(self.ps("gsn"), 0, HEAD + row(1, "Session1") + row(2, "Session2"))
        self.check(self.ps("gsn", "-Id", 2), 0, HEAD + row(2, "Session2"))

    def test_examples_2_3_on_a_computer(self):
        e = self.shared()
        self.new(e, "-Name", "Test")
        self.use("there")
        self.new(e, "-Name", "ScheduledJobs")
        self.at(e, "gsn", out=HEAD + row(1, "ScheduledJobs") +
                "   " + row(0, "Test", "Disconnected", "Busy")[3:])

    def test_example_5_by_instance_id(self):
        e = self.shared()
        self.new(e)
        self.new(e)
        instance = self.list("1")[0]["InstanceId"]
        self.check(self.ps("gsn", "-InstanceId", instance), 0, HEAD + row(1, "Session1"))
        self.pipe(("gsn", "-InstanceId", instance), ("rsn",))
        self.check(self.ps("gsn"), 0, HEAD + row(2, "Session2"))

    def test_example_6_by_name_and_configuration(self):
        e = self.shared()
        task = ("-InDisconnectedSession", "-ScriptBlock", "true", "-SessionName")
        self.at(e, "icm", *task, "BackupJob04", "-ConfigurationName", "ITTasks", out=None)
        self.at(e, "icm", *task, "BackupJob05", out=None)
        self.use("there")
        found = ("-ConfigurationName", "ITTasks", "-Name")
        self.at(e, "gsn", *found, "BackupJob*", "-SessionOption", "OperationTimeout=240000",
                out=HEAD + "   " +
                row(0, "BackupJob04", "Disconnected", "None", configuration="ITTasks")[3:])
        self.at(e, "cnsn", *found, "BackupJob04",
                out=re.compile("  1 BackupJob04 .* Opened  .* ITTasks "))
        self.use("here")


@needs_gss
class RemovePSSession(Page):
    def test_example_1_by_ids(self):
        e = self.shared()
        self.new(e)
        self.new(e)
        self.check(self.ps("rsn", "-Id", "1,", "2"), 0, "")
        self.check(self.ps("gsn"), 0, "")

    def test_examples_2_6_all(self):
        e = self.shared()
        self.new(e)
        self.new(e)
        self.pipe(("gsn",), ("rsn",))
        self.check(self.ps("gsn"), 0, "")
        self.new(e)
        self.check(self.ps("rsn", "-Session", "*"), 0, "")
        self.check(self.ps("gsn"), 0, "")

    def test_examples_3_4_5_by_computer_or_property(self):
        e = self.shared()
        self.new(e)
        self.at(e, "nsn", names=LOCAL, out=None)
        self.check(self.ps("rsn", "-ComputerName", "nobody*"), 0, "")
        self.check(self.ps("rsn", "-ComputerName", "Local*"), 0, "")
        self.check(self.ps("gsn"), 0, HEAD + row(1, "Session1"))
        rows = [line for line in self.ps("gsn", "-Json").out.splitlines()
                if json.loads(line)["ComputerName"] == HOST]       # where { }: jq, grep
        self.check(self.ps("rsn", stdin=rows[0].encode()), 0, "")
        self.new(e)
        self.check(self.ps("rsn", "-InstanceId", self.list()[0]["InstanceId"]), 0, "")
        self.check(self.ps("gsn"), 0, "")


@needs_gss
class ConnectPSSession(Page):
    def test_example_1_on_a_computer(self):
        e = self.shared()
        self.new(e, "-Name", "ITTask", "-ConfigurationName", "ITTasks")
        self.ps("dnsn", 1)
        self.use("there")
        self.at(e, "cnsn", "-Name", "ITTask",
                out=HEAD + row(1, "ITTask", configuration="ITTasks"))
        self.use("here")
        self.ps("rsn", 1)

    def test_example_2_there_and_back(self):
        e = self.shared()
        self.at(e, "nsn", "-Name", "Backups", names=LOCAL, out=None)
        self.pipe(("gsn",), ("dnsn",),
                  HEAD + row(1, "Backups", "Disconnected", "None", computer=LOCAL))
        self.pipe(("gsn",), ("cnsn",), HEAD + row(1, "Backups", computer=LOCAL))
        self.pipe(("gsn",), ("cnsn",), HEAD + row(1, "Backups", computer=LOCAL))

    def test_example_3_home_for_the_evening(self):
        e = self.shared()
        self.new(e, "-Name", "ITTask", "-ConfigurationName", "ITTasks")
        script = self.script("cd /usr")
        self.check(self.ps("icm", "-Session", "ITTask", "-FilePath", script), 0, "")
        gone = row(1, "ITTask", "Disconnected", "None", configuration="ITTasks")
        leave = ("dnsn", "-Session", "ITTask", "-OutputBufferingMode", "Drop", "-IdleTimeoutSec",
                 60 * 60 * 15)
        self.check(self.ps(*leave), 0, HEAD + gone)
        self.use("home")
        self.at(e, "gsn", "-Name", "ITTask", out=HEAD + "   " + gone[3:])
        self.at(e, "cnsn", "-Name", "ITTask",
                out=HEAD + row(1, "ITTask", configuration="ITTasks"))
        self.check(self.ps("icm", "-Session", "ITTask", "pwd"), 0, "/usr\n")
        self.check(self.ps(*leave), 0, HEAD + gone)


@needs_gss
class ReceivePSSession(Page):
    def leave(self, e, name, script, **kw):
        return self.at(e, "icm", "-InDisconnectedSession", "-SessionName", name, "-ScriptBlock",
                       script, out=None, **kw)

    def test_example_1_on_a_computer(self):
        e = self.shared()
        self.leave(e, "ITTask", "seq 3")
        self.use("there")
        self.at(e, "rcsn", "-Name", "ITTask", out="1\n2\n3\n")

    def test_example_2_all_that_was_left(self):
        """One that is connected by somebody, and one in which nothing runs, say nothing."""
        e = self.shared()
        self.leave(e, "a", "echo a; exit 3")
        self.new(e, "-Name", "idle")
        self.leave(e, "c", "echo c", names=LOCAL)
        s = self.screen("etsn", "-Id", 2, **self.env)
        s.wait(r"\[127.0.0.1\]: ")
        self.pipe(("gsn",), ("rcsn",), "a\nc\n", 3)
        self.leave(e, "d", "echo d")
        self.use("there")
        self.at(e, "rcsn", names=f"{HOST},{LOCAL}", out="d\n")
        self.assertEqual([n for n, _, _ in self.states()], ["d"])
        s.type("exit\n")
        self.assertEqual(s.finish().code, 0)

    def test_example_3_and_6_jobs_are_the_shells(self):
        e = self.shared()
        self.new(e, "-Name", "Test")
        gate = self.gate()
        job = self.start("icm", "-Session", "Test", f"echo 1; read a <{gate}; echo 3", env=self.env)
        self.assertTrue(wait_for(lambda: job.out == "1\n"))
        self.pipe(("gsn", "-Name", "Test"), ("dnsn",),
                  HEAD + row(1, "Test", "Disconnected", "None"))
        self.check(job.finish(), 1, "1\n", None)
        self.at(e, "cnsn", "-Name", "Test", out=HEAD + row(1, "Test", available="Busy"))
        self.let(gate, "")
        self.at(e, "rcsn", "-Name", "Test", "-OutTarget", "Job", "-JobName", "j", code=2,
                err=re.compile("There are no jobs here"))
        self.at(e, "rcsn", "-Name", "Test", out="3\n")

    def test_example_5_several_scripts(self):
        e = self.shared()
        script = self.script("echo bugs: 121")
        where = f"{HOST},{LOCAL}"
        with_ = ("-ConfigurationName", "ITTasks")
        self.at(e, "icm", "-InDisconnectedSession", "-FilePath", script, "-SessionName",
                "BugStatus", "-SessionOption", "IdleTimeout=86400000", *with_, names=where,
                out=re.compile("BugStatus.*Disconnected.*BugStatus.*Disconnected", re.S))
        self.assertEqual([s["IdleTimeout"] for s in self.list()], [86400000] * 2)
        self.check(self.ps("rcsn", "-Session", "BugStatus"), 0, "bugs: 121\n" * 2)
        self.assertEqual(self.states(), [("BugStatus", "Opened", "Available")] * 2)

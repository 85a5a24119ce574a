"""disconnect-, connect- and receive-pssession: the page's examples by number, other machines, and a
network that fails."""
import os
import re
import time
from signal import SIGCONT, SIGKILL, SIGTERM

from endpoint import harness
from keeper_lib import gone
from lib import (HOST, load_tests, needs_gss, needs_pwsh, only_plain,               # noqa: F401
                 representative, stop, wait_for)
from sessions_lib import HEAD, Kept, row

AT_PROMPT = r"\[127.0.0.1\]: PS [^\n]*> $"


@needs_gss
class Disconnect(Kept):
    """The examples of the page by number, and what it refuses."""

    def shown(self, c, *rows):
        return self.check(c, 0, HEAD + "".join(rows))

    @representative
    def test_example_1_by_name(self):
        e = self.shared()
        self.new(e, "-Name", "UpdateSession")
        gone = row(1, "UpdateSession", "Disconnected", "None")
        self.shown(self.ps("Disconnect-PSSession", "-Name", "UpdateSession"), gone)
        self.shown(self.ps("dnsn", "-Name", "updates*"), gone)          # no error, nothing done
        self.assertEqual(len([d for d in e.log("disconnect") if "shell" in d]), 1)
        self.shown(self.ps("Connect-PSSession", "1"), row(1, "UpdateSession"))
        self.shown(self.ps("cnsn", "-Name", "*"), row(1, "UpdateSession"))
        self.check(self.ps("icm", "1", "echo back"), 0, "back\n")

    def test_example_2_down_a_pipe(self):
        e = self.shared()
        self.new(e, "-Name", "ITTask")
        rows = self.ps("gsn", "-Name", "ITTask").out.encode()
        self.shown(self.ps("dnsn", "-OutputBufferingMode", "Drop", "-IdleTimeoutSec", 86400,
                           stdin=rows), row(1, "ITTask", "Disconnected", "None"))
        s = self.list()[0]
        self.assertEqual((s["IdleTimeout"], s["OutputBufferingMode"]), (86400000, "Drop"))
        self.shown(self.ps("cnsn", stdin=rows), row(1, "ITTask"))

    def test_example_3_a_command_goes_on(self):
        e = self.shared()
        to = e.to()
        c = self.ps("nsn", f"{HOST}, localhost", *to[2:], "-Name", "ITTask")
        self.shown(c, row(1, "ITTask"), row(2, "ITTask", computer="localhost"))
        go = self.gate()
        script = e.secret(f"echo begun; read a <{go}; echo got $a; echo more")
        c = self.start("icm", "-Session", "1", "-FilePath", script, env=self.env)
        self.assertTrue(wait_for(lambda: "begun" in c.out))
        self.shown(self.ps("dnsn", "1"), row(1, "ITTask", "Disconnected", "None"))
        self.check(c.finish(), 1, "begun\n", "WARNING: Session 1 is Disconnected, and what runs in "
                   "it goes on: receive-pssession 1 shows it.\n")
        self.shown(self.ps("gsn", "-Name", "ITTask"), row(1, "ITTask", "Disconnected", "None"),
                   row(2, "ITTask", computer="localhost"))
        self.let(go, "it")
        self.check(self.ps("rcsn", "1"), 0, "got it\nmore\n")
        self.check(self.ps("rcsn", "1"), 0, "")
        self.check(self.ps("icm", "1..2", "echo all", "-HideComputerName"), 0, "all\nall\n")
        self.check(self.ps("rsn", 2), 0, "")            # is on the same server here
        self.shown(self.ps("dnsn", stdin=self.ps("gsn").out.encode()),
                   row(1, "ITTask", "Disconnected", "None"))
        self.use("manager")
        name = "-Name", "ITTask"
        self.shown(self.ps("gsn", *to, *name), "   " + row(1, "ITTask", "Disconnected", "None")[3:])
        self.shown(self.ps("cnsn", *to, *name), row(1, "ITTask"))
        self.check(self.ps("icm", "-Session", "ITTask", "{ls /nosuch}"), 1, "", None)
        self.check(self.ps("icm", "-Session", "ITTask", "{mkdir -p /}"), 0, "")
        self.check(self.ps("icm", "-Session", "ITTask", "-FilePath", e.secret("echo again")), 0,
                   "again\n")
        self.shown(self.ps("dnsn", "-Session", "ITTask"), row(1, "ITTask", "Disconnected", "None"))

    def test_example_4_idle_timeouts(self):
        """As the page has it, the server takes the large time-out, and refuses to disconnect."""
        e = self.shared("--max-idle", "43200", "--any-idle")
        self.new(e, "-Name", "ITTask", "-SessionOption", "IdleTimeout=172800000")
        bad = ("disconnect-pssession: The session ITTask cannot be disconnected because the "
               "specified idle timeout value {}(seconds) is either greater than the server maximum "
               "allowed 43200 (seconds) or less that the minimum allowed60(seconds).  Choose an "
               "idle time out value that is within the allowed range and try again.\n")
        self.check(self.ps("dnsn", "-Session", "ITTask"), 2, "", bad.format(172800))
        self.check(self.ps("dnsn", "1", "-IdleTimeoutSec", 172801), 2, "", bad.format(172801))
        self.check(self.ps("dnsn", "1", "-IdleTimeoutSec", 59), 2, "", bad.format(59))
        self.check(self.ps("dnsn", "1", "-IdleTimeoutSec", 2147483647), 2, "",
                   bad.format(2147483647))
        self.check(self.ps("dnsn", "1", "-IdleTimeoutSec", 0), 2, "", bad.format(0))
        self.assertEqual(self.states(), [("ITTask", "Opened", "Available")])
        self.shown(self.ps("dnsn", "1", "-IdleTimeoutSec", 43200),
                   row(1, "ITTask", "Disconnected", "None"))
        self.assertEqual(self.list()[0]["IdleTimeout"], 43200000)

    def test_what_if_and_confirm(self):
        e = self.shared()
        self.new(e)
        self.check(self.ps("dnsn", "1", "-WhatIf"), 0, "", 'What if: Performing the operation '
                   '"Disconnect" on target "Session1".\n')
        s = self.screen("dnsn", 1, "-Confirm", **self.env)
        s.wait("Are you sure you want to perform this action.*Disconnect.*Session1.*default")
        s.type("L\n")
        self.assertEqual(s.finish().code, 0)
        self.assertNotIn("Opened", s.text)              # no rows of those that were declined
        self.check(self.ps("cnsn", "1", "-WhatIf"), 0, "", re.compile('"Connect" on target'))
        self.assertEqual(self.states(), [("Session1", "Opened", "Available")])

    def test_disconnected_and_used(self):
        e = self.shared()
        self.new(e, "-Name", "a")
        self.ps("dnsn", "a")
        self.check(self.ps("icm", "1", "pwd"), 1, "", re.compile(
            "Because the session state for session a, .*, 127.0.0.1 is not equal to Open, you "
            "cannot run a command in the session.  The session state is Disconnected.  "
            "connect-pssession 1 connects it.\n$"))
        self.check(self.ps("etsn", "1", stdin=b"echo in\n"), 0, "in\n")       # connects it
        self.assertEqual(self.states(), [("a", "Opened", "Available")])

    @representative
    def test_in_disconnected_session(self):
        e = self.shared()
        go = self.gate()
        self.shown(self.ps("icm", *e.to(), "-InDisconnectedSession", "-SessionName", "job",
                           "-ScriptBlock", f"read a <{go}; seq 10000; echo bad >&2; echo $a"),
                   row(1, "job", "Disconnected", "None"))
        self.let(go, "end")
        self.check(self.ps("rcsn", "-Name", "job"), 1,
                   "".join(f"{i}\n" for i in range(1, 10001)) + "end\n", "bad\n")
        self.assertEqual(self.states(), [("job", "Opened", "Available")])

    def test_an_interactive_session_is_left_by_an_escape(self):
        e = self.shared()
        self.new(e, "-Name", "web")
        go = self.gate()
        for command in False, True:
            s = self.screen("enter-pssession", "1", **self.env)
            s.wait(AT_PROMPT)
            if command:
                s.type(f"echo begun; read a <{go}; echo got $a\r")
                s.wait("begun\r\n")
            s.type("~d")
            left = s.wait("Session 1 is Disconnected, and what runs in it goes on")
            self.assertNotRegex(left, AT_PROMPT)
            self.assertEqual(s.finish().code, 0)
            self.assertEqual(self.states(), [("web", "Disconnected", "None")])
            if command:
                self.let(go, "it")
                c = self.check(self.ps("rcsn", "1"), 0, None)
                self.assertRegex(c.out, r"^got it\n(PS .*> \n)?$")      # one pipeline has both
            self.check(self.ps("etsn", "1", stdin=b"echo again\n"), 0, "again\n")

    def test_receive_refuses_jobs(self):
        for args in ("-OutTarget", "Job"), ("-JobName", "x"):
            self.check(self.ps("rcsn", "1", *args), 2, "", re.compile("There are no jobs here"))
        self.check(self.ps("rcsn", "1", "-OutTarget", "Host"), 2, "",
                   re.compile("session ID 1 is not available"))



@needs_gss
class Servers(Kept):
    """Sessions of the user on a server, whoever made them."""

    def at(self, e, *args, code=0, out=None, err="", **kw):
        return self.check(self.ps(*args, *e.to(), **kw), code, out, err)

    def remote(self, name, available="None"):
        return "   " + row(0, name, "Disconnected", available)[3:]

    @representative
    def test_taken_over_by_another_machine(self):
        e = self.shared()
        gate = self.gate()
        script = f"seq 5000; read a <{gate}; seq 5001 10000; echo $a"
        self.at(e, "icm", "-InDisconnectedSession", "-SessionName", "job", "-ScriptBlock", script)
        self.use("there")
        self.check(self.ps("gsn"), 0, "")
        self.at(e, "gsn", out=HEAD + self.remote("job"))
        self.at(e, "gsn", "-Name", "other*", out="")
        self.at(e, "gsn", "-State", "Opened", out="")
        self.at(e, "cnsn", "-Name", "job", out=HEAD + row(1, "job", available="Busy"))
        self.let(gate, "end")
        self.check(self.ps("rcsn", "1"), 0,
                   "".join(f"{i}\n" for i in range(1, 10001)) + "end\n")
        self.at(e, "gsn", out=HEAD + row(1, "job"))
        self.use("here")
        self.at(e, "gsn", out=HEAD + row(1, "job", "Disconnected", "Busy"))
        self.check(self.ps("cnsn", "1"), 1, "", re.compile(
            "The connect operation failed for session job with the following error message: .* "
            "Another client has the session. When that has .* connect-pssession -ComputerName "))
        self.check(self.ps("rsn", "1"), 1, "", re.compile(
            "Remote session job is forgotten here; get-pssession .* Another client has the .* "
            "connect-pssession -ComputerName takes it over.\n$"))
        self.check(self.ps("gsn"), 0, "")
        self.use("there")
        self.check(self.ps("icm", "1", "echo still there"), 0, "still there\n")
        self.check(self.ps("rsn", "1"), 0, "")

    def test_received_at_once(self):
        e = self.shared()
        self.at(e, "icm", "-InDisconnectedSession", "-SessionName", "job", "-ScriptBlock",
                "seq 3; echo bad >&2; exit 4", out=HEAD + row(1, "job", "Disconnected", "None"))
        self.use("there")
        s = self.list("-ComputerName", *e.to()[1:])[0]
        self.at(e, "rcsn", "-InstanceId", s["InstanceId"], code=4, out="1\n2\n3\n", err="bad\n")
        self.check(self.ps("gsn"), 0, HEAD + row(1, "job"))

    def test_a_keeper_that_was_killed(self):
        e = self.shared("--auto-disconnect", "0.5")
        self.new(e, "-Name", "job")
        gate = self.gate()
        c = self.start("icm", "1", f"seq 3; read a <{gate}; seq 4 10", env=self.env)
        self.assertTrue(wait_for(lambda: "3\n" in c.out))
        s = self.list()[0]
        os.kill(s["Pid"], SIGKILL)
        c.finish()
        self.assertEqual((c.code, c.out), (4, "1\n2\n3\n"))
        self.check(self.ps("gsn"), 0, "", re.compile(
            "^get-pssession: the background process of session 1 was killed: connect-pssession "
            f"-ComputerName 127.0.0.1 -InstanceId {s['InstanceId']} takes over what it left"))
        self.check(self.ps("gsn"), 0, "")       # it is said once
        free = ("-Json", "-ComputerName", *e.to()[1:])
        self.assertTrue(wait_for(lambda: '"None"' in self.ps("gsn", *free).out))
        self.at(e, "cnsn", "-Name", "job", out=HEAD + row(1, "job", available="Busy"))
        self.let(gate, "")
        self.check(self.ps("rcsn", "1"), 0, "".join(f"{i}\n" for i in range(4, 11)))

    def test_a_keeper_that_was_killed_is_told_of_by_the_next_session(self):
        e = self.shared("--auto-disconnect", "0.5")
        self.new(e)
        s = self.list()[0]
        os.kill(s["Pid"], SIGKILL)
        self.assertTrue(wait_for(lambda: gone(s["Pid"])))
        self.at(e, "nsn", "-Name", "next", out=HEAD + row(2, "next"), err=re.compile(
            "^new-pssession: the background process of session 1 was killed: connect-pssession "
            f"-ComputerName 127.0.0.1 -InstanceId {s['InstanceId']} takes over what it left there"
            "\n$"))
        free = ("-Json", "-ComputerName", *e.to()[1:])
        self.assertTrue(wait_for(lambda: '"None"' in self.ps("gsn", *free).out))
        self.at(e, "cnsn", "-InstanceId", s["InstanceId"], out=HEAD + row(1, "Session1"))

    def test_page_example_2(self):
        e = self.shared()
        self.new(e, "-Name", "ITTask")
        rows = self.at(e, "gsn", "-Name", "ITTask", out=HEAD + row(1, "ITTask")).out.encode()
        self.check(self.ps("dnsn", "-OutputBufferingMode", "Drop", "-IdleTimeoutSec", "86400",
                           stdin=rows), 0, HEAD + row(1, "ITTask", "Disconnected", "None"))
        self.at(e, "cnsn", "-Name", "ITTask", out=HEAD + row(1, "ITTask"))

    def test_what_another_client_has(self):
        e = self.shared()
        self.new(e, "-Name", "job")
        self.use("there")
        self.at(e, "gsn", out=HEAD + self.remote("job", "Busy"))
        cannot = ('-pssession: Cannot connect PSSession "job", either because it is not in the '
                  "Disconnected state, or it is not available for connection. Another client has "
                  "it, or had until it died: servers notice that after some minutes.\n")
        self.at(e, "cnsn", "-Name", "job", code=1, out="", err="connect" + cannot)
        self.at(e, "rcsn", "-Name", "job", code=1, out="", err="receive" + cannot)
        self.at(e, "cnsn", "-Name", "x", code=2, out="",
                err="connect-pssession: There is no such session on the server.\n")
        rows = self.at(e, "gsn", out=None).out.encode()
        self.check(self.ps("dnsn", stdin=rows), 1, "", re.compile("no session of this machine"))

    def test_several_servers(self):
        e = self.shared()
        self.new(e, "-Name", "job")
        for names in (HOST, "localhost"), ("localhost", HOST):  # of one server: the first counts
            c = self.ps("gsn", ",".join(names), *e.to()[2:])
            self.check(c, 0, HEAD + row(1, "job", computer=names[0]))
        pid = self.list()[0]["Pid"]
        stop(pid)
        try:
            self.at(e, "gsn", code=4, out=HEAD + row(1, "job"), err=re.compile("not answer$"))
        finally:
            os.kill(pid, SIGCONT)
        c = self.ps("gsn", "-ConnectionUri", f"http://{HOST}:1,http://{HOST}:{e.port}/wsman",
                    *e.to()[4:])
        self.check(c, 4, HEAD + row(1, "job"), re.compile(
            "^get-pssession: The remote session query failed for 127.0.0.1 with the following "))
        c = self.ps("gsn", *e.to(password=e.secret("wrong")))
        self.check(c, 3, "", re.compile("^get-pssession: The remote session query failed"))



@needs_gss
class Network(Kept):
    """What is said when the network fails, and that nothing is lost."""

    def through(self, e):
        """A proxy before the endpoint, and the parameters that lead there"""
        x = harness.FaultProxy(e.port)
        self.addCleanup(x.end)
        to = list(e.to())
        to[to.index("-Port") + 1] = x.port
        return x, to

    def cut(self, x):
        x.tell("stop")
        x.tell("cut")

    INTERRUPTED = ("WARNING: The network connection to 127.0.0.1 has been interrupted. Attempting "
                   "to reconnect for up to 4 minutes...\n")
    RESTORED = "WARNING: The network connection to 127.0.0.1 has been restored.\n"

    def test_a_cut_is_bridged(self):
        e = self.shared()
        x, to = self.through(e)
        gate = self.gate()
        c = self.start("icm", *to, f"seq 3; read a <{gate}; seq 4 6")
        self.assertTrue(wait_for(lambda: "3\n" in c.out))
        self.cut(x)
        self.assertTrue(wait_for(lambda: "\n" in c.err))
        self.let(gate, "")
        x.tell("restore")
        self.check(c.finish(), 0, "1\n2\n3\n4\n5\n6\n", self.INTERRUPTED + self.RESTORED)

    @only_plain                         # for the five seconds that it has
    def test_a_session_is_closed_at_last(self):
        e = self.shared()
        x, to = self.through(e)
        self.check(self.ps("nsn", *to), 0, None)
        for n in range(1, 10):
            x.tell(f"cut {n}")
        self.check(self.ps("rsn", 1), 0, "")
        self.assertFalse(e.open_shells())

    def test_a_cut_under_an_interactive_session(self):
        e = self.shared()
        x, to = self.through(e)
        self.check(self.ps("nsn", *to), 0, None)
        s = self.screen("enter-pssession", "-Id", 1, **self.env)
        s.wait(r"\[127.0.0.1\]: PS .*> ")
        self.cut(x)
        s.wait("Attempting to reconnect for up to 4 minutes")
        x.tell("restore")
        s.wait(r"has been restored.*\[127.0.0.1\]: PS .*> ")
        s.type("echo between\n")
        s.wait(r"\nbetween\r\n.*> ")
        self.cut(x)
        s.type("echo typed\n")
        s.wait("Attempting to reconnect for up to 4 minutes")
        x.tell("restore")
        s.wait("has been restored.*typed.*> ")
        s.type("exit\n")
        self.assertEqual(s.finish().code, 0)
        self.ps("rsn", "1")

    def test_a_disconnect_that_the_network_keeps_back(self):
        e = self.shared()
        x, to = self.through(e)
        self.check(self.ps("nsn", *to, "-Name", "job"), 0, None)
        self.cut(x)
        self.check(self.ps("dnsn", "1", "-IdleTimeoutSec", "90"), 4, "", re.compile(
            "Disconnect-PSSession operation failed .* the server cannot be reached. It is told "
            r"once the network is back, for which the session waits 2\d\d s more"))
        self.assertEqual(self.states(), [("job", "Opened", "Available")])
        x.tell("restore")
        self.assertTrue(wait_for(lambda: self.states() == [("job", "Disconnected", "None")]))
        self.assertEqual(self.list()[0]["IdleTimeout"], 90000)
        self.assertEqual([d["idle"] for d in e.log("disconnect") if "shell" in d], [90.0])
        self.check(self.ps("cnsn", "1"), 0, None)
        self.check(self.ps("rsn", "1"), 0, "")

    def test_a_session_that_is_removed_without_a_network(self):
        e = self.shared("--auto-disconnect", "0.5")
        x, to = self.through(e)
        self.check(self.ps("nsn", *to, "-Name", "job"), 0, None)
        self.cut(x)
        self.check(self.ps("rsn", "1"), 4, "", re.compile(
            "remove-pssession: Remote session job is forgotten here; get-pssession -ComputerName "
            "127.0.0.1 tells whether it is still there: "))
        self.check(self.ps("gsn"), 0, "")
        free = ("-Json", "-ComputerName", *e.to()[1:])
        self.assertTrue(wait_for(lambda: '"None"' in self.ps("gsn", *free).out))
        self.check(self.ps("cnsn", *e.to(), "-Name", "job"), 0, None)
        self.check(self.ps("rsn", "1"), 0, "")

    def test_a_keeper_ends_at_once_though_its_server_is_gone(self):
        e = self.shared("--auto-disconnect", "0.5")
        x, to = self.through(e)
        self.check(self.ps("nsn", *to, "-Name", "job"), 0, None)
        pid = self.list()[0]["Pid"]
        self.cut(x)
        self.assertTrue(wait_for(lambda: self.ps("dnsn", "1").code == 4))
        began = time.monotonic()
        os.kill(pid, SIGTERM)
        self.assertTrue(wait_for(lambda: gone(pid)))
        self.assertLess(time.monotonic() - began, 20)           # 1, on a machine of our own
        free = ("-Json", "-ComputerName", *e.to()[1:])
        self.assertTrue(wait_for(lambda: '"None"' in self.ps("gsn", *free).out))
        self.check(self.ps("cnsn", *e.to(), "-Name", "job"), 0, None)
        self.check(self.ps("rsn", "1"), 0, "")

    def test_a_session_that_is_given_up_is_found_again(self):
        e = self.shared("--auto-disconnect", "0.5")
        x, to = self.through(e)
        gate = self.gate()
        c = self.start("icm", *to, f"seq 3; read a <{gate}; seq 4 6", "-SessionOption",
                       "MaxConnectionRetryCount=0")
        self.assertTrue(wait_for(lambda: "3\n" in c.out))
        self.cut(x)
        self.check(c.finish(), 4, "1\n2\n3\n", re.compile(
            "^WARNING: The connection to 127.0.0.1 is lost: .* The session is Disconnected, and "
            "what runs in it goes on: receive-pssession -ComputerName 127.0.0.1 -InstanceId "))
        instance = c.err.split("-InstanceId ")[1].split()[0]
        free = ("-Json", "-ComputerName", *e.to()[1:])
        self.assertTrue(wait_for(lambda: '"None"' in self.ps("gsn", *free).out))
        self.let(gate, "")
        # The server cannot know whether its last answer came.
        self.check(self.ps("rcsn", *e.to(), "-InstanceId", instance), 0,
                   re.compile("^(1\n2\n3\n)?4\n5\n6\n$"))



@needs_gss
@needs_pwsh
class PowerShell(Kept):
    engine = "pwsh"

    def test_a_session_through_its_life(self):
        e = self.shared()
        self.new(e, "-Name", "web")
        self.check(self.ps("icm", "web", "-Id", "1", "$n = 41; $n"), 2, "", None)
        self.check(self.ps("icm", "1", "$n = 41"), 0, "")
        self.check(self.ps("icm", "1", "$n + 1"), 0, "42\n")
        self.check(self.ps("etsn", "1", stdin=b"$n\n$n = 7\nWrite-Error bad\n"), 0, "41\n",
                   re.compile("bad"))
        c = self.start("icm", "1", "'begun'; foreach ($i in 1..2000) { $i }; Start-Sleep 1; $n",
                       env=self.env)
        self.assertTrue(wait_for(lambda: "begun" in c.out))
        self.check(self.ps("dnsn", "1"), 0, HEAD + row(1, "web", "Disconnected", "None"))
        c.finish()
        d = self.check(self.ps("rcsn", "1"), 0, None)
        self.assertEqual((c.out + d.out).split(), ["begun", *map(str, range(1, 2001)), "7"])
        self.check(self.ps("icm", "1", "$n"), 0, "7\n")

    def test_taken_over_by_another_machine(self):
        e = self.shared()
        c = self.ps("icm", *e.to(), "-InDisconnectedSession", "-SessionName", "job", "-ScriptBlock",
                    "1..10000; Write-Warning w; Write-Error bad; $PID")
        self.check(c, 0, HEAD + row(1, "job", "Disconnected", "None"))
        self.use("there")
        self.check(self.ps("cnsn", *e.to(), "-Name", "job"), 0, None)
        c = self.check(self.ps("rcsn", "1"), 1, None, re.compile("bad"))
        lines = c.out.split()
        self.assertEqual(lines[:-1], list(map(str, range(1, 10001))))
        self.check(self.ps("icm", "1", "$PID"), 0, lines[-1] + "\n")

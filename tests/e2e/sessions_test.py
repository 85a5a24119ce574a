"""Sessions that outlive a command: the examples of the pages by number, and what may go wrong."""
import json
import os
import re
import shutil
import subprocess
import tempfile
from signal import SIGKILL

from lib import (HOST, PSSESSION, SIGINT, Case, load_tests, needs_gss,            # noqa: F401
                 representative, wait_for)

HEAD = (" Id Name            ComputerName    State         ConfigurationName     Availability\n"
        " -- ----            ------------    -----         -----------------     ------------\n")


def row(number, name, state="Opened", available="Available", computer=HOST,
        configuration="Microsoft.PowerShell"):
    return f"{number:3} {name:15} {computer:15} {state:13} {configuration:20} {available:>13}\n"


class Kept(Case):
    """With a folder of sessions, which are removed at the end."""

    def setUp(self):
        self.top = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.top)
        self.use("here")

    def use(self, machine):
        """From here on, another folder of sessions: another machine"""
        self.dir = os.path.join(self.top, machine)
        self.env = {"PSSESSION_DIR": self.dir}

    def gate(self):
        """A pipe that a remote command reads a line from"""
        path = os.path.join(self.top, "gate")
        os.mkfifo(path)
        return path

    def let(self, gate, line):
        fd = os.open(gate, os.O_RDWR)
        self.addCleanup(os.close, fd)
        os.write(fd, line.encode() + b"\n")

    def shared(self, *options, **kw):
        e = super().shared(*options, **kw)
        self.addCleanup(self.remove_all)        # before it looks for shells left open
        return e

    def remove_all(self):
        for machine in os.listdir(self.top):
            if machine == "gate":
                continue
            self.use(machine)
            self.ps("remove-pssession", "-Name", "*")
            self.assertTrue(wait_for(lambda: not os.listdir(self.dir), 10), os.listdir(self.dir))

    def ps(self, *args, **kw):
        return self.run_client(*args, **{"env": self.env, **kw})

    def new(self, e, *args, **kw):
        return self.check(self.ps("new-pssession", *e.to(), *args, **kw), 0, None)

    def list(self, *args):
        c = self.check(self.ps("get-pssession", "-Json", *args), 0, None)
        return [json.loads(line) for line in c.out.splitlines()]

    def states(self):
        return [(s["Name"], s["State"], s["Availability"]) for s in self.list()]


@needs_gss
class Sessions(Kept):

    @representative
    def test_new_get_remove(self):
        e = self.shared()
        self.check(self.ps("get-pssession"), 0, "")
        self.check(self.new(e), 0, HEAD + row(1, "Session1"))
        self.check(self.new(e, "-Name", "web"), 0, HEAD + row(2, "web"))
        self.check(self.ps("gsn"), 0, HEAD + row(1, "Session1") + row(2, "web"))
        self.check(self.ps("gsn", "2"), 0, HEAD + row(2, "web"))
        self.check(self.ps("gsn", "-Name", "[v-x]*,nobody*"), 0, HEAD + row(2, "web"))
        self.check(self.ps("rsn", "-Id", "1..2"), 0, "")
        self.check(self.ps("gsn"), 0, "")
        self.assertEqual(os.listdir(self.dir), [])

    def test_several_servers_one_name(self):
        e = self.shared()
        c = self.ps("new-pssession", f"{HOST},localhost", *e.to()[2:], "-Name", "ITTask")
        self.check(c, 0, HEAD + row(1, "ITTask") + row(2, "ITTask", computer="localhost"))

    def test_a_server_that_fails_does_not_stop_the_others(self):
        e = self.shared()
        c = self.ps("new-pssession", f"{HOST},no such host", *e.to()[2:])
        self.check(c, 2, HEAD + row(1, "Session1"), re.compile("^pssession: 'no such host' is not"))
        c = self.ps("new-pssession", "-ConnectionUri",
                    f"http://{HOST}:1/wsman,http://{HOST}:{e.port}/wsman", *e.to()[4:])
        self.check(c, 4, re.compile("  2 Session2"), re.compile(rf"^\[{HOST}\] Connecting to"))

    def test_a_wrong_password_leaves_nothing(self):
        e = self.shared()
        c = self.ps("new-pssession", *e.to(password=e.secret("wrong")))
        self.check(c, 3, "", re.compile(rf"^\[{HOST}\] Connecting to remote server {HOST} failed"))
        self.assertFalse(os.path.exists(self.dir) and os.listdir(self.dir))

    def test_what_is_not_there(self):
        self.check(self.ps("gsn", "1,3"), 2, "",
                   "get-pssession: The remote session with the session ID 1 is not available.\n"
                   "get-pssession: The remote session with the session ID 3 is not available.\n")
        self.check(self.ps("rsn", "-Name", "nobody"), 2, "",
                   "remove-pssession: The remote session with the name nobody is not available.\n")
        guid = "8f6d1e2a-0102-0304-0506-0708090a0b0c"
        self.check(self.ps("dnsn", "-Session", guid), 2, "",
                   f"disconnect-pssession: Remote session is not available for {guid}.\n")
        self.check(self.ps("rsn", "-ComputerName", "srv"), 2, "", "remove-pssession: Remote "
                   "session is not available for ComputerName srv.\n")

    def test_rows_come_down_a_pipe(self):
        e = self.shared()
        self.new(e, "-Name", "a")
        self.new(e, "-Name", "b")
        for form in (), ("-Json",):
            rows = self.ps("gsn", "-Name", "b", *form).out.encode()
            self.check(self.ps("rsn", "-WhatIf", stdin=rows), 0, "", "What if: Performing the "
                       f'operation "Remove" on target "{HOST}".\n')
        self.check(self.ps("rsn", stdin=rows), 0, "")
        self.assertEqual(self.states(), [("a", "Opened", "Available")])
        self.check(self.ps("rsn", stdin=b""), 0, "")
        self.check(self.ps("rsn", stdin=b"    x           srv\n"), 2, "",
                   re.compile("'x           srv' is no session of this machine"))

    def test_confirm(self):
        e = self.shared()
        self.new(e, "-Name", "a")
        self.new(e, "-Name", "b")
        s = self.screen("remove-pssession", "-Name", "*", "-Confirm", **self.env)
        s.wait('Performing the operation "Remove" on target')
        s.wait(r'\[\?\] Help \(default is "Y"\): ')
        s.type("?\n")
        s.wait("A - ")
        s.wait("default")
        s.type("n\n")
        s.wait("default")
        s.type("\n")
        self.assertEqual(s.finish().code, 0)
        self.assertEqual([name for name, _, _ in self.states()], ["a"])
        c = self.ps("rsn", "1", "-Confirm")
        self.check(c, 2, "", re.compile("^remove-pssession: -Confirm asks on the terminal"))

    def test_the_keeper_outlives_its_terminal(self):
        e = self.shared()
        s = self.screen("new-pssession", *e.to(), **self.env)
        s.wait("Session1")
        self.assertEqual(s.finish().code, 0)
        os.close(s.master)                      # hangs up
        s.master = os.open("/dev/null", os.O_RDONLY)
        self.assertEqual(self.states(), [("Session1", "Opened", "Available")])


@needs_gss
class Enter(Kept):

    def enter_id(self, number, lines, *args):
        return self.ps("enter-pssession", "-Id", number, *args, stdin=lines.encode())

    @representative
    def test_page_example_3_a_session_that_is_there(self):
        e = self.shared()
        self.new(e, "-Name", "web")
        for by in ("-Session", 1), ("-Session", "web"), ("-Name", "WEB"), ("1",), ("-Id", 1), \
                ("-InstanceId", self.list()[0]["InstanceId"]):
            c = self.ps("etsn", *by, stdin=b"n=$((n+1)); echo $n\nexit 5\n")
            self.check(c, 5, re.compile(r"^\d\n$"))
        self.assertEqual(self.states(), [("web", "Opened", "Available")])

    def test_a_name_that_fits_more_than_one_lists_them(self):
        e = self.shared()
        self.new(e, "-Name", "web1")
        self.new(e, "-Name", "web2")
        c = self.ps("etsn", "-Name", "web*")
        self.check(c, 2, "", "enter-pssession: Multiple matches found; name one of them:\n" + HEAD +
                   row(1, "web1") + row(2, "web2"))
        self.check(self.ps("etsn", "-Name", "x*"), 2, "",
                   "enter-pssession: There is no such session.\n")
        self.check(self.ps("etsn"), 2, "", "pssession: enter-pssession: Cannot process command "
                   "because of one or more missing mandatory parameters: ComputerName.\nTry "
                   "'enter-pssession --help'.\n")

    def test_a_busy_session_is_waited_for(self):
        e = self.shared()
        self.new(e, "-Name", "web")
        s = self.screen("enter-pssession", "-Id", 1, **self.env)
        s.wait(r"\[127.0.0.1\]: ")
        self.assertEqual(self.states(), [("web", "Opened", "Busy")])
        c = self.start("enter-pssession", "-Id", "1", stdin=b"echo mine\n", env=self.env)
        self.assertTrue(wait_for(lambda: "\n" in c.err))
        self.assertRegex(c.err, rf"^WARNING: The session is busy: pid {s.pid} on /dev/pts/\d+ uses "
                         "it. You will be connected to the session as soon as it is available.")
        self.assertEqual(c.out, "")
        d = self.start("enter-pssession", "-Id", "1", stdin=b"echo never\n", env=self.env)
        self.assertTrue(wait_for(lambda: "\n" in d.err))
        d.signal(SIGINT)
        self.check(d.finish(), 130, "", None)
        c2 = self.ps("disconnect-pssession", 1)
        self.check(c2, 1, "", re.compile('Cannot disconnect PSSession "web" because it is '
                                         rf"interactive: pid {s.pid} on /dev/pts"))
        s.type("exit\n")
        self.assertEqual(s.finish().code, 0)
        self.check(c.finish(), 0, "mine\n", None)

    def test_a_front_end_that_dies_leaves_the_session(self):
        e = self.shared()
        self.new(e)
        c = self.start("enter-pssession", "-Id", "1", env=self.env,
                       stdin=b"echo begun; sleep 600; echo never\n")
        self.assertTrue(wait_for(lambda: "begun" in c.out))
        c.signal(SIGKILL)
        c.finish()
        self.check(self.enter_id(1, "echo next\n"), 0, "next\n", None)

    def from_outside(self, way):
        """enter-pssession, and a shell on the same terminal that lets it go when told so."""
        go = self.gate()
        script = (f'exec 3<&0; "$0" enter-pssession {way} <&3 & p=$!; read line <"$1"; '
                  '"$0" exit-pssession; echo "exit $?"; wait $p; echo "enter $?"')
        s = self.screen("-c", script, PSSESSION, go, program="/bin/sh", **self.env)
        s.wait(r"\[127.0.0.1\]: ")
        self.let(go, "")
        s.wait("exit 0\r\nenter 0")
        self.assertEqual(s.finish().code, 0)

    def test_exit_pssession_from_outside(self):
        """Page of Exit-PSSession, example 2: the session stays."""
        e = self.shared()
        self.check(self.ps("exit-pssession"), 0, "")
        self.new(e)
        self.from_outside("-Id 1")
        self.assertEqual(self.states(), [("Session1", "Opened", "Available")])

    def test_exit_pssession_closes_what_is_temporary(self):
        """Page of Exit-PSSession, example 1"""
        e = self.shared()
        self.from_outside(" ".join(map(str, e.to())))
        self.assertEqual(os.listdir(self.dir), [])

    def test_exit_pssession_by_id(self):
        e = self.shared()
        self.new(e)
        s = self.screen("enter-pssession", "-Id", 1, **self.env)
        s.wait(r"\[127.0.0.1\]: ")
        mine = {**self.env, "PSSESSION_ID": "1"}
        self.check(self.ps("exit-pssession", env=mine), 0, "")
        self.assertEqual(s.finish().code, 0)
        self.check(self.ps("exit-pssession", env=mine), 0, "")


@needs_gss
class Invoke(Kept):

    @representative
    def test_in_sessions_that_are_there(self):
        e = self.shared()
        self.new(e, "-Name", "a")
        self.new(e, "-Name", "b")
        for by in ("-Session", "a"), ("-Id", "1"), ("1",), ("-Name", "a"):
            self.check(self.ps("icm", *by, "-ScriptBlock", "echo in one; exit 4"), 4, "in one\n")
        self.check(self.ps("icm", "-Name", "*", "cd /usr"), 0, "")
        self.check(self.ps("icm", "1..2", "pwd"), 0, "/usr\n/usr\n")
        self.check(self.ps("icm", "-Session", "1,2", "sort", "-InputObject", "-", stdin=b"b\na\n"),
                   0, "a\nb\na\nb\n")
        self.assertEqual([s["Availability"] for s in self.list()], ["Available"] * 2)
        self.check(self.ps("icm", "-Session", "1,9", "pwd"), 2, "/usr\n", "invoke-command: The "
                   "remote session with the session ID 9 is not available.\n")

    def test_what_is_not_for_sessions(self):
        self.check(self.ps("icm", "-Name", "x*", "pwd"), 2, "",
                   "pssession: No valid sessions were specified.\n")
        self.check(self.ps("icm", "-Id", 1, "pwd", "-AsJob"), 2, "",
                   re.compile("There are no jobs here: .*-InDisconnectedSession"))
        self.check(self.ps("icm", "srv", "pwd", "-SessionName", "x"), 2, "",
                   re.compile("SessionName parameter can only be used with"))

    def test_ctrl_c_stops_the_command_and_leaves_the_session(self):
        e = self.shared()
        self.new(e)
        c = self.start("icm", "-Id", "1", "echo begun; sleep 600", env=self.env)
        self.assertTrue(wait_for(lambda: "begun" in c.out))
        self.assertEqual(self.states(), [("Session1", "Opened", "Busy")])
        c.signal(SIGINT)
        self.check(c.finish(), 130, "begun\n", None)
        self.check(self.ps("icm", "1", "echo next"), 0, "next\n")

    def test_waits_for_a_busy_session(self):
        e = self.shared()
        self.new(e)
        c = self.start("icm", "-Id", "1", "echo one; cat", "-InputObject", "-", env=self.env,
                       stdin=subprocess.PIPE)
        self.assertTrue(wait_for(lambda: "one" in c.out))
        d = self.start("icm", "-Id", "1", "echo two", env=self.env)
        self.assertTrue(wait_for(lambda: "The session is busy" in d.err))
        c.child.stdin.close()
        self.check(c.finish(), 0, "one\n")
        self.check(d.finish(), 0, "two\n", None)


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
        self.check(self.ps("icm", "1..2", "echo all"), 0, "all\nall\n")

    def test_example_4_idle_timeouts(self):
        e = self.shared("--max-idle", "43200")
        self.new(e, "-Name", "ITTask")
        bad = ("disconnect-pssession: The session ITTask cannot be disconnected because the "
               "specified idle timeout value {}(seconds) is either greater than the server maximum "
               "allowed 43200 (seconds) or less that the minimum allowed60(seconds).  Choose an "
               "idle time out value that is within the allowed range and try again.\n")
        self.check(self.ps("dnsn", "1", "-IdleTimeoutSec", 172800), 2, "", bad.format(172800))
        self.check(self.ps("dnsn", "1", "-IdleTimeoutSec", 59), 2, "", bad.format(59))
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
        self.check(self.ps("cnsn", "1", "-WhatIf"), 0, "", re.compile('"Connect" on target'))
        self.assertEqual(self.states(), [("Session1", "Opened", "Available")])

    def test_disconnected_and_used(self):
        e = self.shared()
        self.new(e, "-Name", "a")
        self.ps("dnsn", "a")
        self.check(self.ps("icm", "1", "pwd"), 1, "", re.compile(
            "Because the session state for session a, .*, 127.0.0.1 is not equal to Open, you "
            "cannot run a command in the session.  The session state is Disconnected."))
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
            "The connect operation failed for session job with the following error message: "))
        self.use("there")
        self.check(self.ps("rsn", "1"), 0, "")

    def test_received_at_once(self):
        e = self.shared()
        self.at(e, "icm", "-InDisconnectedSession", "-SessionName", "job", "-ScriptBlock",
                "seq 3; echo bad >&2; exit 4")
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
        os.kill(self.list()[0]["Pid"], SIGKILL)
        c.finish()
        self.assertEqual((c.code, c.out), (4, "1\n2\n3\n"))
        self.assertEqual(self.list(), [])
        free = ("-Json", "-ComputerName", *e.to()[1:])
        self.assertTrue(wait_for(lambda: '"None"' in self.ps("gsn", *free).out))
        self.at(e, "cnsn", "-Name", "job", out=HEAD + row(1, "job", available="Busy"))
        self.let(gate, "")
        self.check(self.ps("rcsn", "1"), 0, "".join(f"{i}\n" for i in range(4, 11)))

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
                  "Disconnected state, or it is not available for connection.\n")
        self.at(e, "cnsn", "-Name", "job", code=1, out="", err="connect" + cannot)
        self.at(e, "rcsn", "-Name", "job", code=1, out="", err="receive" + cannot)
        self.at(e, "cnsn", "-Name", "x", code=2, out="",
                err="connect-pssession: There is no such session on the server.\n")
        rows = self.at(e, "gsn", out=None).out.encode()
        self.check(self.ps("dnsn", stdin=rows), 2, "", re.compile("no session of this machine"))

    def test_several_servers(self):
        e = self.shared()
        self.new(e, "-Name", "job")
        c = self.ps("gsn", f"{HOST},localhost", *e.to()[2:])
        self.assertEqual(len(c.out.splitlines()), 3, c.out)     # two names of one server
        c = self.ps("gsn", "-ConnectionUri", f"http://{HOST}:1,http://{HOST}:{e.port}/wsman",
                    *e.to()[4:])
        self.check(c, 4, HEAD + row(1, "job"), re.compile(
            "^get-pssession: The remote session query failed for 127.0.0.1 with the following "))
        c = self.ps("gsn", *e.to(password=e.secret("wrong")))
        self.check(c, 3, "", re.compile("^get-pssession: The remote session query failed"))

"""new-, get-, enter-, exit- and remove-pssession, and invoke-command in sessions that are there."""
import json
import os
import re
import subprocess
from signal import SIGCONT, SIGKILL

import stdio_lib
from lib import (HOST, PSSESSION, SIGINT, load_tests, needs_gss, representative,     # noqa: F401
                 stop, wait_for)
from sessions_lib import HEAD, Kept, row



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

    def test_all_that_is_known(self):
        e = self.shared()
        self.new(e, "-SessionOption", "IdleTimeout=100000,OutputBufferingMode=Drop")
        want = ("Transport           : WSMan", "IdleTimeout         : 100000", "State  .* : Opened",
                "MaxIdleTimeout      : 2147483647", "OutputBufferingMode : Drop",
                "InstanceId          : [0-9a-f-]{36}", "Commands            : 0")
        for where in (), e.to():
            c = self.check(self.ps("gsn", "-Detailed", *where), 0, None)
            for line in want:
                self.assertRegex(c.out, f"(?m)^{line}$")
        self.ps("dnsn", 1)
        self.check(self.ps("gsn", "-Detailed"), 0, re.compile("DisconnectedOn .*\nExpiresOn "))

    def test_several_servers_one_name(self):
        e = self.shared()
        c = self.ps("new-pssession", f"{HOST},localhost", *e.to()[2:], "-Name", "ITTask")
        self.check(c, 0, HEAD + row(1, "ITTask") + row(2, "ITTask", computer="localhost"))

    def test_a_keeper_that_does_not_answer(self):
        e = self.shared()
        self.new(e, "-Name", "deaf")
        self.new(e, "-Name", "well")
        pid = self.list()[0]["Pid"]
        stop(pid)
        deaf = "-pssession: the background process of session 1 does not answer\n"
        try:
            self.check(self.ps("gsn"), 4, HEAD + row(1, "deaf") + row(2, "well"), "get" + deaf)
            self.check(self.ps("rsn", "1"), 4, "", "remove" + deaf)
            self.check(self.ps("dnsn", "2"), 0, HEAD + row(2, "well", "Disconnected", "None"),
                       "disconnect" + deaf)
        finally:
            os.kill(pid, SIGCONT)
        self.check(self.ps("rsn", "1"), 0, "")

    def test_a_server_that_fails_does_not_stop_the_others(self):
        e = self.shared()
        c = self.ps("new-pssession", f"{HOST},no such host", *e.to()[2:])
        self.check(c, 2, HEAD + row(1, "Session1"), re.compile("^new-pssession: 'no such"))
        c = self.ps("new-pssession", "-ConnectionUri",
                    f"http://{HOST}:1/wsman,http://{HOST}:{e.port}/wsman", *e.to()[4:])
        self.check(c, 4, re.compile("  3 Session3"), re.compile(rf"^\[{HOST}\] Connecting to"))

    def test_a_wrong_password_leaves_nothing(self):
        e = self.shared()
        c = self.ps("new-pssession", *e.to(password=e.secret("wrong")))
        self.check(c, 3, "", re.compile(rf"^\[{HOST}\] Connecting to remote server {HOST} failed"))
        self.assertFalse(os.path.exists(self.dir) and os.listdir(self.dir))

    def test_no_place_for_the_keeper(self):
        e = self.shared()
        c = self.ps("new-pssession", *e.to(host=f"{HOST},localhost"),
                    env={"PSSESSION_DIR": "/proc/none"})
        self.one_line(c, 2, "^new-pssession: .*PSSESSION_DIR can name another", "'/proc/none'")
        self.assertEqual(e.log("connect"), [])
        os.mkdir(self.dir, 0o755)
        self.addCleanup(os.chmod, self.dir, 0o700)
        for words in (("nsn", *e.to()), ("gsn",), ("gsn", *e.to()), ("dnsn", 1), ("rsn", 1),
                      ("icm", 1, "x"), ("etsn", "-Id", 1)):
            self.one_line(self.ps(*words), 2, "^[a-z]+-[a-z]+: The session folder .* 755", self.dir)

    def test_no_place_for_the_keeper_any_more_closes_the_session(self):
        e = self.serve("--delay", "200")
        c = self.start("new-pssession", *e.to(), env=self.env)
        self.assertTrue(wait_for(lambda: e.log("connect")))
        os.chmod(self.dir, 0o755)
        self.one_line(c.finish(), 2, "^.* The session folder .* 755", self.dir)
        self.assertEqual(len(e.log("shell-open")), 1)

    def test_ctrl_c_while_it_opens(self):
        for fault in ("silent", "silent@Receive"):
            e = self.serve("--fault", fault)
            c = self.start("new-pssession", *e.to(), env=self.env)
            self.assertTrue(wait_for(lambda: e.log("shell-open" if "@" in fault else "connect")))
            os.killpg(c.pid, SIGINT)
            self.check(c.finish(), 130, "")
            e.end()
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

    def test_what_names_nothing(self):
        """In PowerShell's words, before anything is done"""
        empty = ("Cannot validate argument on parameter '{}'. The argument is null or empty. "
                 "Provide an argument that is not null or empty, and then try the command "
                 "again.\nTry '")
        for words, name in ((("nsn", HOST, "-Name", ""), "Name"), (("gsn", "-Name", ""), "Name"),
                            (("gsn", "-Id", "1,,2"), "Id"), (("gsn", "-Name", "a,"), "Name"),
                            (("icm", "", "pwd"), "ComputerName"),
                            (("nsn", HOST, "-ConfigurationName", ""), "ConfigurationName")):
            self.check(self.ps(*words), 2, "", re.compile("^[a-z-]+: " + empty.format(name)))
        for words in ("gsn", "-Name", "["), ("rsn", "-Session", "["), ("gsn", HOST, "-Name", "a["):
            self.check(self.ps(*words), 2, "", re.compile(
                "^[a-z]+-pssession: The specified wildcard character pattern is not valid: " +
                re.escape(words[-1]) + "\n$"))

    def test_a_second_word_is_no_account(self):
        """Except behind enter-pssession, whose page says so."""
        for words in (("nsn", HOST), ("gsn", HOST), ("cnsn", HOST), ("rcsn", HOST),
                      ("icm", "-ScriptBlock", "x", HOST), ("icm", HOST, "x")):
            self.check(self.ps(*words, "bob"), 2, "", re.compile(
                "^[a-z]+-[a-z]+: A positional parameter cannot be found that accepts argument "
                "'bob'.\n"))
        e = self.shared()
        to = list(e.to())
        to.remove("-Credential")
        self.check(self.ps("etsn", to[1], "demo", "-Port", e.port, *to[-2:], stdin=b"echo in\n"),
                   0, "in\n")

    def test_names_and_ids_of_sessions_that_open_at_the_same_time(self):
        slow, e = self.serve("--delay", "300"), self.shared()
        c = self.start("nsn", *slow.to(), env=self.env)
        self.assertTrue(wait_for(lambda: slow.log("connect")))
        stop(slow.child.pid)
        try:
            self.check(self.ps("gsn"), 0, "")   # it is not open yet
            self.check(self.new(e), 0, HEAD + row(2, "Session2"))
        finally:
            slow.child.send_signal(SIGCONT)
        self.check(c.finish(), 0, HEAD + row(1, "Session1"))
        many = [self.start("nsn", *e.to(), env=self.env) for _ in range(4)]
        for c in many:
            self.check(c.finish(), 0, None)
        self.assertEqual([(s["Id"], s["Name"]) for s in self.list()],
                         [(i, f"Session{i}") for i in range(1, 7)])

    def test_one_that_was_killed_while_it_opened_hinders_nobody(self):
        slow, e = self.serve("--delay", "300"), self.shared()
        c = self.start("nsn", *slow.to(), env=self.env)
        self.assertTrue(wait_for(lambda: slow.log("connect")))
        keeper = stdio_lib.children(c.pid)[0]
        os.kill(keeper, SIGKILL)
        c.finish()
        slow.left_open()
        self.check(self.ps("gsn"), 0, "")
        self.check(self.new(e), 0, HEAD + row(1, "Session1"))

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
        self.new(e, "-Name", "b")
        rows = b"    ITTask  Srv1\n" + self.ps("gsn", "-Name", "b").out.encode() + b"other\n"
        c = self.check(self.ps("rsn", stdin=rows), 1, "", None)
        self.assertEqual(c.err.count("is no session of this machine: connect-pssession -Comp"), 2)
        self.assertEqual(self.states(), [("a", "Opened", "Available")])
        self.check(self.ps("rsn", stdin=b"    x           srv\n"), 1, "",
                   re.compile("'x           srv' is no session of this machine"))

    def test_two_that_remove_the_same(self):
        e = self.shared()
        for _ in range(5):
            self.new(e)
            both = [self.start("rsn", "-Name", "*", env=self.env) for _ in range(2)]
            for c in both:
                self.check(c.finish(), 0, "")

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
        self.check(self.ps("etsn"), 2, "", "enter-pssession: Cannot process command "
                   "because of one or more missing mandatory parameters: ComputerName.\n")

    def test_a_row_down_a_pipe(self):
        e = self.shared()
        self.new(e, "-Name", "web1")
        self.new(e, "-Name", "web2")
        s = self.screen("-c", '"$0" gsn -Name web1 | "$0" etsn; echo "left $?"', PSSESSION,
                        program="/bin/sh", **self.env)
        s.wait(r"\[127.0.0.1\]: ")
        self.assertEqual(self.states()[0], ("web1", "Opened", "Busy"))
        self.check(self.ps("exsn", env={**self.env, "PSSESSION_ID": "1"}), 0, "")
        s.wait("left 0")
        s.finish()
        rows = self.ps("gsn").out.encode()
        self.check(self.ps("etsn", stdin=rows), 2, "", re.compile("Multiple matches found"))

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
        for stale in "1", "99", "foo", "[":
            self.check(self.ps("exsn", env={**self.env, "PSSESSION_ID": stale}), 0, "")

    def test_exit_pssession_of_one_that_is_suspended(self):
        e = self.shared()
        self.new(e)
        s = self.screen("enter-pssession", "-Id", 1, **self.env)
        s.wait(r"\[127.0.0.1\]: ")
        stop(s.pid)
        c = self.ps("exsn", env={**self.env, "PSSESSION_ID": "1"})
        self.check(c, 1, "", "exit-pssession: The interactive session is suspended (Ctrl+Z): fg "
                   "lets it end.\n")
        s.signal(SIGCONT)
        self.assertEqual(s.finish().code, 0)



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
        self.check(self.ps("icm", "1..2", "pwd"), 0, f"{HOST}: /usr\n" * 2)
        self.check(self.ps("icm", "-Session", "1,2", "sort", "-InputObject", "-",
                           "-HideComputerName", stdin=b"b\na\n"), 0, "a\nb\na\nb\n")
        self.assertEqual([s["Availability"] for s in self.list()], ["Available"] * 2)
        self.check(self.ps("icm", "-Session", "1,9", "pwd"), 2, "/usr\n", "invoke-command: The "
                   "remote session with the session ID 9 is not available.\n")

    def test_no_more_at_a_time_than_it_says(self):
        e = self.shared()
        for _ in range(3):
            self.new(e)
        alone = f"mkdir {self.top}/here/alone || exit 9; sleep 0.2; rmdir {self.top}/here/alone"
        self.check(self.ps("icm", "-Session", "1..3", alone, "-ThrottleLimit", 1), 0, "")
        self.check(self.ps("icm", "-Session", "1..3", alone, "-ThrottleLimit", 2), 1, "", None)
        self.check(self.ps("icm", *e.to(host=",".join([HOST] * 3)), alone, "-ThrottleLimit", 1), 0)

    def test_what_is_not_for_sessions(self):
        self.check(self.ps("icm", "-Name", "x*", "pwd"), 2, "",
                   "invoke-command: No valid sessions were specified.\n")
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



class Ssh(stdio_lib.Case):
    def setUp(self):
        super().setUp()
        self.stdio("--engine", "sh")
        self.addCleanup(self.ps, "rsn", "-Name", "*")
        self.check(self.ps("nsn", "-HostName", "alice@server01"), 0, HEAD + row(
            1, "Session1", computer="alice@server01", configuration="DefaultShell"))

    def ps(self, *args):
        return self.run_client(*args, env={"PSSESSION_DIR": os.path.join(self.dir, "sessions")})

    def test_cannot_be_disconnected(self):
        self.check(self.ps("icm", "1", "cd /usr"), 0, "")
        self.check(self.ps("icm", "1", "pwd"), 0, "/usr\n")
        self.check(self.ps("dnsn", "1"), 1, "", re.compile(
            "^disconnect-pssession: Disconnect-PSSession operation failed for runspace Id = .* for "
            "the following reason: The disconnection operation is not supported on the remote "
            "computer. .* using the WSMan transport.\n$"))
        self.check(self.ps("rsn", "1"), 0, "")
        self.check(self.ps("gsn"), 0, "")

    def test_broken(self):
        keeper = json.loads(self.ps("gsn", "-Json").out)["Pid"]
        os.kill(stdio_lib.children(keeper)[0], SIGKILL)
        self.assertTrue(wait_for(lambda: "Broken" in self.ps("gsn").out))
        self.check(self.ps("icm", "1", "pwd"), 1, "", re.compile(
            "The session state is Broken.  remove-pssession 1 forgets it.\n"))
        self.check(self.ps("etsn", "1"), 1, "", "enter-pssession: Cannot enter session Session1 "
                   "because its connection is gone, and the session with it: remove-pssession 1 "
                   "forgets it.\n")
        self.check(self.ps("cnsn", "1"), 1, "", re.compile('Cannot connect PSSession "Session1"'))
        self.check(self.ps("gsn", "-State", "Broken"), 0, re.compile("  1 Session1"))
        self.check(self.ps("rsn", "1"), 0, "")
        self.check(self.ps("gsn"), 0, "")

"""Sessions that outlive a command: the examples of the pages by number, and what may go wrong."""
import json
import os
import re
import shutil
import tempfile

from lib import (HOST, KIND, Case, load_tests, needs_gss, representative,         # noqa: F401
                 wait_for)

HEAD = (" Id Name            ComputerName    State         ConfigurationName     Availability\n"
        " -- ----            ------------    -----         -----------------     ------------\n")


def row(number, name, state="Opened", available="Available", computer=HOST,
        configuration="Microsoft.PowerShell"):
    return f"{number:3} {name:15} {computer:15} {state:13} {configuration:20} {available:>13}\n"


class Kept(Case):
    """With a folder of sessions, which are removed at the end."""

    def setUp(self):
        self.dir = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.dir)
        self.env = {"PSSESSION_DIR": self.dir}

    def shared(self, *options, **kw):
        e = super().shared(*options, **kw)
        self.addCleanup(self.remove_all)        # before it looks for shells left open
        return e

    def remove_all(self):
        self.ps("remove-pssession", "-Name", "*")
        self.assertEqual(wait_for(lambda: [] == os.listdir(self.dir), 10), True,
                         os.listdir(self.dir))

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
        self.assertEqual(os.listdir(self.dir), [])

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

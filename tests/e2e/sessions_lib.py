"""What the tests of sessions that outlive a command share: their folder, the table's rows."""
import json
import os
import shutil
import tempfile

from lib import HOST, Case, wait_for

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
            self.assertTrue(wait_for(lambda: not os.listdir(self.dir)), os.listdir(self.dir))

    def ps(self, *args, **kw):
        return self.run_client(*args, **{"env": self.env, **kw})

    def new(self, e, *args, **kw):
        return self.check(self.ps("new-pssession", *e.to(), *args, **kw), 0, None)

    def list(self, *args):
        c = self.check(self.ps("get-pssession", "-Json", *args), 0, None)
        return [json.loads(line) for line in c.out.splitlines()]

    def states(self):
        return [(s["Name"], s["State"], s["Availability"]) for s in self.list()]

"""How long a person waits, at 200 and 400 ms a round trip; beside PowerShell's own client."""
import os
import time

from endpoint import engines
from lib import load_tests, needs_gss, needs_pwsh, only_plain, PATIENCE      # noqa: F401
from stdio_lib import AT_PROMPT, ENGINES, Case
from tmux_lib import Terminal, needs_tmux

TRIPS = (0.2, 0.4)
LINES = ("echo one", "echo two", "cd /")


def fastest(s, trip):
    """From Enter to the next prompt, by who types a line in the time of a trip."""
    took = []
    for line in LINES:
        time.sleep(0.1 + trip)
        began = time.monotonic()
        s.type(line + "\r")
        s.wait(AT_PROMPT)
        took.append(time.monotonic() - began)
    return min(took)


@only_plain
class Enter(Case):
    """Figures are printed; a busy machine may take longer than a good one, but not a trip more."""
    def screen_over_stdio(self, engine, trip):
        self.stdio("--engine", engine, "--delay", trip * 500)
        return self.enter_screen()

    def screen_over_wsman(self, engine, trip):
        e = self.serve("--delay", str(int(trip * 500)), engine=engine)
        return self.screen("enter-pssession", *e.to())

    def trips(self, *args):
        self.at_best(lambda: self.compare(*args))

    def compare(self, how, engine, expected):
        took = []
        for trip in (0, *TRIPS):
            s = how(engine, trip)
            s.wait(AT_PROMPT)
            took.append(fastest(s, trip))
            s.type("exit\r")
            s.finish()
        for trip, t in zip(TRIPS, took[1:]):
            print(f"{how.__name__}, {engine}: {t * 1000:.0f} ms at {trip * 1000:.0f} ms, "
                  f"{(t - took[0]) / trip:.2f} round trips")
            self.assertLess((t - took[0]) / trip, expected + 0.9)
            self.assertGreater(t / trip, expected - 0.1)

    def test_over_stdio_it_is_one_round_trip(self):
        for engine in ENGINES:
            with self.subTest(engine=engine):
                self.trips(self.screen_over_stdio, engine, 1)

    @needs_gss
    def test_over_wsman_it_is_two_requests(self):
        self.trips(self.screen_over_wsman, "sh", 2)

    def test_output_is_shown_as_it_comes(self):
        for engine, line in (("sh", "echo first; sleep 2; echo second"),
                             ("pwsh", "'first'; Start-Sleep 2; 'second'")):
            if engine in ENGINES:
                with self.subTest(engine=engine):
                    self.at_best(lambda: self.first(self.screen_over_stdio, engine, line))

    @needs_gss
    def test_output_is_shown_as_it_comes_over_wsman(self):
        self.at_best(lambda: self.first(self.screen_over_wsman, "sh",
                                        "echo first; sleep 2; echo second"))

    def first(self, how, engine, line):
        s = how(engine, TRIPS[1])
        s.wait(AT_PROMPT)
        time.sleep(0.1)
        began = time.monotonic()
        s.type(line + "\r")
        s.wait("\r\nfirst\r\n")
        first = time.monotonic() - began
        s.wait("second\r\n.*" + AT_PROMPT)
        print(f"{how.__name__}, {engine}: the first line after {first * 1000:.0f} ms at 400 ms")
        s.type("exit\r")
        s.finish()
        self.assertLess(first, 2)


@only_plain
@needs_pwsh
@needs_tmux
class PowerShell(Case):
    """What its own client needs, for comparison: nothing is asserted about it."""
    def test_its_own_client(self):
        for trip in TRIPS:
            self.stdio("--engine", "pwsh", "--delay", trip * 500)
            t = Terminal(engines.pwsh_path(), "-NoLogo", "-NoProfile", "-NoExit", "-Command",
                         "Remove-Module PSReadLine -ea 0; Enter-PSSession -HostName server01",
                         columns=100, rows=30, PATH=self.dir + ":" + os.environ["PATH"],
                         HOME=self.dir)
            self.addCleanup(t.close)
            t.wait(r"^\[server01\]: PS .*>$", 3 * PATIENCE)
            time.sleep(1)
            took = []
            for i in range(3):
                began = time.monotonic()
                t.enter(f"cd / # {i}")
                t.wait(rf"> cd / # {i}\n\[server01\]: PS />$")
                took.append(time.monotonic() - began)
            print(f"PowerShell's client: {min(took) * 1000:.0f} ms at {trip * 1000:.0f} ms, "
                  f"{min(took) / trip:.1f} round trips")
            t.close()

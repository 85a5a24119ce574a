"""A network that fails under a session, through the binary: nothing is lost, nothing comes twice.
PSSESSION_SEEDS=200 runs as many seeds of the random breaker."""
import os
import re

from lib import Case, load_tests, needs_gss, representative, wait_for            # noqa: F401
from endpoint.harness import FaultProxy

SEEDS = int(os.environ.get("PSSESSION_SEEDS", "4"))
LINES = 2000


@needs_gss
class Network(Case):
    def through(self, e, *options):
        x = FaultProxy(e.port, *options)
        self.addCleanup(lambda: x.child.poll() is None and x.end())
        to = list(e.to())
        to[to.index("-Port") + 1] = x.port
        return x, to

    def numbers(self, c, last=LINES):
        self.assertEqual(c.out.split(), [str(i) for i in range(1, last + 1)], c.err)

    @representative
    def test_cuts_in_a_command(self):
        e = self.serve()
        x, to = self.through(e)
        c = self.start("invoke-command", *to, "-ScriptBlock",
                       "for i in 1 2 3 4 5 6; do echo $i; sleep 0.3; done")
        for line in ("2", "4"):
            self.assertTrue(wait_for(lambda: line in c.out.split()))
            x.tell("cut")
        c.finish()
        # Not a word, but on a machine that is too busy to mend it within a second.
        self.check(c, 0, "1\n2\n3\n4\n5\n6\n", re.compile("^(WARNING: The network .*\n)*$"))
        e.end()

    def test_an_outage_is_told_and_survived(self):
        e = self.serve()
        x, to = self.through(e)
        c = self.start("invoke-command", *to, "-ScriptBlock",
                       "echo 1; sleep 1; echo 2; sleep 1; echo 3")
        self.assertTrue(wait_for(lambda: "1" in c.out.split()))
        x.tell("stop")
        x.tell("cut")
        self.assertTrue(wait_for(lambda: "interrupted" in c.err))
        x.tell("restore")
        c.finish()
        self.check(c, 0, "1\n2\n3\n", re.compile(
            "^WARNING: The network connection to .* has been interrupted. Attempting to reconnect "
            "for up to 4 minutes...\n(Attempting.*\n)*"
            "WARNING: The network connection to .* has been restored.\n$"))
        e.end()

    def test_no_line_is_lost_or_doubled(self):
        faults = 0
        for seed in range(SEEDS):
            with self.subTest(seed=seed):
                # Each second server soon thinks that the client has gone.
                e = self.serve(*(("--auto-disconnect", "0.3") if seed % 2 else ()))
                x, to = self.through(e, "--seed", str(seed), "--after", "7", "--every", "2",
                                     "--faults", "cut,drop,reset,half-close,delay,refuse,trickle",
                                     "--delay", "50", "--away", "200", "--most", "12")
                c = self.run_client("invoke-command", *to, "-ScriptBlock",
                                    f"i=0; while [ $i -lt {LINES} ]; do i=$((i+1)); echo $i; "
                                    "[ $((i % 500)) != 0 ] || sleep 0.1; done",
                                    seconds=240)        # what it has for the network
                self.assertEqual(c.code, 0, c.err)
                self.numbers(c)
                faults += sum(x.end().values())
                self.assertEqual(e.end(), [])
        self.assertGreater(faults, SEEDS // 2)
        print(f"# {SEEDS} runs, {faults} faults, 0 lines lost or doubled")

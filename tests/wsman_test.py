"""Sessions over WS-Management that are disconnected, taken over, and cut off by the network;
tests/wsman_driver.c is our end."""
import queue
import subprocess
import tempfile
import threading
import time
import unittest

import drivers
from endpoint import harness

PATIENCE = 60
LINES = 200
# some lines at once, then a pause
SLOWLY = (f"i=0; while [ $i -lt {LINES} ]; do i=$((i+1)); echo line $i; "
          "[ $((i%10)) = 0 ] && sleep 0.02; done; true")
ALL = [f"line {i + 1}" for i in range(LINES)]


def setUpModule():
    global FOLDER, DRIVER
    FOLDER = tempfile.TemporaryDirectory()
    DRIVER = drivers.build("wsman_driver", FOLDER.name)


def tearDownModule():
    FOLDER.cleanup()


def wait_for(what, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not what() and time.monotonic() < end:
        time.sleep(0.02)
    return what()


class Driver:
    def __init__(self, port, *options):
        self.process = subprocess.Popen([DRIVER, "127.0.0.1", str(port), "demo",
                                         *map(str, options)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lines, self.out = queue.Queue(), []
        threading.Thread(target=self.read, daemon=True).start()
        self.tell("Secret-1")

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def until(self, *words):
        """The rest of the next line that begins with one of words; self.out collects output."""
        while True:
            try:
                line = self.lines.get(timeout=PATIENCE)
            except queue.Empty:
                raise AssertionError(f"waited for {words}") from None
            if line is None:
                raise AssertionError(f"the driver ended with {self.process.wait()}: {words}")
            word, _, rest = line.partition(" ")
            if word == "out":
                self.out.append(rest)
            if word in words:
                return rest.strip()
            if word in ("broken", "ended", "listed") and "closed" not in words:
                raise AssertionError(f"{line}, not {words}")

    def outputs(self, n):
        while len(self.out) < n:
            self.until("out")

    def open(self):
        self.tell("open")
        return self.until("open")

    def take(self, pool):
        self.tell(f"connect {pool}")
        return self.until("open")

    def run(self, text, word="run"):
        self.tell(f"{word} {text}")
        return self.until("pipe")

    def link(self, command, name):
        self.tell(command)
        while True:
            now, _, why = self.until("link").partition(" ")
            if now == name:
                return why

    def close(self):
        self.tell("close")
        self.until("closed")
        self.end()

    def end(self):
        self.process.stdin.close()
        if self.process.wait(PATIENCE):
            raise AssertionError(f"the driver ended with {self.process.returncode}")
        self.process.stdout.close()


class Case(harness.Case):
    def driver(self, port, *options):
        d = Driver(port, *options)
        self.addCleanup(lambda: d.process.poll() is None and d.process.kill())
        return d

    def emptied(self, e):
        self.assertEqual(e.end(), [], "shells left open")


@harness.needs_gss
class Disconnected(Case):
    def test_what_the_server_says_of_idle_time(self):
        e = self.serve()
        d = self.driver(e.port)
        d.tell("open")
        self.assertEqual(d.until("idle"), "7200000 2147483647 3")
        d.close()
        self.emptied(e)

    def test_reconnect(self):
        """Whenever it is disconnected, nothing is lost, nothing comes twice."""
        e = self.serve()
        d = self.driver(e.port)
        d.open()
        d.run(SLOWLY)
        for n in (1, 17, 60, 130):
            d.outputs(n)
            self.assertEqual(d.link("disconnect", "down"), "")
            self.assertEqual(d.link("reconnect", "up"), "")
        self.assertEqual(d.until("ended"), "4")
        self.assertEqual(d.out, ALL)
        d.run("echo more")
        d.until("ended")
        self.assertEqual(d.out[-1], "more")
        d.close()
        self.emptied(e)

    def test_taken_over(self):
        """One client disconnects, the next goes on: each line comes to one of them."""
        e = self.serve()
        a = self.driver(e.port)
        pool = a.open()
        pipe = a.run(SLOWLY)
        lines = []
        for _ in range(4):
            a.outputs(15)
            self.assertEqual(a.link("disconnect", "down"), "")
            a.end()
            lines += a.out
            b = self.driver(e.port)
            self.assertEqual(b.take(pool), pool)
            b.tell(f"adopt {pipe}")
            a = b
        self.assertEqual(a.until("ended"), "4")
        lines += a.out
        self.assertEqual(lines, ALL)
        a.run("echo more")
        a.until("ended")
        a.close()
        self.emptied(e)

    def test_closed_while_disconnected(self):
        e = self.serve()
        d = self.driver(e.port)
        d.open()
        d.run(SLOWLY)
        d.link("disconnect", "down")
        d.close()
        self.emptied(e)

    def test_a_taken_pool_is_left_alone(self):
        """The first client learns that its session has gone to another."""
        e = self.serve("--auto-disconnect", "0.2")
        a, b = self.driver(e.port), self.driver(e.port)
        pool = a.open()
        a.link("disconnect", "down")
        b.take(pool)
        self.assertIn("client", a.link("reconnect", "down"))
        b.run("echo mine")
        b.until("ended")
        self.assertEqual(b.out, ["mine"])
        b.close()
        self.emptied(e)

    def test_a_pool_that_is_not_there(self):
        e = self.serve()
        d = self.driver(e.port)
        d.tell("connect 11111111-2222-3333-4444-555555555555")
        self.assertIn("invalid selectors", d.until("broken"))
        self.emptied(e)

    def test_idle_time_out_of_bounds(self):
        e = self.serve()
        d = self.driver(e.port)
        d.open()
        self.assertIn("idle time-out", d.link("disconnect 1000", "up"))
        d.run("echo still here")
        d.until("ended")
        self.assertEqual(d.link("disconnect 120000 drop", "down"), "")
        told = [x for x in e.log("disconnect") if "shell" in x][-1]
        self.assertEqual((told["idle"], told["mode"]), (120, "Drop"))
        d.link("reconnect", "up")
        d.close()
        self.emptied(e)

    def test_dropped_output_is_told(self):
        e = self.serve("--buffer", "20000")
        d = self.driver(e.port)
        d.open()
        d.run(f"echo first; while [ ! -e {FOLDER.name}/left ]; do sleep 0.05; done; flood=0; "
              "while [ $flood -lt 2000 ]; do flood=$((flood+1)); echo line $flood; done")
        d.outputs(1)
        d.link("disconnect 0 drop", "down")
        open(FOLDER.name + "/left", "w", encoding="ascii").close()
        self.assertTrue(wait_for(lambda: any(
            x["shell"] for x in e.log("dropped"))), "nothing was dropped")
        d.link("reconnect", "up")
        self.assertIn("dropped", d.until("notice"))
        self.assertEqual(d.until("ended"), "4")
        self.assertEqual(d.out[-1], "line 2000")
        self.assertLess(len(d.out), 1500)
        d.close()
        self.emptied(e)

    def test_a_server_that_cannot(self):
        e = self.serve("--style", "omi")
        d = self.driver(e.port)
        d.open()
        self.assertIn("no sessions that can be disconnected", d.link("disconnect", "up"))
        d.run("echo still here")
        d.until("ended")
        d.close()
        self.emptied(e)

    def test_held(self):
        """What nobody takes is not fetched."""
        e = self.serve()
        d = self.driver(e.port)
        d.open()
        d.tell("hold 1")
        d.run("echo a")
        d.tell("list")
        d.until("listed")
        self.assertEqual(d.out, [])
        d.tell("hold 0")
        d.until("ended")
        self.assertEqual(d.out, ["a"])
        d.close()
        self.emptied(e)

    def test_listed(self):
        e = self.serve("--max-batch", "1")
        a, b = self.driver(e.port), self.driver(e.port)
        first, second = a.open(), b.open()
        pipe = a.run("sleep 60")
        a.link("disconnect", "down")
        a.tell("list")
        found = {}
        for _ in range(2):
            ident, *rest = a.until("found").split()
            found[ident] = rest
        self.assertEqual(a.until("listed"), "")
        self.assertEqual(found, {first: ["Runspace1", "None", "1", pipe],
                                 second: ["Runspace1", "Busy", "0"]})
        a.close()
        b.close()
        self.emptied(e)


@harness.needs_gss
class CutOff(Case):
    """The network fails."""
    def through(self, e, *options, retry=()):
        p = self.proxy(e.port, *options)
        d = self.driver(p.port, *retry)
        d.open()
        return p, d

    def whole(self, d):
        self.assertEqual(d.until("ended"), "4")
        self.assertEqual(d.out, ALL)

    def test_at_random(self):
        """Faults of all kinds: no line is lost, none comes twice."""
        e, faults = self.serve(), 0
        for seed in range(6):
            with self.subTest(seed=seed):
                p, d = self.through(e, "--faults", "cut,drop,reset,half-close,trickle,delay,refuse",
                                    "--seed", str(seed), "--after", "8", "--every", "4", "--away",
                                    "100", "--delay", "20")
                d.run(SLOWLY)
                self.whole(d)
                d.close()
                faults += sum(p.end().values())
        self.assertGreater(faults, 12)
        self.emptied(e)

    def test_input_is_there_once(self):
        e = self.serve()
        for seed in range(4):
            with self.subTest(seed=seed):
                p, d = self.through(e, "--faults", "cut,drop,reset", "--seed", str(seed),
                                    "--after", "8", "--every", "3")
                d.run("cat", "feed")
                for i in range(20):
                    d.tell(f"input line {i}")
                    d.outputs(0)
                d.tell("eof")
                self.assertEqual(d.until("ended"), "4")
                self.assertEqual(d.out, [f"line {i}" for i in range(20)])
                d.close()
                p.end()
        self.emptied(e)

    def test_told(self):
        e = self.serve()
        p, d = self.through(e)
        d.run(SLOWLY)
        d.outputs(5)
        p.tell("stop")
        p.tell("cut")
        self.assertEqual(d.until("link"), "retrying")
        p.tell("restore")
        while d.until("link") != "up":
            pass
        self.whole(d)
        d.close()
        self.emptied(e)

    def test_for_too_long(self):
        """The session is disconnected then, and comes back whole."""
        e = self.serve()
        p, d = self.through(e, retry=[700])
        d.run(SLOWLY)
        d.outputs(5)
        p.tell("stop")
        p.tell("cut")
        while (now := d.until("link").split())[0] != "down":
            self.assertEqual(now, ["retrying"])
        self.assertGreater(len(now), 1)
        self.assertNotEqual(d.link("reconnect", "down"), "")
        p.tell("restore")
        self.assertEqual(d.link("reconnect", "up"), "")
        self.whole(d)
        d.close()
        self.emptied(e)

    def test_a_server_that_keeps_no_answers(self):
        """A lost Command is looked for, lost input fails its pipeline, lost output is told."""
        e = self.serve("--style", "omi")
        for fault in ("cut", "drop"):
            p, d = self.through(e)
            p.tell(f"{fault} 1")
            d.run("echo once; echo $$")
            self.assertEqual(d.until("ended"), "4")
            self.assertEqual(d.out[0], "once")
            d.close()
            p.end()
        self.assertEqual(len(e.log("pipeline")), 2)
        self.emptied(e)


if __name__ == "__main__":
    unittest.main()

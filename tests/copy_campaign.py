#!/usr/bin/python3
"""copy-item at full size: make copy-campaign. Prints what it measures; exit 1 when a budget of
docs/DESIGN.md is broken. The far side is real PowerShell if there is one (PWSH or PATH), else the
stand-in, which the first line says. MIB=200 sets the size of what goes over WSMan. Arguments: only
these of round_trips, compression, large."""
import os
import shutil
import signal
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "e2e")]
sys.dont_write_bytecode = True
os.environ.setdefault("PSSESSION", os.path.join(os.path.dirname(HERE), "build", "pssession"))

import lib                                                      # noqa: E402
from endpoint import engines                                    # noqa: E402

ENGINE = "pwsh" if engines.pwsh_path() else "sh"
SIZE = int(os.environ.get("MIB", 200)) << 20
LONG = 3600
failures = []


def check(good, what):
    print(f"  {'ok' if good else 'NOT OK'}: {what}", flush=True)
    if not good:
        failures.append(what)


def same(a, b):
    return lib.subprocess.run(["cmp", "-s", a, b], check=False).returncode == 0


def noise(path, size):
    with open(path, "wb") as f:
        for _ in range(0, size, 1 << 20):
            f.write(os.urandom(1 << 20))
    return path


class Run(lib.Client):
    """copy-item; peak is its memory in KiB."""
    def __init__(self, *args):
        super().__init__("copy-item", *args)
        self.peak = 0
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        while True:
            try:
                with open(f"/proc/{self.pid}/status", encoding="ascii") as f:
                    self.peak = max([self.peak] + [int(line.split()[1]) for line in f
                                                   if line.startswith("VmHWM")])
            except OSError:
                return
            time.sleep(0.05)

    def done(self, code=0):
        self.finish(LONG)
        if self.code != code:
            failures.append(f"exit {self.code}: {self.err}")
            print("  NOT OK: " + failures[-1])
        return self


class Campaign:
    def __init__(self, folder):
        self.near, self.far = folder + "/near", folder + "/far"
        os.mkdir(self.near)
        os.mkdir(self.far)
        self.folder = folder

    def stdio(self, *options):
        path = self.folder + "/ssh"
        with open(path, "w", encoding="ascii") as f:
            f.write(f"#!/bin/sh\nexec {HERE}/endpoint/stdio-server --engine {ENGINE} "
                    f"{' '.join(map(str, options))}\n")
        os.chmod(path, 0o755)
        lib.ENV["PSSESSION_SSH"] = path

    def clear(self, path):
        for name in os.listdir(path):
            os.unlink(os.path.join(path, name))

    def both(self, to, name):
        """Up, then down; the seconds and the larger peak"""
        source, there = os.path.join(self.near, name), os.path.join(self.far, name)
        up = Run(*to, source, self.far).done()
        down = Run(*to, "-Download", there, source + ".back").done()
        check(same(source, there) and same(source, source + ".back"), "the same bytes")
        os.unlink(source + ".back")
        os.unlink(there)
        return up.seconds, down.seconds, max(up.peak, down.peak)

    def round_trips(self):
        print("20 MB of random bytes over stdio, without and with 50 ms of round trip:")
        noise(self.near + "/r20", 20 << 20)
        host = ("-HostName", "alice@server01")
        took = {}
        for delay in (0, 25):
            self.stdio("--delay", delay)
            runs = [self.both(host, "r20") for _ in range(3)]
            took[delay] = [min(r[i] for r in runs) for i in range(2)]
            print(f"  {2 * delay} ms: up %.2f s, down %.2f s; peak {runs[0][2]} KiB" %
                  tuple(took[delay]), flush=True)
        for i, way in enumerate(("up", "down")):
            check(took[25][i] <= 1.5 * took[0][i] + 0.5,
                  f"{way} within 1.5 times plus 10 round trips")
        self.clear(self.near)

    def large(self):
        print(f"{SIZE >> 20} MiB over WSMan (HTTP, NTLM, sealed):")
        e = lib.Endpoint("--auto-disconnect", "300", engine=ENGINE)
        source = noise(self.near + "/large", SIZE)
        up, down, peak = self.both(e.to(), "large")
        rate = SIZE / 1e6
        print(f"  up {up:.1f} s ({rate / up:.1f} MB/s), down {down:.1f} s "
              f"({rate / down:.1f} MB/s), peak {peak} KiB", flush=True)
        check(peak < 32 << 10, "memory flat: less than 32 MiB")
        for args, origin, target in (((), self.near, self.far),
                                     (("-Download",), self.far, self.near)):
            part = os.path.join(target, "large.pssession-part")
            c = Run(*e.to(), *args, os.path.join(origin, "large"), target, "-Resume")
            lib.wait_for(lambda p=part: os.path.exists(p) and os.path.getsize(p) > SIZE // 2 or
                         c.child.poll() is not None, LONG)
            c.signal(lib.SIGINT)
            c.done(130)
            lib.wait_for(lambda: not e.open_shells())
            at = os.path.getsize(part)
            c = Run(*e.to(), *args, os.path.join(origin, "large"), target, "-Resume").done()
            print(f"  {args or ('Upload',)}: cut at {100 * at / SIZE:.0f} %, the rest took "
                  f"{c.seconds:.1f} s")
            check(same(self.near + "/large", self.far + "/large"), "the same bytes")
            if origin == self.near:
                os.unlink(source)       # it comes back
        self.clear(self.near)
        self.clear(self.far)
        check(e.end() == [], "no shell left")

    def compression(self):
        print("12 MB on a line of 10 Mbit/s:")
        self.stdio("--rate", 10000)
        with open(self.near + "/log", "wb") as f:
            for i in range(140000):
                f.write(b"Nov 21 10:%02d:%02d web01 sshd[%d]: Accepted publickey for user%d from "
                        b"10.0.0.%d port %d ssh2\n" % (i // 3600 % 60, i // 60 % 60, 1000 + i // 9,
                                                       i % 7, i % 11, 40000 + i * 31 % 977))
            f.truncate(12 << 20)
        noise(self.near + "/noise", 12 << 20)
        took = {name: self.both(("-HostName", "alice@server01"), name) for name in ("log", "noise")}
        for i, way in enumerate(("up", "down")):
            log, rest = took["log"][i], took["noise"][i]
            print(f"  {way}: log {log:.2f} s, noise {rest:.2f} s")
            check(rest >= 3 * log, "the log at least 3 times as fast")
        self.clear(self.near)


def main():
    signal.signal(signal.SIGINT, signal.default_int_handler)    # even in the background
    print(f"The far side is {'PowerShell' if ENGINE == 'pwsh' else 'a stand-in, NO PowerShell'}; "
          f"load {os.getloadavg()[0]:.1f}")
    folder = tempfile.mkdtemp()
    try:
        campaign = Campaign(folder)
        for part in sys.argv[1:] or ("round_trips", "compression", "large"):
            getattr(campaign, part)()
    finally:
        shutil.rmtree(folder)
    return 1 if failures else 0


sys.exit(main())

"""Our end in tests of one engine against peers of other people's making: small C programs, built
with the objects of the unit tests and driven over pipes; and the wait for a peer to listen."""
import os
import socket
import subprocess
import time
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.dirname(os.environ.get("PSSESSION", TOP + "/build/pssession"))


def build(name, folder):
    """Program tests/NAME.c. The variable NAME (AUTH_DRIVER) names one built elsewhere."""
    if os.environ.get(name.upper()):
        return os.environ[name.upper()]
    library = BUILD + "/asan/all.a"
    if not os.path.exists(library):
        raise unittest.SkipTest("no %s: make check builds it" % os.path.relpath(library))
    host = TOP + "/build/deps/host"
    subprocess.run([
        os.environ.get("HOSTCC", "gcc"), "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror",
        "-g", "-fsanitize=address,undefined", "-I" + TOP, "-I" + host + "/include",
        "-o", folder + "/" + name, TOP + "/tests/" + name + ".c", library,
        "-L" + host + "/lib", "-lbearssl", "-lz"], check=True)
    return folder + "/" + name


class Refused(Exception):
    pass


class Driver:
    """A line asked, a line answered. Used as "with": what its sanitizers find fails the test."""

    def __init__(self, command, first=(), env=None):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env=env, encoding="utf-8")
        for line in first:
            self.process.stdin.write(line + "\n")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        status = self.process.wait(60)
        if kind is None and status:
            raise AssertionError("the driver ended with %d" % status)

    def line(self):
        return self.process.stdout.readline().rstrip("\n")

    def ask(self, *words):
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        answer = self.line()
        if answer.startswith("error "):
            raise Refused(answer)
        return answer


def listens(process, port):
    """Waits until somebody does; False when process ended before, or after a minute."""
    for _ in range(1200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            time.sleep(0.05)
        if process.poll() is not None:
            break
    return False

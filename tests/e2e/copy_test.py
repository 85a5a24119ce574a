"""copy-item. With the sh engine the far side is a stand-in for its scripts, written in Python
(endpoint/copying.py); with pwsh it is the scripts themselves."""
import hashlib
import os
import re
import shutil
import signal
import stat
import tempfile

import lib
import sessions_lib
import stdio_lib
from lib import load_tests, needs_pwsh, only_plain, representative, wait_for     # noqa: F401

SLOW = 12000                    # kbit/s, to be cut off in the middle of LARGE
LARGE = 3 << 20
PART = ".pssession-part"


def read(path):
    with open(path, "rb") as f:
        return f.read()


def content(path):
    """Every file and folder below: what it is, its bytes, its time, its mode."""
    found = {}
    for top, folders, files in os.walk(path):
        for name in folders + files:
            full = os.path.join(top, name)
            st = os.lstat(full)
            data = read(full) if stat.S_ISREG(st.st_mode) else None
            found[os.path.relpath(full, path)] = (
                stat.S_IFMT(st.st_mode), data and hashlib.sha256(data).hexdigest(),
                st.st_mtime_ns // 100, st.st_mode & 0o200)
    return found


class Files:
    """Folders of the two ends: near and far. far is a path, as both are this machine."""
    def make_folders(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.near, self.far = self.sub("near"), self.sub("far")

    def sub(self, *names):
        path = os.path.join(self.folder, *names)
        os.makedirs(path, exist_ok=True)
        return path

    def write(self, path, data, seconds=1000000000):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)
        os.utime(path, ns=(seconds * 10**9,) * 2)
        return path

    def tree(self, top):
        """Two levels, what is empty, a read-only file, names in UTF-8 and with blanks."""
        self.write(os.path.join(top, "log"), b"one and the same line\n" * 30000, 1234567890)
        self.write(os.path.join(top, "ein Ordner", "Ω ü 漢字 🙂"), b"text\n")
        self.write(os.path.join(top, "ein Ordner", "noise"), os.urandom(300000), 86400)
        os.chmod(self.write(os.path.join(top, "locked"), b"read-only\n"), 0o444)
        self.write(os.path.join(top, "nothing"), b"")
        os.makedirs(os.path.join(top, "empty", "folder"))
        for name in ("empty/folder", "empty", "ein Ordner", ""):
            os.utime(os.path.join(top, name), ns=(10**18,) * 2)
        return top


class Copying(Files, stdio_lib.Case):
    engine = "sh"

    def setUp(self):
        super().setUp()
        self.make_folders()

    def serve_stdio(self, *options):
        self.stdio("--engine", self.engine, *options)

    def copy(self, *args, **kw):
        return self.run_client("copy-item", "-HostName", self.host, *args, **kw)

    def get(self, *args, **kw):
        return self.copy("-Download", *args, **kw)

    @representative
    def test_a_tree_goes_there_and_comes_back(self):
        self.serve_stdio()
        source = self.tree(os.path.join(self.near, "t"))
        back = self.sub("back")
        c = self.copy("-Path", source, "-Destination", self.far, "-Recurse", "-PassThru")
        self.check(c, 0, None)
        self.assertEqual(content(source), content(self.far + "/t"))
        self.assertEqual(set(c.out.splitlines()), {self.far + "/t"} | {
            f"{self.far}/t/{name}" for name in content(source)})
        c = self.get("-Path", self.far + "/t", "-Destination", back, "-Recurse", "-PassThru")
        self.check(c, 0, None)
        self.assertEqual(content(source), content(back + "/t"))
        self.assertEqual(len(c.out.splitlines()), 1 + len(content(source)))

    def test_wildcards_lists_and_literal_paths(self):
        self.serve_stdio()
        for name in ("a1.log", "a2.log", "b.txt", "[x].log"):
            for place in (self.near, self.far + "/there"):
                self.write(os.path.join(place, name), name.encode())
        one, two = self.sub("one"), self.sub("two")
        self.check(self.copy("-Path", f"{self.near}/a?.LOG,{self.near}/b.txt", one), 0, "")
        self.assertEqual(sorted(os.listdir(one)), ["a1.log", "a2.log", "b.txt"])
        self.check(self.copy("-LiteralPath", f"{self.near}/[x].log", one), 0, "")
        hidden = self.write(self.near + "/hidden/.x", b"x")
        for more, found in ((), []), (("-Force",), [".x"]):
            c = self.copy(os.path.dirname(hidden) + "/*", self.sub("three"), *more)
            self.assertEqual((c.code, os.listdir(self.sub("three"))), (not found, found), c.err)
        self.check(self.get("-Path", f"{self.far}/there/a*.log,{self.far}/there/b.txt", two), 0, "")
        self.assertEqual(sorted(os.listdir(two)), ["a1.log", "a2.log", "b.txt"])
        self.check(self.get("-LiteralPath", f"{self.far}/there/[x].log", two), 0, "")
        self.assertEqual(sorted(os.listdir(one)), sorted(os.listdir(two)))
        c = self.copy("-Path", f"{self.near}/none*,{self.near}/b.txt", self.far)
        self.check(c, 1, "", "copy-item: Cannot find anything that fits "
                   f"'{self.near}/none*'.\n")
        self.assertTrue(os.path.exists(self.far + "/b.txt"))

    def test_new_names_and_flat_copies(self):
        self.serve_stdio()
        source = self.tree(os.path.join(self.near, "t"))
        self.check(self.copy("-Path", source, "-Destination", self.far + "/new", "-Recurse"))
        self.assertEqual(content(source), content(self.far + "/new"))
        self.check(self.get(self.far + "/new/log", self.near + "/log2"))
        self.assertEqual(os.path.getsize(self.near + "/log2"), 660000)
        self.check(self.copy("-Path", source, "-Destination", self.sub("flat"), "-Recurse",
                             "-Container:$false"))
        self.assertEqual(sorted(os.listdir(self.folder + "/flat")),
                         ["locked", "log", "noise", "nothing", "Ω ü 漢字 🙂"])

    def test_what_cannot_be_copied_does_not_stop_the_rest(self):
        self.serve_stdio()
        for name in ("folder", "good", "locked"):
            self.write(f"{self.near}/{name}", b"new\n")
        os.makedirs(self.far + "/folder")
        os.chmod(self.write(self.far + "/locked", b"old\n"), 0o444)
        c = self.copy("-Path", f"{self.near}/*", "-Destination", self.far)
        self.assertEqual((c.code, c.out), (1, ""))
        lines = sorted(c.err.splitlines())
        self.assertEqual(len(lines), 2, c.err)
        self.assertRegex(lines[0], "^copy-item: '.*/locked' is read-only: -Force copies over it")
        self.assertRegex(lines[1], "^copy-item: Cannot copy over the folder '.*/folder'")
        self.assertEqual(sorted(os.listdir(self.far)), ["folder", "good", "locked"])
        self.assertEqual(read(self.far + "/locked"), b"old\n")
        self.check(self.copy(f"{self.near}/locked", self.far, "-Force"))
        self.assertEqual(read(self.far + "/locked"), b"new\n")
        c = self.copy("-Path", f"{self.near}/*", "-Destination", self.far + "/no/such")
        self.assertEqual(c.code, 1)
        self.assertRegex(c.err, "Cannot find the folder")

    def test_what_cannot_be_fetched_does_not_stop_the_rest(self):
        self.serve_stdio()
        for name in ("folder", "good", "locked"):
            self.write(f"{self.far}/{name}", b"new\n")
        os.makedirs(self.near + "/folder")
        os.chmod(self.write(self.near + "/locked", b"old\n"), 0o444)
        c = self.get("-Path", f"{self.far}/nix,{self.far}/*", "-Destination", self.near)
        self.assertEqual((c.code, c.out), (1, ""))
        lines = c.err.splitlines()
        self.assertEqual(len(lines), 3, c.err)
        self.assertRegex(lines[0], "^copy-item: Cannot find path .*/nix")
        self.assertRegex(lines[1], "^copy-item: 'folder': Is a directory")
        self.assertRegex(lines[2], "^copy-item: 'locked' is read-only: -Force copies over it")
        self.assertEqual(sorted(os.listdir(self.near)), ["folder", "good", "locked"])
        self.check(self.get(f"{self.far}/locked", self.near, "-Force"))
        self.assertEqual(read(self.near + "/locked"), b"new\n")
        c = self.get(f"{self.far}/good", self.near + "/no/such")
        self.check(c, 1, "", "copy-item: '%s/no/such': No such file or directory\n" % self.near)

    def test_a_file_that_cannot_be_read_to_its_end(self):
        self.serve_stdio()
        mem = "/proc/self/mem"          # opens, and has nothing at its beginning
        good = self.write(self.near + "/good", b"good\n")
        c = self.copy("-Path", f"{good},{mem},{self.near}/nix,{good}", self.far)
        self.assertEqual(c.code, 1)
        self.assertRegex(c.err, "^copy-item: 'mem'(: Permission denied| cannot be read: .*)\n"
                         f"copy-item: '{self.near}/nix': No such file or directory\n$")
        self.assertEqual(os.listdir(self.far), ["good"])

    @representative
    def test_what_a_terminal_shows(self):
        self.serve_stdio("--rate", SLOW)
        source = self.write(self.near + "/large", os.urandom(LARGE))
        for args in (("-Destination", self.far), ("-Download", "-Destination", self.near + "/2")):
            s = self.screen("copy-item", "-HostName", self.host, "-Path", source, *args)
            s.wait(r"Copying \[.*large [\d.]+ [kM]B of 3.0 MB, [\d.]+ [kM]B.*/s .*\d+\S*s\]")
            self.assertEqual(s.finish().code, 0)
            self.assertEqual(stdio_lib.shown(s.text).strip(), "")

    def test_what_a_terminal_shows_of_many_files(self):
        """All files count; what is there already does not count as fast."""
        self.serve_stdio("--rate", 2 * SLOW)
        for place in (self.near, self.far):
            for name, size in (("a", LARGE), ("b", 2 << 20)):
                self.write(f"{place}/t/{name}", os.urandom(size))
        for args, source, target in (((), self.near, self.sub("one")),
                                     (("-Download",), self.far, self.sub("two"))):
            data = read(source + "/t/b")
            self.write(target + "/t/b" + PART, data[:-50000])
            s = self.screen("copy-item", "-HostName", self.host, "-Resume", "-Recurse", *args,
                            source + "/t", target)
            self.assertEqual(s.finish().code, 0, s.text)
            self.assertEqual(content(source), content(target))
            said = [[float(n) * (1000 if unit == "M" else 1) for n, unit in ((n, u), (rate, v))]
                    for n, u, rate, v in re.findall(
                        r"t/[ab] ([\d.]+) ([kM])B of 5.0 MB, ([\d.]+) ([kM])B/s +\d+s\]",
                        re.sub(r"\x1b\[[\d;]*m", "", s.text))]
            self.assertEqual(said, sorted(said, key=lambda words: words[0]))
            self.assertLess(max(rate for _, rate in said), 3500)

    def test_links_are_not_followed(self):
        self.serve_stdio()
        self.write(self.folder + "/outside/secret", b"secret\n")
        for place in (self.near, self.far):
            self.write(place + "/t/plain", b"plain\n")
            os.symlink(self.folder + "/outside", place + "/t/way")
            os.symlink(self.folder + "/outside/secret", place + "/t/file")
        one = self.sub("one")
        c = self.copy(self.near + "/t", self.sub("two"), "-Recurse")
        self.check(c, 0, "", None)
        self.assertEqual(sorted(c.err.splitlines()), [
            f"copy-item: 't/{name}' is a link or no ordinary file: left out"
            for name in ("file", "way")])
        c = self.get(self.far + "/t", one, "-Recurse")
        self.check(c, 0, "", None)
        self.assertEqual(len(c.err.splitlines()), 2)
        for got in (one, self.folder + "/two"):
            self.assertEqual(os.listdir(got + "/t"), ["plain"])
        # a folder of ours that is a link is no way out, either
        self.write(self.far + "/u/way/evil", b"evil\n")
        os.makedirs(self.near + "/u")
        os.symlink(self.folder + "/outside", self.near + "/u/way")
        self.check(self.get(self.far + "/u", self.near, "-Recurse"), 1, "", None)
        os.makedirs(self.far + "/v")
        os.symlink(self.folder + "/outside", self.far + "/v/way")
        self.write(self.near + "/v/way/evil", b"evil\n")
        c = self.copy(self.near + "/v", self.far, "-Recurse")
        self.check(c, 1, "", re.compile("is a link, which is not followed|folder '.*/way'"))
        self.assertEqual(os.listdir(self.folder + "/outside"), ["secret"])

    def test_a_link_that_was_named_is_followed(self):
        self.serve_stdio()
        self.write(self.near + "/real", b"real\n")
        os.symlink("real", self.near + "/link")
        self.check(self.copy(self.near + "/link", self.far))
        self.assertEqual(read(self.far + "/link"), b"real\n")
        self.check(self.get(self.far + "/link", self.sub("one") + "/again"))
        self.assertEqual(read(self.folder + "/one/again"), b"real\n")

    def odd(self, folder):
        """What is no file, as it would be named; one of them in a folder t beside a file."""
        self.write(folder + "/t/plain", b"plain\n")
        os.mkfifo(folder + "/t/fifo")
        os.symlink("t/fifo", folder + "/link")
        return folder + "/t/fifo", "/dev/zero", folder + "/link"

    def test_what_is_named_and_no_file_is_an_error(self):
        """In a folder it is left out, and said."""
        self.serve_stdio()
        named = self.odd(self.near)
        c = self.copy(",".join(named + (self.near + "/t",)), self.far, "-Recurse")
        self.check(c, 1, "", "".join(
            f"copy-item: '{p}' is no ordinary file: it cannot be copied\n" for p in named) +
            "copy-item: 't/fifo' is a link or no ordinary file: left out\n")
        self.assertEqual(os.listdir(self.far + "/t"), ["plain"])

    # Cut off, and resumed

    def begun(self, c, path):
        """Waits until a part of the file is there."""
        def some():
            return os.path.exists(path + PART) and os.path.getsize(path + PART) > LARGE // 8
        self.assertTrue(wait_for(lambda: some() or c.child.poll() is not None) and some(), c.err)

    def bytes_from(self, who):
        return sum(e["size"] for e in self.events()
                   if e["event"] == "packet" and e["dir"] == who)

    def interrupted(self, source, target, *args):
        self.serve_stdio("--rate", SLOW)
        c = self.start("copy-item", "-HostName", self.host, *args, source, target)
        self.begun(c, os.path.join(target, "large"))
        c.signal(signal.SIGINT)
        self.assertEqual(c.finish().code, 130, c.err)
        self.assertIn(c.err, ("", "The server has not stopped the command yet. Ctrl+C again leaves "
                              "without waiting.\n"))

    def way(self, which):
        """The switches, a large file, the folder that it is to go into, which is empty."""
        up = which == "up"
        source, target = (self.near, self.far) if up else (self.far, self.near)
        for path in (source, target):
            for name in os.listdir(path):
                os.unlink(os.path.join(path, name))
        return (() if up else ("-Download",), self.write(source + "/large", os.urandom(LARGE)),
                target)

    def test_ctrl_c_leaves_nothing_behind(self):
        for which in ("up", "down"):
            with self.subTest(which):
                args, source, target = self.way(which)
                self.interrupted(source, target, *args)
                self.assertTrue(wait_for(lambda: not os.listdir(target)), os.listdir(target))

    def test_resume_sends_only_what_is_missing(self):
        for which in ("up", "down"):
            with self.subTest(which):
                args, source, target = self.way(which)
                self.interrupted(source, target, "-Resume", *args)
                wait_for(lambda: "exit" in [e["event"] for e in self.events()])
                left = LARGE - os.path.getsize(target + "/large" + PART)
                self.serve_stdio()
                self.check(self.copy(*args, source, target, "-Resume"), 0, "")
                self.assertEqual(content(self.near), content(self.far))
                way = self.bytes_from("server" if args else "client")
                self.assertLess(way, left * 2 + (1 << 17), "more than the rest was sent")
                self.check(self.copy(*args, source, target, "-Resume", "-PassThru"), 0,
                           os.path.join(target, "large") + "\n")
                self.assertLess(self.bytes_from("server" if args else "client") - way, 30000)

    def test_resume_goes_on_in_the_folder_that_was_new(self):
        for which in ("up", "down"):
            for first in (("-Resume",), ()):
                with self.subTest(which, first=first):
                    args, source, target = self.way(which)
                    tree = (os.path.dirname(source), target + "/new", "-Recurse")
                    self.interrupted(*tree, *first, *args)
                    wait_for(lambda: "exit" in [e["event"] for e in self.events()])
                    self.serve_stdio()
                    self.check(self.copy(*args, *tree, "-Resume"), 0, "")
                    self.assertEqual(os.listdir(tree[1]), ["large"])
                    self.assertEqual(content(tree[0]), content(tree[1]))
                    self.check(self.copy(*args, *tree, "-Resume"), 0, "")
                    self.assertEqual(set(os.listdir(tree[1])),
                                     {"large", os.path.basename(tree[0])})
                    shutil.rmtree(tree[1])

    def test_resume_does_not_trust_a_part_that_differs(self):
        for which in ("up", "down"):
            with self.subTest(which):
                args, source, target = self.way(which)
                self.serve_stdio()
                for size in (1 << 20, LARGE + 5):
                    self.write(os.path.join(target, "large" + PART), b"\0" * size)
                    self.check(self.copy(*args, source, target, "-Resume"), 0, "")
                    self.assertEqual(content(self.near), content(self.far))
                    os.unlink(os.path.join(target, "large"))

    def test_a_connection_that_is_lost(self):
        for which in ("up", "down"):
            with self.subTest(which):
                args, source, target = self.way(which)
                self.serve_stdio("--rate", SLOW)
                c = self.start("copy-item", "-HostName", self.host, *args, source, target,
                               "-Resume")
                self.begun(c, target + "/large")
                os.kill(stdio_lib.children(c.pid)[0], signal.SIGKILL)
                c.finish()
                self.assertIn(c.code, (lib.NET, lib.PEER), c.err)
                self.assertEqual(len(c.err.splitlines()), 1, c.err)
                self.assertEqual(os.listdir(target), ["large" + PART])

    # Budgets

    def waves(self, trip):
        sent = [e["t"] for e in self.events() if e["event"] == "packet" and
                (e["dir"], e["kind"]) == ("client", "Data")]
        return sum(b - a > trip / 2 for a, b in zip([-1] + sent, sent))

    @only_plain
    def test_an_upload_needs_few_round_trips(self):
        self.serve_stdio("--delay", 150)
        self.check(self.copy(self.write(self.near + "/noise", os.urandom(5 << 20)), self.far))
        self.assertLess(self.waves(0.3), 16)

    @only_plain
    def test_what_can_be_compressed_is(self):
        sizes, log = {}, b"".join(b"2026-11-21 10:%02d:%02d service %d started\n" % (
            i // 60 % 60, i % 60, i * 7919 % 1000) for i in range(50000))
        for name, data in (("log", log), ("noise", os.urandom(2000000))):
            self.serve_stdio()
            self.check(self.copy(self.write(f"{self.near}/{name}", data[:2000000]), self.far))
            sizes[name] = self.bytes_from("client")
        self.assertGreater(sizes["noise"], 3 * sizes["log"])

    @only_plain
    def test_more_than_a_server_takes_in_one_pipeline(self):
        self.serve_stdio()
        source = self.write(self.near + "/noise", os.urandom(50 << 20))
        self.check(self.copy(source, self.far, seconds=120))
        self.assertEqual(content(self.near), content(self.far))
        if self.engine == "sh":         # which logs them
            self.assertEqual(len([e for e in self.events() if e["event"] == "pipeline"]), 2)

    # Words

    def test_what_if_and_usage(self):
        """Each item by its name; what the far side would find is not asked for."""
        self.ssh_is("exit 1")
        for name in ("a", "b"):
            self.write(f"{self.near}/{name}", b"")
        for args, items in (((f"{self.near}/?",), ("near/a", "near/b")), ((self.near,), ("near",)),
                            (("-Download", f"{self.far}/*"), ("far/*",))):
            c = self.copy(*args, "-Destination", "d", "-WhatIf")
            self.check(c, 0, "", None)
            self.assertEqual(sorted(c.err.splitlines()), [
                'What if: Performing the operation "Copy" on target "Item: '
                f'{self.folder}/{item} Destination: d".' for item in items])
        self.check(self.copy(self.near + "/nix*", self.far), 1, "",
                   f"copy-item: Cannot find anything that fits '{self.near}/nix*'.\n")
        self.serve_stdio()
        s = self.screen("copy-item", "-HostName", self.host, self.near + "/?", self.far, "-Confirm")
        for _ in range(2):
            asked = s.wait(r'default is "Y"\): $')
            s.type("y\n" if "near/b " in asked else "n\n")
        self.assertEqual(s.finish().code, 0, s.text)
        self.assertEqual(os.listdir(self.far), ["b"])
        for args in ((), ("-Path", "a", "-LiteralPath", "b")):
            self.check(self.copy("-Destination", "x", *args), 2, "", None)
        c = self.run_client("copy-item", "-Path", "a", "-ToSession", "nix", "x")
        self.check(c, 2, "", None)


class Hostile(Files, stdio_lib.Case):
    """A far side that does not want us well: a stand-in (endpoint/copying.py, HOSTILE)."""

    def fetch(self, what):
        self.make_folders()
        self.stdio("--engine", "sh")
        os.makedirs(self.near + "/out")
        os.symlink("../far", self.near + "/link")
        os.symlink("../nowhere", self.near + "/dangling")
        self.before = content(self.folder)
        c = self.run_client("copy-item", "-HostName", self.host, "-Download", "-Recurse", "-Path",
                            "hostile:" + what, "-Destination", self.near)
        self.assertEqual((c.code, c.out), (1, ""), c.err)
        self.assertNotIn("\x1b", c.err)
        self.assertEqual(read(self.near + "/good"), b"evil\n")
        return {name for name in content(self.folder) if name not in self.before} - {"near/good"}

    def test_names_that_lead_elsewhere(self):
        self.assertEqual(self.fetch("names"), set())
        self.assertFalse(os.path.exists("/tmp/evil"))

    def test_links_that_stand_in_the_way(self):
        self.assertEqual(self.fetch("links"), {"near/out/evil"})
        self.assertEqual(os.listdir(self.far), [])

    def test_names_that_mean_something_to_windows_only(self):
        self.assertEqual(self.fetch("windows"), {"near/..\\evil", "near/C:\\evil", "near/CON"})

    def test_a_piece_that_would_fill_the_memory(self):
        self.assertEqual(self.fetch("bomb"), set())

    def test_a_wrong_hash(self):
        self.assertEqual(self.fetch("lying"), set())

    def test_no_order_at_all(self):
        self.assertEqual(self.fetch("disorder"), set())


class Sessions(Files, sessions_lib.Kept):
    """Over WSMan, in sessions of their own and in kept ones."""

    def setUp(self):
        super().setUp()
        self.make_folders()

    @lib.needs_gss
    def test_there_and_back(self):
        e = self.shared(engine=self.engine)
        source = self.tree(self.near + "/t")
        self.check(self.run_client("copy-item", *e.to(), source, self.far, "-Recurse"))
        self.assertEqual(content(source), content(self.far + "/t"))
        self.new(e, "-Name", "files")
        self.check(self.ps("copy-item", "-FromSession", "files", self.far + "/t", self.sub("one"),
                           "-Recurse"))
        self.check(self.ps("copy-item", "-ToSession", "1", source, self.sub("two"), "-Recurse"))
        for name in ("one", "two"):
            self.assertEqual(content(source), content(f"{self.folder}/{name}/t"))
        self.assertEqual(self.states(), [("files", "Opened", "Available")])

    @lib.needs_gss
    def test_sends_fill_the_envelope(self):
        e = self.shared(engine=self.engine)
        source = self.write(self.near + "/noise", os.urandom(4 << 20))
        self.check(self.run_client("copy-item", *e.to(), source, self.far))
        sends = [r["in"] for r in e.log("request") if r["action"] == "Send"]
        self.assertGreater(sum(sends) / len(sends), 0.75 * 512000, sends)


@needs_pwsh
class PowerShell(Copying):
    engine = "pwsh"

    @only_plain
    def test_a_fifo_holds_nothing_up(self):
        """Nobody writes to it. Neither where it is named nor in a folder is it opened."""
        self.serve_stdio()
        named = self.odd(self.far)
        c = self.get(",".join(named + (self.far + "/t",)), self.near, "-Recurse")
        self.check(c, 1, "", "".join(
            f"copy-item: '{p}' is no ordinary file: it cannot be copied.\n" for p in named) +
            f"copy-item: '{self.far}/t/fifo' is no ordinary file: left out.\n")
        self.assertEqual(os.listdir(self.near), ["t"])
        self.assertEqual(os.listdir(self.near + "/t"), ["plain"])

    @only_plain
    def test_what_has_no_size_is_not_counted(self):
        self.serve_stdio()
        s = self.screen("copy-item", "-HostName", self.host, "-Download",
                        f"Env:PATH,{self.far}/nix", self.near)
        self.assertEqual(s.finish().code, 1)
        self.assertRegex(s.text, r"'Env:PATH' is not in a file system[\s\S]*Cannot find path")

    @only_plain
    def test_an_endpoint_that_allows_no_scripts(self):
        for mode in ("NoLanguage", "ConstrainedLanguage"):
            with self.subTest(mode):
                self.serve_stdio()
                self.addCleanup(self.run_client, "remove-pssession", "-Name", mode)
                self.check(self.run_client("new-pssession", "-HostName", self.host, "-Name", mode),
                           0, None)
                self.check(self.run_client("invoke-command", "-Name", mode, "-ScriptBlock",
                           f"$ExecutionContext.SessionState.LanguageMode = '{mode}'"))
                source = self.write(self.near + "/file", b"file\n")
                for args in (("-ToSession", mode, source, self.far),
                             ("-FromSession", mode, source, self.far)):
                    c = self.run_client("copy-item", *args)
                    self.check(c, 1, "", re.compile("its language mode is not FullLanguage"))
                    self.assertEqual(os.listdir(self.far), [])


@needs_pwsh
class PowerShellSessions(Sessions):
    engine = "pwsh"

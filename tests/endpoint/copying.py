"""A stand-in for copy-item's scripts, where no PowerShell runs them: the protocol of
core/copy_msg.h in Python, against this machine's files. What the scripts themselves do is tested
with a real pwsh only.

A download of a path that begins with "hostile:" gets what no honest far side sends; see HOSTILE.
"""
import base64
import fnmatch
import glob
import hashlib
import os
import zlib

from . import clixml, psrp
from .engine import END

TICKS_1970, PIECE = 621355968000000000, 262144
NO_MORE = {}            # uploads that go on in another pipeline, by engine


def script_of(text):
    """Which of the two it is, or None."""
    return put if "function Get-Place(" in text else get if "function Send-Item(" in text else None


def deflated(data):
    z = zlib.compressobj(1, zlib.DEFLATED, -15)
    return z.compress(data) + z.flush()


def ticks(st):
    return TICKS_1970 + st.st_mtime_ns // 100


def set_time(path, when):
    ns = (int(when) - TICKS_1970) * 100
    os.utime(path, ns=(ns, ns))


class Speaker:
    def __init__(self, engine, p, args):
        self.engine, self.p = engine, p
        (_, what), (_, options) = args
        self.what = getattr(what, "items", what)
        self.many, self.force, self.resume, self.literal, self.recurse, self.total = (
            word in options for word in ("many", "force", "resume", "literal", "recurse", "total"))

    def say(self, what):
        if isinstance(what, bytes):
            what = clixml.Prim("BA", base64.b64encode(what).decode())
        self.engine.send("PIPELINE_OUTPUT", clixml.write(what), self.p.id)

    def hear(self):
        return self.engine.next_input(self.p)


class Put(Speaker):
    n, out, all = 0, None, False

    def begin(self):
        self.root = os.path.join(self.engine.cwd, os.path.expanduser(self.what))
        self.mark = os.path.join(self.root, ".pssession-part")
        self.folder = os.path.isdir(self.root) and not (
            self.resume and not self.many and os.path.exists(self.mark))

    def place(self, name):
        parts = name.split("/")
        if any(part in ("", ".", "..") for part in parts):
            raise OSError(f"'{name}' cannot be the name of a file on this computer.")
        path, parts = self.root, parts[0 if self.folder else 1:]
        for part in parts[:-1]:
            path = os.path.join(path, part)
            if os.path.islink(path):
                raise OSError(f"'{path}' is a link, which is not followed.")
        return os.path.join(path, *parts[-1:])

    def drop(self, keep):
        if self.out:
            self.out.close()
            self.out = None
            if not keep:
                os.unlink(self.part)

    def item(self, kind, size, when, read_only, name):
        self.n += 1
        self.path = self.place(name)
        if kind == "d":
            top = not self.folder and self.path == self.root
            new = top and not os.path.isdir(self.path)
            os.makedirs(self.path, exist_ok=True)
            if new:
                open(self.mark, "x").close()
            if top and when != "0":
                os.unlink(self.mark)
            if when != "0":
                set_time(self.path, when)
            self.say(f"y {self.n} {self.path if when == '0' else ''}")
            return
        self.when, self.read_only, self.part = when, read_only, self.path + ".pssession-part"
        resume, there = self.resume, os.path.isfile(self.path)
        if os.path.isdir(self.path):
            raise OSError(f"Cannot copy over the folder '{self.path}'.")
        if there and not os.stat(self.path).st_mode & 0o222 and not self.force:
            raise OSError(f"'{self.path}' is read-only: -Force copies over it.")
        if resume and there and (str(os.path.getsize(self.path)),
                                 str(ticks(os.stat(self.path)))) == (size, when):
            self.say(f"y {self.n} {self.path}")
            return
        old = resume and os.path.exists(self.part)
        self.out = open(self.part, "r+b" if old else "w+b")
        self.sum = hashlib.sha256(self.out.read())
        if resume:
            self.say(f"r {self.n} {self.out.tell()} {self.sum.hexdigest().upper()}")

    def end(self, want):
        if self.sum.hexdigest().upper() != want:
            raise OSError("arrived damaged")
        self.out.close()
        self.out = None
        set_time(self.part, self.when)
        os.replace(self.part, self.path)
        if self.read_only == "1":
            os.chmod(self.path, 0o444)
        self.say(f"y {self.n} {self.path}")

    def take(self, o):
        """False: handed on to another pipeline."""
        if isinstance(o, clixml.Prim):
            if self.out:
                data = zlib.decompress(base64.b64decode(o.text), -15)
                self.out.write(data)
                self.sum.update(data)
            return True
        kind, _, rest = str(o).partition(" ")
        if kind in "df":
            self.item(kind, *rest.split(" ", 3))
        elif kind == "o" and self.out and rest == "0":
            self.out.seek(0)
            self.out.truncate()
            self.sum = hashlib.sha256()
        elif kind == "e" and self.out:
            self.end(rest)
        elif kind == "x":
            self.drop(False)
            self.say(f"n {self.n} ")
        return kind != "h"

    def run(self):
        hand = False
        try:
            while (o := self.hear()) is not END:
                try:
                    hand = not self.take(o)
                except OSError as e:
                    self.drop(self.resume)
                    self.say(f"n {self.n} {e}")
                if isinstance(o, clixml.Prim):
                    self.say("k")
        finally:
            if hand:
                NO_MORE[self.engine] = self
            else:
                self.drop(self.resume)


class Get(Speaker):
    def file(self, path, name):
        st, at = os.stat(path), 0
        with open(path, "rb") as f:
            self.say(f"f {st.st_size} {ticks(st)} {int(not st.st_mode & 0o222)} {name}")
            h = hashlib.sha256()
            if self.resume:
                have, _, sum_ = str(self.hear()).partition(" ")
                if int(have) < 0:
                    return
                h.update(f.read(int(have)))
                at = f.tell()
                if (str(at), h.hexdigest().upper()) != (have, sum_):
                    f.seek(0)
                    at, h = 0, hashlib.sha256()
                self.say(f"o {at}")
            while data := f.read(PIECE):
                if self.p.stop.is_set():
                    self.hear()
                h.update(data)
                self.say(deflated(data))
            self.say(f"e {h.hexdigest().upper()}")

    def item(self, path, name):
        try:
            if not os.path.isdir(path):
                self.file(path, name)
                return
            self.say(f"d 0 0 0 {name}")
            for one in sorted(os.listdir(path) if self.recurse else ()):
                sub = os.path.join(path, one)
                if os.path.islink(sub):
                    self.say(f"w '{sub}' is a link: left out.")
                else:
                    self.item(sub, f"{name}/{one}")
            self.say(f"d 0 {ticks(os.stat(path))} 0 {name}")
        except OSError as e:
            self.say(f"x {e}")

    def sizes(self):
        for path in map(str, self.what):
            path = os.path.join(self.engine.cwd, path)
            yield from (os.path.getsize(p) for p in glob.glob(path) if os.path.isfile(p))
            for top, _, files in os.walk(path):
                yield from (os.path.getsize(os.path.join(top, f)) for f in files)

    def run(self):
        if self.total:
            self.say(f"t {sum(self.sizes())}")
        for path in map(str, self.what):
            if path.startswith("hostile:"):
                HOSTILE[path[8:]](self.say)
                continue
            path = os.path.join(self.engine.cwd, path)
            found = [path] if self.literal else sorted(
                p for p in glob.glob(path) if fnmatch.fnmatchcase(p, path) or p == path)
            if not found or not os.path.exists(found[0]):
                self.say(f"x Cannot find path '{path}' because it does not exist.")
            for one in found:
                if os.path.exists(one):
                    self.item(one, os.path.basename(one) or "root")


def put(engine, p, args):
    s = NO_MORE.pop(engine, None)
    new = Put(engine, p, args)
    if s:
        s.p = p
    else:
        s = new
        s.begin()
        if s.many and not s.folder:
            raise OSError(f"Cannot find the folder '{s.root}'")
    s.run()
    return psrp.COMPLETED


def get(engine, p, args):
    Get(engine, p, args).run()
    return psrp.COMPLETED


def whole(say, name, data=b"evil\n"):
    say(f"f {len(data)} {TICKS_1970} 0 {name}")
    say(deflated(data))
    say(f"e {hashlib.sha256(data).hexdigest().upper()}")


def names(*which):
    def send(say):
        for name in which:
            whole(say, name)
            say(f"d 0 0 0 {name}")
        whole(say, "good")
    return send


def bomb(say):
    say(f"f 1 {TICKS_1970} 0 bomb")
    say(deflated(bytes(64 << 20)))
    say("e " + "0" * 64)
    whole(say, "good")


def lying(say):
    say(f"f 5 {TICKS_1970} 0 lying")
    say(deflated(b"evil\n"))
    say("e " + "0" * 64)
    whole(say, "good")


def disorder(say):
    say(deflated(b"evil\n"))
    say("e " + "0" * 64)
    say("o 4711")
    say(f"f 5 {TICKS_1970} 0 never-ends")
    say(b"\xff\xff\xff")
    say("k")
    say("y 1 x")
    say(f"f 99999999999999999999 {TICKS_1970} 0 big")
    say("f")
    say("")
    say("\x1b]0;title\a")
    whole(say, "good")
    say(f"f 5 {TICKS_1970} 0 half")


HOSTILE = {
    "names": names("../evil", "..", "a/../../evil", "/tmp/evil", "", ".", "a//b", "a/", "./evil",
                   "nul\0x/../evil"),
    "links": names("link/evil", "link", "out/evil", "dangling"),
    "windows": names("..\\evil", "C:\\evil", "CON"),
    "bomb": bomb, "lying": lying, "disorder": disorder,
}

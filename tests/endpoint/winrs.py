"""The cmd shell of WinRS, as much as a client needs to open it, run something and read it."""
import os
import signal
import subprocess
import threading

from . import soap
from .engine_sh import kill_group
from .shells import Shell

RESOURCE = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd"


class WinRs(Shell):
    def __init__(self, ident, resource, limits, log):
        super().__init__(ident, resource, limits, log)
        self.children, self.cwd = {}, None

    def open(self, env, shell):
        folder = shell.find(f"{{{soap.RSP}}}WorkingDirectory")
        self.cwd = folder.text if folder is not None else None

    def command(self, ident, element):
        words = [element.find(f"{{{soap.RSP}}}Command").text or ""]
        words += [a.text or "" for a in element.findall(f"{{{soap.RSP}}}Arguments")]
        self.add_command(ident, words[0])
        child = self.children[ident] = subprocess.Popen(
            ["/bin/sh", "-c", " ".join(words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, cwd=self.cwd, start_new_session=True)
        threading.Thread(target=self.watch, args=(ident, child), daemon=True).start()

    def watch(self, ident, child):
        def pump(name, f):
            for data in iter(lambda: os.read(f.fileno(), 16384), b""):
                self.put(ident, name, data)
        readers = [threading.Thread(target=pump, args=a, daemon=True)
                   for a in (("stdout", child.stdout), ("stderr", child.stderr))]
        for r in readers:
            r.start()
        for r in readers:
            r.join()
        self.end(ident, child.wait())

    def send(self, ident, stream, data):
        child = self.children.get(ident)
        if child is None:
            raise soap.no_command()
        child.stdin.write(data)
        child.stdin.flush()

    def signal(self, ident, code):
        child = self.children.get(ident)
        if child is None:
            raise soap.no_command()
        if code.endswith("/ctrl_c"):
            os.killpg(child.pid, signal.SIGINT)
            return
        kill_group(child)
        self.children.pop(ident)
        self.forget(ident)

    def delete(self):
        for child in self.children.values():
            kill_group(child)
        self.shut()

"""Get, Enumerate, Pull and Release of shells and of a shell's commands (DSP0226 7 and 8)."""
import uuid
from xml.sax.saxutils import escape

from . import soap
from .life import short

SHELL, COMMAND = soap.RSP, soap.RSP + "/Command"
SELECTOR_FILTER = "http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter"


class Enumeration:
    """The part of Service for these actions. contexts: {id: (user, [item])}"""
    def do_get(self, env):
        if env.resource != SHELL:
            raise soap.unknown_resource()
        shell = self.owned(env, any_resource=True)
        shell.acknowledge(env.note["conn"])
        return shell.element(listed=True)

    def do_enumerate(self, env):
        request = env.body.find(f"{{{soap.EN}}}Enumerate")
        if request is None:
            raise soap.invalid("wsen:Enumerate is missing")
        mode = request.findtext(f"{{{soap.W}}}EnumerationMode")
        if mode and env.resource == COMMAND:
            raise soap.Fault(2150859201, "w:UnsupportedFeature", "Commands cannot be enumerated "
                             "as endpoint references. ", detail="EnumerationMode")
        items = self.listed(env, selectors(request))
        if request.find(f"{{{soap.W}}}OptimizeEnumeration") is None:
            return f"<n:EnumerateResponse>{self.context(env, items)}</n:EnumerateResponse>"
        return self.batch(env, items, request, "n:EnumerateResponse", "w")

    def do_pull(self, env):
        request = env.body.find(f"{{{soap.EN}}}Pull")
        return self.batch(env, self.resume(env, request), request, "n:PullResponse", "n")

    def do_release(self, env):
        self.resume(env, env.body.find(f"{{{soap.EN}}}Release"))
        return ""

    def listed(self, env, wanted):
        """Elements of what is there, for this user to see."""
        if env.resource == SHELL:
            return self.shells_listed(env, wanted)
        if env.resource != COMMAND:
            raise soap.unknown_resource()
        if set(wanted) != {"ShellId"}:
            raise soap.Fault(2150859200, "w:CannotProcessFilter", "Enumerating commands takes a "
                             "filter with the ShellId. ")
        with self.lock:
            shell = self.shells.get(wanted["ShellId"])
        if shell is None or not self.may_see(env.user, shell):
            raise soap.no_shell()
        return shell.commands()

    def shells_listed(self, env, wanted):
        if not set(wanted) <= {"ShellId"}:
            raise soap.Fault(2150858778, "w:CannotProcessFilter", "The filter has a selector that "
                             "shells do not have. ")
        with self.lock:
            shells = list(self.shells.values())
        return [s.element(listed=True) for s in shells if self.may_see(env.user, s) and
                wanted.get("ShellId", s.id) == s.id and not self.style.hides_shells]

    def may_see(self, user, shell):
        return shell.life.mine(user) or short(user) in self.options.admin

    # batches

    def context(self, env, items):
        ident = f"uuid:{str(uuid.uuid4()).upper()}"
        with self.lock:
            self.contexts[ident] = (env.user, items)
        return f"<n:EnumerationContext>{ident}</n:EnumerationContext>"

    def resume(self, env, request):
        ident = request is not None and request.findtext(f"{{{soap.EN}}}EnumerationContext")
        with self.lock:
            user, items = self.contexts.pop((ident or "").strip(), (None, None))
        if user != env.user:
            raise soap.Fault(2150858779, "n:InvalidEnumerationContext", "The enumeration context "
                             "is not valid. ", "Receiver")
        return items

    def batch(self, env, items, request, name, prefix):
        """As many as were asked for and fit; a context if there are more."""
        space = soap.W if prefix == "w" else soap.EN
        asked = int(request.findtext(f"{{{space}}}MaxElements") or 1)
        n, room = 0, env.max_size - 2048
        limit = min(max(asked, 1), self.options.max_batch)
        while n < min(len(items), limit) and (not n or len(items[n].encode()) <= room):
            room -= len(items[n].encode())
            n += 1
        more = (self.context(env, items[n:]) if n < len(items)
                else "<n:EnumerationContext></n:EnumerationContext>")
        end = "" if n < len(items) else f"<{prefix}:EndOfSequence/>"
        inner = f"<{prefix}:Items>{''.join(items[:n])}</{prefix}:Items>" if n else ""
        return f"<{name}>{more}{inner}{end}</{name}>"


def selectors(request):
    """{name: value} of the filter."""
    f = request.find(f"{{{soap.W}}}Filter")
    if f is None:
        return {}
    if f.get("Dialect") != SELECTOR_FILTER:
        raise soap.Fault(2150858777, "n:FilterDialectRequestedUnavailable", "The filter dialect "
                         "is not known. ")
    return {s.get("Name"): (s.text or "").strip() for s in f.iter(f"{{{soap.W}}}Selector")}


def command(ident, output):
    return (f'<rsp:Command xmlns:rsp="{soap.RSP}"><rsp:CommandId>{ident}</rsp:CommandId>'
            f"<rsp:CommandLine>{escape(output.line)}</rsp:CommandLine><rsp:CommandState>"
            f"{'Done' if output.done else 'Running'}</rsp:CommandState></rsp:Command>")

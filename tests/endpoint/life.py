"""Who a shell belongs to, whether a client is connected to it, and since when it has been idle.

Seconds here are the endpoint's own: --idle-speed makes them pass faster than real ones.
"""
import os
import time
from xml.sax.saxutils import escape

from . import soap

CONNECTED, DISCONNECTED = "Connected", "Disconnected"


class Life:
    """client: the SessionId of the one that is connected, or was last.

    A client that says nothing for --auto-disconnect seconds counts as gone: others may connect
    then; until one does, the first goes on as if nothing had been (auto is set meanwhile).
    """
    def __init__(self, options):
        self.options, self.state, self.auto, self.busy = options, CONNECTED, False, 0
        self.owner = self.client = self.name = ""
        self.supplied = False          # the client chose the ShellId
        self.begun = self.active = self.since = self.now()
        self.idle, self.mode = min(options.idle, options.max_idle), "Block"
        self.streams, self.locale, self.data_locale = {}, "en-US", "en-US"
        self.pid = os.getpid()

    def now(self):
        return time.monotonic() * self.options.idle_speed

    def create(self, env, element):
        self.owner, self.client = env.user, env.session
        self.name, self.supplied = element.get("Name") or "", element.get("ShellId") is not None
        self.limits(element, self.options.any_idle)
        self.streams = {n: element.findtext(f"{{{soap.RSP}}}{n}") or ""
                        for n in ("InputStreams", "OutputStreams")}
        self.locale = env.language(soap.W, "Locale") or self.locale
        self.data_locale = env.language(soap.P, "DataLocale") or self.data_locale

    def limits(self, element, any_idle=False):
        """IdleTimeOut and BufferMode of rsp:Shell, rsp:Disconnect or rsp:Reconnect."""
        idle = element.findtext(f"{{{soap.RSP}}}IdleTimeOut")
        mode = element.findtext(f"{{{soap.RSP}}}BufferMode")
        if mode not in (None, "Block", "Drop"):
            raise soap.invalid(f"BufferMode {mode}")
        if idle:
            seconds = soap.duration(idle.strip())
            if not (any_idle or self.options.min_idle <= seconds <= self.options.max_idle):
                raise soap.idle_timeout(seconds, self.options.min_idle, self.options.max_idle)
            self.idle = seconds
        self.mode = mode or self.mode

    # connected or not

    def touch(self):
        """The client is there."""
        self.active = self.now()
        if self.auto:
            self.connect(self.client)

    def connect(self, client):
        self.state, self.auto, self.client, self.active = CONNECTED, False, client, self.now()

    def disconnect(self, auto=False):
        self.state, self.auto, self.since = DISCONNECTED, auto, self.now()
        if not auto:
            self.active = self.since

    def settle(self):
        """Let time take effect. True when the shell has been disconnected for too long."""
        if (self.state == CONNECTED and not self.busy and
                self.now() - self.active >= self.options.auto_disconnect):
            self.disconnect(auto=True)
        return self.state == DISCONNECTED and self.now() - self.since >= self.idle

    def mine(self, user):
        return short(user) == short(self.owner)

    def check(self, env):
        """May this client use the shell? Raises what Windows says if not."""
        self.settle()
        if self.state == CONNECTED or self.auto:
            if env.session != self.client:
                raise soap.other_client()
            self.touch()
        else:
            raise soap.disconnected()

    # as rsp:Shell

    def element(self, shell, listed=False):
        inactive = 0 if self.busy else self.now() - self.active
        fields = [("ShellId", shell.id)] + ([("Name", self.name)] if self.name else [])
        fields += [
            ("ResourceUri", shell.resource), ("Owner", self.owner), ("ClientIP", "127.0.0.1"),
            ("ProcessId", self.pid), ("IdleTimeOut", f"PT{self.idle:.3f}S"),
            ("InputStreams", self.streams.get("InputStreams", "")),
            ("OutputStreams", self.streams.get("OutputStreams", "")),
            ("MaxIdleTimeOut", f"PT{self.options.max_idle:.3f}S"), ("Locale", self.locale),
            ("DataLocale", self.data_locale), ("CompressionMode", "NoCompression"),
            ("ProfileLoaded", "Yes"), ("Encoding", "UTF8"), ("BufferMode", self.mode),
            ("State", self.state), ("ShellRunTime", span(self.now() - self.begun)),
            ("ShellInactivity", span(inactive))]
        if listed:
            fields += [("MemoryUsed", "51MB"), ("ChildProcesses", 0)]
        inner = "".join(f"<rsp:{n}>{escape(str(v))}</rsp:{n}>" for n, v in fields)
        return f'<rsp:Shell xmlns:rsp="{soap.RSP}">{inner}</rsp:Shell>'


def short(user):
    """The account's name alone: Basic and NTLM do not spell its domain the same way."""
    return user.split("\\")[-1].split("@")[0].lower()


def span(seconds):
    s = max(0, int(seconds))
    return f"P{s // 86400}DT{s // 3600 % 24}H{s // 60 % 60}M{s % 60}S"

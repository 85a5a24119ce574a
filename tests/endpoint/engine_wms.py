"""Stand-ins for a Windows server with desktop sessions 1 to 4; the command itself runs in 1.

wms: with a MultiPoint module whose cmdlets go on after an unknown id; wms-ends: they end there;
wms-none: without the module, but with quser, logoff and tsdiscon; wms-linux: without any of them.
What is called is logged as "bound": the command and its arguments, "NAME=TYPE:VALUE,...".
"""
from . import clixml, records
from .clixml import Obj, Prim
from .engine import plain
from .engine_sh import Failed, ShEngine

CMDLETS = [verb + "-wmssession" for verb in ("close", "disconnect", "get", "lock", "unlock")]
PROGRAMS = ["quser", "logoff", "tsdiscon"]
QUSER = """ USERNAME              SESSIONNAME        ID  STATE   IDLE TIME  LOGON TIME
>admin                 rdp-tcp#0           1  Active      none   11/21/2026 6:00 PM
 bob smith             rdp-tcp#2           2  Active          5  11/21/2026 6:00 PM
 carol                                     3  Disc      1+02:03  11/20/2026 10:00 AM
 dave                  console             4  Active          .  11/20/2026 10:00 AM
"""
KINDS = {bool: "SwitchParameter", str: "String", int: "Int32"}


def shown(name, v):
    kind = v.types[0].replace("System.", "") if isinstance(v, Obj) else KINDS[type(v)]
    if isinstance(v, Obj) and {i.tag for i in v.items} != {"U32"}:
        kind = "?"
    return f"{name or ''}={kind}:{plain(v)}"


class WmsEngine(ShEngine):
    def __init__(self, out, log, protocol, style):
        self.style = style
        super().__init__(out, log, protocol)

    def statement(self, p, cmds):
        c = cmds[0]
        name = c.text.lower()
        if c.is_script or name not in CMDLETS + PROGRAMS:
            return super().statement(p, cmds)
        p.merged = False
        there = {"wms-none": PROGRAMS, "wms-linux": []}.get(self.style, CMDLETS)
        if name not in there:
            raise Failed(self.problem("CommandNotFoundException",
                                      f"The term '{c.text}' is not recognized.", c.text))
        self.log("bound", call=" ".join([c.text, *sorted(shown(n, v) for n, v in c.args)]))
        args = {n.lower() if n else n: v for n, v in c.args}
        if name in PROGRAMS:
            return self.program(p, name, args.get(None))
        ids = getattr(args.get("sessionid"), "items", [Prim("U32", str(i)) for i in range(1, 5)])
        for i in ids:
            self.one(p, name, c.text, i, bool(args.get("whatif")))
        return None

    def problem(self, kind, text, target, activity=""):
        r = records.error_record(text, (records.SMA + kind, records.SMA + "RuntimeException"), kind,
                                 "ObjectNotFound", activity)
        r.ms.update(TargetObject=target, ErrorCategory_TargetName=plain(target))
        return r

    def one(self, p, name, cmdlet, i, what_if):
        if int(i.text) > 4:
            r = self.problem("ItemNotFoundException", f"Session {i.text} was not found.", i, cmdlet)
            if self.style == "wms-ends":
                raise Failed(r)
            self.send("ERROR_RECORD", clixml.write(r), p.id)
        elif what_if:
            self.call_host(p, "WriteLine2", [f'What if: "{cmdlet}" on {i.text}.'])
        elif name.startswith("get"):
            state = Obj(["WmsState", "System.Enum"], "RemoteConnection", value=1)
            self.send("PIPELINE_OUTPUT", clixml.write(Obj(["WmsSession"], props={
                "SessionId": i, "State": state, "UserName": "user" + i.text, "DomainName": "CORP",
                "StationId": Prim("U32", "7")})), p.id)
        else:
            self.log("done", what=name, id=int(i.text))

    def program(self, p, name, arg):
        if name == "quser":
            for line in QUSER.splitlines():
                self.put(p, line, False)
        elif arg == "3":
            self.error(p, "Access is denied.", exception=(records.SMA + "RemoteException",),
                       error_id="NativeCommandError")
        else:
            self.log("done", what=name, id=int(arg))

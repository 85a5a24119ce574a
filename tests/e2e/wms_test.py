"""close-session and its family: on a stand-in for a Windows server (endpoint/engine_wms.py), and on
real PowerShell with a module of functions in the place of MultiPoint's cmdlets."""
import os
import re
import shutil
import subprocess
import tempfile

import lib
from lib import Case, load_tests, needs_gss, needs_pwsh, only_plain    # noqa: F401
from lib import representative
from endpoint import engine_wms, engines

TABLE = re.compile(r"""\AId    UserName +State +Station +Idle *
--    -------- +----- +------- +---- *
2     CORP\\user2 +RemoteConnection +7 *
\Z""")
MISSING = (r"\[\S+\] There is no Close-WmsSession, as [^\n]* Remote Desktop "
           r"[^\n]*\(logoff\).\n")


class Wms(Case):
    """to is how the server is named, here over WS-Management; style what the server has."""
    def server(self, style="wms"):
        self.e = self.shared(engine=style)
        self.to = self.e.to()

    def wms(self, *args, **kw):
        return self.run_client(*args[:1], *self.to, *args[1:], **kw)

    def calls(self):
        """What was called on the server since last time."""
        calls = [b["call"] for b in self.e.log("bound")]
        self.e.mark()
        return calls

    def close(self, *args, code=0, out="", err="", **kw):
        self.check(self.wms("close-session", *args, **kw), code, out, err)


class Page:
    """The page of Close-WmsSession"""
    @representative
    def test_example_1(self):
        """Close-WmsSession -SessionId 3"""
        self.server()
        self.close("-SessionId", 3)
        self.assertEqual(self.calls(), ["Close-WmsSession SessionId=UInt32[]:3"])

    def test_parameters_are_bound(self):
        self.server()
        for words, call in ((("2,3",), "SessionId=UInt32[]:2,3"),
                            (("-All",), "All=SwitchParameter:True"),
                            (("1..3", "-Confirm:$false"),
                             "Confirm=SwitchParameter:False SessionId=UInt32[]:1,2,3")):
            self.close(*words)
            self.assertEqual(self.calls(), ["Close-WmsSession " + call])

    def test_what_if_is_the_servers(self):
        self.server()
        self.close("2", "-WhatIf",
                   out=re.compile(r'\AWhat if: .*Close-WmsSession" on [^\n]*2"?\.\n\Z'))
        self.assertEqual(self.calls(), ["Close-WmsSession SessionId=UInt32[]:2 "
                                        "WhatIf=SwitchParameter:True"])

    def test_an_unknown_id(self):
        """The others are closed, whether or not the cmdlet ends there."""
        lost = "".join(f"Close-WmsSession: Session {i} was not found.\n" for i in (9, 8))
        self.server()
        self.close("3,9,4,8", code=1, err=lost)
        self.assertEqual(self.calls(), ["Close-WmsSession SessionId=UInt32[]:3,9,4,8"])
        self.server("wms-ends")
        self.close("3,9,4,8", code=1, err=lost)
        self.assertEqual(self.calls(), ["Close-WmsSession SessionId=UInt32[]:" + ids
                                        for ids in ("3,9,4,8", "3", "4", "8")])
        self.close("9", code=1, err=lost.splitlines(True)[0])

    def test_the_others(self):
        self.server()
        self.check(self.wms("get-wmssession"), 0, re.compile("user1[^$]*user4"))
        self.check(self.wms("get-wmssession", "2"), 0, TABLE)
        c = self.wms("get-wmssession", "2", "-Json")
        self.check(c, 0, re.compile(r'\A\{"PSComputerName":"[^"]+","SessionId":2,"UserName":'
                                    r'"CORP\\\\user2","State":"RemoteConnection","Station":"7",'
                                    r'"Idle":""\}\n\Z'))
        self.check(self.wms("close-wmssession", "-WhatIf", stdin=c.out.encode()), 0,
                   re.compile("What if"))
        for applet in ("disconnect-wmssession", "lock-wmssession", "unlock-wmssession"):
            self.check(self.wms(applet, "2"), 0, "")
        self.assertEqual(self.calls(), [
            "Get-WmsSession All=SwitchParameter:True", "Get-WmsSession SessionId=UInt32[]:2",
            "Get-WmsSession SessionId=UInt32[]:2",
            "Close-WmsSession SessionId=UInt32[]:2 WhatIf=SwitchParameter:True",
            "Disconnect-WmsSession SessionId=UInt32[]:2", "Lock-WmsSession SessionId=UInt32[]:2",
            "Unlock-WmsSession SessionId=UInt32[]:2"])


class Plain:
    """A server without the module"""
    def test_the_list(self):
        self.server("wms-none")
        self.check(self.wms("get-wmssession", "2..3", "-Json"), 0, re.compile(
            r'\A\{"PSComputerName":"[^"]+","SessionId":2,"UserName":"bob smith","State":"Active",'
            r'"Station":"rdp-tcp#2","Idle":"5"\}\n\{[^\n]*"SessionId":3,"UserName":"carol",'
            r'"State":"Disc","Station":"","Idle":"1\+02:03"\}\n\Z'), re.compile("Remote Desktop"))
        self.check(self.wms("get-wmssession"), 0, re.compile(r"\n4 +dave +Active +console +\.\n\Z"),
                   None)

    @representative
    def test_ids(self):
        self.server("wms-none")
        self.close("2", err=re.compile(rf"\A{MISSING}\Z"))
        self.assertEqual(self.calls(), ["quser", "logoff =String:2"])
        self.close("1,9,3,4", code=1, err=re.compile(
            rf"\A{MISSING}\[\S+\] Close-WmsSession: the command itself runs in session 1.\n"
            r"\[\S+\] Close-WmsSession: Cannot find session 9 because it does not exist.\n"
            r"Access is denied.\n\Z"))
        self.assertEqual(self.calls(), ["quser", "logoff =String:3", "logoff =String:4"])

    def test_all(self):
        self.server("wms-none")
        self.close("-All", "-WhatIf", err=re.compile(
            rf"\A{MISSING}"
            r'(What if: Performing the operation "Close-WmsSession" on target "session [234] '
            r'.*\n){3}\Z'))
        self.assertEqual(self.calls(), ["quser"])
        self.check(self.wms("disconnect-wmssession", "-All"), 1, "", re.compile("tsdiscon"))
        self.assertEqual(self.calls(), ["quser", *(f"tsdiscon =String:{i}" for i in (2, 3, 4))])

    def test_what_has_no_program(self):
        self.server("wms-none")
        self.check(self.wms("lock-wmssession", "2"), 1, "", re.compile(
            r"\A\[\S+\] There is no Lock-WmsSession: [^\n]* disconnect-wmssession [^\n]*\n\Z"))
        self.server("wms-linux")
        self.close("2", code=1, err=re.compile(
            rf"\A{MISSING}\[\S+\] Nor is there quser: [^\n]*\n\Z"))


@needs_gss
class OverWsman(Page, Plain, Wms):
    def test_mistakes(self):
        for words, why in (
                (("3",), r"-Server is localhost unless .*-HostName or -Session\."),
                (("-Server", "x", "-All", "3"), r"Parameter set cannot be resolved|positional"),
                (("-Server", "x", "3", "4"), "positional parameter"),
                (("-Server", "x", "4294967296"), r'"System\.UInt32"\. Error: "Value was either too '
                 'large or too small'),
                (("-Server", "x", "abc"), r'Cannot convert value "abc" to type "System\.UInt32"')):
            with self.subTest(words):
                self.check(self.run_client("close-session", *words), lib.USAGE, "", re.compile(why))
        self.check(self.run_client("close-session", "x", "-Server", "y"), lib.USAGE, "", None)
        self.check(self.run_client("close-session", "-Server", "y", stdin=b"x\n"), lib.REMOTE, "",
                   re.compile("'x' is no row of get-wmssession"))

    def test_no_rows_mean_no_session(self):
        self.server()
        self.close(stdin=b"")
        self.assertEqual(self.calls(), [])

    def test_confirm_needs_a_terminal_and_asks_there(self):
        self.server("wms-none")
        self.close("2", "-Confirm", code=lib.USAGE, err=re.compile("-Confirm asks on the terminal"))
        s = self.screen("close-session", *self.to, "2,4", "-Confirm")
        s.wait(r'"session 2 \(bob smith\) on .*default is "Y"\): ')
        s.type("n\n")
        s.wait(r'"session 4 \(dave\) on .*default is "Y"\): ')
        s.type("y\n")
        self.assertEqual(s.finish().code, 0)
        self.assertEqual(self.calls(), ["quser", "quser", "logoff =String:4"])


MODULE = r"""
function Log($name, $bound) {
    $args = foreach ($k in $bound.Keys | Sort-Object) {
        "$k=$($bound[$k].GetType().Name):$($bound[$k] -join ',')"
    }
    "$name $args" | Add-Content $env:WMS_LOG -WhatIf:$false -Confirm:$false
}
function Act($cmdlet, $name, $ids) {
    foreach ($i in $ids) {
        if ($i -le 4) { $null = $cmdlet.ShouldProcess("session $i", $name); continue }
        $e = [Management.Automation.ErrorRecord]::new(
            [Management.Automation.ItemNotFoundException]::new("Session $i was not found."),
            'SessionNotFound', 'ObjectNotFound', $i)
        if ($env:WMS_STYLE -eq 'wms-ends') { $cmdlet.ThrowTerminatingError($e) }
        $cmdlet.WriteError($e)
    }
}
@@
enum WmsState { RemoteConnection }
function Get-WmsSession {
    [CmdletBinding()]
    param([Parameter(Position=0)][uint32[]]$SessionId, [switch]$All, [string]$Server)
    Log Get-WmsSession $PSBoundParameters
    foreach ($i in $All ? 1..4 : $SessionId) {
        [pscustomobject]@{ SessionId = [uint32]$i; State = [WmsState]0; UserName = "user$i"
                           DomainName = 'CORP'; StationId = [uint32]7 }
    }
}
"""
for verb in ("Close", "Disconnect", "Lock", "Unlock"):
    MODULE = MODULE.replace("@@", f"""
function {verb}-WmsSession {{
    [CmdletBinding(SupportsShouldProcess)]
    param([Parameter(Position=0)][uint32[]]$SessionId, [switch]$All, [string]$Server)
    Log {verb}-WmsSession $PSBoundParameters
    Act $PSCmdlet {verb}-WmsSession $SessionId
}}
@@""")
MODULE = MODULE.replace("@@", "")


@only_plain
@needs_pwsh
class OnPowerShell(Page, Wms):
    """In kept sessions, one for each style, so that not every command starts a PowerShell"""
    test_ids = Plain.test_ids

    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.mkdtemp()
        cls.logged = os.path.join(cls.dir, "calls")
        os.makedirs(os.path.join(cls.dir, "modules", "MultiPoint"))
        cls.put("modules/MultiPoint/MultiPoint.psm1", MODULE)
        cls.put("rows", engine_wms.QUSER)
        cls.put("quser", f"#!/bin/sh\ncat {cls.dir}/rows\necho quser >>{cls.logged}")
        for name in ("logoff", "tsdiscon"):
            cls.put(name, f"#!/bin/sh\necho {name} =String:$* >>{cls.logged}\n"
                          "[ $1 != 3 ] || { echo Access is denied. >&2; exit 1; }")
        cls.env = {"PSSESSION_DIR": os.path.join(cls.dir, "sessions"),
                   "PSSESSION_SSH": os.path.join(cls.dir, "ssh")}
        for style in ("wms", "wms-ends", "wms-none"):
            modules = "/nonexistent" if style == "wms-none" else cls.dir + "/modules"
            cls.put("ssh", f"#!/bin/sh\nexport PATH={cls.dir}:$PATH WMS_LOG={cls.logged} "
                    f"WMS_STYLE={style} PSModulePath={modules}\n"
                    f"exec {engines.pwsh_path()} -NoLogo -NoProfile -s")
            cls.ps("new-pssession", "-HostName", "server01", "-Name", style)

    @classmethod
    def tearDownClass(cls):
        cls.ps("remove-pssession", "-Name", "*")
        shutil.rmtree(cls.dir)

    @classmethod
    def put(cls, name, text):
        with open(os.path.join(cls.dir, name), "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(f.name, 0o755)

    @classmethod
    def ps(cls, *args):
        subprocess.run([lib.PSSESSION, *args], env={**lib.ENV, **cls.env}, check=True,
                       stdout=subprocess.DEVNULL)

    def server(self, style="wms"):
        self.to = ("-Session", style)
        if os.path.exists(self.logged):
            os.unlink(self.logged)

    def wms(self, *args, **kw):
        return super().wms(*args, env=self.env, **kw)

    def calls(self):
        with open(self.logged, encoding="utf-8") as f:
            calls = f.read().splitlines()
        os.unlink(self.logged)
        return calls

    def test_over_ssh(self):
        """What ssh leads to now has no module."""
        c = self.run_client("close-session", 2, "-HostName", "a", env=self.env)
        self.check(c, 0, "", re.compile(MISSING))
        self.assertEqual(self.calls(), ["quser", "logoff =String:2"])

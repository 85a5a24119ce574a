"""Disconnect, Reconnect and Connect (MS-WSMV 3.1.4.15 to 17, MS-PSRP 3.1.5.3.16 to 21)."""
import base64
import struct

from . import clixml, psrp, soap
from .life import CONNECTED

PSNS = "{http://schemas.microsoft.com/powershell}"
FIRST_ID = 1 << 40      # object ids the engine will not come to


class Connecting:
    """The part of Service for these actions."""
    def do_disconnect(self, env):
        shell = self.owned(env)
        element = env.body.find(f"{{{soap.RSP}}}Disconnect")
        if element is not None and element.get("CommandId"):
            raise soap.invalid("A command is not disconnected by itself. ")
        if not shell.life.supplied:
            raise soap.internal(2150859205, "The shell was made without a ShellId of the "
                                "client's, so it cannot be disconnected. ")
        shell.life.check(env)
        if element is not None:
            shell.life.limits(element)
        shell.disconnect()
        self.log("disconnect", shell=shell.id, idle=shell.life.idle, mode=shell.life.mode)
        return self.style.answer("Disconnect")

    def do_reconnect(self, env):
        shell = self.owned(env)
        element = env.body.find(f"{{{soap.RSP}}}Reconnect")
        command = command_id(element)
        life = shell.life
        if command:
            life.check(env)
            shell.attach(command)
            return self.style.answer("Reconnect")
        life.settle()
        if env.session != life.client:
            raise soap.in_use() if life.state == CONNECTED else soap.other_client()
        if element is not None:
            life.limits(element)
        if life.state != CONNECTED:
            shell.connect(env.session)
            self.log("reconnect", shell=shell.id)
        return self.style.answer("Reconnect")

    def do_connect(self, env):
        shell = self.owned(env)
        element = env.body.find(f"{{{soap.RSP}}}Connect")
        if element is None:
            raise soap.invalid("rsp:Connect is missing")
        command = env.note["command"] = command_id(element)
        if command:
            shell.life.check(env)
            shell.attach(command)
            return "<rsp:ConnectResponse/>"
        shell.life.settle()
        if shell.life.state == CONNECTED:
            raise soap.in_use()
        shell.life.limits(element)
        xml = element.find(PSNS + "connectXml")
        if xml is None:
            raise soap.internal(2152991672, "The plug-in was given no connectXml. ")
        answer = shell.greet(soap.decode(xml.text))
        shell.connect(env.session)
        shell.welcome()
        self.log("connected", shell=shell.id, client=env.session)
        streams = "".join(f"<rsp:{n}>{v}</rsp:{n}>" for n, v in shell.life.streams.items())
        return (f"<rsp:ConnectResponse>{streams}<connectResponseXml xmlns=\"{PSNS[1:-1]}\">"
                f"{base64.b64encode(answer).decode()}</connectResponseXml></rsp:ConnectResponse>")


def command_id(element):
    if element is None:
        return None
    return element.get("CommandId") or element.findtext(f"{{{soap.RSP}}}CommandId")


class Acquaintance:
    """What was said when a pool was opened, for those who connect to it later. The engine need not
    know of them (`pwsh -s` cannot): the endpoint speaks for it, from messages that passed by."""
    def __init__(self):
        self.pool, self.min, self.max = psrp.NIL, 1, 1
        self.capability = self.private = None
        self.said, self.last_id = psrp.Defragmenter(), FIRST_ID

    def client(self, data):
        for raw in psrp.Defragmenter().feed(data):
            m = psrp.Message.decode(raw)
            if m.kind == "INIT_RUNSPACEPOOL":
                o = clixml.read(m.data)
                self.pool = m.pool
                self.min, self.max = o.get("MinRunspaces"), o.get("MaxRunspaces")

    def server(self, data):
        if self.private:
            return
        for raw in self.said.feed(data):
            m = psrp.Message.decode(raw)
            if m.kind == "SESSION_CAPABILITY":
                self.capability = m.data
            elif m.kind == "APPLICATION_PRIVATE_DATA":
                self.private = m.data

    def message(self, kind, data):
        self.last_id += 1
        m = psrp.Message(kind, data, self.pool)
        return b"".join(psrp.fragments(self.last_id, m.encode(bom=True)))

    def answer(self, data):
        """connectResponseXml for connectXml, or the fault of PowerShell's plug-in.

        PowerShell puts its maximum where the minimum belongs, and the other way round."""
        if not self.private:
            raise refused("The server session is not in a state in which it can be connected to. ")
        capability, connect = complete(data)
        if capability.kind != "SESSION_CAPABILITY" or connect.kind != "CONNECT_RUNSPACEPOOL":
            raise refused()
        check_capability(capability)
        wanted = [getattr(clixml.read(connect.data), "get", lambda n: None)(n)
                  for n in ("MinRunspaces", "MaxRunspaces")]
        if None not in wanted:
            low, high = wanted
            if -1 in wanted or low > high:
                raise refused()
            if low != self.min and high != self.max:
                raise refused("The runspace pool has other limits than those asked for. ")
        if connect.pool != self.pool:
            raise refused()
        init = clixml.write(clixml.Obj(ms={"MinRunspaces": self.max, "MaxRunspaces": self.min}))
        return (self.message("SESSION_CAPABILITY", self.capability) +
                self.message("RUNSPACEPOOL_INIT_DATA", init))


def refused(why="The input of the connect operation is not valid. "):
    return soap.Fault(2152992675, "w:InternalError", why, "Receiver")


def check_capability(m):
    try:
        o = clixml.read(m.data)
        version, ps, ser = (o.get(n).text for n in
                            ("protocolversion", "PSVersion", "SerializationVersion"))
    except (clixml.Bad, AttributeError) as e:
        raise refused() from e
    if version not in ("2.2", "2.3", "2.4") or ps != "2.0" or ser != "1.1.0.1":
        raise refused("The server cannot take the client's protocol version. ")


def complete(data):
    """Two messages, each in one fragment that starts and ends it, and nothing else."""
    found = []
    for last in (False, True):
        if len(data) < 21:
            raise refused()
        _, _, flags, length = struct.unpack(">QQBI", data[:21])
        if flags & 3 != 3 or length > len(data) - 21 or last and length != len(data) - 21:
            raise refused()
        try:
            found.append(psrp.Message.decode(data[21:21 + length]))
        except (psrp.Bad, UnicodeDecodeError) as e:
            raise refused() from e
        if found[-1].destination != psrp.SERVER:
            raise refused()
        data = data[21 + length:]
    return found

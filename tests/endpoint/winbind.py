"""NTLM judged by Samba: winbind's ntlm_auth, which needs no domain for the one account whose
password it is told. It proves logins; sealing is not in its protocol, so this is for HTTPS."""
import base64
import shutil
import subprocess

PROGRAM = shutil.which("ntlm_auth")
PROTOCOLS = {False: "squid-2.5-ntlmssp", True: "gss-spnego"}


class Refused(Exception):
    pass


class Context:
    """As much of a GSSAPI context as a login takes. account: (domain, user, password)."""
    def __init__(self, spnego, account):
        domain, user, password = account
        self.child = subprocess.Popen(
            [PROGRAM, "--configfile=/dev/null", "--helper-protocol=" + PROTOCOLS[spnego],
             "--option=netbios name=TESTBOX", "--username=" + user, "--domain=" + domain,
             "--password=" + password],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.spnego, self.complete, self.initiator_name = spnego, False, b""
        self.begun = False

    def ask(self, word, token=b""):
        line = f"{word} {base64.b64encode(token).decode()}".rstrip()
        print(line, file=self.child.stdin, flush=True)
        return self.child.stdout.readline().rstrip("\n").partition(" ")

    def step(self, token):
        word, _, rest = self.ask("KK" if self.begun else "YR", token)
        self.begun = True
        if word == "TT":
            return base64.b64decode(rest.split(" ")[0])
        self.close()
        if word != "AF":
            raise Refused(f"{word} {rest}")
        token, _, name = rest.partition(" ") if self.spnego else ("", "", rest)
        self.complete, self.initiator_name = True, name.encode()
        return base64.b64decode(token) if token != "*" else b""

    def close(self):
        self.child.stdin.close()
        self.child.stdout.close()
        self.child.wait()

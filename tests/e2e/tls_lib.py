"""What the end-to-end tests over TLS share: certificates, and endpoints that show them."""
import hashlib
import shutil
import tempfile
import unittest

import tls_certs
import tls_peer
from lib import Case

LOCAL = tls_certs.LEAF_EXT + tls_certs.SAN + "DNS:localhost,IP:127.0.0.1"


def empty_authority():
    """A CA without certificates, in a folder that lasts as long as the module's tests."""
    if not shutil.which("openssl"):
        raise unittest.SkipTest("needs openssl")
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    return tls_certs.Authority(folder.name)


def authority():
    """The same, with a chain; "good" is a server's."""
    a = tls_peer.CERTS = empty_authority()
    for name, issuer in (("root", None), ("inter", "root")):
        a.make(name, issuer, kind="rsa:2048", subject=f"/O=Test/CN=My {name}",
               ext=tls_certs.CA_EXT, days=(-900, 900))
    a.make("good", "inter", ext=LOCAL)
    return a


def fingerprint(certs, name):
    return "SHA256:" + hashlib.sha256(certs.der(name)).hexdigest()


class TlsCase(Case):
    """certs is what authority() gave."""
    certs = None

    def files(self, name):
        return self.certs.path(name + ".pem"), self.certs.path(name + ".key")

    def secure(self, *options, cert="good", shared=True, **kw):
        return (self.shared if shared else self.serve)("--tls", *self.files(cert), *options, **kw)

    def words(self, e, *args, host="localhost", trust="root", script="echo hello"):
        ca = ("-CACertificate", self.certs.path(trust + ".crt")) if trust else ()
        return "invoke-command", *e.to(host=host), "-UseSSL", "-ScriptBlock", script, *ca, *args

    def run_over(self, e, *args, env=None, **kw):
        """invoke-command over TLS"""
        return self.run_client(*self.words(e, *args, **kw), env=env)

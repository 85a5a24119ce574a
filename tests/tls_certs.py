"""Certificates of every kind for tests, made by openssl in a folder. Each is FOLDER/NAME.pem (the
chain as a server sends it) and FOLDER/NAME.key."""
import datetime
import subprocess

CA_EXT = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
LEAF_EXT = "basicConstraints=CA:FALSE\n"
SAN = "subjectAltName="


def openssl(*args, given=None):
    done = subprocess.run(["openssl", *args], input=given, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError("openssl %s: %s" % (" ".join(args), done.stderr.decode()))
    return done.stdout


def stamp(days):
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    return when.strftime("%Y%m%d%H%M%SZ")


class Authority:
    def __init__(self, folder):
        self.folder = folder
        self.serial = 1

    def path(self, name):
        return self.folder + "/" + name

    def write(self, name, text):
        with open(self.path(name), "w") as f:
            f.write(text)
        return self.path(name)

    def read(self, name):
        with open(self.path(name)) as f:
            return f.read()

    def key(self, name, kind):
        """kind: rsa:BITS, ec:CURVE, ed25519, rsa-pss"""
        kind, _, size = kind.partition(":")
        more = {"rsa": ["RSA", "-pkeyopt", "rsa_keygen_bits:" + (size or "2048")],
                "ec": ["EC", "-pkeyopt", "ec_paramgen_curve:" + size],
                "rsa-pss": ["RSA-PSS"], "ed25519": ["ED25519"]}[kind]
        openssl("genpkey", "-algorithm", *more, "-out", self.path(name + ".key"))

    def make(self, name, issuer=None, kind="ec:P-256", subject=None, ext=LEAF_EXT, days=(-1, 365),
             sign=(), key=None, chain=True, v1=False):
        """A certificate, and below it those of its issuers but the root."""
        subject = subject or "/CN=" + name
        if key is None:
            self.key(name, kind)
        else:
            self.write(name + ".key", self.read(key + ".key"))
        request = openssl("req", "-new", "-key", self.path(name + ".key"), "-subj", subject)
        self.serial += 1
        config = self.write("ca.cnf", """
[ca]
default_ca = me
[me]
new_certs_dir = %s
database = %s
serial = %s
default_md = sha256
policy = any
copy_extensions = none
unique_subject = no
[any]
commonName = optional
organizationName = optional
[ext]
%s
""" % (self.folder, self.write("index.txt", ""), self.write("serial.txt", "%04x" % self.serial),
       ext))
        self.write("request.pem", request.decode())
        by = ["-selfsign", "-keyfile", self.path(name + ".key")] if issuer is None else [
            "-cert", self.path(issuer + ".crt"), "-keyfile", self.path(issuer + ".key")]
        openssl("ca", "-batch", "-notext", "-config", config, "-preserveDN",
                "-in", self.path("request.pem"),
                "-startdate", stamp(days[0]), "-enddate", stamp(days[1]),
                *([] if v1 else ["-extensions", "ext"]), *by, *sign,
                "-out", self.path(name + ".crt"))
        text = self.read(name + ".crt")
        if chain and issuer and issuer != "root":
            text += self.read(issuer + ".pem")
        self.write(name + ".pem", text)

    def der(self, name):
        return openssl("x509", "-in", self.path(name + ".crt"), "-outform", "DER")


def matrix(folder):
    a = Authority(folder)
    local = LEAF_EXT + SAN + "DNS:localhost"
    long = (-900, 900)
    a.make("root", kind="rsa:2048", subject="/O=Test/CN=Root", ext=CA_EXT, days=long)
    a.make("inter", "root", kind="ec:P-384", subject="/O=Test/CN=Intermediate", ext=CA_EXT,
           days=long)
    a.make("other-root", subject="/O=Test/CN=Other Root", ext=CA_EXT, days=long)
    a.make("good", "inter", ext=local)
    a.make("rsa", "root", kind="rsa:2048", ext=local)
    a.make("rsa4096", "root", kind="rsa:4096", ext=local)
    a.make("p384", "inter", kind="ec:P-384", ext=local, sign=["-md", "sha384"])
    a.make("p521", "inter", kind="ec:P-521", ext=local, sign=["-md", "sha512"])
    a.make("expired", "inter", ext=local, days=(-400, -30))
    a.make("future", "inter", ext=local, days=(30, 400))
    a.make("wrong-name", "inter", ext=LEAF_EXT + SAN + "DNS:elsewhere.example,DNS:*.b.example")
    a.make("wildcard", "inter", ext=LEAF_EXT + SAN + "DNS:*.sub.localhost")
    a.make("ip", "inter", ext=LEAF_EXT + SAN + "IP:127.0.0.1,IP:::1")
    a.make("ip-as-dns", "inter", ext=LEAF_EXT + SAN + "DNS:127.0.0.1")
    a.make("cn-only", "inter", subject="/CN=localhost")
    a.make("cn-and-san", "inter", subject="/CN=localhost", ext=LEAF_EXT + SAN + "DNS:other.example")
    a.make("self", ext=local)
    a.make("self-rsa", kind="rsa:2048", ext=local)
    a.make("unknown-ca", "other-root", ext=local, chain=False)
    a.make("no-inter", "inter", ext=local, chain=False)
    a.make("revoked", "inter", ext=local + "\ncrlDistributionPoints=URI:http://127.0.0.1:1/crl"
           "\nauthorityInfoAccess=OCSP;URI:http://127.0.0.1:1/ocsp")
    a.make("sha1", "root", kind="rsa:2048", ext=local, sign=["-md", "sha1"])
    a.make("rsa1024", "root", kind="rsa:1024", ext=local)
    a.make("weak-ca", "root", kind="rsa:1024", subject="/O=Test/CN=Weak", ext=CA_EXT)
    a.make("by-weak", "weak-ca", ext=local)
    a.make("pss-signed", "root", kind="rsa:2048", ext=local,
           sign=["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"])
    a.make("pss-key", "root", kind="rsa-pss", ext=local)
    a.make("ed25519", "root", kind="ed25519", ext=local)
    a.make("not-ca", "inter", subject="/O=Test/CN=Not a CA")
    a.make("by-not-ca", "not-ca", ext=local)
    a.make("client-only", "inter", ext=local + "\nextendedKeyUsage=clientAuth")
    a.make("server-eku", "inter", ext=local + "\nextendedKeyUsage=serverAuth,clientAuth")
    a.make("constrained", "root", subject="/O=Test/CN=Constrained",
           ext=CA_EXT + "nameConstraints=critical,permitted;DNS:localhost\n")
    a.make("by-constrained", "constrained", ext=local)
    a.make("old-inter", "root", subject="/O=Test/CN=Old", ext=CA_EXT, days=(-400, -30))
    a.make("by-old-inter", "old-inter", ext=local)
    a.make("renewed", "inter", ext=local)
    a.write("wrong-order.pem", a.read("good.crt") + a.read("root.crt") + a.read("inter.crt"))
    a.write("wrong-order.key", a.read("good.key"))
    a.make("client-rsa", "root", kind="rsa:2048", subject="/CN=alice")
    a.make("client-rsa4096", "root", kind="rsa:4096", subject="/CN=alice")
    a.make("client-p256", "inter", subject="/CN=bob")
    a.make("client-p384", "inter", kind="ec:P-384", subject="/CN=bob")
    a.make("client-p521", "inter", kind="ec:P-521", subject="/CN=bob")
    a.make("client-unknown", "other-root", subject="/CN=eve", chain=False)
    return a

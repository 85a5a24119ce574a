"""Digest (RFC 7616), the server's side: MD5 and SHA-256, also -sess; qop auth."""
import hashlib
import hmac
import re
import secrets

ALGORITHMS = {"digest": "MD5-sess",        # what WinRM offers
              "digest-md5": "MD5", "digest-sha256": "SHA-256",
              "digest-sha256-sess": "SHA-256-sess", "digest-odd": "SHA-512-256"}
REALM = 'Digest "here"'


class Stale(Exception):
    pass


def parameters(text):
    return {k.lower(): re.sub(r"\\(.)", r"\1", v[1:-1]) if v.startswith('"') else v
            for k, v in re.findall(r'([\w*-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,"]+)', text)}


class Digest:
    """Of one server: nonces are good on any connection, each for so many requests."""
    def __init__(self, uses):
        self.uses, self.count = uses, {}

    def challenge(self, offer, stale=False):
        nonce = secrets.token_urlsafe(12) + "+/="
        self.count[nonce] = 0
        quoted = REALM.replace('"', '\\"')
        return (f'Digest qop="auth-int,auth", algorithm={ALGORITHMS[offer]}, nonce="{nonce}", '
                f'charset=utf-8, realm="{quoted}"' + (", stale=true" if stale else ""))

    def user(self, text, method, target, offers, accounts):
        """The user whom an Authorization header proves. ValueError, or Stale, when it does not."""
        p = parameters(text)
        known = accounts.get(p["username"].split("\\")[-1].lower())
        if not known or p["algorithm"] not in [ALGORITHMS[o] for o in offers if o in ALGORITHMS]:
            raise ValueError("digest: user or algorithm")
        if p["realm"] != REALM or p["uri"] != target or p["qop"] != "auth" or len(p["cnonce"]) < 16:
            raise ValueError("digest: parameters")
        name = p["algorithm"].replace("-sess", "").replace("-", "").lower()

        def h(*parts):
            return hashlib.new(name, ":".join(parts).encode()).hexdigest()
        a1 = h(p["username"], REALM, known[1])
        if p["algorithm"].endswith("-sess"):
            a1 = h(a1, p["nonce"], p["cnonce"])
        want = h(a1, p["nonce"], p["nc"], p["cnonce"], "auth", h(method, target))
        if not hmac.compare_digest(want, p["response"]):
            raise ValueError("digest: response")
        seen, now = self.count.get(p["nonce"]), int(p["nc"], 16)
        if seen is None or now > self.uses:
            raise Stale()
        if now <= seen:
            raise ValueError("digest: nonce count")
        self.count[p["nonce"]] = now
        return p["username"]

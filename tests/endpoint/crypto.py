"""Session key for SecureStrings: RSA PKCS#1 v1.5, AES-256-CBC (MS-PSRP 2.2.2.3, 2.2.5.1.24).

Slow, plain, not constant-time: for tests.
"""
import base64
import os


def encrypted_session_key(public_key_b64, key):
    """The EncryptedSessionKey text for a PublicKey text (CAPI PUBLICKEYBLOB, little-endian)."""
    blob = base64.b64decode(public_key_b64, validate=True)
    if blob[:8] != bytes.fromhex("06020000 00a40000") or blob[8:12] != b"RSA1":
        raise ValueError("not a PUBLICKEYBLOB")
    size = int.from_bytes(blob[12:16], "little") // 8
    e, n = int.from_bytes(blob[16:20], "little"), int.from_bytes(blob[20:20 + size], "little")
    if len(blob) != 20 + size or size < 128:
        raise ValueError("wrong key length")
    pad = bytes(1 + b % 255 for b in os.urandom(size - 3 - len(key)))
    m = int.from_bytes(b"\0\2" + pad + b"\0" + key, "big")
    head = bytes.fromhex("01020000 10660000 00a40000")
    return base64.b64encode(head + pow(m, e, n).to_bytes(size, "little")).decode()


def _tables():
    sbox, p, q = [0] * 256, 1, 1
    while True:
        p ^= (p << 1) ^ (0x11B if p & 0x80 else 0)
        p &= 0xFF
        for s in (1, 2, 4):
            q ^= q << s & 0xFF
        if q & 0x80:
            q ^= 9
        r = q
        for s in (1, 2, 3, 4):
            r ^= (q << s | q >> (8 - s)) & 0xFF
        sbox[p] = r ^ 0x63
        if p == 1:
            break
    sbox[0] = 0x63
    return sbox


SBOX = _tables()
INV = [SBOX.index(i) for i in range(256)]


def _mul(a, b):
    r = 0
    while b:
        r ^= a if b & 1 else 0
        a = (a << 1 ^ (0x11B if a & 0x80 else 0)) & 0x1FF
        b >>= 1
    return r & 0xFF


def _expand(key):
    words, rcon = [list(key[i:i + 4]) for i in range(0, 32, 4)], 1
    for i in range(8, 60):
        w = list(words[-1])
        if i % 8 == 0:
            w = [SBOX[x] for x in w[1:] + w[:1]]
            w[0] ^= rcon
            rcon = _mul(rcon, 2)
        elif i % 8 == 4:
            w = [SBOX[x] for x in w]
        words.append([a ^ b for a, b in zip(words[i - 8], w)])
    return [sum(words[i:i + 4], []) for i in range(0, 60, 4)]


def _decrypt_block(keys, block):
    s = [a ^ b for a, b in zip(block, keys[14])]
    for r in range(13, -1, -1):
        s = [INV[s[(i - 4 * (i % 4)) % 16]] for i in range(16)]
        s = [a ^ b for a, b in zip(s, keys[r])]
        if r:
            s = [_mul(s[c], 14) ^ _mul(s[c - c % 4 + (c + 1) % 4], 11) ^
                 _mul(s[c - c % 4 + (c + 2) % 4], 13) ^ _mul(s[c - c % 4 + (c + 3) % 4], 9)
                 for c in range(16)]
    return bytes(s)


def secure_string(text_b64, key):
    """Plain text of an SS element under the session key; without one it is only base64."""
    raw = base64.b64decode(text_b64, validate=True)
    if key is None:
        return raw.decode("utf-16-le")
    keys, last, out = _expand(key), bytes(16), b""
    for i in range(0, len(raw), 16):
        block = raw[i:i + 16]
        out += bytes(a ^ b for a, b in zip(_decrypt_block(keys, block), last))
        last = block
    if not out or not 1 <= out[-1] <= 16 or out[-out[-1]:] != out[-1:] * out[-1]:
        raise ValueError("wrong padding")
    return out[:-out[-1]].decode("utf-16-le")

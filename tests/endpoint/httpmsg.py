"""HTTP/1.1 on one connection: read a request, write an answer."""

MAX_HEAD, MAX_BODY = 65536, 64 << 20


class Bad(ValueError):
    pass


class Request:
    def __init__(self, method, target, headers, body, size):
        self.method, self.target, self.headers, self.body, self.size = (
            method, target, headers, body, size)

    def header(self, name, default=""):
        return self.headers.get(name.lower(), default)


def _line(f):
    line = f.readline(MAX_HEAD + 1)
    if len(line) > MAX_HEAD:
        raise Bad("line too long")
    if not line.endswith(b"\n"):
        raise EOFError
    return line.rstrip(b"\r\n")


def _exactly(f, n):
    data = f.read(n)
    if len(data) != n:
        raise EOFError
    return data


def _chunked(f):
    body = bytearray()
    while True:
        n = int(_line(f).split(b";")[0], 16)
        if n < 0 or len(body) + n > MAX_BODY:
            raise Bad("body too long")
        if n == 0:
            while _line(f):
                pass
            return bytes(body)
        body += _exactly(f, n)
        _line(f)


def read_request(f, head_read=lambda: None):
    """None at a clean end. Raises Bad or EOFError. head_read is called before the body is read."""
    first = f.readline(MAX_HEAD)
    if not first:
        return None
    words = first.decode("latin-1").split()
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise Bad("not HTTP")
    headers, size = {}, len(first)
    while True:
        line = _line(f)
        size += len(line) + 2
        if not line:
            break
        if size > MAX_HEAD:
            raise Bad("head too long")
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or name != name.strip():
            raise Bad("bad header")
        headers[name.lower()] = value.strip()
    head_read()
    if "chunked" in headers.get("transfer-encoding", "").lower():
        body = _chunked(f)
    else:
        n = int(headers.get("content-length", "0") or 0)
        if not 0 <= n <= MAX_BODY:
            raise Bad("body too long")
        body = _exactly(f, n)
    return Request(words[0], words[1], headers, body, size + len(body))


REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found",
           405: "Method Not Allowed", 413: "Payload Too Large", 500: "Internal Server Error"}


def answer(status, headers=(), body=b"", chunked=False):
    """The bytes of an answer; headers is a list of pairs."""
    head = [f"HTTP/1.1 {status} {REASONS.get(status, 'Other')}", "Server: Microsoft-HTTPAPI/2.0"]
    head += [f"{k}: {v}" for k, v in headers]
    if chunked and body:
        head.append("Transfer-Encoding: chunked")
        cut = max(1, len(body) // 3)
        parts = [body[i:i + cut] for i in range(0, len(body), cut)]
        body = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in parts) + b"0\r\n\r\n"
    else:
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body

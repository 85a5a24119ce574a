"""CLIXML, both ways, as far as a test endpoint needs it (MS-PSRP 2.2.5).

Values: None, bool, str, int (I32) and Prim (any other scalar, as its text) are scalars; Obj is the
rest. read() keeps what it does not understand, so that write(read(x)) means the same as x.
"""
import re
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape

CONTAINERS = ("LST", "IE", "STK", "QUE", "DCT")
LISTS = CONTAINERS[:4]
MAX_DEPTH = 100


class Bad(ValueError):
    pass


class Prim:
    """A scalar of any tag. text is decoded; PR (progress) keeps its children in parts."""
    def __init__(self, tag, text="", parts=None):
        self.tag, self.text, self.parts = tag, text, parts

    def __eq__(self, other):
        return (isinstance(other, Prim) and
                (self.tag, self.text, self.parts) == (other.tag, other.text, other.parts))

    def __repr__(self):
        return f"{self.tag}:{self.text!r}"


class Obj:
    """types: list or None. value: a scalar, or None. items: a list, or pairs when kind is DCT."""
    def __init__(self, types=None, text=None, kind=None, items=None, value=None, has_value=False,
                 ms=None, props=None):
        self.types, self.text, self.kind, self.items = types, text, kind, items or []
        self.value, self.has_value = value, has_value or value is not None
        self.ms, self.props = ms, props

    def get(self, name, default=None):
        for side in (self.ms, self.props):
            if side and name in side:
                return side[name]
        return default

    def __repr__(self):
        return f"Obj({self.types}, {self.text!r}, {self.ms or self.props or self.items})"


def decode_text(s):
    """_xHHHH_ to UTF-16 units; halves are joined after decoding."""
    if "_x" not in s and "_X" not in s:
        return s
    s = re.sub(r"_[xX]([0-9a-fA-F]{4})_", lambda m: chr(int(m[1], 16)), s)
    return s.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def encode_text(s):
    def units(m):
        raw = m[0].encode("utf-16-le", "surrogatepass")
        return "".join("_x%04X_" % int.from_bytes(raw[i:i + 2], "little")
                       for i in range(0, len(raw), 2))
    s = re.sub(r"_(?=[xX])", "_x005F_", s)
    return escape(re.sub(r"[\0-\x1f\x7f-\x9f\ud800-\udfff\U00010000-\U0010ffff]", units, s))


# reading

def _scalar(e):
    tag, text = e.tag, decode_text(e.text or "")
    if tag == "Nil":
        return None
    if tag == "S":
        return text
    if tag == "B":
        if text not in ("true", "false"):
            raise Bad(f"boolean {text!r}")
        return text == "true"
    if tag == "I32":
        return int(text)
    if len(e):
        return Prim(tag, text, [(c.tag, decode_text(c.text or "")) for c in e])
    return Prim(tag, text)


class _Reader:
    def __init__(self):
        self.objs, self.types = {}, {}

    def value(self, e, depth=0):
        if depth > MAX_DEPTH:
            raise Bad("too deep")
        if e.tag == "Ref":
            return self.objs[e.get("RefId")]
        return self.obj(e, depth) if e.tag == "Obj" else _scalar(e)

    def obj(self, e, depth):
        o = Obj()
        if e.get("RefId") is not None:
            self.objs[e.get("RefId")] = o
        for c in e:
            if c.tag == "TN":
                o.types = self.types[c.get("RefId")] = [decode_text(t.text or "") for t in c]
            elif c.tag == "TNRef":
                o.types = self.types[c.get("RefId")]
            elif c.tag == "ToString":
                o.text = decode_text(c.text or "")
            elif c.tag in ("MS", "Props"):
                side = {decode_text(p.get("N", "")): self.value(p, depth + 1) for p in c}
                setattr(o, c.tag.lower(), side)
            elif c.tag == "DCT":
                o.kind = "DCT"
                o.items = [tuple(self.value(x, depth + 1) for x in en) for en in c]
            elif c.tag in LISTS:
                o.kind, o.items = c.tag, [self.value(x, depth + 1) for x in c]
            else:
                o.value, o.has_value = self.value(c, depth + 1), True
        return o


def read(text):
    try:
        root = ET.fromstring(text.lstrip("\ufeff"))
        return _Reader().value(root)
    except (ET.ParseError, KeyError) as e:
        raise Bad(str(e)) from e


# writing

class _Writer:
    def __init__(self):
        self.out, self.seen, self.types = [], {}, {}

    def put(self, v, name=None):
        n = "" if name is None else ' N="%s"' % encode_text(name).replace('"', '&quot;')
        if isinstance(v, (list, tuple)):
            v = array_list(v)
        if isinstance(v, dict):
            v = Obj(ms=v)
        if v is None:
            self.out.append(f"<Nil{n} />")
        elif isinstance(v, bool):
            self.out.append(f"<B{n}>{'true' if v else 'false'}</B>")
        elif isinstance(v, int):
            self.out.append(f"<I32{n}>{v}</I32>")
        elif isinstance(v, str):
            self.out.append(f"<S{n}>{encode_text(v)}</S>")
        elif isinstance(v, Prim):
            inner = encode_text(v.text)
            for tag, text in v.parts or ():
                inner += f"<{tag} />" if tag == "Nil" else f"<{tag}>{encode_text(text)}</{tag}>"
            self.out.append(f"<{v.tag}{n}>{inner}</{v.tag}>")
        else:
            self.obj(v, n)

    def obj(self, o, n):
        if id(o) in self.seen:
            self.out.append(f'<Ref{n} RefId="{self.seen[id(o)]}" />')
            return
        ref = self.seen[id(o)] = len(self.seen)
        self.out.append(f'<Obj{n} RefId="{ref}">')
        if o.types is not None:
            self.type_names(tuple(o.types))
        if o.text is not None:
            self.out.append(f"<ToString>{encode_text(o.text)}</ToString>")
        if o.has_value:
            self.put(o.value)
        for tag, side in (("Props", o.props), ("MS", o.ms)):
            if side is not None:
                self.out.append(f"<{tag}>")
                for k, v in side.items():
                    self.put(v, k)
                self.out.append(f"</{tag}>")
        if o.kind:
            self.items(o)
        self.out.append("</Obj>")

    def type_names(self, names):
        if names in self.types:
            self.out.append(f'<TNRef RefId="{self.types[names]}" />')
            return
        ref = self.types[names] = len(self.types)
        inner = "".join(f"<T>{encode_text(t)}</T>" for t in names)
        self.out.append(f'<TN RefId="{ref}">{inner}</TN>')

    def items(self, o):
        if not o.items:
            self.out.append(f"<{o.kind} />")
            return
        self.out.append(f"<{o.kind}>")
        for i in o.items:
            if o.kind == "DCT":
                self.out.append("<En>")
                self.put(i[0], "Key")
                self.put(i[1], "Value")
                self.out.append("</En>")
            else:
                self.put(i)
        self.out.append(f"</{o.kind}>")


def write(v):
    w = _Writer()
    w.put(v)
    return "".join(w.out)


def same(a, b, seen=None):
    """Do two values mean the same? Cycles are followed once."""
    seen = set() if seen is None else seen
    if type(a) is not type(b):
        return False
    if not isinstance(a, Obj):
        return a == b
    if (id(a), id(b)) in seen:
        return True
    seen.add((id(a), id(b)))
    flat = lambda o: [x for i in o.items for x in (i if o.kind == "DCT" else (i,))]
    if (a.types, a.text, a.kind, a.has_value) != (b.types, b.text, b.kind, b.has_value):
        return False
    if len(a.items) != len(b.items) or not same(a.value, b.value, seen):
        return False
    for x, y in ((a.ms, b.ms), (a.props, b.props)):
        if (x is None) != (y is None) or list(x or ()) != list(y or ()):
            return False
        if any(not same(x[k], y[k], seen) for k in x or ()):
            return False
    return all(same(x, y, seen) for x, y in zip(flat(a), flat(b)))


# shapes that messages are made of

def array_list(items):
    return Obj(["System.Collections.ArrayList", "System.Object"], kind="LST", items=list(items))


def enum(type_name, text, value):
    return Obj([type_name, "System.Enum", "System.ValueType", "System.Object"], text, value=value)


def primitive_dict(pairs):
    return Obj(["System.Management.Automation.PSPrimitiveDictionary",
                "System.Collections.Hashtable", "System.Object"], kind="DCT", items=list(pairs))

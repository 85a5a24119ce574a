"""PSRP messages and fragments (MS-PSRP 2.2.1, 2.2.4), server side, apart from any transport."""
import struct
import uuid

CLIENT, SERVER = 1, 2
TYPES = {
    "SESSION_CAPABILITY": 0x10002, "INIT_RUNSPACEPOOL": 0x10004, "PUBLIC_KEY": 0x10005,
    "ENCRYPTED_SESSION_KEY": 0x10006, "PUBLIC_KEY_REQUEST": 0x10007,
    "CONNECT_RUNSPACEPOOL": 0x10008, "RUNSPACEPOOL_INIT_DATA": 0x2100B,
    "RESET_RUNSPACE_STATE": 0x2100C, "SET_MAX_RUNSPACES": 0x21002, "SET_MIN_RUNSPACES": 0x21003,
    "RUNSPACE_AVAILABILITY": 0x21004, "RUNSPACEPOOL_STATE": 0x21005, "CREATE_PIPELINE": 0x21006,
    "GET_AVAILABLE_RUNSPACES": 0x21007, "USER_EVENT": 0x21008,
    "APPLICATION_PRIVATE_DATA": 0x21009, "GET_COMMAND_METADATA": 0x2100A,
    "RUNSPACEPOOL_HOST_CALL": 0x21100, "RUNSPACEPOOL_HOST_RESPONSE": 0x21101,
    "PIPELINE_INPUT": 0x41002, "END_OF_PIPELINE_INPUT": 0x41003, "PIPELINE_OUTPUT": 0x41004,
    "ERROR_RECORD": 0x41005, "PIPELINE_STATE": 0x41006, "DEBUG_RECORD": 0x41007,
    "VERBOSE_RECORD": 0x41008, "WARNING_RECORD": 0x41009, "PROGRESS_RECORD": 0x41010,
    "INFORMATION_RECORD": 0x41011, "PIPELINE_HOST_CALL": 0x41100, "PIPELINE_HOST_RESPONSE": 0x41101,
}
NAMES = {v: k for k, v in TYPES.items()}
NIL = uuid.UUID(int=0)
NOT_STARTED, RUNNING, STOPPING, STOPPED, COMPLETED, FAILED = range(6)
POOL_OPENED, POOL_CLOSED, POOL_CLOSING, POOL_BROKEN = 2, 3, 4, 5
MAX_MESSAGE = 512 << 20


class Bad(ValueError):
    pass


class Message:
    def __init__(self, kind, data="", pool=NIL, pipeline=NIL, destination=CLIENT):
        self.kind, self.data, self.pool, self.pipeline = kind, data, pool, pipeline
        self.destination = destination

    def encode(self, bom=False):
        body = self.data.encode("utf-8", "surrogatepass")
        head = struct.pack("<II", self.destination, TYPES[self.kind])
        return (head + self.pool.bytes_le + self.pipeline.bytes_le +
                (b"\xef\xbb\xbf" if bom and body else b"") + body)

    @classmethod
    def decode(cls, raw):
        if len(raw) < 40:
            raise Bad("message shorter than its header")
        destination, kind = struct.unpack("<II", raw[:8])
        body = raw[40:].decode("utf-8", "surrogatepass").lstrip("\ufeff")
        return cls(NAMES.get(kind, hex(kind)), body, uuid.UUID(bytes_le=raw[8:24]),
                   uuid.UUID(bytes_le=raw[24:40]), destination)


def fragments(object_id, raw, size=32768):
    """Cut one encoded message into fragments of at most size bytes, header included."""
    room = size - 21
    n = max(1, -(-len(raw) // room))
    for i in range(n):
        blob = raw[i * room:(i + 1) * room]
        flags = (1 if i == 0 else 0) | (2 if i == n - 1 else 0)
        yield struct.pack(">QQBI", object_id, i, flags, len(blob)) + blob


class Defragmenter:
    """Eats bytes, yields encoded messages. Order is checked: a peer that breaks it is told so."""
    def __init__(self):
        self.buf, self.parts, self.object_id, self.next_id = bytearray(), None, 0, 0

    def feed(self, data):
        self.buf += data
        while len(self.buf) >= 21:
            object_id, fragment_id, flags, length = struct.unpack(">QQBI", self.buf[:21])
            if length > MAX_MESSAGE:
                raise Bad("fragment too long")
            if len(self.buf) < 21 + length:
                return
            blob = bytes(self.buf[21:21 + length])
            del self.buf[:21 + length]
            if flags & 1:
                if self.parts is not None or fragment_id or not object_id:
                    raise Bad("start fragment out of order")
                self.parts, self.object_id, self.next_id = [], object_id, 0
            if self.parts is None or (object_id, fragment_id) != (self.object_id, self.next_id):
                raise Bad("fragment out of order")
            self.parts.append(blob)
            self.next_id += 1
            if flags & 2:
                raw, self.parts = b"".join(self.parts), None
                yield raw

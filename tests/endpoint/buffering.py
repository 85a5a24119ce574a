"""What a pool or a command has to say until somebody fetches it.

A full buffer makes the engine wait (Block). While the shell is disconnected with mode Drop, the
oldest output goes instead, by whole fragments, and is counted.
"""


class Answer:
    """One that was given. conn: the number of the HTTP connection it went out on."""
    def __init__(self, parts, conn):
        self.parts, self.conn = parts, conn


class Output:
    """parts: [(stream, bytes)]. attached: Receive may fetch them, which takes a Connect or
    Reconnect of the command's own after the shell's."""
    def __init__(self, line=""):
        self.line, self.parts, self.size, self.done, self.exit_code = line, [], 0, False, 0
        self.receives = []     # that wait, in their order
        self.attached, self.last, self.dropped = True, None, 0

    def add(self, stream, data):
        self.parts.append((stream, data))
        self.size += len(data)

    def take(self, room, conn):
        """As many parts as fit into room bytes of XML, but one at least if there is one."""
        taken, size = [], 0
        while self.parts and (not taken or size + cost(self.parts[0]) <= room):
            size += cost(self.parts[0])
            taken.append(self.parts.pop(0))
            self.size -= len(taken[-1][1])
        self.last = Answer(taken, conn)
        return taken

    def acknowledge(self, conn=None):
        """The last answer has come through: the next request says so."""
        if self.last and conn in (None, self.last.conn):
            self.last = None

    def rewind(self):
        """Whoever connects now gets the last answer again, if nobody said that it came through.
        So do it Windows servers in recordings."""
        if self.last:
            self.parts = self.last.parts + self.parts
            self.size += sum(len(d) for _, d in self.last.parts)
            self.last = None

    def drop(self, limit):
        """Discard what is oldest down to limit bytes; how many parts went."""
        n = 0
        while self.size > limit and len(self.parts) > 1:
            self.size -= len(self.parts.pop(0)[1])
            n += 1
        self.dropped += n
        return n


def cost(part):
    return len(part[1]) * 4 // 3 + 160      # base64 and the element around it

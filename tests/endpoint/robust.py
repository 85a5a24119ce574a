"""Answers kept for a client that lost them (MS-WSMV 3.1.4.1.39).

A request that carries an OperationID is answered again, whatever it asked for, when it comes again
with the same one and mustUnderstand="true". A Receive is answered again without one, too, when it
comes again with the same MessageID: so Windows servers do. While the first is still being worked
on, the former waits for it, and the latter gets fault 1359.
"""
import collections
import threading

from . import soap

MOST = 16 << 20      # bytes of bodies


class Entry:
    """outcome: (body or None, fault or None), None while the first is worked on. answer: the
    buffering.Answer inside."""
    def __init__(self):
        self.outcome, self.answer = None, None


class Answers:
    def __init__(self):
        self.entries, self.size = collections.OrderedDict(), 0
        self.changed = threading.Condition()

    def find(self, env):
        """(keys under which the outcome will be kept, an Entry that is answered or None)"""
        keys = []
        if env.operation:
            keys.append((env.user, env.session, env.operation))
        if env.action == "Receive":
            keys.append((env.user, env.session, env.message_id))
        keys = list(dict.fromkeys(keys))       # both ids may be the same
        with self.changed:
            for key in keys:
                old = self.entries.get(key)
                if old is None:
                    continue
                if key[2] == env.operation and not env.again:
                    raise soap.bad_header("The OperationID is in use. ")
                if key[2] == env.operation:
                    self.changed.wait_for(lambda: old.outcome or key not in self.entries)
                if old.outcome:
                    return keys, old
                if key in self.entries:
                    raise soap.internal(1359, "The first request with this MessageID is still "
                                        "being processed. ")
            for key in keys:
                self.entries[key] = Entry()
        return keys, None

    def keep(self, keys, body=None, fault=None, answer=None):
        """What became of it. Neither: nothing, as nobody waited any more."""
        with self.changed:
            for key in keys:
                entry = self.entries.pop(key, None)
                if entry and (body is not None or fault):
                    entry.outcome, entry.answer = (body, fault), answer
                    self.entries[key] = entry
                    self.size += len(body or "")
            while self.size > MOST:
                _, old = self.entries.popitem(last=False)
                self.size -= len(old.outcome[0] or "") if old.outcome else 0
            self.changed.notify_all()

"""Faults of WS-Management, as Windows words and numbers them (wsmerror.h)."""


class Fault(Exception):
    """code: WSManFault code or None. subcode: as w:TimedOut. who: Sender or Receiver."""
    def __init__(self, code, subcode, message, who="Sender", detail=None):
        super().__init__(message)
        self.code, self.subcode, self.message, self.who, self.detail = (
            code, subcode, message, who, detail)


def timed_out():
    return Fault(2150858793, "w:TimedOut", "The WS-Management service cannot complete the "
                 "operation within the time specified in OperationTimeout.  ", "Receiver")


def no_shell():
    return Fault(2150858843, "w:InvalidSelectors", "The WS-Management service cannot process the "
                 "request because the request contained invalid selectors for the resource. ",
                 detail="UnexpectedSelectors")


def no_command():
    f = no_shell()
    f.inner = ("The Windows Remote Shell received a request to perform an operation on a command "
               "identifier that does not exist. Either the command has completed execution or the "
               "client specified an invalid command identifier. ")
    return f


def aborted():
    return Fault(995, "w:InternalError", "The I/O operation has been aborted because of either a "
                 "thread exit or an application request. ", "Receiver")


def died():
    return Fault(2147943418, "w:InternalError", "Illegal operation attempted on a registry key "
                 "that has been marked for deletion. ", "Receiver")


def denied():
    return Fault(5, "w:AccessDenied", "Access is denied. ")


def quota(what="shells"):
    if what == "shells":
        return Fault(2150859173, "w:QuotaLimit", "The WS-Management service cannot process the "
                     "request. This user is allowed a maximum number of concurrent shells, which "
                     "has been exceeded. Close existing shells or raise the quota for this user. ")
    return Fault(2150859174, "w:QuotaLimit", "The WS-Management service cannot process the "
                 "request. The maximum number of concurrent commands was exceeded. ")


def too_large(limit):
    return Fault(2150858824, "w:EncodingLimit", "The WS-Management service cannot process a SOAP "
                 f"packet that is larger than {limit} bytes. ", detail="MaxEnvelopeSize")


def redirected(uri):
    return Fault(2150859161, "w:EndpointUnavailable", "The WS-Management service cannot process "
                 f"the request here. The resource is at {uri}. ", "Receiver")


def invalid(message, code=2150858817, subcode="w:SchemaValidationError"):
    return Fault(code, subcode, message)


def unknown_resource():
    return Fault(2150858811, "a:DestinationUnreachable", "The WS-Management service cannot "
                 "process the request. The resource URI is not known here. ")


def idle_timeout(asked, low, high):
    return Fault(2150859250, "w:InvalidParameter", "The WS-Management service cannot process the "
                 f"request. The idle time-out of {asked:g} seconds is outside what is allowed: "
                 f"{low:g} to {high:g} seconds. ")


def internal(code, message):
    return Fault(code, "w:InternalError", "The WS-Management service cannot process the request. "
                 + message, "Receiver")


def unsupported():
    return Fault(2150858771, "a:ActionNotSupported", "The WS-Management service does not support "
                 "the action of the request. ")


def bad_header(message):
    return Fault(2150858767, "a:InvalidMessageInformationHeader", message)


def disconnected():
    return internal(2150859204, "The shell is disconnected: connect to it first. ")


def stream_disconnected():
    return internal(2150859230, "The stream is disconnected. ")


def other_client():
    return internal(2150859206, "The client session id is not that of the client that has the "
                    "shell. ")


def in_use():
    return internal(2150859213, "The shell is connected to a different client. ")

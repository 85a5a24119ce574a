"""The objects inside server messages, shaped as in tests/recordings."""
import platform

from .clixml import Obj, Prim, array_list, enum, primitive_dict, write

SMA = "System.Management.Automation."
METHODS = {name: i for i, name in enumerate("""
    GetName GetVersion GetInstanceId GetCurrentCulture GetCurrentUICulture SetShouldExit
    EnterNestedPrompt ExitNestedPrompt NotifyBeginApplication NotifyEndApplication ReadLine
    ReadLineAsSecureString Write1 Write2 WriteLine1 WriteLine2 WriteLine3 WriteErrorLine
    WriteDebugLine WriteProgress WriteVerboseLine WriteWarningLine Prompt PromptForCredential1
    PromptForCredential2 PromptForChoice GetForegroundColor SetForegroundColor GetBackgroundColor
    SetBackgroundColor GetCursorPosition SetCursorPosition GetWindowPosition SetWindowPosition
    GetCursorSize SetCursorSize GetBufferSize SetBufferSize GetWindowSize SetWindowSize
    GetWindowTitle SetWindowTitle GetMaxWindowSize GetMaxPhysicalWindowSize GetKeyAvailable ReadKey
    FlushInputBuffer SetBufferContents1 SetBufferContents2 GetBufferContents ScrollBufferContents
    PushRunspace PopRunspace GetIsRunspacePushed GetRunspace PromptForChoiceMultipleSelection
    """.split(), 1)}
VOID_CALL = -100
CATEGORIES = {"NotSpecified": 0, "InvalidData": 6, "InvalidOperation": 7, "OperationStopped": 14,
              "ParserError": 17, "ObjectNotFound": 13, "FromStdErr": 24}


def capability(protocol):
    return write(Obj(ms={"protocolversion": Prim("Version", protocol),
                         "PSVersion": Prim("Version", "2.0"),
                         "SerializationVersion": Prim("Version", "1.1.0.1")}))


def private_data(protocol):
    table = primitive_dict([
        ("PSVersion", Prim("Version", "7.6.5")), ("PSEdition", "Core"),
        ("PSRemotingProtocolVersion", Prim("Version", protocol)),
        ("SerializationVersion", Prim("Version", "1.1.0.1")), ("OS", platform.system())])
    data = primitive_dict([("PSVersionTable", table), ("DebugMode", 1)])
    return write(Obj(ms={"ApplicationPrivateData": data}))


def pool_state(state):
    return write(Obj(ms={"RunspaceState": state}))


def pipeline_state(state, error=None):
    ms = {"PipelineState": state}
    if error is not None:
        ms["ExceptionAsErrorRecord"] = error
    return write(Obj(ms=ms))


def error_record(message, exception=(SMA + "RuntimeException",), error_id=None,
                 category="NotSpecified", activity=""):
    """exception: its class and bases down to System.SystemException (added)."""
    reason = exception[0].split(".")[-1]
    types = [*exception, "System.SystemException", "System.Exception", "System.Object"]
    props = {"Message": message, "Data": Obj(["System.Collections.ListDictionaryInternal",
             "System.Object"], kind="DCT"), "InnerException": None, "HelpLink": None,
             "Source": None, "HResult": -2146233087, "StackTrace": None}
    return Obj([SMA + "ErrorRecord", "System.Object"], message, ms={
        "Exception": Obj(types, f"{exception[0]}: {message}", props=props),
        "TargetObject": None, "FullyQualifiedErrorId": error_id or reason, "InvocationInfo": None,
        "ErrorCategory_Category": CATEGORIES[category], "ErrorCategory_Activity": activity,
        "ErrorCategory_Reason": reason, "ErrorCategory_TargetName": "",
        "ErrorCategory_TargetType": "",
        "ErrorCategory_Message": f"{category}: (:) [{activity}], {reason}",
        "SerializeExtendedInfo": False})


def incomplete(message):
    return error_record(message, (SMA + "IncompleteParseException", SMA + "ParseException",
                        SMA + "RuntimeException"), "IncompleteParse", "ParserError")


def parse_error(message):
    return error_record(message, (SMA + "ParseException", SMA + "RuntimeException"),
                        "ParseError", "ParserError")


def in_passing(record):
    """A terminating error of a statement that is not the last: it comes as an ERROR_RECORD, and
    what was a parse error then has another class (seen with PowerShell 7.6.5)."""
    was = record.get("Exception")
    if not any(t.endswith(".ParseException") for t in was.types):
        return record
    name = SMA + "ParentContainsErrorRecordException"
    return Obj(record.types, record.text, ms={
        **record.ms, "ErrorCategory_Reason": name.split(".")[-1], "Exception": Obj(
            [name, "System.SystemException", "System.Exception", "System.Object"],
            f"{name}: {record.text}", props=was.props)})


def stopped():
    return error_record("The pipeline has been stopped.", (SMA + "PipelineStoppedException",
                        SMA + "RuntimeException"), "PipelineStopped", "OperationStopped")


def informational(kind, message):
    name = SMA + kind.capitalize() + "Record"
    return write(Obj([name, SMA + "InformationalRecord", "System.Object"], message, ms={
        "InformationalRecord_Message": message,
        "InformationalRecord_SerializeInvocationInfo": False}))


def progress(activity, status, percent, done=False, number=0, parent=-1, left=-1):
    kind = enum(SMA + "ProgressRecordType", *(("Completed", 1) if done else ("Processing", 0)))
    return Obj(ms={"Activity": activity, "ActivityId": number, "StatusDescription": status,
                   "CurrentOperation": None, "ParentActivityId": parent,
                   "PercentComplete": -1 if done else percent, "Type": kind,
                   "SecondsRemaining": left})


def host_information(message):
    data = Obj([SMA + "HostInformationMessage", "System.Object"], message, props={
        "Message": message, "NoNewLine": False, "ForegroundColor": "-1", "BackgroundColor": "-1"})
    tags = Obj(["System.Collections.Generic.List`1[[System.String]]", "System.Object"],
               kind="LST", items=["PSHOST"])
    return write(Obj(ms={"MessageData": data, "Source": "Write-Host",
                         "TimeGenerated": Prim("DT", "2026-01-01T00:00:00+00:00"), "Tags": tags,
                         "User": "test", "Computer": "endpoint", "ProcessId": Prim("U32", "1"),
                         "NativeThreadId": Prim("U32", "1"), "ManagedThreadId": Prim("U32", "1")}))


def host_call(call, method, args):
    return write(Obj(ms={
        "ci": Prim("I64", str(call)),
        "mi": enum(SMA + "Remoting.RemoteHostMethodId", method, METHODS[method]),
        "mp": array_list(args)}))


def field_description(name, secure=False):
    kind = "System.Security.SecureString" if secure else "System.String"
    return Obj(ms={"name": name, "label": "", "parameterTypeName": kind.split(".")[-1],
                   "parameterTypeFullName": kind, "parameterAssemblyFullName": kind,
                   "helpMessage": "", "isMandatory": True,
                   "metadata": Obj(["System.Collections.ObjectModel.Collection`1", "System.Object"],
                                   kind="LST"),
                   "modifiedByRemotingProtocol": False, "isFromRemoteHost": False})


def command_count(n):
    return write(Obj(["Selected.Microsoft.PowerShell.Commands.GenericMeasureInfo",
                      SMA + "PSCustomObject", "System.Object"], ms={"Count": n}))


def command_info(name):
    return write(Obj(["Selected." + SMA + "CmdletInfo", SMA + "PSCustomObject", "System.Object"],
                     ms={"Name": name, "Namespace": "Microsoft.PowerShell.Core", "HelpUri": "",
                         "CommandType": enum(SMA + "CommandTypes", "Cmdlet", 8),
                         "ResolvedCommandName": None,
                         "OutputType": Obj(kind="LST"), "Parameters": Obj(kind="DCT", items=[
                             (n, None) for n in ("Name", "Noun", "Verbose")])}))


def completion(index, length, found):
    """What TabExpansion2 answers; found: (text, list item or "", tool tip)."""
    matches = [Obj([SMA + "CompletionResult", "System.Object"], SMA + "CompletionResult", props={
        "CompletionText": text, "ListItemText": item or text, "ResultType": "Text",
        "ToolTip": tip}) for text, item, tip in found]
    return write(Obj([SMA + "CommandCompletion", "System.Object"], SMA + "CommandCompletion",
                     props={"CurrentMatchIndex": -1, "ReplacementIndex": index,
                            "ReplacementLength": length, "CompletionMatches": Obj(
                                ["System.Collections.ObjectModel.Collection`1", "System.Object"],
                                kind="LST", items=matches)}))

"""Choose an engine by name."""
import os
import shutil

from .engine_sh import JeaEngine, ShEngine

# without its diagnostics: killed, it would leave their sockets in the folder of temporary files
os.environ.update(DOTNET_EnableDiagnostics="0", POWERSHELL_DIAGNOSTICS_OPTOUT="1")


def pwsh_path():
    """$PWSH, else what PATH has, else None."""
    return shutil.which(os.environ.get("PWSH") or "pwsh")


def PWSH(out, log):
    """The maker of pwsh engines."""
    from .engine_pwsh import PwshEngine
    return PwshEngine(out, log, pwsh_path())


def maker(name, protocol="2.3"):
    """A function (out, log) -> Engine. ValueError says what is wrong with the name."""
    if name == "auto":
        name = "pwsh" if pwsh_path() else "sh"
    if name in ("sh", "jea"):
        kind = ShEngine if name == "sh" else JeaEngine
        return lambda out, log: kind(out, log, protocol)
    if name.startswith("wms"):
        from .engine_wms import WmsEngine
        return lambda out, log: WmsEngine(out, log, protocol, name)
    if name == "pwsh":
        if not pwsh_path():
            raise ValueError("no pwsh: set PWSH or PATH")
        return PWSH
    if name.startswith("replay:"):
        from .engine_replay import ReplayEngine, load
        recording = load(name[7:])
        return lambda out, log: ReplayEngine(out, log, recording)
    raise ValueError(f"no engine {name}")

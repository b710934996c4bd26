"""Run a program as a systemd unit would, where systemd is not at work: what the unit says is read from its file.

    python unit_sandbox.py UNIT [--without CAPABILITY] -- PROGRAM [ARGUMENT...]

Two steps, for the filter of system calls must come last: mounts and limits, then setpriv(1) with the capabilities,
then this file again with the filter. A setting that is neither done here nor listed as left out is an error.
"""

import ctypes
import os
import re
import resource
import struct
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

LEFT_OUT = frozenset(
    {
        # of the service manager, not of the sandbox
        *("Type", "ExecStart", "TimeoutStartSec", "Nice", "RemoveIPC", "KeyringMode", "StateDirectoryMode"),
        "LimitRTPRIO",  # to raise it takes CAP_SYS_RESOURCE, which a container's root has not
        *("NotifyAccess", "Environment", "Restart", "RestartSec", "WatchdogSec", "TimeoutStopSec"),
        *("MemoryMax", "TasksMax", "IPAddressDeny", "IPAddressAllow", "DevicePolicy"),  # of cgroups
        *(
            "ProtectClock",
            "ProtectHostname",
            "ProtectKernelLogs",
            "ProtectKernelModules",
        ),  # the filter refuses their calls
        *(
            "RestrictRealtime",
            "RestrictSUIDSGID",
            "LockPersonality",
            "SystemCallArchitectures",
            "SystemCallErrorNumber",
        ),
    }
)
MADE = frozenset(
    {
        *("UMask", "StateDirectory", "CapabilityBoundingSet", "NoNewPrivileges", "ProtectSystem", "ProtectHome"),
        *("PrivateTmp", "PrivateDevices", "ProtectKernelTunables", "ProtectControlGroups", "RestrictNamespaces"),
        *("RestrictAddressFamilies", "SystemCallFilter", "LimitNOFILE", "LimitFSIZE", "LimitCORE"),
    }
)
_FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16}
_LIMITS = {
    "LimitNOFILE": resource.RLIMIT_NOFILE,
    "LimitFSIZE": resource.RLIMIT_FSIZE,
    "LimitCORE": resource.RLIMIT_CORE,
}
_NUMBERS = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
_LIBRARY = ctypes.CDLL(None, use_errno=True)
_NEW_MOUNTS, _PRIVATE, _BIND, _READ_ONLY, _RECURSIVE = 0x20000, 1 << 18, 1 << 12, 1, 0x8000
_MOUNT_SETATTR, _HERE = 442, -100
_NAMESPACES = 0x7E020000  # every CLONE_NEW… flag of clone(2)
_REFUSED, _ALLOWED, _NO_SUCH = 0x00050001, 0x7FFF0000, 0x00050026  # EPERM, allow, ENOSYS


def settings(unit: Path) -> dict[str, list[str]]:
    """Read the service's settings, each with all that was said of it. Raises ValueError for one that is not known."""
    section, said = "", {}
    for line in unit.read_text().splitlines():
        if line.startswith("["):
            section = line
        elif section == "[Service]" and line and not line.startswith("#"):
            name, _, value = line.partition("=")
            said.setdefault(name, []).append(value)
    if strange := said.keys() - LEFT_OUT - MADE:
        raise ValueError(f"not known here: {', '.join(sorted(strange))}")
    return said


def confine(said: dict[str, list[str]]) -> None:
    """Make everything read-only but the state's folder, hide homes, and set limits. Needs root."""
    state = Path("/var/lib") / said["StateDirectory"][0]
    state.mkdir(mode=0o700, exist_ok=True)
    _do(_LIBRARY.unshare(_NEW_MOUNTS))
    _mount("none", "/", _PRIVATE | 1 << 14)
    for folder in ("/tmp", "/var/tmp"):
        _mount("tmpfs", folder, 0)
    _mount(str(state), str(state), _BIND)
    _attribute("/", set_=_READ_ONLY)
    _attribute(str(state), clear=_READ_ONLY)
    for folder in ("/tmp", "/var/tmp"):
        _attribute(folder, clear=_READ_ONLY)
    for folder in ("/home", "/root"):
        if Path(folder).is_dir():
            _hide(folder)
    os.umask(int(said["UMask"][0], 8))
    for name, number in _LIMITS.items():
        size = _size(said[name][0])
        resource.setrlimit(number, (size, size))


def _hide(folder: str) -> None:
    """Hide a folder, but for this Python where it is installed in there: a host would have it in /usr."""
    ours = sys.base_prefix
    if not ours.startswith(f"{folder}/"):
        _mount("tmpfs", folder, _READ_ONLY)
        return
    handle = os.open(ours, os.O_PATH)
    _mount("tmpfs", folder, 0)
    Path(ours).mkdir(parents=True)
    _mount(f"/proc/self/fd/{handle}", ours, _BIND)
    _attribute(folder, set_=_READ_ONLY)


def restrict_calls(said: dict[str, list[str]]) -> None:
    """Let only the unit's system calls, address families and namespaces through, from here on."""
    numbers = dict(re.findall(r"#define __NR_(\w+)\s+(\d+)", _NUMBERS.read_text()))
    calls = {int(numbers[name]) for name in _calls(said["SystemCallFilter"]) if name in numbers}
    families = [_FAMILIES[name] for name in said["RestrictAddressFamilies"][0].split()]
    program = b"".join(_filter(sorted(calls), families, numbers))
    buffer = ctypes.create_string_buffer(program)
    pointer = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    _do(_LIBRARY.prctl(22, 2, ctypes.c_char_p(pointer), 0, 0))  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER


def _calls(lines: Iterable[str]) -> set[str]:
    """Put the lines of SystemCallFilter together as systemd.exec(5) says: one with ~ takes away."""
    calls: set[str] = set()
    for line in lines:
        named = {call for word in line.removeprefix("~").split() for call in _expand(word)}
        calls = calls - named if line.startswith("~") else calls | named
    return calls


def _expand(word: str) -> Iterator[str]:
    if not word.startswith("@"):
        yield word
        return
    said = subprocess.run(["systemd-analyze", "syscall-filter", word], capture_output=True, text=True, check=True)
    for line in said.stdout.splitlines()[1:]:
        if (name := line.strip()) and not name.startswith("#"):
            yield from _expand(name)


def _filter(calls: list[int], families: list[int], numbers: dict[str, str]) -> Iterator[bytes]:
    """Write the filter: refused calls first, then the arguments of socket and clone, then what is allowed."""
    yield _code(0x20, 0, 0, 0)  # load the call's number
    yield from _when(int(numbers["clone3"]), [_code(0x06, 0, 0, _NO_SUCH)])  # its flags cannot be looked at
    for name in ("unshare", "setns"):
        yield from _when(int(numbers[name]), [_code(0x06, 0, 0, _REFUSED)])
    known = [_code(0x15, len(families) - at, 0, family) for at, family in enumerate(families)]
    yield from _when(
        int(numbers["socket"]),
        [_code(0x20, 0, 0, 16), *known, _code(0x06, 0, 0, _REFUSED), _code(0x06, 0, 0, _ALLOWED)],
    )
    flags = [_code(0x20, 0, 0, 16), _code(0x45, 0, 1, _NAMESPACES)]
    yield from _when(int(numbers["clone"]), [*flags, _code(0x06, 0, 0, _REFUSED), _code(0x06, 0, 0, _ALLOWED)])
    for call in calls:
        yield from _when(call, [_code(0x06, 0, 0, _ALLOWED)])
    yield _code(0x06, 0, 0, _REFUSED)


def _when(call: int, then: list[bytes]) -> Iterator[bytes]:
    yield _code(0x15, 0, len(then), call)
    yield from then


def _code(code: int, true: int, false: int, value: int) -> bytes:
    return struct.pack("=HBBI", code, true, false, value)


def _size(text: str) -> int:
    return int(text[:-1]) << 30 if text.endswith("G") else int(text)


def _mount(source: str, target: str, flags: int) -> None:
    kind = b"tmpfs" if source == "tmpfs" else None
    _do(_LIBRARY.mount(source.encode(), target.encode(), kind, ctypes.c_ulong(flags), None))


def _attribute(path: str, *, set_: int = 0, clear: int = 0) -> None:
    """Set or clear an attribute of a mount and of all below it: mount_setattr(2)."""
    wanted = ctypes.create_string_buffer(struct.pack("4Q", set_, clear, 0, 0), 32)
    _do(_LIBRARY.syscall(_MOUNT_SETATTR, _HERE, path.encode(), _RECURSIVE, wanted, ctypes.c_size_t(32)))


def _do(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def main(unit: str, words: list[str]) -> None:
    """Take the first step, or the second."""
    said = settings(Path(unit))
    command = words[words.index("--") + 1 :]
    if words[0] == "--restricted":
        restrict_calls(said)
        os.execvp(command[0], command)  # noqa: S606 (no shell is wanted)
    without = words[1] if words[0] == "--without" else ""
    confine(said)
    kept = [word.removeprefix("CAP_").lower() for word in said["CapabilityBoundingSet"][0].split() if word != without]
    bounds = ",".join(["-all", *(f"+{name}" for name in kept)])
    enter = ["setpriv", f"--bounding-set={bounds}", "--inh-caps=-all", "--no-new-privs"]
    os.execvp(  # noqa: S606
        enter[0], [*enter, sys.executable, __file__, unit, "--restricted", "--", *command]
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

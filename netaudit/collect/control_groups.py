"""Ask in which control groups the programs are that listen, where a container is in the host's network.

Only root moves a process into the group of a container: the kernel tells by it whose a listening socket is.
"""

import re
from collections.abc import Iterable, Iterator

import msgspec

from netaudit.bounded import UnfitError, decode_json
from netaudit.collect.asking.answer import Answer, Answered, Unused
from netaudit.collect.asking.audit_log import announce
from netaudit.collect.asking.proc import PROC, Process
from netaudit.model.facts import Gap, GapReason, Source

_PID = re.compile(rb",pid=(\d{1,9})(?!\d)")
_MOST = 1 << 25  # bytes of all of them
_GUEST = "container:"


class _State(msgspec.Struct):
    pid: int = msgspec.field(name="Pid", default=0)


class _HostConfig(msgspec.Struct):
    mode: str = msgspec.field(name="NetworkMode", default="")


class _Container(msgspec.Struct):
    state: _State = msgspec.field(name="State", default_factory=_State)
    config: _HostConfig = msgspec.field(name="HostConfig", default_factory=_HostConfig)


def ask_control_groups(answers: Iterable[Answer]) -> Iterator[Answer]:
    """Ask for the control groups of the programs that ss named, and of the first processes of containers."""
    said = {one.source: one.data for one in answers if isinstance(one, Answered)}
    engines = (Source.DOCKER_CONTAINERS, Source.PODMAN_CONTAINERS)
    containers = [one for source in engines for one in _containers(said.get(source, b"[]"))]
    if all(one.config.mode != "host" for one in containers):
        yield Unused(Source.CGROUPS)
        return
    first = {one.state.pid for one in containers if one.config.mode == "host" or one.config.mode.startswith(_GUEST)}
    listening = set(map(int, _PID.findall(said.get(Source.SOCKETS, b""))))
    announce("read", f"{PROC}/*/cgroup")
    yield _groups(sorted(one for one in first | listening if one > 0))


def _containers(data: bytes) -> list[_Container]:
    try:
        return decode_json(data, list[_Container])
    except UnfitError:  # who reads the inventory says so
        return []


def _groups(processes: Iterable[int]) -> Answer:
    told = bytearray()
    for pid in processes:
        try:
            with Process(str(pid)) as process:
                lines = process.read("cgroup").splitlines()
        except (OSError, UnfitError):  # it has ended
            continue
        told += b"".join(b"%d %s\n" % (pid, line) for line in lines)
        if len(told) > _MOST:
            return Gap(Source.CGROUPS, GapReason.INVALID, f"the control groups are longer than {_MOST >> 20} MiB")
    return Answered(Source.CGROUPS, bytes(told))

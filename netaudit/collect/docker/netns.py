"""Read the rules that are inside the containers' own network namespaces; run as a program, inside one.

    nsenter --net=/proc/PID/ns/net python -m netaudit.collect.docker.netns SECONDS

The program prints what the sources of rules say in there, as JSON: files, gaps and what is not in use.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from time import monotonic

import msgspec

from netaudit.bounded import UnfitError, decode_json
from netaudit.collect.asking.answer import Answer, Answered, Unused
from netaudit.collect.asking.options import Where
from netaudit.collect.asking.subprocesses import run
from netaudit.collect.kernel.iptables import LegacyReader, ask_nft_backend, outputs_by_family
from netaudit.collect.kernel.nftables import ask_native_tables, ask_outline
from netaudit.model.facts import Gap, GapReason, Source

NOWHERE: Mapping[str, str] = {}
_PROGRAMS = 10  # how many are run inside at most, each with its own time limit; and for all containers together
# Bytes of one container's rules, and of all: a container that may write rules may write millions.
_MOST, _MOST_OF_ALL = 32 << 20, 128 << 20


class _State(msgspec.Struct):
    pid: int = msgspec.field(name="Pid", default=0)


class _Container(msgspec.Struct):
    id: str = msgspec.field(name="Id")
    state: _State = msgspec.field(name="State", default_factory=_State)


class _Printed(msgspec.Struct):
    files: dict[str, str]
    gaps: list[Gap]


def ask_rules(where: Where) -> Iterator[Answer]:
    """Ask every source of rules of the network namespace that this process is in."""
    legacy_reader = LegacyReader(where)
    outline = ask_outline(where)
    saved = list(ask_nft_backend(where, outline))
    yield from ask_native_tables(where, outline, outputs_by_family(saved))
    yield from saved
    yield from legacy_reader.ask()


def ask_inside(where: Where, containers: Iterable[bytes], engines: Mapping[str, str] = NOWHERE) -> Iterator[Answer]:
    """Ask inside each running container of these inspections that has a network namespace of its own.

    `engines` names the network namespaces of rootless engines, which are read first, by what leads there.
    """
    found: dict[str, dict[str, str]] = {}
    budget = _Budget(where)
    try:
        running = _apart(one for each in containers for one in decode_json(each, list[_Container]))
    except UnfitError as error:
        yield Gap(Source.INSIDE, GapReason.INVALID, f"{Source.DOCKER_CONTAINERS}: {error}")
        return
    places = [(name, name, place) for name, place in engines.items()]
    places += [(one.id, f"container {one.id[:12]}", f"/proc/{one.state.pid}/ns/net") for one in running]
    for key, called, place in places:
        printed = budget.ask(place)
        found[key] = printed.files
        for gap in printed.gaps:
            yield Gap(Source.INSIDE, gap.reason, f"{called}: {gap.source}: {gap.detail}")
    yield Answered(Source.INSIDE, msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")


def _apart(containers: Iterable[_Container]) -> list[_Container]:
    """Pick those that run in a network namespace of their own: not the host's, nor that of one before."""
    seen = {_namespace("self")}
    apart: list[_Container] = []
    for container in containers:
        namespace = _namespace(str(container.state.pid)) if container.state.pid > 0 else ""
        if namespace and namespace not in seen:
            seen.add(namespace)
            apart.append(container)
    return apart


class _Budget:
    """What all containers together may cost, so that one of them cannot keep the others from being read."""

    def __init__(self, where: Where) -> None:
        self._where = where
        self._end = monotonic() + 2 * _PROGRAMS * where.timeout
        self._left = _MOST_OF_ALL

    def ask(self, place: str) -> _Printed:
        """Ask inside one namespace, as long as there is time and room."""
        if self._left <= 0:
            return _lost(GapReason.INVALID, f"the containers hold more than {_MOST_OF_ALL >> 20} MiB of rules")
        if monotonic() > self._end:
            return _lost(GapReason.TIMEOUT, "those before took too long")
        printed = _ask_one(self._where, place, min(_MOST, self._left))
        self._left -= sum(map(len, printed.files.values()))
        return printed


def _lost(reason: GapReason, detail: str) -> _Printed:
    return _Printed({}, [Gap(Source.INSIDE, reason, detail)])


def _ask_one(where: Where, place: str, most: int) -> _Printed:
    enter = ["nsenter", f"--net={place}", sys.executable, "-P", "-m", "netaudit.collect.docker.netns"]
    packages = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    limit = _PROGRAMS * where.timeout
    printed = run(Source.INSIDE, [*enter, f"{where.timeout:g}"], timeout=limit, environment=packages, most=most)
    if isinstance(printed, Gap):
        return _Printed({}, [printed])
    try:
        return decode_json(printed, _Printed)
    except UnfitError as error:
        return _lost(GapReason.INVALID, f"{error}")


def _namespace(pid: str) -> str:
    """Name the network namespace of a process; "" where it has ended, or may not be looked at."""
    try:
        return str(Path(f"/proc/{pid}/ns/net").readlink())
    except PermissionError:
        return f"of process {pid}"  # asking inside will say why not
    except OSError:
        return ""


def _rules_here(where: Where) -> _Printed:
    """Make one value of what the sources say in here."""
    files: dict[str, str] = {}
    gaps: list[Gap] = []
    for answer in ask_rules(where):
        match answer:
            case Answered(source, data):
                files[source] = data.decode(errors="replace")
            case Unused():
                continue
            case Gap():
                gaps.append(answer)
    return _Printed(files, gaps)


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(_rules_here(Where(timeout=float(sys.argv[1])))))

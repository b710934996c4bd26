"""Read the rules that are inside the containers' own network namespaces; run as a program, inside one.

    nsenter --net=/proc/PID/ns/net python -m netaudit.collect.inside SECONDS

The program prints what the sources of rules say in there, as JSON: files, gaps and what is not in use.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from netaudit.collect.answer import Answer, Said, Unused
from netaudit.collect.iptables import LegacyReader, ask_nft_backend, outputs_by_family
from netaudit.collect.nftables import ask_native_tables, ask_outline
from netaudit.collect.program import run
from netaudit.collect.where import Where
from netaudit.model.facts import Gap, GapReason, Source

_PROGRAMS = 10  # how many are run inside at most, each with its own time limit


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


def ask_inside(where: Where, containers: bytes) -> Iterator[Answer]:
    """Ask inside each running container of this `docker inspect` that has a network namespace of its own."""
    found: dict[str, dict[str, str]] = {}
    seen = {_namespace("self")}
    for container in msgspec.json.decode(containers, type=list[_Container]):
        namespace = _namespace(str(container.state.pid)) if container.state.pid else ""
        if not namespace or namespace in seen:  # not running, the host's own, or another container's
            continue
        seen.add(namespace)
        printed = _ask_one(where, container.state.pid)
        found[container.id] = printed.files
        for gap in printed.gaps:
            yield Gap(Source.INSIDE, gap.reason, f"container {container.id[:12]}: {gap.source}: {gap.detail}")
    yield Said(Source.INSIDE, msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")


def _ask_one(where: Where, pid: int) -> _Printed:
    enter = ["nsenter", f"--net=/proc/{pid}/ns/net", sys.executable, "-P", "-m", "netaudit.collect.inside"]
    packages = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    limit = _PROGRAMS * where.timeout
    printed = run(Source.INSIDE, [*enter, f"{where.timeout:g}"], timeout=limit, environment=packages)
    if isinstance(printed, Gap):
        return _Printed({}, [printed])
    try:
        return msgspec.json.decode(printed, type=_Printed)
    except msgspec.DecodeError as error:
        return _Printed({}, [Gap(Source.INSIDE, GapReason.INVALID, str(error))])


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
            case Said(source, data):
                files[source] = data.decode(errors="replace")
            case Unused():
                continue
            case Gap():
                gaps.append(answer)
    return _Printed(files, gaps)


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(_rules_here(Where(timeout=float(sys.argv[1])))))

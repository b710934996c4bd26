"""What was seen while somebody changed a host: who committed what to nf_tables, and what Docker told meanwhile."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from netaudit.model.netfilter.ruleset import ObjectKind

Place = tuple[str, str, str]  # family, table, and chain, set or map
Handles = Mapping[Place, tuple[int, ...]]  # nft's handles of the rules of each chain, in their order

DAEMON = "daemon"  # the type of the events that an engine went away or came back, which are made here


class Action(StrEnum):
    """What a commit did to an object."""

    MADE = "made"
    DELETED = "deleted"


class ObjectEvent(msgspec.Struct, frozen=True, gc=False):
    """One object that a commit made or deleted; `handle` is the handle of a rule."""

    deed: Action
    object: ObjectKind
    place: Place
    handle: int = 0


class Process(msgspec.Struct, frozen=True, array_like=True):
    """A process that wrote; what it did not live long enough to tell is "". `pid` is None where several processes did.

    `unit` is its systemd unit, `user` who runs it, or who logged in to run it, and `parent` what started it.
    """

    name: str
    pid: int | None = None
    unit: str = ""
    user: str = ""
    parent: str = ""


def join_processes(processes: Iterable[Process]) -> Process | None:
    """Return the one process, or what several have in common; None for none."""
    known = tuple(dict.fromkeys(processes))
    if len(known) < 2:
        return known[0] if known else None
    units, users = ({getattr(one, name) for one in known} for name in ("unit", "user"))
    chains = [one.parent.split(" < ") for one in known]
    parents = [name for name in chains[0] if all(name in chain for chain in chains)]
    return Process(
        ", ".join(sorted({one.name for one in known})),
        None,
        units.pop() if len(units) == 1 else "",
        users.pop() if len(users) == 1 else "",
        " < ".join(parents),
    )


class Commit(msgspec.Struct, frozen=True):
    """All that one process changed in nf_tables at once; `pid` is its number on the host itself.

    `at` is when the kernel told of it (RFC 3339, UTC); `process` is what was found out about the process, if asked.
    """

    generation: int
    pid: int
    name: str
    touched: tuple[ObjectEvent, ...]
    at: str = ""
    process: Process | None = None


class DockerEvent(msgspec.Struct, frozen=True):
    """What Docker told of a container or network; `container` is the id of the one that a network's event is about."""

    type: str  # container | network
    action: str  # start, die, connect…
    id: str
    name: str
    at: str  # RFC 3339, UTC
    container: str = ""


class Replaced(msgspec.Struct, frozen=True):
    """One iptables-legacy table that a process replaced, as the kernel's audit told (NETFILTER_CFG)."""

    family: str
    table: str
    pid: int
    name: str
    at: str  # RFC 3339, UTC


class Observation(msgspec.Struct, frozen=True):
    """All that was seen between two recordings; `blind` says why the kernel could not be listened to, "" if it could.

    `before` and `after` are the handles of the rules of each recording, where they could be had. `engine_away`: the
    engine had answered before, and did not at the later recording.
    """

    commits: tuple[Commit, ...] = ()
    events: tuple[DockerEvent, ...] = ()
    before: Handles | None = None
    after: Handles | None = None
    blind: str = ""
    replaced: tuple[Replaced, ...] = ()
    engine_away: bool = False


class Writer(msgspec.Struct, frozen=True):
    """Who wrote a change; `pid` is None where several processes of one name did, `reason` says why it is not known.

    `at` is when the kernel told of it; `process` is what was found out about the process.
    """

    name: str = ""
    pid: int | None = None
    reason: str = ""
    at: str = ""
    process: Process | None = None

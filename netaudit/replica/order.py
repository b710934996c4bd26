"""What the process inside is asked to do, and what it answers: JSON on its standard input and output."""

from collections.abc import Mapping
from typing import Any

import msgspec

from netaudit.model.facts import Gap

Json = Any


class NftTable(msgspec.Struct, frozen=True):
    """A native table: its objects as nft printed them, each with its kind."""

    family: str
    name: str
    objects: tuple[tuple[str, Mapping[str, Json]], ...]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """The host to make, and the command to run on it.

    `links`, `routes`, `policy` and `policy6` are lines for `ip -batch`, `switches` are paths below /proc/sys. `saves`
    are texts for the restore program that is their key, `sets` texts for `ipset restore`. `chosen` is what `iptables`
    stands for, as nft or legacy; "" is what it is on this host. `writable` are folders of which the command gets a
    copy.
    """

    links: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    policy: tuple[str, ...] = ()
    policy6: tuple[str, ...] = ()
    switches: Mapping[str, str] = {}
    saves: Mapping[str, bytes] = {}
    nft: tuple[NftTable, ...] = ()
    sets: tuple[str, ...] = ()
    command: tuple[str, ...]
    folder: str = "/"
    chosen: str = ""
    writable: tuple[str, ...] = ()
    timeout: float = 60.0
    stdin: int | None = None


class Lost(msgspec.Struct, frozen=True):
    """What could not be made in the replica: what it is, and what the program said of it."""

    what: str
    detail: str


class Printed(msgspec.Struct, frozen=True):
    """What the programs inside printed of the replica, by source."""

    files: Mapping[str, bytes]
    gaps: tuple[Gap, ...] = ()


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """The replica before the command and after it, and how the command ended; `refused` says why nothing was done.

    `beside_before` and `beside_after` are, as lines, what older recordings do not hold, by its source.
    """

    before: Printed = Printed({})
    after: Printed = Printed({})
    beside_before: Mapping[str, str] = {}
    beside_after: Mapping[str, str] = {}
    lost: tuple[Lost, ...] = ()
    code: int = 0
    output: bytes = b""
    complaint: bytes = b""
    refused: str = ""

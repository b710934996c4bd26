"""One host at one instant, parsed."""

from functools import cached_property
from typing import Protocol

import msgspec

from netaudit.model.docker import Inventory
from netaudit.model.facts import Gap
from netaudit.model.host import Host
from netaudit.model.netfilter.bridges import with_bridges
from netaudit.model.netfilter.devices import with_devices
from netaudit.model.netfilter.program import MeaningReader, Program, make_program
from netaudit.model.netfilter.ruleset import Chain, Ruleset, Table
from netaudit.model.netfilter.statement import Meaning


class NotRead(msgspec.Struct, frozen=True):
    """Stands where rules were given without what reads them: to ask for their meaning is a bug, and crashes."""

    def read(self, table: Table, chain: Chain) -> tuple[Meaning, ...]:
        """Raise LookupError."""
        raise LookupError(f"nothing reads what the rules of {table.name}/{chain.name} mean")


class Inside(msgspec.Struct, frozen=True, dict=True):
    """The rules inside one container's network namespace; `container` is its id."""

    container: str
    ruleset: Ruleset
    meanings: MeaningReader = NotRead()

    @cached_property
    def program(self) -> Program:
        """Return the ruleset as packets meet it in there."""
        return make_program(self.ruleset, self.meanings)


class Snapshot(msgspec.Struct, frozen=True, dict=True):
    """Facts, parsed. `inventory` is None where Docker could not be asked or was not recorded.

    `program` is the ruleset as packets meet it. It is made when first asked for, and `meanings` reads a chain's rules
    when they are first met: nobody needs the facts beside a snapshot.
    """

    ruleset: Ruleset
    inventory: Inventory | None = None
    host: Host = Host()
    gaps: tuple[Gap, ...] = ()
    host_name: str = ""
    taken_at: str = ""
    digest: str = ""
    partial: bool = False
    inside: tuple[Inside, ...] = ()
    meanings: MeaningReader = NotRead()

    @cached_property
    def program(self) -> Program:
        """Return the ruleset as packets meet it."""
        plain = {one.name for one in self.host.interfaces if one.kind != "bridge" and not one.master}
        return with_bridges(with_devices(make_program(self.ruleset, self.meanings), plain))


class Recorded(Protocol):
    """What was seen of a host at one instant, in whatever form: its name, and when."""

    @property
    def host(self) -> str:
        """Its name."""

    @property
    def taken_at(self) -> str:
        """RFC 3339, UTC."""


def are_two_hosts(one: Recorded, other: Recorded) -> bool:
    """Tell whether two recordings are of two hosts.

    What people paste has no time, and is called as its file is: it may be of any host, as what has no name.
    """
    return all((one.host, one.taken_at, other.host, other.taken_at)) and one.host != other.host

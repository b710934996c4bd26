"""What the new source of a packet can be that a rule gave one: no set holds it, the interface and the rules tell."""

from collections.abc import Iterator
from functools import cached_property, lru_cache

from netaudit.model.netfilter.match import Field, in_ranges
from netaudit.model.netfilter.program import Program
from netaudit.model.netfilter.statement import Meaning, Nat, NatKind
from netaudit.model.ranges import Ranges, inside, overlaps
from netaudit.packets.host.masquerade import masquerading
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds
from netaudit.packets.symbolic.encoding.host_sets import HostSets


class NewSources:
    """The addresses that the source NAT of a program gives to what leaves by an interface."""

    def __init__(self, program: Program, world: HostSets) -> None:
        self._program, self._world = program, world
        self.inside = lru_cache(maxsize=None)(self._inside)

    def _inside(self, ranges: Ranges) -> Bounds:
        """Bound the packets whose new source is in ranges; those that have none may be in either bound."""
        sure: list[PacketSet] = []
        possible: list[PacketSet] = []
        for name in self._world.interfaces:
            can_be, here = self._at(name), self._world.at(Field.OIF, name)
            sure += [here] if inside(can_be, ranges) else []
            possible += [here] if any(overlaps(ranges, one) for one in can_be) else []
        return Bounds(self._world.space.union(sure), self._world.space.union(possible))

    @cached_property
    def may_be_old(self) -> PacketSet:
        """Return the packets whose new source may be what it was: the host's own, masqueraded, and others like it."""
        space = self._world.space
        return space.union(
            self._world.at(Field.OIF, name)
            & space.in_ranges(Field.SADDR, in_ranges(Field.SADDR, self._at(name)).ranges)
            for name in self._world.interfaces
        )

    def _at(self, interface: str) -> Ranges:
        """List what a new source can be; behind loopback, where no outgoing interface is left, any that there is."""
        known = [one for one in self._world.ranges.known_interfaces if one.name == interface]
        own = masquerading(known[0], self._world.routing) if known else self._everywhere
        return (*self._given, *((number, number) for number in own))

    @cached_property
    def _everywhere(self) -> list[int]:
        routing = self._world.routing
        return [int(ip) for one in self._world.ranges.known_interfaces for ip in routing.addresses(one)]

    @cached_property
    def keep_ports(self) -> bool:
        """Tell whether no rule asks for another source port; that the kernel finds one taken is not considered."""
        return not any(one.ports or one.spread for one in self._rules)

    @cached_property
    def _given(self) -> Ranges:
        """List the addresses that rules give."""
        anything = (0, (1 << self._world.space.widths[Field.SADDR]) - 1)
        return tuple(dict.fromkeys(one.addresses or anything for one in self._rules if one.kind is NatKind.SNAT))

    @cached_property
    def _rules(self) -> list[Nat]:
        return [
            one
            for table in self._program.tables
            if table.family in (self._world.family, "inet")
            for chain in table.chains.values()
            for rule in chain.rules
            for one in _source_nats(rule.meaning)
        ]


def _source_nats(meaning: Meaning) -> Iterator[Nat]:
    for statement in (one for branch in meaning.branches() for one in branch.statements):
        if isinstance(statement, Nat) and statement.kind in (NatKind.SNAT, NatKind.MASQUERADE):
            yield statement

"""What the new source of a packet can be that a rule gave one: no set holds it, the interface and the rules tell."""

from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache

from netaudit.model.netfilter.match import Field, Match, Named, Not, in_ranges, is_named
from netaudit.model.netfilter.program import Program
from netaudit.model.netfilter.statement import Meaning, Nat, NatKind
from netaudit.model.ranges import Ranges, inside, overlaps, single
from netaudit.packets.host.masquerade import masquerading
from netaudit.packets.host.route_ranges import LOOPBACK
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds
from netaudit.packets.symbolic.encoding.host_sets import HostSets, Translated


class NewSources:
    """The addresses that the source NAT of a program gives to what leaves by an interface."""

    def __init__(self, program: Program, world: HostSets) -> None:
        self._program, self._world = program, world
        self.inside = lru_cache(maxsize=None)(self._inside)
        self._at = lru_cache(maxsize=None)(self._new_at)

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
    def renamed(self) -> Bounds:
        """Bound the packets that have another source than before: some may be masqueraded as what they are."""
        new = self._world.translated(Translated.SOURCE)
        return Bounds(new - self.may_be_old, new)

    @cached_property
    def may_be_old(self) -> PacketSet:
        """Return the packets whose new source may be what it was: the host's own, masqueraded, and others like it."""
        space = self._world.space
        return space.union(
            self._world.at(Field.OIF, name)
            & space.in_ranges(Field.SADDR, in_ranges(Field.SADDR, self._at(name)).ranges)
            for name in self._world.interfaces
        )

    @cached_property
    def keep_ports(self) -> bool:
        """Tell whether no rule asks for another source port; that the kernel finds one taken is not considered."""
        return not any(one.ports or one.spread for _, one in self._rules)

    def _new_at(self, interface: str) -> Ranges:
        """List what a new source can be; where no outgoing interface is left, it was loopback."""
        interface = interface or LOOPBACK
        rules = [one for matches, one in self._rules if _may_leave(matches, interface)]
        given = dict.fromkeys(one.addresses or self._anything for one in rules if one.kind is NatKind.SNAT)
        own = self._masqueraded(interface) if any(one.kind is NatKind.MASQUERADE for one in rules) else ()
        return (*given, *own) or (self._anything,)

    def _masqueraded(self, interface: str) -> Ranges:
        """List what `masquerade` takes; over loopback IPv6 takes the address that is sent to (RFC 6724, rule 1)."""
        known = self._world.routing.interfaces.get(interface)
        if known is None or (interface == LOOPBACK and self._world.family == "ip6"):
            return (self._anything,)
        return single(masquerading(known, self._world.routing))

    @property
    def _anything(self) -> tuple[int, int]:
        return 0, (1 << self._world.space.widths[Field.SADDR]) - 1

    @cached_property
    def _rules(self) -> list[tuple[tuple[Match, ...], Nat]]:
        """List what rules do to the source, each with the matches of its rule."""
        return [
            (rule.meaning.matches, one)
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


def _may_leave(matches: Iterable[Match], interface: str) -> bool:
    """Tell whether what leaves by an interface may match, as far as a rule names interfaces."""
    for match in matches:
        match match:
            case Named(Field.OIF, names) if not _is_one(interface, names):
                return False
            case Not(Named(Field.OIF, names)) if _is_one(interface, names):
                return False
    return True


def _is_one(interface: str, names: Iterable[str]) -> bool:
    return any(is_named(interface, one) for one in names)

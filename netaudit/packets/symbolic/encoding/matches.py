"""Matches -> sets of packets, from below and from above.

    -d 192.0.2.0/24 -p tcp --dport 80     surely and at most: the same set
    -m limit --limit 5/s                  surely: nothing; at most: everything

`Bounds(sure, possible)` of a match holds what surely matches, and what may. Of its negation they are what is not
possible, and what is not sure.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import NamedTuple

from netaudit.model.netfilter.family import ETHERTYPES
from netaudit.model.netfilter.match import (
    CT_DNAT,
    CT_SNAT,
    NFPROTO_IPV4,
    NFPROTO_IPV6,
    AllOf,
    AnyOf,
    Field,
    InRanges,
    Masked,
    Match,
    Named,
    Not,
    Sometimes,
    UnknownMatch,
)
from netaudit.model.netfilter.program import Hook
from netaudit.model.ranges import contains
from netaudit.packets.host.policy.reverse_path import ReversePath
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.sets.space import PacketSpace
from netaudit.packets.symbolic.encoding.address_types import PacketView, kinds_of
from netaudit.packets.symbolic.encoding.bridge_ports import at_ports, ports_of_bridges, seen_to_come
from netaudit.packets.symbolic.encoding.host_sets import NEW_DADDR, NEW_DPORT, HostSets, Translated
from netaudit.packets.symbolic.encoding.nat import NewSources
from netaudit.packets.symbolic.encoding.policy_routes import leading_back

_REPLY = {
    Field.CT_REPL_SADDR: Field.DADDR,
    Field.CT_REPL_DADDR: Field.SADDR,
    Field.CT_REPL_SPORT: Field.DPORT,
    Field.CT_REPL_DPORT: Field.SPORT,
}
_ORIGINAL = {
    Field.CT_ORIG_SADDR: Field.SADDR,
    Field.CT_ORIG_DADDR: Field.DADDR,
    Field.CT_ORIG_SPORT: Field.SPORT,
    Field.CT_ORIG_DPORT: Field.DPORT,
    Field.CT_PROTOCOL: Field.PROTOCOL,
}
_REWRITTEN = {Field.DADDR: NEW_DADDR, Field.DPORT: NEW_DPORT}
_OF_SOURCE = frozenset({Field.SADDR_TYPE, Field.SADDR_TYPE_IIF, Field.SADDR_TYPE_OIF})
Atom = Callable[[str], PacketSet]


class Reading(NamedTuple):
    """How packets are read where rules are asked about them.

    `view` reads interfaces and kinds of addresses: None reads the first packets' own. `hidden` are the packets that
    came by an interface which rules do not see here. `bridge` is the hook at which tables of bridges ask, if they do.
    """

    view: PacketView | None = None
    hidden: Bounds | None = None
    bridge: Hook | None = None


PLAIN = Reading()


class Encoder:
    """Encode matches of one family in a world; what was asked once is remembered. `sources` bounds new senders."""

    def __init__(self, world: HostSets, reading: Reading = PLAIN, sources: NewSources | None = None) -> None:
        self._world, self._sources, self._bridge = world, sources, reading.bridge
        self.hidden = reading.hidden or exactly(world.space.nothing)
        self._reading: PacketView = reading.view or world
        self._kinds = lru_cache(maxsize=None)(lambda field: kinds_of(world, self._reading, field))
        self._space: PacketSpace = world.space
        self._known: dict[Match, Bounds] = {}
        everything = self._space.everything
        self._always, self._unknown = exactly(everything), Bounds(self._space.nothing, everything)

    def all_of(self, matches: Iterable[Match]) -> Bounds:
        """Encode a conjunction."""
        joined = self._always
        for match in matches:
            joined &= self.bounds(match)
        return joined

    def bounds(self, match: Match) -> Bounds:
        """Encode a match."""
        found = self._known.get(match)
        if found is None:
            found = self._known[match] = self._encode(match)
        return found

    def _encode(self, match: Match) -> Bounds:
        match match:
            case InRanges(field, ranges):
                return self._number(field, lambda where: self._space.in_ranges(where, ranges), match)
            case Masked(field, mask, value):
                return self._number(field, lambda where: self._space.masked(where, mask, value), match)
            case Named(field, names):
                return self._named(field, names)
            case UnknownMatch() | Sometimes():
                return self._unknown
            case _:
                return self._joined(match)

    def _joined(self, match: Not | AllOf | AnyOf) -> Bounds:
        match match:
            case Not(inner):
                found, everything = self.bounds(inner), self._space.everything
                sure = everything - found.possible
                return exactly(sure) if found.exact else Bounds(sure, everything - found.sure)
            case AllOf(parts):
                return self.all_of(parts)
            case AnyOf(parts):
                return self._any_of(parts)

    def _any_of(self, matches: Iterable[Match]) -> Bounds:
        parts = [self.bounds(match) for match in matches]
        sure = self._space.union(part.sure for part in parts)
        if all(part.exact for part in parts):
            return exactly(sure)
        return Bounds(sure, self._space.union(part.possible for part in parts))

    def _number(self, field: Field, atom: Atom, match: InRanges | Masked) -> Bounds:
        """Encode a question about a number: held in the space, computed from what is, or the same for all packets."""
        if field in _ORIGINAL:
            return exactly(atom(_ORIGINAL[field]))
        field = _REPLY.get(field, field)
        if field in _REWRITTEN:
            return exactly(self._world.after_translation(atom(_REWRITTEN[field]), atom(field)))
        if field in (Field.SADDR, Field.SPORT):
            return self._source(atom(field), match)
        if field is Field.CT_STATUS:
            return self._status(match)
        if field in self._space.widths:
            return exactly(atom(field))
        return self._computed(field, match)

    def _source(self, found: PacketSet, _match: InRanges | Masked) -> Bounds:
        """Bound what is asked about the sender; `found` is the answer for the one that packets were sent with."""
        return exactly(found)

    def _status(self, match: InRanges | Masked) -> Bounds:
        """Encode a question about what was translated; to what it was before is no translation."""
        led = exactly(self._world.led)
        new = self._sources.renamed if self._sources else exactly(self._world.translated(Translated.SOURCE))
        found = exactly(self._space.nothing)
        for destination, status in ((led, CT_DNAT), (self._always - led, 0)):
            with_new, without = holds(match, status | CT_SNAT), holds(match, status)
            if with_new and without:
                found |= destination
            elif with_new or without:
                found |= destination & (new if with_new else self._always - new)
        return found

    def _computed(self, field: Field, match: InRanges | Masked) -> Bounds:
        constant = self._constant(field)
        if constant is not None:
            return self._always if holds(match, constant) else exactly(self._space.nothing)
        if field is Field.REVERSE_PATH and self._world.ranges.policy.steps:
            return self._by_policy(match)
        kinds = self._kinds(field)
        if kinds is None:
            return self._unknown
        found = self._space.union(packets for value, packets in kinds.items() if holds(match, value))
        return self._source(found, match) if field in _OF_SOURCE else exactly(found)

    def _by_policy(self, match: InRanges | Masked) -> Bounds:
        """Encode whether the way back is the way in, where policy rules choose it."""
        reverse = ReversePath(self._world.ranges)
        good = leading_back(self._world, self._reading, reverse.by_rules, self.bounds)
        ways = {1: good, 0: self._always - good}
        found = exactly(self._space.nothing)
        for value, packets in ways.items():
            found |= packets if holds(match, value) else exactly(self._space.nothing)
        return found

    def _constant(self, field: Field) -> int | None:
        match field:
            case Field.NFPROTO:
                return NFPROTO_IPV4 if self._world.family == "ip" else NFPROTO_IPV6
            case Field.ETHERTYPE:
                return ETHERTYPES[self._world.family]
            case Field.CT_DIRECTION | Field.FRAGMENT | Field.PKTTYPE:
                return 0
            case _:
                return None

    def _named(self, field: Field, names: tuple[str, ...]) -> Bounds:
        at = self._reading.at
        if field in (Field.IIF, Field.OIF):
            found = exactly(self._space.union(at(field, one) for one in self._world.ranges.fitting(names)))
            return found if field is Field.OIF else seen_to_come(found, self.hidden, names)
        here = partial(ports_of_bridges, hook=self._bridge) if self._bridge else at_ports
        ports = partial(here, self._world, at)
        return self._always - ports(field, ("*",)) if "" in names else ports(field, names)


def holds(match: InRanges | Masked, value: int) -> bool:
    """Answer a question for one number."""
    match match:
        case InRanges(_, ranges):
            return contains(ranges, value)
        case Masked(_, mask, wanted):
            return value & mask == wanted

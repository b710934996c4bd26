"""Answers, read from the packets that they answer: nothing of a set is renamed, fields are found in other places.

    the first packet     192.0.2.7:40000 → 192.0.2.10:8080, led to 172.17.0.2:80, in by eth0, out by docker0
    its answer           172.17.0.2:80 → 192.0.2.7:40000, in by docker0, out by where the routes lead to 192.0.2.7
    translated back      192.0.2.10:8080 → 192.0.2.7:40000

So the answer's source is the first packet's present destination, its destination the first packet's source, and a set
of first packets is the set of their answers. Behind source NAT an answer is addressed to the new source at first, which
no set holds: what it can be, the interface and the rules tell.
"""

from enum import Enum, IntEnum
from typing import NamedTuple

from netaudit.model.netfilter.match import Field, InRanges, Masked, in_ranges
from netaudit.model.netfilter.program import Hook
from netaudit.model.ranges import Ranges, single
from netaudit.packets.host.route_lookup import TYPE_OF
from netaudit.packets.host.route_ranges import LOOPBACK
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.symbolic.encoding.behind_nat import of_kind
from netaudit.packets.symbolic.encoding.bridge_ports import hidden_past
from netaudit.packets.symbolic.encoding.host_sets import NEW_DADDR, NEW_DPORT, HostSets, Translated
from netaudit.packets.symbolic.encoding.matches import Atom, Encoder, Reading, holds
from netaudit.packets.symbolic.encoding.nat import NewSources
from netaudit.packets.values.probe import SYN_ACK

_FROM = {Field.SADDR: (NEW_DADDR, Field.DADDR), Field.SPORT: (NEW_DPORT, Field.DPORT)}
_TO = {Field.DADDR: Field.SADDR, Field.DPORT: Field.SPORT}
_EXPECTED = {  # of the packets that a connection expects in return: what the answer is until it is translated back
    Field.CT_REPL_SADDR: Field.SADDR,
    Field.CT_REPL_SPORT: Field.SPORT,
    Field.CT_REPL_DADDR: Field.DADDR,
    Field.CT_REPL_DPORT: Field.DPORT,
}
# Of the connection: what answers that begin one of their own have there is not followed.
_OF_CONNECTION = frozenset(
    {*_EXPECTED, Field.CT_ORIG_SADDR, Field.CT_ORIG_DADDR, Field.CT_ORIG_SPORT, Field.CT_ORIG_DPORT, Field.CT_DIRECTION}
)
# The answer's own, and nobody says what.
UNKNOWN = frozenset(
    {
        Field.LENGTH,
        Field.TTL,
        Field.DSCP,
        Field.SMAC,
        Field.DMAC,
        Field.SKUID,
        Field.SKGID,
        Field.ICMP_TYPE,
        Field.ICMP_CODE,
    }
)


class Side(Enum):
    """Which interface a packet comes in or goes out by."""

    NONE = "none"
    LOOPBACK = "loopback"
    THERE = "there"  # the one that the first packet left by
    ROUTED = "routed"  # the one that the routes to the first packet's sender lead to
    SENT = "sent"  # the one that the routes lead to from this host, before it is translated back


class ReplyTranslation(IntEnum):
    """How far an answer is translated back."""

    NEITHER = 0
    DESTINATION = 1  # it is addressed to the first packet's sender
    BOTH = 2  # and comes from where the first packet was sent to


class ReplyPosition(NamedTuple):
    """Where rules see an answer.

    `own`: a program of this host sends it; `fresh`: it belongs to no known connection; `last`: it is about to leave,
    so that of what a bridge passes no rule sees how it came. `bridge` is the hook of a bridge's tables, in these.
    """

    came: Side
    leaves: Side
    stage: ReplyTranslation
    own: bool = False
    fresh: bool = False
    last: bool = False
    bridge: Hook | None = None


ARRIVING = ReplyPosition(Side.THERE, Side.NONE, ReplyTranslation.NEITHER)


class ReplyFields:
    """Reads the interfaces and addresses of answers at a place."""

    def __init__(self, world: HostSets, place: ReplyPosition) -> None:
        self._world, self._space, self._place = world, world.space, place

    def at(self, field: Field, interface: str) -> PacketSet:
        """Return the packets whose answers come in (IIF) or go out (OIF) by an interface."""
        match self._place.came if field is Field.IIF else self._place.leaves:
            case Side.NONE:
                return self._space.nothing if interface else self._space.everything
            case Side.LOOPBACK:
                return self._space.everything if interface == LOOPBACK else self._space.nothing
            case Side.THERE:
                return self._world.at(Field.OIF, interface)
            case Side.ROUTED | Side.SENT:
                return self._world.back_by(interface)

    def addressed(self, field: Field, ranges: Ranges) -> PacketSet:
        """Return the packets whose answers come from, or go to, addresses; behind source NAT: when translated back."""
        if field is Field.DADDR:
            return self._space.in_ranges(Field.SADDR, ranges)
        sent_to = self._space.in_ranges(Field.DADDR, ranges)
        return sent_to if self._place.stage is ReplyTranslation.BOTH else self._world.destined(ranges)

    def near(self, _bridge: str) -> PacketSet:
        """Return the packets whose answers go to a neighbour on the bridge that they come by."""
        return self._space.everything if self._place.leaves is Side.THERE else self._space.nothing


class ReplyEncoder(Encoder):
    """Encode what rules ask of answers, as sets of the packets that are answered."""

    def __init__(self, world: HostSets, sources: NewSources, place: ReplyPosition) -> None:
        reading = ReplyFields(world, place)
        back = world.translated(Translated.SOURCE)
        hidden = hidden_past(world, reading.at, reading.near, back) if place.last else None
        super().__init__(world, Reading(reading, hidden, place.bridge), sources)
        self._place, self._new = place, sources

    def _number(self, field: Field, atom: Atom, match: InRanges | Masked) -> Bounds:
        if self._place.fresh and field in _OF_CONNECTION:
            return self._unknown
        if field in _EXPECTED:
            return self._own_number(_EXPECTED[field], atom, match, ReplyTranslation.NEITHER)
        if field in _FROM or field in _TO:
            return self._own_number(field, atom, match, self._place.stage)
        if field is Field.SMAC and self._place.came is Side.THERE:
            return self._by_mac(match)
        if field in UNKNOWN:
            return self._unknown
        constant = self._constant(field)
        return super()._number(field, atom, match) if constant is None else self._computed(field, match)

    def _by_mac(self, match: InRanges | Masked) -> Bounds:
        """Encode a question about the hardware address of a container that answers."""
        fitting = {one: [holds(match, mac) for mac in some] for one, some in self._world.macs.items()}
        sure = self._world.destined(single(sorted(one for one, found in fitting.items() if all(found))))
        may = self._world.destined(single(sorted(one for one, found in fitting.items() if any(found))))
        others = self._space.everything - self._world.destined(single(sorted(fitting)))
        return Bounds(sure, may | others)

    def _own_number(self, field: Field, atom: Atom, match: InRanges | Masked, stage: ReplyTranslation) -> Bounds:
        """Encode a question about an address or port of the answer."""
        if field in _FROM:
            now, before = _FROM[field]
            sent_to = atom(before)
            return exactly(
                sent_to if stage is ReplyTranslation.BOTH else self._world.after_translation(atom(now), sent_to)
            )
        found = exactly(atom(_TO[field]))
        if stage is not ReplyTranslation.NEITHER or (field is Field.DPORT and self._new.keep_ports):
            return found
        changed = exactly(self._world.translated(Translated.SOURCE))
        return found - changed | changed & self._new_source(field, match)

    def _new_source(self, field: Field, match: InRanges | Masked) -> Bounds:
        if field is Field.DADDR and isinstance(match, InRanges):
            return self._new.inside(match.ranges)
        return self._unknown

    def _computed(self, field: Field, match: InRanges | Masked) -> Bounds:
        found = super()._computed(field, match)
        address, interface = TYPE_OF.get(field, (None, None))
        new = address is Field.DADDR and self._place.stage is ReplyTranslation.NEITHER
        if new and not interface:
            changed = exactly(self._world.translated(Translated.SOURCE))
            return found - changed | changed & of_kind(self._world, self._new, match)
        return self._behind_source_nat(found) if new or self._is_early(interface) else found

    def _named(self, field: Field, names: tuple[str, ...]) -> Bounds:
        found = super()._named(field, names)
        if not self._is_early(field):
            return found
        changed, world = exactly(self._world.translated(Translated.SOURCE)), self._world
        ranges = [range_ for one in world.ranges.fitting(names) for range_ in world.ranges.ways_out.get(one, ())]
        return found - changed | changed & self._new.inside(in_ranges(Field.DADDR, ranges).ranges)

    def _is_early(self, field: Field | None) -> bool:
        """Tell whether an interface was chosen for the new source, which stays so for the whole of a hook."""
        return field is Field.OIF and self._place.leaves is Side.SENT

    def _behind_source_nat(self, found: Bounds) -> Bounds:
        changed = self._world.translated(Translated.SOURCE)
        return Bounds(found.sure - changed, found.possible | changed)

    def _constant(self, field: Field) -> int | None:
        match field:
            case Field.CT_DIRECTION:
                return 1
            case Field.TCP_FLAGS:
                return SYN_ACK
            case Field.SOCKET:
                return int(self._place.own)
            case _:
                return super()._constant(field)

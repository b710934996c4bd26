"""Matches as sets of packets on any host: no field depends on another one.

What is proved here holds on every host, because these sets also hold packets whose address type or reverse path does
not fit their address. Interfaces are the names that rules have, and one more name for each pattern.
"""

from collections.abc import Iterable

from netaudit.model.netfilter.match import (
    NAMES,
    AllOf,
    AnyOf,
    CtState,
    Field,
    InRanges,
    Masked,
    Match,
    Named,
    Not,
    Sometimes,
    UnknownMatch,
    is_named,
    width_of,
)
from netaudit.model.netfilter.match_atoms import Atom, atoms_of
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.sets.space import PacketSpace

_NODES = 1 << 22
_ELSEWHERE = "other"  # a name that no rule has
_STATES = tuple((state.value, state.value) for state in CtState)
_WIDE = (Field.SPORT, Field.DPORT, Field.SADDR, Field.DADDR)  # asked first, so that sets of many of them stay small


class HeaderSpace:
    """Encodes matches as sets of packets that have the fields of these matches."""

    def __init__(self, family: str, matches: Iterable[Match]) -> None:
        atoms = [atom for match in matches for atom in atoms_of(match)]
        self.names = _names(atoms)
        fields = {atom.field for atom in atoms} | {Field.PROTOCOL}
        ordered = [Field.PROTOCOL, *(one for one in _WIDE if one in fields), *sorted(fields - {*_WIDE, Field.PROTOCOL})]
        self.space = PacketSpace([{one: self._width(one, family)} for one in ordered], _NODES)
        self._known: dict[Match, Bounds] = {}

    def _width(self, field: Field, family: str) -> int:
        return len(self.names).bit_length() if field in NAMES else width_of(field, family)

    def everything(self) -> PacketSet:
        """Return all packets: each has one connection state, and interfaces with a name of the space."""
        found = self.space.everything
        for field in self.space.widths:
            if field in NAMES:
                found &= self.space.in_ranges(field, ((0, len(self.names) - 1),))
        return found & self.space.in_ranges(Field.CT_STATE, _STATES) if Field.CT_STATE in self.space.widths else found

    def all_of(self, matches: Iterable[Match]) -> Bounds:
        """Return the packets for which all matches hold."""
        joined = exactly(self.space.everything)
        for match in matches:
            joined &= self._bounds(match)
        return joined

    def forget(self, packets: PacketSet, fields: Iterable[Field]) -> PacketSet:
        """Let fields have any value."""
        held = tuple(sorted(field for field in fields if field in self.space.widths))
        return self.space.rewrite.forget(packets, *held) if held else packets

    def _bounds(self, match: Match) -> Bounds:
        if match not in self._known:
            self._known[match] = self._encode(match)
        return self._known[match]

    def _encode(self, match: Match) -> Bounds:
        space = self.space
        match match:
            case InRanges(_, ()) | AnyOf(()) | UnknownMatch() | Sometimes():  # an empty set may be filled later
                return Bounds(space.nothing, space.everything)
            case InRanges(field, ranges):
                return exactly(space.in_ranges(field, ranges))
            case Masked(field, mask, value):
                return exactly(space.masked(field, mask, value))
            case Named(field, names):
                fitting = [at for at, one in enumerate(self.names) if any(is_named(one, name) for name in names)]
                return exactly(space.union(space.equal(field, at) for at in fitting))
            case _:
                return self._joined(match)

    def _joined(self, match: Not | AllOf | AnyOf) -> Bounds:
        match match:
            case Not(inner):
                return exactly(self.space.everything) - self._bounds(inner)
            case AllOf(parts):
                return self.all_of(parts)
            case AnyOf(parts):
                joined = exactly(self.space.nothing)
                for part in parts:
                    joined |= self._bounds(part)
                return joined


def fields_of(match: Match) -> frozenset[Field]:
    """Return the fields that a match asks for."""
    return frozenset(atom.field for atom in atoms_of(match))


def _names(atoms: Iterable[Atom]) -> tuple[str, ...]:
    """Return enough names to tell all patterns apart; names that rules have come first."""
    said = dict.fromkeys(name for atom in atoms if isinstance(atom, Named) for name in atom.names)
    exact = [name for name in said if name and not name.endswith("*")]
    fitting = [f"{name[:-1]}{_ELSEWHERE}" for name in said if name.endswith("*")]
    return tuple(dict.fromkeys([*exact, *fitting, _ELSEWHERE, ""]))

"""What tells addresses and ports apart on a host: all values that rules, routes and interfaces ask for.

A value that is asked for by itself is a point; a range has edges. Two numbers that are no points, and between which no
edge lies, nothing on the host tells apart.
"""

from bisect import bisect_right
from collections.abc import Iterable

from netaudit.model.netfilter.match import (
    ADDRESSES,
    Field,
    InRanges,
    Masked,
    Match,
)
from netaudit.model.netfilter.match_atoms import atoms_of
from netaudit.model.netfilter.statement import Meaning, Nat
from netaudit.model.ranges import Range

PORTS = frozenset(
    {Field.SPORT, Field.DPORT, Field.CT_ORIG_SPORT, Field.CT_ORIG_DPORT, Field.CT_REPL_SPORT, Field.CT_REPL_DPORT}
)
_OF_MACHINES = frozenset({Field.SMAC, Field.DMAC, Field.PHYSIN, Field.PHYSOUT})


class Values:
    """The points, edges and masks of addresses, or of ports."""

    def __init__(self) -> None:
        self.points: set[int] = set()
        self.masks: set[tuple[int, int]] = set()
        self._edges: set[int] = set()
        self._sorted: list[int] = []
        self._masked: list[tuple[int, int]] = []

    def add(self, ranges: Iterable[Range], own: Iterable[int] = ()) -> None:
        """Add ranges that something asks for, but for single values that are its container's own."""
        for first, last in ranges:
            if first != last:
                self._edges |= {first, last + 1}
            elif first not in own:
                self.points.add(first)

    def place(self, number: int) -> tuple[object, ...] | None:
        """Return what tells a number from others; None where it is told from all."""
        if number in self.points:
            return None
        if len(self._sorted) != len(self._edges):
            self._sorted = sorted(self._edges)
        if len(self._masked) != len(self.masks):
            self._masked = sorted(self.masks)
        return bisect_right(self._sorted, number), tuple([number & mask == value for mask, value in self._masked])


class Distinctions:
    """What tells apart the addresses and ports of a host; `by_machine`: rules ask for hardware addresses or ports."""

    def __init__(self) -> None:
        self.addresses, self.ports = Values(), Values()
        self.by_machine = False

    def add_rule(self, meaning: Meaning, addresses: Iterable[int] = (), ports: Iterable[int] = ()) -> None:
        """Add all that a rule asks for or writes, but for what is its container's own."""
        for branch in meaning.branches():
            for match in branch.matches:
                self.add_match(match, addresses, ports)
            for nat in branch.statements:
                if isinstance(nat, Nat):
                    self.addresses.add([nat.addresses] if nat.addresses else [], addresses)
                    self.ports.add([nat.ports] if nat.ports else [], ports)

    def add_match(self, match: Match, addresses: Iterable[int] = (), ports: Iterable[int] = ()) -> None:
        """Add what a match asks for."""
        for atom in atoms_of(match):
            self.by_machine = self.by_machine or atom.field in _OF_MACHINES
            values, own = (self.ports, ports) if atom.field in PORTS else (self.addresses, addresses)
            if atom.field not in PORTS | ADDRESSES:
                continue
            if isinstance(atom, InRanges):
                values.add(atom.ranges, own)
            elif isinstance(atom, Masked):
                values.masks.add((atom.mask, atom.value))

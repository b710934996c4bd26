"""Sets of packets, as binary decision diagrams.

A packet is a row of numbers, one per field; a set of packets is a function of their bits. Equal sets are the same
object inside the library, so comparing and hashing them costs nothing, and every operation remembers its results.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Self

from netaudit.packets.sets.bit_order import BitOrder
from netaudit.packets.sets.library import BCDDFunction, BCDDManager, BooleanOperator
from netaudit.packets.sets.memory_room import require_room

_CACHE = 1 << 18
_BYTE, _ONES = 8, 0xFF  # numbers are put together from bytes, most of which are met again


class PacketSet:
    """A set of packets of one space: `&`, `|`, `-`, and true where it has any."""

    __slots__ = ("diagram",)

    def __init__(self, diagram: BCDDFunction) -> None:
        self.diagram = diagram

    def __and__(self, other: Self) -> "PacketSet":
        return PacketSet(self.diagram & other.diagram)

    def __or__(self, other: Self) -> "PacketSet":
        return PacketSet(self.diagram | other.diagram)

    def __sub__(self, other: Self) -> "PacketSet":
        return PacketSet(other.diagram.imp_strict(self.diagram))

    def __bool__(self) -> bool:
        return self.diagram.satisfiable()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PacketSet) and self.diagram == other.diagram

    def __hash__(self) -> int:
        return hash(self.diagram)

    def pick(self) -> Sequence[bool | None] | None:
        """Return the bits of one packet, by variable, None for a bit that does not matter; None for no packet."""
        return self.diagram.pick_cube()

    def is_everything(self) -> bool:
        """Tell whether it is the set of all packets."""
        return self.diagram.valid()

    def halves(self, variable: int) -> "tuple[PacketSet, PacketSet]":
        """Return what is left of a set that asks no variable before this one, where the bit is 1, and where it is 0."""
        found = self.diagram.cofactors() if self.diagram.node_var() == variable else None
        return (PacketSet(found[0]), PacketSet(found[1])) if found else (self, self)


def forget(packets: PacketSet, bits: PacketSet) -> PacketSet:
    """Let bits, which `Diagrams.cube` or `Diagrams.bits` names, have any value."""
    return PacketSet(packets.diagram.exists(bits.diagram))


def common(packets: PacketSet, others: PacketSet, bits: PacketSet) -> PacketSet:
    """Return what two sets share, with bits forgotten, in one step: the shared set itself is never built."""
    return PacketSet(packets.diagram.apply_exists(BooleanOperator.AND, others.diagram, bits.diagram))


class Diagrams:
    """Builds sets from conditions on the bits of fields. Running out of room raises MemoryError."""

    def __init__(self, order: BitOrder, nodes: int) -> None:
        require_room(nodes)
        self._order = order
        self._manager = BCDDManager(nodes, _CACHE, 1)
        self._manager.add_vars(sum(order.widths.values()))
        self.everything, self.nothing = PacketSet(self._manager.true()), PacketSet(self._manager.false())
        self.cube = lru_cache(maxsize=None)(self._cube)
        self._byte, self._bit = lru_cache(maxsize=None)(self._byte_of), lru_cache(maxsize=None)(self._bit_of)

    def nodes(self) -> int:
        """Return how many nodes all sets have."""
        return self._manager.approx_num_inner_nodes()

    def between(self, field: str, first: int, last: int) -> PacketSet:
        """Return the packets with `first <= field <= last`: the common prefix, and two flanks."""
        width = self._order.widths[field]
        first, last = max(first, 0), min(last, (1 << width) - 1)
        if first > last:
            return self.nothing
        apart = (first ^ last).bit_length()
        below = (1 << apart) - 1
        prefix = self.masked(field, (1 << width) - 1 & ~below, first & ~below)
        if first & below == 0 and last & below == below:
            return prefix
        flanks = prefix.diagram & self._flank(field, apart, first, up=True) & self._flank(field, apart, last, up=False)
        return PacketSet(flanks)

    def masked(self, field: str, mask: int, value: int) -> PacketSet:
        """Return the packets for which `field & mask == value`."""
        if value & ~mask:
            return self.nothing
        diagram = self._manager.true()
        for low in range(0, self._order.widths[field], _BYTE):
            diagram = self._byte(field, low, mask >> low & _ONES, value >> low & _ONES) & diagram
        return PacketSet(diagram)

    def same(self, source: str, target: str, mask: int) -> PacketSet:
        """Return the packets that have the same bits in two fields, where the mask has ones."""
        same = self._manager.true()
        for bit in range(min(self._order.widths[source], self._order.widths[target])):
            if mask >> bit & 1:
                same = self._literal(source, bit).equiv(self._literal(target, bit)) & same
        return PacketSet(same)

    def bits(self, field: str, mask: int) -> PacketSet | None:
        """Return the name, for `forget`, of the bits of a field that a mask has; None for no bit."""
        bits = [self._literal(field, bit) for bit in range(self._order.widths[field]) if mask >> bit & 1]
        return PacketSet(self._conjunction(bits)) if bits else None

    def flip(self, packets: PacketSet, field: str, value: int) -> PacketSet:
        """Exchange zeros and ones of the bits of a field that are set in a value."""
        pairs = [
            (variable, self._manager.not_var(variable))
            for bit in range(self._order.widths[field])
            if value >> bit & 1
            for variable in [self._order.variable(field, bit)]
        ]
        return PacketSet(packets.diagram.substitute(BCDDFunction.make_substitution(pairs))) if pairs else packets

    def _cube(self, fields: tuple[str, ...]) -> PacketSet:
        """Return the name, for `forget`, of all bits of fields."""
        return PacketSet(self._conjunction([self._manager.var(one) for one in self._order.variables(fields)]))

    def _flank(self, field: str, bits: int, bound: int, *, up: bool) -> BCDDFunction:
        """Build `field >= bound` (up) or `field <= bound` over the lowest bits."""
        diagram = self._manager.true()
        for bit in range(bits):
            literal = self._bit(field, bit, up)
            same = bool(bound >> bit & 1) == up
            diagram = literal & diagram if same else literal | diagram
        return diagram

    def _byte_of(self, field: str, low: int, mask: int, value: int) -> BCDDFunction:
        """Build what eight bits of a field, from `low` on, have to be where a mask has ones."""
        bits = [
            self._bit(field, low + bit, bool(value >> bit & 1)) for bit in reversed(range(_BYTE)) if mask >> bit & 1
        ]
        return self._conjunction(bits)

    def _literal(self, field: str, bit: int) -> BCDDFunction:
        return self._manager.var(self._order.variable(field, bit))

    def _bit_of(self, field: str, bit: int, one: bool) -> BCDDFunction:  # noqa: FBT001 (a bit is one or zero)
        variable = self._order.variable(field, bit)
        return self._manager.var(variable) if one else self._manager.not_var(variable)

    def _conjunction(self, parts: list[BCDDFunction]) -> BCDDFunction:
        joined = self._manager.true()
        for part in reversed(parts):
            joined = part & joined
        return joined

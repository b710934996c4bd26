"""Sets of packets, as binary decision diagrams. oxidd is imported here alone.

A packet is a row of numbers, one per field; a set of packets is a function of their bits. Equal sets are the same
object inside the library, so comparing and hashing them costs nothing, and every operation remembers its results.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Self

from oxidd.bcdd import BCDDFunction, BCDDManager
from oxidd.util import BooleanOperator

from netaudit.packets.sets.memory_room import require_room

_NODES = 1 << 24  # of 16 bytes; memory is taken as they are used
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


class PacketSpace:
    """All packets that have some fields, each a number of so many bits.

    `groups` orders the bits, which decides how large sets grow: the first group is asked first, and the bits of a
    group's fields alternate, so that comparing two of them stays small. Running out of room raises MemoryError.
    """

    def __init__(self, groups: Sequence[Mapping[str, int]], nodes: int = _NODES) -> None:
        self.widths = {field: width for group in groups for field, width in group.items()}
        require_room(nodes)
        self._manager = BCDDManager(nodes, _CACHE, 1)
        self._manager.add_vars(sum(self.widths.values()))
        self._place: dict[str, tuple[int, int]] = {}  # where a field's bits begin, and how far apart they are
        first = 0
        for group in groups:
            self._place |= {field: (first + at, len(group)) for at, field in enumerate(group)}
            first += sum(group.values())
        self.in_ranges = lru_cache(maxsize=None)(self._in_ranges)
        self.ranges = lru_cache(maxsize=4096)(self._ranges)
        self._cube = lru_cache(maxsize=None)(self._cube_of)
        self._byte = lru_cache(maxsize=None)(self._byte_of)
        self._all_but = lru_cache(maxsize=None)(self._cube_of_all_but)

    @cached_property
    def everything(self) -> PacketSet:
        """Return all packets."""
        return PacketSet(self._manager.true())

    @cached_property
    def nothing(self) -> PacketSet:
        """Return no packet."""
        return PacketSet(self._manager.false())

    def equal(self, field: str, value: int) -> PacketSet:
        """Return the packets whose field has a value."""
        return self.in_ranges(field, ((value, value),))

    def _in_ranges(self, field: str, ranges: tuple[tuple[int, int], ...]) -> PacketSet:
        """Return the packets whose field is in one of the inclusive ranges."""
        return self.union(PacketSet(self._between(field, first, last)) for first, last in ranges)

    def masked(self, field: str, mask: int, value: int) -> PacketSet:
        """Return the packets for which `field & mask == value`."""
        if value & ~mask:
            return self.nothing
        diagram = self._manager.true()
        for low in range(0, self.widths[field], _BYTE):
            diagram = self._byte(field, low, mask >> low & _ONES, value >> low & _ONES) & diagram
        return PacketSet(diagram)

    def union(self, sets: Iterable[PacketSet]) -> PacketSet:
        """Join sets pairwise: many small steps cost less than few large ones."""
        left = list(sets) or [self.nothing]
        while len(left) > 1:
            odd = [left.pop()] if len(left) % 2 else []
            left = [one | other for one, other in zip(left[::2], left[1::2], strict=True)] + odd
        return left[0]

    def forget(self, packets: PacketSet, *fields: str) -> PacketSet:
        """Let fields have any value."""
        return PacketSet(packets.diagram.exists(self._cube(fields)))

    def assign(self, packets: PacketSet, field: str, value: int) -> PacketSet:
        """Give a field a value in all packets of a set."""
        return self.forget(packets, field) & self.equal(field, value)

    def forget_bits(self, packets: PacketSet, field: str, mask: int) -> PacketSet:
        """Let the bits in a mask have any value."""
        bits = [self._literal(field, bit) for bit in range(self.widths[field]) if mask >> bit & 1]
        return PacketSet(packets.diagram.exists(_conjunction(bits, self._manager.true()))) if bits else packets

    def assign_bits(self, packets: PacketSet, field: str, mask: int, value: int) -> PacketSet:
        """Give the bits in a mask those of a value."""
        return self.forget_bits(packets, field, mask) & self.masked(field, mask, value & mask)

    def flip_bits(self, packets: PacketSet, field: str, value: int) -> PacketSet:
        """Exchange zeros and ones of the bits of a field that are set in a value."""
        pairs = [
            (variable, self._manager.not_var(variable))
            for bit in range(self.widths[field])
            if value >> bit & 1
            for variable in [self._variable(field, bit)]
        ]
        return PacketSet(packets.diagram.substitute(BCDDFunction.make_substitution(pairs))) if pairs else packets

    def copied(self, source: str, target: str, mask: int = -1) -> PacketSet:
        """Return the packets that have the same bits, where the mask has ones, in two fields."""
        same = self._manager.true()
        for bit in range(min(self.widths[source], self.widths[target])):
            if mask >> bit & 1:
                same = self._literal(source, bit).equiv(self._literal(target, bit)) & same
        return PacketSet(same)

    def only(self, packets: PacketSet, *fields: str) -> PacketSet:
        """Forget all fields but some."""
        return PacketSet(packets.diagram.exists(self._all_but(fields)))

    def common(self, packets: PacketSet, others: PacketSet, *fields: str) -> PacketSet:
        """Return what two sets share, and forget all fields but some, in one go: what is forgotten is never built."""
        forgotten = self._all_but(fields)
        return PacketSet(packets.diagram.apply_exists(BooleanOperator.AND, others.diagram, forgotten))

    def touch(self, packets: PacketSet, others: PacketSet) -> bool:
        """Tell whether two sets have a packet in common, without building what they share."""
        return bool(self.common(packets, others))

    def _ranges(self, packets: PacketSet, field: str) -> tuple[tuple[int, int], ...]:
        """List the values that a field has in a set, as inclusive ranges, sorted and apart."""
        found: list[tuple[int, int]] = []
        self._walk(self.only(packets, field).diagram, field, (0, self.widths[field]), found)
        return tuple(found)

    def example(self, packets: PacketSet, fields: Sequence[str]) -> dict[str, int] | None:
        """Pick a packet of a set and give some of its fields; bits that do not matter are 0. None for no packet."""
        cube = packets.diagram.pick_cube()
        if cube is None:
            return None
        return {field: self._value(field, cube) for field in fields}

    def _value(self, field: str, cube: Sequence[bool | None]) -> int:
        first, step = self._place[field]
        bits = cube[first : first + step * self.widths[field] : step]
        return int("".join(["1" if bit else "0" for bit in bits]), 2)

    def _walk(self, diagram: BCDDFunction, field: str, at: tuple[int, int], found: list[tuple[int, int]]) -> None:
        """Go through the values of a field in order; `at` is the prefix so far, and the bits that are left."""
        prefix, bits = at
        if not diagram.satisfiable():
            return
        if diagram.valid():
            first, last = prefix << bits, ((prefix + 1) << bits) - 1
            if found and found[-1][1] == first - 1:
                first = found.pop()[0]
            found.append((first, last))
            return
        high, low = self._halves(diagram, self._variable(field, bits - 1))
        self._walk(low, field, (prefix << 1, bits - 1), found)
        self._walk(high, field, (prefix << 1 | 1, bits - 1), found)

    @staticmethod
    def _halves(diagram: BCDDFunction, variable: int) -> tuple[BCDDFunction, BCDDFunction]:
        halves = diagram.cofactors() if diagram.node_var() == variable else None
        return halves or (diagram, diagram)

    def _between(self, field: str, first: int, last: int) -> BCDDFunction:
        """Build the packets with `first <= field <= last`: the common prefix, and two flanks."""
        width = self.widths[field]
        first, last = max(first, 0), min(last, (1 << width) - 1)
        if first > last:
            return self._manager.false()
        apart = (first ^ last).bit_length()
        below = (1 << apart) - 1
        prefix = self.masked(field, (1 << width) - 1 & ~below, first & ~below).diagram
        if first & below == 0 and last & below == below:
            return prefix
        return prefix & self._flank(field, apart, first, up=True) & self._flank(field, apart, last, up=False)

    def _flank(self, field: str, bits: int, bound: int, *, up: bool) -> BCDDFunction:
        """Build `field >= bound` (up) or `field <= bound` over the lowest bits."""
        diagram = self._manager.true()
        for bit in range(bits):
            literal = self._bit(field, bit, -1 if up else 0)
            same = bool(bound >> bit & 1) == up
            diagram = literal & diagram if same else literal | diagram
        return diagram

    def _variable(self, field: str, bit: int) -> int:
        """Give the number of a bit's variable; the highest bit is asked first."""
        first, step = self._place[field]
        return first + step * (self.widths[field] - 1 - bit)

    def _byte_of(self, field: str, low: int, mask: int, value: int) -> BCDDFunction:
        """Build what eight bits of a field, from `low` on, have to be where a mask has ones."""
        bits = [self._bit(field, low + bit, value << low) for bit in reversed(range(_BYTE)) if mask >> bit & 1]
        return _conjunction(bits, self._manager.true())

    def _literal(self, field: str, bit: int) -> BCDDFunction:
        return self._manager.var(self._variable(field, bit))

    def _bit(self, field: str, bit: int, value: int) -> BCDDFunction:
        variable = self._variable(field, bit)
        return self._manager.var(variable) if value >> bit & 1 else self._manager.not_var(variable)

    def _cube_of_all_but(self, fields: tuple[str, ...]) -> BCDDFunction:
        return self._cube(tuple(field for field in self.widths if field not in fields))

    def _cube_of(self, fields: tuple[str, ...]) -> BCDDFunction:
        variables = [self._variable(field, bit) for field in fields for bit in range(self.widths[field])]
        return _conjunction([self._manager.var(one) for one in sorted(variables)], self._manager.true())


def _conjunction(parts: list[BCDDFunction], always: BCDDFunction) -> BCDDFunction:
    joined = always
    for part in reversed(parts):
        joined = part & joined
    return joined

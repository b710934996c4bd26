"""All packets that have some fields: sets are built from conditions, rewritten, and asked for the values they hold.

space = PacketSpace([{"saddr": 32, "daddr": 32}, {"dport": 16}])
web = space.equal("dport", 80) | space.equal("dport", 443)
space.values.ranges(web, "dport")            ((80, 80), (443, 443))
space.rewrite.assign(web, "dport", 8080)     all of them, sent to port 8080
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache

from netaudit.model.ranges import Range, Ranges
from netaudit.packets.sets.bdd import Diagrams, PacketSet, common, forget
from netaudit.packets.sets.bit_order import BitOrder

_NODES = 1 << 24  # of 16 bytes; memory is taken as they are used


class PacketSpace:
    """All packets that have some fields, each a number of so many bits; `groups` are as in BitOrder.

    Running out of room raises MemoryError.
    """

    def __init__(self, groups: Sequence[Mapping[str, int]], nodes: int = _NODES) -> None:
        self._order = BitOrder(groups)
        self._diagrams = Diagrams(self._order, nodes)
        self.widths = self._order.widths
        self.everything, self.nothing = self._diagrams.everything, self._diagrams.nothing
        self.masked, self.in_ranges = self._diagrams.masked, lru_cache(maxsize=None)(self._in_ranges)

    @cached_property
    def rewrite(self) -> "Rewriting":
        """Return the changes of fields that may be made to sets."""
        return Rewriting(self, self._diagrams)

    @cached_property
    def values(self) -> "FieldValues":
        """Return what can be read from sets."""
        return FieldValues(self.rewrite, self._order)

    def nodes(self) -> int:
        """Return how many nodes its sets have."""
        return self._diagrams.nodes()

    def equal(self, field: str, value: int) -> PacketSet:
        """Return the packets whose field has a value."""
        return self.in_ranges(field, ((value, value),))

    def copied(self, source: str, target: str, mask: int = -1) -> PacketSet:
        """Return the packets that have the same bits, where the mask has ones, in two fields."""
        return self._diagrams.same(source, target, mask)

    def union(self, sets: Iterable[PacketSet]) -> PacketSet:
        """Join sets pairwise: many small steps cost less than few large ones."""
        left = list(sets) or [self.nothing]
        while len(left) > 1:
            odd = [left.pop()] if len(left) % 2 else []
            left = [one | other for one, other in zip(left[::2], left[1::2], strict=True)] + odd
        return left[0]

    def touch(self, packets: PacketSet, others: PacketSet) -> bool:
        """Tell whether two sets have a packet in common, without building what they share."""
        return bool(self.rewrite.common(packets, others))

    def _in_ranges(self, field: str, ranges: Ranges) -> PacketSet:
        """Return the packets whose field is in one of the inclusive ranges."""
        return self.union(self._diagrams.between(field, first, last) for first, last in ranges)


class Rewriting:
    """Changes the fields of all packets of a set."""

    def __init__(self, space: PacketSpace, diagrams: Diagrams) -> None:
        self._space, self._diagrams = space, diagrams
        self.all_but = lru_cache(maxsize=None)(self._cube_of_all_but)

    def forget(self, packets: PacketSet, *fields: str) -> PacketSet:
        """Let fields have any value."""
        return forget(packets, self._diagrams.cube(fields))

    def only(self, packets: PacketSet, *fields: str) -> PacketSet:
        """Let all fields but some have any value."""
        return forget(packets, self.all_but(fields))

    def common(self, packets: PacketSet, others: PacketSet, *fields: str) -> PacketSet:
        """Return what two sets share, and forget all fields but some, in one step."""
        return common(packets, others, self.all_but(fields))

    def assign(self, packets: PacketSet, field: str, value: int) -> PacketSet:
        """Set a field to a value."""
        return self.forget(packets, field) & self._space.equal(field, value)

    def forget_bits(self, packets: PacketSet, field: str, mask: int) -> PacketSet:
        """Let the bits in a mask have any value."""
        bits = self._diagrams.bits(field, mask)
        return packets if bits is None else forget(packets, bits)

    def assign_bits(self, packets: PacketSet, field: str, mask: int, value: int) -> PacketSet:
        """Set the bits in a mask to the bits of a value."""
        return self.forget_bits(packets, field, mask) & self._space.masked(field, mask, value & mask)

    def flip_bits(self, packets: PacketSet, field: str, value: int) -> PacketSet:
        """Exchange zeros and ones of the bits of a field that are set in a value."""
        return self._diagrams.flip(packets, field, value)

    def _cube_of_all_but(self, fields: tuple[str, ...]) -> PacketSet:
        return self._diagrams.cube(tuple(field for field in self._space.widths if field not in fields))


class FieldValues:
    """Reads the values that fields have in a set."""

    def __init__(self, rewrite: Rewriting, order: BitOrder) -> None:
        self._rewrite, self._order = rewrite, order
        self.ranges = lru_cache(maxsize=4096)(self._ranges)

    def example(self, packets: PacketSet, fields: Sequence[str]) -> dict[str, int] | None:
        """Return some fields of a packet of a set; bits that do not matter are 0. None for no packet."""
        bits = packets.pick()
        return None if bits is None else {field: self._order.number(field, bits) for field in fields}

    def _ranges(self, packets: PacketSet, field: str) -> Ranges:
        """Return the values that a field has in a set."""
        found: list[Range] = []
        self._walk(self._rewrite.only(packets, field), field, (0, self._order.widths[field]), found)
        return tuple(found)

    def _walk(self, packets: PacketSet, field: str, at: tuple[int, int], found: list[Range]) -> None:
        """Go through the values of a field in order; `at` is the prefix so far, and the bits that are left."""
        prefix, bits = at
        if not packets:
            return
        if packets.is_everything():
            first, last = prefix << bits, ((prefix + 1) << bits) - 1
            if found and found[-1][1] == first - 1:
                first = found.pop()[0]
            found.append((first, last))
            return
        high, low = packets.halves(self._order.variable(field, bits - 1))
        self._walk(low, field, (prefix << 1, bits - 1), found)
        self._walk(high, field, (prefix << 1 | 1, bits - 1), found)

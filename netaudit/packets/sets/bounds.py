"""A set of packets that is not wholly known: the packets that are surely in it, and those that may be in it."""

from collections.abc import Callable
from typing import NamedTuple

from netaudit.packets.sets.bdd import PacketSet

Change = Callable[[PacketSet], PacketSet]


class Bounds(NamedTuple):
    """A lower and an upper bound of a set: the packets that are surely in it, and the packets that may be in it.

    Where nothing is unknown, both are the same object, and everything is computed once.
    """

    sure: PacketSet
    possible: PacketSet

    @property
    def exact(self) -> bool:
        """Tell whether nothing is unknown."""
        return self.sure is self.possible

    def __bool__(self) -> bool:
        return bool(self.possible)

    def __and__(self, other: "Bounds") -> "Bounds":
        sure = self.sure & other.sure
        return exactly(sure) if self.exact and other.exact else Bounds(sure, self.possible & other.possible)

    def __or__(self, other: "Bounds") -> "Bounds":
        sure = self.sure | other.sure
        return exactly(sure) if self.exact and other.exact else Bounds(sure, self.possible | other.possible)

    def __sub__(self, other: "Bounds") -> "Bounds":
        sure = self.sure - other.possible
        return exactly(sure) if self.exact and other.exact else Bounds(sure, self.possible - other.sure)

    def changed(self, change: Change) -> "Bounds":
        """Return the set with all packets changed in the same way."""
        sure = change(self.sure)
        return exactly(sure) if self.exact else Bounds(sure, change(self.possible))

    def doubted(self) -> "Bounds":
        """Return the set with every packet in doubt."""
        return Bounds(self.possible - self.possible, self.possible)


def exactly(packets: PacketSet) -> Bounds:
    """Return the bounds of a set that is known."""
    return Bounds(packets, packets)

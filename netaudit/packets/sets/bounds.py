"""What is known of a set of packets that cannot be known wholly: what is surely in it, and what may be."""

from collections.abc import Callable
from typing import NamedTuple

from netaudit.packets.sets.bdd import PacketSet

Change = Callable[[PacketSet], PacketSet]


class Bounds(NamedTuple):
    """A set from below and from above: what surely is in it, and what possibly is.

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
        """Change all packets alike."""
        sure = change(self.sure)
        return exactly(sure) if self.exact else Bounds(sure, change(self.possible))

    def doubted(self) -> "Bounds":
        """Doubt all of them."""
        return Bounds(self.possible - self.possible, self.possible)


def exactly(packets: PacketSet) -> Bounds:
    """Bound what is known."""
    return Bounds(packets, packets)

"""Spaces that are used again, by who works out host after host: hosts are much alike, and a space remembers its sets.

with SpaceStock() as stock: ...    within it `space_of` gives a space of the same layout again, until it has grown

A set of packets is the same diagram whatever else its space holds, so nothing that is computed depends on the stock.
"""

from collections.abc import Mapping, Sequence

from netaudit.packets.sets.reused import Reused
from netaudit.packets.sets.space import PacketSpace

Layout = tuple[tuple[tuple[str, int], ...], ...]
_NODES = 1 << 18  # of a space that is not used again: some 10 MB
_LAYOUTS = 8  # they differ in how many bits number a host's interfaces, and in what its rules ask


class SpaceStock(Reused):
    """The spaces that were used last, by layout; a context in which `space_of` takes from it."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: dict[Layout, PacketSpace] = {}

    def take(self, groups: Sequence[Mapping[str, int]]) -> PacketSpace:
        """Return a space of a layout."""
        layout = tuple(tuple(group.items()) for group in groups)
        found = self._kept.pop(layout, None)
        if found is None or found.nodes() > _NODES:
            found = PacketSpace(groups)
        self._kept[layout] = found  # at the end: the first one was used longest ago
        if len(self._kept) > _LAYOUTS:
            del self._kept[next(iter(self._kept))]
        return found


def space_of(groups: Sequence[Mapping[str, int]]) -> PacketSpace:
    """Return a space with fields: a new one, but where there is a stock."""
    stock = SpaceStock.current()
    return PacketSpace(groups) if stock is None else stock.take(groups)

"""What became of a zone's packets in a traversal.

Translated packets are kept apart: among the others a destination is found at once, among them only together with the
container that they were led to.
"""

from typing import NamedTuple

from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds
from netaudit.packets.symbolic.pipeline import Traversal


class Dispositions(NamedTuple):
    """What became of a zone's packets: untranslated ones unless it says otherwise."""

    direct: Bounds  # forwarded to where they were sent
    led: Bounds  # forwarded to where a NAT rule led them
    home: Bounds  # taken by the host
    led_home: Bounds  # taken by the host, to which a NAT rule led them
    moved: PacketSet  # led by a NAT rule, whatever became of them
    dropped: PacketSet
    dropped_later: PacketSet  # after they were translated


def dispositions_of(traversal: Traversal, base: PacketSet, new: PacketSet) -> Dispositions:
    """Tell apart what became of the packets in `base`; `new` are those that have a new destination."""

    def plain(some: Bounds) -> Bounds:
        return some.changed(lambda packets: packets & base - new)

    def led(some: Bounds) -> Bounds:
        return some.changed(lambda packets: packets & base & new)

    forwarded, local, dropped = led(traversal.forwarded), led(traversal.local), led(traversal.dropped).possible
    return Dispositions(
        direct=plain(traversal.forwarded),
        led=forwarded,
        home=plain(traversal.local),
        led_home=local,
        moved=forwarded.possible | local.possible | dropped,
        dropped=plain(traversal.dropped).possible,
        dropped_later=dropped,
    )

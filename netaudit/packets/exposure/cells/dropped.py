"""What is dropped of a cell's packets, and what NAT rules lead elsewhere."""

from functools import cached_property

from netaudit.model.reason import ReasonKind
from netaudit.packets.exposure.cells.arrivals import Arrivals
from netaudit.packets.exposure.cells.query import CellQuery
from netaudit.packets.exposure.dispositions import Dispositions
from netaudit.packets.sets.bdd import PacketSet


class Dropped:
    """The packets of a cell that arrive nowhere."""

    def __init__(self, query: CellQuery, dispositions: Dispositions, arrivals: Arrivals) -> None:
        self._query, self._dispositions, self._arrivals = query, dispositions, arrivals
        self._space = query.reach.world.space

    @cached_property
    def packets(self) -> PacketSet:
        """Return what was dropped of the cell's packets, also on the way from a published port to its container."""
        dispositions, led = self._dispositions, self._arrivals.led
        plain = self._query.part(dispositions.dropped, self._space.everything) - self._to_host
        return plain | self._query.part(dispositions.dropped_later, led) if led else plain

    @cached_property
    def _to_host(self) -> PacketSet:
        """Return what is no business of a forwarded port: what may come to the host itself, led nowhere."""
        if not self._query.destination.led:
            return self._space.nothing
        return self._query.sent(self._query.part(self._dispositions.home.possible, self._space.everything))

    def nat_elsewhere(self, ports: PacketSet) -> ReasonKind | None:
        """Return a reason where NAT rules lead elsewhere what is sent to ports."""
        moved = self._query.part(self._dispositions.moved, self._space.everything)
        return ReasonKind.NAT_ELSEWHERE if moved and not ports - self._query.ports_of(moved) else None

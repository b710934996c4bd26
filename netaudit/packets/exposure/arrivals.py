"""The ways in which packets of a zone arrive at a destination: by NAT, by docker-proxy, directly, or on the host."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

import msgspec

from netaudit.model.exposure import BEST_FIRST, Delivery, Destination, DestinationKind, Outcome, ZoneKind
from netaudit.model.host import Listener
from netaudit.model.netfilter.family import family_of
from netaudit.model.netfilter.match import Field
from netaudit.model.netfilter.ruleset import Item
from netaudit.model.reason import ReasonKind
from netaudit.packets.exposure.dispositions import Dispositions
from netaudit.packets.exposure.query import CellQuery
from netaudit.packets.exposure.reachability import Reachability
from netaudit.packets.exposure.row import Row
from netaudit.packets.host.route_ranges import LOOPBACK
from netaudit.packets.host.sockets import is_proxied, leads_elsewhere
from netaudit.packets.host.zones import Origin
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds
from netaudit.packets.symbolic.encoding.decision import Decision, by_no_rule

_MESH = "ingress-sbox"  # what Docker calls the sandbox in which swarm spreads packets over tasks
_NO_ADDRESS = by_no_rule(ReasonKind.NO_CONTAINER_ADDRESS)


class Arrival(msgspec.Struct, frozen=True):
    """A way, and the packets that arrive by it; `stopped` where it ends before the container after all.

    `limited_by` are the rules that let only some of what docker-proxy sends on through.
    """

    way: Delivery
    packets: Bounds
    stopped: Decision | None = None
    limited_by: tuple[Item, ...] = ()

    def outcomes(self) -> Iterator[tuple[Outcome, PacketSet]]:
        """Tell apart what surely arrives and what may, the best first; none for no packet."""
        if self.packets.sure:
            yield Outcome.ALLOWED, self.packets.sure
        if self.packets and not self.packets.exact:
            yield Outcome.MAY, self.packets.possible


class Arrivals:
    """What arrives of one cell's packets. `rows_to` computes the rows of another cell, behind docker-proxy."""

    def __init__(
        self,
        reaches: Mapping[str, Reachability],
        query: CellQuery,
        came: Dispositions,
        rows_to: Callable[[Origin, Destination], Iterator[Row]],
    ) -> None:
        self._reaches, self._asking, self._came, self._rows_to = reaches, query, came, rows_to
        self._destination = query.destination
        self._reach = reaches[query.destination.family]
        self._world, self._space = self._reach.world, self._reach.world.space

    def all(self) -> Iterator[Arrival]:
        """Yield each way that leads to the destination, the best first."""
        match self._destination.kind:
            case DestinationKind.PUBLISHED_PORT:
                yield from self._to_published()
            case DestinationKind.CONTAINER_PORTS:
                there = self._reach.containers.leaving_to(self._destination.container_id)
                yield Arrival(Delivery.DIRECT, self._asking.part_of(self._came.direct, there))
            case DestinationKind.HOST_LISTENER:
                yield Arrival(Delivery.LOCAL, self._heard())
            case DestinationKind.FORWARDED_PORT:
                yield from self._to_forwarded()

    def _heard(self) -> Bounds:
        """Return what a listener takes, which may be bound to an interface."""
        interface = self._destination.interface
        here = self._world.named(Field.IIF, (interface,)) if interface else self._space.everything
        return self._asking.part_of(self._came.home, here)

    def _to_published(self) -> Iterator[Arrival]:
        """By a NAT rule to the container, or to the host's own socket and docker-proxy behind it."""
        binding = self._destination.binding
        if binding is None:
            return
        there = self._reach.containers.leaving_to(self._destination.container_id)
        yield Arrival(Delivery.DNAT, self._asking.part_of(self._came.led, self.led & there))
        by = self._asking.origin.interface or LOOPBACK
        found = self._reach.sockets.taking(binding.protocol, binding.host_ip, binding.host_port, by)
        if found:
            yield self._by_proxy(found)

    def _to_forwarded(self) -> Iterator[Arrival]:
        """Where a NAT rule leads: out to a container or another machine, or to a program of the host."""
        to = self._destination
        out = self._asking.part_of(self._came.led, self.led)
        if to.container_name.endswith(_MESH):
            yield Arrival(Delivery.DNAT, out.doubted(), by_no_rule(ReasonKind.MESH_NOT_RECORDED))
        else:
            yield Arrival(Delivery.DNAT, out)
        here = self._asking.part_of(self._came.led_home, self.led)
        yield Arrival(Delivery.LOCAL, here, None if to.programs else by_no_rule(ReasonKind.NOBODY_BEHIND_NAT))

    @cached_property
    def led(self) -> PacketSet:
        """Return the packets that a NAT rule leads to where the destination's are led."""
        to = self._destination
        if to.binding is not None:
            return self._reach.containers.at_port(to.container_id, to.binding.container_port)
        return self._world.led_to(to.led) if to.led else self._space.nothing

    def _by_proxy(self, found: tuple[Listener, ...]) -> Arrival:
        """Go on from docker-proxy, which is a program of the host, to the container."""
        here = self._asking.part_of(self._came.home, self._space.everything)
        if not is_proxied(found):
            names = ", ".join(sorted({name for one in found for name in one.programs}))
            if leads_elsewhere(found):
                stopped = by_no_rule(ReasonKind.PROXY_OUT_OF_RECORDING, programs=names)
                return Arrival(Delivery.PROXY, here.doubted(), stopped)
            return Arrival(Delivery.PROXY, here, by_no_rule(ReasonKind.PORT_HELD, programs=names))
        best = self._onwards()
        match best.outcome:
            case Outcome.ALLOWED:
                return Arrival(Delivery.PROXY, here, limited_by=best.limited_by)
            case Outcome.MAY:
                return Arrival(Delivery.PROXY, here.doubted(), best.decision)
            case Outcome.BLOCKED:
                return Arrival(Delivery.PROXY, here, best.decision)

    def _onwards(self) -> Row:
        """Find the best way from the host to the container's own port, by any of its addresses."""
        to = self._destination
        assert to.binding  # noqa: S101 (only published ports are proxied)
        place = (to.container_id, to.protocol, to.binding.container_port)
        known = self._reach.from_proxy
        if place not in known:
            rows = self._rows_onwards(to.binding.container_port)
            known[place] = min(rows, key=_rank, default=Row((), Outcome.BLOCKED, Delivery.NONE, _NO_ADDRESS))
        return known[place]

    def _rows_onwards(self, port: int) -> Iterator[Row]:
        for address in self._reach.containers.addresses_of(self._destination.container_id):
            reach = self._reaches[family_of(address)]
            target = Destination(
                kind=DestinationKind.CONTAINER_PORTS,
                family=reach.family,
                protocol=self._destination.protocol,
                address=address,
                ports=((port, port),),
                container_id=self._destination.container_id,
            )
            for origin in reach.origins:
                if origin.zone.kind is ZoneKind.HOST:
                    yield from self._rows_to(origin, target)


def _rank(row: Row) -> tuple[int, bool]:
    return BEST_FIRST.index(row.outcome), bool(row.limited_by)

"""The ways in which packets of a zone arrive at a destination: by NAT, by docker-proxy, directly, or on the host."""

from collections.abc import Iterator, Mapping
from functools import cached_property

import msgspec

from netaudit.model.engines.parts import connects_inside, has_hairpin
from netaudit.model.exposure import Delivery, DestinationKind, Outcome, ZoneKind
from netaudit.model.facts import Source
from netaudit.model.host import Listener
from netaudit.model.netfilter.match import Field
from netaudit.model.netfilter.ruleset import Item
from netaudit.model.reason import ReasonKind
from netaudit.packets.exposure.cells.proxy import RowsOf, onward
from netaudit.packets.exposure.cells.query import CellQuery
from netaudit.packets.exposure.dispositions import Dispositions
from netaudit.packets.exposure.reachability import Reachability
from netaudit.packets.host.destinations import ROOTLESSKIT
from netaudit.packets.host.route_ranges import LOOPBACK
from netaudit.packets.host.sockets import is_proxied, leads_elsewhere
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.symbolic.encoding.decision import Decision, by_no_rule
from netaudit.packets.symbolic.encoding.host_sets import Translated

_MESH = "ingress-sbox"  # what Docker calls the sandbox in which swarm spreads packets over tasks


class Arrival(msgspec.Struct, frozen=True):
    """A way, and the packets that arrive by it; `stopped` where it ends before the container after all.

    `doubt` is why nobody can tell whether it does. `limited_by` are the rules that let only some of what docker-proxy
    sends on through.
    """

    way: Delivery
    packets: Bounds
    stopped: Decision | None = None
    doubt: Decision | None = None
    limited_by: tuple[Item, ...] = ()

    def outcomes(self, query: CellQuery) -> Iterator[tuple[Outcome, PacketSet]]:
        """Tell apart what surely arrives and what may, the best first; none for no packet.

        What arrives only with what its sender does not choose freely may arrive.
        """
        sure = self.packets.sure if self.stopped else query.unchosen.ordinary(self.packets.sure)
        if sure:
            yield Outcome.ALLOWED, sure
        if self.packets and self.packets.possible != sure:
            yield Outcome.MAY, self.packets.possible


class Arrivals:
    """What arrives of one cell's packets. `rows_of` computes the rows of another cell, behind docker-proxy."""

    def __init__(
        self,
        reaches: Mapping[str, Reachability],
        query: CellQuery,
        came: Dispositions,
        rows_of: RowsOf,
    ) -> None:
        self._reaches, self._asking, self._came, self._rows_of = reaches, query, came, rows_of
        self._destination = query.destination
        self._reach = reaches[query.destination.family]
        self._world, self._space = self._reach.world, self._reach.world.space

    def all(self) -> Iterator[Arrival]:
        """Yield each way that leads to the destination, the best first."""
        match self._destination.kind:
            case DestinationKind.PUBLISHED_PORT:
                yield from self._to_published()
            case DestinationKind.CONTAINER_PORTS:
                yield Arrival(Delivery.DIRECT, self._asking.part_of(self._came.direct, self._by_its_network))
            case DestinationKind.HOST_LISTENER:
                yield self._to_listener()
            case DestinationKind.FORWARDED_PORT:
                yield from self._to_forwarded()

    @property
    def _by_its_network(self) -> PacketSet:
        """Return what leaves by the bridge of a container's network; without a bridge, by whichever interface."""
        network = self._reach.containers.network(self._destination)
        if network is not None and not network.bridge:
            return self._space.everything
        return self._reach.containers.leaving_to(self._destination.container_id)

    def _to_listener(self) -> Arrival:
        """To a program of the host; of a container that has not run yet nobody knows which ports it opens."""
        to, heard = self._destination, self._heard()
        if to.programs is None and to.container_name:
            doubt = by_no_rule(ReasonKind.OPENS_UNKNOWN, container=to.container_name)
            return Arrival(Delivery.LOCAL, heard.doubted(), doubt=doubt)
        return Arrival(Delivery.LOCAL, heard)

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
        yield from self._translated_out()
        by = self._asking.origin.interface or LOOPBACK
        found = self._reach.sockets.taking(binding.protocol, binding.host_ip, binding.host_port, by)
        if found:
            yield from self._by_proxy(found)

    def _to_forwarded(self) -> Iterator[Arrival]:
        """Where a NAT rule leads: out to a container or another machine, or to a program of the host."""
        to = self._destination
        if to.container_name.endswith(_MESH):
            out = self._asking.part_of(self._came.led, self.led)
            yield Arrival(Delivery.DNAT, out.doubted(), doubt=by_no_rule(ReasonKind.MESH_NOT_RECORDED))
        else:
            yield from self._translated_out()
        here = self._asking.part_of(self._came.led_home, self.led)
        if self._reach.unheard and not to.programs:
            yield Arrival(Delivery.LOCAL, here.doubted(), doubt=Decision(None, self._reach.unheard))
        else:
            yield Arrival(Delivery.LOCAL, here, None if to.programs else by_no_rule(ReasonKind.NOBODY_BEHIND_NAT))

    def _translated_out(self) -> Iterator[Arrival]:
        """Where a NAT rule leads out of the host: to the container, to itself, or past the container's networks.

        What it sent itself a container takes from another sender alone, and a bridge's port sends it back in hairpin
        mode alone, which Docker switches on in place of docker-proxy.
        """
        out = self._asking.part_of(self._came.led, self.led)
        if not out:
            return
        owner = self._destination.container_id
        hairpin = has_hairpin(self._reach.inventory, owner)
        there = exactly(self._reach.containers.leaving_to(owner) if owner else self._space.everything)
        own = self._to_itself & there.sure
        passing = own & self._world.translated(Translated.SOURCE) if hairpin is not False else self._space.nothing
        yield Arrival(Delivery.DNAT, out & there - exactly(own - (passing if hairpin else self._space.nothing)))
        if hairpin is None:
            unsaid = by_no_rule(ReasonKind.SOURCE_NOT_RECORDED, source=Source.DOCKERD_ARGV)
            yield Arrival(Delivery.DNAT, (out & exactly(passing)).doubted(), doubt=unsaid)
        yield Arrival(Delivery.DNAT, out & exactly(own - passing), by_no_rule(ReasonKind.LED_TO_SENDER))
        yield Arrival(Delivery.DNAT, out - there, by_no_rule(ReasonKind.HOST_ROUTES_ELSEWHERE))

    @property
    def _to_itself(self) -> PacketSet:
        """Return what a container would get of itself."""
        if self._asking.origin.zone.kind is not ZoneKind.CONTAINER or not self._destination.container_id:
            return self._space.nothing
        return self._reach.containers.sent_by(self._destination.container_id)

    @cached_property
    def led(self) -> PacketSet:
        """Return the packets that a NAT rule leads to where the destination's are led."""
        to = self._destination
        if to.binding is not None:
            return self._reach.containers.at_port(to.container_id, to.binding.container_port)
        return self._world.led_to(to.led) if to.led else self._space.nothing

    def _by_proxy(self, found: tuple[Listener, ...]) -> Iterator[Arrival]:
        """Go on from docker-proxy, which is a program of the host, to the container."""
        if not is_proxied(found):
            yield self._held(found)
            return
        best = onward(self._reaches, self._destination, self._rows_of)
        answered = self._reach.answered_by(found)
        heard = self._asking.part_of(self._came.home, answered)
        match best.outcome:
            case Outcome.ALLOWED:
                yield Arrival(Delivery.PROXY, heard, limited_by=best.limited_by)
            case Outcome.MAY:
                yield Arrival(Delivery.PROXY, heard.doubted(), doubt=best.decision)
            case Outcome.BLOCKED | Outcome.NOBODY:
                yield Arrival(Delivery.PROXY, heard, best.decision)
        other = self._asking.part_of(self._came.home, self._space.everything - answered)
        yield Arrival(Delivery.PROXY, other, by_no_rule(ReasonKind.PROXY_ANSWERS_FROM_NEAREST))

    def _held(self, found: tuple[Listener, ...]) -> Arrival:
        """Say what becomes of packets to a port that another program has."""
        here = self._asking.part_of(self._came.home, self._space.everything)
        names = ", ".join(sorted({name for one in found for name in one.programs}))
        if leads_elsewhere(found):
            if connects_inside(self._reach.inventory, self._destination.container_id):
                return Arrival(Delivery.ROOTLESS, here)
            return self._behind_rootlesskit(here, names)
        return Arrival(Delivery.PROXY, here, by_no_rule(ReasonKind.PORT_HELD, programs=names))

    def _behind_rootlesskit(self, here: Bounds, names: str) -> Arrival:
        """Go on in the namespace of a rootless engine, as far as it was recorded."""
        to = self._destination
        told = self._reach.behind.get((to.container_id, to.family, to.protocol, to.ports[0][0]))
        if told is None or names != ROOTLESSKIT:
            doubt = by_no_rule(ReasonKind.PROXY_OUT_OF_RECORDING, programs=names)
            return Arrival(Delivery.ROOTLESS, here.doubted(), doubt=doubt)
        decision = Decision(told.rule, told.reason)
        match told.outcome:
            case Outcome.ALLOWED:
                return Arrival(Delivery.ROOTLESS, here, limited_by=told.limited_by)
            case Outcome.MAY:
                return Arrival(Delivery.ROOTLESS, here.doubted(), doubt=decision)
            case Outcome.BLOCKED | Outcome.NOBODY:
                return Arrival(Delivery.ROOTLESS, here, decision)

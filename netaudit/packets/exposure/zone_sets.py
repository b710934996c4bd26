"""What each zone sends, as sets of packets: from where, by which interface, and to which addresses of the host."""

from collections.abc import Iterable
from functools import cached_property, lru_cache

from netaudit.model.exposure import ZoneKind
from netaudit.model.netfilter.match import CtState, Field
from netaudit.model.ranges import Ranges, contains, single, without
from netaudit.packets.host.destinations import PORT_PROTOCOLS
from netaudit.packets.host.route_ranges import LOOPBACK, LOOPBACK_NET
from netaudit.packets.host.zones import CLIENT_PORTS, NOT_ROUTED, Origin, as_ranges
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.symbolic.encoding.host_sets import DECISION, LINK_LOCAL, TRANSLATED, HostSets
from netaudit.packets.values.probe import OWN_TTL, PROTOCOLS

_SYN = 2  # the flags of a TCP connection's first packet
OF_NETWORKS = frozenset({ZoneKind.NETWORK, ZoneKind.CONTAINER})


class ZoneSets:
    """The packets of a host's zones, in one family; what was asked once is remembered.

    `only` holds all packets that are looked at: it may be made smaller before anything is asked.
    """

    def __init__(self, world: HostSets, origins: Iterable[Origin]) -> None:
        self._world, self._space, self._origins = world, world.space, tuple(origins)
        self.only = self._space.everything
        remembered = lru_cache(maxsize=None)
        self.sent, self.base = remembered(self._sent), remembered(self._base)
        self.addresses_for, self.other_addresses_for = remembered(self._addresses_for), remembered(self._others_for)

    def on_its_bridge(self, origin: Origin) -> PacketSet:
        """Return what a network's member sends to another: it does not leave the bridge."""
        if origin.zone.kind not in OF_NETWORKS:
            return self._space.nothing
        return self._space.in_ranges(Field.DADDR, self._world.ranges.neighbours.get(origin.interface, ()))

    def addresses(self, interface: str) -> Ranges:
        """Return an interface's addresses, without link-local ones."""
        known = self._world.routing.interfaces.get(interface)
        found = [ip for ip in self._world.routing.addresses(known) if not ip.is_link_local] if known else []
        return single(sorted(map(int, found)))

    @cached_property
    def link_addresses(self) -> Ranges:
        """Return the host's addresses on its links."""
        links = {one.interface for one in self._origins if one.zone.kind is ZoneKind.LAN}
        return tuple(range_ for link in sorted(links) for range_ in self.addresses(link))

    def _sent(self, origin: Origin) -> PacketSet:
        """Return the first packets of all connections that a zone may open."""
        space, world = self._space, self._world
        packets = self.only & space.in_ranges(Field.SADDR, origin.senders) & world.at(Field.IIF, origin.interface)
        packets &= space.in_ranges(Field.PROTOCOL, single(sorted(PORT_PROTOCOLS.values())))
        if origin.zone.kind is ZoneKind.INTERNET:
            packets &= self._routed_by_internet(origin)
        if origin.zone.kind is ZoneKind.HOST:
            packets &= world.from_home & space.in_ranges(Field.SPORT, CLIENT_PORTS) - self._listening
        if origin.zone.kind in OF_NETWORKS:  # a container's loopback is its own
            packets -= space.in_ranges(Field.DADDR, (LOOPBACK_NET[world.family],))
            packets -= self._of_others_hardware
        if origin.on_link:
            packets &= space.in_ranges(
                Field.DADDR, world.ranges.neighbours.get(origin.interface, ()) + self.addresses(origin.interface)
            )
        for field, value in self._constants(origin):
            packets &= space.equal(field, value)
        if Field.TCP_FLAGS in space.widths:
            tcp = space.equal(Field.PROTOCOL, PROTOCOLS["tcp"])
            packets = packets - tcp | packets & tcp & space.equal(Field.TCP_FLAGS, _SYN)
        return packets

    @cached_property
    def _of_others_hardware(self) -> PacketSet:
        """Return what no container sends: the hardware address of each is known."""
        space = self._space
        if Field.SMAC not in space.widths:
            return space.nothing
        sent = ((space.in_ranges(Field.SADDR, ((one, one),)), some) for one, some in self._world.macs.items())
        return space.union(packets - space.equal(Field.SMAC, min(some)) for packets, some in sent if len(some) == 1)

    @property
    def _listening(self) -> PacketSet:
        """Return what would come from ports at which programs of the host listen: no other can send from there."""
        space = self._space
        held: dict[str, set[int]] = {}
        for one in self._world.routing.host.listeners:
            held.setdefault(one.protocol, set()).add(one.port)
        return space.union(
            space.equal(Field.PROTOCOL, number) & space.in_ranges(Field.SPORT, single(sorted(held[name])))
            for name, number in PORT_PROTOCOLS.items()
            if name in held
        )

    def _constants(self, origin: Origin) -> list[tuple[str, int]]:
        """List what is the same in all packets of a zone."""
        fields = {
            TRANSLATED: 0,
            Field.OIF: 0,
            Field.CT_STATE: int(CtState.INVALID),  # until connection tracking sees it
            DECISION: 0,
            Field.MARK: 0,
            Field.CT_MARK: 0,
            Field.SOCKET: int(origin.zone.kind is ZoneKind.HOST),
        }
        if origin.zone.kind is ZoneKind.HOST:
            fields[Field.TTL] = OWN_TTL
        return [(field, value) for field, value in fields.items() if field in self._space.widths]

    def _routed_by_internet(self, origin: Origin) -> PacketSet:
        """Return what routers lead here: what is addressed to the uplink itself, and to addresses that are routed."""
        own = self.addresses(origin.interface)
        private = self._space.in_ranges(Field.DADDR, as_ranges(NOT_ROUTED[self._world.family]))
        return self._space.everything - private | self._space.in_ranges(Field.DADDR, own)

    def _base(self, origin: Origin) -> PacketSet:
        """Return what tells a zone's packets from others in a traversal."""
        senders = self._space.in_ranges(Field.SADDR, origin.senders)
        if origin.zone.kind is ZoneKind.HOST:
            return senders
        return senders & self._world.at(Field.IIF, origin.interface)

    def _others_for(self, origin: Origin) -> Ranges:
        """Return the host's other addresses at which a zone may try such a port, as far as packets get there.

        Neighbours may give the host packets for any of its addresses; one that is good for one link is asked on it, and
        loopback where it may come in.
        """
        routing = self._world.routing
        own = [
            int(ip)
            for one in routing.interfaces.values()
            for ip in routing.addresses(one)
            if one.name == origin.interface or not self._is_of_link(int(ip))
        ]
        found = without(single(sorted(set(own))), self.addresses_for(origin))
        return found if _reaches_loopback(self._world, origin) else without(found, (LOOPBACK_NET[self._world.family],))

    def _is_of_link(self, address: int) -> bool:
        return self._world.family == "ip6" and contains((LINK_LOCAL,), address)

    def _addresses_for(self, origin: Origin) -> Ranges:
        """Return the host's addresses that a zone would first use for a port that is open on all of them."""
        if origin.zone.kind in (ZoneKind.INTERNET, ZoneKind.LAN):
            return self.addresses(origin.interface)
        return self.link_addresses or self.addresses(origin.interface or LOOPBACK)


def _reaches_loopback(world: HostSets, origin: Origin) -> bool:
    """Tell whether a zone's packets to loopback may come in: the host's own, and IPv4's by route_localnet."""
    if world.family == "ip6":
        return origin.interface in ("", LOOPBACK)
    return not origin.interface or origin.interface in world.ranges.to_loopback

"""Fields that the host's routes decide: the types of a packet's addresses, and the reverse path to its sender."""

from collections.abc import Callable
from functools import cached_property
from ipaddress import ip_address

from netaudit.model.host import Ip, Route
from netaudit.model.netfilter.match import NFPROTO_IPV6, Field, RouteType
from netaudit.model.routing.policy import PolicyRule
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.policy.reverse_path import ReversePath
from netaudit.packets.host.policy.rules import ask
from netaudit.packets.host.route_ranges import RouteRanges
from netaudit.packets.values.packet import Packet, Value

TYPE_OF = {
    Field.SADDR_TYPE: (Field.SADDR, None),
    Field.DADDR_TYPE: (Field.DADDR, None),
    Field.SADDR_TYPE_IIF: (Field.SADDR, Field.IIF),
    Field.DADDR_TYPE_IIF: (Field.DADDR, Field.IIF),
    Field.SADDR_TYPE_OIF: (Field.SADDR, Field.OIF),
    Field.DADDR_TYPE_OIF: (Field.DADDR, Field.OIF),
}
HARDWARE_OF = {Field.IIFTYPE: Field.IIF, Field.OIFTYPE: Field.OIF}
_THIS_NETWORK, _LIMITED_BROADCAST = 0, (1 << 32) - 1


def as_address(packet: Packet, field: Field) -> Ip | None:
    """Return an address of a packet, of its family; None where it is not known."""
    value = packet.number(field)
    if value is None:
        return None
    return ip_address(value.to_bytes(16 if packet.get(Field.NFPROTO) == NFPROTO_IPV6 else 4, "big"))


def is_for_many(address: Ip) -> bool:
    """Tell whether an address is multicast, or 255.255.255.255."""
    return address.is_multicast or (address.version == 4 and int(address) == _LIMITED_BROADCAST)


class RouteLookup:
    """Answers for the fields that depend on the host as well as on the packet."""

    def __init__(self, routing: Routing) -> None:
        self.routing = routing

    @cached_property
    def _reverse_path(self) -> ReversePath | None:
        """Return the policy rules turned round; None where only the usual ones are there."""
        found = ReversePath(RouteRanges(self.routing.host, self.routing.family, {}))
        return found if self.routing.host.policy is not None and found.by_rules else None

    def asking(self, packet: Packet) -> Callable[[Field], Value]:
        """Return the function that a match calls for the value of a field of this packet."""

        def value_of(field: Field) -> Value:
            value = packet.get(field)
            return self._outside(packet, field) if value is None else value

        return value_of

    def _outside(self, packet: Packet, field: Field) -> Value:
        if field in HARDWARE_OF:
            at = self.routing.interfaces.get(packet.name(HARDWARE_OF[field]))
            return (at.hardware or None) if at else None
        if field in TYPE_OF:
            of, interface = TYPE_OF[field]
            address = as_address(packet, of)
            known = address is not None and self.routing.routes
            return self.kind(address, packet.name(interface) if interface else "") if address and known else None
        return self._leads_back(packet) if field is Field.REVERSE_PATH else None

    def kind(self, address: Ip, interface: str = "") -> int:
        """Return the RouteType of an address by the table `local`, for one interface or for all.

        Source: inet_addr_type_dev_table() in the kernel's net/ipv4/fib_frontend.c.
        """
        if address.is_multicast:
            return RouteType.MULTICAST
        if address.version == 4 and (int(address) >> 24 == _THIS_NETWORK or int(address) == _LIMITED_BROADCAST):
            return RouteType.BROADCAST
        route = self.routing.route(address)
        if route is None or route.table != "local":
            return RouteType.UNICAST
        known = RouteType.__members__.get(route.kind.upper(), RouteType.UNICAST)
        return known if not interface or interface in _interfaces(route) else RouteType.UNICAST

    def _leads_back(self, packet: Packet) -> Value:
        """Return 1 where the route to the sender leaves by the interface that the packet came in by, else 0."""
        address, interface = as_address(packet, Field.SADDR), packet.name(Field.IIF)
        if interface == "lo":
            return 1
        if address is None or self.routing.policy_tables or not self.routing.routes:
            return None
        reverse = self._reverse_path
        if reverse is None:
            found: Route | PolicyRule | None = self.routing.route(address)
        else:
            found = ask(reverse.by_rules, int(address), self.asking(packet))
        return int(isinstance(found, Route) and interface in _interfaces(found))


def _interfaces(route: Route) -> list[str]:
    return [hop.interface for hop in route.hops]

"""Where the host sends a packet: its routes, which the kernel calls the forwarding information base (FIB).

The tables `local`, `main` and `default` are read in this order: the policy rules that every kernel starts with say so.
Further policy rules (ip-rule(8)) lead to other tables: netaudit.packets.host.policy asks them where a recording holds
them. Where it does not, `Routing.policy_tables` names the other tables that have routes: answers are in doubt.
"""

from collections.abc import Iterator
from functools import cached_property
from ipaddress import ip_address
from itertools import pairwise

from netaudit.model.host import Host, Interface, Ip, NextHop, Route
from netaudit.model.netfilter.family import ADDRESS_BITS, Family
from netaudit.packets.host.sysctls import Sysctls

_TABLES = ("local", "main", "default")


class Routing:
    """The routes of one family."""

    def __init__(self, host: Host, family: Family) -> None:
        self.host, self.family = host, family
        self.interfaces = {one.name: one for one in host.interfaces}
        self.sysctls = Sysctls(dict(host.sysctls), family)

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """Return the routes in the order in which they are tried: the first whose network holds an address decides."""
        known = [route for route in self.host.routes if route.family == self.family and self._is_used(route)]
        known += self._of_new_addresses({route.destination for route in known if route.table == "local"})
        return tuple(sorted(known, key=self._rank))

    @cached_property
    def policy_tables(self) -> tuple[str, ...]:
        """Return the tables that only further policy rules lead to, which were not recorded."""
        if self.host.policy is not None:
            return ()
        return tuple(sorted({one.table for one in self.host.routes if one.family == self.family} - set(_TABLES)))

    def route(self, address: Ip) -> Route | None:
        """Return the route to an address, None where there is none."""
        return self._find(int(address))

    def _find(self, number: int) -> Route | None:
        return next((group[number >> shift] for shift, group in self._index if number >> shift in group), None)

    def preferred_source(self, target: Ip) -> Ip | None:
        """Return the address that the host sends from where a program chooses none; None where no route tells."""
        route = self.route(target)
        if route is None or route.kind == "local":
            return target if route else None
        if route.source:
            return ip_address(route.source)
        interface = self.interfaces.get(route.hops[0].interface) if route.hops else None
        return next(self.addresses(interface), None) if interface else None

    def ranges(self) -> Iterator[tuple[int, int, Route]]:
        """Return ranges of addresses, each with the route that decides it; addresses without a route are left out."""
        bits = ADDRESS_BITS[self.family]
        starts = {0, 1 << bits}
        for route in self.routes:
            network = route.network
            first = int(network.network_address)
            starts |= {first, first + network.num_addresses}
        for first, after in pairwise(sorted(starts)):
            decides = self._find(first)
            if decides:
                yield first, after - 1, decides

    def addresses(self, interface: Interface) -> Iterator[Ip]:
        """Return an interface's addresses of this family, global ones first."""
        mine = [one for one in interface.addresses if (":" in one.local) == (self.family == "ip6")]
        return (one.ip for one in sorted(mine, key=lambda one: one.scope != "global"))

    def _of_new_addresses(self, known: set[str]) -> Iterator[Route]:
        """Return the local routes that new IPv6 addresses get after duplicate address detection, a second later.

        Where no local routes are known at all, they were not recorded.
        """
        for interface in self.interfaces.values() if known else ():
            for address in self.addresses(interface):
                if address.version == 6 and f"{address}/128" not in known:
                    yield Route(Family.IP6, f"{address}/128", (NextHop(interface.name),), kind="local", table="local")

    def _is_used(self, route: Route) -> bool:
        return route.table in _TABLES and route.kind != "throw"

    def _rank(self, route: Route) -> tuple[int, int, int]:
        """Return the sort key: the table, then the longest prefix, then the lowest metric."""
        return (_TABLES.index(route.table), -int(route.destination.rpartition("/")[2]), route.metric)

    @cached_property
    def _index(self) -> list[tuple[int, dict[int, Route]]]:
        """Return the routes by prefix, for each table and prefix length, in the order in which they are tried."""
        levels: dict[tuple[int, int], dict[int, Route]] = {}
        for route in self.routes:
            address, _, prefix = route.destination.rpartition("/")
            shift = ADDRESS_BITS[self.family] - int(prefix)
            group = levels.setdefault((_TABLES.index(route.table), shift), {})
            group.setdefault(int(ip_address(address)) >> shift, route)
        return [(shift, group) for (_, shift), group in levels.items()]

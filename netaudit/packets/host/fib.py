"""Where the host sends a packet: its routing tables and the switches beside them, for one address and for sets alike.

The tables `local`, `main` and `default` are read in this order, as the rules do that every kernel starts with. Other
tables are asked only by policy rules (ip-rule(8)), which a recording does not hold: `Routing.policy_tables` names
those that have routes, and what is decided here is doubtful where there are any.
"""

from collections.abc import Iterator
from functools import cached_property
from ipaddress import ip_address
from itertools import pairwise

from netaudit.model.host import Host, Interface, Ip, NextHop, Route

_TABLES = ("local", "main", "default")
_BITS = {"ip": 32, "ip6": 128}
_ON = "1"


class Routing:
    """The routes of one family."""

    def __init__(self, host: Host, family: str) -> None:
        self.host, self.family = host, family
        self.interfaces = {one.name: one for one in host.interfaces}
        self._sysctls = dict(host.sysctls)

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """Return the routes in the order in which they are tried: the first whose network holds an address decides."""
        known = [route for route in self.host.routes if route.family == self.family and self._is_used(route)]
        known += self._of_new_addresses({route.destination for route in known if route.table == "local"})
        return tuple(sorted(known, key=self._rank))

    @cached_property
    def policy_tables(self) -> tuple[str, ...]:
        """Name the tables that only policy rules lead to."""
        return tuple(sorted({one.table for one in self.host.routes if one.family == self.family} - set(_TABLES)))

    def route(self, address: Ip) -> Route | None:
        """Find the route to an address; None where there is none."""
        return self._find(int(address))

    def _find(self, number: int) -> Route | None:
        return next((group[number >> shift] for shift, group in self._index if number >> shift in group), None)

    def ranges(self) -> Iterator[tuple[int, int, Route]]:
        """Cut all addresses into ranges, each with the route that decides it; what has no route is left out."""
        bits = _BITS[self.family]
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
        """List an interface's addresses of this family, global ones first."""
        mine = [one for one in interface.addresses if (":" in one.local) == (self.family == "ip6")]
        return (one.ip for one in sorted(mine, key=lambda one: one.scope != "global"))

    def forwards(self, interface: str) -> bool | None:
        """Tell whether what comes in by an interface is forwarded; None where that was not recorded."""
        if self.family == "ip6":
            names = ["net.ipv6.conf.all.forwarding"]
        else:
            names = [f"net.ipv4.conf.{_escaped(interface)}.forwarding", "net.ipv4.ip_forward"]
        said = [self._sysctls[name] for name in names if name in self._sysctls]
        return said[0] == _ON if said else None

    def strict_source(self, interface: str) -> bool | None:
        """Tell whether the way back to a sender must lead out of the interface that its packet came by (rp_filter)."""
        if self.family == "ip6":
            return False
        levels = [self._sysctls.get(f"net.ipv4.conf.{one}.rp_filter") for one in ("all", _escaped(interface))]
        known = [level for level in levels if level is not None]
        return max(known) == _ON if known else None

    def routes_loopback(self, interface: str) -> bool:
        """Tell whether 127.0.0.0/8 may come in and go out by an interface (route_localnet); ::1 never may."""
        if self.family == "ip6":
            return False
        names = (f"net.ipv4.conf.{one}.route_localnet" for one in ("all", _escaped(interface)))
        return any(self._sysctls.get(name) == _ON for name in names)

    def filters_bridged(self) -> bool | None:
        """Tell whether what a bridge passes on between its ports meets IP's hooks (br_netfilter)."""
        name = "iptables" if self.family == "ip" else "ip6tables"
        value = self._sysctls.get(f"net.bridge.bridge-nf-call-{name}")
        return value == _ON if value is not None else (False if self._sysctls else None)

    def _of_new_addresses(self, known: set[str]) -> Iterator[Route]:
        """Give the local routes that IPv6 addresses get a second after they are set, when nobody objects (DAD).

        Where no local routes are known at all, none are recorded.
        """
        for interface in self.interfaces.values() if known else ():
            for address in self.addresses(interface):
                if address.version == 6 and f"{address}/128" not in known:
                    yield Route("ip6", f"{address}/128", (NextHop(interface.name),), kind="local", table="local")

    def _is_used(self, route: Route) -> bool:
        return route.table in _TABLES and route.kind != "throw"

    def _rank(self, route: Route) -> tuple[int, int, int]:
        """Order by table, then the longest prefix, then the lowest metric."""
        return (_TABLES.index(route.table), -int(route.destination.rpartition("/")[2]), route.metric)

    @cached_property
    def _index(self) -> list[tuple[int, dict[int, Route]]]:
        """Index the routes by table and prefix length, in the order in which they are tried."""
        levels: dict[tuple[int, int], dict[int, Route]] = {}
        for route in self.routes:
            address, _, prefix = route.destination.rpartition("/")
            shift = _BITS[self.family] - int(prefix)
            group = levels.setdefault((_TABLES.index(route.table), shift), {})
            group.setdefault(int(ip_address(address)) >> shift, route)
        return [(shift, group) for (_, shift), group in levels.items()]


def _escaped(interface: str) -> str:
    """Name an interface as sysctl does: eth0.100 is eth0/100."""
    return interface.replace(".", "/")

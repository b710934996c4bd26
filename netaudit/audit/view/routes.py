"""Where packets of a network go: the routes that it takes them from, and whether its containers reach the Internet."""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

import msgspec

from netaudit.errors import NetauditError
from netaudit.model.docker import Network
from netaudit.model.exposure import Outcome
from netaudit.model.host import Host, Route
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import Field
from netaudit.model.netfilter.ruleset import Item
from netaudit.model.reason import Reason
from netaudit.model.snapshot import Snapshot
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.zones import is_routed
from netaudit.packets.query.query import TraceQuery, answer_query
from netaudit.packets.values.steps import ARRIVED, Trace

_HALF = 1  # a route of half of all addresses is a default route in disguise, as VPNs write it
_FAR = ("198.51.100.7", "203.0.113.7", "192.0.2.7")  # of documentation: one of them is no neighbour's


def hidden_routes(host: Host, network: Network) -> Iterator[str]:
    """Return routes that lead elsewhere, for destinations that are in the subnets of a network or hold one of them."""
    if not network.bridge:
        return
    subnets = [ip_network(one, strict=False) for one in (network.subnet, network.subnet6) if one]
    for route in host.routes:
        if _leads_elsewhere(route, network) and any(route.network.overlaps(subnet) for subnet in subnets):
            yield _words(route)


def _leads_elsewhere(route: Route, network: Network) -> bool:
    there = route.kind == "unicast" and route.network.prefixlen > _HALF and not route.network.is_multicast
    return there and bool(route.hops) and all(hop.interface not in ("lo", network.bridge) for hop in route.hops)


def _words(route: Route) -> str:
    hop = route.hops[0]
    by = f" via {hop.gateway}" if hop.gateway else ""
    table = f", table {route.table}" if route.table != "main" else ""
    return f"{route.destination}{by} on {hop.interface}{table}"


class Outbound(msgspec.Struct, frozen=True):
    """What becomes of it: `item` and `reason` say what stops it, `masked` whether the answer finds its way back."""

    outcome: Outcome
    item: Item | None = None
    reason: Reason | None = None
    masked: bool = True


def outbound(snapshot: Snapshot, network: Network) -> Outbound | None:
    """Follow a packet of IPv4; None where there is nothing to ask: no default route, nobody on the network."""
    routing = Routing(snapshot.host, Family.IP)
    far = next((one for one in _FAR if _is_beyond(routing, one)), None)
    if far is None:
        return None
    try:
        answer = answer_query(TraceQuery(f"network:{network.name}", f"{far}:443/tcp"), snapshot, snapshot.program)
    except NetauditError:  # nobody is on it
        return None
    return _summed(answer.trace)


def _is_beyond(routing: Routing, address: str) -> bool:
    route = routing.route(ip_address(address))
    return route is not None and route.network.prefixlen == 0 and route.kind == "unicast"


def _summed(trace: Trace) -> Outbound:
    sent = [end for end in trace.ends if end.kind in ARRIVED]
    ends = (end for one in (trace, *trace.answers) for end in one.ends)
    stopped = next((end for end in ends if end.kind not in ARRIVED), None)
    source = trace.packet.number(Field.SADDR) or 0
    masked = is_routed(source, Family.IP) or all(end.packet.number(Field.SADDR) != source for end in sent)
    if trace.outcome is Outcome.ALLOWED and not masked and not trace.doubts:
        return Outbound(Outcome.BLOCKED, masked=False)
    return Outbound(trace.outcome, stopped.item if stopped else None, stopped.reason if stopped else None, masked)

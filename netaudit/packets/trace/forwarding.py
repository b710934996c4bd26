"""Where a packet goes from here: to this host, out of an interface, or nowhere; each with its reason.

Sources: ip_route_input_slow() and __fib_validate_source() in the kernel's net/ipv4.
"""

from collections.abc import Iterator
from enum import Enum

from netaudit.model.host import Ip, NextHop, Route
from netaudit.model.match import Field
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.route_lookup import as_address, is_for_many
from netaudit.packets.trace.branch import Branch
from netaudit.packets.trace.recorder import TraceRecorder
from netaudit.packets.values.steps import EndKind, StepKind


class RouteDecision(Enum):
    """To whom."""

    LOCAL = "local"
    THROUGH = "through"


class Forwarding:
    """Routes packets of one family, and writes down how."""

    def __init__(self, routing: Routing, diary: TraceRecorder) -> None:
        self._routing = routing
        self._diary = diary

    def receives(self, state: Branch) -> bool:
        """Tell whether what came by a wire is shown to any rule: not from or to ::1 (ipv6_rcv())."""
        ends = [as_address(state.packet, field) for field in (Field.SADDR, Field.DADDR)]
        if not any(one is not None and one.version == 6 and one.is_loopback for one in ends):
            return True
        self._lost(state, f"::1 does not come by {state.packet.name(Field.IIF)}")
        return False

    def incoming(self, state: Branch) -> Iterator[tuple[RouteDecision, Branch]]:
        """Route what came in by an interface."""
        source, target = as_address(state.packet, Field.SADDR), as_address(state.packet, Field.DADDR)
        if source is None or target is None:
            self._unknown(state, "where it goes hangs on an address that is not known")
            return
        interface = state.packet.name(Field.IIF)
        if strange := self._strange(source, target, interface):
            self._lost(state, strange)
            return
        if is_for_many(target):
            yield from self._to_many(target, state)
            return
        for route, one in self._routes(target, state):
            if route.kind in ("local", "broadcast"):
                self._step(one, "to this host", route)
                yield RouteDecision.LOCAL, one
            elif may := self._may_forward(one, interface):
                yield from ((RouteDecision.THROUGH, sent) for sent in self._by_hops(route, may))

    def _to_many(self, target: Ip, state: Branch) -> Iterator[tuple[RouteDecision, Branch]]:
        """Take what is for everybody on the link, and what is for a group if a program of this host is in it.

        Nothing of it is forwarded without a multicast router. Source: ip_route_input_rcu() in net/ipv4/route.c.
        """
        if target.is_multicast:
            state = state.part()
            self._diary.doubt(f"whether a program of this host is in group {target} is not recorded")
            self._lost(state, f"no program of this host is in group {target}")
        self._diary.step(StepKind.ROUTE, None, state, "continue", "to this host, as to everybody who listens")
        yield RouteDecision.LOCAL, state

    def outgoing(self, state: Branch, link: str = "") -> list[Branch]:
        """Route what this host sends itself; `link` is the interface for addresses that are good for one link."""
        target = as_address(state.packet, Field.DADDR)
        if target is None:
            self._unknown(state, "where it goes hangs on an address that is not known")
            return []
        if link and target.version == 6 and target.is_link_local:
            self._diary.step(StepKind.ROUTE, None, state, "continue", f"out of {link}, on its link")
            return [state.become(state.packet.changed({Field.OIF: link}))]
        found: list[Branch] = []
        for route, one in self._routes(target, state):
            if route.kind in ("local", "broadcast"):
                self._step(one, "to this host, over loopback", route)
                found.append(one.become(one.packet.changed({Field.OIF: "lo"})))
            else:
                found += [sent for sent in self._by_hops(route, one) if self._may_leave(sent)]
        return found

    def _may_leave(self, state: Branch) -> bool:
        """Keep loopback's addresses inside (__mkroute_output() in net/ipv4/route.c)."""
        source, interface = as_address(state.packet, Field.SADDR), state.packet.name(Field.OIF)
        if (
            source is None
            or source.version == 6
            or not source.is_loopback
            or self._routing.sysctls.routes_loopback(interface)
        ):
            return True
        self._lost(state, f"{source} is loopback's, and may not leave by {interface} (route_localnet is off)")
        return False

    def _strange(self, source: Ip, target: Ip, interface: str) -> str:
        """Say what is impossible about the addresses (a martian), "" for nothing."""
        loopback = self._routing.sysctls.routes_loopback(interface) if interface != "lo" else True
        if source.is_multicast or (source.is_loopback and not loopback):
            return f"the sender's address {source} cannot come by {interface}"
        if target.is_loopback and not loopback:
            return f"{target} is loopback's, and {interface} may not lead there (route_localnet is off)"
        return self._wrong_way(source, interface)

    def _wrong_way(self, source: Ip, interface: str) -> str:
        """Say why the kernel does not believe the sender's address, "" where it does."""
        back = self._routing.route(source)
        if back is not None and back.kind == "local" and interface != "lo" and self._routing.family == "ip":
            return f"the sender's address {source} is this host's own"
        leads_back = back is not None and interface in [hop.interface for hop in back.hops]
        if self._routing.sysctls.strict_source(interface) and not leads_back:
            return f"the way back to {source} does not lead out of {interface} (rp_filter)"
        return ""

    def _routes(self, target: Ip, state: Branch) -> Iterator[tuple[Route, Branch]]:
        """Find the route; where policy routing may lead elsewhere, that is an end of its own."""
        if not self._routing.routes:
            self._unknown(state, "the host's routes are not recorded")
            return
        route = self._routing.route(target)
        if self._routing.policy_tables and (route is None or route.table != "local"):
            tables = ", ".join(self._routing.policy_tables)
            self._unknown(state.part(), f"routing rules may lead to table {tables}; they are not recorded")
            state = state.part()
        if route is None or route.kind in ("unreachable", "blackhole", "prohibit"):
            self._lost(state, f"no route to {target}" if route is None else f"the route to {target} is {route.kind}")
            return
        yield route, state

    def _may_forward(self, state: Branch, interface: str) -> Branch | None:
        forwards = self._routing.sysctls.forwards(interface)
        if forwards is None:
            self._unknown(state.part(), f"whether {interface} forwards is not recorded")
            return state.part()
        if not forwards:
            self._lost(state, f"{interface} does not forward (its sysctl `forwarding` is off)")
            return None
        return state

    def _by_hops(self, route: Route, state: Branch) -> list[Branch]:
        """Send by the route's interface; over several, one of them is the way, and which is not known."""
        hops = {hop.interface: hop for hop in route.hops}
        if len(hops) > 1:
            self._diary.doubt(f"the route to {route.destination} has several ways")
        found = []
        for hop in hops.values():
            one = state if len(hops) == 1 else state.part(len(hops))
            self._step(one, f"out of {hop.interface}{_via(hop)}", route)
            found.append(one.become(one.packet.changed({Field.OIF: hop.interface})))
        return found

    def _step(self, state: Branch, text: str, route: Route) -> None:
        self._diary.step(StepKind.ROUTE, None, state, "continue", f"{text}, by route {route.destination}")

    def _lost(self, state: Branch, reason: str) -> None:
        self._diary.step(StepKind.ROUTE, None, state, "drop", reason)
        self._diary.end(EndKind.LOST, state, reason)

    def _unknown(self, state: Branch, reason: str) -> None:
        self._diary.doubt(reason)
        self._diary.end(EndKind.UNKNOWN, state, reason)


def _via(hop: NextHop) -> str:
    return f" to {hop.gateway}" if hop.gateway else ""

"""Where a packet goes from here: to this host, out of an interface, or nowhere; each with its reason.

Sources: ip_route_input_slow() and __fib_validate_source() in the kernel's net/ipv4.
"""

from collections.abc import Iterator
from enum import Enum

from netaudit.model.host import Ip, NextHop, Route
from netaudit.model.netfilter.match import Field
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.model.routing.policy import PolicyRule
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.route_lookup import as_address, is_for_many
from netaudit.packets.trace.policy_routes import PolicyWalk
from netaudit.packets.trace.recorder import TraceRecorder
from netaudit.packets.values.branch import Branch
from netaudit.packets.values.steps import EndKind, StepKind


class RouteDecision(Enum):
    """To whom."""

    LOCAL = "local"
    THROUGH = "through"


class _Notes:
    """Writes down what routing does to packets."""

    def __init__(self, recorder: TraceRecorder) -> None:
        self._recorder = recorder

    def step(self, state: Branch, detail: Reason) -> None:
        """Let a packet go on, as routing says."""
        self._recorder.step(StepKind.ROUTE, None, state, "continue", detail)

    def lost(self, state: Branch, reason: Reason) -> None:
        """End the way of a packet that is dropped."""
        self._recorder.step(StepKind.ROUTE, None, state, "drop", reason)
        self._recorder.end(EndKind.LOST, state, reason)

    def unknown(self, state: Branch, reason: Reason) -> None:
        """End the way of a packet of which it is not known how it goes on."""
        self._recorder.doubt(reason)
        self._recorder.end(EndKind.UNKNOWN, state, reason)

    def doubt(self, reason: Reason) -> None:
        """Note what is not known."""
        self._recorder.doubt(reason)


class Forwarding:
    """Routes packets of one family, and writes down how."""

    def __init__(self, routing: Routing, recorder: TraceRecorder) -> None:
        self._routing = routing
        self._notes = _Notes(recorder)
        self._policy = PolicyWalk(routing, recorder)

    @property
    def by_policy(self) -> bool:
        """Tell whether more than a packet's destination chooses its route."""
        return bool(self._policy)

    def receives(self, state: Branch) -> bool:
        """Tell whether what came by a wire is shown to any rule: not from or to ::1 (ipv6_rcv())."""
        ends = [as_address(state.packet, field) for field in (Field.SADDR, Field.DADDR)]
        if not any(one is not None and one.version == 6 and one.is_loopback for one in ends):
            return True
        self._notes.lost(
            state, make_reason(ReasonKind.V6_LOOPBACK_AT_INTERFACE, interface=state.packet.name(Field.IIF))
        )
        return False

    def incoming(self, state: Branch) -> Iterator[tuple[RouteDecision, Branch]]:
        """Route what came in by an interface."""
        source, target = as_address(state.packet, Field.SADDR), as_address(state.packet, Field.DADDR)
        if source is None or target is None:
            self._notes.unknown(state, make_reason(ReasonKind.ADDRESS_UNKNOWN))
            return
        interface = state.packet.name(Field.IIF)
        reason = _why_martian(self._routing, source, target, interface) or self._astray(state, source, interface)
        if reason:
            self._notes.lost(state, reason)
            return
        if is_for_many(target):
            yield from self._to_many(target, state)
            return
        for route, one in self._routes(target, state):
            if route.kind in ("local", "broadcast"):
                self._notes.step(one, make_reason(ReasonKind.ROUTED_HERE, route=route.destination))
                yield RouteDecision.LOCAL, one
            elif may := self._may_forward(one, interface):
                yield from ((RouteDecision.THROUGH, sent) for sent in self._by_hops(route, may))

    def _astray(self, state: Branch, source: Ip, interface: str) -> Reason | None:
        """Return why a sender is not believed whose way back does not lead out of the interface (rp_filter)."""
        if not self._routing.sysctls.strict_source(interface):
            return None
        back = self._policy.back(state.packet, source, interface) if self._policy else self._routing.route(source)
        if back is not None and interface in [hop.interface for hop in back.hops]:
            return None
        return make_reason(ReasonKind.REVERSE_PATH, address=source, interface=interface)

    def _to_many(self, target: Ip, state: Branch) -> Iterator[tuple[RouteDecision, Branch]]:
        """Take what is for everybody on the link, and what is for a group if a program of this host is in it.

        Nothing of it is forwarded without a multicast router. Source: ip_route_input_rcu() in net/ipv4/route.c.
        """
        if target.is_multicast:
            state = state.part()
            self._notes.doubt(make_reason(ReasonKind.GROUP_NOT_RECORDED, group=target))
            self._notes.lost(state, make_reason(ReasonKind.NOT_IN_GROUP, group=target))
        self._notes.step(state, make_reason(ReasonKind.FOR_EVERYBODY))
        yield RouteDecision.LOCAL, state

    def outgoing(self, state: Branch, link: str = "") -> list[Branch]:
        """Route what this host sends itself; `link` is the interface for addresses that are good for one link."""
        target = as_address(state.packet, Field.DADDR)
        if target is None:
            self._notes.unknown(state, make_reason(ReasonKind.ADDRESS_UNKNOWN))
            return []
        if link and target.version == 6 and target.is_link_local:
            self._notes.step(state, make_reason(ReasonKind.SENT_ON_LINK, interface=link))
            return [state.become(state.packet.changed({Field.OIF: link}))]
        found: list[Branch] = []
        for route, one in self._routes(target, state):
            if route.kind in ("local", "broadcast"):
                self._notes.step(one, make_reason(ReasonKind.ROUTED_HERE_OVER_LOOPBACK, route=route.destination))
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
        self._notes.lost(state, make_reason(ReasonKind.LOOPBACK_LEAVES_BY, address=source, interface=interface))
        return False

    def _routes(self, target: Ip, state: Branch) -> Iterator[tuple[Route, Branch]]:
        """Find the route; where policy routing may lead elsewhere, that is an end of its own."""
        if not self._routing.routes:
            self._notes.unknown(state, make_reason(ReasonKind.ROUTES_NOT_RECORDED))
            return
        if self._policy:
            yield from self._by_policy(target, state)
            return
        route = self._routing.route(target)
        if self._routing.policy_tables and (route is None or route.table != "local"):
            tables = ", ".join(self._routing.policy_tables)
            self._notes.unknown(state.part(), make_reason(ReasonKind.POLICY_TABLES_NOT_RECORDED, tables=tables))
            state = state.part()
        yield from self._usable(target, route, state)

    def _by_policy(self, target: Ip, state: Branch) -> Iterator[tuple[Route, Branch]]:
        for found, one in self._policy.choose(target, state):
            if isinstance(found, PolicyRule):
                self._notes.lost(one, make_reason(ReasonKind.POLICY_REFUSES, rule=found.text))
            else:
                yield from self._usable(target, found, one)

    def _usable(self, target: Ip, route: Route | None, state: Branch) -> Iterator[tuple[Route, Branch]]:
        if route is None:
            self._notes.lost(state, make_reason(ReasonKind.NO_ROUTE_TO, address=target))
        elif route.kind in ("unreachable", "blackhole", "prohibit"):
            self._notes.lost(state, make_reason(ReasonKind.ROUTE_REFUSES, address=target, route=route.kind))
        else:
            yield route, state

    def _may_forward(self, state: Branch, interface: str) -> Branch | None:
        forwards = self._routing.sysctls.forwards(interface)
        if forwards is None:
            self._notes.unknown(state.part(), make_reason(ReasonKind.FORWARDING_NOT_RECORDED, interface=interface))
            return state.part()
        if not forwards:
            self._notes.lost(state, make_reason(ReasonKind.INTERFACE_NOT_FORWARDING, interface=interface))
            return None
        return state

    def _by_hops(self, route: Route, state: Branch) -> list[Branch]:
        """Send by the route's interface; over several, one of them is the way, and which is not known."""
        hops = {hop.interface: hop for hop in route.hops}
        if len(hops) > 1:
            self._notes.doubt(make_reason(ReasonKind.SEVERAL_ROUTES, route=route.destination))
        found = []
        for hop in hops.values():
            one = state if len(hops) == 1 else state.part(len(hops))
            self._notes.step(one, _out_of(hop, route))
            found.append(one.become(one.packet.changed({Field.OIF: hop.interface})))
        return found


def _out_of(hop: NextHop, route: Route) -> Reason:
    if not hop.gateway:
        return make_reason(ReasonKind.ROUTED_OUT, interface=hop.interface, route=route.destination)
    return make_reason(
        ReasonKind.ROUTED_TO_GATEWAY, interface=hop.interface, gateway=hop.gateway, route=route.destination
    )


def _why_martian(routing: Routing, source: Ip, target: Ip, interface: str) -> Reason | None:
    """Return what is impossible about the addresses (a martian), None for nothing."""
    loopback = routing.sysctls.routes_loopback(interface) if interface != "lo" else True
    if source.is_multicast or (source.is_loopback and not loopback):
        return make_reason(ReasonKind.SOURCE_IMPOSSIBLE, address=source, interface=interface)
    if target.is_loopback and not loopback:
        return make_reason(ReasonKind.LOOPBACK_AT_INTERFACE, address=target, interface=interface)
    own = routing.route(source)
    if own is not None and own.kind == "local" and interface != "lo" and routing.family == "ip":
        return make_reason(ReasonKind.SOURCE_IS_THIS_HOST, address=source)
    return None

"""One packet's way through the hooks of a host.

    from a wire   prerouting ─ route ─┬─ input ─────────────── a program of this host
                                      └─ forward ─ postrouting ─ out
    from here     route ─ output ─ route again ─ postrouting ─ out, or over loopback: prerouting ─ input ─ a program
    bridged       with br_netfilter: prerouting ─ forward ─ postrouting, as IP; without: none of them

At postrouting a packet still has the interface by which it came in, unless a bridge passes it between two ports.

Tables of bridges are asked first about what comes by a bridge, and last about what leaves by one.

Every decision that a snapshot does not settle is followed both ways (netaudit.packets.values.branch).
"""

from collections.abc import Callable
from typing import Protocol

import msgspec

from netaudit.model.docker import Inventory
from netaudit.model.host import Host
from netaudit.model.netfilter.bridges import FROM_HOST, TO_HOST
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import Field
from netaudit.model.netfilter.program import Hook, Program
from netaudit.packets.host.bridge_ports import turned_back
from netaudit.packets.host.containers.namespaces import ContainerNamespace
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.route_lookup import RouteLookup
from netaudit.packets.trace.chain import Walk
from netaudit.packets.trace.forwarding import Forwarding, RouteDecision
from netaudit.packets.trace.hooks import BridgePassage, BridgePorts, Bridges, Hooks
from netaudit.packets.trace.recorder import TraceRecorder
from netaudit.packets.values.branch import Branch, merged
from netaudit.packets.values.packet import SOME_PORT, Packet
from netaudit.packets.values.probe import Probe
from netaudit.packets.values.steps import Trace


class HostContext(msgspec.Struct, frozen=True):
    """What packets pass: rules, the host around them, and what of it was not seen; the containers that answer."""

    program: Program
    host: Host
    unseen: frozenset[str] = frozenset()
    inventory: Inventory | None = None
    namespaces: tuple[ContainerNamespace, ...] = ()  # of containers, where the rules inside were recorded


class Start(msgspec.Struct, frozen=True):
    """A packet where it begins: see netaudit.packets.values.probe.Probe for the places.

    `link` is the interface by which the host sends to addresses that are good for one link.
    """

    packet: Packet
    family: Family
    interface: str = ""
    port: str = ""
    neighbour: bool = False
    neighbour_port: str = ""
    link: str = ""


class Receivers(Protocol):
    """Who takes packets at their ends; each writes an end down."""

    def take(self, state: Branch, recorder: TraceRecorder) -> None:
        """End what comes to a program of this host."""

    def see_off(self, state: Branch, interface: str, recorder: TraceRecorder) -> None:
        """End what leaves by an interface or a bridge's port."""


def start_of(probe: Probe) -> Start:
    """Begin with the packet of a question."""
    places = (probe.interface, probe.port, probe.neighbour, probe.neighbour_port)
    return Start(probe.packet(), probe.family, *places)


class Pipeline:
    """The way of one packet; `track` is what connection tracking makes of it."""

    def __init__(
        self, context: HostContext, start: Start, receivers: Receivers, track: Callable[[Packet], Packet]
    ) -> None:
        self.recorder = TraceRecorder()
        self._start, self._receivers, self._inventory = start, receivers, context.inventory
        self._routing = Routing(context.host, start.family)
        walk = Walk(RouteLookup(self._routing), self.recorder)
        self._hooks = Hooks(context.program, start.family, walk, self.recorder, track)
        self._bridges = Bridges(context.program, walk)
        self._route = Forwarding(self._routing, self.recorder)
        ports = BridgePorts(start.interface, start.port or SOME_PORT, start.neighbour_port or SOME_PORT)
        self._bridged = BridgePassage(self._hooks, self._bridges, self._routing, self.recorder, ports)

    def trace(self) -> Trace:
        """Follow the packet to all its ends."""
        start, packet = self._start, self._start.packet
        state = Branch(packet)
        if not start.interface:
            self._send(state)
        elif start.neighbour:
            for one in self._bridged.follow(state):
                self._receivers.see_off(one, start.neighbour_port or start.interface, self.recorder)
        elif self._route.receives(state):
            self._receive([one.become(self._behind_bridge(one.packet)) for one in self._from_bridge(state)])
        return Trace(
            packet,
            tuple(self.recorder.steps),
            self.recorder.ends,
            tuple(self.recorder.doubts),
            tuple(self.recorder.notes),
            limits=tuple(self.recorder.limits),
        )

    def _from_bridge(self, state: Branch) -> list[Branch]:
        """Lead a packet through the tables of the bridge by which it comes to this host."""
        if not self._is_bridge(self._start.interface):
            return [state]
        return self._bridges.meet(TO_HOST, [state], {Field.PHYSIN: self._start.port or SOME_PORT})

    def _by_bridge(self, states: list[Branch], interface: str) -> list[Branch]:
        """Lead packets through the tables of the bridge by which they leave this host."""
        if not self._is_bridge(interface):
            return states
        return self._bridges.meet(FROM_HOST, states, {Field.IIF: "", Field.PHYSIN: "", Field.PHYSOUT: SOME_PORT})

    def _is_bridge(self, name: str) -> bool:
        interface = self._routing.interfaces.get(name)
        return interface is not None and interface.kind == "bridge"

    def _behind_bridge(self, packet: Packet) -> Packet:
        """Name the bridge's port that a packet came by, where br_netfilter tells the rules of it."""
        filtered = self._routing.sysctls.filters_bridged()
        if not self._is_bridge(self._start.interface) or filtered is False:
            return packet
        return packet.changed({Field.PHYSIN: (self._start.port or SOME_PORT) if filtered else None})

    def _receive(self, states: list[Branch]) -> None:
        for state in self._hooks.meet(Hook.PREROUTING, states):
            for way, one in self._route.incoming(state):
                if way is RouteDecision.LOCAL:
                    self._deliver(self._hooks.meet(Hook.INPUT, [one]))
                else:
                    self._forward(one)

    def _forward(self, state: Branch) -> None:
        """Lead out what was routed; what NAT has led back to its bridge, the bridge passes itself."""
        packet = state.packet
        led = packet.get(Field.DADDR) != self._start.packet.get(Field.DADDR)
        back = turned_back(packet, self._routing, self._inventory) if led else None
        if back is None:
            self._out(self._hooks.meet(Hook.FORWARD, [_hopped(state)]))
            return
        for one in self._bridged.turn(self._hooks.meet(Hook.FORWARD, [state.become(back)])):
            self._receivers.see_off(one, one.packet.name(Field.OIF), self.recorder)

    def _out(self, states: list[Branch]) -> None:
        for state in self._hooks.meet(Hook.POSTROUTING, states):
            interface = state.packet.name(Field.OIF)
            if interface == "lo":
                back = state.packet.changed({Field.IIF: "lo", Field.OIF: "", Field.SOCKET: 0})
                passed = self._hooks.meet(Hook.PREROUTING, [state.become(back)])
                self._deliver(self._hooks.meet(Hook.INPUT, passed))
                continue
            for left in self._by_bridge([state], interface):
                self._receivers.see_off(left, interface, self.recorder)

    def _send(self, state: Branch) -> None:
        """Send from this host: routed, asked, and routed again where output has changed the destination."""
        sent: list[Branch] = []
        for routed in self._route.outgoing(state, self._start.link):
            for passed in self._hooks.meet(Hook.OUTPUT, [routed]):
                asked = (Field.DADDR, Field.MARK) if self._route.by_policy else (Field.DADDR,)
                same = all(passed.packet.get(field) == state.packet.get(field) for field in asked)
                sent += [passed] if same else self._route.outgoing(passed, self._start.link)
        self._out(merged(sent))

    def _deliver(self, states: list[Branch]) -> None:
        for state in states:
            self._receivers.take(state, self.recorder)


def _hopped(state: Branch) -> Branch:
    """Count the hop that forwarding is, as the kernel does before it asks the rules."""
    left = state.packet.number(Field.TTL)
    return state if left is None else state.become(state.packet.changed({Field.TTL: left - 1}))

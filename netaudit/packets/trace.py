"""One packet's way through the hooks of a host.

    from a wire   prerouting ─ route ─┬─ input ─────────────── a program of this host
                                      └─ forward ─ postrouting ─ out
    from here     route ─ output ─ route again ─ postrouting ─ out, or over loopback: prerouting ─ input ─ a program
    bridged       with br_netfilter: prerouting ─ forward ─ postrouting, as IP; without: none of them

Every decision that a snapshot does not settle is followed both ways (netaudit.packets.state).
"""

from collections.abc import Collection

import msgspec

from netaudit.model.facts import Source
from netaudit.model.host import Host
from netaudit.model.match import Field
from netaudit.model.program import Hook, Program
from netaudit.packets.blind import doubted
from netaudit.packets.connection import Connection, connection_of
from netaudit.packets.diary import Diary
from netaudit.packets.hook_chains import HookChains
from netaudit.packets.listening import listener_for
from netaudit.packets.packet import Packet
from netaudit.packets.probe import PROTOCOLS, PacketState, Probe
from netaudit.packets.route_step import RouteStep, Way
from netaudit.packets.routing import Routing
from netaudit.packets.state import State, merged
from netaudit.packets.surroundings import Surroundings, as_address
from netaudit.packets.walk import Walk
from netaudit.packets.way import ARRIVED, EndKind, StepKind, Trace

_NAMES = {number: name for name, number in PROTOCOLS.items()}
_ICMP = frozenset({1, 58})


class Ground(msgspec.Struct, frozen=True):
    """What packets pass: rules, the host around them, and what of it was not seen."""

    program: Program
    host: Host
    unseen: frozenset[str] = frozenset()


def trace(program: Program, host: Host, probe: Probe, unseen: Collection[str] = ()) -> Trace:
    """Follow a packet; a later one of a connection by way of its first. `unseen` are sources that said nothing."""
    found = _follow(Ground(program, host, frozenset(unseen)), probe)
    return doubted(found, probe.family, program, unseen)


def _follow(ground: Ground, probe: Probe) -> Trace:
    if probe.state is PacketState.NEW:
        return _Journey(ground, probe, None).trace()
    first = _Journey(ground, probe, None).trace(begins=True)
    known = [connection_of(end.packet) for end in first.ends if end.kind in ARRIVED or end.kind is EndKind.NOBODY]
    connections = [one for at, one in enumerate(known) if one not in known[:at]]
    if not connections:
        journey = _Journey(ground, probe, {})
        journey.diary.note("no connection like this can begin now: its first packet does not arrive")
        return journey.trace()
    return _either([_Journey(ground, probe, one).trace() for one in connections])


def _either(traces: list[Trace]) -> Trace:
    """Join the ways that a packet may take, one for each way in which its connection may have been translated."""
    first, *others = traces
    if not others:
        return first
    steps = [msgspec.structs.replace(step, sure=False) for one in traces for step in one.steps]
    ends = [msgspec.structs.replace(end, sure=False) for one in traces for end in one.ends]
    reasons = ("how the connection's first packet was translated is not decided",)
    doubts = dict.fromkeys(reasons + tuple(doubt for one in traces for doubt in one.doubts))
    notes = dict.fromkeys(note for one in traces for note in one.notes)
    return Trace(first.packet, tuple(steps), tuple(ends), tuple(doubts), tuple(notes))


class _Journey:
    """The way of one packet; `tracked` is the connection that it belongs to, None where it begins one."""

    def __init__(self, ground: Ground, probe: Probe, tracked: Connection | None) -> None:
        self.diary = Diary()
        self._ground = ground
        self._probe = probe
        self._routing = Routing(ground.host, probe.family)
        walk = Walk(Surroundings(self._routing), self.diary)
        self._hooks = HookChains(ground.program, probe.family, walk, self.diary)
        self._hooks.tracked = tracked
        self._route = RouteStep(self._routing, self.diary)

    def trace(self, *, begins: bool = False) -> Trace:
        """Follow the packet to all its ends; `begins` makes it the first one of its connection."""
        probe = msgspec.structs.replace(self._probe, state=PacketState.NEW) if begins else self._probe
        packet = probe.packet()
        state = State(packet)
        if not self._probe.interface:
            self._send(state)
        elif self._probe.neighbour:
            self._bridge(state)
        else:
            self._receive([state.become(self._behind_bridge(packet))])
        return Trace(
            packet, tuple(self.diary.steps), self.diary.ends, tuple(self.diary.doubts), tuple(self.diary.notes)
        )

    def _behind_bridge(self, packet: Packet) -> Packet:
        """Name the bridge's port that a packet came by, where br_netfilter tells the rules of it."""
        interface = self._routing.interfaces.get(self._probe.interface)
        filtered = self._routing.filters_bridged()
        if interface is None or interface.kind != "bridge" or filtered is False:
            return packet
        return packet.changed({Field.PHYSIN: (self._probe.port or None) if filtered else None})

    def _receive(self, states: list[State]) -> None:
        for state in self._hooks.meet(Hook.PREROUTING, states):
            for way, one in self._route.incoming(state):
                if way is Way.LOCAL:
                    self._deliver(self._hooks.meet(Hook.INPUT, [one]))
                else:
                    self._out(self._hooks.meet(Hook.FORWARD, [_hopped(one)]))

    def _out(self, states: list[State]) -> None:
        for state in self._hooks.meet(Hook.POSTROUTING, states):
            interface = state.packet.name(Field.OIF)
            if interface == "lo":
                back = state.packet.changed({Field.IIF: "lo", Field.OIF: "", Field.SOCKET: 0})
                passed = self._hooks.meet(Hook.PREROUTING, [state.become(back)])
                self._deliver(self._hooks.meet(Hook.INPUT, passed))
            else:
                self.diary.end(EndKind.SENT, state, interface)

    def _send(self, state: State) -> None:
        """Send from this host: routed, asked, and routed anew where output has changed the destination."""
        sent: list[State] = []
        for routed in self._route.outgoing(state):
            for passed in self._hooks.meet(Hook.OUTPUT, [routed]):
                same = passed.packet.get(Field.DADDR) == state.packet.get(Field.DADDR)
                sent += [passed] if same else self._route.outgoing(passed)
        self._out(merged(sent))

    def _bridge(self, state: State) -> None:
        """Pass between two ports of a bridge: IP's hooks see it only where br_netfilter shows it to them."""
        filtered = self._routing.filters_bridged()
        if filtered is None:
            self.diary.doubt("whether bridged packets meet IP's rules (bridge-nf-call-iptables) is not recorded")
        if filtered is not True:
            plain = state if filtered is False else state.part()
            self.diary.step(StepKind.LINK, None, plain, "continue", f"bridged by {self._probe.interface}: no IP rules")
            self.diary.end(EndKind.SENT, plain, self._probe.neighbour_port or self._probe.interface)
        if filtered is not False:
            self._bridge_filtered(state if filtered else state.part())

    def _bridge_filtered(self, state: State) -> None:
        packet = state.packet.changed({Field.PHYSIN: self._probe.port or None})
        for one in self._hooks.meet(Hook.PREROUTING, [state.become(packet)]):
            if one.packet.get(Field.DADDR) != packet.get(Field.DADDR):
                self.diary.end(EndKind.UNKNOWN, one, "a bridged packet that was given another destination")
                self.diary.doubt("where a bridged packet with a new destination goes is not followed")
                continue
            bridge = self._probe.interface
            beyond = {Field.OIF: bridge, Field.PHYSOUT: self._probe.neighbour_port or None}
            self.diary.step(StepKind.LINK, None, one, "continue", f"bridged by {bridge}")
            for passed in self._hooks.meet(Hook.FORWARD, [one.become(one.packet.changed(beyond))]):
                for out in self._hooks.meet(Hook.POSTROUTING, [passed]):
                    self.diary.end(EndKind.SENT, out, self._probe.neighbour_port or bridge)

    def _deliver(self, states: list[State]) -> None:
        for state in states:
            self._to_program(state)

    def _to_program(self, state: State) -> None:
        protocol = state.packet.number(Field.PROTOCOL)
        address = as_address(state.packet, Field.DADDR)
        if protocol in _ICMP:
            self.diary.end(EndKind.LOCAL, state, "the kernel answers")
            return
        port, interface = state.packet.number(Field.DPORT), state.packet.name(Field.IIF)
        if Source.SOCKETS in self._ground.unseen:
            self.diary.doubt("what listens on this host is not recorded")
            self.diary.end(EndKind.UNKNOWN, state, "it reaches the host; what listens there is not recorded")
            return
        name = _NAMES.get(protocol or 0, "")
        found = listener_for(self._ground.host, name, address, port, interface) if address else None
        if found is None:
            self.diary.end(EndKind.NOBODY, state, f"nothing listens on {address} port {port}/{name}")
        else:
            self.diary.end(EndKind.LOCAL, state, ", ".join(found.programs) or "a program that was not seen")


def _hopped(state: State) -> State:
    """Count the hop that forwarding is, as the kernel does before it asks the rules."""
    left = state.packet.number(Field.TTL)
    return state if left is None else state.become(state.packet.changed({Field.TTL: left - 1}))

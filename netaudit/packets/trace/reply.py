"""The answer to a packet that arrived: which packet it is, where it begins, and who waits for it."""

from collections.abc import Callable

import msgspec

from netaudit.model.docker import Inventory
from netaudit.model.netfilter.match import CT_SNAT, CtState, Field
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.packets.host.container_routes import (
    ON_A_LINK,
    ContainerRoutes,
    container_routes,
    is_on_link,
    macs,
    routes_of,
)
from netaudit.packets.host.containers.datagrams import answers_from_nearest, is_nearest
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.route_lookup import as_address, is_for_many
from netaudit.packets.host.sockets import Sockets
from netaudit.packets.trace.conntrack import answering, begin, belong
from netaudit.packets.trace.pipeline import Start
from netaudit.packets.trace.recorder import TraceRecorder
from netaudit.packets.values.branch import Branch
from netaudit.packets.values.packet import Packet, Value
from netaudit.packets.values.probe import SYN_ACK
from netaudit.packets.values.steps import End, EndKind

_TCP, _UDP = 6, 17
_ACK, _DECIDING = 0x10, 0x17  # of FIN, SYN, RST and ACK
_ECHO = {8: 0, 13: 14, 128: 129}  # ICMP's and ICMPv6's questions, and their answers
_IN_RETURN = {Field.SADDR: Field.DADDR, Field.DADDR: Field.SADDR, Field.SPORT: Field.DPORT, Field.DPORT: Field.SPORT}
_KEPT = (Field.NFPROTO, Field.ETHERTYPE, Field.PROTOCOL)


def is_answered(packet: Packet) -> bool:
    """Tell whether what arrives is answered at all, and it is known how: what is for many, each answers as itself."""
    target = as_address(packet, Field.DADDR)
    if target is not None and is_for_many(target):
        return False
    return Field.ICMP_TYPE not in packet.fields or packet.get(Field.ICMP_TYPE) in _ECHO


class ReplyContext(msgspec.Struct, frozen=True):
    """A packet that is asked about, and what is known around it."""

    asked: Start
    routing: Routing
    inventory: Inventory | None

    def home(self, came: Packet) -> ContainerRoutes | None:
        """Find the home of the container that a packet came to, if the answer may leave it by another way."""
        address = came.number(Field.DADDR)
        if address is None or came.number(Field.SADDR) is None or _has_new_source(came):
            return None
        return routes_of(container_routes(self.inventory, self.asked.family), address)

    def mac(self, came: Packet) -> int | None:
        """Return the hardware address of the container that a packet came to."""
        return macs(self.inventory, self.asked.family).get(came.number(Field.DADDR) or 0)

    def is_near(self, packet: Packet, interface: str) -> bool:
        """Tell whether a packet's sender is on the link of an interface."""
        sender = as_address(packet, Field.SADDR)
        return sender is not None and is_on_link(self.routing, self.inventory, interface, sender)

    def is_beside(self, interface: str) -> bool:
        """Tell whether an interface is beside containers on a link of the host's."""
        known = self.routing.interfaces.get(interface)
        return known is not None and known.kind in ON_A_LINK

    def is_bridged(self, came: Packet, there: str) -> bool:
        """Tell whether the sender is on the bridge of who answers, so that no router stands between them."""
        interface = self.routing.interfaces.get(there)
        bridge = interface is not None and interface.kind == "bridge"
        return bridge and not _has_new_source(came) and self.is_near(came, there)

    def is_answered_elsewhere(self, came: Packet) -> bool:
        """Tell whether docker-proxy, which took a packet, answers it from another address."""
        asked, sender = as_address(came, Field.DADDR), as_address(came, Field.SADDR)
        port = came.number(Field.DPORT)
        if came.get(Field.PROTOCOL) != _UDP or not (asked and sender and port and self.inventory):
            return False
        taking = Sockets(self.routing.host.listeners).receiver("udp", str(asked), port, came.name(Field.IIF))
        return (
            taking is not None
            and answers_from_nearest((taking,), self.inventory)
            and not is_nearest(self.routing, sender, asked)
        )


class NoReply(msgspec.Struct, frozen=True):
    """An answer that does not come to this host: there is no way (LOST), or it is not followed (UNKNOWN)."""

    kind: EndKind
    reason: Reason


def reply_start(end: End, setting: ReplyContext) -> Start | NoReply:
    """Return where the answer to a packet that came to an end begins, or why it never comes to this host."""
    came, asked = end.packet, setting.asked
    if end.kind is not EndKind.SENT:
        if setting.is_answered_elsewhere(came):
            return NoReply(EndKind.LOST, make_reason(ReasonKind.PROXY_ANSWERS_FROM_NEAREST))
        return Start(_answer(came, ""), asked.family, link=asked.interface)
    there = came.name(Field.OIF) or asked.interface
    home = setting.home(came)
    if home is not None:
        way = home.way(came.number(Field.SADDR) or 0)
        if way is None:
            return NoReply(EndKind.LOST, make_reason(ReasonKind.NO_WAY_BACK_OF_CONTAINER))
        if home.is_beside(came.number(Field.SADDR) or 0) and setting.is_beside(there):
            way = there
        if way not in setting.routing.interfaces:
            return NoReply(EndKind.UNKNOWN, make_reason(ReasonKind.CONTAINER_ANSWERS_ELSEWHERE))
        there = way
    port, neighbour_port = (asked.neighbour_port, asked.port) if asked.neighbour else ("", "")
    back = asked.neighbour and there == asked.interface and not _has_new_source(came)
    near = back or setting.is_bridged(came, there)
    known = {Field.SMAC: setting.mac(came)}
    return Start(_answer(came, there).changed(known), asked.family, there, port, near, neighbour_port)


def _answer(came: Packet, there: str) -> Packet:
    """Turn a packet round; what depends on who answers is not known."""
    turned: dict[Field, Value] = {field: came.get(other) for field, other in _IN_RETURN.items() if other in came.fields}
    own: dict[Field, Value] = {
        Field.FRAGMENT: 0,
        Field.PKTTYPE: 0,
        Field.MARK: 0,
        Field.IIF: there,
        Field.OIF: "",
        Field.PHYSIN: "",
        Field.PHYSOUT: "",
        Field.CT_STATE: CtState.INVALID,
        Field.SOCKET: 0 if there else 1,
    }
    if came.get(Field.PROTOCOL) == _TCP:
        own[Field.TCP_FLAGS] = SYN_ACK
    if Field.ICMP_TYPE in came.fields:
        own |= {Field.ICMP_TYPE: _ECHO.get(came.number(Field.ICMP_TYPE) or 0), Field.ICMP_CODE: 0}
    return Packet({**{field: came.get(field) for field in _KEPT}, **turned, **own})


def _has_new_source(came: Packet) -> bool:
    return bool((came.number(Field.CT_STATUS) or 0) & CT_SNAT)


def tracking(came: Packet) -> Callable[[Packet], Packet]:
    """Return what connection tracking makes of the answer to a packet."""
    if came.get(Field.CT_STATE) == CtState.UNTRACKED:
        return _alone
    known = answering(came)
    return lambda packet: belong(packet, known)


def _alone(packet: Packet) -> Packet:
    """Track an answer to nothing that is known: in UDP it begins a connection, a TCP handshake's second packet none.

    Without SYN a TCP connection is picked up in its middle. Source: nf_conntrack_proto_tcp.c, tcp_conntracks.
    """
    flags = packet.number(Field.TCP_FLAGS)
    begins = packet.get(Field.PROTOCOL) == _UDP or (flags is not None and flags & _DECIDING == _ACK)
    return begin(packet) if begins else packet


class ReplyReceiver:
    """Receives answers to a packet: only what comes from where it was sent to, and to where it came from."""

    def __init__(self, setting: ReplyContext) -> None:
        self._setting, self._asked = setting, setting.asked

    def take(self, state: Branch, recorder: TraceRecorder) -> None:
        """End what comes to a program of this host."""
        if self._asked.interface or not self._is_known(state):
            recorder.end(EndKind.LOST, state, make_reason(ReasonKind.ANSWER_NOT_EXPECTED))
        else:
            recorder.end(EndKind.LOCAL, state, make_reason(ReasonKind.TAKEN_BY_ASKER))

    def see_off(self, state: Branch, interface: str, recorder: TraceRecorder) -> None:
        """End what leaves by an interface or a bridge's port."""
        came, leaves = self._asked.interface, state.packet.name(Field.OIF)
        if not self._is_known(state):
            recorder.end(EndKind.LOST, state, make_reason(ReasonKind.ANSWER_NOT_EXPECTED))
        elif leaves and leaves != came:
            reason = make_reason(ReasonKind.BACK_BY_OTHER_INTERFACE, interface=leaves, asked=came or "none")
            self._astray(state, reason, recorder)
        else:
            recorder.end(EndKind.SENT, state, make_reason(ReasonKind.LEFT_BY, interface=interface))

    def _astray(self, state: Branch, reason: Reason, recorder: TraceRecorder) -> None:
        """End what leaves by another interface than the packet came by.

        It is lost if the sender is a neighbour there: by another interface it cannot be reached. A sender that is not
        a neighbour may be reached by both.
        """
        if self._setting.is_near(self._asked.packet, self._asked.interface):
            recorder.end(EndKind.LOST, state, reason)
        else:
            recorder.doubt(reason)
            recorder.end(EndKind.UNKNOWN, state, reason)

    def _is_known(self, state: Branch) -> bool:
        return all(
            state.packet.get(field) == self._asked.packet.get(other)
            for field, other in _IN_RETURN.items()
            if other in self._asked.packet.fields
        )

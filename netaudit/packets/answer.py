"""The answer to a packet that arrived: which packet it is, where it begins, and who waits for it."""

from collections.abc import Callable

from netaudit.model.match import CT_SNAT, CtState, Field
from netaudit.packets.connection import answering, begin, belong
from netaudit.packets.diary import Diary
from netaudit.packets.packet import Packet, Value
from netaudit.packets.passage import Start
from netaudit.packets.probe import SYN_ACK
from netaudit.packets.routing import Routing
from netaudit.packets.state import State
from netaudit.packets.surroundings import as_address
from netaudit.packets.way import End, EndKind

NOT_WAITED_FOR = "it is not translated back, so nobody waits for it"
_TCP, _UDP = 6, 17
_ACK, _DECIDING = 0x10, 0x17  # of FIN, SYN, RST and ACK
_ECHO = {8: 0, 13: 14, 128: 129}  # ICMP's and ICMPv6's questions, and their answers
_IN_RETURN = {Field.SADDR: Field.DADDR, Field.DADDR: Field.SADDR, Field.SPORT: Field.DPORT, Field.DPORT: Field.SPORT}
_KEPT = (Field.NFPROTO, Field.ETHERTYPE, Field.PROTOCOL)


def is_answered(packet: Packet) -> bool:
    """Tell whether what arrives is answered at all, and it is known how."""
    return Field.ICMP_TYPE not in packet.fields or packet.get(Field.ICMP_TYPE) in _ECHO


def begins_at(end: End, asked: Start, routing: Routing) -> Start:
    """Say where the answer to a packet that came to an end begins."""
    came = end.packet
    there = "" if end.kind is not EndKind.SENT else came.name(Field.OIF) or asked.interface
    packet = _answer(came, there)
    near = _is_near(came, there, routing)
    port, neighbour_port = (asked.neighbour_port, asked.port) if asked.neighbour else ("", "")
    return Start(packet, asked.family, there, port, near, neighbour_port)


def _answer(came: Packet, there: str) -> Packet:
    """Turn a packet round; what is the answer's own, and hangs on who answers, is not known."""
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


def _is_near(came: Packet, there: str, routing: Routing) -> bool:
    """Tell whether the sender is on the bridge that the packet left by, so that no router stands between them."""
    interface, sender = routing.interfaces.get(there), as_address(came, Field.SADDR)
    if interface is None or interface.kind != "bridge" or sender is None:
        return False
    if (came.number(Field.CT_STATUS) or 0) & CT_SNAT:
        return False
    route = routing.route(sender)
    hops = route.hops if route and route.kind == "unicast" else ()
    return any(hop.interface == there and not hop.gateway for hop in hops)


def tracking(came: Packet) -> Callable[[Packet], Packet]:
    """Say what connection tracking makes of the answer to a packet."""
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


class Asker:
    """Receives answers to a packet: only what comes from where it was sent to, and to where it came from."""

    def __init__(self, asked: Start) -> None:
        self._asked = asked

    def take(self, state: State, diary: Diary) -> None:
        """End what comes to a program of this host."""
        if self._asked.interface or not self._is_known(state):
            diary.end(EndKind.LOST, state, NOT_WAITED_FOR)
        else:
            diary.end(EndKind.LOCAL, state, "the program that asked")

    def see_off(self, state: State, interface: str, diary: Diary) -> None:
        """End what leaves by an interface or a bridge's port."""
        came, leaves = self._asked.interface, state.packet.name(Field.OIF)
        if not self._is_known(state):
            diary.end(EndKind.LOST, state, NOT_WAITED_FOR)
        elif leaves and leaves != came:
            reason = f"it leaves by {leaves}, and the packet came by {came or 'none'}"
            diary.doubt(reason)
            diary.end(EndKind.UNKNOWN, state, reason)
        else:
            diary.end(EndKind.SENT, state, interface)

    def _is_known(self, state: State) -> bool:
        return all(
            state.packet.get(field) == self._asked.packet.get(other)
            for field, other in _IN_RETURN.items()
            if other in self._asked.packet.fields
        )

"""Who takes a packet that is for this host: the sockets that listen."""

from netaudit.model.facts import Source
from netaudit.model.host import Host, Ip, Listener
from netaudit.model.match import Field
from netaudit.model.reason import ReasonKind, because
from netaudit.packets.host.route_lookup import as_address
from netaudit.packets.trace.branch import Branch
from netaudit.packets.trace.recorder import TraceRecorder
from netaudit.packets.values.probe import PROTOCOLS, parse_ip
from netaudit.packets.values.steps import EndKind

_ANY = ("*", "0.0.0.0", "::")  # noqa: S104 (as ss prints them)
_NAMES = {number: name for name, number in PROTOCOLS.items()}
_ICMP = frozenset({1, 58})


class Listeners:
    """Receivers of what is sent to the host or through it."""

    def __init__(self, host: Host, unseen: frozenset[str]) -> None:
        self._host, self._unseen = host, unseen

    def take(self, state: Branch, recorder: TraceRecorder) -> None:
        """End what comes to a program of this host."""
        protocol = state.packet.number(Field.PROTOCOL)
        address = as_address(state.packet, Field.DADDR)
        if protocol in _ICMP:
            recorder.end(EndKind.LOCAL, state, because(ReasonKind.TAKEN_BY_KERNEL))
            return
        port, interface = state.packet.number(Field.DPORT), state.packet.name(Field.IIF)
        if Source.SOCKETS in self._unseen:
            recorder.doubt(because(ReasonKind.SOCKETS_NOT_RECORDED))
            recorder.end(EndKind.UNKNOWN, state, because(ReasonKind.LISTENER_NOT_RECORDED))
            return
        name = _NAMES.get(protocol or 0, "")
        found = listener_for(self._host, name, address, port, interface) if address else None
        if found is None:
            reason = because(ReasonKind.NOTHING_LISTENS, address=address, port=port, protocol=name)
            recorder.end(EndKind.NOBODY, state, reason)
        elif names := ", ".join(found.programs):
            recorder.end(EndKind.LOCAL, state, because(ReasonKind.TAKEN_BY, programs=names))
        else:
            recorder.end(EndKind.LOCAL, state, because(ReasonKind.TAKEN_BY_UNSEEN))

    def see_off(self, state: Branch, interface: str, recorder: TraceRecorder) -> None:
        """End what leaves by an interface or a bridge's port."""
        recorder.end(EndKind.SENT, state, because(ReasonKind.LEFT_BY, interface=interface))


def listener_for(host: Host, protocol: str, address: Ip, port: int | None, interface: str) -> Listener | None:
    """Find the socket that takes packets to an address and port; the one that says most exactly what it wants."""
    fitting = [
        one
        for one in host.listeners
        if one.protocol == protocol and one.port == port and one.interface in ("", interface) and _takes(one, address)
    ]
    return min(fitting, key=lambda one: one.address in _ANY, default=None)


def _takes(listener: Listener, address: Ip) -> bool:
    if listener.address in _ANY:
        return listener.address == "*" or (":" in listener.address) == (address.version == 6)
    return parse_ip(listener.address) == address

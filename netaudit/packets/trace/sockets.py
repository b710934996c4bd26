"""Who takes a packet that is for this host: the sockets that listen."""

from netaudit.model.facts import Source
from netaudit.model.host import Host
from netaudit.model.netfilter.match import Field
from netaudit.model.reason import ReasonKind, make_reason
from netaudit.packets.host.route_lookup import as_address
from netaudit.packets.host.sockets import Sockets
from netaudit.packets.trace.branch import Branch
from netaudit.packets.trace.recorder import TraceRecorder
from netaudit.packets.values.probe import PROTOCOL_NAMES
from netaudit.packets.values.steps import EndKind

_ICMP = frozenset({1, 58})


class Listeners:
    """Receivers of what is sent to the host or through it."""

    def __init__(self, host: Host, unseen: frozenset[str]) -> None:
        self._sockets, self._unseen = Sockets(host.listeners), unseen

    def take(self, state: Branch, recorder: TraceRecorder) -> None:
        """End what comes to a program of this host."""
        protocol = state.packet.number(Field.PROTOCOL)
        address = as_address(state.packet, Field.DADDR)
        if protocol in _ICMP:
            recorder.end(EndKind.LOCAL, state, make_reason(ReasonKind.TAKEN_BY_KERNEL))
            return
        port, interface = state.packet.number(Field.DPORT), state.packet.name(Field.IIF)
        if Source.SOCKETS in self._unseen:
            recorder.doubt(make_reason(ReasonKind.SOCKETS_NOT_RECORDED))
            recorder.end(EndKind.UNKNOWN, state, make_reason(ReasonKind.LISTENER_NOT_RECORDED))
            return
        name = PROTOCOL_NAMES.get(protocol or 0, "")
        found = self._sockets.receiver(name, str(address), port, interface) if address and port is not None else None
        if found is None:
            reason = make_reason(ReasonKind.NOTHING_LISTENS, address=address, port=port, protocol=name)
            recorder.end(EndKind.NOBODY, state, reason)
        elif names := ", ".join(found.programs):
            recorder.end(EndKind.LOCAL, state, make_reason(ReasonKind.TAKEN_BY, programs=names))
        else:
            recorder.end(EndKind.LOCAL, state, make_reason(ReasonKind.TAKEN_BY_UNSEEN))

    def see_off(self, state: Branch, interface: str, recorder: TraceRecorder) -> None:
        """End what leaves by an interface or a bridge's port."""
        recorder.end(EndKind.SENT, state, make_reason(ReasonKind.LEFT_BY, interface=interface))

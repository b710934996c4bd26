"""Who takes a packet that is for this host: the sockets that listen."""

from netaudit.model.facts import Source
from netaudit.model.host import Host
from netaudit.model.match import Field
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

    def take(self, state: Branch, diary: TraceRecorder) -> None:
        """End what comes to a program of this host."""
        protocol = state.packet.number(Field.PROTOCOL)
        address = as_address(state.packet, Field.DADDR)
        if protocol in _ICMP:
            diary.end(EndKind.LOCAL, state, "the kernel answers")
            return
        port, interface = state.packet.number(Field.DPORT), state.packet.name(Field.IIF)
        if Source.SOCKETS in self._unseen:
            diary.doubt("what listens on this host is not recorded")
            diary.end(EndKind.UNKNOWN, state, "it reaches the host; what listens there is not recorded")
            return
        name = PROTOCOL_NAMES.get(protocol or 0, "")
        found = self._sockets.receiver(name, str(address), port, interface) if address and port is not None else None
        if found is None:
            diary.end(EndKind.NOBODY, state, f"nothing listens on {address} port {port}/{name}")
        else:
            diary.end(EndKind.LOCAL, state, ", ".join(found.programs) or "a program that was not seen")

    def see_off(self, state: Branch, interface: str, diary: TraceRecorder) -> None:
        """End what leaves by an interface or a bridge's port."""
        diary.end(EndKind.SENT, state, interface)

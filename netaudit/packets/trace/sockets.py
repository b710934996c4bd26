"""Who takes a packet that is for this host: the sockets that listen."""

from netaudit.model.docker import Inventory
from netaudit.model.facts import Source
from netaudit.model.netfilter.match import Field
from netaudit.model.reason import ReasonKind, make_reason
from netaudit.packets.host.container_routes import bridges_of, parents_of
from netaudit.packets.host.route_lookup import as_address
from netaudit.packets.host.sockets import Sockets
from netaudit.packets.trace.pipeline import HostContext
from netaudit.packets.trace.recorder import TraceRecorder
from netaudit.packets.values.branch import Branch
from netaudit.packets.values.probe import PROTOCOL_NAMES
from netaudit.packets.values.steps import EndKind

_ICMP = frozenset({1, 58})


class Listeners:
    """Receivers of what is sent to the host or through it."""

    def __init__(self, context: HostContext) -> None:
        self._sockets, self._unseen = Sockets(context.host.listeners), context.unseen
        self._inventory = context.inventory or Inventory()
        here = {one.name for one in context.host.interfaces}
        self._parents = parents_of(self._inventory)
        self._bridges = {number: bridge for number, bridge in bridges_of(self._inventory).items() if bridge in here}

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
        """End what leaves by an interface or a bridge's port; by another than its bridge it comes to no container."""
        packet = state.packet
        leaves, bridge = packet.name(Field.OIF), self._bridges.get(packet.get(Field.DADDR))
        if leaves and leaves == self._parents.get(packet.get(Field.DADDR)):
            recorder.end(EndKind.LOST, state, make_reason(ReasonKind.HOST_KEPT_APART))
        elif bridge and leaves and leaves != bridge:
            recorder.end(EndKind.LOST, state, make_reason(ReasonKind.HOST_ROUTES_ELSEWHERE))
        elif bridge and packet.get(Field.CT_ORIG_SADDR) == packet.get(Field.DADDR) and packet.name(Field.IIF) == leaves:
            self._back(state, interface, recorder)
        else:
            recorder.end(EndKind.SENT, state, make_reason(ReasonKind.LEFT_BY, interface=interface))

    def _back(self, state: Branch, interface: str, recorder: TraceRecorder) -> None:
        """End what NAT leads back to the container that sent it."""
        proxy, packet = self._inventory.options.userland_proxy, state.packet
        if packet.get(Field.SADDR) == packet.get(Field.DADDR) or proxy:
            recorder.end(EndKind.LOST, state, make_reason(ReasonKind.LED_TO_SENDER))
        elif proxy is None:
            reason = make_reason(ReasonKind.SOURCE_NOT_RECORDED, source=Source.DOCKERD_ARGV)
            recorder.doubt(reason)
            recorder.end(EndKind.UNKNOWN, state, reason)
        else:
            recorder.end(EndKind.SENT, state, make_reason(ReasonKind.LEFT_BY, interface=interface))

"""The places and wires that a packet passes: eth0, veth pair, bridge, veth pair, eth0.

container web    eth0, 172.18.0.2, 02:42:ac:12:00:02
veth1a2b3c4      the host's end of its veth pair, port of br-8c698eab3c9e
br-8c698eab3c9e  bridge of network backend, 172.18.0.1
veth5d6e7f8      …
container db     eth0, 172.18.0.3
"""

from collections.abc import Iterator

from netaudit.model.docker import Network
from netaudit.model.host import Interface
from netaudit.model.netfilter.match import Field
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.model.snapshot import Snapshot
from netaudit.packets.host.bridge_ports import ports_of
from netaudit.packets.host.locations import Attached, Source, attached_at
from netaudit.packets.host.route_lookup import as_address
from netaudit.packets.values.steps import End, EndKind, Hop, HopKind, Trace

_NAMED = 2  # of more ports that may be a container's only the number is told


def draw_ahead(source: Source, trace: Trace, snapshot: Snapshot) -> tuple[Hop, ...]:
    """Draw a packet that no rule of the host sees."""
    drawing, end = _Drawing(snapshot), trace.ends[0]
    if source.attached is not None:
        sender = drawing.container(source.attached, HopKind.SENDER)
    else:
        sender = Hop(HopKind.SENDER, str(source.address) if source.interface else "this host", _of_host(source))
    if end.kind is EndKind.SENT:
        return (sender, *drawing.beyond(end))
    return (sender, Hop(HopKind.HOST, "nowhere", detail=end.reason))


def draw(source: Source, trace: Trace, snapshot: Snapshot) -> tuple[Hop, ...]:
    """Draw the way to the end that the packet comes to; where several are possible, to one that it reaches."""
    drawing = _Drawing(snapshot)
    ends = sorted(trace.ends, key=lambda end: end.kind not in (EndKind.SENT, EndKind.LOCAL))
    hops = [*drawing.begin(source), *(drawing.finish(source, ends[0]) if ends else ())]
    return tuple(hop for at, hop in enumerate(hops) if at == 0 or hop != hops[at - 1])


class _Drawing:
    """Draws on one host."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._interfaces = {one.name: one for one in snapshot.host.interfaces}

    def begin(self, source: Source) -> Iterator[Hop]:
        """Draw how the packet comes to the host's rules."""
        if source.attached is not None:
            yield self.container(source.attached, HopKind.SENDER)
            yield from self._port(source.attached)
        else:
            yield Hop(HopKind.SENDER, str(source.address) if source.interface else "this host", _of_host(source))
        if source.interface:
            yield self._link(source.interface)

    def finish(self, source: Source, end: End) -> Iterator[Hop]:
        """Draw how it goes on, or where it stays."""
        interface = end.packet.name(Field.OIF) or (source.interface if end.kind is EndKind.SENT else "")
        if end.kind is EndKind.SENT and interface:
            yield self._link(interface)
            yield from self.beyond(end)
        elif end.kind in (EndKind.LOCAL, EndKind.NOBODY):
            yield Hop(HopKind.RECEIVER, "this host", str(as_address(end.packet, Field.DADDR) or ""), detail=end.reason)
        else:
            by = make_reason(ReasonKind.AT_RULE, where=end.item.where) if end.item else end.reason
            yield Hop(
                HopKind.HOST, "this host", detail=make_reason(ReasonKind.ENDED, *([by] if by else []), end=end.kind)
            )

    def beyond(self, end: End) -> Iterator[Hop]:
        """Draw who gets what leaves the host."""
        address = as_address(end.packet, Field.DADDR)
        attached = attached_at(self._snapshot, address) if address else None
        if attached is not None:
            yield from self._port(attached)
            yield self.container(attached, HopKind.RECEIVER)
        elif address is not None:
            yield Hop(HopKind.RECEIVER, str(address))

    def container(self, attached: Attached, kind: HopKind) -> Hop:
        """Draw a container; Docker calls its interfaces eth0 and so on, and says of which is which only for one."""
        single = len(attached.container.endpoints) == 1
        inside = _interface_inside(attached.network, single=single)
        mac = next((one.mac for one in attached.network.members if one.container_id == attached.container.id), "")
        return Hop(kind, f"container {attached.container.name}", str(attached.address), mac, inside)

    def _port(self, attached: Attached) -> Iterator[Hop]:
        inventory = self._snapshot.inventory
        ports = (
            ports_of(self._snapshot.host, inventory, attached.container, attached.network.bridge) if inventory else ()
        )
        if len(ports) == 1:
            yield Hop(HopKind.PORT, ports[0].name, mac=ports[0].mac, detail=make_reason(ReasonKind.VETH_END))
        elif ports:
            names = " or ".join(one.name for one in ports[:_NAMED])
            shown = names if len(ports) <= _NAMED else f"one of {len(ports)} ports"
            yield Hop(HopKind.PORT, shown, detail=make_reason(ReasonKind.VETH_END_ONE_OF))

    def _link(self, name: str) -> Hop:
        interface = self._interfaces.get(name, Interface(name))
        network = self._network(name)
        kind = HopKind.BRIDGE if interface.kind == "bridge" else HopKind.LINK
        detail = _bridge_of(network) if network else make_reason(ReasonKind.LINK_KIND, link=interface.kind)
        addresses = ", ".join(str(one) for one in interface.addresses if one.scope == "global")
        return Hop(kind, name, addresses, interface.mac, detail)

    def _network(self, bridge: str) -> Network | None:
        networks = self._snapshot.inventory.networks if self._snapshot.inventory else ()
        return next((one for one in networks if one.bridge == bridge), None)


def _of_host(source: Source) -> str:
    return "" if source.interface else str(source.address)


def _interface_inside(network: Network, *, single: bool) -> Reason:
    if single:
        return make_reason(ReasonKind.INTERFACE_INSIDE)
    return make_reason(ReasonKind.INTERFACE_OF_NETWORK, network=network.name)


def _bridge_of(network: Network) -> Reason:
    """Return whose bridge it is, with the options that decide who reaches whom."""
    options = {
        ReasonKind.OPTION_INTERNAL: network.internal,
        ReasonKind.OPTION_NO_ICC: not network.icc,
        ReasonKind.OPTION_NO_MASQUERADE: not network.masquerade,
    }
    told = [make_reason(kind) for kind, is_set in options.items() if is_set]
    if not told:
        return make_reason(ReasonKind.BRIDGE_OF_NETWORK, network=network.name)
    return make_reason(ReasonKind.BRIDGE_OF_NETWORK_WITH, *told, network=network.name)

"""What is decided about a packet before any rule of the host sees it: by where it comes from, and where it goes to."""

from netaudit.model.exposure import Outcome, Zone, ZoneKind
from netaudit.model.host import Ip
from netaudit.model.netfilter.family import family_of_version
from netaudit.model.ranges import contains
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.model.snapshot import Snapshot
from netaudit.packets.host.containers.beside import past_host
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.locations import Attached, Source, attached_at, in_network
from netaudit.packets.host.zones import Origin, ZoneChoice, is_routed, origins
from netaudit.packets.values.probe import Probe
from netaudit.packets.values.steps import End, EndKind, Step, StepKind, Trace

_ENDS = {Outcome.ALLOWED: EndKind.SENT, Outcome.BLOCKED: EndKind.LOST, Outcome.MAY: EndKind.UNKNOWN}


def decided_ahead(source: Source, asked: str, probe: Probe, snapshot: Snapshot) -> Trace | None:
    """Return the trace of a packet that never comes to the host's rules; None where it does.

    `asked` is the sender as it was typed: a zone, or an address.
    """
    kind = asked.partition(":")[0]
    if kind == ZoneKind.INTERNET and not _comes_here(source, probe, snapshot):
        return _lost(probe, make_reason(ReasonKind.NOT_ROUTED_BY_INTERNET))
    if kind == ZoneKind.NETWORK and probe.destination.is_loopback:
        return _lost(probe, make_reason(ReasonKind.LOOPBACK_OF_SENDER))
    beside = _beside(source, kind, probe, snapshot)
    if beside is not None:
        return beside
    end = _of_network(source.attached, probe, snapshot) if source.attached else None
    return Trace(probe.packet(), (), (end,)) if end else None


def _comes_here(source: Source, probe: Probe, snapshot: Snapshot) -> bool:
    """Tell whether routers of the Internet lead packets to an address: to the uplink's own ones, if private too."""
    uplink = (one for one in snapshot.host.interfaces if one.name == source.interface)
    own = {address.ip for one in uplink for address in one.addresses}
    return probe.destination in own or is_routed(int(probe.destination), probe.family)


def _lost(probe: Probe, reason: Reason) -> Trace:
    return Trace(probe.packet(), (), (End(EndKind.LOST, probe.packet(), reason),))


def _beside(source: Source, kind: str, probe: Probe, snapshot: Snapshot) -> Trace | None:
    """Follow a packet to a container that the host's rules never see."""
    attached = attached_at(snapshot, probe.destination)
    if attached is None or _shares(source.attached, attached):
        return None
    origin = _origin(source, kind, probe.destination, snapshot)
    routing = Routing(snapshot.host, probe.family)
    found = past_host(attached.network, origin, int(probe.destination), routing) if origin else None
    if found is None:
        return None
    packet = probe.packet()
    step = Step(StepKind.LINK, None, "continue", found.reason)
    end = End(_ENDS[found.outcome], packet, found.reason)
    doubts = (found.reason,) if found.outcome is Outcome.MAY else ()
    return Trace(packet, (step,) if found.outcome is Outcome.ALLOWED else (), (end,), doubts)


def _shares(sender: Attached | None, receiver: Attached) -> bool:
    return sender is not None and sender.network.id == receiver.network.id


def _origin(source: Source, kind: str, target: Ip, snapshot: Snapshot) -> Origin | None:
    """Return the zone that a sender is of; None where it is of none that is known."""
    if source.attached is not None:
        return Origin(Zone(ZoneKind.NETWORK, source.attached.network.name), source.interface, ())
    known = origins(snapshot.host, snapshot.inventory, family_of_version(target.version), ZoneChoice())
    here = [one for one in known if one.interface == source.interface]
    asked = [one for one in here if one.zone.kind == kind]
    senders = [one for one in here if contains(one.senders, int(source.address))]
    return next(iter(asked or senders), None)


def _of_network(attached: Attached, probe: Probe, snapshot: Snapshot) -> End | None:
    """Return the end of what a container sends into a network that the host's rules do not see, or that ends there."""
    network = attached.network
    if not network.bridge or network.bridge not in {one.name for one in snapshot.host.interfaces}:
        reason = make_reason(ReasonKind.NETWORK_NOT_A_BRIDGE, network=network.name, driver=network.driver)
        return End(EndKind.UNKNOWN, probe.packet(), reason)
    if network.internal and not in_network(network, probe.destination):
        reason = make_reason(ReasonKind.NETWORK_INTERNAL, network=network.name, address=probe.destination)
        return End(EndKind.LOST, probe.packet(), reason)
    return None

"""Neighbour discovery of IPv6 (RFC 4861): who is not found gets nothing, and who hears no answer sends nothing."""

from ipaddress import ip_address

import msgspec

from netaudit.model.host import Ip
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import CtState, Field
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.packets.host.container_routes import is_on_link
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.route_lookup import as_address
from netaudit.packets.trace.conntrack import begin
from netaudit.packets.trace.pipeline import HostContext, Pipeline, Start, start_of
from netaudit.packets.trace.sockets import Listeners
from netaudit.packets.values.probe import Probe
from netaudit.packets.values.solicitation import (
    ADVERTISEMENT,
    HOP_LIMIT,
    ROUTER,
    SOLICITATION,
    has_neighbours,
    solicited_by,
)
from netaudit.packets.values.steps import End, EndKind, Trace

_STOPPED = (EndKind.DROPPED, EndKind.REJECTED)


def why_not_found(context: HostContext, probe: Probe) -> Trace | None:
    """Return the trace of the question where this host is, if rules stop it; None where it is heard."""
    if probe.family is Family.IP or not probe.interface:
        return None
    stopped = _stopped(context, probe.interface, SOLICITATION, solicited_by(probe.destination))
    if stopped is None:
        return None
    return msgspec.structs.replace(stopped, packet=probe.packet(), doubts=())


def unsent(context: HostContext, start: Start, found: Trace) -> Trace:
    """Return a trace in which what leaves by a link on which the host can find nobody is lost."""
    if start.family is Family.IP or start.neighbour:
        return found
    return msgspec.structs.replace(found, ends=tuple(_end(context, end) for end in found.ends))


def _end(context: HostContext, end: End) -> End:
    interface = end.packet.name(Field.OIF)
    own = next(iter(_own(context, interface)), None) if end.kind is EndKind.SENT and interface else None
    stopped = _stopped(context, interface, ADVERTISEMENT, own, _near(context, end, interface)) if own else None
    if stopped is None:
        return end
    first = stopped.ends[0]
    return msgspec.structs.replace(end, kind=EndKind.LOST, reason=_undiscovered(first.reason), item=first.item)


def _near(context: HostContext, end: End, interface: str) -> Ip | None:
    """Return the neighbour that a packet is for; None where that is a router."""
    to = as_address(end.packet, Field.DADDR)
    here = to is not None and is_on_link(Routing(context.host, Family.IP6), context.inventory, interface, to)
    return to if here else None


def _own(context: HostContext, interface: str) -> list[Ip]:
    routing = Routing(context.host, Family.IP6)
    known = routing.interfaces.get(interface)
    return list(routing.addresses(known)) if known else []


def _stopped(
    context: HostContext, interface: str, message: tuple[int, int], to: Ip, neighbour: Ip | None = None
) -> Trace | None:
    """Return the trace of a message that rules certainly stop, whichever neighbour sends it if none is given."""
    known = Routing(context.host, Family.IP6).interfaces.get(interface)
    if known is None or not has_neighbours(known):
        return None
    anybody = [ip_address(ROUTER), *(ip_address(int(one) ^ 3) for one in _own(context, interface)[:1])]
    senders = [neighbour] if neighbour else anybody
    found = [_message(context, Probe(one, to, "icmpv6", interface=interface, icmp=message)) for one in senders]
    return None if None in found else found[0]


def _message(context: HostContext, probe: Probe) -> Trace | None:
    """Follow a message of neighbour discovery, which belongs to no connection; None where it may be heard."""
    start = start_of(msgspec.structs.replace(probe, ttl=HOP_LIMIT))
    start = msgspec.structs.replace(start, packet=start.packet.changed({Field.CT_STATE: CtState.UNTRACKED}))
    found = Pipeline(context, start, Listeners(context), begin).trace()
    ends = tuple(end for end in found.ends if end.kind in _STOPPED)
    if found.arrives or not ends or any(end.kind is EndKind.UNKNOWN for end in found.ends):
        return None
    ends = tuple(msgspec.structs.replace(end, reason=_undiscovered(end.reason), sure=True) for end in ends)
    return msgspec.structs.replace(found, ends=ends)


def _undiscovered(reason: Reason | None) -> Reason:
    return make_reason(ReasonKind.NEIGHBOUR_UNDISCOVERED, *([reason] if reason else []))

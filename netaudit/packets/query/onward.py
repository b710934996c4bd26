"""docker-proxy's own connection: what it takes on the host it sends on to a container, as a program of the host."""

from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from netaudit.model.docker import Container, Inventory
from netaudit.model.engines.parts import connects_inside
from netaudit.model.exposure import Outcome
from netaudit.model.host import Ip, Listener
from netaudit.model.netfilter.family import Family, family_of_version
from netaudit.model.netfilter.match import Field
from netaudit.model.reason import ReasonKind, make_reason
from netaudit.model.snapshot import Snapshot
from netaudit.packets.host.destinations import HOLDERS
from netaudit.packets.host.endpoints import proxied_address
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.locations import attached_at
from netaudit.packets.host.route_lookup import as_address
from netaudit.packets.host.sockets import Sockets, is_proxied, leads_elsewhere
from netaudit.packets.query.target import Target
from netaudit.packets.trace.pipeline import HostContext
from netaudit.packets.trace.tracer import trace_in
from netaudit.packets.values.probe import CLIENT_PORT, PROTOCOL_NAMES, Probe, parse_ip
from netaudit.packets.values.steps import ARRIVED, End, EndKind, Step, StepKind, Trace


def through_proxy(found: Trace, context: HostContext) -> Trace:
    """Lead what docker-proxy takes on to its container; an engine that only holds a published port leads nowhere."""
    steps, ends = [*found.steps], list[End]()
    for end in found.ends:
        taken = _taken(end, context) if end.kind is EndKind.LOCAL else None
        onward = _onward(taken, context) if taken and is_proxied(taken.by) else None
        steps += _steps(onward) if onward else ()
        if onward:
            ends += _ends(end, onward)
        else:
            ends.append(_held(end, taken, context.inventory) if taken else end)
    answers = found.answers if any(one.kind in ARRIVED for one in ends) else ()
    return replace(found, steps=tuple(steps), ends=tuple(ends), answers=answers)


class _Taken(msgspec.Struct, frozen=True):
    """A packet to a published port that sockets of the host take, the container behind it, and its own port."""

    protocol: str
    by: tuple[Listener, ...]
    container: Container
    port: int
    family: Family


def receivers(target: Target, snapshot: Snapshot) -> frozenset[str]:
    """Return the containers that a packet is for: by their own address, or by a port that they publish."""
    address, inventory = target.address, snapshot.inventory
    if address is None or inventory is None:
        return frozenset()
    own = attached_at(snapshot, address)
    published = _published(inventory, target.protocol, address, target.port or 0)
    return frozenset((*([own.container.id] if own else []), *(one.id for one, _ in published)))


def _taken(end: End, context: HostContext) -> _Taken | None:
    """Return what a program of the host takes of a published port; None where it is no such port."""
    address, port = as_address(end.packet, Field.DADDR), end.packet.number(Field.DPORT)
    protocol = PROTOCOL_NAMES.get(end.packet.number(Field.PROTOCOL) or 0, "")
    if address is None or port is None or context.inventory is None:
        return None
    by = Sockets(context.host.listeners).taking(protocol, str(address), port, end.packet.name(Field.IIF))
    behind = next(_published(context.inventory, protocol, address, port), None)
    return _Taken(protocol, by, *behind, family_of_version(address.version)) if behind and by else None


def _onward(taken: _Taken, context: HostContext) -> Trace | None:
    """Follow docker-proxy's own connection; None where it is not known how it goes on."""
    address = proxied_address(context.inventory or Inventory(), taken.container, taken.family)
    target = parse_ip(address)
    routing = Routing(context.host, family_of_version(target.version)) if target else None
    source = routing.preferred_source(target) if routing and target else None
    if target is None or source is None:
        return None
    return trace_in(context, Probe(source, target, taken.protocol, taken.port, CLIENT_PORT))


def _held(end: End, taken: _Taken, inventory: Inventory | None) -> End:
    """Return the end of what a program takes that is not docker-proxy: an engine that holds the port answers nobody."""
    names = ", ".join(sorted({name for one in taken.by for name in one.programs}))
    if leads_elsewhere(taken.by) and not connects_inside(inventory or Inventory(), taken.container.id):
        return replace(end, kind=EndKind.UNKNOWN, reason=make_reason(ReasonKind.PROXY_OUT_OF_RECORDING, programs=names))
    engines = all(set(one.programs) <= HOLDERS for one in taken.by)
    if is_proxied(taken.by) or leads_elsewhere(taken.by) or not engines:
        return end
    return replace(end, kind=EndKind.NOBODY, reason=make_reason(ReasonKind.PORT_HELD, programs=names))


def _published(inventory: Inventory, protocol: str, address: Ip, port: int) -> Iterator[tuple[Container, int]]:
    """Yield the containers that publish a port of the host at an address, and their own ports."""
    for container in inventory.containers:
        for one in container.bindings if container.running else ():
            at = parse_ip(one.host_ip)
            here = at is not None and at.version == address.version and (at.is_unspecified or at == address)
            if here and (one.protocol, one.host_port) == (protocol, port):
                yield container, one.container_port


def _steps(onward: Trace) -> Iterator[Step]:
    target, port = as_address(onward.packet, Field.DADDR), onward.packet.number(Field.DPORT)
    yield Step(StepKind.LINK, None, "continue", make_reason(ReasonKind.PROXY_GOES_ON, address=target, port=port))
    yield from onward.steps


def _ends(end: End, onward: Trace) -> Iterator[End]:
    """Yield what becomes of the packet by what becomes of docker-proxy's own, and of the answer to that."""
    match onward.outcome:
        case Outcome.ALLOWED:
            yield end
        case Outcome.MAY:
            yield replace(end, sure=False)
            yield End(EndKind.UNKNOWN, end.packet, next(iter(onward.doubts), None), sure=False)
        case Outcome.BLOCKED | Outcome.NOBODY:
            ways = (onward, *onward.answers, *onward.later)
            stopping = (one for way in ways for one in way.ends if one.kind not in ARRIVED)
            yield from (replace(one, packet=end.packet, sure=end.sure) for one in stopping)

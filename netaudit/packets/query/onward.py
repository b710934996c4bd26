"""docker-proxy's own connection: what it takes on the host it sends on to a container, as a program of the host."""

from collections.abc import Iterator

from msgspec.structs import replace

from netaudit.model.docker import Container, Inventory
from netaudit.model.exposure import Outcome
from netaudit.model.host import Ip
from netaudit.model.netfilter.family import family_of_version
from netaudit.model.netfilter.match import Field
from netaudit.model.reason import ReasonKind, make_reason
from netaudit.model.snapshot import Snapshot
from netaudit.packets.host.endpoints import proxied_address
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.locations import attached_at
from netaudit.packets.host.route_lookup import as_address
from netaudit.packets.host.sockets import Sockets, is_proxied
from netaudit.packets.query.target import Target
from netaudit.packets.trace.pipeline import HostContext
from netaudit.packets.trace.tracer import trace_in
from netaudit.packets.values.probe import CLIENT_PORT, PROTOCOL_NAMES, Probe, parse_ip
from netaudit.packets.values.steps import ARRIVED, End, EndKind, Step, StepKind, Trace


def through_proxy(found: Trace, context: HostContext) -> Trace:
    """Lead what docker-proxy takes on to the container that it is for."""
    steps, ends, stopped = [*found.steps], list[End](), False
    for end in found.ends:
        onward = _onward(end, context) if end.kind is EndKind.LOCAL else None
        if onward is None:
            ends.append(end)
            continue
        steps += _steps(onward)
        ends += _ends(end, onward)
        stopped = stopped or onward.outcome is Outcome.BLOCKED
    answers = () if stopped and not any(one.kind in ARRIVED for one in ends) else found.answers
    return replace(found, steps=tuple(steps), ends=tuple(ends), answers=answers)


def receivers(target: Target, snapshot: Snapshot) -> frozenset[str]:
    """Return the containers that a packet is for: by their own address, or by a port that they publish."""
    address, inventory = target.address, snapshot.inventory
    if address is None or inventory is None:
        return frozenset()
    own = attached_at(snapshot, address)
    published = _published(inventory, target.protocol, address, target.port or 0)
    return frozenset((*([own.container.id] if own else []), *(one.id for one, _ in published)))


def _onward(end: End, context: HostContext) -> Trace | None:
    """Follow docker-proxy's own connection; None where another program takes the packet."""
    address, port = as_address(end.packet, Field.DADDR), end.packet.number(Field.DPORT)
    protocol = PROTOCOL_NAMES.get(end.packet.number(Field.PROTOCOL) or 0, "")
    inventory = context.inventory
    if address is None or port is None or inventory is None:
        return None
    taking = Sockets(context.host.listeners).taking(protocol, str(address), port, end.packet.name(Field.IIF))
    behind = next(_published(inventory, protocol, address, port), None) if is_proxied(taking) else None
    if behind is None:
        return None
    container, inside = behind
    target = parse_ip(proxied_address(inventory, container, family_of_version(address.version)))
    routing = Routing(context.host, family_of_version(target.version)) if target else None
    source = routing.preferred_source(target) if routing and target else None
    if target is None or source is None:
        return None
    return trace_in(context, Probe(source, target, protocol, inside, CLIENT_PORT))


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

"""What containers that start together may take from one another: host ports, and addresses of networks."""

from collections.abc import Iterator, Mapping

from netaudit.model.host import Ip
from netaudit.model.plan import AssumptionKind
from netaudit.model.version import Version
from netaudit.plan.engine.allocation.addresses import Pool, pools
from netaudit.plan.engine.allocation.rivals import wanted_address
from netaudit.plan.engine.allocation.wanted import Wanted, wanted_ports
from netaudit.plan.engine.objects import Object, address_of, endpoints_of, is_running, mode_of, objects, text
from netaudit.plan.engine.state import EngineState

_FIELDS = {4: "IPAddress", 6: "GlobalIPv6Address"}
_TRIES_NEXT = Version(27)  # before, a port of a range is chosen by its very address, and may be held on another one

Group = Mapping[str, frozenset[str]]  # containers, each with those that may start before it and after it


def note_rivals(state: EngineState, group: Group) -> None:
    """Note what one container asks for, and another one may have taken by then."""
    wanted = {name: list(_ports_of(state, name)) for name in group}
    for name, others in sorted(group.items()):
        for other in sorted(others):
            for port in wanted[name]:
                _note_port(state, (name, port), (other, wanted.get(other, [])))
        for network in list(state.networks.values()):
            for version in (4, 6):
                _note_address(state, name, others, network, version)


def _note_port(state: EngineState, asked: tuple[str, Wanted], others: tuple[str, list[Wanted]]) -> None:
    (name, port), (other, ranges) = asked, others
    for one in ranges:
        if one.is_exact or not one.first or not _covers(one, port):
            continue
        if port.is_exact:
            shown = f"{port.first}/{port.protocol}"
            state.assume(AssumptionKind.PORTS_COMPETE, container=name, other=other, port=shown)
        elif state.host.version < _TRIES_NEXT and one.address != port.address:
            ports, shown = f"{port.first}-{port.last}/{port.protocol}", f"one that {other} has"
            state.assume(AssumptionKind.PORT_TURN, container=name, ports=ports, port=shown)


def _ports_of(state: EngineState, name: str) -> Iterator[Wanted]:
    container = state.find_container(name)
    if container is not None and mode_of(container) != "host":
        yield from (one for group in wanted_ports(container, state.host.version) for one in group)


def _covers(one: Wanted, port: Wanted) -> bool:
    alike = one.protocol == port.protocol and one.first <= port.last and port.first <= one.last
    return alike and _meet(one.address, port.address)


def _meet(one: Ip | None, other: Ip | None) -> bool:
    """Tell whether two addresses of the host have one in common; None is all of them."""
    if one is None or other is None:
        return True
    return one.version == other.version and (one == other or one.is_unspecified or other.is_unspecified)


def _note_address(state: EngineState, name: str, others: frozenset[str], network: Object, version: int) -> None:
    """Note an address that is asked for, and that others which take any may get before."""
    here = text(network, "Name")
    wanted = address_of(wanted_address(_end(state, name, here), version))
    if wanted is None:
        return
    chosen = ((other, _taken(state, other, here, version)) for other in sorted(others))
    taking = {other: address for other, address in chosen if address is not None}
    given = frozenset({wanted, *taking.values()})
    if any(wanted in _next(pool, given, len(taking)) for pool in pools(state, network, version)):
        kind, rivals = AssumptionKind.ADDRESSES_COMPETE, ", ".join(taking)
        state.assume(kind, container=name, other=rivals, network=here, address=str(wanted))


def _next(pool: Pool, given: frozenset[Ip], number: int) -> list[Ip]:
    """Return the addresses that so many containers get of a pool, the given ones of which are free again."""
    pool.taken -= given
    found: list[Ip] = []
    while len(found) < number and (free := pool.lowest_free(frozenset(found))) is not None:
        found.append(free)
    return found


def _taken(state: EngineState, name: str, network: str, version: int) -> Ip | None:
    """Return the address of a running container on a network that the engine chose."""
    container, end = state.find_container(name), _end(state, name, network)
    if container is None or not is_running(container) or wanted_address(end, version):
        return None
    return address_of(text(end, _FIELDS[version]))


def _end(state: EngineState, name: str, network: str) -> Object:
    container = state.find_container(name)
    return dict(objects(endpoints_of(container))).get(network, {}) if container is not None else {}

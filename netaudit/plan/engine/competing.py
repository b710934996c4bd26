"""What containers that start together may take from one another: host ports, and addresses of networks."""

from collections.abc import Iterator, Mapping
from itertools import islice

from netaudit.model.host import Ip
from netaudit.model.plan import AssumptionKind
from netaudit.model.version import Version
from netaudit.plan.engine.allocation.addresses import Pool, pools
from netaudit.plan.engine.allocation.host_ports import meet
from netaudit.plan.engine.allocation.rivals import wanted_address
from netaudit.plan.engine.allocation.wanted import Wanted, wanted_ports
from netaudit.plan.engine.objects import Object, address_of, endpoints_of, is_running, mode_of, objects, text
from netaudit.plan.engine.state import EngineState

_FIELDS = {4: "IPAddress", 6: "GlobalIPv6Address"}
_TRIES_NEXT = Version(27)  # before, a port of a range is chosen by its very address, and may be held on another one

Group = Mapping[str, frozenset[str]]  # containers, each with those that may start before it and after it


def note_rivals(state: EngineState, group: Group) -> None:
    """Note what one container asks for, and another one may have taken by then."""
    members = {name: one for name in group if (one := state.find_container(name)) is not None}
    wanted = {name: list(_ports_of(state, one)) for name, one in members.items()}
    for name, ports in wanted.items():
        for other in group[name] & wanted.keys():
            for port in ports:
                _note_port(state, (name, port), (other, wanted[other]))
    for network in list(state.networks.values()):
        for version in (4, 6):
            _note_addresses(state, (group, members), network, version)


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


def _ports_of(state: EngineState, container: Object) -> Iterator[Wanted]:
    if mode_of(container) != "host":
        yield from (one for group in wanted_ports(container, state.host.version) for one in group)


def _covers(one: Wanted, port: Wanted) -> bool:
    alike = one.protocol == port.protocol and one.first <= port.last and port.first <= one.last
    return alike and (one.address is None or port.address is None or meet(one.address, port.address))


def _note_addresses(
    state: EngineState, started: tuple[Group, Mapping[str, Object]], network: Object, version: int
) -> None:
    """Note addresses of a network that are asked for, and that others which take any may get before."""
    (group, members), here = started, text(network, "Name")
    ends = {name: (one, dict(objects(endpoints_of(one))).get(here, {})) for name, one in members.items()}
    asked = {name: address for name, (_, end) in ends.items() if (address := address_of(wanted_address(end, version)))}
    chosen = {
        name: address
        for name, (one, end) in ends.items()
        if name not in asked and is_running(one) and (address := address_of(text(end, _FIELDS[version])))
    }
    for name, wanted in asked.items():
        taking = {other: chosen[other] for other in sorted(group[name] & chosen.keys())}
        given = frozenset({wanted, *taking.values()})
        if any(wanted in _next(pool, given, len(taking)) for pool in pools(state, network, version)):
            kind, rivals = AssumptionKind.ADDRESSES_COMPETE, ", ".join(taking)
            state.assume(kind, container=name, other=rivals, network=here, address=str(wanted))


def _next(pool: Pool, given: frozenset[Ip], number: int) -> Iterator[Ip]:
    """List the addresses that so many containers get of a pool, the given ones of which are free again."""
    pool.taken -= given
    return islice(pool.free(), number)

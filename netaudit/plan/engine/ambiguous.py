"""Symbols for what parallel requests may get in another order: subnets of networks, addresses of containers."""

from collections.abc import Iterable, Sequence

from netaudit.model.plan import AssumptionKind, Symbol, SymbolKind
from netaudit.plan.engine.allocation.rivals import wanted_address
from netaudit.plan.engine.competing import note_rivals
from netaudit.plan.engine.objects import (
    Object,
    endpoints_of,
    is_running,
    name_of,
    objects,
    pools_of,
    text,
)
from netaudit.plan.engine.parallel import Sent, parallel_networks, parallel_starts
from netaudit.plan.engine.state import EngineState

_ADDRESS_FIELDS = {4: "IPAddress", 6: "GlobalIPv6Address"}


def note_ambiguous(state: EngineState, sent: Sequence[Sent]) -> None:
    """Note as symbols what requests that were sent in parallel may get in another order."""
    for names in parallel_networks(sent):
        _note_networks(state, names)
        state.assume(AssumptionKind.MADE_TOGETHER, networks=", ".join(sorted(names)))
    _note_tasks(state)
    for group in parallel_starts(sent):
        _note_starts(state, group)
        note_rivals(state, group)
        if together := sorted(name for name, others in group.items() if others and _has_networks(state, name)):
            state.assume(AssumptionKind.STARTED_TOGETHER, containers=", ".join(together))


def _note_tasks(state: EngineState) -> None:
    """Note the addresses of a swarm's tasks: it starts the tasks of all services of a plan at the same time.

    A task that waits has addresses of overlay networks too.
    """
    started = {one: state.containers[one] for one in state.started_tasks if one in state.containers}
    names = {key: name_of(one).rpartition(".")[0] for key, one in started.items() if is_running(one)}
    waits = any(one.kind is AssumptionKind.TASK_WAITS for one in state.assumptions)
    if len(names) + waits < 2:
        return
    state.assume(AssumptionKind.STARTED_TOGETHER, containers=", ".join(sorted(names.values())))
    for network in list(state.networks.values()):
        members = {key: text(one, "IPv4Address") for key, one in objects(network.get("Containers"))}
        shown = {key: members[key].partition("/")[0] for key in names if members.get(key)}
        if len(shown) + (waits and text(network, "Driver") == "overlay") > 1:
            _note_members(state, network, {names[key]: one for key, one in shown.items()})


def _note_members(state: EngineState, network: Object, addresses: dict[str, str]) -> None:
    """Note addresses that members of a network may swap; on an overlay network services take some in between."""
    name, several = text(network, "Name"), ", ".join(sorted(addresses.values()))
    state.assume(AssumptionKind.START_ORDER, network=name, containers=", ".join(sorted(addresses)))
    if text(network, "Driver") == "overlay":
        balancers = (one for key, one in objects(network.get("Containers")) if key == f"lb-{name}")
        addresses = addresses | {text(one, "Name"): text(one, "IPv4Address").partition("/")[0] for one in balancers}
        several = f"in {text(pools_of(network)[0], 'Subnet')}"
    for owner, address in addresses.items():
        _note(state, f"address of {owner} in {name}", SymbolKind.ADDRESS, several, address)


def _note_networks(state: EngineState, names: Iterable[str]) -> None:
    found = [one for one in map(state.find_network, names) if one and (text(one, "Id"), 4) in state.chosen_subnets]
    subnets = {text(one, "Name"): pool for one in found for pool in pools_of(one) if "." in text(pool, "Subnet")}
    if len(subnets) < 2:
        return
    several = ", ".join(sorted(text(pool, "Subnet") for pool in subnets.values()))
    for name, pool in subnets.items():
        _note(state, f"subnet of {name}", SymbolKind.SUBNET, several, text(pool, "Subnet"))
        _note(state, f"gateway of {name}", SymbolKind.ADDRESS, f"in {{subnet of {name}}}", text(pool, "Gateway"))
        for container, address in _addresses(state, name):
            _note(state, f"address of {container} in {name}", SymbolKind.ADDRESS, f"in {{subnet of {name}}}", address)


def _note_starts(state: EngineState, group: dict[str, frozenset[str]]) -> None:
    """Note addresses that containers may swap: those on one network that do not wait for one another."""
    for network in [text(one, "Name") for one in state.networks.values()]:
        for version in (4, 6):
            _note_swaps(state, group, network, version)


def _note_swaps(state: EngineState, group: dict[str, frozenset[str]], network: str, version: int) -> None:
    addresses = _addresses(state, network, version)
    here = {name: address for name, address in addresses if _is_chosen(state, name, network, version)}
    swapping = {name: {name, *group[name]} & here.keys() for name in here.keys() & group.keys()}
    for name, others in sorted(swapping.items()):
        if len(others) > 1:
            several = ", ".join(sorted(here[other] for other in others))
            family = "" if version == 4 else "IPv6 "
            _note(state, f"{family}address of {name} in {network}", SymbolKind.ADDRESS, several, here[name])
            state.assume(AssumptionKind.START_ORDER, network=network, containers=", ".join(sorted(others)))


def _note(state: EngineState, name: str, kind: SymbolKind, several: str, example: str) -> None:
    if example and example not in state.symbols:
        state.symbols[example] = Symbol(name, kind, several, example)


def _addresses(state: EngineState, network: str, version: int = 4) -> list[tuple[str, str]]:
    """List the running containers of a network, each with its address of a family there."""
    field = _ADDRESS_FIELDS[version]
    ends = ((one, _end(one, network)) for one in state.containers.values() if is_running(one))
    return [(name_of(one), text(end, field)) for one, end in ends if text(end, field)]


def _has_networks(state: EngineState, name: str) -> bool:
    container = state.find_container(name)
    ends = objects(endpoints_of(container)) if container is not None and is_running(container) else ()
    return any(text(end, "EndpointID") for _, end in ends)


def _end(container: Object, network: str) -> Object:
    return dict(objects(endpoints_of(container))).get(network, {})


def _is_chosen(state: EngineState, name: str, network: str, version: int) -> bool:
    """Tell whether the engine chose a container's address: none was asked for."""
    container = state.find_container(name)
    return not wanted_address(_end(container, network) if container is not None else {}, version)

"""A snapshot and Podman's inventory afterwards -> the host afterwards."""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from netaudit.attribute.podman.expect import netavark_backend
from netaudit.attribute.signatures.signature import Catalog
from netaudit.model.docker import Container, Endpoint, Inventory, Network
from netaudit.model.engines.kinds import Engine
from netaudit.model.netfilter.ruleset import Ruleset
from netaudit.model.plan import AssumptionKind, PlannedInventory, Symbol, SymbolKind, assume
from netaudit.model.snapshot import Snapshot
from netaudit.parse.engines import parse_engines
from netaudit.plan.podman.netavark import in_no_order, ruleset_after
from netaudit.plan.rules.planned import PlannedHost, make_planned_host

_ANYWHERE = frozenset({"", "0.0.0.0", "::", "127.0.0.1"})  # noqa: S104 (as Podman writes it)


def plan_podman_host(before: Snapshot, planned: PlannedInventory, catalog: Catalog) -> PlannedHost:
    """Return the host after what is planned; `before` is the snapshot of the facts that it was planned on."""
    inventory, _ = parse_engines(planned.facts_after)
    if before.inventory is None or inventory is None:
        return PlannedHost(before, before, (), (), planned.assumptions)
    done = ruleset_after(before.ruleset, before.inventory, inventory, catalog)
    written = replace(done, sysctls=dict(_switches(dict(before.host.sysctls), inventory)))
    unordered = in_no_order(before.inventory, inventory)
    taken = [*planned.assumptions, *(assume(AssumptionKind.PORT_ORDER, container=one.name) for one in unordered)]
    if done.ruleset != before.ruleset and not _shows_driver(before.ruleset):
        taken.append(assume(AssumptionKind.NETAVARK_DRIVER))
    at_work = replace(before, inventory=_with_bridges(before.inventory))
    symbols = _named(planned.symbols, done.ruleset)
    host = make_planned_host(at_work, _with_bridges(inventory), written, symbols)
    switched = dict(host.after.host.sysctls) | dict(_local_switches(inventory, host.after.host.sysctls))
    after = replace(host.after, inventory=inventory, host=replace(host.after.host, sysctls=tuple(switched.items())))
    return replace(host, before=before, after=after, assumptions=tuple(dict.fromkeys(taken)))


def _shows_driver(ruleset: Ruleset) -> bool:
    """Tell whether rules show which driver netavark has."""
    backend = netavark_backend(ruleset)
    return any(
        table.backend is backend and any(chain.name.startswith("NETAVARK") for chain in table.chains)
        for table in ruleset.tables
    )


def _named(symbols: tuple[Symbol, ...], ruleset: Ruleset) -> tuple[Symbol, ...]:
    """Leave out names that stand in no rule: what else is not known, containers and the exposure have too."""
    texts = "\n".join(
        f"{chain.name}\n" + "\n".join(rule.text for rule in chain.rules)
        for table in ruleset.tables
        for chain in table.chains
    )
    kinds = (SymbolKind.ID, SymbolKind.CHAIN)
    return tuple(one for one in symbols if one.kind not in kinds or one.example in texts)


def _with_bridges(inventory: Inventory) -> Inventory:
    """Return an inventory whose networks have a bridge while a container of theirs runs, as netavark makes it."""
    used = {end.network_id for one in inventory.containers if one.running for end in one.endpoints}

    def shown(network: Network) -> Network:
        idle = network.engine is Engine.PODMAN and network.id not in used
        return replace(network, bridge="") if idle else network

    return replace(inventory, networks=tuple(map(shown, inventory.networks)))


def _switches(sysctls: Mapping[str, str], inventory: Inventory) -> Iterator[tuple[str, str]]:
    """Return the kernel's switches; netavark turns forwarding on."""
    yield from sysctls.items()
    for _, _, end in _ends(inventory) if sysctls else ():
        if end.ipv4:
            yield "net.ipv4.ip_forward", "1"
        if end.ipv6:
            yield "net.ipv6.conf.all.forwarding", "1"


def _local_switches(inventory: Inventory, known: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str]]:
    """Return the switches by which 127.0.0.1 reaches a network's ports."""
    for container, network, _ in _ends(inventory) if known else ():
        if any(one.host_ip in _ANYWHERE for one in container.mappings):
            yield f"net.ipv4.conf.{network.bridge}.route_localnet", "1"


def _ends(inventory: Inventory) -> Iterator[tuple[Container, Network, Endpoint]]:
    networks = {one.id: one for one in inventory.networks if one.engine is Engine.PODMAN and not one.internal}
    for container in inventory.containers:
        for end in container.endpoints if container.running else ():
            if end.network_id in networks:
                yield container, networks[end.network_id], end

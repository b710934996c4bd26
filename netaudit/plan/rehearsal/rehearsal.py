"""A snapshot and what is to be different -> the host afterwards."""

from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from netaudit.attribute.expected.daemon_options import Options, find_options
from netaudit.attribute.signatures.signature import Catalog
from netaudit.model.docker import Inventory
from netaudit.model.facts import Facts
from netaudit.model.netfilter.ruleset import IPTABLES_BACKENDS, Backend
from netaudit.model.plan import Assumption, AssumptionKind, Symbol, SymbolKind, assume
from netaudit.model.snapshot import Snapshot
from netaudit.model.version import Version
from netaudit.parse.docker.inventory import parse_inventory
from netaudit.plan.engine.host import TESTED, is_tested
from netaudit.plan.rehearsal.backend import leave_iptables, leave_nftables
from netaudit.plan.rehearsal.change import NOT_FOLLOWED, ONLY_NEW, STRINGS, SWITCHES, EngineChange, check_change
from netaudit.plan.rehearsal.default_bridge import OF_DEFAULT_BRIDGE, follows
from netaudit.plan.rehearsal.facts import rehearsed_facts
from netaudit.plan.rehearsal.restart import Restart
from netaudit.plan.rules.draft import Draft
from netaudit.plan.rules.planned import PlannedHost, make_planned_host
from netaudit.plan.rules.put import Hand
from netaudit.plan.rules.set_up import SetUp
from netaudit.plan.rules.switches import Switches
from netaudit.plan.rules.wanted import Writer
from netaudit.plan.rules.written import Written, with_defaults


def plan_rehearsal(before: Snapshot, facts: Facts, change: EngineChange, catalog: Catalog) -> PlannedHost:
    """Return the host after its daemon was restarted with what is to be different; `facts` are the snapshot's.

    The same containers run afterwards. Raises UsageError for what no daemon would start with.
    """
    if before.inventory is None:
        return PlannedHost(before, before, ())
    check_change(change, before.inventory.version)
    inventory = parse_inventory(rehearsed_facts(facts, change)) or before.inventory
    written = restart_daemon(before, inventory, catalog)
    moved = _moved(before.inventory, inventory)
    host = make_planned_host(before, inventory, written, tuple(_symbols(moved)))
    return replace(
        host, assumptions=(*host.assumptions, *_taken_for_granted(before, inventory, change), *_start_order(moved))
    )


def restart_daemon(before: Snapshot, inventory: Inventory, catalog: Catalog, backend: Backend | None = None) -> Written:
    """Return the ruleset after the daemon was restarted, with the engine and options of an inventory.

    `backend` is what it writes with, where neither the engine nor its rules tell.
    """
    earlier = before.inventory or Inventory()
    old_options = find_options(earlier.options, before.ruleset, before.host, catalog.telltales)
    options = _known(find_options(inventory.options, before.ruleset, before.host, catalog.telltales), old_options)
    if backend is not None:
        old_options, options = (replace(one, backend=backend) for one in (old_options, options))
    draft = Draft(before.ruleset)
    hand = Hand(draft, Version.parse(inventory.version), catalog)
    old, new = Writer(earlier, old_options, catalog), Writer(inventory, options, catalog)
    switches = Switches(dict(before.host.sysctls), inventory.options, Version.parse(inventory.version))
    set_up = SetUp(hand, new, switches)
    stored = Writer(replace(inventory, networks=earlier.networks), options, catalog)
    restart = Restart(draft, hand, set_up, old, stored, new)
    restart.stop(earlier)
    _change_backend(draft, hand, (old_options, options), inventory, catalog)
    restart.start(earlier, inventory)
    return Written(draft.freeze(), tuple(set_up.written), tuple(hand.refused), switches.sysctls)


def _known(options: Options, old: Options) -> Options:
    """Fill what was not recorded, and so is not changed, with what the rules before show."""
    options = with_defaults(options)
    facts = {name: old.facts.get(name) if value is None else value for name, value in options.facts.items()}
    ip6tables = old.ip6tables if options.ip6tables is None else options.ip6tables
    iptables = old.iptables if options.iptables is None else options.iptables
    return replace(options, facts=facts, ip6tables=ip6tables, iptables=iptables)


def _change_backend(
    draft: Draft, hand: Hand, options: tuple[Options, Options], inventory: Inventory, catalog: Catalog
) -> None:
    old, new = options
    if old.backend is new.backend:
        return
    if old.backend is Backend.NFTABLES:
        leave_nftables(draft)
    elif new.backend is Backend.NFTABLES:
        leave_iptables(draft, hand, Writer(inventory, replace(new, backend=old.backend), catalog), inventory)


class _Moved(NamedTuple):
    """A container that gets an address of another subnet."""

    container: str
    network: str
    address: str


def _moved(before: Inventory, after: Inventory) -> tuple[_Moved, ...]:
    """List the containers whose network has another subnet, where that is more than one: they start in no order."""
    networks = {one.id: one.name for one in after.networks}
    old = {one.id: [end.ipv4 for end in one.endpoints] for one in before.containers}
    moved = {
        one.name: _Moved(one.name, networks.get(end.network_id, "bridge"), end.ipv4)
        for one in after.containers
        for end, address in zip(one.endpoints, old.get(one.id, ()), strict=False)
        if one.running and end.ipv4 and end.ipv4 != address
    }
    return tuple(moved.values()) if len(moved) > 1 else ()


def _symbols(moved: tuple[_Moved, ...]) -> Iterator[Symbol]:
    several = ", ".join(sorted(one.address for one in moved))
    for one in moved:
        yield Symbol(f"address of {one.container} in {one.network}", SymbolKind.ADDRESS, several, one.address)


def _start_order(moved: tuple[_Moved, ...]) -> Iterator[Assumption]:
    if moved:
        names = ", ".join(one.container for one in moved)
        yield assume(AssumptionKind.START_ORDER, network=moved[0].network, containers=names)


def _taken_for_granted(before: Snapshot, inventory: Inventory, change: EngineChange) -> Iterator[Assumption]:
    if change.engine and not is_tested(Version.parse(change.engine)):
        yield assume(AssumptionKind.ENGINE_UNTESTED, version=change.engine, tested=TESTED)
    runs = any(one.running for one in inventory.containers)
    if runs:
        yield assume(AssumptionKind.CONTAINERS_COME_BACK)
    # With containers that run on, the default bridge is restored with the others; else it is made again, the last.
    restored = runs and before.inventory is not None and before.inventory.options.live_restore is True
    networks = (one for one in inventory.networks if one.driver == "bridge")
    bridges = sorted(one.name for one in networks if restored or not one.default)
    if len(bridges) > 1:
        yield assume(AssumptionKind.NETWORK_ORDER, networks=", ".join(bridges))
    for key in change.daemon:
        if key not in SWITCHES | STRINGS and not follows(key, change.daemon, before.host.interfaces):
            yield assume(_kind(key), option=key)
    uses_iptables = any(table.backend in IPTABLES_BACKENDS for table in before.ruleset.tables)
    if (inventory.options.firewall_backend or "").startswith("iptables") and not uses_iptables:
        yield assume(AssumptionKind.IPTABLES_KIND)


def _kind(key: str) -> AssumptionKind:
    if key in NOT_FOLLOWED | OF_DEFAULT_BRIDGE:
        return AssumptionKind.OPTION_NOT_FOLLOWED
    return AssumptionKind.OPTION_ONLY_NEW if key in ONLY_NEW else AssumptionKind.OPTION_UNKNOWN

"""All that attribution says of some hosts, word for word: whose each rule is, what a step changed, what explains it.

`make goldens` writes tests/goldens/attribution; what changes there is a change of what netaudit says.
"""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from sampling import every
from small_hosts import CATALOG

from netaudit.attribute import attribute_diff, attribute_snapshot
from netaudit.attribute.attribution import (
    AttributedChange,
    AttributedDiff,
    AttributedExposure,
    AttributedItem,
    AttributedSnapshot,
    Attribution,
    ExposureChange,
)
from netaudit.attribute.explain.explanation import ContainerExplained, NetworkExplained, explain
from netaudit.attribute.explain.networking import Networking
from netaudit.attribute.exposure.compute import ComputeExposure, with_exposure, with_exposure_changes
from netaudit.diff.counters import Counters
from netaudit.model.exposure import Delivery
from netaudit.model.snapshot import Snapshot
from netaudit.packets.host.zones import ZoneChoice
from netaudit.parse import parse_snapshot
from netaudit.report.text.reasons import describe_reason
from netaudit.store import load

RECORDINGS = Path(__file__).parents[1] / "recordings"
STEPS = [  # host, recording before, recording after
    ("20.10.24-iptables-legacy/operators-rules", "03", "04"),
    ("28.5.2-iptables-nft/connect-internal", "02", "03"),
    ("28.5.2-iptables-nft/other-network-modes", "00", "03"),
    ("29.7.2-nftables/ipv6-binding-ipv4-container", "00", "01"),
    ("bad/forward-flushed", "before", "after"),
    ("bad/operators-order", "before", "after"),
    ("bad/stale-dnat-address-reused", "before", "after"),
    ("podman-5.4.2-iptables/docker-beside", "01", "02"),
    ("tour/shop", "08", "10"),
]


@cache
def _snapshot(host: str, step: str) -> Snapshot:
    return parse_snapshot(load(RECORDINGS / host / step))


@pytest.mark.parametrize(("host", "before", "after"), STEPS)
def test_the_whole_attribution_of_a_host(
    host: str, before: str, after: str, golden: Callable[[str, str], None]
) -> None:
    shown = [attribute_snapshot(_snapshot(host, step), CATALOG) for step in (before, after)]
    golden(_file(host, "snapshots"), "\n".join(line for one in shown for line in _shown(one)) + "\n")


@pytest.mark.parametrize(("host", "before", "after"), every(5, STEPS))  # with two tables of exposure each
def test_the_whole_diff_of_a_step(host: str, before: str, after: str, golden: Callable[[str, str], None]) -> None:
    old, new = _snapshot(host, before), _snapshot(host, after)
    found = attribute_diff(old, new, CATALOG, Counters.COMPARE)
    whole = with_exposure_changes(found, old, new, CATALOG, ComputeExposure.ALWAYS)
    golden(_file(host, "diff"), "\n".join(_diff(whole)) + "\n")


@pytest.mark.parametrize(("host", "step"), [(host, after) for host, _, after in STEPS])
def test_every_container_and_network_of_a_host_is_explained(
    host: str, step: str, golden: Callable[[str, str], None]
) -> None:
    snapshot = _snapshot(host, step)
    assert snapshot.inventory
    names = [one.name for one in (*snapshot.inventory.containers, *snapshot.inventory.networks)]
    lines = [line for name in names for one in explain(name, snapshot, CATALOG) for line in _explained(one)]
    golden(_file(host, "explained"), "\n".join(lines) + "\n")


def _file(host: str, kind: str) -> str:
    return f"attribution/{host.replace('/', '-')}.{kind}.txt"


def _shown(one: AttributedSnapshot) -> Iterator[str]:
    yield f"{one.head.engine} podman {one.head.podman or '-'} partial {one.head.partial}: {one.coverage}"
    yield from map(_item, one.items)
    for said, items in (("missing", one.missing), ("defect", one.defects)):
        yield from (f"{said} {_item(item)}" for item in items)
    for inside in one.inside:
        yield from (f"inside {inside.container.name} {_item(item)}" for item in inside.items)


def _item(one: AttributedItem) -> str:
    return f"{one.item.where} {one.item.text}\n    {_attribution(one.attribution)}"


def _attribution(one: Attribution) -> str:
    who = f"{one.maker or '-'} {one.signature or '-'}: {', '.join(map(str, one.causes)) or '-'}"
    reason = f" ({one.reason.kind} {one.reason})" if one.reason else ""
    return f"{one.confidence} {one.standing} {who}{reason}"


def _diff(one: AttributedDiff) -> Iterator[str]:
    yield f"{one.coverage}"
    yield from map(_change, one.changes)
    yield from (f"missing {_item(item)}" for item in one.missing)
    yield from (f"defect {_item(item)}" for item in one.defects)
    yield from map(_exposure_change, one.exposure or ())
    yield f"{one.exposure_undecided} undecided {one.exposure_gap}".rstrip()


def _change(one: AttributedChange) -> str:
    before = f"\n    before: {_attribution(one.before)}" if one.before else ""
    return f"{one.change}\n    {_attribution(one.attribution)}{before}"


def _exposure_change(one: ExposureChange) -> str:
    return f"{_exposure(one.before)}\n→ {_exposure(one.after)}\n    {one.because}"


def _exposure(one: AttributedExposure | None) -> str:
    if one is None:
        return "-"
    cell = one.exposure
    to = f"{cell.destination.kind} {cell.destination.protocol} {cell.destination.address} {cell.destination.ports}"
    by = f"{cell.rule.where if cell.rule else '-'} {describe_reason(cell.reason)}"
    return f"{cell.zone} {to} {cell.outcome} {cell.way} {by}, {one.attribution.maker or '-'}, {one.service or '-'}"


def _explained(one: object) -> Iterator[str]:
    if isinstance(one, ContainerExplained):
        yield f"container {one.container.name}: {_networking(one.networking)}"
        yield from (f"  no rule: {reason}" for reason in one.no_rules)
        yield from (f"  inside {_item(item)}" for item in one.inside)
    elif isinstance(one, NetworkExplained):
        yield f"network {one.network.name}"
    assert isinstance(one, ContainerExplained | NetworkExplained)
    yield from (f"  {item.item.where}" for item in one.rules)
    yield from (f"  missing {_item(item)}" for item in one.missing)


def _networking(one: Networking) -> str:
    ends = ", ".join(f"{end.network_name} ({network.name if network else '-'})" for end, network in one.endpoints)
    ports = ", ".join(map(str, one.bindings))
    return f"{one.kind} {'runs' if one.running else 'stopped'} {one.shared_with or '-'}; {ends or '-'}; {ports or '-'}"


def test_a_table_names_who_wrote_each_deciding_rule_and_the_service_that_is_reached() -> None:
    snapshot = _snapshot("tour/shop", "10")
    bare = attribute_snapshot(snapshot, CATALOG)
    shown = with_exposure(bare, snapshot, CATALOG, ZoneChoice())
    assert shown.exposure is not None
    assert (shown.exposure_gap, shown.items) == ("", bare.items)
    rows = {
        (one.exposure.destination.binding.container_port, one.service, one.attribution.maker)
        for one in shown.exposure
        if str(one.exposure.zone) == "internet"
        and one.exposure.way is Delivery.DNAT
        and one.exposure.destination.binding
    }
    assert rows == {
        (80, "", "docker"),
        (443, "", "docker"),
        (3000, "", "docker"),
        (5432, "PostgreSQL", "docker"),
    }


def test_a_table_that_is_not_asked_for_is_not_there() -> None:
    snapshot = _snapshot("tour/shop", "10")
    bare = attribute_snapshot(snapshot, CATALOG)
    assert with_exposure(bare, snapshot, CATALOG, ZoneChoice(), ComputeExposure.NEVER) == bare

"""Facts of a host -> its rules with their causes, and who can reach what; of two hosts, what changed."""

from collections.abc import Iterable
from enum import StrEnum

from netaudit.api.rules import shipped_catalog
from netaudit.attribute import attribute_snapshot
from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot
from netaudit.attribute.exposure.compute import ComputeExposure, diff_with_exposure, with_exposure
from netaudit.diff.counters import Counters
from netaudit.model.facts import Facts
from netaudit.model.snapshot import Snapshot
from netaudit.packets.host.zones import ZoneChoice
from netaudit.parse import parse_snapshot, parse_snapshots


class ZoneDetail(StrEnum):
    """How finely the exposure table tells apart where packets come from."""

    NETWORKS = "networks"  # a network stands for its members
    CONTAINERS = "containers"  # each container is a zone too


def show(facts: Facts, exposure: ComputeExposure = ComputeExposure.NEVER) -> AttributedSnapshot:
    """Attribute every rule of a host, and list what is missing. Raises ParseError for damaged facts.

    >>> shown = netaudit.show(netaudit.load("after"))
    >>> shown.coverage.proved, shown.coverage.rules, shown.missing
    (18, 18, ())
    >>> rule = shown.items[-1]
    >>> rule.item.where, rule.attribution.maker
    ('nat/DOCKER#2', 'docker')
    """
    return show_snapshot(parse_snapshot(facts), exposure)


def expose(
    facts: Facts,
    uplinks: Iterable[str] | None = None,
    zones: ZoneDetail = ZoneDetail.NETWORKS,
    exposure: ComputeExposure = ComputeExposure.ALWAYS,
) -> AttributedSnapshot:
    """Attribute every rule of a host, and compute who can reach what. Raises ParseError for damaged facts.

    `uplinks` are the interfaces that the Internet is behind; None: by the default route. Containers that are alike are
    asked about once for all, unless `exposure` is `ComputeExposure.EXACTLY`.

    >>> exposed = netaudit.expose(netaudit.load("after"))
    >>> cells = [cell.exposure for cell in exposed.exposure or ()]
    >>> web = next(cell for cell in cells if cell.destination.binding and str(cell.zone) == "internet")
    >>> web.outcome, web.destination.container_name
    (<Outcome.ALLOWED: 'allowed'>, 'web')
    """
    names = None if uplinks is None else tuple(uplinks)
    choice = ZoneChoice(uplinks=names, containers=zones is ZoneDetail.CONTAINERS)
    return show_snapshot(parse_snapshot(facts), exposure, choice)


def compare(
    before: Facts,
    after: Facts,
    exposure: ComputeExposure = ComputeExposure.WHEN_QUICK,
    counters: Counters = Counters.IGNORE,
) -> AttributedDiff:
    """Compare two recordings of a host and attribute each change. Raises ParseError for damaged facts.

    >>> changes = netaudit.compare(netaudit.load("before"), netaudit.load("after"))
    >>> for one in changes.changes:
    ...     print(one.change.item.where, *one.attribution.causes)
    filter/DOCKER#1 web 0.0.0.0:8080 → 80/tcp on network bridge
    nat/POSTROUTING#2 web 0.0.0.0:8080 → 80/tcp on network bridge
    nat/DOCKER#2 web 0.0.0.0:8080 → 80/tcp on network bridge
    """
    earlier, later = parse_snapshots(before, after)
    return diff_with_exposure(earlier, later, shipped_catalog(), exposure, counters)[0]


def show_snapshot(
    snapshot: Snapshot, exposure: ComputeExposure, choice: ZoneChoice | None = None
) -> AttributedSnapshot:
    """Attribute every rule of a snapshot."""
    shown = attribute_snapshot(snapshot, shipped_catalog())
    return with_exposure(shown, snapshot, shipped_catalog(), choice or ZoneChoice(), exposure)

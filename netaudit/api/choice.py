"""Which part of a result is shown: the findings, rows and rules that a reader asks about."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from netaudit.attribute.attribution import (
    AttributedChange,
    AttributedDiff,
    AttributedExposure,
    AttributedItem,
    AttributedSnapshot,
    Attribution,
    Cause,
    ExposureChange,
)
from netaudit.audit.changed import ChangedFindings
from netaudit.audit.finding import Audit, Finding
from netaudit.model.exposure import Exposure, Outcome
from netaudit.model.severity import Severity
from netaudit.model.snapshot import Snapshot

R = TypeVar("R", AttributedItem, AttributedChange)


class Choice(msgspec.Struct, frozen=True):
    """What a reader asks about; what is empty chooses nothing.

    `zones` are named as in policies: `internet`, `lan`, `lan:eth0`, `network:front`. `containers` may have `*` and `?`.
    `ports` are of the host or of the container. `severity` is the least of findings.
    """

    severity: Severity = Severity.INFO
    zones: tuple[str, ...] = ()
    containers: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()

    @property
    def places(self) -> bool:
        """Tell whether it chooses containers or ports."""
        return bool(self.containers or self.ports)


def containers_of(projects: Iterable[str], snapshot: Snapshot) -> tuple[str, ...]:
    """Name the containers of Compose projects or stacks; a project without one chooses none."""
    wanted = tuple(projects)
    inventory = snapshot.inventory
    known = inventory.containers if inventory else ()
    return tuple(one.name for one in known if one.project in wanted)


def choose_of_audit(audit: Audit, choice: Choice) -> Audit:
    """Keep the findings, and of the host the rules and rows, that are asked about."""
    findings = tuple(one for one in audit.findings if _is_finding(one, choice))
    return replace(audit, findings=findings, shown=choose_of_snapshot(audit.shown, choice))


def choose_of_findings(changed: ChangedFindings, choice: Choice) -> ChangedFindings:
    """Keep the findings of a change that are asked about."""
    gone, lost = (tuple(one for one in some if _is_finding(one, choice)) for some in (changed.gone, changed.lost))
    return replace(changed, audit=choose_of_audit(changed.audit, choice), gone=gone, lost=lost)


def choose_of_snapshot(shown: AttributedSnapshot, choice: Choice) -> AttributedSnapshot:
    """Keep the rules, and the rows of the exposure table, that are asked about."""
    if not (choice.zones or choice.places):
        return shown
    rows = shown.exposure
    return replace(
        shown,
        items=_rules(shown.items, choice),
        missing=_rules(shown.missing, choice),
        defects=_rules(shown.defects, choice),
        exposure=rows if rows is None else tuple(one for one in rows if is_row(one.exposure, choice)),
    )


def choose_of_diff(diff: AttributedDiff, choice: Choice) -> AttributedDiff:
    """Keep the changes of rules and of the exposure table that are asked about."""
    if not (choice.zones or choice.places):
        return diff
    rows = diff.exposure
    return replace(
        diff,
        changes=_rules(diff.changes, choice),
        missing=_rules(diff.missing, choice),
        defects=_rules(diff.defects, choice),
        exposure=rows if rows is None else tuple(one for one in rows if _is_row_change(one, choice)),
    )


def is_row(one: Exposure, choice: Choice) -> bool:
    """Tell whether a row of the exposure table is asked about."""
    there = one.destination
    ports = [*there.ports, *([(there.binding.container_port,) * 2] if there.binding else [])]
    host_ports = [(there.binding.host_port,) * 2] if there.binding else []
    return (
        (not choice.zones or {str(one.zone), str(one.zone.kind)} & set(choice.zones) != set())
        and _is_named(there.container_name, choice)
        and _has_port([*ports, *host_ports], choice)
    )


def _is_named(container: str, choice: Choice) -> bool:
    return not choice.containers or any(fnmatchcase(container, pattern) for pattern in choice.containers)


def _has_port(spans: Iterable[tuple[int, int]], choice: Choice) -> bool:
    known = tuple(spans)
    return not choice.ports or any(low <= port <= high for port in choice.ports for low, high in known)


def _is_row_change(one: ExposureChange, choice: Choice) -> bool:
    return any(side is not None and is_row(side.exposure, choice) for side in (one.before, one.after))


def _is_finding(one: Finding, choice: Choice) -> bool:
    if one.severity.rank < choice.severity.rank:
        return False
    cells = one.evidence.cells
    causes = [cause for rule in (*one.evidence.rules, *one.evidence.missing) for cause in rule.attribution.causes]
    anywhere = not choice.zones or any(_is_reached(cell, choice) for cell in cells)
    named = _is_named(one.container, choice) or (not one.container and _are_causes(causes, choice))
    at_port = not choice.ports or any(is_row(cell.exposure, Choice(ports=choice.ports)) for cell in cells)
    return anywhere and named and (at_port or _are_causes(causes, Choice(ports=choice.ports)))


def _is_reached(cell: AttributedExposure, choice: Choice) -> bool:
    return cell.exposure.outcome is not Outcome.BLOCKED and is_row(cell.exposure, Choice(zones=choice.zones))


def _rules(rules: Iterable[R], choice: Choice) -> tuple[R, ...]:
    return tuple(one for one in rules if _is_rule(one.attribution, choice))


def _is_rule(attribution: Attribution, choice: Choice) -> bool:
    return not choice.places or _are_causes(attribution.causes, choice)


def _are_causes(causes: Iterable[Cause], choice: Choice) -> bool:
    return any(_is_cause(one, choice) for one in causes)


def _is_cause(cause: Cause, choice: Choice) -> bool:
    binding = cause.binding
    spans = [(port, port) for port in ((binding.host_port, binding.container_port) if binding else ())]
    return _is_named(cause.container.name if cause.container else "", choice) and _has_port(spans, choice)

"""Which part of a result is shown: the findings, rows and rules that a reader asks about."""

from collections.abc import Container, Iterable
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
    Narrowed,
    SnapshotHead,
)
from netaudit.audit.changed import ChangedFindings
from netaudit.audit.finding import Audit, Finding
from netaudit.audit.risk import gather_mistakes
from netaudit.model.exposure import OUTSIDE, Exposure, Outcome, ZoneKind
from netaudit.model.facts import Facts
from netaudit.model.severity import Severity
from netaudit.model.snapshot import Snapshot
from netaudit.packets.host.zones import ZoneChoice
from netaudit.packets.query import names as named
from netaudit.packets.query.names import require_containers, require_projects, require_zones
from netaudit.parse import parse_snapshot

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
    projects: tuple[str, ...] = ()  # whose containers are among `containers`

    @property
    def narrowed(self) -> Narrowed | None:
        """What was asked for, in the words of the options; None for everything."""
        options = {
            "--severity": (self.severity,) if self.severity is not Severity.INFO else (),
            "--from": self.zones,
            "--project": self.projects,
            "--container": () if self.projects else self.containers,
            "--port": self.ports,
        }
        words = " ".join(f"{name} {value}" for name, values in options.items() for value in values)
        return Narrowed(words, self.zones) if words else None

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


def require_names(choice: Choice, facts: Iterable[Facts], how: ZoneChoice | None = None) -> Choice:
    """Refuse names that are not there, and add the containers of projects. Raises SubjectError.

    `how` is how the zones of the hosts are found.
    """
    if not (choice.zones or choice.containers or choice.projects):
        return choice
    snapshots = [parse_snapshot(one) for one in facts]
    require_zones(choice.zones, snapshots, how or ZoneChoice())
    require_containers(choice.containers, snapshots)
    require_projects(choice.projects, snapshots)
    members = (name for one in snapshots for name in containers_of(choice.projects, one))
    return replace(choice, containers=tuple(dict.fromkeys((*choice.containers, *members))))


def require_ports(
    choice: Choice, shown: AttributedSnapshot | AttributedDiff, facts: Iterable[Facts], *, found: bool = False
) -> None:
    """Refuse ports that nothing is about, where that is known. Raises SubjectError.

    `shown` is what was chosen: what is open is an answer, also where all ports of a container are. On the inside all
    are nearly always: there it is one where a zone or a container was asked about. `found`: findings are about them.
    """
    inside = bool(choice.zones or choice.containers)
    if choice.ports and not found and not _is_open(shown, tuple(ZoneKind) if inside else OUTSIDE):
        named.require_ports(choice.ports, [parse_snapshot(one) for one in facts])


def choose_of_audit(audit: Audit, choice: Choice) -> Audit:
    """Keep the findings, and of the host the rules and rows, that are asked about."""
    findings = tuple(one for one in audit.findings if _is_finding(one, choice))
    shown = choose_of_snapshot(audit.shown, choice)
    chosen = replace(audit, findings=findings, shown=replace(shown, head=_narrow(shown.head, choice)))
    left_out = len(gather_mistakes(audit.open)) - len(gather_mistakes(chosen.open))
    return replace(chosen, left_out=max(left_out, 0))


def _narrow(head: SnapshotHead, choice: Choice) -> SnapshotHead:
    return replace(head, narrowed=choice.narrowed)


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
        head=_narrow(shown.head, choice),
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
        before=_narrow(diff.before, choice),
        after=_narrow(diff.after, choice),
        changes=_rules(diff.changes, choice),
        missing=_rules(diff.missing, choice),
        defects=_rules(diff.defects, choice),
        exposure=rows if rows is None else tuple(one for one in rows if _is_row_change(one, choice)),
    )


def _is_open(shown: AttributedSnapshot | AttributedDiff, to: Container[ZoneKind]) -> bool:
    """Tell whether something that was chosen is open to such zones, or may be; of a diff, whether anything changed."""
    if isinstance(shown, AttributedDiff):
        return bool(shown.exposure or shown.changes)
    return any(
        one.exposure.outcome is not Outcome.BLOCKED and one.exposure.zone.kind in to for one in shown.exposure or ()
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
    anywhere = not choice.zones or any(_is_reached(cell, choice) for cell in cells) or _of_network(causes, choice)
    named = _is_named(one.container, choice) or (not one.container and _are_causes(causes, choice))
    at_port = not choice.ports or any(is_row(cell.exposure, Choice(ports=choice.ports)) for cell in cells)
    return anywhere and named and (at_port or _are_causes(causes, Choice(ports=choice.ports)))


def _is_reached(cell: AttributedExposure, choice: Choice) -> bool:
    return cell.exposure.outcome is not Outcome.BLOCKED and is_row(cell.exposure, Choice(zones=choice.zones))


def _of_network(causes: Iterable[Cause], choice: Choice) -> bool:
    """Tell whether rules are there for a network whose members are asked about, such as those that let them in."""
    return any(f"network:{one.network.name}" in choice.zones for one in causes if one.network and not one.container)


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

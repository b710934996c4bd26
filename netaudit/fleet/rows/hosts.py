"""The row of `hosts`."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from netaudit.audit.risk import Mistake
from netaudit.fleet.rows.audited import Audited
from netaudit.fleet.tables.host import HostRow
from netaudit.model.docker import Inventory
from netaudit.model.severity import Severity
from netaudit.model.version import Version
from netaudit.report.text.words import describe_gap


def host_row(audited: Audited) -> HostRow:
    """Sum up one recording."""
    shown, coverage = audited.shown, audited.shown.coverage
    since, rehearsal = audited.since, audited.rehearsal
    return HostRow(
        **audited.key,
        location=audited.named.location,
        stamp=audited.named.stamp,
        digest=shown.head.sha256,
        **_docker(audited.snapshot.inventory),
        backends=tuple(sorted({str(table.backend) for table in audited.snapshot.ruleset.tables})),
        rules=coverage.rules,
        proved=coverage.proved,
        unattributed=coverage.unattributed,
        missing=len(shown.missing),
        undecided_rules=coverage.undecided,
        **_severities(audited.mistakes),
        waived=sum(one.waiver is not None for one in audited.audit.findings),
        undecided=audited.audit.unsure,
        gaps=tuple(describe_gap(gap) for gap in shown.head.gaps),
        partial=shown.head.partial,
        exposed=shown.exposure is not None,
        exposure_gap=shown.exposure_gap or None,
        compared_with=since.before.recording if since and since.before and not since.gap else None,
        compared_at=since.before.taken_at if since and since.before and not since.gap else None,
        compare_gap=(since.gap or None) if since else None,
        rehearsed=rehearsal.against if rehearsal and not rehearsal.gap else None,
        rehearse_gap=(rehearsal.gap or None) if rehearsal else None,
    )


def _docker(inventory: Inventory | None) -> dict[str, Any]:
    if inventory is None:
        names = ("engine", "engine_major", "firewall_backend", "containers", "networks", "published_ports")
        return dict.fromkeys(names)
    running = [one for one in inventory.containers if one.running]
    return {
        "engine": inventory.version or None,
        "engine_major": _major(inventory.version),
        "firewall_backend": inventory.options.firewall_backend,
        "containers": len(running),
        "networks": len(inventory.networks),
        "published_ports": sum(len(one.bindings) for one in running),
    }


def _major(version: str) -> int | None:
    known = Version.parse(version)
    return known.major if known else None


def _severities(mistakes: Iterable[Mistake]) -> dict[str, Any]:
    counts = Counter(one.first.severity for one in mistakes)
    return {str(severity): counts[severity] for severity in Severity}

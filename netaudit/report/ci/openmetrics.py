"""An audit as numbers for Prometheus: how many findings, how severe, and each with its place.

The names begin with `netaudit_audit`: a watch writes others, so that both can be files of one folder.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from netaudit.attribute.attribution import AttributedExposure
from netaudit.audit.finding import Audit, Obeyed
from netaudit.audit.risk import Mistake, gather_by_status
from netaudit.model.exposure import OUTSIDE, Destination, Outcome
from netaudit.model.severity import Severity
from netaudit.release import RELEASE
from netaudit.report.text.destinations import describe_receiver
from netaudit.report.text.findings.accepted import ACCEPTED, describe_obeyed
from netaudit.report.text.findings.audit import short_id
from netaudit.report.text.findings.places import REACHED_FROM, describe_places
from netaudit.report.text.formats.openmetrics import Family, Labels, print_families

_HOST = Family("netaudit_audit_host", "gauge", "The host that was audited, by what; always 1.")
_FINDINGS = Family("netaudit_audit_findings", "gauge", "Open findings, by severity; one mistake is one finding.")
_FINDING = Family("netaudit_audit_finding", "gauge", "Each open finding: what explain finds by this ID; always 1.")
_ACCEPTED = Family("netaudit_audit_accepted", "gauge", "Accepted findings, by what; one mistake is one finding.")
_CONFIGURATION = Family("netaudit_audit_configuration", "gauge", "The configuration that was obeyed; always 1.")
_CHECKS = Family("netaudit_audit_checks", "gauge", "Checks of the audit, with those that have no answer.")
_TAKEN = Family(
    "netaudit_audit_taken_timestamp_seconds", "gauge", "When the host was recorded, in seconds since 1970; UTC."
)
_UNDECIDED = Family("netaudit_audit_checks_undecided", "gauge", "Checks that could not be decided for every subject.")
_NOT_PUT = Family("netaudit_audit_checks_not_asked", "gauge", "Checks whose subjects could not be listed.")
_GAPS = Family("netaudit_audit_gaps", "gauge", "Sources that could not be read.")
_REACHED = Family(
    "netaudit_audit_reached", "gauge", "Ports that outsiders reach, by where they are and how sure it is."
)


def render_audit(audit: Audit) -> str:
    """Print the numbers of an audit; who can reach what is left out where it was not computed."""
    gathered = gather_by_status(audit.findings)
    mistakes = gathered["open"]
    severities = Counter(one.first.severity for one in mistakes)
    undecided = {one.check.id for one in audit.undecided}
    not_put = {check.id for one in audit.not_put for check in one.checks}
    return print_families(
        [
            (_HOST, {(("host", audit.head.host), ("engine", audit.head.engine), ("version", RELEASE)): 1}),
            (_FINDINGS, {(("severity", str(one)),): severities[one] for one in Severity}),
            (_FINDING, {_labels(one): 1 for one in mistakes}),
            (_ACCEPTED, {(("status", one),): len(gathered[one]) for one in ACCEPTED}),
            (_CONFIGURATION, _configuration(audit.obeyed)),
            (_TAKEN, _taken(audit.head.taken_at)),
            (_CHECKS, {(): len(audit.checks)}),
            (_UNDECIDED, {(): len(undecided)}),
            (_NOT_PUT, {(): len(not_put)}),
            (_GAPS, {(): len(audit.head.gaps)}),
            (_REACHED, _reached(audit.shown.exposure)),
        ]
    )


def _configuration(obeyed: Obeyed | None) -> Mapping[Labels, float]:
    """Return the configuration that decides, and what of it is not what is usual; nothing without one."""
    said = describe_obeyed(obeyed)
    return {(("file", obeyed.file), ("obeyed", said)): 1} if obeyed and said else {}


def _taken(at: str) -> Mapping[Labels, float]:
    """Return the time of a recording; nothing for one that has none, such as a paste."""
    try:
        taken = datetime.fromisoformat(at)
    except ValueError:
        return {}
    return {(): taken.timestamp()} if taken.tzinfo else {}


def _labels(one: Mistake) -> Labels:
    first = one.first
    return (
        ("id", short_id(first)),
        ("severity", str(first.severity)),
        ("check", first.check.id),
        ("reached_from", REACHED_FROM[one.reach]),
        ("service", first.service),
        ("subject", describe_places(one)),
    )


def _reached(rows: tuple[AttributedExposure, ...] | None) -> Mapping[Labels, float]:
    """Count where packets of outsiders arrive, or may; a port of a container counts once, over IPv4 and IPv6."""
    if rows is None:
        return {}
    found = {
        (one.exposure.zone.kind, one.exposure.outcome, _port(one.exposure.destination))
        for one in rows
        if one.exposure.zone.kind in OUTSIDE
    }
    counts = Counter((kind, outcome) for kind, outcome, _ in found)
    said = {Outcome.ALLOWED: "yes", Outcome.MAY: "uncertain"}
    return {
        (("reached_from", str(kind)), ("sure", word)): counts[kind, outcome]
        for kind in OUTSIDE
        for outcome, word in said.items()
    }


def _port(there: Destination) -> tuple[object, ...]:
    return describe_receiver(there), there.binding.container_port if there.binding else there.ports, there.protocol

"""An audit as GitHub's workflow commands: one annotation for each open mistake, at its first finding's line."""

from netaudit.audit.finding import Audit
from netaudit.audit.risk import Mistake, gather_mistakes
from netaudit.model.severity import Severity
from netaudit.report.ci.location import Locator
from netaudit.report.text.findings.accepted import describe_obeyed
from netaudit.report.text.findings.audit import describe_finding, summarise_audit
from netaudit.report.text.sanitize import annotation_data, annotation_property, terminal_text

_COMMANDS = {
    Severity.INFO: "notice",
    Severity.LOW: "notice",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}


def render_audit(audit: Audit, locator: Locator, base: str) -> str:
    """Print annotations, and the summary as the log's last line; `base` leads to the recording's files."""
    lines = [_annotation(one, locator, base) for one in gather_mistakes(audit.open)]
    said = [f"netaudit: {one}" for one in (summarise_audit(audit), describe_obeyed(audit.obeyed)) if one]
    return "\n".join([*lines, *map(terminal_text, said)]) + "\n"


def _annotation(mistake: Mistake, locator: Locator, base: str) -> str:
    one = mistake.first
    place = locator.locate(one)
    file, title = (
        annotation_property(text)
        for text in (place.named if place.outside else place.under(base), f"{one.severity}: {one.check.id}")
    )
    also = [f"{other.subject}: {other.check.id} ({other.severity})" for other in mistake.findings[1:]]
    aspects = f" Also: {'; '.join(also)}." if also else ""
    data = annotation_data(f"{describe_finding(one)}{aspects} To do: {one.remediation}")
    return f"::{_COMMANDS[one.severity]} file={file},line={place.line},title={title}::{data}"

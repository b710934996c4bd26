"""An audit as GitHub's workflow commands: one annotation for each open finding."""

from netaudit.audit.finding import Audit, Finding
from netaudit.model.severity import Severity
from netaudit.report.ci.location import Locator
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
    lines = [_annotation(one, locator, base) for one in audit.open]
    return "\n".join([*lines, terminal_text(f"netaudit: {summarise_audit(audit)}")]) + "\n"


def _annotation(one: Finding, locator: Locator, base: str) -> str:
    place = locator.locate(one)
    file, title = (annotation_property(text) for text in (place.under(base), f"{one.severity}: {one.check.id}"))
    data = annotation_data(f"{describe_finding(one)} To do: {one.remediation}")
    return f"::{_COMMANDS[one.severity]} file={file},line={place.line},title={title}::{data}"

"""A result and a format -> bytes. What prints a format is imported when it is asked for."""

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from netaudit.api.formats import AuditFormat, Format, TraceFormat
from netaudit.report.terminal.style import Style

if TYPE_CHECKING:
    from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot
    from netaudit.attribute.trace import AttributedTrace
    from netaudit.audit.finding import Audit, Finding
    from netaudit.report.ci.location import Locator

# Module and function of netaudit.report, for a diff and for a snapshot.
_REPORTS = {
    Format.TERMINAL: ("terminal.rules", "render_diff", "render_snapshot"),
    Format.JSON: ("json.rules", "render_diff", "render_snapshot"),
    Format.MARKDOWN: ("page.render", "render_diff_markdown", "render_snapshot_markdown"),
    Format.HTML: ("page.render", "render_diff_html", "render_snapshot_html"),
    Format.CSV: ("csv_table", "render_diff_csv", "render_snapshot_csv"),
    Format.SVG: ("page.picture", "render_diff_svg", "render_snapshot_svg"),
    Format.DOT: ("page.picture", "render_diff_dot", "render_snapshot_dot"),
}
_WITH_FINDINGS = (Format.HTML, Format.MARKDOWN)
# What `netaudit exposure` prints otherwise than a snapshot.
_EXPOSURE = {
    Format.TERMINAL: ("terminal.exposure", "render_exposure"),
    Format.JSON: ("json.rules", "render_exposure"),
    Format.MARKDOWN: ("page.render", "render_exposure_markdown"),
    Format.CSV: ("csv_table", "render_exposure_csv"),
}
_AUDITS = {
    AuditFormat.TERMINAL: "terminal.audit",
    AuditFormat.JSON: "json.audit",
    AuditFormat.MARKDOWN: "page.audit_markdown",
    AuditFormat.JUNIT: "ci.junit",
    AuditFormat.SARIF: "ci.sarif",
    AuditFormat.GITHUB: "ci.github",
}
_TRACES = {TraceFormat.TERMINAL: "terminal.trace", TraceFormat.JSON: "json.trace"}


def render_diff(diff: "AttributedDiff", form: Format) -> bytes:
    """Return a diff in a format."""
    module, name, _ = _REPORTS[form]
    return _call(module, name, diff, *_style(form))


def render_snapshot(snapshot: "AttributedSnapshot", form: Format, audit: "Audit | None" = None) -> bytes:
    """Return a snapshot in a format; findings only where the format is for people."""
    module, _, name = _REPORTS[form]
    return _call(module, name, snapshot, *([audit] if form in _WITH_FINDINGS else _style(form)))


def render_exposure_table(shown: "AttributedSnapshot", form: Format) -> bytes:
    """Return who can reach what in a format; as the snapshot has it where the format has no table of its own."""
    if form not in _EXPOSURE:
        return render_snapshot(shown, form)
    return _call(*_EXPOSURE[form], shown, *_style(form))


def render_trace(traced: "AttributedTrace", form: TraceFormat, style: Style) -> bytes:
    """Return a packet's way in a format; `style` is for the terminal."""
    return _call(_TRACES[form], "render_journey", traced, *([style] if form is TraceFormat.TERMINAL else []))


def render_audit(
    audit: "Audit", form: AuditFormat, style: Style, failing: "tuple[Finding, ...]", where: "tuple[Locator, str]"
) -> bytes:
    """Return an audit in a format; `failing` is for JUnit, `where` for SARIF and GitHub: lines, and a folder."""
    further: dict[AuditFormat, tuple[object, ...]] = {
        AuditFormat.TERMINAL: (style,),
        AuditFormat.JUNIT: (failing,),
        AuditFormat.SARIF: where,
        AuditFormat.GITHUB: where,
    }
    return _call(_AUDITS[form], "render_audit", audit, *further.get(form, ()))


def _style(form: Format) -> list[Style]:
    return [Style()] if form is Format.TERMINAL else []


def _call(module: str, name: str, *arguments: object) -> bytes:
    """Call a renderer of netaudit.report; what is no text in a name of the host's is printed as `?`."""
    render_it = cast("Callable[..., Any]", getattr(importlib.import_module(f"netaudit.report.{module}"), name))
    text: str | bytes = render_it(*arguments)
    return text if isinstance(text, bytes) else text.encode(errors="replace")

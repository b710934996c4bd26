"""A result and a format -> bytes. What prints a format is imported when it is asked for."""

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from netaudit.api.formats import AssertFormat, AuditFormat, Format, PlanFormat, TraceFormat
from netaudit.report.terminal.style import Style

if TYPE_CHECKING:
    from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot
    from netaudit.attribute.trace import AttributedTrace
    from netaudit.audit.changed import ChangedFindings
    from netaudit.audit.finding import Audit, Finding
    from netaudit.audit.planned import JudgedPlan
    from netaudit.policy.verdict import Assertion
    from netaudit.report.ci.location import Locator

# Functions of netaudit.report, for a diff and for a snapshot.
_REPORTS = {
    Format.TERMINAL: ("terminal.rules.render_diff", "terminal.rules.render_snapshot"),
    Format.JSON: ("json.diff.render_diff", "json.show.render_snapshot"),
    Format.MARKDOWN: ("page.render.render_diff_markdown", "page.render.render_snapshot_markdown"),
    Format.HTML: ("page.render.render_diff_html", "page.render.render_snapshot_html"),
    Format.CSV: ("csv_table.render_diff_csv", "csv_table.render_snapshot_csv"),
    Format.SVG: ("page.picture.render_diff_svg", "page.picture.render_snapshot_svg"),
    Format.DOT: ("page.picture.render_diff_dot", "page.picture.render_snapshot_dot"),
}
_WITH_POLICY = (Format.TERMINAL, Format.JSON, Format.HTML, Format.MARKDOWN)
_WITH_FINDINGS = (Format.HTML, Format.MARKDOWN)
JUDGED = (Format.TERMINAL, *_WITH_FINDINGS)  # formats that print the findings of a diff
# What `netaudit exposure` prints in another way than a snapshot.
_EXPOSURE = {
    Format.TERMINAL: "terminal.exposure.render_exposure",
    Format.JSON: "json.exposure.render_exposure",
    Format.MARKDOWN: "page.render.render_exposure_markdown",
    Format.CSV: "csv_table.render_exposure_csv",
}
_AUDITS = {
    AuditFormat.TERMINAL: "terminal.audit.render_audit",
    AuditFormat.JSON: "json.audit.render_audit",
    AuditFormat.MARKDOWN: "page.audit_markdown.render_audit",
    AuditFormat.JUNIT: "ci.junit.render_audit",
    AuditFormat.SARIF: "ci.sarif.render_audit",
    AuditFormat.GITHUB: "ci.github.render_audit",
    AuditFormat.HTML: "page.render.render_audit_html",
    AuditFormat.CSV: "ci.findings_csv.render_audit",
    AuditFormat.JSONL: "json.audit_lines.render_audit",
    AuditFormat.OPENMETRICS: "ci.openmetrics.render_audit",
}
_ASSERTIONS = {
    AssertFormat.TERMINAL: "terminal.assertion.render_assertion",
    AssertFormat.JSON: "json.assertion.render_assertion",
    AssertFormat.SARIF: "ci.assertion.render_sarif",
    AssertFormat.MARKDOWN: "page.policy.markdown.render_assertion",
    AssertFormat.HTML: "page.render.render_assertion_html",
    AssertFormat.JUNIT: "ci.assertion.render_junit",
}
_TRACES = {
    TraceFormat.TERMINAL: "terminal.trace.render_trace",
    TraceFormat.JSON: "json.trace.render_trace",
}

_PLANS = {
    PlanFormat.TERMINAL: "terminal.plan.render_plan",
    PlanFormat.JSON: "json.plan.render_plan",
    PlanFormat.MARKDOWN: "page.render.render_plan_markdown",
    PlanFormat.HTML: "page.render.render_plan_html",
    PlanFormat.SARIF: "ci.sarif.render_plan",
}


def render_diff(
    diff: "AttributedDiff",
    form: Format,
    assertion: "Assertion | None" = None,
    findings: "ChangedFindings | None" = None,
) -> bytes:
    """Return a diff in a format; a policy and findings only where the format has a place for them."""
    of_diff, _ = _REPORTS[form]
    further: list[object] = [assertion] if form in _WITH_POLICY else []
    further += [findings] if form in JUDGED else []
    return _call(of_diff, diff, *_style(form), *further)


def render_snapshot(snapshot: "AttributedSnapshot", form: Format, audit: "Audit | None" = None) -> bytes:
    """Return a snapshot in a format; findings only where the format is for people."""
    _, of_snapshot = _REPORTS[form]
    return _call(of_snapshot, snapshot, *([audit] if form in _WITH_FINDINGS else _style(form)))


def render_exposure_table(shown: "AttributedSnapshot", form: Format) -> bytes:
    """Return who can reach what in a format; as the snapshot has it where the format has no table of its own."""
    if form not in _EXPOSURE:
        return render_snapshot(shown, form)
    return _call(_EXPOSURE[form], shown, *_style(form))


def render_trace(traced: "AttributedTrace", form: TraceFormat, style: Style) -> bytes:
    """Return a packet's way in a format; `style` is for the terminal."""
    return _call(_TRACES[form], traced, *([style] if form is TraceFormat.TERMINAL else []))


def render_assertion(assertion: "Assertion", form: AssertFormat, style: Style) -> bytes:
    """Return a policy that was held against a host in a format; `style` is for the terminal."""
    return _call(_ASSERTIONS[form], assertion, *([style] if form is AssertFormat.TERMINAL else []))


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
    return _call(_AUDITS[form], audit, *further.get(form, ()))


def render_plan(plan: "JudgedPlan", form: PlanFormat, style: Style, where: "tuple[Locator, str]") -> bytes:
    """Return a plan in a format; `style` is for the terminal, `where` for SARIF: lines, and a folder."""
    further: dict[PlanFormat, tuple[object, ...]] = {PlanFormat.TERMINAL: (style,), PlanFormat.SARIF: where}
    return _call(_PLANS[form], plan, *further.get(form, ()))


def _style(form: Format) -> list[Style]:
    return [Style()] if form is Format.TERMINAL else []


def _call(path: str, *arguments: object) -> bytes:
    """Call a renderer of netaudit.report; what is no text in a name of the host's is printed as `?`."""
    module, _, name = path.rpartition(".")
    render_it = cast("Callable[..., Any]", getattr(importlib.import_module(f"netaudit.report.{module}"), name))
    text: str | bytes = render_it(*arguments)
    return text if isinstance(text, bytes) else text.encode(errors="replace")

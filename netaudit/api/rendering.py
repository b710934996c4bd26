"""Results -> text."""

from typing import overload

import msgspec

from netaudit.api.formats import AssertFormat, AuditFormat, Format, PlanFormat, TraceFormat
from netaudit.api.renderers import (
    render_assertion,
    render_audit,
    render_diff,
    render_exposure_table,
    render_plan,
    render_snapshot,
    render_trace,
)
from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot
from netaudit.attribute.trace import AttributedTrace
from netaudit.audit.finding import Audit
from netaudit.audit.planned import JudgedPlan
from netaudit.model.facts import Facts
from netaudit.policy.verdict import Assertion
from netaudit.report.ci.location import Locator
from netaudit.report.terminal.style import Style

Result = AttributedSnapshot | AttributedDiff | AttributedTrace | Audit | JudgedPlan | Assertion


class AuditPlace(msgspec.Struct, frozen=True):
    """Where an audit's recording is: SARIF and GitHub name files in it, and the lines that findings are about.

    `base` goes before each file's name: where the recording is in a repository.
    """

    facts: Facts = Facts({})
    base: str = ""


@overload
def render(result: AttributedSnapshot | AttributedDiff, form: Format = ...) -> str: ...
@overload
def render(result: Audit, form: AuditFormat = ..., place: AuditPlace | None = ...) -> str: ...
@overload
def render(result: AttributedTrace, form: TraceFormat = ...) -> str: ...
@overload
def render(result: Assertion, form: AssertFormat = ...) -> str: ...
@overload
def render(result: JudgedPlan, form: PlanFormat = ..., place: AuditPlace | None = ...) -> str: ...
def render(
    result: Result,
    form: Format | AuditFormat | TraceFormat | AssertFormat | PlanFormat = Format.TERMINAL,
    place: AuditPlace | None = None,
) -> str:
    """Return a result as text; the terminal's is 80 columns wide and has no colours.

    JUnit has every open finding as a failure. `place` is for SARIF and GitHub.

    >>> changes = netaudit.compare(netaudit.load("before"), netaudit.load("after"))
    >>> netaudit.render(changes).splitlines()[-1]
    '3 added, 0 removed, 0 altered, 0 moved'
    >>> import json
    >>> json.loads(netaudit.render(netaudit.show(netaudit.load("after")), netaudit.Format.JSON))["schema"]
    'netaudit/show/v1'
    """
    match result:
        case AttributedSnapshot():
            data = render_snapshot(result, Format(form.value))
        case AttributedDiff():
            data = render_diff(result, Format(form.value))
        case AttributedTrace():
            data = render_trace(result, TraceFormat(form.value), Style())
        case Assertion():
            data = render_assertion(result, AssertFormat(form.value), Style())
        case Audit():
            data = render_audit(result, AuditFormat(form.value), Style(), result.open, _lines(place))
        case JudgedPlan():
            data = render_plan(result, PlanFormat(form.value), Style(), _lines(place))
    return data.decode()


def _lines(place: AuditPlace | None) -> tuple[Locator, str]:
    where = place or AuditPlace()
    return Locator(where.facts.files), where.base


def render_exposure(shown: AttributedSnapshot, form: Format = Format.TERMINAL) -> str:
    """Return who can reach what as text, without the rules.

    >>> exposed = netaudit.expose(netaudit.load("after"))
    >>> netaudit.render_exposure(exposed, netaudit.Format.CSV).startswith("what,change,object")
    True
    """
    return render_exposure_table(shown, form).decode()

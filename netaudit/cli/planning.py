"""What `netaudit plan` was asked on its command line -> a plan; a plan -> its format."""

from pathlib import Path
from typing import TYPE_CHECKING

from netaudit.api.audits import AuditOptions
from netaudit.api.formats import PlanFormat
from netaudit.audit.gate import failing
from netaudit.audit.planned import new_findings
from netaudit.cli import output as out
from netaudit.cli.auditing import Prepared, prepare
from netaudit.cli.options import Colour
from netaudit.report.ci.location import Locator

if TYPE_CHECKING:
    from netaudit.audit.finding import Finding
    from netaudit.audit.planned import JudgedPlan
    from netaudit.model.facts import Facts


def prepare_plan(
    config: Path | None, waivers: list[Path] | None, exposure: bool | None, fail_on: str | None
) -> Prepared:
    """Load what judges a plan, as `netaudit audit` does."""
    from netaudit.cli.sources import when_computed

    options = AuditOptions(config=config, waivers=tuple(waivers or ()), exposure=when_computed(exposure))
    return prepare(options, fail_on)


def fails(plan: "JudgedPlan", prepared: Prepared) -> tuple["Finding", ...]:
    """Return the new findings that are severe and sure enough."""
    return failing(new_findings(plan), prepared.fail_on, prepared.min_confidence)


def print_plan(
    plan: "JudgedPlan", form: PlanFormat, output: out.Output | None, colour: Colour, facts: "Facts", *, wide: bool
) -> None:
    """Render a plan and write it where it was asked for."""
    if form is PlanFormat.TERMINAL:
        from netaudit.report.terminal.plan import render_plan

        out.show(lambda chosen: render_plan(plan, chosen), out.style(output, colour, wide=wide), output)
    else:
        from netaudit.api.renderers import render_plan as render
        from netaudit.report.terminal.style import Style

        out.write(render(plan, form, Style(), (Locator(facts.files), "")), output)

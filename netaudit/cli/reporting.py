"""What `netaudit report` was asked for -> the report, written where it was asked for."""

import datetime as dt
import sys

import msgspec

import netaudit
from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot
from netaudit.audit.finding import Audit
from netaudit.audit.run import run
from netaudit.audit.view.view import HostView
from netaudit.cli import output as out
from netaudit.cli.auditing import Asked, prepare
from netaudit.cli.options import Colour, Format
from netaudit.cli.progress import progress
from netaudit.cli.templates import OwnTemplate, print_with
from netaudit.errors import UsageError
from netaudit.model.facts import Facts
from netaudit.parse import parse_snapshot
from netaudit.parse.program import parse_program
from netaudit.report.text.rule_order import Grouping


class Wanted(msgspec.Struct, frozen=True):
    """The command line's wishes; a template goes before the format."""

    form: Format
    output: out.Output | None
    template: OwnTemplate | None
    exposure: bool | None  # None: where that is quick
    audit: bool


def require_place(wanted: Wanted) -> None:
    """Refuse to pour a page of HTML into a terminal. Raises UsageError."""
    if wanted.form is Format.HTML and wanted.template is None and wanted.output is None and sys.stdout.isatty():
        raise UsageError("this report is a page of HTML", hint="give -o report.html, or --format terminal")


def report_host(facts: Facts, wanted: Wanted) -> AttributedSnapshot:
    """Write the report of one host, and give what it is of."""
    with progress("attributing rules" if wanted.exposure is False else "computing who can reach what"):
        shown = netaudit.show_recording(facts, exposure=wanted.exposure)
    if wanted.template is not None:
        print_with(wanted.template, shown, wanted.output)
    elif wanted.form is Format.TERMINAL:
        out.print_snapshot(shown, wanted.form, wanted.output, Colour.AUTO, Grouping.CHAIN)
    else:
        from netaudit.cli.formats import render_snapshot

        found = _audit(facts, shown) if wanted.audit else None
        out.write(render_snapshot(shown, wanted.form, found), wanted.output)
    return shown


def report_changes(before: Facts, after: Facts, wanted: Wanted) -> AttributedDiff:
    """Write the report of what changed, and give what it is of."""
    with progress("comparing"):
        changed = netaudit.diff_recordings(before, after, exposure=wanted.exposure)
    if wanted.template is not None:
        print_with(wanted.template, changed, wanted.output)
    else:
        out.print_diff(changed, wanted.form, wanted.output, Colour.AUTO)
    return changed


def _audit(facts: Facts, shown: AttributedSnapshot) -> Audit:
    """Put every check to what was shown, as `netaudit audit` would."""
    with progress("auditing"):
        auditor = prepare(Asked(today=dt.datetime.now(tz=dt.UTC).astimezone().date())).auditor
        snapshot = parse_snapshot(facts)
        program = parse_program(facts, snapshot.ruleset)
        return run(HostView(snapshot, program, shown, auditor.services), auditor.plan)

"""What `netaudit report` was asked for -> the report, written where it was asked for."""

from pathlib import Path

import msgspec

from netaudit.api.audits import AuditOptions
from netaudit.api.formats import Format
from netaudit.api.hosts import compare, show_snapshot
from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot
from netaudit.attribute.exposure.compute import ComputeExposure
from netaudit.audit.finding import Audit
from netaudit.cli import output as out
from netaudit.cli.auditing import judge, prepare
from netaudit.cli.holding import hold
from netaudit.cli.options import Colour
from netaudit.cli.screen.progress import progress
from netaudit.cli.templates import OwnTemplate, print_with
from netaudit.errors import UsageError
from netaudit.model.facts import Facts
from netaudit.model.snapshot import Snapshot
from netaudit.parse import parse_snapshot
from netaudit.policy.entry import Policy
from netaudit.report.text.grouping import Grouping


class Wanted(msgspec.Struct, frozen=True):
    """The command line's wishes; a template goes before the format."""

    form: Format
    output: out.Output | None
    template: OwnTemplate | None
    exposure: ComputeExposure
    audit: bool
    policy: Path | None = None


def require_possible(wanted: Wanted) -> None:
    """Refuse what cannot be together. Raises UsageError."""
    if wanted.policy and (wanted.template or not wanted.audit):
        raise UsageError("--policy is held beside the findings of a report", hint="leave out --template and --no-audit")


def report_host(facts: Facts, wanted: Wanted) -> AttributedSnapshot:
    """Write the report of one host, and return what it is of."""
    never = wanted.exposure is ComputeExposure.NEVER
    with progress("attributing rules" if never else "computing who can reach what"):
        snapshot = parse_snapshot(facts)
        shown = show_snapshot(snapshot, wanted.exposure)
    if wanted.template is not None:
        print_with(wanted.template, shown, wanted.output)
    elif wanted.form is Format.TERMINAL:
        out.print_snapshot(shown, wanted.form, wanted.output, Colour.AUTO, Grouping.CHAIN)
    else:
        from netaudit.api.renderers import render_snapshot

        found = _audit(snapshot, shown, wanted.policy) if wanted.audit else None
        out.write(render_snapshot(shown, wanted.form, found), wanted.output)
    return shown


def report_changes(before: Facts, after: Facts, wanted: Wanted) -> AttributedDiff:
    """Write the report of what changed, and return what it is of."""
    with progress("comparing"):
        changed, found = (
            judge(before, after, wanted.form, wanted.exposure)
            if wanted.audit and wanted.template is None
            else (compare(before, after, wanted.exposure), None)
        )
    if wanted.template is not None:
        print_with(wanted.template, changed, wanted.output)
    else:
        held = hold(after, _policy(wanted.policy), wanted.form) if wanted.policy else None
        out.print_diff(changed, wanted.form, wanted.output, Colour.AUTO, assertion=held, findings=found)
    return changed


def unknown_of(shown: AttributedSnapshot | AttributedDiff) -> int:
    """Count what a report leaves unknown beside gaps: expected rules, and exposure where nobody computed it."""
    return shown.coverage.undecided + (shown.exposure is None)


def _policy(file: Path) -> Policy:
    from netaudit.catalog.policy import load_policy

    return load_policy(file)


def _audit(snapshot: Snapshot, shown: AttributedSnapshot, policy: Path | None) -> Audit:
    """Put every check to what was shown, as `netaudit audit` would."""
    with progress("auditing"):
        return prepare(AuditOptions(policy=policy)).auditor.audit_shown(snapshot, shown)

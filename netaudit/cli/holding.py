"""What a policy is held against: beside another command's report, on a host, or on the one that a plan leads to."""

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from netaudit.api.plan_files import PlanFile, find_plan, sent_requests
from netaudit.cli.planning import engine_change, is_restart, load_profile, make_context
from netaudit.cli.say import say
from netaudit.errors import RecordingError, UsageError
from netaudit.model.plan import made_on_files
from netaudit.plan.promise import PromisedChange
from netaudit.report.text.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netaudit.api.formats import Format
    from netaudit.api.plans import PlanContext
    from netaudit.collect.asking.options import Where
    from netaudit.model.facts import Facts
    from netaudit.model.plan import Symbol
    from netaudit.model.snapshot import Snapshot
    from netaudit.plan.planned import Planned
    from netaudit.policy.entry import Policy
    from netaudit.policy.verdict import Assertion

T = TypeVar("T")


def hold(facts: "Facts", policy: "Policy", form: "Format") -> "Assertion":
    """Hold a policy against a host; standard error has what became of it where the report has no place."""
    from netaudit.api.formats import Format
    from netaudit.api.policies import hold_policy
    from netaudit.report.text.findings.assertion import summarise_assertion

    held = hold_policy(facts, policy)
    if form in (Format.CSV, Format.SVG, Format.DOT):  # these have no place for it
        say(f"{policy.place}: {summarise_assertion(held)}")
    return held


def undecided_entries(held: "Assertion | None") -> int:
    """Count the entries of a policy that could not be decided; 0 where none was held."""
    from netaudit.policy.verdict import Verdict

    return held.count(Verdict.UNDECIDED) if held else 0


class Host(msgspec.Struct, frozen=True):
    """A host to hold a policy against; of one that a plan leads to, the symbols of what is not known yet."""

    snapshot: "Snapshot"
    symbols: "tuple[Symbol, ...]" = ()

    def spell(self, value: T) -> T:
        """Return a result with symbols in the place of their examples."""
        from netaudit.plan.spelling import spell

        return spell(value, self.symbols)


def load_host(paths: "Sequence[Path]", on: "Sequence[Path]", where: "Where") -> Host:
    """Return the host of a recording, or of several files; the one that a plan leads to; or this one."""
    from netaudit.cli.screen.progress import progress
    from netaudit.cli.sources import load_all_or_collect
    from netaudit.parse import parse_snapshot

    plan = find_plan(paths[0]) if len(paths) == 1 and paths[0].is_file() else None
    if plan is None:
        if on:
            raise UsageError("--on is for a plan", hint="netaudit assert plan.json --on SNAPSHOT")
        return Host(parse_snapshot(load_all_or_collect(paths, where)))
    with progress("planning"):
        planned = plan_again(plan, on, where)
    return Host(planned.after, planned.symbols)


def plan_again(plan: PlanFile, on: "Sequence[Path]", where: "Where") -> "Planned":
    """Return the plan on the host that it was made on, or on another; standard error says where it differs now."""
    from netaudit.api.audits import load_auditor

    made_on = made_on_files(on) if on else plan.made_on
    facts = _host(plan, on, where)
    if plan.before.sha256 and facts.digest not in ("", plan.before.sha256):
        say("the plan was made on another recording: it is made once more, on this one")
    here = not made_on.recording and not made_on.host_profile
    context = make_context(load_auditor(), plan.made_on, where if here else None)
    planned = _plan(plan, facts, context)
    _compare(plan, planned, context)
    return planned


def _host(plan: PlanFile, on: "Sequence[Path]", where: "Where") -> "Facts":
    from netaudit.cli.sources import load_files_or_collect

    if not on and plan.made_on.host_profile:
        return load_profile(Path(plan.made_on.host_profile))
    try:
        return load_files_or_collect(on or [*map(Path, plan.made_on.files)], where)
    except RecordingError as error:
        if on:
            raise
        hint = "name the recording that the plan was made on: --on SNAPSHOT"
        raise RecordingError(error.message, hint=hint) from error


def _plan(plan: PlanFile, facts: "Facts", context: "PlanContext") -> "Planned":
    from netaudit.api.plans import try_on_host, try_requests, try_restart
    from netaudit.replica.programs import can_be_tried

    if can_be_tried(plan.command):
        return try_on_host(facts, plan.command, context)
    if is_restart(plan.made_on) and not (plan.command or plan.requests):
        return try_restart(facts, engine_change(plan.made_on), plan.plan, context)
    return try_requests(facts, sent_requests(plan.requests), plan.plan, context)


def _compare(plan: PlanFile, planned: "Planned", context: "PlanContext") -> None:
    """Say how many changes are not those that the file has: the host is not what it was when the plan was made."""
    from netaudit.api.promises import changes_of
    from netaudit.attribute import attribute_diff
    from netaudit.plan.spelling import spell

    diff = attribute_diff(planned.before, planned.after, context.auditor.catalog)
    now = [_without_reason(one) for one in changes_of(spell(diff, planned.symbols))]
    then = [_without_reason(one) for one in plan.changes]
    if number := len({*now} ^ {*then}):
        say(f"the host is not what it was when the plan was made: {count(number, 'change')} of the rules differ")


def _without_reason(change: PromisedChange) -> PromisedChange:
    return msgspec.structs.replace(change, reason=None)

"""`netaudit run -- COMMAND`."""

import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, NamedTuple

import typer

from netaudit.api.formats import Format
from netaudit.cli.foreground import run_in_foreground
from netaudit.cli.options import (
    Colour,
    ColourOption,
    DockerHostOption,
    ExitCodeOption,
    ForceOption,
    FormatOption,
    OutputOption,
    PolicyOption,
    StrictOption,
    TimeoutOption,
    WideOption,
    named,
    some_seconds,
)

if TYPE_CHECKING:
    from netaudit.api.plan_files import PlanFile
    from netaudit.attribute.attribution import AttributedDiff
    from netaudit.collect.asking.options import Where
    from netaudit.model.facts import Facts
    from netaudit.model.observation import Observation


def run(
    command: Annotated[list[str], typer.Argument(help="The command, after `--`.", metavar="-- COMMAND...")],
    form: FormatOption = Format.TERMINAL,
    output: OutputOption = None,
    force: ForceOption = False,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", help="Keep both recordings as DIR/before and DIR/after.", metavar="DIR", callback=named),
    ] = None,
    planned: Annotated[
        Path | None,
        typer.Option(
            "--planned",
            help="Hold what happens against this plan: exit with 1 where it comes otherwise.",
            metavar="PLAN.json",
            show_default=False,
        ),
    ] = None,
    wait: Annotated[
        float,
        typer.Option(
            "--wait",
            min=0,
            metavar="SECONDS",
            help="How long to wait until rules and inventory are quiet.",
            callback=some_seconds,
        ),
    ] = 10.0,
    color: ColourOption = Colour.AUTO,
    wide: WideOption = False,
    exit_code: ExitCodeOption = False,
    policy: PolicyOption = None,
    strict: StrictOption = False,
    docker_host: DockerHostOption = None,
    timeout: TimeoutOption = 60.0,
) -> None:
    """Record, run a command, wait until the rules are quiet, record again and show what the command changed.

    The command's output and exit code are passed through. With a format other than terminal and no -o, the
    command's standard output goes to standard error, so that standard output holds the report alone.

    ^C is the command's: netaudit reports what it did until then. SIGTERM and SIGHUP are passed on to the command, and
    so is a SIGINT that another process sends; when the command has ended, netaudit ends without a report.
    """
    from netaudit.api.plan_files import read_plan
    from netaudit.catalog.policy import load_policy
    from netaudit.cli import output as out
    from netaudit.cli.auditing import judge
    from netaudit.cli.holding import hold, undecided_entries
    from netaudit.cli.sources import make_where

    place = out.place(output, force=force)
    where = make_where(docker_host, timeout)
    known = load_policy(policy) if policy else None
    plan = read_plan(planned) if planned else None
    stdout = sys.stderr if form is not Format.TERMINAL and output is None else None
    recorded = _run(command, where, keep, wait=wait, stdout=stdout)
    attributed, findings = judge(recorded.before, recorded.after, form, observed=recorded.observed)
    _keep_in_history(recorded, attributed)
    held = hold(recorded.after, known, form) if known else None
    out.print_diff(attributed, form, place, color, wide=wide, assertion=held, findings=findings)
    kept = plan is None or _is_kept(plan, command, attributed)
    different = (exit_code and bool(attributed.changes)) or (held is not None and held.failed > 0) or not kept
    heads = (attributed.before, attributed.after)
    undecided = attributed.coverage.undecided + undecided_entries(held)
    own = out.exit_code(*heads, strict=strict, different=different, undecided=undecided)
    raise typer.Exit(recorded.code or own)


class _Recorded(NamedTuple):
    """What was recorded around a command, and its exit code."""

    before: "Facts"
    after: "Facts"
    observed: "Observation"
    code: int


def _run(command: list[str], where: "Where", keep: Path | None, *, wait: float, stdout: IO[str] | None) -> _Recorded:
    """Record, run the command, wait until the rules are quiet, and record again; `keep` is a folder for both."""
    from netaudit.cli.say import say
    from netaudit.cli.sources import collect_host, require_rules
    from netaudit.collect.settle import collect_when_quiet
    from netaudit.collect.watch import Watch
    from netaudit.store import Replace, make_folder, require_place, save

    with Watch(where) as watch:
        before = collect_host(where)
        watch.recorded(before)
        if keep is not None:
            make_folder(keep)
            require_place(keep / "after", Replace.OURS)
            before = save(before, keep / "before")
        code = run_in_foreground(command, stdout=stdout)
        after = require_rules(collect_when_quiet(where, wait=wait))
        watch.recorded(after)
    if keep is not None:
        after = save(after, keep / "after")
    if after.partial:
        say(f"rules or containers still changed after {wait:g} s; gave up waiting")
    return _Recorded(before, after, watch.saw(), code)


def _keep_in_history(recorded: _Recorded, diff: "AttributedDiff") -> None:
    from netaudit.cli.histories import keep_change
    from netaudit.model.history.look import Origin
    from netaudit.timeline.between import changes_of_diff

    before, after = recorded.before, recorded.after
    changes = changes_of_diff(before, after, before.taken_at, diff, recorded.observed)
    keep_change(before, after, changes, Origin.RUN)


def _is_kept(plan: "PlanFile", command: list[str], diff: "AttributedDiff") -> bool:
    """Say on standard error where what happened differs from the plan; tell whether it came as planned."""
    from netaudit.api.promises import is_of, keep_promise
    from netaudit.cli.say import say
    from netaudit.report.text.plan.deviations import describe_deviation

    if not is_of(plan, command):
        say("the plan is of another command than the one that ran")
    found = keep_promise(plan, diff)
    for one in found:
        say(describe_deviation(one))
    if not found:
        say(f"as planned: {len(plan.changes)} changes")
    return not found

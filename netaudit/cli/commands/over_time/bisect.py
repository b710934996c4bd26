"""`netaudit bisect`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netaudit.cli.options import Colour, StoreOption
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from netaudit.policy.entry import Entry
    from netaudit.timeline.bisect import Turned
    from netaudit.timeline.verdicts import Question


def bisect(
    policy: Annotated[
        Path | None,
        typer.Option("--policy", help="The change at which this policy broke.", metavar="FILE", show_default=False),
    ] = None,
    reaches: Annotated[
        tuple[str, str] | None,
        typer.Option("--reaches", help="The change since which FROM reaches TO, such as: internet db:5432."),
    ] = None,
    good: Annotated[
        Path | None, typer.Option("--good", help="A look at which it was not so; else the first.", metavar="LOOK")
    ] = None,
    bad: Annotated[Path, typer.Option("--bad", help="A look at which it was so.", metavar="LOOK")] = Path("@last"),
    store: StoreOption = None,
) -> None:
    """Find the change that broke a policy, or that opened a way, by halves.

    Where it came and went several times, one of these times is found.
    """
    from netaudit.cli import output as out
    from netaudit.cli.histories import reading
    from netaudit.history import find_look
    from netaudit.report.terminal.log import render_log
    from netaudit.timeline.bisect import bisect as find_turn

    question = _question(policy, reaches)
    now = datetime.now(UTC).astimezone()
    with reading(store) as history:
        end = find_look(history, str(bad), now)
        start = find_look(history, str(good), now) if good else history.list_all()[0]
        turned = find_turn(history, start, end, question.ask)
    lines = [(one.look.number, one.change) for one in turned.entries]
    head = _head(turned)
    out.show(
        lambda style: head + render_log(lines, style, exposure=True, rules=True), out.style(None, Colour.AUTO), None
    )


def _head(turned: "Turned") -> str:
    before, after, unknown = turned.before, turned.after, turned.unknown
    until = f" to {before.until}" if before.until != before.taken_at else ""
    said = f"not so at @{before.number}, {before.taken_at}{until}; so at @{after.number}, {after.taken_at}\n"
    if not unknown:
        return said
    which = f"@{unknown[0].number}" + (f" to @{unknown[-1].number}" if len(unknown) > 1 else "")
    return f"{said}not known at {which}: {turned.why}\n"


def _question(policy: Path | None, reaches: tuple[str, str] | None) -> "Question":
    from netaudit.policy.verdict import Verdict
    from netaudit.timeline.verdicts import Question

    if (policy is None) == (reaches is None):
        raise UsageError("bisect asks one question", hint="give --policy FILE, or --reaches internet db:5432")
    today = datetime.now(UTC).astimezone().date()
    if policy is None:
        return Question((_sentence(*(reaches or ("", ""))),), Verdict.HOLDS, today)
    from netaudit.catalog.policy import load_policy

    return Question(load_policy(policy).entries, Verdict.BROKEN, today)


def _sentence(sender: str, target: str) -> "Entry":
    from netaudit.policy.grammar import SentenceError, parse_entry

    try:
        return parse_entry(f"{sender} can reach {target}")
    except SentenceError as error:
        raise UsageError(f"--reaches: {error}", hint="such as --reaches internet db:5432; docs/policy.md") from error

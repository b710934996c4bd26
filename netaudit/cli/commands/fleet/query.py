"""`netaudit fleet query`."""

import datetime as dt
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netaudit.cli.commands.fleet.audit import RESULTS
from netaudit.cli.options import FORMAT_HELP, Colour, ForceOption, OutputOption, day_option, form_by_name

if TYPE_CHECKING:
    from netaudit.fleet.query.database import Answer
    from netaudit.report.terminal.style import Style


class AnswerFormat(StrEnum):
    """What an answer is printed as."""

    TERMINAL = "terminal"
    CSV = "csv"
    JSONL = "jsonl"


def query(
    question: Annotated[
        str | None,
        typer.Argument(help="SQL in quotes, or the name of a question; without it: list the questions."),
    ] = None,
    results: Annotated[Path, typer.Option("--results", help="The folder that `fleet audit --out` wrote.")] = RESULTS,
    form: Annotated[
        AnswerFormat, typer.Option("--format", "-f", help=FORMAT_HELP, callback=form_by_name)
    ] = AnswerFormat.TERMINAL,
    output: OutputOption = None,
    force: ForceOption = False,
    today: Annotated[dt.datetime | None, day_option("The day that questions count from")] = None,
) -> None:
    """Put SQL, or a question that has a name, to the results of a fleet; docs/fleet.md describes the tables."""
    from netaudit.cli import output as out
    from netaudit.fleet.query.asking import ask
    from netaudit.fleet.query.questions import questions

    place = out.place(output, force=force)
    if question is None:
        lines = (f"{one.name:24}{one.sentence}\n" for one in questions().values())
        out.write("".join(lines).encode(), place)
        return
    answer = ask(results, question, (today or dt.datetime.now(tz=dt.UTC)).date())
    if form is AnswerFormat.TERMINAL:
        out.show(lambda style: _table(answer, style), out.style(place, Colour.NEVER), place)
    else:
        out.write(_data(answer, form), place)


def _table(answer: "Answer", style: "Style") -> str:
    from netaudit.report.fleet.answer import render_table

    return render_table(answer.columns, answer.rows, style.width)


def _data(answer: "Answer", form: AnswerFormat) -> bytes:
    from netaudit.report.fleet.answer import render_csv, render_json_lines

    if form is AnswerFormat.CSV:
        return render_csv(answer.columns, answer.rows).encode(errors="replace")
    return render_json_lines(answer.columns, answer.rows)

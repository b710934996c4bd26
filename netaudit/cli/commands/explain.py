"""`netaudit explain`."""

from typing import TYPE_CHECKING, Annotated

import typer

from netaudit.cli.completing import offers
from netaudit.cli.options import (
    Colour,
    DockerHostOption,
    ForceOption,
    OutputOption,
    SnapshotsArgument,
    TimeoutOption,
)

if TYPE_CHECKING:
    from netaudit.model.facts import Facts


def explain(
    subject: Annotated[
        str,
        typer.Argument(
            help="A rule (nat/DOCKER#2, ip6:filter/FORWARD), a container, network, signature or check,"
            " or a word or symbol of a report (stale, ?), or the ID of a finding.",
            autocompletion=offers.subjects,
        ),
    ],
    snapshots: SnapshotsArgument = None,
    output: OutputOption = None,
    force: ForceOption = False,
    docker_host: DockerHostOption = None,
    timeout: TimeoutOption = 60.0,
) -> None:
    """Say why a rule is there and what would break without it, what a container or network caused, what a word means.

    A word of a report is explained without reading anything; where SNAPSHOT is given, what has that name there first.
    """
    from netaudit.cli import output as out
    from netaudit.cli.auditing import explain_finding
    from netaudit.cli.sources import load_all_or_collect, make_where

    place = out.place(output, force=force)
    style = out.style(place, Colour.NEVER)
    said = _without_a_host(subject, style.width, named=bool(snapshots))
    if not said:
        facts = load_all_or_collect(snapshots, make_where(docker_host, timeout))
        said = explain_finding(subject, facts, style) or _on_a_host(subject, facts, style.width)
    out.write(said.encode(errors="replace"), place)


def _without_a_host(subject: str, width: int, *, named: bool) -> str:
    """Explain a word of a report, or a check; "" where it is neither."""
    from netaudit.catalog import find_check
    from netaudit.report.terminal.explain.check import render_check
    from netaudit.report.terminal.explain.glossary import look_up, render_word

    meaning = look_up(subject)
    if meaning and not named:
        return render_word(meaning, width)
    check = find_check(subject)
    return render_check(check, width) if check else ""


def _on_a_host(subject: str, facts: "Facts", width: int) -> str:
    """Explain what is on the host; a word of a report where nothing on it has that name."""
    from netaudit.attribute.explain import explanation as explaining
    from netaudit.catalog import load_catalog
    from netaudit.errors import SubjectError
    from netaudit.parse import parse_snapshot
    from netaudit.report.terminal.explain.explanation import render_explanations
    from netaudit.report.terminal.explain.glossary import look_up, render_word

    try:
        return render_explanations(explaining.explain(subject, parse_snapshot(facts), load_catalog()), width)
    except SubjectError:
        if meaning := look_up(subject):
            return render_word(meaning, width)
        raise

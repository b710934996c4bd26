"""`netaudit explain`."""

from pathlib import Path
from typing import Annotated

import typer

from netaudit.cli.options import Colour, DockerHostOption, ForceOption, OutputOption, TimeoutOption


def explain(
    subject: Annotated[
        str,
        typer.Argument(
            help="A rule (nat/DOCKER#2, ip6:filter/FORWARD), a container, network, signature or check,"
            " or a word or symbol of a report (stale, ?)."
        ),
    ],
    snapshot: Annotated[Path | None, typer.Argument(help="A recording; without it, this host now.")] = None,
    output: OutputOption = None,
    force: ForceOption = False,
    docker_host: DockerHostOption = None,
    timeout: TimeoutOption = 60.0,
) -> None:
    """Say why a rule is there and what would break without it, what a container or network caused, what a word means.

    A word of a report is explained without reading anything; a container of that name where SNAPSHOT is given.
    """
    from netaudit.attribute.explain import explanation as explaining
    from netaudit.catalog import find_check, load_catalog
    from netaudit.cli import output as out
    from netaudit.cli.sources import load_or_collect, make_where
    from netaudit.parse import parse_snapshot
    from netaudit.report.terminal.explanation import render_explanations
    from netaudit.report.terminal.glossary import look_up, render_word

    place = out.place(output, force=force)
    width = out.style(place, Colour.NEVER).width
    meaning = look_up(subject)
    if meaning and snapshot is None:
        out.write(render_word(meaning, width).encode(), place)
        return
    if (check := find_check(subject)) is not None:
        from netaudit.report.terminal.check import render_check

        out.write(render_check(check, width).encode(errors="replace"), place)
        return
    facts = load_or_collect(snapshot, make_where(docker_host, timeout))
    explained = explaining.explain(subject, parse_snapshot(facts), load_catalog())
    out.write(render_explanations(explained, width).encode(errors="replace"), place)

"""`netaudit blame`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from netaudit.cli.completing import offers
from netaudit.cli.options import Colour, StoreOption


def blame(
    subject: Annotated[
        str,
        typer.Argument(
            help="A rule (nat/DOCKER#2, 'inet:filter/input handle 7'), a chain (nat/DOCKER), or words of a rule's text;"
            " write -- before a text that begins with a dash.",
            autocompletion=offers.rules,
        ),
    ],
    look: Annotated[
        Path,
        typer.Argument(
            help="The look in which it is, such as @yesterday.", metavar="LOOK", autocompletion=offers.recordings
        ),
    ] = Path("@last"),
    store: StoreOption = None,
) -> None:
    """Say since when a rule is there, which change brought it, who wrote it, and because of what."""
    from netaudit.cli import output as out
    from netaudit.cli.histories import reading
    from netaudit.history import find_look
    from netaudit.report.terminal.blame import render_blamed
    from netaudit.timeline.blame import blame as blame_rule

    with reading(store) as history:
        found = find_look(history, str(look), datetime.now(UTC).astimezone())
        blamed = blame_rule(history, subject, found)
        lines = [(one.item, (one.entry.look, one.entry.change) if one.entry else None, one.first) for one in blamed]
    out.show(lambda style: render_blamed(lines, found, style), out.style(None, Colour.AUTO), None)

"""`netaudit fleet report`."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from netaudit.cli.commands.fleet.audit import RESULTS
from netaudit.cli.options import day_option, named


def report(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The folder; an earlier report is replaced.", callback=named)
    ],
    results: Annotated[Path, typer.Option("--results", help="The folder that `fleet audit --out` wrote.")] = RESULTS,
    today: Annotated[dt.datetime | None, day_option("The day that questions count from")] = None,
) -> None:
    """Write static pages of a fleet, its questions and its hosts, with CSV and JSON Lines of all tables besides."""
    from netaudit.cli.output import print_path
    from netaudit.cli.say import say
    from netaudit.cli.screen.progress import progress
    from netaudit.fleet.site.site import fleet_files
    from netaudit.fleet.site.write import write_site

    day = (today or dt.datetime.now(tz=dt.UTC)).date()
    with progress("writing pages"):
        number = write_site(output, fleet_files(results, day))
    say(f"{number} files")
    print_path(output / "index.html")

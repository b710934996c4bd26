"""`netaudit report`."""

from pathlib import Path
from typing import Annotated

import typer

from netaudit.cli.options import (
    Colour,
    DockerHostOption,
    Format,
    FormatOption,
    OutputOption,
    StrictOption,
    TimeoutOption,
)
from netaudit.report.order import Grouping


def report(
    before: Annotated[Path | None, typer.Argument(help="A recording; without it, this host now.")] = None,
    after: Annotated[Path | None, typer.Argument(help="A second recording: then the report is of the changes.")] = None,
    form: FormatOption = Format.HTML,
    output: OutputOption = None,
    strict: StrictOption = False,
    docker_host: DockerHostOption = None,
    timeout: TimeoutOption = 60.0,
) -> None:
    """Write the report for people: of one host, or of what changed between two recordings."""
    from netaudit import diff_recordings, show_recording
    from netaudit.cli import output as out
    from netaudit.cli.sources import load_or_collect, make_where
    from netaudit.store import load

    facts = load_or_collect(before, make_where(docker_host, timeout))
    if after is None:
        shown = show_recording(facts, exposure=None)
        out.print_snapshot(shown, form, output, Colour.AUTO, Grouping.CHAIN)
        raise typer.Exit(out.exit_code(shown.head, strict=strict, undecided=shown.coverage.undecided))
    changed = diff_recordings(facts, load(after))
    out.print_diff(changed, form, output, Colour.AUTO)
    undecided = changed.coverage.undecided
    raise typer.Exit(out.exit_code(changed.before, changed.after, strict=strict, undecided=undecided))

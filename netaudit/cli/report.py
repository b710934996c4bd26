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
    template: Annotated[
        Path | None,
        typer.Option("--template", help="A Jinja2 template of your own, in place of a format.", show_default=False),
    ] = None,
    exposure: Annotated[
        bool, typer.Option("--exposure/--no-exposure", help="Compute who can reach what.", show_default=True)
    ] = True,
    strict: StrictOption = False,
    docker_host: DockerHostOption = None,
    timeout: TimeoutOption = 60.0,
) -> None:
    """Write the report for people: of one host, or of what changed between two recordings."""
    from netaudit import diff_recordings, expose_recording, show_recording
    from netaudit.cli import output as out
    from netaudit.cli.progress import progress
    from netaudit.cli.sources import load_or_collect, make_where
    from netaudit.cli.templates import print_with
    from netaudit.store import load

    with progress("reading"):
        facts = load_or_collect(before, make_where(docker_host, timeout))
        later = load(after) if after is not None else None
    with progress("computing who can reach what" if exposure else "attributing rules"):
        if later is None:
            shown = (expose_recording if exposure else show_recording)(facts)
        else:
            changed = diff_recordings(facts, later, exposure=exposure)
    if template is not None:
        print_with(template, shown if later is None else changed, output)
    elif later is None:
        out.print_snapshot(shown, form, output, Colour.AUTO, Grouping.CHAIN)
    else:
        out.print_diff(changed, form, output, Colour.AUTO)
    heads = (shown.head,) if later is None else (changed.before, changed.after)
    undecided = (shown if later is None else changed).coverage.undecided
    raise typer.Exit(out.exit_code(*heads, strict=strict, undecided=undecided))

"""`netaudit diff`."""

from pathlib import Path
from typing import Annotated

import typer

from netaudit.api.formats import Format
from netaudit.cli.options import (
    Colour,
    ColourOption,
    CountersOption,
    DockerHostOption,
    ExitCodeOption,
    ExposureOption,
    ForceOption,
    FormatOption,
    OutputOption,
    StrictOption,
    TimeoutOption,
    WideOption,
)


def diff(
    before: Annotated[Path | None, typer.Argument(help="A recording; without it, the last one kept.")] = None,
    after: Annotated[Path | None, typer.Argument(help="A recording; without it, this host now.")] = None,
    form: FormatOption = Format.TERMINAL,
    output: OutputOption = None,
    force: ForceOption = False,
    color: ColourOption = Colour.AUTO,
    wide: WideOption = False,
    counters: CountersOption = False,
    exposure: ExposureOption = None,
    exit_code: ExitCodeOption = False,
    strict: StrictOption = False,
    docker_host: DockerHostOption = None,
    timeout: TimeoutOption = 60.0,
) -> None:
    """Show what changed between two recordings, and what caused each change."""
    from netaudit.api.hosts import compare
    from netaudit.cli import output as out
    from netaudit.cli.progress import progress
    from netaudit.cli.sources import last_kept, load_or_collect, make_where, when_computed
    from netaudit.diff.counters import Counters

    place = out.place(output, force=force)
    where = make_where(docker_host, timeout)
    earlier = load_or_collect(before if before is not None else last_kept(), where)
    later = load_or_collect(after, where)
    with progress("comparing"):
        asked = Counters.COMPARE if counters else Counters.IGNORE
        attributed = compare(earlier, later, when_computed(exposure), asked)
    out.print_diff(attributed, form, place, color, wide=wide)
    heads = (attributed.before, attributed.after)
    different = exit_code and bool(attributed.changes)
    undecided = attributed.coverage.undecided
    raise typer.Exit(out.exit_code(*heads, strict=strict, different=different, undecided=undecided))

"""`netaudit show`."""

from typing import Annotated

import typer

from netaudit.api.formats import Format
from netaudit.cli.choosing import (
    ContainerOption,
    PortOption,
    ProjectOption,
    QuietOption,
    VerboseOption,
)
from netaudit.cli.options import (
    Colour,
    ColourOption,
    DockerHostOption,
    ForceOption,
    FormatOption,
    OutputOption,
    SnapshotsArgument,
    StrictOption,
    TimeoutOption,
    WideOption,
)
from netaudit.report.text.grouping import Grouping


def show(
    snapshots: SnapshotsArgument = None,
    by: Annotated[Grouping, typer.Option("--by", help="How the terminal report is ordered.")] = Grouping.CHAIN,
    containers: ContainerOption = None,
    ports: PortOption = None,
    projects: ProjectOption = None,
    verbose: VerboseOption = False,
    quiet: QuietOption = False,
    form: FormatOption = Format.TERMINAL,
    output: OutputOption = None,
    force: ForceOption = False,
    color: ColourOption = Colour.AUTO,
    wide: WideOption = False,
    strict: StrictOption = False,
    docker_host: DockerHostOption = None,
    timeout: TimeoutOption = 60.0,
) -> None:
    """Show every rule of a host with its cause, and the rules that are missing."""
    from netaudit.api.choice import choose_of_snapshot, require_ports
    from netaudit.api.hosts import show as show_host
    from netaudit.cli import output as out
    from netaudit.cli.choosing import detail_of, make_choice
    from netaudit.cli.screen.progress import progress
    from netaudit.cli.sources import load_all_or_collect, make_where

    detail = detail_of(verbose=verbose, quiet=quiet)
    place = out.place(output, force=force)
    facts = load_all_or_collect(snapshots, make_where(docker_host, timeout))
    choice = make_choice(facts=(facts,), containers=containers, ports=ports, projects=projects)
    with progress("attributing rules"):
        attributed = choose_of_snapshot(show_host(facts), choice)
    require_ports(choice, attributed, [facts])
    out.print_snapshot(attributed, form, place, color, by, wide=wide, detail=detail)
    raise typer.Exit(out.exit_code(attributed.head, strict=strict, undecided=attributed.coverage.undecided))

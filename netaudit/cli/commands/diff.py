"""`netaudit diff`."""

from pathlib import Path
from typing import Annotated

import typer

from netaudit.api.formats import Format
from netaudit.cli.choosing import (
    ContainerOption,
    FromOption,
    PortOption,
    ProjectOption,
    QuietOption,
    VerboseOption,
)
from netaudit.cli.completing import offers
from netaudit.cli.options import (
    AfterFilesOption,
    BeforeFilesOption,
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
    before: Annotated[
        Path | None,
        typer.Argument(help="A recording; without it, the last one kept.", autocompletion=offers.recordings),
    ] = None,
    after: Annotated[
        Path | None, typer.Argument(help="A recording; without it, this host now.", autocompletion=offers.recordings)
    ] = None,
    before_files: BeforeFilesOption = None,
    after_files: AfterFilesOption = None,
    zones: FromOption = None,
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
    counters: CountersOption = False,
    exposure: ExposureOption = None,
    exit_code: ExitCodeOption = False,
    strict: StrictOption = False,
    docker_host: DockerHostOption = None,
    timeout: TimeoutOption = 60.0,
) -> None:
    """Show what changed between two recordings, and what caused each change."""
    from netaudit.api.choice import choose_of_diff, choose_of_findings, require_ports
    from netaudit.cli import output as out
    from netaudit.cli.auditing import judge
    from netaudit.cli.choosing import detail_of, make_choice
    from netaudit.cli.screen.progress import progress
    from netaudit.cli.sources import load_sides, make_where, name_sides, when_computed
    from netaudit.diff.counters import Counters

    detail = detail_of(verbose=verbose, quiet=quiet)
    place = out.place(output, force=force)
    where = make_where(docker_host, timeout)
    earlier, later = load_sides(*name_sides((before, after), (before_files, after_files)), where)
    choice = make_choice(facts=(earlier, later), zones=zones, containers=containers, ports=ports, projects=projects)
    with progress("comparing"):
        asked = Counters.COMPARE if counters else Counters.IGNORE
        attributed, findings = judge(earlier, later, form, when_computed(exposure), asked)
    found = choose_of_findings(findings, choice) if findings else None
    shown = choose_of_diff(attributed, choice)
    require_ports(choice, shown, (earlier, later), found=bool(found and found.audit.findings))
    out.print_diff(shown, form, place, color, wide=wide, detail=detail, findings=found)
    heads = (attributed.before, attributed.after)
    different = exit_code and bool(attributed.changes)
    undecided = attributed.coverage.undecided
    raise typer.Exit(out.exit_code(*heads, strict=strict, different=different, undecided=undecided))

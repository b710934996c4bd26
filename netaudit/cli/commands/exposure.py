"""`netaudit exposure`."""

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
    UplinkOption,
    WideOption,
)


def exposure(
    snapshots: SnapshotsArgument = None,
    containers: Annotated[
        bool, typer.Option("--containers", help="A zone for each container too, not only for its networks.")
    ] = False,
    uplink: UplinkOption = None,
    zones: FromOption = None,
    containers_named: ContainerOption = None,
    ports: PortOption = None,
    projects: ProjectOption = None,
    verbose: VerboseOption = False,
    quiet: QuietOption = False,
    exact: Annotated[
        bool, typer.Option("--exact", help="Ask about each container by itself, also where many are alike: slow.")
    ] = False,
    form: FormatOption = Format.TERMINAL,
    output: OutputOption = None,
    force: ForceOption = False,
    color: ColourOption = Colour.AUTO,
    wide: WideOption = False,
    strict: StrictOption = False,
    docker_host: DockerHostOption = None,
    timeout: TimeoutOption = 60.0,
) -> None:
    """Show who can reach what: zones against published ports, containers and the host's listeners."""
    from netaudit.api.choice import choose_of_snapshot, require_ports
    from netaudit.api.hosts import ZoneDetail, expose
    from netaudit.attribute.exposure.compute import ComputeExposure
    from netaudit.cli import output as out
    from netaudit.cli.choosing import detail_of, make_choice
    from netaudit.cli.screen.progress import progress
    from netaudit.cli.sources import load_all_or_collect, make_where
    from netaudit.model.exposure import ZoneKind
    from netaudit.packets.host.zones import ZoneChoice

    detail = detail_of(verbose=verbose, quiet=quiet)
    place = out.place(output, force=force)
    facts = load_all_or_collect(snapshots, make_where(docker_host, timeout))
    alone = containers or any(zone.partition(":")[0] == ZoneKind.CONTAINER for zone in zones or ())
    told_apart = ZoneDetail.CONTAINERS if alone else ZoneDetail.NETWORKS
    how = ZoneChoice(uplinks=tuple(uplink) if uplink else None, containers=alone)
    choice = make_choice(
        facts=(facts,), zones=zones, containers=containers_named, ports=ports, projects=projects, how=how
    )
    with progress("computing who can reach what"):
        when = ComputeExposure.EXACTLY if exact else ComputeExposure.ALWAYS
        shown = choose_of_snapshot(expose(facts, uplink or None, told_apart, when), choice)
    require_ports(choice, shown, [facts])
    out.print_exposure(shown, form, place, color, wide=wide, detail=detail)
    raise typer.Exit(out.exit_code(shown.head, strict=strict))

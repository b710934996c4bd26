"""`netaudit trace`."""

from enum import StrEnum
from typing import Annotated

import typer

from netaudit.api.formats import TraceFormat
from netaudit.cli.choosing import VerboseOption, detail_of
from netaudit.cli.completing import offers
from netaudit.cli.options import (
    FORMAT_HELP,
    Colour,
    ColourOption,
    DockerHostOption,
    ForceOption,
    OutputOption,
    SnapshotsArgument,
    StrictOption,
    TimeoutOption,
    form_by_name,
)


class State(StrEnum):
    """Which packet of a connection is followed."""

    NEW = "new"
    ESTABLISHED = "established"


def trace(
    source: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="ZONE|ADDRESS",
            help="internet, lan[:IFACE], host, network:NAME, container:NAME, or an address; from port 40000.",
            autocompletion=offers.zones,
        ),
    ],
    target: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="ADDRESS:PORT/PROTO",
            help="Or container:NAME:PORT/PROTO; icmp has no port.",
            autocompletion=offers.targets,
        ),
    ],
    snapshots: SnapshotsArgument = None,
    interface: Annotated[
        str, typer.Option("--in", metavar="IFACE", help="The interface it comes in by; else by the routes.")
    ] = "",
    state: Annotated[
        State, typer.Option("--state", help="The first packet of a connection and its answer, or a later one.")
    ] = (State.NEW),
    form: Annotated[
        TraceFormat, typer.Option("--format", "-f", help=FORMAT_HELP, callback=form_by_name)
    ] = TraceFormat.TERMINAL,
    output: OutputOption = None,
    force: ForceOption = False,
    color: ColourOption = Colour.AUTO,
    verbose: VerboseOption = False,
    strict: StrictOption = False,
    docker_host: DockerHostOption = None,
    timeout: TimeoutOption = 60.0,
) -> None:
    """Follow one packet: the places it passes, every rule it meets, and what becomes of it."""
    from netaudit.api.renderers import render_trace
    from netaudit.api.traces import trace as trace_packet
    from netaudit.cli import output as out
    from netaudit.cli.sources import load_all_or_collect, make_where
    from netaudit.packets.values.probe import PacketState

    place = out.place(output, force=force)
    facts = load_all_or_collect(snapshots, make_where(docker_host, timeout))
    shown = trace_packet(facts, source, target, interface, PacketState(state.value))
    style = out.style(place, color, detail=detail_of(verbose=verbose, quiet=False), snapshots=snapshots or ())
    out.write(render_trace(shown, form, style), place)
    raise typer.Exit(out.exit_code(shown.head, strict=strict, undecided=len(shown.journey.trace.doubts)))

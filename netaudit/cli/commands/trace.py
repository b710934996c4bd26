"""`netaudit trace`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from netaudit.cli.options import (
    Colour,
    ColourOption,
    DockerHostOption,
    ForceOption,
    OutputOption,
    StrictOption,
    TimeoutOption,
)


class State(StrEnum):
    """Which packet of a connection is followed."""

    NEW = "new"
    ESTABLISHED = "established"


class TraceFormat(StrEnum):
    """What a packet's way is printed as."""

    TERMINAL = "terminal"
    JSON = "json"


def trace(
    source: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="ZONE|ADDRESS",
            help="internet, lan[:IFACE], host, network:NAME, container:NAME, or an address; from port 40000.",
        ),
    ],
    target: Annotated[
        str,
        typer.Option("--to", metavar="ADDRESS:PORT/PROTO", help="Or container:NAME:PORT/PROTO; icmp has no port."),
    ],
    snapshot: Annotated[Path | None, typer.Argument(help="A recording; without it, this host now.")] = None,
    interface: Annotated[
        str, typer.Option("--in", metavar="IFACE", help="The interface it comes in by; else by the routes.")
    ] = "",
    state: Annotated[
        State, typer.Option("--state", help="The first packet of a connection and its answer, or a later one.")
    ] = (State.NEW),
    form: Annotated[TraceFormat, typer.Option("--format", "-f", help="What to print.")] = TraceFormat.TERMINAL,
    output: OutputOption = None,
    force: ForceOption = False,
    color: ColourOption = Colour.AUTO,
    strict: StrictOption = False,
    docker_host: DockerHostOption = None,
    timeout: TimeoutOption = 60.0,
) -> None:
    """Follow one packet: the places it passes, every rule it meets, and what becomes of it."""
    from netaudit import trace_recording
    from netaudit.cli import output as out
    from netaudit.cli.sources import load_or_collect, make_where

    place = out.place(output, force=force)
    facts = load_or_collect(snapshot, make_where(docker_host, timeout))
    shown = trace_recording(facts, source, target, interface=interface, established=state is State.ESTABLISHED)
    match form:
        case TraceFormat.TERMINAL:
            from netaudit.report.terminal.trace import render_journey

            out.write(render_journey(shown, out.style(place, color)).encode(errors="replace"), place)
        case TraceFormat.JSON:
            from netaudit.report.json.trace import render_trace

            out.write(render_trace(shown), place)
    raise typer.Exit(out.exit_code(shown.head, strict=strict, undecided=len(shown.journey.trace.doubts)))

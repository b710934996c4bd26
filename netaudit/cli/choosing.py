"""The options that choose what is shown, and how much of it."""

from typing import TYPE_CHECKING, Annotated

import typer

from netaudit.cli.completing import offers
from netaudit.errors import UsageError
from netaudit.model.severity import Severity
from netaudit.report.terminal.detail import Detail

if TYPE_CHECKING:
    from netaudit.api.choice import Choice
    from netaudit.model.facts import Facts
    from netaudit.packets.host.zones import ZoneChoice

VerboseOption = Annotated[
    bool, typer.Option("--verbose", "-v", "--all", help="Print everything: all rows, with evidence.")
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print the line that sums up, alone.")]
SeverityOption = Annotated[
    Severity | None,
    typer.Option("--severity", help="Show findings that are at least this severe.", show_default=False),
]
FromOption = Annotated[
    list[str] | None,
    typer.Option(
        "--from",
        metavar="ZONE",
        help="Show what this zone reaches: internet, lan, lan:IFACE, host, network:NAME, container:NAME.",
        autocompletion=offers.zones,
        show_default=False,
    ),
]
ContainerOption = Annotated[
    list[str] | None,
    typer.Option(
        "--container",
        metavar="NAME",
        help="Show what is about this container; * stands for any text.",
        autocompletion=offers.containers,
    ),
]
PortOption = Annotated[
    list[int] | None,
    typer.Option("--port", min=1, max=65535, help="Show what is about this port, of the host or of a container."),
]
ProjectOption = Annotated[
    list[str] | None,
    typer.Option(
        "--project",
        metavar="NAME",
        help="Show what is about containers of this Compose project.",
        autocompletion=offers.projects,
    ),
]
_KINDS = ("internet", "lan", "host", "network", "container")


def detail_of(*, verbose: bool, quiet: bool) -> Detail:
    """Read --verbose and --quiet. Raises UsageError for both."""
    if verbose and quiet:
        raise UsageError("--verbose and --quiet contradict each other", hint="give one of them")
    return Detail.FULL if verbose else Detail.QUIET if quiet else Detail.SUMMARY


def make_choice(
    *,
    facts: "tuple[Facts, ...]",
    severity: Severity | None = None,
    zones: list[str] | None = None,
    containers: list[str] | None = None,
    ports: list[int] | None = None,
    projects: list[str] | None = None,
    how: "ZoneChoice | None" = None,
) -> "Choice":
    """Read the options that choose; `how` is how the host's zones are found.

    Raises UsageError for a zone that cannot be, SubjectError for one, a container or a project that is not there.
    """
    from netaudit.api.choice import Choice, require_names

    for zone in zones or ():
        if zone.partition(":")[0] not in _KINDS:
            raise UsageError(f"--from: no such zone: {zone}", hint=f"zones are {', '.join(_KINDS)}, such as lan:eth0")
    wanted = Choice(
        severity=severity or Severity.INFO,
        zones=tuple(zones or ()),
        containers=tuple(containers or ()),
        ports=tuple(ports or ()),
        projects=tuple(projects or ()),
    )
    return require_names(wanted, facts, how)

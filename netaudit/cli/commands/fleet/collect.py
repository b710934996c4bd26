"""`netaudit fleet collect`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netaudit.cli.options import TimeoutOption, named

if TYPE_CHECKING:
    from netaudit.fleet.hosts.recording import Effort

_SOME_FAILED = 3
_SHOWN = 20  # failures


def collect(
    inventory: Annotated[Path, typer.Argument(help="A file of hosts, one a line: a name, or ssh://user@host:port.")],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="The folder of recordings, one below it a host.", callback=named),
    ],
    at_once: Annotated[int, typer.Option("--at-once", min=1, max=1000, help="Hosts at the same time.")] = 32,
    retries: Annotated[int, typer.Option("--retries", min=0, help="How often a host that fails is tried again.")] = 1,
    host_timeout: Annotated[
        float, typer.Option("--host-timeout", min=1, metavar="SECONDS", help="How long one host may take.")
    ] = 300.0,
    timeout: TimeoutOption = 60.0,
) -> None:
    """Record many hosts over ssh, so many at once; those that fail are listed in collect-errors.jsonl.

    ssh's own configuration decides about keys, jump hosts and host keys. No key of a host is accepted that ssh does
    not accept by itself, and nobody is asked for a password.
    """
    from netaudit.fleet.hosts.recording import Effort

    effort = Effort(at_once=at_once, timeout=timeout, whole=host_timeout, retries=retries)
    raise typer.Exit(_SOME_FAILED if record_hosts(inventory, output, effort) else 0)


def record_hosts(inventory: Path, folder: Path, effort: "Effort") -> int:
    """Record the hosts of a file, and say what was done; return how many failed."""
    from netaudit.cli.say import say
    from netaudit.cli.screen.progress import meter
    from netaudit.fleet.hosts.recording import collect_inventory
    from netaudit.fleet.sources.failures import NAME

    with meter("recording") as tell:
        hosts, failures = collect_inventory(inventory, folder, effort, tell)
    for failure in failures[:_SHOWN]:
        say(f"{failure.host}: {failure.message}")
    if len(failures) > _SHOWN:
        say(f"and {len(failures) - _SHOWN} more, in {folder / NAME}")
    say(f"{hosts} hosts: {hosts - len(failures)} recorded, {len(failures)} failed; {folder}")
    return len(failures)

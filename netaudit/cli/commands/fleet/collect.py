"""`netaudit fleet collect`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netaudit.cli.options import TimeoutOption

if TYPE_CHECKING:
    from netaudit.fleet.hosts.recording import Collected

_SOME_FAILED = 3


def collect(
    inventory: Annotated[Path, typer.Argument(help="A file of hosts, one a line: a name, or ssh://user@host:port.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder of recordings, one below it a host.")],
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
    from netaudit.cli.progress import meter
    from netaudit.cli.say import say
    from netaudit.fleet.hosts.inventory import read_inventory
    from netaudit.fleet.hosts.recording import Effort, collect_fleet
    from netaudit.fleet.sources.failures import write_failures
    from netaudit.store import make_folder

    remotes = read_inventory(inventory)
    make_folder(output)
    effort = Effort(at_once=at_once, timeout=timeout, whole=host_timeout, retries=retries)
    done: list[Collected] = []
    with meter("recording") as tell:
        for one in collect_fleet(remotes, output, effort):
            done.append(one)
            tell(len(done), len(remotes))
    failures = [one.failure for one in done if one.failure]
    write_failures(output, failures)
    for failure in failures[:20]:
        say(f"{failure.host}: {failure.message}")
    say(f"{len(remotes)} hosts: {len(remotes) - len(failures)} recorded, {len(failures)} failed; {output}")
    raise typer.Exit(_SOME_FAILED if failures else 0)

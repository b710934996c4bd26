"""`netaudit fleet audit`."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netaudit.cli.options import StrictOption, day_option, named, some_seconds

if TYPE_CHECKING:
    from netaudit.fleet.executors.executor import Executor
    from netaudit.fleet.job import Orders

_INCOMPLETE = 4

OutOption = Annotated[
    Path, typer.Option("--out", help="The folder of results; what it has is not done again.", callback=named)
]
RESULTS = Path("fleet-results")
_RECORDINGS = "recordings"  # of the hosts of an inventory, in the folder of results

_TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]  # %z reads Z, too


def audit(
    source: Annotated[
        str,
        typer.Argument(
            help="A folder of recordings, a pattern in quotes, a file of hosts, or s3://, gs://, az:// and a bucket."
        ),
    ],
    out: OutOption = RESULTS,
    engine: Annotated[
        str,
        typer.Option("--engine", help="Where it runs: local, on this machine; ray://HOST:10001, a cluster."),
    ] = "local",
    workers: Annotated[
        int, typer.Option("--workers", min=0, help="Processes on this machine; 0: one a processor.")
    ] = 0,
    at_once: Annotated[
        int,
        typer.Option("--at-once", min=1, max=1000, help="Of a file of hosts: how many are recorded at the same time."),
    ] = 32,
    policy: Annotated[
        Path | None, typer.Option("--policy", help="Hold this policy against every host.", show_default=False)
    ] = None,
    since: Annotated[
        dt.datetime | None,
        typer.Option(
            "--since",
            formats=_TIMES,
            metavar="TIME",
            help="Only recordings of then or later: 2026-11-28, or 2026-11-28T06:00:00Z; without a zone UTC.",
            show_default=False,
        ),
    ] = None,
    rehearse: Annotated[
        str | None,
        typer.Option("--rehearse", help="Tell what this engine, such as 29.0, would change.", show_default=False),
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="Else netaudit.toml, where there is one.", show_default=False)
    ] = None,
    skip: Annotated[list[str] | None, typer.Option("--skip", help="Skip this check.", show_default=False)] = None,
    checks: Annotated[
        list[Path] | None, typer.Option("--checks", help="A folder of further checks.", show_default=False)
    ] = None,
    waivers: Annotated[
        list[Path] | None, typer.Option("--waivers", help="A file of accepted findings.", show_default=False)
    ] = None,
    exposure: Annotated[bool, typer.Option("--exposure/--no-exposure", help="Compute who can reach what.")] = True,
    timeout: Annotated[
        float,
        typer.Option("--timeout", min=1, metavar="SECONDS", help="For one recording.", callback=some_seconds),
    ] = 600.0,
    today: Annotated[dt.datetime | None, day_option("The day on which waivers are judged")] = None,
    strict: StrictOption = False,
) -> None:
    """Audit every recording of a fleet that was not audited yet, into tables of Parquet.

    It can be interrupted at any time: the same command goes on where it was. The hosts of a file are recorded over ssh
    first, as `fleet collect` does it, into the folder `recordings` of the results.
    """
    from netaudit.catalog.config_places import find_config
    from netaudit.fleet.executors.choice import choose_executor
    from netaudit.fleet.job import Orders

    found = config or find_config(Path.cwd())
    orders = Orders(
        today=(today or dt.datetime.now(tz=dt.UTC).astimezone()).date(),
        config=_absolute(found),
        policy=_absolute(policy),
        rehearse=rehearse,
        skip=tuple(skip or ()),
        waivers=tuple(str(one.absolute()) for one in waivers or ()),
        checks=tuple(str(one.absolute()) for one in checks or ()),
        exposure=exposure,
    )
    start = since.replace(tzinfo=since.tzinfo or dt.UTC) if since else None
    executor = choose_executor(engine, workers, timeout)
    failed = _run(_recorded(source, out, at_once), out, executor, orders, start)
    raise typer.Exit(_INCOMPLETE if strict and failed else 0)


def _recorded(source: str, out: Path, at_once: int) -> str:
    """Return where recordings lie: of a file of hosts, which are recorded now, in a folder of the results."""
    from netaudit.cli.commands.fleet.collect import record_hosts
    from netaudit.fleet.hosts.inventory import is_inventory
    from netaudit.fleet.hosts.recording import Effort

    if not is_inventory(source):
        return source
    record_hosts(Path(source), out / _RECORDINGS, Effort(at_once=at_once))
    return str(out / _RECORDINGS)


def _run(source: str, out: Path, executor: "Executor", orders: "Orders", start: dt.datetime | None) -> int:
    """Audit, and say what was done; return how many recordings could not be audited."""
    import gc

    from netaudit.cli.say import say
    from netaudit.cli.screen.progress import meter
    from netaudit.fleet.results.results import opened
    from netaudit.fleet.work.audit import audit_fleet

    gc.enable()  # a fleet is no short command
    with opened(out) as results, meter("auditing") as tell:
        done = audit_fleet(source, results, executor, orders, start, tell)
    say(
        f"{done.found} recordings: {done.audited} audited now, {done.resumed} before an interruption, "
        f"{done.known} known; {done.failed} could not be audited (table errors); results in {out}"
    )
    return done.failed


def _absolute(path: Path | None) -> str | None:
    return str(path.absolute()) if path else None

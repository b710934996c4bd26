"""`netaudit record`."""

from pathlib import Path
from typing import Annotated

import typer

from netaudit.cli.options import DockerHostOption, RedactKeyOption, StrictOption, TimeoutOption


def record(
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="A folder, or a .tar or .tar.gz; without it the recording is kept for `netaudit diff`.",
            show_default=False,
        ),
    ] = None,
    docker_host: DockerHostOption = None,
    timeout: TimeoutOption = 60.0,
    strict: StrictOption = False,
    redact: Annotated[bool, typer.Option("--redact", help="Replace addresses, names and texts.")] = False,
    redact_key: RedactKeyOption = None,
) -> None:
    """Record this host: rules, Docker's inventory and the facts around them."""
    from netaudit.cli.output import INCOMPLETE, write
    from netaudit.cli.sources import collect_host, kept_folder, make_where
    from netaudit.report.safe_text import visible
    from netaudit.report.words import describe_gap
    from netaudit.store import keep, save

    facts = collect_host(make_where(docker_host, timeout))
    if redact:
        from netaudit.cli.sources import redact_key as read_key
        from netaudit.store.redaction import redact as redact_facts

        facts = redact_facts(facts, read_key(redact_key))
    if output is None:
        output = keep(facts, kept_folder())
    else:
        save(facts, output)
    for gap in facts.gaps:
        typer.echo(visible(f"netaudit: could not see {describe_gap(gap)}"), err=True)
    write(f"{output}\n".encode(errors="surrogateescape"), None)
    raise typer.Exit(INCOMPLETE if strict and facts.gaps else 0)

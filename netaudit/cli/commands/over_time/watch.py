"""`netaudit watch`."""

from pathlib import Path
from typing import Annotated

import typer

from netaudit.cli.options import DockerHostOption, PolicyOption, StoreOption, TimeoutOption, named


def watch(
    store: StoreOption = None,
    policy: PolicyOption = None,
    every: Annotated[
        str, typer.Option("--every", metavar="DURATION", help="How often to look where nothing announces a change.")
    ] = "5m",
    journal: Annotated[
        bool | None,
        typer.Option(
            "--journal/--no-journal", help="Alerts to the journal, with fields; else as a service.", show_default=False
        ),
    ] = None,
    program: Annotated[
        list[str] | None,
        typer.Option("--exec", metavar="COMMAND", help="Alerts to a program, as JSON.", show_default=False),
    ] = None,
    webhook: Annotated[
        list[str] | None,
        typer.Option("--webhook", metavar="URL", help="Alerts to a web server, as JSON.", show_default=False),
    ] = None,
    webhook_key: Annotated[
        Path | None,
        typer.Option("--webhook-key", metavar="FILE", help="Sign them with the key in it.", show_default=False),
    ] = None,
    metrics: Annotated[
        Path | None,
        typer.Option(
            "--metrics",
            metavar="FILE",
            help="Numbers for Prometheus, after each look.",
            show_default=False,
            callback=named,
        ),
    ] = None,
    metrics_listen: Annotated[
        str | None,
        typer.Option(
            "--metrics-listen", metavar="ADDRESS", help="The same at http://127.0.0.1:PORT/metrics.", show_default=False
        ),
    ] = None,
    install: Annotated[
        bool, typer.Option("--install", help="Print a systemd unit that watches with these options, and exit.")
    ] = False,
    docker_host: DockerHostOption = None,
    timeout: TimeoutOption = 60.0,
) -> None:
    """Watch this host until ^C or SIGTERM: keep what it looks like whenever it changes, and say who changed what.

    The kernel's messages wake it, and the engine's; of iptables-legacy tables no message tells. Nothing of the host is
    changed, and auditing is not turned on. `netaudit log` shows what was kept; docs/watch.md is about alerts.
    """
    from netaudit.cli.commands.over_time.watching import Wishes, print_unit, read_duration, watch_host
    from netaudit.cli.sources import make_where

    wishes = Wishes(
        every=read_duration(every),
        store=store,
        policy=policy,
        journal=journal,
        programs=tuple(program or ()),
        webhooks=tuple(webhook or ()),
        key=webhook_key,
        textfile=metrics,
        listen=metrics_listen or "",
        docker_host=docker_host,
        timeout=timeout,
    )
    if install:
        print_unit(wishes)
        return
    watch_host(wishes, make_where(docker_host, timeout))

"""`netaudit plan -- COMMAND`."""

from pathlib import Path
from typing import Annotated

import typer

from netaudit.api.formats import PlanFormat
from netaudit.cli.options import (
    Colour,
    ColourOption,
    DockerHostOption,
    ExposureOption,
    ForceOption,
    OutputOption,
    StrictOption,
    TimeoutOption,
    WideOption,
)
from netaudit.model.severity import FailOn


def plan(
    command: Annotated[
        list[str] | None, typer.Argument(help="The command, after `--`.", metavar="-- COMMAND...", show_default=False)
    ] = None,
    on: Annotated[
        Path | None,
        typer.Option("--on", help="A recording; without it, this host now.", metavar="SNAPSHOT", show_default=False),
    ] = None,
    form: Annotated[PlanFormat, typer.Option("--format", help="What to print.")] = PlanFormat.TERMINAL,
    output: OutputOption = None,
    force: ForceOption = False,
    color: ColourOption = Colour.AUTO,
    wide: WideOption = False,
    exposure: ExposureOption = None,
    fail_on: Annotated[
        FailOn | None,
        typer.Option(
            "--fail-on",
            help="Exit with 1 if the command brings a finding at least this severe [default: high].",
            show_default=False,
        ),
    ] = None,
    waivers: Annotated[
        list[Path] | None, typer.Option("--waivers", help="A file of accepted findings.", show_default=False)
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="Else netaudit.toml, where there is one.", show_default=False)
    ] = None,
    strict: StrictOption = False,
    docker_host: DockerHostOption = None,
    timeout: TimeoutOption = 60.0,
) -> None:
    """Say what a command would do to a host, before it runs: rules, who could reach what, findings.

    The commands are iptables, ip6tables, iptables-restore, nft, ipset, ip, ufw, sysctl, and sh with any of these. They
    run in namespaces of their own, on a replica of the host's rules: nothing of the host is changed.
    """
    from netaudit.api.plans import judge_command
    from netaudit.cli import output as out
    from netaudit.cli.planning import fails, prepare_plan, print_plan
    from netaudit.cli.progress import progress
    from netaudit.cli.sources import load_or_collect, make_where
    from netaudit.errors import UsageError

    if not command:
        raise UsageError("there is nothing to plan", hint="netaudit plan -- iptables -I DOCKER-USER -j DROP")
    place = out.place(output, force=force)
    prepared = prepare_plan(config, waivers, exposure, fail_on)
    facts = load_or_collect(on, make_where(docker_host, timeout))
    with progress("planning"):
        judged = judge_command(facts, command, prepared.auditor, elsewhere=on is not None, timeout=timeout)
    print_plan(judged, form, place, color, facts, wide=wide)
    different = bool(fails(judged, prepared)) and form is not PlanFormat.SARIF
    heads = (judged.diff.before, judged.diff.after)
    undecided = judged.diff.coverage.undecided
    raise typer.Exit(out.exit_code(*heads, strict=strict, different=different, undecided=undecided))

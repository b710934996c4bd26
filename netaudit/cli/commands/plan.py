"""`netaudit plan -- COMMAND`."""

from pathlib import Path
from typing import Annotated

import typer

from netaudit.api.formats import PlanFormat
from netaudit.cli.choosing import QuietOption, VerboseOption, detail_of
from netaudit.cli.options import (
    FORMAT_HELP,
    Colour,
    ColourOption,
    DockerHostOption,
    ExposureOption,
    ForceOption,
    OutputOption,
    PolicyOption,
    StrictOption,
    TimeoutOption,
    WideOption,
    form_by_name,
)
from netaudit.model.severity import FailOn


def plan(
    command: Annotated[
        list[str] | None, typer.Argument(help="The command, after `--`.", metavar="-- COMMAND...", show_default=False)
    ] = None,
    on: Annotated[
        list[Path] | None,
        typer.Option(
            "--on",
            help="A recording, or a file of one host, once each; without it, this host now.",
            metavar="SNAPSHOT",
            show_default=False,
        ),
    ] = None,
    host_profile: Annotated[
        Path | None,
        typer.Option(
            "--host-profile",
            help="A host that is described in a file, in place of one.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    requests: Annotated[
        Path | None,
        typer.Option(
            "--requests",
            help="In place of a command: the requests of a plan as JSON, made elsewhere.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    compose_json: Annotated[
        Path | None,
        typer.Option(
            "--compose-json",
            help="In place of a command: `docker compose up` of what `docker compose config --format json` printed.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    compose: Annotated[
        list[Path] | None,
        typer.Option(
            "-f", "--file", help="In place of a command: `docker compose up` of this file.", show_default=False
        ),
    ] = None,
    profile: Annotated[
        list[str] | None, typer.Option("--profile", help="A profile of the Compose file.", show_default=False)
    ] = None,
    project_name: Annotated[
        str | None, typer.Option("--project-name", help="The name of the Compose project.", show_default=False)
    ] = None,
    engine: Annotated[
        str,
        typer.Option(
            "--engine",
            help="Plan a restart with this engine; a command is planned after it.",
            metavar="V",
            show_default=False,
        ),
    ] = "",
    backend: Annotated[
        str,
        typer.Option(
            "--backend", help="Plan a restart with this backend.", metavar="iptables|nftables", show_default=False
        ),
    ] = "",
    daemon: Annotated[
        list[str] | None,
        typer.Option(
            "--daemon",
            help="Plan a restart with this key of daemon.json, or with all of a file.",
            metavar="KEY=VALUE|FILE",
            show_default=False,
        ),
    ] = None,
    form: Annotated[
        PlanFormat, typer.Option("--format", help=FORMAT_HELP, callback=form_by_name)
    ] = PlanFormat.TERMINAL,
    output: OutputOption = None,
    force: ForceOption = False,
    color: ColourOption = Colour.AUTO,
    wide: WideOption = False,
    verbose: VerboseOption = False,
    quiet: QuietOption = False,
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
    own_labels: Annotated[
        bool, typer.Option("--own-labels", help="Let waivers count in labels that the command itself brings.")
    ] = False,
    policy: PolicyOption = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="Else netaudit.toml, where there is one.", show_default=False)
    ] = None,
    strict: StrictOption = False,
    docker_host: DockerHostOption = None,
    timeout: TimeoutOption = 60.0,
) -> None:
    """Say what a command would do to a host, before it runs: rules, who could reach what, findings.

    The commands are the ones of docker, docker compose and podman that change containers and networks, and the
    operator's own: iptables, ip6tables, iptables-restore, nft, ipset, ip, ufw, sysctl, and sh with any of these. A
    client talks to a stand-in for its engine, the operator's programs run on a replica of the host's rules, both in
    namespaces of their own: nothing of the host is changed. A file of Quadlet's (web.container) is planned too.
    """
    from netaudit.cli import output as out
    from netaudit.cli import planning
    from netaudit.cli.holding import undecided_entries
    from netaudit.cli.screen.progress import progress
    from netaudit.cli.sources import load_files_or_collect, make_where
    from netaudit.model.plan import made_on_files

    subject = planning.Subject(
        command=tuple(command or ()),
        requests=requests,
        compose_json=compose_json,
        compose=tuple(compose or ()),
        profiles=tuple(profile or ()),
        project_name=project_name or "",
        engine=engine,
        backend=backend,
        daemon=tuple(daemon or ()),
        own_labels=own_labels,
    )
    subject.require_one()
    planning.require_one_host(on, host_profile)
    place = out.place(output, force=force)
    style = out.style(place, color, wide=wide, detail=detail_of(verbose=verbose, quiet=quiet))
    prepared = planning.prepare_plan(config, waivers, policy, exposure, fail_on)
    where = make_where(docker_host, timeout)
    facts = planning.load_profile(host_profile) if host_profile else load_files_or_collect(on, where)
    with progress("planning"):
        made_on = made_on_files(on or (), host_profile)
        judged = planning.judge(facts, subject, prepared, None if on or host_profile else where, made_on)
    planning.print_plan(judged, form, place, style, planning.find_lines(judged, subject, facts, on))
    different = planning.refuses(judged, prepared, form)
    heads = (judged.diff.before, judged.diff.after)
    undecided = judged.diff.coverage.undecided + undecided_entries(judged.audit.assertion)
    code = out.exit_code(*heads, strict=strict, different=different, undecided=undecided)
    raise typer.Exit(code or (0 if planning.is_passable(judged, prepared, form) else out.INCOMPLETE))

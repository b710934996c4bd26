"""`netaudit audit`."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from netaudit.api.formats import AuditFormat
from netaudit.cli.choosing import (
    ContainerOption,
    FromOption,
    PortOption,
    ProjectOption,
    QuietOption,
    SeverityOption,
    VerboseOption,
)
from netaudit.cli.completing import offers
from netaudit.cli.options import (
    FORMAT_HELP,
    Colour,
    ColourOption,
    DockerHostOption,
    ForceOption,
    OutputOption,
    PolicyOption,
    SnapshotsArgument,
    StrictOption,
    TimeoutOption,
    UplinkOption,
    day_option,
    form_by_name,
)
from netaudit.model.severity import FailOn, FindingConfidence


def audit(
    snapshots: SnapshotsArgument = None,
    form: Annotated[
        AuditFormat,
        typer.Option(
            "--format",
            "-f",
            metavar="FORMAT",
            help=f"One of {', '.join(AuditFormat)}. {FORMAT_HELP}",
            callback=form_by_name,
        ),
    ] = AuditFormat.TERMINAL,
    output: OutputOption = None,
    force: ForceOption = False,
    color: ColourOption = Colour.AUTO,
    fail_on: Annotated[
        FailOn | None,
        typer.Option(
            "--fail-on", help="Exit with 1 if any finding is at least this severe [default: high].", show_default=False
        ),
    ] = None,
    min_confidence: Annotated[
        FindingConfidence | None,
        typer.Option("--min-confidence", help="Findings of less confidence do not fail.", show_default=False),
    ] = None,
    checks: Annotated[
        list[Path] | None, typer.Option("--checks", help="A folder of further checks.", show_default=False)
    ] = None,
    skip: Annotated[
        list[str] | None,
        typer.Option("--skip", help="Skip this check.", autocompletion=offers.checks, show_default=False),
    ] = None,
    waivers: Annotated[
        list[Path] | None, typer.Option("--waivers", help="A file of accepted findings.", show_default=False)
    ] = None,
    since: Annotated[
        Path | None,
        typer.Option("--since", help="An earlier recording: audit what changed too.", show_default=False),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", help="An earlier audit as JSON: what it has is not new.", show_default=False),
    ] = None,
    policy: PolicyOption = None,
    write_baseline: Annotated[
        Path | None,
        typer.Option("--write-baseline", help="Write a file for --baseline: what is found now.", show_default=False),
    ] = None,
    sensitive_port: Annotated[
        list[str] | None,
        typer.Option(
            "--sensitive-port", help="PORT=NAME of a service that should not face a network.", show_default=False
        ),
    ] = None,
    uplink: UplinkOption = None,
    exposure: Annotated[
        bool | None,
        typer.Option("--exposure/--no-exposure", help="Compute who can reach what [default: on].", show_default=False),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", help="Else the nearest netaudit.toml, or [tool.netaudit] of pyproject.toml.", show_default=False
        ),
    ] = None,
    compose: Annotated[
        list[Path] | None,
        typer.Option(
            "--compose",
            metavar="FILE",
            help="SARIF and annotations point at this Compose file's lines; else at that of this folder's project.",
            show_default=False,
        ),
    ] = None,
    verify_fix: Annotated[
        bool, typer.Option("--verify-fix", help="Work out what following each remediation would change.")
    ] = False,
    today: Annotated[dt.datetime | None, day_option("The day on which waivers are judged")] = None,
    severity: SeverityOption = None,
    zones: FromOption = None,
    containers_named: ContainerOption = None,
    ports: PortOption = None,
    projects: ProjectOption = None,
    verbose: VerboseOption = False,
    quiet: QuietOption = False,
    strict: StrictOption = False,
    docker_host: DockerHostOption = None,
    timeout: TimeoutOption = 60.0,
) -> None:
    """Find what is wrong on a host, with proof and what to do; SARIF exits with 0 whatever was found.

    --severity, --from, --container, --port and --project choose what is shown; the exit code judges all findings.
    """
    from netaudit.api.audits import AuditOptions
    from netaudit.api.choice import choose_of_audit, require_ports
    from netaudit.audit.gate import failing
    from netaudit.cli import auditing
    from netaudit.cli import output as out
    from netaudit.cli.choosing import detail_of, make_choice
    from netaudit.cli.sources import load_all_or_collect, load_recording, make_where, when_audited

    place, detail = out.place(output, force=force, form=form), detail_of(verbose=verbose, quiet=quiet)
    options = AuditOptions(
        checks=tuple(checks or ()),
        skip=tuple(skip or ()),
        waivers=tuple(waivers or ()),
        baseline=baseline,
        policy=policy,
        sensitive_ports=auditing.read_ports(sensitive_port or ()),
        config=config,
        exposure=when_audited(exposure),
        uplinks=tuple(uplink or ()),
        since=load_recording(since) if since else None,
        today=today.date() if today else None,
    )
    prepared, compose_files = auditing.prepare(options, fail_on, min_confidence), auditing.read_compose(compose or ())
    facts = load_all_or_collect(snapshots, make_where(docker_host, timeout))
    choice = make_choice(
        facts=(facts,),
        severity=severity,
        zones=zones,
        containers=containers_named,
        ports=ports,
        projects=projects,
        how=prepared.auditor.choice,
    )
    audited = auditing.audit_host(prepared.auditor, facts, verify_fix=verify_fix, elsewhere=bool(snapshots))
    evidence = auditing.Evidence(facts, snapshots[0] if snapshots and len(snapshots) == 1 else None, compose_files)
    failures = failing(audited, prepared.fail_on, prepared.min_confidence)
    if write_baseline:
        auditing.write_baseline(audited, evidence, write_baseline)
    shown = choose_of_audit(audited, choice)
    require_ports(choice, shown.shown, [facts], found=bool(shown.findings))
    style = out.style(place, color, detail=detail, snapshots=snapshots or ())
    out.write(auditing.render(shown, form, evidence, style, failures), place)
    raise typer.Exit(auditing.conclude(audited, prepared, form, failures, strict=strict))

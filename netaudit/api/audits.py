"""What an audit is asked for, and what netaudit.toml says -> an auditor, loaded once for any number of hosts."""

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from netaudit.api.recordings import StrPath
from netaudit.api.rules import shipped_catalog, shipped_checks, shipped_services
from netaudit.attribute.exposure.compute import ComputeExposure
from netaudit.attribute.services import Services
from netaudit.audit import changed
from netaudit.audit.auditor import Auditor
from netaudit.audit.changed import JudgedDiff
from netaudit.audit.checks.check import Check
from netaudit.audit.finding import Audit, Obeyed
from netaudit.audit.run import Plan
from netaudit.catalog import load_checks_from
from netaudit.catalog.config import Config, check_names, load_baseline, load_config, load_waivers
from netaudit.diff.counters import Counters
from netaudit.errors import UsageError, suggest
from netaudit.model.facts import Facts
from netaudit.model.observation import Observation
from netaudit.packets.host.zones import ZoneChoice
from netaudit.parse import parse_snapshots
from netaudit.policy.entry import Policy


class AuditOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What an audit is asked for; where this says nothing, `config` does, and else what is usual.

    `today` is the day by which waivers end; None: today, here. `checks` are folders of further checks, `skip` ids of
    checks that are not put, `waivers` files of accepted findings, `baseline` an earlier audit as JSON: what it has is
    known. `sensitive_ports` are further container ports that should not face a network, each with a name. `uplinks`
    are the interfaces that the Internet is behind; empty: by the default route. `since` is an earlier recording of the
    host: what changed is audited too. `policy` is of who may reach what: a file, or what was read of one. `config` is a
    netaudit.toml.
    """

    today: dt.date | None = None
    checks: tuple[StrPath, ...] = ()
    skip: tuple[str, ...] = ()
    waivers: tuple[StrPath, ...] = ()
    baseline: StrPath | None = None
    sensitive_ports: Mapping[int, str] = msgspec.field(default_factory=dict)
    uplinks: tuple[str, ...] = ()
    exposure: ComputeExposure | None = None
    since: Facts | None = None
    policy: StrPath | Policy | None = None
    config: StrPath | None = None


class PreparedAudit(msgspec.Struct, frozen=True):
    """An auditor, and what netaudit.toml says of which findings fail."""

    auditor: Auditor
    config: Config


def run_checks(facts: Facts, options: AuditOptions | None = None) -> Audit:
    """Put every check to a host. Raises ParseError for damaged facts, and as `load_auditor` does.

    >>> audit = netaudit.run_checks(netaudit.load("after"))
    >>> worst = audit.open[0]
    >>> worst.check.id, worst.severity, worst.subject
    ('container-open-past-its-bindings', <Severity.HIGH: 'high'>, 'container web')
    """
    return load_auditor(options).audit(facts)


def judge_changes(
    before: Facts,
    after: Facts,
    exposure: ComputeExposure = ComputeExposure.WHEN_QUICK,
    counters: Counters = Counters.IGNORE,
    options: AuditOptions | None = None,
    observed: Observation | None = None,
) -> JudgedDiff:
    """Compare two recordings of a host, as `compare` does, and tell which findings came and went.

    `observed` is what was heard between the two, of who wrote what.

    >>> judged = netaudit.judge_changes(netaudit.load("before"), netaudit.load("after"))
    >>> len(judged.diff.changes), judged.findings.audit.open[0].check.id, judged.findings.gone
    (3, 'exposure-wider-than-before', ())
    """
    auditor = msgspec.structs.replace(load_auditor(options), exposure=exposure)
    return changed.judge_changes(*parse_snapshots(before, after), auditor, counters, observed)


def load_auditor(options: AuditOptions | None = None) -> Auditor:
    """Load what an audit needs beside a host; the auditor serves any number of hosts.

    Raises UsageError or ConfigError for options that cannot be, CatalogError for checks that are invalid.

    >>> auditor = netaudit.load_auditor(netaudit.AuditOptions(skip=("published-port-on-every-address",)))
    >>> for path in ("before", "after"):
    ...     print(path, len(auditor.audit(netaudit.load(path)).open))
    before 4
    after 9
    """
    return prepare_audit(options or AuditOptions()).auditor


def prepare_audit(options: AuditOptions) -> PreparedAudit:
    """Put options and netaudit.toml together; where both say something, the options win."""
    path = Path(options.config) if options.config is not None else None
    config, waivers = load_config(path) if path else (Config(), ())
    waived = len(waivers)
    folder = path.parent if path else Path()
    checks = _checks([*(folder / name for name in config.checks), *map(Path, options.checks)])
    waivers += tuple(one for file in options.waivers for one in load_waivers(Path(file)))
    check_names({one.id: one for one in checks}, config, waivers, str(path))
    skipped = {*config.skip, *_known(options.skip, checks)}
    baseline = options.baseline or (folder / config.baseline if config.baseline else None)
    plan = Plan(
        checks=tuple(one for one in checks if one.id not in skipped),
        today=options.today or dt.datetime.now(tz=dt.UTC).astimezone().date(),
        waivers=waivers,
        baseline=load_baseline(Path(baseline)) if baseline else frozenset(),
        obeyed=obeyed(path, config, waived) if path else None,
    )
    policy = options.policy or (folder / config.policy if config.policy else None)
    auditor = _auditor(options, config, plan)
    return PreparedAudit(msgspec.structs.replace(auditor, policy=_policy(policy) if policy else None), config)


def obeyed(path: Path, config: Config, waivers: int) -> Obeyed | None:
    """Return the settings of a configuration that are not what is usual; None where all are."""
    usual = Config()
    given: dict[str, Iterable[object]] = {
        "fail-on": [config.fail_on] if config.fail_on != usual.fail_on else (),
        "min-confidence": [config.min_confidence] if config.min_confidence != usual.min_confidence else (),
        "skip": config.skip,
        "waivers": [waivers] if waivers else (),
        "baseline": [config.baseline] if config.baseline else (),
        "policy": [config.policy] if config.policy else (),
        "checks": config.checks,
        "sensitive-ports": (f"{port}={name}" for port, name in config.sensitive_ports.items()),
        "uplinks": config.uplinks,
        "exposure": () if config.exposure else ["false"],
    }
    settings = tuple((name, tuple(map(str, values))) for name, values in given.items())
    said = tuple((name, values) for name, values in settings if values)
    here = Path.cwd()
    shown = path.relative_to(here) if path.is_relative_to(here) else path
    return Obeyed(str(shown), said) if said else None


def _policy(given: StrPath | Policy) -> Policy:
    if isinstance(given, Policy):
        return given
    from netaudit.catalog.policy import load_policy  # noqa: PLC0415 (late: it reads YAML, which takes 20 ms to import)

    return load_policy(Path(given))


def _auditor(options: AuditOptions, config: Config, plan: Plan) -> Auditor:
    ports = {int(port): name for port, name in config.sensitive_ports.items()}
    configured = ComputeExposure.ALWAYS if config.exposure else ComputeExposure.NEVER
    return Auditor(
        catalog=shipped_catalog(),
        services=Services(shipped_services(), ports | dict(options.sensitive_ports)),
        plan=plan,
        choice=ZoneChoice(uplinks=options.uplinks or tuple(config.uplinks) or None),
        exposure=options.exposure or configured,
        since=options.since,
    )


def _checks(folders: Iterable[Path]) -> tuple[Check, ...]:
    checks = {one.id: one for one in shipped_checks()}
    for folder in folders:
        for one in load_checks_from(folder):
            if one.id in checks:
                raise UsageError(f"{one.file}: there is a check of this id already", hint="name the file otherwise")
            checks[one.id] = one
    return tuple(checks[name] for name in sorted(checks))


def _known(names: tuple[str, ...], checks: tuple[Check, ...]) -> tuple[str, ...]:
    known = {one.id for one in checks}
    for name in names:
        if name not in known:
            raise UsageError(f"no such check: {name}", hint=suggest(name, known, "docs/checks.md lists them"))
    return names

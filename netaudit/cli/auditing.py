"""What `netaudit audit` was asked on its command line and in netaudit.toml -> one plan; and an audit -> its format."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from netaudit.audit.auditor import Auditor
from netaudit.audit.checks.check import Check
from netaudit.audit.checks.services import Service, Services
from netaudit.audit.finding import Audit, Finding
from netaudit.audit.run import Plan
from netaudit.catalog import load_catalog, load_checks, load_checks_from, load_services
from netaudit.catalog.config import (
    DEFAULT,
    Config,
    check_names,
    is_port,
    load_baseline,
    load_config,
    load_waivers,
)
from netaudit.errors import UsageError
from netaudit.model.facts import Facts
from netaudit.model.severity import FindingConfidence, Severity
from netaudit.packets.host.zones import ZoneChoice
from netaudit.store import load

if TYPE_CHECKING:
    from netaudit.cli.options import AuditFormat
    from netaudit.report.ci.location import Locator
    from netaudit.report.terminal.style import Style


class Asked(msgspec.Struct, frozen=True):
    """The command line's part."""

    today: dt.date
    fail_on: str | None = None
    min_confidence: str | None = None
    checks: tuple[Path, ...] = ()
    skip: tuple[str, ...] = ()
    waivers: tuple[Path, ...] = ()
    baseline: Path | None = None
    sensitive_ports: tuple[str, ...] = ()
    config: Path | None = None
    exposure: bool | None = None
    uplinks: tuple[str, ...] = ()
    since: Path | None = None


class Prepared(msgspec.Struct, frozen=True):
    """An auditor, and the bar."""

    auditor: Auditor
    fail_on: Severity | None
    min_confidence: FindingConfidence


def prepare(asked: Asked) -> Prepared:
    """Put command line and configuration together; where both say something, the command line wins."""
    path = asked.config or (Path(DEFAULT) if _is_file(DEFAULT) else None)
    config, waivers = load_config(path) if path else (Config(), ())
    folder = path.parent if path else Path()
    checks = _checks([*(folder / name for name in config.checks), *asked.checks])
    waivers += tuple(one for file in asked.waivers for one in load_waivers(file))
    check_names({one.id: one for one in checks}, config, waivers, str(path))
    skipped = {*config.skip, *_known(asked.skip, checks)}
    baseline = asked.baseline or (folder / config.baseline if config.baseline else None)
    fail_on = asked.fail_on or config.fail_on
    plan = Plan(
        checks=tuple(one for one in checks if one.id not in skipped),
        today=asked.today,
        waivers=waivers,
        baseline=load_baseline(baseline) if baseline else frozenset(),
    )
    auditor = Auditor(
        catalog=load_catalog(),
        services=_services(load_services(), config, asked.sensitive_ports),
        plan=plan,
        choice=ZoneChoice(uplinks=asked.uplinks or tuple(config.uplinks) or None),
        exposure=config.exposure if asked.exposure is None else asked.exposure,
        since=load(asked.since) if asked.since else None,
    )
    return Prepared(
        auditor=auditor,
        fail_on=None if fail_on == "none" else Severity(fail_on),
        min_confidence=FindingConfidence(asked.min_confidence or config.min_confidence),
    )


def _is_file(name: str) -> bool:
    """Tell whether there is such a file; none in a folder that this user may not look into."""
    try:
        return Path(name).is_file()
    except OSError:
        return False


def _checks(folders: list[Path]) -> tuple[Check, ...]:
    checks = {one.id: one for one in load_checks()}
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
            raise UsageError(f"no such check: {name}", hint="docs/checks.md lists them")
    return names


def _services(services: tuple[Service, ...], config: Config, asked: tuple[str, ...]) -> Services:
    more = {int(port): name for port, name in config.sensitive_ports.items()}
    for text in asked:
        port, _, name = text.partition("=")
        if not (is_port(port) and name):
            raise UsageError(f"--sensitive-port: not PORT=NAME: {text}", hint="write for example 8081=adminer")
        more[int(port)] = name
    return Services(services, more)


def render(
    audit: Audit,
    form: "AuditFormat",
    facts: Facts,
    snapshot: Path | None,
    style: "Style",
    failures: tuple[Finding, ...],
) -> bytes:
    """Print an audit in a format."""
    import importlib

    module = importlib.import_module(f"netaudit.report.{_MODULES[form]}")
    locator, base = _places(facts, snapshot)
    arguments = {
        "terminal": (audit, style),
        "json": (audit,),
        "markdown": (audit,),
        "junit": (audit, failures),
        "sarif": (audit, locator, base),
        "github": (audit, locator, base),
    }[form]
    text = module.render_audit(*arguments)
    return text if isinstance(text, bytes) else text.encode(errors="replace")


def _places(facts: Facts, snapshot: Path | None) -> tuple["Locator", str]:
    """Say where the recording's files are, from here where they are below: from a checkout, as GitHub wants it."""
    from netaudit.report.ci.location import Locator, OneFile

    if snapshot is None:
        return Locator(facts.files), ""
    path = snapshot.resolve()
    name = (path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else snapshot).as_posix()
    return (Locator(facts.files), f"{name}/") if snapshot.is_dir() else (OneFile(name, facts.files), "")


_MODULES = {
    "terminal": "terminal.audit",
    "json": "json.audit",
    "markdown": "page.audit_markdown",
    "junit": "ci.junit",
    "sarif": "ci.sarif",
    "github": "ci.github",
}

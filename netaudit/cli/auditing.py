"""What `netaudit audit` was asked on its command line -> an auditor and its bar; an audit -> its format."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from netaudit.api.audits import AuditOptions, judge_changes, prepare_audit
from netaudit.api.formats import AuditFormat, Format, PlanFormat
from netaudit.api.hosts import compare
from netaudit.api.renderers import JUDGED, render_audit
from netaudit.attribute.attribution import AttributedDiff
from netaudit.attribute.exposure.compute import ComputeExposure
from netaudit.attribute.observed.writers import tell_writers
from netaudit.audit.auditor import Auditor
from netaudit.audit.changed import ChangedFindings
from netaudit.audit.finding import Audit, Finding
from netaudit.audit.gate import reads_exposure, unanswered
from netaudit.audit.risk import gather_mistakes
from netaudit.catalog.config import is_port
from netaudit.catalog.config_places import find_config, repository_root
from netaudit.cli import output as out
from netaudit.cli.say import say
from netaudit.cli.sources import of_one_host
from netaudit.diff.counters import Counters
from netaudit.errors import UsageError
from netaudit.model.facts import Facts
from netaudit.model.observation import Observation
from netaudit.model.severity import FindingConfidence, Severity
from netaudit.model.snapshot import are_two_hosts
from netaudit.parse import parse_snapshot
from netaudit.report.ci.compose_places import ProjectLocator
from netaudit.report.ci.location import FromRoot, Locator, OneFile
from netaudit.report.terminal.style import Style
from netaudit.report.text.findings.audit import short_id
from netaudit.report.text.words import count
from netaudit.standin.compose import project_files, project_name

_PLAIN = Style()
_NAMED = 4  # checks that a line names


class Prepared(msgspec.Struct, frozen=True):
    """An auditor, and the bar."""

    auditor: Auditor
    fail_on: Severity | None
    min_confidence: FindingConfidence


def prepare(options: AuditOptions, fail_on: str | None = None, min_confidence: str | None = None) -> Prepared:
    """Put command line and configuration together; where both say something, the command line wins."""
    path = options.config or find_config(Path.cwd())
    prepared = prepare_audit(msgspec.structs.replace(options, config=path))
    bar = fail_on or prepared.config.fail_on
    said = {"fail-on": fail_on, "min-confidence": min_confidence}
    return Prepared(
        auditor=prepared.auditor.obeying({name for name, given in said.items() if given}),
        fail_on=None if bar == "none" else Severity(bar),
        min_confidence=FindingConfidence(min_confidence or prepared.config.min_confidence),
    )


def audit_host(auditor: Auditor, facts: Facts, *, verify_fix: bool, elsewhere: bool) -> Audit:
    """Audit a host, and what its remediations lead to where that is asked for.

    Root runs their commands on a replica of the host, others compute them. `elsewhere`: it is not this host, now.
    """
    if auditor.since:
        of_one_host(auditor.since, facts, named=False)
    if not verify_fix:
        return auditor.audit(facts)
    if os.geteuid() != 0:
        return auditor.audit_and_verify(facts)
    from netaudit.replica.remedies import RemedyRunner

    runner = RemedyRunner(elsewhere=elsewhere)
    audited = auditor.audit_and_verify(facts, runner.run)
    for failure in runner.failures:
        say(f"a remedy fails on a replica of the host's rules, and was computed: {failure}")
    if runner.lines:
        say(f"{count(runner.lines, 'command line')} ran on a replica of the host's rules; other remedies were computed")
    return audited


def judge(
    before: Facts,
    after: Facts,
    form: Format,
    when: ComputeExposure = ComputeExposure.WHEN_QUICK,
    counters: Counters = Counters.IGNORE,
    observed: Observation | None = None,
) -> tuple[AttributedDiff, ChangedFindings | None]:
    """Compare two recordings, and tell which findings came and went; None for a format that has no place for them.

    `observed` is what was heard between the two.
    """
    two_hosts = are_two_hosts(before, after)
    if form not in JUDGED or two_hosts:  # what differs between hosts has not come or gone
        diff = compare(before, after, when, counters)
        return (tell_writers(diff, observed) if observed else diff), None
    judged = judge_changes(before, after, when, counters, AuditOptions(config=find_config(Path.cwd())), observed)
    return judged.diff, judged.findings


def conclude(audit: Audit, prepared: Prepared, form: AuditFormat, failures: Sequence[Finding], *, strict: bool) -> int:
    """Say what the gate refuses, and choose the exit code; SARIF's is that of an audit without findings."""
    say_refusal(failures, prepared.fail_on, form)
    if form is AuditFormat.SARIF:
        return out.exit_code(audit.head, strict=strict, undecided=audit.unsure)
    code = out.exit_code(audit.head, strict=strict, different=bool(failures), undecided=audit.unsure)
    return code or (0 if is_answered(audit, prepared) else out.INCOMPLETE)


def write_baseline(audit: Audit, evidence: "Evidence", path: Path) -> None:
    """Write what was found for --baseline, and say so. Raises UsageError for standard output: the report goes there."""
    if path == out.STDOUT:
        raise UsageError("--write-baseline - names no file", hint="name one, such as --write-baseline baseline.json")
    out.write(render(audit, AuditFormat.JSON, evidence), out.place(path, force=True))
    say(f"wrote {path}: with --baseline it tells what is new")


def say_refusal(failures: Sequence[Finding], bar: Severity | None, form: AuditFormat | PlanFormat) -> None:
    """Say on standard error that the gate refuses, and for what; SARIF refuses nothing."""
    if failures and form.value != AuditFormat.SARIF:
        mistakes = gather_mistakes(failures)
        named = ", ".join(short_id(one.first) for one in mistakes[:_NAMED]) + (", …" if len(mistakes) > _NAMED else "")
        said = count(len(mistakes), "finding")
        say(f"refused: {said} at or above --fail-on {bar}: {named}")


def is_answered(audit: Audit, prepared: Prepared) -> bool:
    """Say which checks could have failed the audit and have no answer; tell whether it may pass all the same.

    Without exposure the questions that matter most are not put: a gate that asks for them is not passed.
    """
    checks = unanswered(audit, prepared.fail_on, prepared.min_confidence)
    if not checks:
        return True
    names = ", ".join(one.id for one in checks[:_NAMED]) + (", …" if len(checks) > _NAMED else "")
    said = f"{count(len(checks), 'check')} without an answer could have failed this audit: {names}"
    if audit.exposed or not any(map(reads_exposure, checks)):
        say(f"{said} (--strict exits with 4)")
        return True
    say(f"{said} (who can reach what was not computed: leave out --no-exposure, or give --fail-on none)")
    return False


def read_compose(files: Iterable[Path]) -> tuple[Path, ...]:
    """Read --compose. Raises ConfigError for what is no Compose file."""
    given = tuple(files)
    if given:
        from netaudit.catalog.compose_places import require_compose

        for file in given:
            require_compose(file)
    return given


def read_ports(asked: Iterable[str]) -> dict[int, str]:
    """Read --sensitive-port. Raises UsageError."""
    found: dict[int, str] = {}
    for text in asked:
        port, _, name = text.partition("=")
        if not (is_port(port) and name):
            raise UsageError(f"--sensitive-port: not PORT=NAME: {text}", hint="write for example 8081=adminer")
        found[int(port)] = name
    return found


class Evidence(msgspec.Struct, frozen=True):
    """What was audited: facts, the file they are from (None: this host), and Compose files that were named."""

    facts: Facts
    snapshot: Path | None
    compose: tuple[Path, ...] = ()


def render(
    audit: Audit, form: AuditFormat, evidence: Evidence, style: Style = _PLAIN, failures: tuple[Finding, ...] = ()
) -> bytes:
    """Print an audit in a format."""
    where: tuple[Locator, str] = (Locator({}), "")
    if form in (AuditFormat.SARIF, AuditFormat.GITHUB):
        recorded, base = recorded_places(evidence.facts, evidence.snapshot)
        where = from_root(_in_compose(evidence, recorded) or recorded, base), ""
    return render_audit(audit, form, style, failures, where)


def recorded_places(facts: Facts, snapshot: Path | None) -> tuple[Locator, str]:
    """Return what finds lines of a recording, and the folder that its files are in; "" where they were not written."""
    if snapshot is None:
        return Locator(facts.files), ""
    name = snapshot.resolve().as_posix()
    return (Locator(facts.files), f"{name}/") if snapshot.is_dir() else (OneFile(name, facts.files), "")


def from_root(locator: Locator, base: str = "") -> Locator:
    """Name files from the root of the repository, as those want who show findings beside lines; else from here."""
    return FromRoot(locator, base, str(repository_root(Path.cwd())), str(Path.cwd()))


def _in_compose(evidence: Evidence, recorded: Locator) -> Locator | None:
    """Return what finds lines of Compose files: those that were named, else the project of this folder.

    No path that a recording has is opened. A project that nobody named has to be that of the containers, by its name.
    """
    files = list(evidence.compose) or project_files((), Path.cwd(), os.environ)
    if not files:
        return None
    from netaudit.catalog.compose_places import read_compose_places

    places = read_compose_places(files, Path.cwd())
    project = places.project if evidence.compose else project_name(places.project, files[0], os.environ)
    if not (evidence.compose or project):
        return None  # nobody says whose project it is
    locator = ProjectLocator(places, parse_snapshot(evidence.facts).inventory, project, recorded)
    if evidence.compose and not locator.containers:
        say(f"no container of this host is of a service in {', '.join(map(str, files))}: findings point elsewhere")
    return locator

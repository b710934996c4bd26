"""What could not be decided: a finding stands and says why it is not certain, and what may be open is never closed."""

from collections.abc import Callable

import msgspec
import pytest
from audit.conftest import RECORDINGS, AuditOf

from netaudit.audit.checks.answer import Answer, Doubt, bound_facts
from netaudit.audit.checks.condition import Condition, FactTypes
from netaudit.audit.finding import Audit, Finding
from netaudit.audit.gate import failing, unanswered
from netaudit.audit.risk import gather_mistakes, reach_of
from netaudit.model.facts import INVENTORY_SOURCES, Facts, Gap, GapReason, Source
from netaudit.model.severity import FindingConfidence, Severity
from netaudit.report.ci import github, junit
from netaudit.report.ci.location import Locator
from netaudit.report.json import audit as audit_json
from netaudit.report.page import audit_markdown
from netaudit.report.terminal.audit import render_audit
from netaudit.report.terminal.detail import Detail
from netaudit.report.terminal.style import Style
from netaudit.store import load

DATABASE = "bad/database-on-every-address/before"
IPV6_ONLY = "bad/ipv6-open-ipv4-closed/before"
UNDECIDABLE = b'-m u32 --u32 "6&0xFF=17" -j DROP\n'  # a match that nobody can decide
FACTS: FactTypes = (("mine", list[str]), ("other", list[str]), ("word", str))


def _with_rule(facts: Facts, source: Source, rule: bytes) -> Facts:
    """Return the facts with a rule put before all others of DOCKER-USER."""
    lines = facts.files[source].splitlines(keepends=True)
    at = next(
        at for at, line in enumerate(lines) if b"-A " in line and b"DOCKER" in line and b"*filter\n" in lines[:at]
    )
    changed = b"".join([*lines[:at], b"[0:0] " + rule, *lines[at:]])
    return msgspec.structs.replace(facts, files={**facts.files, source: changed})


@pytest.fixture(scope="module")
def doubtful(audit_of: AuditOf) -> Audit:
    return audit_of(_with_rule(load(RECORDINGS / DATABASE), Source.IPTABLES_NFT, b"-A FORWARD " + UNDECIDABLE))


@pytest.fixture(scope="module")
def silent(audit_of: AuditOf) -> Audit:
    """Audit a host while Docker does not answer."""
    facts = load(RECORDINGS / DATABASE)
    files = {name: data for name, data in facts.files.items() if name not in INVENTORY_SOURCES}
    gaps = tuple(Gap(source, GapReason.CRASHED) for source in INVENTORY_SOURCES if source in facts.files)
    return audit_of(msgspec.structs.replace(facts, files=files, gaps=gaps))


def _of(audit: Audit, check: str) -> list[Finding]:
    return [one for one in audit.findings if one.check.id == check]


def test_a_finding_stands_where_its_packets_cannot_be_decided(audit_of: AuditOf, doubtful: Audit) -> None:
    (sure,) = {one.severity for one in _of(audit_of(DATABASE), "sensitive-port-reachable")}
    (found,) = [
        one for one in _of(doubtful, "sensitive-port-reachable") if ":" not in one.subject.partition(" ")[2][:3]
    ]
    assert (found.severity, found.confidence) == (sure, FindingConfidence.MEDIUM)
    assert found.doubts
    assert "internet (not certain)" in found.message


def test_a_finding_in_doubt_fails_the_gate_unless_it_asks_for_certainty(doubtful: Audit) -> None:
    in_doubt = {
        one.fingerprint for one in _of(doubtful, "sensitive-port-reachable") if one.surely is None and one.doubts
    }
    assert in_doubt
    loose, tight = (
        {one.fingerprint for one in failing(doubtful, Severity.HIGH, confidence)}
        for confidence in (FindingConfidence.LOW, FindingConfidence.HIGH)
    )
    assert in_doubt <= loose
    assert not in_doubt & tight


def test_what_is_not_certain_is_counted_as_incomplete(audit_of: AuditOf, doubtful: Audit) -> None:
    assert doubtful.unsure > audit_of(DATABASE).unsure


def test_every_format_says_why_a_finding_is_not_certain(doubtful: Audit) -> None:
    reason = "u32"
    facts = load(RECORDINGS / DATABASE)
    doubtful = msgspec.structs.replace(doubtful, findings=tuple(one for one in doubtful.findings if one.doubts))
    pages = (
        render_audit(doubtful, Style(width=200)),
        audit_markdown.render_audit(doubtful),
        junit.render_audit(doubtful, ()),
        github.render_audit(doubtful, Locator(facts.files), ""),
        audit_json.render_audit(doubtful).decode(),
    )
    assert [reason in page for page in pages] == [True] * len(pages)


def test_what_may_be_open_over_ipv4_does_not_make_an_ipv6_port_the_only_open_one(audit_of: AuditOf) -> None:
    assert _of(audit_of(IPV6_ONLY), "port-open-over-ipv6-only")
    closed = load(RECORDINGS / IPV6_ONLY)
    text = closed.files[Source.IPTABLES_NFT]
    line = next(line for line in text.splitlines(keepends=True) if b"-A DOCKER-USER" in line and b"DROP" in line)
    files = {
        **closed.files,
        Source.IPTABLES_NFT: text.replace(line, line.replace(b" -j DROP", b" " + UNDECIDABLE.strip())),
    }
    audit = audit_of(msgspec.structs.replace(closed, files=files))
    assert not _of(audit, "port-open-over-ipv6-only")
    undecided = [one for one in audit.undecided if one.check.id == "port-open-over-ipv6-only"]
    assert undecided
    assert undecided[0].doubts


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ('"lan" in mine', Answer.YES),
        ('"internet" in mine', Answer.IN_DOUBT),
        ('!("internet" in other)', Answer.UNKNOWN),
        ('"internet" in mine && !("internet" in other)', Answer.UNKNOWN),
        ('"host" in mine', Answer.NO),
        ('word == "may"', Answer.YES),
        ('word == "allowed"', Answer.IN_DOUBT),
        ('word == "blocked"', Answer.UNKNOWN),
        ('word != "blocked" && "internet" in mine', Answer.IN_DOUBT),
    ],
)
def test_a_condition_is_asked_for_what_is_open_and_for_what_is_closed(condition: str, answer: Answer) -> None:
    doubts = (
        Doubt("mine", ["lan", "internet"], ["lan"]),
        Doubt("other", ["internet"], []),
        Doubt("word", "allowed", "blocked"),
    )
    said = {"mine": ["lan"], "other": [], "word": "may"}
    assert bound_facts(said, FACTS, doubts).answer(Condition(condition, FACTS)) is answer


def test_the_severity_that_is_certain_counts_by_itself(doubtful: Audit) -> None:
    (one, *_) = (each for each in _of(doubtful, "sensitive-port-reachable") if each.doubts)
    both = msgspec.structs.replace(one, severity=Severity.CRITICAL, surely=Severity.HIGH, waiver=None, known=False)
    audit = msgspec.structs.replace(doubtful, findings=(both,))
    assert failing(audit, Severity.HIGH, FindingConfidence.HIGH) == (both,)
    assert failing(audit, Severity.CRITICAL, FindingConfidence.HIGH) == ()
    assert failing(audit, Severity.CRITICAL, FindingConfidence.MEDIUM) == (both,)


def test_of_findings_that_are_alike_but_for_a_doubt_the_sure_one_leads(doubtful: Audit) -> None:
    mistakes = gather_mistakes(doubtful.open)
    for one in mistakes:
        first = (one.first.severity, reach_of(one.first))
        alike = [each for each in one.findings if (each.severity, reach_of(each)) == first]
        assert not one.first.doubts or all(each.doubts for each in alike)
    assert any(not one.first.doubts and any(each.doubts for each in one.findings) for one in mistakes)


def test_checks_of_containers_are_not_put_while_docker_does_not_answer(silent: Audit) -> None:
    not_put = {check.id for one in silent.not_put for check in one.checks}
    assert {"sensitive-port-reachable", "privileged-container", "internal-network-not-enforced"} <= not_put
    assert "sensitive-port-reachable" in {
        one.id for one in unanswered(silent, Severity.CRITICAL, FindingConfidence.LOW)
    }


def test_no_rule_is_stale_and_no_port_is_surely_nobodys_while_docker_does_not_answer(silent: Audit) -> None:
    assert not _of(silent, "stale-rule")
    forwarded = _of(silent, "forwarded-port-open-to-world")
    assert forwarded
    assert all(one.confidence is FindingConfidence.MEDIUM and one.doubts for one in forwarded)


@pytest.mark.parametrize(
    "render",
    [
        lambda audit: render_audit(audit, Style(width=200, detail=Detail.FULL)),
        audit_markdown.render_audit,
        lambda audit: junit.render_audit(audit, ()),
        lambda audit: audit_json.render_audit(audit).decode(),
    ],
    ids=["terminal", "markdown", "junit", "json"],
)
def test_every_format_names_the_checks_that_were_not_put(render: Callable[[Audit], str], silent: Audit) -> None:
    page = render(silent)
    assert any(one.id in page for put in silent.not_put for one in put.checks if put.kind == "container")
    assert "docker-containers.json: crashed" in page


def test_the_first_screen_says_why_checks_were_not_put_each_reason_once(silent: Audit) -> None:
    lines = [line for line in render_audit(silent, Style(width=500)).splitlines() if line.startswith("not asked (")]
    reasons = [line.partition(")")[0] for line in lines]
    assert len(set(reasons)) == len(reasons)
    assert any("docker-containers.json: crashed" in one for one in reasons)


def test_an_audit_that_answers_everything_has_put_every_check(audit_of: AuditOf) -> None:
    assert audit_of(DATABASE).not_put == ()

"""Accepted findings: waivers with an end, of files and labels; and baselines, which survive a recreated container."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from audit.conftest import RECORDINGS, TODAY, AuditOf

from netaudit.audit.checks.waiver import Waiver
from netaudit.audit.finding import Audit, Finding
from netaudit.audit.gate import failing
from netaudit.catalog.config import load_baseline
from netaudit.model.facts import Facts
from netaudit.model.severity import FindingConfidence, Severity
from netaudit.report.json.audit import render_audit
from netaudit.store import load

DATABASE = "bad/database-on-every-address/before"
CHECK, SUBJECT = "sensitive-port-published-everywhere", "db 0.0.0.0:5432/tcp"
WAIVER = Waiver(CHECK, SUBJECT, "It is a test.", "ops@example.org", dt.date(2027, 1, 31), place="netaudit.toml:3")


def _one(audit: Audit, check: str) -> Finding:
    (finding,) = [one for one in audit.findings if one.check.id == check]
    return finding


def _edited(where: str, file: str, edit: Callable[[str], str]) -> Facts:
    facts = load(RECORDINGS / where)
    files = {name: edit(data.decode()).encode() if name == file else data for name, data in facts.files.items()}
    return msgspec.structs.replace(facts, files=files)


def _labelled(text: str) -> Facts:
    def label(said: str) -> str:
        containers = json.loads(said)
        containers[0]["Config"]["Labels"] = {f"netaudit.waive.{CHECK}": text}
        return json.dumps(containers)

    return _edited(DATABASE, "docker-containers.json", label)


def test_a_waiver_accepts_its_finding_and_no_other(audit_of: AuditOf) -> None:
    audit = audit_of(DATABASE, waivers=(WAIVER,))
    assert _one(audit, CHECK).waiver is WAIVER
    assert [one.check.id for one in audit.findings if one.waiver] == [CHECK]
    assert not {"waiver-unused", "waiver-expired"} & {one.check.id for one in audit.findings}


def test_a_pattern_stands_for_any_text(audit_of: AuditOf) -> None:
    waiver = msgspec.structs.replace(WAIVER, subject="db *:5432/tcp")
    assert _one(audit_of(DATABASE, waivers=(waiver,)), CHECK).waiver is waiver


@pytest.mark.parametrize(("until", "expired"), [(TODAY, False), (TODAY - dt.timedelta(1), True)])
def test_a_waiver_holds_through_its_last_day(until: dt.date, expired: bool, audit_of: AuditOf) -> None:  # noqa: FBT001
    audit = audit_of(DATABASE, waivers=(msgspec.structs.replace(WAIVER, until=until),))
    assert (_one(audit, CHECK).waiver is None) is expired
    assert ("waiver-expired" in {one.check.id for one in audit.open}) is expired


def test_an_unused_waiver_is_a_finding(audit_of: AuditOf) -> None:
    audit = audit_of(DATABASE, waivers=(msgspec.structs.replace(WAIVER, subject="gone 0.0.0.0:1/tcp"),))
    assert "netaudit.toml:3" in _one(audit, "waiver-unused").message
    assert _one(audit, CHECK).open


def test_a_containers_label_waives_for_that_container(audit_of: AuditOf) -> None:
    audit = audit_of(_labelled("reason=It is a test; owner=ops; until=2027-01-31"))
    waiver = _one(audit, CHECK).waiver
    assert waiver is not None
    assert (waiver.reason, waiver.owner, waiver.until) == ("It is a test", "ops", dt.date(2027, 1, 31))


@pytest.mark.parametrize(
    ("label", "wrong"),
    [
        ("reason=It is a test; until=2027-01-31", "lacks owner"),
        ("", "lacks reason, owner, until"),
        ("reason=a; owner=b; until=soon", "until is no date: soon"),
    ],
)
def test_a_label_that_does_not_say_everything_waives_nothing(label: str, wrong: str, audit_of: AuditOf) -> None:
    audit = audit_of(_labelled(label))
    assert _one(audit, CHECK).open
    assert wrong in _one(audit, "waiver-invalid").message


def test_a_baseline_leaves_only_what_is_new(tmp_path: Path, audit_of: AuditOf) -> None:
    (tmp_path / "baseline.json").write_bytes(render_audit(audit_of("bad/nothing-wrong/before")))
    audit = audit_of(DATABASE, baseline=load_baseline(tmp_path / "baseline.json"))
    assert CHECK in {one.check.id for one in audit.open}
    assert "default-address-is-everywhere" in {one.check.id for one in audit.findings if one.known}


def test_fingerprints_survive_a_recreated_container_and_another_address(audit_of: AuditOf) -> None:
    where = "bad/raw-rules-flushed/before"
    facts = load(RECORDINGS / where)
    identity = json.loads(facts.files["docker-containers.json"])[0]["Id"]

    def recreate(text: str) -> str:
        return text.replace(identity, "f" * 64).replace("172.17.0.2", "172.17.0.9")

    files = {name: recreate(data.decode()).encode() for name, data in facts.files.items()}
    again = audit_of(msgspec.structs.replace(facts, files=files))
    before = audit_of(where)
    assert {one.fingerprint for one in again.findings} == {one.fingerprint for one in before.findings}


def test_fingerprints_are_unique(audit_of: AuditOf) -> None:
    for where in ("bad/raw-rules-flushed/before", "bad/stale-dnat-address-reused/before", "makers/docker/with-ufw"):
        prints = [one.fingerprint for one in audit_of(where).findings]
        assert len(prints) == len(set(prints))


def test_the_gate_counts_open_findings_at_or_above_the_bar(audit_of: AuditOf) -> None:
    audit = audit_of("bad/raw-rules-flushed/before")
    assert {one.check.id for one in failing(audit, Severity.CRITICAL, FindingConfidence.LOW)} >= {
        "loopback-guard-missing"
    }
    assert failing(audit, None, FindingConfidence.LOW) == ()
    known = audit_of("bad/raw-rules-flushed/before", baseline=frozenset(one.fingerprint for one in audit.findings))
    assert failing(known, Severity.INFO, FindingConfidence.LOW) == ()


def test_the_gate_passes_over_what_is_less_sure(audit_of: AuditOf) -> None:
    audit = audit_of("bad/socket-mounted/before")
    sure = {one.check.id for one in failing(audit, Severity.HIGH, FindingConfidence.HIGH)}
    all_of_them = {one.check.id for one in failing(audit, Severity.HIGH, FindingConfidence.LOW)}
    assert all_of_them - sure == {"privileged-container"}

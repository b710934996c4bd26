"""Findings of a diff of which one side could not tell: they neither came nor went."""

import pytest
from audit.conftest import RECORDINGS
from audit.test_less_evidence import without

import netaudit
from netaudit.api.audits import AuditOptions, judge_changes
from netaudit.attribute.exposure.compute import ComputeExposure
from netaudit.audit.changed import ChangedFindings
from netaudit.diff.counters import Counters
from netaudit.model.facts import INVENTORY_SOURCES, Facts
from netaudit.report.terminal.findings.summary import new_lines
from netaudit.report.terminal.style import Style

FULL = netaudit.load(RECORDINGS / "bad" / "nat-flushed" / "after")


def _unasked(facts: Facts) -> Facts:
    for source in INVENTORY_SOURCES:
        facts = without(facts, source)
    return facts


def _found(before: Facts, after: Facts) -> ChangedFindings:
    return judge_changes(before, after, ComputeExposure.ALWAYS, Counters.IGNORE, AuditOptions()).findings


def _checks(findings: tuple[netaudit.Finding, ...]) -> set[str]:
    return {one.check.id for one in findings}


def test_where_docker_does_not_answer_no_finding_about_its_containers_is_gone() -> None:
    found = _found(FULL, _unasked(FULL))
    assert found.gone == ()
    assert "published-port-open-to-world" in _checks(found.lost)
    assert _checks(found.new) == {"docker-not-seen"}
    assert "forwarded-port-open-to-world" in _checks(found.seen)


def test_where_docker_answers_again_no_finding_about_its_containers_is_new() -> None:
    found = _found(_unasked(FULL), FULL)
    assert found.new == ()
    assert "published-port-open-to-world" in _checks(found.seen)


def test_a_report_says_which_findings_may_still_be_there() -> None:
    lines = list(new_lines(_found(FULL, _unasked(FULL)), Style()))
    assert [line for line in lines if line.startswith(("found", "new", "no longer"))] == [
        "new findings",
        "found now, and may have been there before",
        "found before, and may still be there",
    ]


@pytest.mark.matrix
def test_a_port_may_be_another_daemons() -> None:
    found = netaudit.run_checks(netaudit.load(RECORDINGS / "bad" / "second-engine" / "before")).open
    (port,) = [one for one in found if one.check.id == "forwarded-port-open-to-world"]
    assert port.message.endswith("no container that was recorded publishes it.")


def test_a_rule_is_deleted_by_nobody_who_did_not_ask_docker_whose_it_is() -> None:
    found = netaudit.run_checks(_unasked(FULL)).open
    (port,) = [one for one in found if one.check.id == "forwarded-port-open-to-world"]
    assert port.message.endswith("no container that was recorded publishes it.")
    assert [advice.do.partition(",")[0] for advice in port.advice] == ["Ask Docker whose it is (docker ps)"]

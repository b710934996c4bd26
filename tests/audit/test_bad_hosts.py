"""Hosts with something wrong, as real engines made them: it is found, with proof; the remedy closes it."""

import pytest
from audit.conftest import AuditOf
from lab.bad_hosts import HOSTS, BadHost

from netaudit.audit.finding import Audit
from netaudit.model.severity import Severity


def _open(audit: Audit) -> set[tuple[str, str]]:
    return {(one.check.id, one.subject) for one in audit.open}


@pytest.mark.matrix
@pytest.mark.parametrize("bad", HOSTS, ids=lambda bad: bad.name)
def test_what_is_wrong_is_found(bad: BadHost, audit_of: AuditOf) -> None:
    found = _open(audit_of(f"bad/{bad.name}/before"))
    assert set(bad.found.items()) - found == set()


@pytest.mark.matrix
@pytest.mark.parametrize("bad", [one for one in HOSTS if one.remedy], ids=lambda bad: bad.name)
def test_the_remedy_closes_it_and_opens_nothing(bad: BadHost, audit_of: AuditOf) -> None:
    before, after = (_open(audit_of(f"bad/{bad.name}/{step}")) for step in ("before", "after"))
    assert after & set(bad.found.items()) == set()
    grave = {one.check.id for one in audit_of(f"bad/{bad.name}/after").open if one.severity.rank >= Severity.HIGH.rank}
    assert grave <= {check for check, _ in before}


@pytest.mark.parametrize(
    "scenario", ["28.5.2-iptables-nft/fresh/00", "28.5.2-iptables-legacy/fresh/00", "bad/nothing-wrong/before"]
)
def test_on_a_clean_host_there_is_nothing_to_do(scenario: str, audit_of: AuditOf) -> None:
    audit = audit_of(scenario)
    assert [one.message for one in audit.open if one.severity.rank > Severity.INFO.rank] == []


@pytest.mark.matrix
@pytest.mark.parametrize(
    "scenario",
    [
        "28.5.2-iptables-nft/loopback-port/01",
        "28.5.2-iptables-nft/user-net-icc-off/01",
        "28.5.2-iptables-nft/user-net-internal/02",
        "28.5.2-iptables-nft/dual-stack/01",
        "28.5.2-iptables-legacy/loopback-port/01",
    ],
)
def test_what_an_engine_does_by_itself_is_nothing_grave(scenario: str, audit_of: AuditOf) -> None:
    audit = audit_of(scenario)
    assert [one.message for one in audit.open if one.severity.rank >= Severity.MEDIUM.rank] == []


def test_a_finding_prints_the_rules_that_prove_it(audit_of: AuditOf) -> None:
    audit = audit_of("bad/docker-user-names-host-port/before")
    (finding,) = [one for one in audit.open if one.check.id == "docker-user-matches-host-port"]
    (rule,) = finding.evidence.rules
    assert rule.item.text == "-A DOCKER-USER -i eth0 -p tcp -m tcp --dport 8080 -j DROP"
    assert "--ctorigdstport 8080 --ctdir ORIGINAL" in finding.remediation

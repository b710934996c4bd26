"""--verify-fix: the host that a remediation leads to, worked out on the facts, is the one that really came of it."""

from collections.abc import Callable, Iterator

import pytest
from audit.conftest import RECORDINGS, AuditOf
from sampling import every

from netaudit.attribute import attribute_snapshot
from netaudit.attribute.attribution import AttributedSnapshot, ExposureChange
from netaudit.attribute.exposure.compare import compare_exposures
from netaudit.attribute.exposure.compute import with_exposure
from netaudit.attribute.signatures.signature import Catalog
from netaudit.audit.checks.remedy import Advice
from netaudit.audit.finding import Finding, Verified
from netaudit.audit.remedy.patch import patch, run_nothing
from netaudit.audit.remedy.save_text import SaveText
from netaudit.audit.remedy.verify import Judged, is_opened, verify
from netaudit.model.facts import Facts
from netaudit.model.severity import Severity
from netaudit.packets.host.zones import ZoneChoice
from netaudit.parse import parse_snapshot
from netaudit.report.text.findings.audit import describe_verified
from netaudit.store import load

Show = Callable[[Facts], AttributedSnapshot]

# The remedies that were followed in the lab to the letter: host, finding, subject.
FOLLOWED = (
    ("database-on-every-address", "sensitive-port-published-everywhere", "db 0.0.0.0:5432/tcp"),
    ("loopback-on-engine-26", "loopback-port-open-to-neighbours", "db 127.0.0.1:5432/tcp"),
    ("docker-user-names-host-port", "docker-user-matches-host-port", "rule filter/DOCKER-USER#1"),
    ("icc-off-not-enforced", "icc-off-not-enforced", "network apart"),
    ("ufw-deny-bypassed", "host-firewall-bypassed", "db 0.0.0.0:5432/tcp"),
)
FIRST = {"host-firewall-bypassed": 1}  # of which the second remedy was followed


@pytest.fixture(scope="module")
def show(catalog: Catalog) -> Show:
    def showing(facts: Facts) -> AttributedSnapshot:
        snapshot = parse_snapshot(facts)
        return with_exposure(attribute_snapshot(snapshot, catalog), snapshot, catalog, ZoneChoice())

    return showing


@pytest.fixture(scope="module")
def judge(show: Show, audit_of: AuditOf) -> Callable[[Facts], Judged]:
    return lambda facts: Judged(facts, show(facts), audit_of(facts))


def _finding(audit_of: AuditOf, host: str, check: str, subject: str) -> Finding:
    audit = audit_of(f"bad/{host}/before")
    (finding,) = [one for one in audit.findings if (one.check.id, one.subject) == (check, subject)]
    return finding


@pytest.mark.matrix
@pytest.mark.parametrize(("host", "check", "subject"), FOLLOWED)
def test_what_is_worked_out_is_what_came_of_it(
    host: str, check: str, subject: str, audit_of: AuditOf, show: Show
) -> None:
    before, after = (load(RECORDINGS / "bad" / host / step) for step in ("before", "after"))
    finding = _finding(audit_of, host, check, subject)
    patched = patch(before, finding, finding.advice[FIRST.get(check, 0)], show(before), (show, run_nothing))
    assert patched is not None
    expected, real = show(patched).exposure, show(after).exposure
    assert expected
    assert real
    changes = compare_exposures(expected, real, lambda *_: "").changes
    assert [one for one in changes if host != "ufw-deny-bypassed" or not _is_web(one)] == []


def _is_web(change: ExposureChange) -> bool:
    """On the host with ufw a second finding was followed too: that of `web`."""
    one = change.after or change.before
    return one is not None and one.exposure.destination.container_name == "web"


@pytest.mark.matrix
@pytest.mark.parametrize("host", every(3, ["raw-rules-flushed", "stale-dnat-address-reused", "forward-flushed"]))
def test_every_fix_closes_its_finding(host: str, judge: Callable[[Facts], Judged], show: Show) -> None:
    audit = verify(judge(load(RECORDINGS / "bad" / host / "before")), judge, show, run_nothing)
    verdicts = [(one.check.id, str(advice), verdict) for one in audit.findings for advice, verdict in _pairs(one)]
    verified = [(check, what, verdict) for check, what, verdict in verdicts if verdict]
    assert len(verified) >= 2
    assert [(check, what) for check, what, verdict in verified if not verdict.closes] == []


@pytest.mark.matrix
def test_what_else_a_fix_opens_is_said(judge: Callable[[Facts], Judged], show: Show) -> None:
    audit = verify(judge(load(RECORDINGS / "bad" / "forward-flushed" / "before")), judge, show, run_nothing)
    (finding,) = [one for one in audit.findings if one.subject.endswith("-A FORWARD -j DOCKER-FORWARD")]
    (verdict,) = finding.verified
    assert verdict is not None
    assert {change.after.exposure.destination.container_name for change in verdict.others if change.after} == {"web"}
    assert all(map(is_opened, verdict.others))
    assert "published-port-open-to-world: web 0.0.0.0:8080/tcp" in verdict.opens


@pytest.mark.matrix
def test_a_host_without_findings_has_nothing_to_verify(judge: Callable[[Facts], Judged], show: Show) -> None:
    audit = verify(judge(load(RECORDINGS / "bad" / "nothing-wrong" / "before")), judge, show, run_nothing)
    assert [one.check.id for one in audit.findings if one.severity.rank > Severity.INFO.rank and one.verified] == []


def _pairs(finding: Finding) -> Iterator[tuple[Advice, Verified | None]]:
    return zip(finding.advice, finding.verified, strict=True)


SAVE = """# Generated
*filter
:FORWARD ACCEPT [0:0]
:DOCKER - [0:0]
[1:60] -A FORWARD -j DOCKER
[0:0] -A DOCKER -j RETURN
COMMIT
"""


def test_rules_go_where_iptables_would_put_them() -> None:
    text = SaveText(SAVE)
    text.insert("filter", "-A DOCKER -p tcp -j ACCEPT")
    text.append("filter", "-A FORWARD -j DROP")
    text.append("raw", "-A PREROUTING -j DROP")
    assert text.delete("filter", "-A DOCKER -j RETURN")
    assert not text.delete("nat", "-A FORWARD -j DOCKER")
    assert text.set_policy("filter", "FORWARD", "DROP")
    assert str(text).splitlines() == [
        "# Generated",
        "*filter",
        ":FORWARD DROP [0:0]",
        ":DOCKER - [0:0]",
        "[1:60] -A FORWARD -j DOCKER",
        "-A FORWARD -j DROP",
        "-A DOCKER -p tcp -j ACCEPT",
        "COMMIT",
        "*raw",
        ":PREROUTING ACCEPT [0:0]",
        "-A PREROUTING -j DROP",
        "COMMIT",
    ]


def test_text_that_is_not_edited_stays_as_it_is() -> None:
    assert str(SaveText(SAVE)) == SAVE


@pytest.mark.matrix
def test_what_was_not_computed_is_not_called_unchanged(audit_of: AuditOf, catalog: Catalog) -> None:
    facts = load(RECORDINGS / "bad" / "database-on-every-address" / "before")

    def blind(facts: Facts) -> Judged:
        return Judged(facts, attribute_snapshot(parse_snapshot(facts), catalog), audit_of(facts))

    audit = verify(blind(facts), blind, lambda facts: blind(facts).shown, run_nothing)
    said = [describe_verified(verdict) for one in audit.findings for verdict in one.verified if verdict]
    assert said
    assert all("what it does to exposure was not computed" in one for one in said)


@pytest.mark.matrix
def test_a_port_that_a_routed_network_does_not_use_is_left_alone(judge: Callable[[Facts], Judged], show: Show) -> None:
    """Engine 29 says of one that its HostPort is empty."""
    audit = verify(judge(load(RECORDINGS / "29.7.2-nftables/routed-second-network/04")), judge, show, run_nothing)
    found = [one for one in audit.findings if one.check.id == "published-port-open-to-world"]
    assert {verdict.closes for one in found for _, verdict in _pairs(one) if verdict} == {True}

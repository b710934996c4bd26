"""Laws of missing evidence: with a source less, no finding vanishes in silence, and nothing is called unchanged."""

import msgspec
import pytest
from audit.conftest import RECORDINGS, AuditOf
from sampling import SWEEP, WHOLE, sampled, thinned

import netaudit
from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.finding import Audit
from netaudit.audit.gate import failing, unanswered
from netaudit.model.facts import RULE_SOURCES, Facts, Gap, GapReason, Source
from netaudit.model.severity import FindingConfidence, Severity
from netaudit.report.page.render import render_diff_markdown
from netaudit.report.terminal.rules import render_diff
from netaudit.report.terminal.style import Style


def _sources(host: str) -> list[str]:
    """List the files of a recording, each of which may be gone."""
    return sorted(netaudit.load(RECORDINGS / host).files)


def _last_steps() -> list[str]:
    """List the last step of each scenario of each engine: `make test SWEEP=50` asks about them too."""
    scenarios = sorted({truth.parent for truth in RECORDINGS.glob("*/*/truth.json")})
    return [str(max(one.glob("[0-9]*")).relative_to(RECORDINGS)) for one in scenarios]


_HIDING = {  # of hosts on which something is found, or nothing, only where this was read
    "20.10.24-iptables-legacy/default-one-port/02": Source.IPTABLES_LEGACY,
    "20.10.24-iptables-nft/swarm-encrypted/03": Source.IPTABLES_NFT,
    "20.10.24-iptables-nft/iptables-off-later/06": Source.DOCKERD_ARGV,
    "26.1.5-iptables-nft/macvlan-on-the-lan/02": Source.DOCKER_NETWORKS,
    "28.5.2-iptables-nft/downgrade-to-26/04": Source.DOCKERD_ARGV,
    "29.0.0-iptables-nft/default-one-port/02": Source.DOCKER_CONTAINERS,
}
HOSTS = (
    *(_HIDING if SWEEP < WHOLE else ()),
    *(f"bad/{path.name}/before" for path in sorted((RECORDINGS / "bad").iterdir())),
    *(_last_steps() if SWEEP >= WHOLE else ()),
)
_OF_PACKETS = [
    *(Source.IP_ADDR, Source.IP_ROUTE, Source.SOCKETS, Source.DOCKER_CONTAINERS, Source.DOCKER_NETWORKS),
    *(Source.IPTABLES_NFT, Source.NFT_RULESET),
]
_ALL = [(host, source) for host in HOSTS for source in _sources(host)]
CASES = sampled(
    _ALL,
    stay=[
        ("bad/everything-flushed/before", Source.IPTABLES_NFT),
        ("bad/database-on-every-address/before", Source.IP_ADDR),
        ("bad/route-hidden/before", Source.IP_ROUTE),
        ("bad/operators-order/before", Source.IPTABLES_LEGACY),
        ("bad/output-closed/before", Source.DOCKER_NETWORKS),
        ("bad/waivers-in-labels/before", Source.DOCKER_NETWORKS),
        *_HIDING.items(),
    ],
    of_matrix=40,
)
DIFFERENT = "bad/database-on-every-address/before"


def without(facts: Facts, source: str) -> Facts:
    """Return the facts of the same host, of which one source said nothing."""
    files = {name: data for name, data in facts.files.items() if name != source}
    return msgspec.structs.replace(facts, files=files, gaps=(*facts.gaps, Gap(source, GapReason.CRASHED)))


def _certain(audit: Audit) -> set[tuple[str, str]]:
    return {(one.check.id, one.subject) for one in audit.findings if not one.doubts}


def _spoken_of(audit: Audit) -> set[str]:
    """Name the checks of which an audit says anything: found, in doubt, undecided or not put.

    What a recording lacks is said by one of the checks about it, whichever it is.
    """
    found = {one.check.id for one in audit.findings} | {one.check.id for one in audit.undecided}
    lacking = [one for one in audit.findings if one.subject_kind is CheckedKind.RECORDING]
    found |= {one.id for one in audit.checks if one.subject is CheckedKind.RECORDING} if lacking else set()
    return found | {check.id for one in audit.not_put for check in one.checks}


@pytest.mark.parametrize(("host", "source"), CASES)
def test_no_check_that_found_something_falls_silent(host: str, source: str, audit_of: AuditOf) -> None:
    less = audit_of(without(netaudit.load(RECORDINGS / host), source))
    silent = {check for check, _ in _certain(audit_of(host))} - _spoken_of(less)
    assert silent == set()


@pytest.mark.parametrize(("host", "source"), CASES)
def test_less_evidence_proves_nothing_new(host: str, source: str, audit_of: AuditOf) -> None:
    less = audit_of(without(netaudit.load(RECORDINGS / host), source))
    about = {one.check.id for one in less.findings if one.subject_kind is CheckedKind.RECORDING}
    new = {pair for pair in _certain(less) - _certain(audit_of(host)) if pair[0] not in about}
    assert new == set()


@pytest.mark.matrix
@pytest.mark.parametrize(("host", "source"), thinned(40, _ALL))
@pytest.mark.parametrize("bar", [Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL])
def test_a_gate_never_passes_with_less_evidence_unless_it_says_what_is_missing(
    host: str, source: str, bar: Severity, audit_of: AuditOf
) -> None:
    less = audit_of(without(netaudit.load(RECORDINGS / host), source))
    assert less.unsure or less.head.gaps
    if failing(audit_of(host), bar, FindingConfidence.LOW):
        assert failing(less, bar, FindingConfidence.LOW) or unanswered(less, bar, FindingConfidence.LOW)


@pytest.mark.matrix
@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize(
    "source", [Source.IP_ADDR, Source.DOCKER_CONTAINERS, Source.NFT_RULESET] if SWEEP < WHOLE else _OF_PACKETS
)
def test_a_diff_never_says_that_nothing_changed_where_a_gap_could_hide_it(side: str, source: Source) -> None:
    facts = netaudit.load(RECORDINGS / DIFFERENT)
    sides = {"before": facts, "after": facts, side: without(facts, source)}
    if not any(one in sides[side].files for one in RULE_SOURCES):
        pytest.fail("the recording has rules in one source alone")
    diff = netaudit.compare(sides["before"], sides["after"], netaudit.ComputeExposure.ALWAYS)
    for page in (render_diff(diff, Style()), render_diff_markdown(diff)):
        assert "did not change" not in page

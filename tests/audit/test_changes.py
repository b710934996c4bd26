"""What changed since an earlier recording: drift is found, and a clean step has none."""

import pytest
from audit.conftest import AuditOf
from msgspec.structs import replace
from programs import RECORDINGS

import netaudit
from netaudit.model.facts import Source
from netaudit.model.netfilter.ruleset import ObjectKind
from netaudit.model.observation import Action, Commit, ObjectEvent, Observation
from netaudit.store import load

DRIFT = {"exposure-wider-than-before", "new-rule-of-nobody", "docker-rule-edited", "policy-relaxed"}
SCENARIOS = "28.5.2-iptables-nft"


def _drift(audit_of: AuditOf, after: str, before: str) -> set[tuple[str, str]]:
    return {(one.check.id, one.subject) for one in audit_of(after, since=before).open if one.check.id in DRIFT}


@pytest.mark.matrix
@pytest.mark.parametrize(
    ("after", "before", "found"),
    [
        (
            f"{SCENARIOS}/default-one-port/01",
            f"{SCENARIOS}/default-one-port/00",
            {
                ("exposure-wider-than-before", f"{zone} → web {host}:8080 → 80/tcp")
                for zone in ("Internet", "LAN neighbour on eth0")
                for host in ("0.0.0.0", "[::]")
            },
        ),
        (
            "bad/rules-in-dockers-chains/before",
            "bad/rules-in-dockers-chains/after",
            {("new-rule-of-nobody", "added rule filter/DOCKER#1")},
        ),
        (
            "bad/edited-in-place/before",
            "bad/edited-in-place/after",
            {
                ("policy-relaxed", "altered policy filter/FORWARD"),
                ("docker-rule-edited", "altered rule filter/DOCKER#2"),
            },
        ),
        (f"{SCENARIOS}/loopback-port/01", f"{SCENARIOS}/loopback-port/00", set()),
        (f"{SCENARIOS}/default-one-port/02", f"{SCENARIOS}/default-one-port/01", set()),
    ],
)
def test_what_drifted_is_found(after: str, before: str, found: set[tuple[str, str]], audit_of: AuditOf) -> None:
    assert _drift(audit_of, after, before) == found


def test_without_an_earlier_recording_nothing_is_said_of_changes(audit_of: AuditOf) -> None:
    assert not DRIFT & {one.check.id for one in audit_of(f"{SCENARIOS}/default-one-port/01").findings}


def test_a_rule_whose_writer_was_seen_has_a_known_writer() -> None:
    before = load(RECORDINGS / SCENARIOS / "default-one-port" / "01")
    text = before.files[Source.IPTABLES_NFT].decode()
    rule = "-A FORWARD -s 203.0.113.10/32 -j DROP"
    dropping = text.replace("[0:0] -A FORWARD -j DOCKER-FORWARD", f"[0:0] {rule}\n[0:0] -A FORWARD -j DOCKER-FORWARD")
    after = replace(before, files={**before.files, Source.IPTABLES_NFT: dropping.encode()})
    made = ObjectEvent(Action.MADE, ObjectKind.RULE, ("ip", "filter", "FORWARD"))
    seen = Observation(commits=(Commit(1, 28492, "iptables", (made,)),))

    def new(observed: Observation | None) -> set[str]:
        judged = netaudit.judge_changes(before, after, observed=observed)
        return {one.check.id for one in judged.findings.new} & DRIFT

    assert new(None) == new(Observation(blind="not root")) == {"new-rule-of-nobody"}
    assert new(seen) == set()

"""Docker does not answer: its inventory is not known, which is not the same as empty."""

import json
from functools import cache
from pathlib import Path

import msgspec
import pytest
from sampling import sampled

import netaudit
from netaudit.attribute.attribution import AttributedDiff, Standing
from netaudit.attribute.reason import AttributionReasonKind
from netaudit.model.exposure import Delivery, Outcome
from netaudit.model.facts import INVENTORY_SOURCES, Facts, Gap, GapReason, Source

RECORDINGS = Path(__file__).parents[1] / "recordings"
KILLED = "28.5.2-iptables-nft/daemon-killed-live"
SCENARIOS = sampled(
    [
        (KILLED, "03", "04"),
        ("28.5.2-iptables-nft/daemon-killed", "03", "04"),
        ("26.1.5-iptables-nft/daemon-killed-live", "03", "04"),
        ("20.10.24-iptables-nft/daemon-killed-live", "03", "04"),
    ],
    stay=[(KILLED, "03", "04")],
)


@cache
def _facts(scenario: str, step: str) -> Facts:
    return netaudit.load(RECORDINGS / scenario / step)


@cache
def _diff(scenario: str, before: str, after: str) -> AttributedDiff:
    return netaudit.compare(_facts(scenario, before), _facts(scenario, after))


def unanswered(facts: Facts, sources: tuple[Source, ...] = INVENTORY_SOURCES) -> Facts:
    """Return the facts of the same host while Docker does not answer."""
    files = {name: data for name, data in facts.files.items() if name not in sources}
    gaps = tuple(Gap(source, GapReason.CRASHED) for source in sources if source in facts.files)
    return msgspec.structs.replace(facts, files=files, gaps=(*facts.gaps, *gaps))


def _opened(diff: AttributedDiff) -> list[str]:
    assert diff.exposure is not None
    return [
        f"{one.after.exposure.zone} {one.after.exposure.destination.address} {one.after.exposure.destination.ports}"
        for one in diff.exposure
        if one.after and one.after.exposure.outcome is not Outcome.BLOCKED
    ]


@pytest.mark.parametrize(("scenario", "before", "after"), SCENARIOS)
def test_no_rule_is_stale_while_docker_does_not_answer(scenario: str, before: str, after: str) -> None:
    diff = _diff(scenario, before, after)
    assert diff.defects == ()
    assert diff.missing == ()


@pytest.mark.parametrize(("scenario", "before", "after"), SCENARIOS)
def test_nothing_is_newly_open_while_docker_does_not_answer(scenario: str, before: str, after: str) -> None:
    assert _opened(_diff(scenario, before, after)) == []


@pytest.mark.parametrize(("scenario", "before", "after"), SCENARIOS)
def test_when_docker_answers_again_nothing_opened_but_what_its_proxy_takes(
    scenario: str, before: str, after: str
) -> None:
    changes = netaudit.compare(_facts(scenario, after), _facts(scenario, before)).exposure
    assert changes is not None
    opened = [one for one in changes if one.after and one.after.exposure.outcome is not Outcome.BLOCKED]
    assert {one.after.exposure.way for one in opened if one.after} <= {Delivery.PROXY}
    assert {one.because for one in opened} <= {"`docker-proxy` listens there now"}


def test_a_daemon_that_does_not_answer_on_either_side_changes_nothing() -> None:
    facts = unanswered(_facts("28.5.2-iptables-nft/default-one-port", "01"))
    diff = netaudit.compare(facts, facts)
    assert (diff.exposure, diff.defects, diff.changes) == ((), (), ())


def test_a_container_is_not_called_removed_where_it_could_not_be_looked_for() -> None:
    whole = _facts("28.5.2-iptables-nft/default-one-port", "01")
    for before, after in ((whole, unanswered(whole)), (unanswered(whole), whole)):
        changes = netaudit.compare(before, after).exposure
        assert changes is not None
        assert [one.because for one in changes if "web" in one.because] == []


@pytest.mark.parametrize("gaps", [(Gap(Source.DOCKER_CONTAINERS, GapReason.PARTIAL),), ()])
def test_a_list_of_containers_that_is_not_whole_proves_no_rule_stale(gaps: tuple[Gap, ...]) -> None:
    """It says so itself, or `docker info` counts more than none."""
    whole = _facts("28.5.2-iptables-nft/default-one-port", "01")
    empty = msgspec.structs.replace(
        whole, files={**whole.files, Source.DOCKER_CONTAINERS: b"[]"}, gaps=(*whole.gaps, *gaps)
    )
    for before, after in ((whole, empty), (empty, whole)):
        diff = netaudit.compare(before, after)
        assert diff.defects == ()
        assert diff.exposure == ()
    assert [gap.reason for gap in netaudit.show(empty).head.gaps if gap.source == Source.DOCKER_CONTAINERS] == [
        "partial"
    ]


def test_a_list_of_fewer_containers_than_docker_info_counts_is_not_whole() -> None:
    """Nobody knows whether the others are there: nothing is called removed, newly open or stale."""
    whole = _facts("28.5.2-iptables-nft/same-port-two-containers", "02")
    containers = json.loads(whole.files[Source.DOCKER_CONTAINERS])
    assert len(containers) > 1
    files = {**whole.files, Source.DOCKER_CONTAINERS: json.dumps(containers[:-1]).encode()}
    shorter = msgspec.structs.replace(whole, files=files)
    for before, after in ((whole, shorter), (shorter, whole)):
        diff = netaudit.compare(before, after)
        assert diff.defects == ()
        assert diff.exposure == ()
    listed, counted = len(containers) - 1, len(containers)
    said = [gap.detail for gap in netaudit.show(shorter).head.gaps if gap.source == Source.DOCKER_CONTAINERS]
    verb = "is" if listed == 1 else "are"
    assert [one.partition(":")[0] for one in said] == [f"{listed} {verb} listed, and docker info counts {counted}"]


def test_a_list_of_more_containers_than_docker_info_counted_is_whole() -> None:
    """They were started after the engine had counted."""
    whole = _facts("28.5.2-iptables-nft/default-one-port", "01")
    info = {**json.loads(whole.files[Source.DOCKER_INFO]), "Containers": 0}
    facts = msgspec.structs.replace(whole, files={**whole.files, Source.DOCKER_INFO: json.dumps(info).encode()})
    assert not any(gap.source == Source.DOCKER_CONTAINERS for gap in netaudit.show(facts).head.gaps)


def test_a_rule_keeps_the_cause_that_it_had_before_docker_fell_silent() -> None:
    whole = _facts("28.5.2-iptables-nft/default-one-port", "01")
    empty = msgspec.structs.replace(whole, files={**whole.files, Source.IPTABLES_NFT: b""})
    diff = netaudit.compare(empty, unanswered(whole), netaudit.ComputeExposure.NEVER)
    port = next(one for one in diff.changes if "--to-destination" in one.change.item.text)
    assert [str(cause) for cause in port.attribution.causes] == ["web 0.0.0.0:8080 → 80/tcp on network bridge"]
    assert port.attribution.standing is Standing.FOREIGN
    assert port.attribution.reason
    assert port.attribution.reason.kind is AttributionReasonKind.INVENTORY_UNKNOWN

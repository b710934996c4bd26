"""Rootless engines, recorded in the lab: rules are proved where they are, ports are the host's listeners."""

from functools import cache
from pathlib import Path

import pytest

import netaudit
from netaudit.api.rules import shipped_catalog
from netaudit.attribute import AttributedSnapshot, Confidence, attribute_snapshot
from netaudit.attribute.explain.explanation import ContainerExplained, explain
from netaudit.model.exposure import Delivery, Outcome, ZoneKind
from netaudit.model.facts import Source
from netaudit.model.netfilter.ruleset import ObjectKind
from netaudit.model.snapshot import Snapshot
from netaudit.packets.exposure.table import expose
from netaudit.parse import parse_snapshot
from netaudit.store import load

RECORDINGS = Path(__file__).parents[1] / "recordings"
DRIVERS = ("iptables", "nftables")
RELEASES = ("5.4.2", "5.8.6")


@cache
def _snapshot(driver: str, step: str, release: str = "5.4.2") -> Snapshot:
    return parse_snapshot(load(RECORDINGS / f"podman-{release}-rootless" / driver / step))


def _attributed(snapshot: Snapshot) -> AttributedSnapshot:
    return attribute_snapshot(snapshot, shipped_catalog())


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("driver", DRIVERS)
def test_every_rule_in_the_namespace_of_a_rootless_podman_is_proved_by_its_own_inventory(
    driver: str, release: str
) -> None:
    attributed = _attributed(_snapshot(driver, "02", release))
    inside = next(one for one in attributed.inside if one.container.id == "rootless-podman-1000")
    rules = [one.attribution for one in inside.items if one.item.object is ObjectKind.RULE]
    assert len(rules) >= 15
    assert {(one.maker, one.confidence) for one in rules} == {("podman", Confidence.PROVED)}
    assert inside.container.name == "rootless Podman of user 1000"
    assert attributed.missing == ()


def test_without_the_users_api_a_gap_names_the_engine_and_what_records_it() -> None:
    said = [gap.detail for gap in _snapshot("nftables", "01").gaps if gap.source == Source.INSIDE]
    assert len(said) == 1
    assert said[0].startswith("Podman of user 1000 runs rootless (pasta.avx2, slirp4netns): its containers and rules")
    assert not [gap for gap in _snapshot("nftables", "02").gaps if gap.source == Source.INSIDE]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("driver", DRIVERS)
def test_the_hosts_input_rules_decide_who_reaches_a_published_port(driver: str, release: str) -> None:
    def from_internet(step: str) -> dict[tuple[str, str], tuple[Outcome, Delivery]]:
        snapshot = _snapshot(driver, step, release)
        return {
            (one.destination.container_name, one.destination.family): (one.outcome, one.way)
            for one in expose(snapshot, snapshot.program, wanted=lambda to: to.binding is not None)
            if one.zone.kind is ZoneKind.INTERNET and one.destination.protocol == "tcp"
        }

    before, after = from_internet("02"), from_internet("03")
    opened = (Outcome.ALLOWED, Delivery.ROOTLESS)
    everywhere = {(name, family) for name in ("web", "app", "forwarded") for family in ("ip", "ip6")}
    assert {place for place, said in before.items() if said == opened} == {*everywhere, ("slirp", "ip")}
    assert before["slirp", "ip6"][0] is Outcome.BLOCKED  # slirp4netns listens on IPv4 alone
    assert {place for place in before if after[place] != before[place]} == {("app", "ip")}
    assert after["app", "ip"][0] is Outcome.BLOCKED


def test_explain_shows_a_containers_rules_in_its_engines_namespace_and_none_of_dockers_reasons() -> None:
    (explained,) = explain("app", _snapshot("nftables", "02"), shipped_catalog())
    assert isinstance(explained, ContainerExplained)
    assert any("dnat ip to 10.89.0.2:80" in one.item.text for one in explained.inside)
    assert [str(one.kind) for one in explained.no_rules] == ["rootless"]


def test_a_page_names_the_namespace() -> None:
    recorded = netaudit.load(RECORDINGS / "podman-5.4.2-rootless" / "nftables" / "02")
    shown = netaudit.render(netaudit.show(recorded))
    assert "inside rootless Podman of user 1000" in shown


def test_a_rootless_docker_is_read_with_its_namespace_and_what_rootlesskit_takes_may_arrive() -> None:
    snapshot = parse_snapshot(load(RECORDINGS / "docker-rootless" / "26.1.5" / "01"))
    attributed = _attributed(snapshot)
    inside = next(one for one in attributed.inside if one.container.id == "rootless-docker-1000")
    rules = [one.attribution for one in inside.items if one.item.object is ObjectKind.RULE]
    assert {(one.maker, one.confidence) for one in rules} == {("docker", Confidence.PROVED)}
    assert attributed.missing == ()
    table = expose(snapshot, snapshot.program, wanted=lambda to: to.binding is not None)
    assert {(one.outcome, one.way) for one in table} == {(Outcome.MAY, Delivery.ROOTLESS)}

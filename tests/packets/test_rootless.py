"""Rootless engines, recorded in the lab: rules are proved where they are, ports are the host's listeners."""

import json
from functools import cache
from pathlib import Path

import msgspec
import pytest

import netaudit
from netaudit.api.rules import shipped_catalog
from netaudit.attribute import AttributedSnapshot, Confidence, attribute_snapshot
from netaudit.attribute.explain.explanation import ContainerExplained, explain
from netaudit.model.exposure import Delivery, Outcome, ZoneKind
from netaudit.model.facts import Gap, GapReason, Source
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


DOCKER = RECORDINGS / "docker-rootless" / "26.1.5" / "01"


def test_a_rootless_docker_is_read_with_its_namespace() -> None:
    attributed = _attributed(parse_snapshot(load(DOCKER)))
    inside = next(one for one in attributed.inside if one.container.id == "rootless-docker-1000")
    rules = [one.attribution for one in inside.items if one.item.object is ObjectKind.RULE]
    assert {(one.maker, one.confidence) for one in rules} == {("docker", Confidence.PROVED)}
    assert attributed.missing == ()


def _published(files: dict[str, bytes], gaps: tuple[Gap, ...] = ()) -> set[tuple[str, Outcome, str]]:
    """Return who reaches the published port, with the recording's files changed, and the rule that decides."""
    facts = load(DOCKER)
    snapshot = parse_snapshot(msgspec.structs.replace(facts, files={**facts.files, **files}, gaps=(*facts.gaps, *gaps)))
    rows = expose(snapshot, snapshot.program, wanted=lambda to: to.binding is not None)
    return {(str(one.zone.kind), one.outcome, one.rule.text if one.rule else "") for one in rows}


ZONES = ("internet", "lan", "host")


def _inside(old: str, new: str) -> dict[str, bytes]:
    places = json.loads(load(DOCKER).files[Source.INSIDE])
    own = places["rootless-docker-1000"]
    assert old in own["iptables-save.txt"]
    own["iptables-save.txt"] = own["iptables-save.txt"].replace(old, new)
    return {Source.INSIDE: json.dumps(places).encode()}


def test_who_reaches_rootlesskit_reaches_the_container_as_its_namespaces_rules_let_it() -> None:
    assert _published({}) == {(zone, Outcome.ALLOWED, "") for zone in ZONES}


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (":OUTPUT ACCEPT [0:0]\n:DOCKER -", ":OUTPUT DROP [0:0]\n:DOCKER -", ":OUTPUT DROP"),
        (
            "[0:0] -A FORWARD -j DOCKER-USER\n",
            "[0:0] -A FORWARD -j DOCKER-USER\n[0:0] -A OUTPUT -d 172.17.0.2/32 -j DROP\n",
            "-A OUTPUT -d 172.17.0.2/32 -j DROP",
        ),
    ],
)
def test_what_the_namespace_drops_is_blocked_by_its_rule(old: str, new: str, rule: str) -> None:
    assert _published(_inside(old, new)) == {(zone, Outcome.BLOCKED, rule) for zone in ZONES}


def _port_driver(details: dict[str, str], *others: str) -> dict[str, bytes]:
    components = [{"Name": "rootlesskit", "Details": details}, *({"Name": name} for name in others)]
    return {Source.DOCKER_VERSION: json.dumps({"Server": {"Version": "26.1.5", "Components": components}}).encode()}


@pytest.mark.parametrize(
    ("files", "outcome"),
    [
        (_port_driver({"PortDriver": "builtin"}), Outcome.ALLOWED),
        (_port_driver({"PortDriver": "gvisor-tap-vsock"}), Outcome.MAY),
        (_port_driver({}), Outcome.MAY),
        (_port_driver({}, "slirp4netns"), Outcome.ALLOWED),  # then rootlesskit takes ports by its own driver
        ({Source.INSIDE: b"{}"}, Outcome.MAY),
    ],
)
def test_what_is_not_known_of_the_way_into_the_namespace_leaves_it_open(
    files: dict[str, bytes], outcome: Outcome
) -> None:
    unread = Gap(Source.INSIDE, GapReason.PARTIAL, "not read")
    assert {said for _, said, _ in _published(files, (unread,))} == {outcome}

"""Every rule that netavark wrote in the lab is proved, in a steady state none is missing or stale; lost ones are."""

from collections import Counter
from functools import cache
from pathlib import Path

import msgspec
import pytest
from sampling import every

from netaudit.api.rules import shipped_catalog
from netaudit.attribute import AttributedSnapshot, Confidence, Standing, attribute_snapshot
from netaudit.attribute.signatures.signature import Catalog
from netaudit.model.facts import Facts, Source
from netaudit.model.netfilter.ruleset import ObjectKind
from netaudit.parse import parse_snapshot
from netaudit.store import load

RECORDINGS = Path(__file__).parents[1] / "recordings"
STEPS = sorted(path.parent for path in RECORDINGS.glob("podman-*tables/*/*/recording.json"))
# What was done there is no steady state: rules were flushed, or netavark itself deleted one that is still needed.
LOST = {
    *(f"podman-{version}-{driver}/flushed/02" for version in ("5.4.2", "5.8.6") for driver in ("iptables", "nftables")),
    *(f"podman-{version}-iptables/reload/02" for version in ("5.4.2", "5.8.6")),
    "podman-5.4.2-iptables/isolated-one-of-two-ends/05",
}
DRIVERS = ("podman-5.4.2-iptables", "podman-5.4.2-nftables")


@cache
def catalog() -> Catalog:
    return shipped_catalog()


def _name(step: Path) -> str:
    return str(step.relative_to(RECORDINGS))


def _attributed(facts: Facts) -> AttributedSnapshot:
    return attribute_snapshot(parse_snapshot(facts), catalog())


def _missing(attributed: AttributedSnapshot) -> list[str]:
    return [one.item.text for one in attributed.missing]


def test_both_drivers_went_through_all_scenarios() -> None:
    scenarios = {driver: {step.parent.name for step in STEPS if step.parts[-3] == driver} for driver in DRIVERS}
    assert scenarios[DRIVERS[0]] == scenarios[DRIVERS[1]]
    assert len(scenarios[DRIVERS[0]]) >= 20


@pytest.mark.parametrize("step", every(8, STEPS), ids=_name)
def test_every_rule_of_podmans_is_proved_and_in_a_steady_state_none_is_missing_or_stale(step: Path) -> None:
    attributed = _attributed(load(step))
    rules = [one.attribution for one in attributed.items if one.item.object is ObjectKind.RULE]
    others = [one for one in rules if one.maker != "podman"]
    assert {one.maker for one in others} <= {"docker", "firewalld"}
    certain = Counter((one.confidence, one.standing) for one in rules if one.maker == "podman")
    kept = {(Confidence.LIKELY, Standing.EXPECTED), (Confidence.PROVED, Standing.EXPECTED)}
    assert set(certain) <= kept
    assert (attributed.missing == ()) is (_name(step) not in LOST)


@pytest.mark.parametrize("driver", DRIVERS)
def test_what_was_flushed_is_missing_and_names_the_port_that_nobody_reaches(driver: str) -> None:
    lost = _attributed(load(RECORDINGS / driver / "flushed" / "02")).missing
    assert {one.attribution.maker for one in lost} == {"podman"}
    assert any("web 0.0.0.0:8080 → 80/tcp on network podman" in map(str, one.attribution.causes) for one in lost)


def test_netavark_itself_loses_the_isolation_of_a_network_when_another_isolated_one_ends() -> None:
    lost = _missing(_attributed(load(RECORDINGS / DRIVERS[0] / "isolated-one-of-two-ends" / "05")))
    assert lost == ["-A FORWARD -j NETAVARK_ISOLATION_1"]


@pytest.mark.parametrize("driver", DRIVERS)
def test_rules_of_a_container_that_is_gone_are_stale_and_name_it_by_the_recording_before(driver: str) -> None:
    facts = load(RECORDINGS / driver / "one-port" / "01")
    empty = {str(source): b"[]" for source in (Source.PODMAN_CONTAINERS, Source.PODMAN_PS)}
    attributed = _attributed(msgspec.structs.replace(facts, files={**facts.files, **empty}))
    stale = [one for one in attributed.items if one.attribution.standing is Standing.STALE]
    assert any("8080" in one.item.text for one in stale)
    assert {one.attribution.maker for one in stale} == {"podman"}
    assert attributed.missing == ()


@pytest.mark.parametrize("driver", DRIVERS)
def test_without_podmans_inventory_its_rules_are_podmans_and_nothing_is_missing(driver: str) -> None:
    facts = load(RECORDINGS / driver / "one-port" / "01")
    kept = {name: data for name, data in facts.files.items() if not name.startswith("podman-")}
    attributed = _attributed(msgspec.structs.replace(facts, files=kept))
    rules = [one.attribution for one in attributed.items if one.item.object is ObjectKind.RULE]
    assert {(one.maker, one.confidence) for one in rules} == {("podman", Confidence.LIKELY)}
    assert attributed.missing == ()


@pytest.mark.parametrize("driver", DRIVERS)
def test_docker_and_podman_on_one_host_are_each_proved(driver: str) -> None:
    attributed = _attributed(load(RECORDINGS / driver / "docker-beside" / "03"))
    rules = [one.attribution for one in attributed.items if one.item.object is ObjectKind.RULE]
    assert {one.maker for one in rules} == {"docker", "podman"}
    assert {one.confidence for one in rules} == {Confidence.PROVED}
    assert attributed.missing == ()

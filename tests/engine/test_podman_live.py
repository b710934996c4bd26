"""Podman, rootful and a user's own, against real packets: each cell of the exposure table says what they saw."""

from pathlib import Path

import pytest
from lab.host import LabHost
from lab.image import SERVE
from lab.podman_all import run
from lab.podman_scenarios import SCENARIOS
from lab.rootless import DOCKER_SOCKET, RootlessDocker
from lab.rootless_all import look_around

import netaudit
from netaudit.attribute import Confidence
from netaudit.model.netfilter.ruleset import ObjectKind

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("podman")]
_API = ("--docker-host", f"unix://{DOCKER_SOCKET}")
CASES = [
    ("ipv6", "5.8.6", "nftables"),
    ("pod", "5.4.2", "iptables"),
]


@pytest.mark.parametrize(("name", "version", "driver"), CASES)
def test_the_exposure_of_podmans_containers_is_what_packets_see(
    name: str, version: str, driver: str, tmp_path: Path
) -> None:
    scenario = next(one for one in SCENARIOS if one.name == name)
    looks = [found for _, found in run(scenario, version, driver, tmp_path / "steps", probe=True)]
    assert all(looks)
    assert [str(one) for found in looks if found for one in found.disagreements] == []
    assert sum(len(found.predicted) for found in looks if found) > 50


def test_what_reaches_a_users_rootless_containers_is_what_packets_see(tmp_path: Path) -> None:
    looks = [found for _, found in look_around("5.4.2", "nftables", tmp_path)]
    assert [str(one) for found in looks for one in found.disagreements] == []
    assert [len(found.predicted) for found in looks] == [62, 62]


def test_a_users_rootless_docker_is_found_recorded_and_its_rules_are_proved(tmp_path: Path) -> None:
    with LabHost(uplink=True) as host, RootlessDocker(host) as docker:
        docker.docker("run", "-d", "--name", "web", "-p", "8080:80", *SERVE)
        said = host.python("-m", "netaudit", "doctor").stdout
        host.python("-m", "netaudit", "record", "--inside", *_API, "-o", str(tmp_path / "host"))
    assert "Docker of user 1000 runs rootless (rootlesskit, slirp4netns)" in " ".join(said.split())
    shown = netaudit.show(netaudit.load(tmp_path / "host"))
    inside = next(one for one in shown.inside if one.container.id == "rootless-docker-1000")
    rules = [one.attribution for one in inside.items if one.item.object is ObjectKind.RULE]
    assert {(one.maker, one.confidence) for one in rules} == {("docker", Confidence.PROVED)}
    assert any("web 0.0.0.0:8080 → 80/tcp on network bridge" in map(str, one.causes) for one in rules)

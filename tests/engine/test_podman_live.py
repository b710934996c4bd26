"""Podman, rootful and a user's own, against real packets: each cell of the exposure table says what they saw."""

from pathlib import Path

import pytest
from lab.podman_all import run
from lab.podman_scenarios import SCENARIOS
from lab.rootless_all import look_around

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("podman")]
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

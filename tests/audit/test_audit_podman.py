"""An audit of a host with Podman alone: its words and remedies are Podman's, what was flushed is found."""

from functools import cache
from pathlib import Path

import pytest

import netaudit
from netaudit.report.text.words import describe_head

RECORDINGS = Path(__file__).parents[1] / "recordings"
DRIVERS = ("iptables", "nftables")
# What only Docker has.
DOCKERS = ("docker run", "docker network", "DOCKER-USER", "systemctl restart docker", "daemon.json", "engine 2")


@cache
def _auditor() -> netaudit.Auditor:
    return netaudit.load_auditor()


def _findings(step: str) -> list[netaudit.Finding]:
    return list(_auditor().audit(netaudit.load(RECORDINGS / step)).findings)


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("step", ["range/01", "isolate/05", "host-network/01", "flushed/02"])
def test_no_remedy_of_a_host_with_podman_alone_is_dockers(driver: str, step: str) -> None:
    found = _findings(f"podman-5.4.2-{driver}/{step}")
    assert found
    said = {str(advice) for one in found for advice in one.advice}
    assert [one for one in said if any(word in one for word in DOCKERS)] == []


@pytest.mark.parametrize("driver", DRIVERS)
def test_flushed_rules_are_written_again_by_a_reload_of_podmans_networks(driver: str) -> None:
    missing = [one for one in _findings(f"podman-5.4.2-{driver}/flushed/02") if one.check.id == "podman-rule-missing"]
    assert missing
    assert {advice.line for one in missing for advice in one.advice} == {"podman network reload --all"}


def test_isolation_that_netavark_itself_deleted_is_a_finding() -> None:
    found = {one.check.id for one in _findings("podman-5.4.2-iptables/isolated-one-of-two-ends/05")}
    assert {"podman-rule-missing", "network-isolation-missing"} <= found


def test_a_recording_is_headed_by_the_engines_that_it_knows() -> None:
    shown = _auditor().audit(netaudit.load(RECORDINGS / "podman-5.4.2-nftables" / "docker-beside" / "03"))
    assert describe_head(shown.head).endswith("Docker 20.10.24+dfsg1, Podman 5.4.2")

"""`explain` answers for whatever a reader has in hand: a check, a writer, an address, a port."""

from pathlib import Path

import pytest
from programs import run_inside

BAD = Path(__file__).parents[1] / "recordings" / "bad"
DATABASE = BAD / "database-on-every-address" / "before"
UFW = BAD / "ufw-deny-bypassed" / "before"


def _said(*arguments: str | Path) -> str:
    done = run_inside("explain", *arguments)
    assert done.returncode == 0, done.stderr
    return " ".join(done.stdout.split())


def test_a_check_shows_what_it_found_on_the_host_before_what_it_is() -> None:
    said = _said("sensitive-port-reachable", DATABASE)
    assert said.index("6d8bbc27") < said.index("check sensitive-port-reachable:")
    assert "6d8bbc27" not in _said("sensitive-port-reachable")


def test_a_check_that_is_an_aspect_of_another_one_is_shown_with_it() -> None:
    said = _said("sensitive-port-published-everywhere", DATABASE)
    assert said.startswith("medium sensitive-port-published-everywhere db")
    assert "an aspect of: critical sensitive-port-reachable" in said


@pytest.mark.parametrize(
    ("check", "why"),
    [
        ("published-port-open-to-world", "found nothing here: it was asked of 2 bindings, and holds for none."),
        ("waiver-unused", "found nothing here: there is no waiver to ask it of."),
    ],
)
def test_a_check_that_found_nothing_says_why(check: str, why: str) -> None:
    assert f"{check} {why}" in _said(check, DATABASE)


@pytest.mark.parametrize("name", ["docker", "ufw", "firewalld", "podman", "kube-proxy", "Tailscale", "netavark", "LXD"])
def test_a_writer_of_rules_is_explained_without_a_host(name: str) -> None:
    assert "A writer of rules:" in _said(name)


def test_a_writer_of_rules_is_counted_on_a_host() -> None:
    said = _said("ufw", UFW)
    assert "rules here that it wrote: 0" not in said
    assert "filter/ufw-before-input: 13 rules" in said
    assert "rules here that it wrote: 0" in _said("ufw", DATABASE)


@pytest.mark.parametrize(
    ("address", "who"),
    [
        ("172.17.0.2", "container db has it, on network bridge (172.17.0.0/16)"),
        ("172.17.0.1", "the gateway of network bridge (172.17.0.0/16)"),
        ("172.17.0.9", "where no container that was seen has it"),
        ("192.0.2.10", "the host itself has it, on interface eth0 (192.0.2.10/24)"),
        ("192.0.2.77", "a neighbour, if anybody has it: 192.0.2.0/24 is behind interface eth0 (zone lan:eth0)"),
        ("203.0.113.7", "nobody has it that was seen"),
        ("::1", "the host itself has it, on interface lo"),
    ],
)
def test_an_address_says_who_has_it(address: str, who: str) -> None:
    assert who in _said(address, DATABASE)


def test_an_address_says_what_reaches_it_and_which_rules_name_it() -> None:
    said = _said("172.17.0.2", DATABASE)
    assert "open to internet, lan:eth0, host, network:bridge ! db 5432/tcp (PostgreSQL) 0.0.0.0:5432" in said
    assert "rules that name it: raw/PREROUTING#1 -A PREROUTING -d 172.17.0.2/32" in said
    assert "rules that name it" not in _said("172.17.0.22", DATABASE)


@pytest.mark.parametrize("port", ["5432", "5432/tcp", "5432/TCP"])
def test_a_port_says_who_publishes_it_who_listens_and_who_gets_there(port: str) -> None:
    said = _said(port, DATABASE)
    assert "the usual port of PostgreSQL" in said
    assert "container db publishes 0.0.0.0:5432 → 5432/tcp" in said
    assert "docker-proxy listens on tcp 0.0.0.0:5432" in said
    assert "open to internet" in said


def test_a_port_of_nobody_says_so() -> None:
    assert "no container publishes it, and no program of the host listens on it" in _said("5432/udp", DATABASE)
    assert run_inside("explain", "70000", DATABASE).returncode == 2


def test_all_rows_are_asked_for_by_the_obvious_word() -> None:
    whole = run_inside("exposure", "--all", DATABASE).stdout
    assert whole == run_inside("exposure", "--verbose", DATABASE).stdout
    assert "blocked" in whole

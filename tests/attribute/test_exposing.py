"""What of the exposure table changed between two real recordings, and because of what."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

import netaudit
from netaudit.attribute.attribution import AttributedDiff, ExposureChange
from netaudit.attribute.exposure import compute
from netaudit.attribute.exposure.causes import publishing
from netaudit.model.docker import PortBinding
from netaudit.model.exposure import Outcome, Zone, ZoneKind
from netaudit.model.facts import Facts, Source

RECORDINGS = Path(__file__).parents[1] / "recordings"
ONE_PORT = RECORDINGS / "20.10.24-iptables-nft" / "default-one-port"
INTERNET = Zone(ZoneKind.INTERNET)


def _facts(step: str, edits: dict[str, Callable[[str], str]] | None = None, scenario: Path = ONE_PORT) -> Facts:
    facts = netaudit.load(scenario / step)
    files = {name: (edits or {}).get(name, str)(data.decode()).encode() for name, data in facts.files.items()}
    return msgspec.structs.replace(facts, files=files)


def _changes(diff: AttributedDiff) -> tuple[ExposureChange, ...]:
    assert diff.exposure is not None, diff.exposure_gap
    return diff.exposure


def _brief(change: ExposureChange) -> str:
    shown = change.after or change.before
    assert shown
    to = shown.exposure.destination
    outcomes = [str(side.exposure.outcome) if side else "nothing" for side in (change.before, change.after)]
    return (
        f"{shown.exposure.zone} {to.container_name} {to.address} {to.ports}: {' → '.join(outcomes)}, {change.because}"
    )


def test_a_container_that_publishes_a_port_opens_it_to_the_internet() -> None:
    diff = netaudit.compare(_facts("00"), _facts("01"))
    first = _changes(diff)[0]
    assert _brief(first) == (
        "internet web 0.0.0.0 ((8080, 8080),): nothing → allowed, `web` was started with -p 8080:80"
    )
    assert first.after
    assert [str(cause) for cause in first.after.attribution.causes] == ["web 0.0.0.0:8080 → 80/tcp on network bridge"]


@pytest.mark.matrix
def test_its_removal_closes_what_it_opened() -> None:
    opened = _changes(netaudit.compare(_facts("00"), _facts("01")))
    closed = _changes(netaudit.compare(_facts("01"), _facts("02")))
    assert [one.after for one in closed] == [None] * len(opened)
    assert {one.because for one in closed} == {"`web` was removed"}


@pytest.mark.matrix
def test_rules_that_change_nothing_for_anybody_say_so() -> None:
    extra = {
        Source.IPTABLES_NFT: lambda text: text.replace(
            "COMMIT", "[0:0] -A INPUT -s 203.0.113.9/32 -p icmp -j DROP\nCOMMIT", 1
        )
    }
    diff = netaudit.compare(_facts("01"), _facts("01", extra))
    assert len(diff.changes) == 1
    assert diff.exposure == ()


def test_a_rule_by_hand_is_named_as_the_reason() -> None:
    first = "[0:0] -A DOCKER-USER -i eth0 -j DROP\n"

    def edit(text: str) -> str:
        at = text.index("-A DOCKER-USER")
        at = text.rindex("\n", 0, at) + 1
        return text[:at] + first + text[at:]

    changes = _changes(netaudit.compare(_facts("01"), _facts("01", {Source.IPTABLES_NFT: edit})))
    assert _brief(changes[0]) == (
        "internet web 0.0.0.0 ((8080, 8080),): allowed → blocked, filter/DOCKER-USER#1 is there now"
    )
    assert {one.after.exposure.outcome for one in changes if one.after} == {Outcome.BLOCKED}


@pytest.mark.matrix
def test_a_switch_of_the_host_is_named_as_the_reason() -> None:
    off = {Source.SYSCTL: lambda text: text.replace("eth0.forwarding = 1", "eth0.forwarding = 0")}
    (internet, *_) = _changes(netaudit.compare(_facts("01"), _facts("01", off)))
    assert internet.because == "net.ipv4.conf.eth0.forwarding changed"


def test_an_outcome_that_stays_is_no_change() -> None:
    diff = netaudit.compare(_facts("01"), _facts("01"), netaudit.ComputeExposure.ALWAYS)
    assert diff.exposure == ()


def test_a_change_of_one_container_asks_only_about_that_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "AFFORDABLE_CONTAINERS", 1)
    scenario = RECORDINGS / "28.5.2-iptables-nft" / "port-range"
    changes = _changes(netaudit.compare(_facts("01", scenario=scenario), _facts("02", scenario=scenario)))
    assert {one.after.exposure.destination.container_name for one in changes if one.after} == {"one"}


@pytest.mark.matrix
def test_a_first_member_of_a_network_is_a_new_zone_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = RECORDINGS / "28.5.2-iptables-nft" / "two-nets"
    facts = [_facts(step, scenario=scenario) for step in ("03", "04")]
    zones = {str(one.after.exposure.zone) for one in _changes(netaudit.compare(*facts)) if one.after}
    assert "network:nd" in zones
    monkeypatch.setattr(compute, "AFFORDABLE_CONTAINERS", 1)
    assert netaudit.compare(*facts).exposure_gap == "not computed for 2 containers without --exposure"


def test_exposure_can_be_left_out() -> None:
    diff = netaudit.compare(_facts("00"), _facts("01"), netaudit.ComputeExposure.NEVER)
    assert (diff.exposure, diff.exposure_gap) == (None, "not asked for")


@pytest.mark.matrix
def test_a_large_host_is_not_computed_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "AFFORDABLE_RULES", 5)
    diff = netaudit.compare(_facts("00"), _facts("01"))
    assert (diff.exposure, diff.exposure_gap) == (None, "not computed for 18 rules without --exposure")
    assert netaudit.compare(_facts("00"), _facts("01"), netaudit.ComputeExposure.ALWAYS).exposure


@pytest.mark.parametrize(
    ("binding", "words"),
    [
        (PortBinding("tcp", "0.0.0.0", 8080, 80), "-p 8080:80"),
        (PortBinding("udp", "127.0.0.1", 53, 53), "-p 127.0.0.1:53:53/udp"),
        (PortBinding("tcp", "2001:db8::10", 443, 8443), "-p [2001:db8::10]:443:8443"),
        (PortBinding("tcp", "", 80, 80), "-p 80:80"),
    ],
)
def test_a_binding_is_written_as_docker_takes_it(binding: PortBinding, words: str) -> None:
    assert publishing(binding) == words

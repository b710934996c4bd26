"""One packet's way on recordings of real engines: where it ends, by which rule; and what cannot be asked."""

from pathlib import Path

import pytest

import netaudit
from netaudit.errors import NetauditError, SubjectError, UsageError
from netaudit.packets.values.steps import HopKind
from netaudit.report.text.reasons import describe_reason

RECORDINGS = Path(__file__).parent.parent / "recordings"
MODERN = RECORDINGS / "28.5.2-iptables-nft"


def outcome(recording: Path, source: str, target: str) -> tuple[str, str, str]:
    found = netaudit.trace(netaudit.load(recording), source, target).journey.trace
    rules = [f"{end.item.table}/{end.item.chain}" for end in found.ends if end.item]
    return found.outcome.value, ",".join(end.kind for end in found.ends), ",".join(rules)


@pytest.mark.parametrize(
    ("recording", "source", "target", "expected"),
    [
        (MODERN / "default-one-port/01", "lan", "172.17.0.2:80/tcp", ("blocked", "dropped", "raw/PREROUTING")),
        (
            RECORDINGS / "20.10.24-iptables-nft/default-one-port/01",
            "lan",
            "172.17.0.2:80/tcp",
            ("allowed", "sent", ""),
        ),
        (MODERN / "loopback-port/01", "lan", "127.0.0.1:5432/tcp", ("blocked", "dropped", "raw/PREROUTING")),
        (MODERN / "loopback-port/01", "host", "127.0.0.1:5432/tcp", ("allowed", "local", "")),
        (MODERN / "many/03", "container:k0", "container:k1:80/tcp", ("allowed", "sent", "")),
        (MODERN / "two-nets/04", "container:i1", "container:i2:80/tcp", ("blocked", "dropped", "raw/PREROUTING")),
        (MODERN / "user-net-internal/02", "container:u1", "198.51.100.9:80/tcp", ("blocked", "lost", "")),
        (MODERN / "other-network-modes/04", "container:guest", "container:base:80/tcp", ("allowed", "local", "")),
        (
            RECORDINGS / "29.0.0-nftables/default-one-port/01",
            "internet",
            "192.0.2.10:8080/tcp",
            ("may", "unknown,sent,unknown", ""),  # its sysctls were not recorded
        ),
        (
            RECORDINGS / "29.0.0-nftables/default-one-port/01",
            "lan",
            "172.17.0.2:80/tcp",
            ("blocked", "dropped", "docker-bridges/raw-PREROUTING"),
        ),
    ],
)
def test_a_packet_gets_where_the_engine_lets_it(
    recording: Path, source: str, target: str, expected: tuple[str, str, str]
) -> None:
    assert outcome(recording, source, target) == expected


def test_the_places_between_two_containers_are_drawn() -> None:
    facts = netaudit.load(MODERN / "many/03")
    hops = netaudit.trace(facts, "container:k0", "container:k1:80/tcp").journey.hops
    assert [(hop.kind, hop.address) for hop in hops] == [
        (HopKind.SENDER, "172.18.0.2"),
        (HopKind.PORT, ""),
        (HopKind.BRIDGE, "172.18.0.1/16"),
        (HopKind.PORT, ""),
        (HopKind.RECEIVER, "172.18.0.3"),
    ]


@pytest.mark.parametrize(
    ("source", "target", "kind", "message"),
    [
        ("host", "nowhere", UsageError, "nowhere names no destination"),
        ("host", "192.0.2.1:70000/tcp", UsageError, "192.0.2.1:70000/tcp: tcp and a port do not fit"),
        ("host", "192.0.2.1:80/icmp", UsageError, "192.0.2.1:80/icmp: icmp and a port do not fit"),
        ("mars", "192.0.2.1:80/tcp", UsageError, "mars is neither a zone nor an address"),
        ("2001:db8::1", "192.0.2.1:80/tcp", UsageError, "2001:db8::1 and 192.0.2.1 are not of one family"),
        ("container:nobody", "192.0.2.1:80/tcp", SubjectError, "there is no container nobody here"),
        ("lan:eth7", "192.0.2.1:80/tcp", SubjectError, "this host has no zone lan eth7"),
    ],
)
def test_what_cannot_be_asked_is_said_with_a_hint(
    source: str, target: str, kind: type[NetauditError], message: str
) -> None:
    with pytest.raises(kind) as caught:
        outcome(MODERN / "default-one-port/01", source, target)
    assert caught.value.message == message
    assert caught.value.hint


def test_a_networks_packet_comes_from_a_member_that_is_not_asked_for() -> None:
    facts = netaudit.load(MODERN / "many/03")
    journey = netaudit.trace(facts, "network:nf", "container:k0:80/tcp").journey
    assert journey.source == "container k1 on network nf"
    assert [describe_reason(step.detail) for step in journey.trace.steps if step.kind == "link"] == [
        "bridged by br-b1f3153b1a97"
    ]

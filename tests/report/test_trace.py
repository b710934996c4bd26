"""A packet's way as text and JSON: real recordings, hostile words escaped, 80 columns."""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

import netaudit
from netaudit.attribute.trace import AttributedTrace
from netaudit.errors import UsageError
from netaudit.packets.query.sources import is_host
from netaudit.parse import parse_snapshot
from netaudit.report.json.trace import render_trace as render_json
from netaudit.report.terminal.detail import Detail
from netaudit.report.terminal.style import Style
from netaudit.report.terminal.trace import render_trace

TESTS = Path(__file__).parents[1]
ONE_PORT = "28.5.2-iptables-nft/default-one-port/01"
HOSTILE = "\x1b[2Jweb\u202e"


def follow(source: str, target: str, recording: str = ONE_PORT, edit: Callable[[str], str] = str) -> AttributedTrace:
    facts = netaudit.load(TESTS / "recordings" / recording)
    files = {name: edit(data.decode()).encode() for name, data in facts.files.items()}
    named = msgspec.structs.replace(facts, files=files, host="shop.example", taken_at="2026-01-02T03:04:05Z", digest="")
    return netaudit.trace(named, source, target)


@pytest.fixture(scope="module")
def published() -> AttributedTrace:
    """Follow a packet of the Internet to a published port."""
    return follow("internet", "192.0.2.10:8080/tcp")


def test_matches_its_goldens(published: AttributedTrace, golden: Callable[[str, str], None]) -> None:
    golden("trace.txt", render_trace(published, Style()))
    golden("trace.json", render_json(published).decode())


def test_every_rule_on_the_way_has_its_cause(published: AttributedTrace) -> None:
    steps = [step for step in json.loads(render_json(published))["steps"] if step["kind"] == "rule"]
    assert len(steps) > 5
    assert {step["attribution"]["confidence"] for step in steps} == {"proved"}


BY_DOCKER = "ALLOWED by filter/DOCKER#1 (for web 0.0.0.0:8080 → 80/tcp on network bridge)"
BLOCKED = "blocked at its own address by raw/PREROUTING#1 (for web on network bridge); ALLOWED by port 0.0.0.0:8080"


def test_the_first_and_the_last_word_is_the_outcome_with_its_rule(published: AttributedTrace) -> None:
    text = render_trace(published, Style())
    assert text.splitlines()[3] == text.splitlines()[-1] == BY_DOCKER
    blocked = render_trace(follow("lan", "172.17.0.2:80/tcp"), Style(width=200))
    assert blocked.splitlines()[3] == blocked.splitlines()[-1] == f"{BLOCKED} and [::]:8080"


def test_a_policy_that_decides_is_there_for_nobody() -> None:
    recording = "28.5.2-iptables-nft/forward-flushed/02"
    text = render_trace(follow("internet", "192.0.2.10:8080/tcp", recording), Style())
    assert text.splitlines()[3] == text.splitlines()[-1] == "blocked by filter/FORWARD"


def test_an_answer_that_comes_back_is_followed_where_everything_is_asked_for(published: AttributedTrace) -> None:
    assert "  !  it comes back (--verbose follows it)\n" in render_trace(published, Style())
    full = render_trace(published, Style(detail=Detail.FULL))
    assert "--verbose" not in full
    assert "\n  !  it leaves by eth0\nALLOWED by" in full


def test_the_published_port_is_named_once_where_the_own_address_is_blocked() -> None:
    for target in ("172.17.0.2:80/tcp", "container:web:80/tcp"):
        text = render_trace(follow("lan", target), Style(width=200))
        assert text.splitlines()[4:6] == [
            "  -A PREROUTING -d 172.17.0.2/32 ! -i docker0 -j DROP",
            "  netaudit trace --from lan --to 192.0.2.10:8080/tcp",
        ]
        assert text.count("netaudit trace") == 1
    for target in ("192.0.2.10:8080/tcp", "container:web:81/tcp", "172.17.0.9:80/tcp"):
        assert "by port" not in render_trace(follow("internet", target), Style())


def test_the_host_s_port_asked_for_at_a_container_is_called_so() -> None:
    text = render_trace(follow("internet", "web:8080"), Style())
    assert "8080 is the host's port for 80/tcp of the container: --to 192.0.2.10:8080/tcp" in text


@pytest.mark.parametrize(("source", "said"), [("container:grafana", False), ("internet", False), ("host", True)])
def test_a_port_on_the_host_s_loopback_is_offered_to_the_host_alone(source: str, said: bool) -> None:  # noqa: FBT001
    shown = follow(
        source,
        "shop-api:8080",
        "tour/shop/10",
        lambda text: text.replace("-P OUTPUT ACCEPT", "-P OUTPUT DROP").replace(":OUTPUT ACCEPT", ":OUTPUT DROP"),
    )
    assert [str(one) for one in shown.published] == (["127.0.0.1:8080 → 8080/tcp"] if said else [])
    assert ("127.0.0.1" in render_trace(shown, Style())) is said


@pytest.mark.parametrize("address", ["127.0.0.1", "192.0.2.10"])
def test_an_address_of_the_host_is_the_host(address: str) -> None:
    snapshot = parse_snapshot(netaudit.load(TESTS / "recordings" / ONE_PORT))
    assert is_host(address, snapshot)
    assert not is_host("172.17.0.2", snapshot)


def test_a_container_s_bare_name_is_a_sender() -> None:
    named = follow("web", "198.51.100.7:443")
    assert named.journey.source == follow("container:web", "198.51.100.7:443").journey.source
    with pytest.raises(UsageError, match="did you mean web"):
        follow("wbe", "198.51.100.7:443")


def test_the_rule_that_decides_is_explained_once() -> None:
    text = render_trace(follow("lan", "172.17.0.2:80/tcp"), Style())
    assert text.count("# Drops packets from outside") == 1


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("web:80", "container:web:80/tcp"),
        ("web:80/tcp", "container:web:80/tcp"),
        ("192.0.2.10:8080", "192.0.2.10:8080/tcp"),
        ("host:8080", "192.0.2.10:8080/tcp"),
    ],
)
def test_a_place_is_taken_as_other_commands_print_it(written: str, meant: str) -> None:
    assert follow("internet", written).journey.target == follow("internet", meant).journey.target


def test_a_place_that_is_none_names_the_nearest_container() -> None:
    with pytest.raises(UsageError, match="did you mean web"):
        follow("internet", "wbe:80")


def test_a_doubt_names_its_rule_and_both_ends() -> None:
    entry = "-A FORWARD -j DOCKER-USER\n"
    doubtful = f"{entry}-A DOCKER-USER -m set --match-set blocked src -j DROP\n"
    shown = follow("internet", "192.0.2.10:8080/tcp", edit=lambda text: text.replace(entry, doubtful))
    text = render_trace(shown, Style())
    assert "?  undecided: -m set --match-set blocked src: what the set holds is not" in text
    assert "?  possibly it is dropped by filter/DOCKER-USER#1" in text
    assert text.splitlines()[-1] == "MAY get through"


def test_hostile_names_are_shown_and_not_obeyed() -> None:
    escaped = json.dumps(HOSTILE)[1:-1]
    shown = follow("internet", "192.0.2.10:8080/tcp", edit=lambda text: text.replace('"/web"', f'"/{escaped}"'))
    text = render_trace(shown, Style())
    assert "container \\x1b[2Jweb\\u202e" in text
    assert not set("\x1b\u202e") & set(text)
    assert HOSTILE.encode() not in render_json(shown)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_terminal(published: AttributedTrace, width: int) -> None:
    lines = render_trace(published, Style(width=width)).splitlines()
    assert max(map(len, lines)) <= max(width, 78)

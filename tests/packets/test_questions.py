"""Questions to a trace that nobody can answer are refused, each with what to ask instead."""

from pathlib import Path

import msgspec
import pytest

from netaudit.errors import NetauditError
from netaudit.model.reason import ReasonKind
from netaudit.model.snapshot import Snapshot
from netaudit.packets.query.query import TraceAnswer, TraceQuery, answer_query
from netaudit.packets.values.steps import EndKind
from netaudit.parse import parse_snapshot
from netaudit.store import load

RECORDINGS = Path(__file__).parents[1] / "recordings"
HOST = "28.5.2-iptables-nft/other-network-modes/03"  # `hosted` has the host's network, `guest` that of `base`


def _snapshot(name: str = HOST) -> Snapshot:
    return parse_snapshot(load(RECORDINGS / name))


def _asked(source: str, target: str, interface: str = "", snapshot: Snapshot | None = None) -> TraceAnswer:
    snapshot = snapshot or _snapshot()
    return answer_query(TraceQuery(source, target, interface=interface), snapshot, snapshot.program)


@pytest.mark.parametrize(
    ("source", "target", "interface", "said"),
    [
        ("internet", "192.0.2.10:80/foo", "", "192.0.2.10:80/foo names no destination"),
        ("internet", "192.0.2.10", "", "192.0.2.10 names no destination"),
        ("internet", "192.0.2.10:80/icmp", "", "192.0.2.10:80/icmp: icmp and a port do not fit"),
        ("internet", "192.0.2.10/tcp", "", "192.0.2.10/tcp: tcp and a port do not fit"),
        ("internet", "192.0.2.10:65536", "", "192.0.2.10:65536: tcp and a port do not fit"),
        ("internet", "bass:80", "", "bass is no address, and no container here"),
        ("internet", "container:hosted:80", "", "container hosted has the host's addresses"),
        ("nowhere", "192.0.2.10:80", "", "nowhere is neither a zone nor an address"),
        ("2001:db8::1", "192.0.2.10:80", "", "2001:db8::1 and 192.0.2.10 are not of one family"),
        ("internet", "192.0.2.10:80", "eth7", "this host has no interface eth7"),
    ],
)
def test_a_question_that_fits_nothing_is_refused(source: str, target: str, interface: str, said: str) -> None:
    with pytest.raises(NetauditError) as refused:
        _asked(source, target, interface)
    assert refused.value.message == said
    assert refused.value.hint


def test_the_hint_names_the_container_that_was_meant() -> None:
    with pytest.raises(NetauditError) as refused:
        _asked("internet", "bass:80")
    assert "base" in refused.value.hint


def test_where_no_route_is_known_the_way_in_and_the_own_address_are_asked_for() -> None:
    known = _snapshot()
    bare = msgspec.structs.replace(known, host=msgspec.structs.replace(known.host, routes=(), interfaces=()), gaps=())
    for source, said in (("203.0.113.7", "by which interface 203.0.113.7 comes"), ("host", "as whom this host sends")):
        with pytest.raises(NetauditError) as refused:
            _asked(source, "198.51.100.9:80", snapshot=bare)
        assert said in refused.value.message


@pytest.mark.parametrize(("asked", "address"), [("host:22", "192.0.2.10"), ("host/icmp", "192.0.2.10")])
def test_the_host_is_asked_for_at_the_address_by_which_others_know_it(asked: str, address: str) -> None:
    assert _asked("lan", asked).target.startswith(address)


def test_a_container_may_be_named_without_saying_that_it_is_one() -> None:
    short, long = _asked("lan", "base:80"), _asked("lan", "container:base:80")
    assert short.trace == long.trace


def test_an_address_of_the_host_sends_from_here() -> None:
    assert _asked("192.0.2.10", "192.0.2.77:80").source == "this host as 192.0.2.10"


def test_an_address_of_a_container_is_that_container() -> None:
    named, known = _asked("container:base", "192.0.2.77:80"), _snapshot()
    base = next(one for one in known.inventory.containers if one.name == "base")  # type: ignore[union-attr]
    assert _asked(base.endpoints[0].ipv4.partition("/")[0], "192.0.2.77:80").trace == named.trace


def test_a_network_that_no_bridge_of_the_host_carries_is_not_followed() -> None:
    known = _snapshot()
    gone = tuple(one for one in known.host.interfaces if one.kind != "bridge")
    snapshot = msgspec.structs.replace(known, host=msgspec.structs.replace(known.host, interfaces=gone))
    (end,) = _asked("container:base", "192.0.2.77:80", snapshot=snapshot).trace.ends
    assert (end.kind, end.reason and end.reason.kind) == (EndKind.UNKNOWN, ReasonKind.NETWORK_NOT_A_BRIDGE)


def test_a_host_of_which_no_address_is_known_is_not_asked_for_by_name() -> None:
    known = _snapshot()
    bare = msgspec.structs.replace(known, host=msgspec.structs.replace(known.host, interfaces=()))
    with pytest.raises(NetauditError) as refused:
        _asked("lan", "host:22", snapshot=bare)
    assert refused.value.message == "no address of this host is known by which others reach it"
    assert refused.value.hint == "name one"

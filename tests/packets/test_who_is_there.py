"""Who is a member of what: bridges without an address, networks that containers do not tell of, neighbours unfound."""

from pathlib import Path

import pytest
from packets.test_packets_agree import disagreements

from netaudit.model.exposure import Exposure, Outcome, ZoneKind
from netaudit.packets.exposure.table import expose
from netaudit.packets.host.zones import ZoneChoice
from netaudit.parse import parse_snapshot
from netaudit.report.text.reasons import describe_reason
from netaudit.store import load

_RECORDINGS = Path(__file__).parents[1] / "recordings"


def _table(recording: str, choice: ZoneChoice | None = None) -> tuple[Exposure, ...]:
    facts = load(_RECORDINGS / recording)
    assert disagreements(facts) == []
    snapshot = parse_snapshot(facts)
    return expose(snapshot, snapshot.program, choice)


def _outcomes(table: tuple[Exposure, ...], zone: ZoneKind, address: str) -> set[tuple[Outcome, str]]:
    return {
        (one.outcome, describe_reason(one.reason))
        for one in table
        if one.zone.kind is zone and one.destination.address == address
    }


def test_a_bridge_without_an_address_leads_nowhere_and_still_joins_its_members() -> None:
    table = _table("28.5.2-iptables-nft/inhibit-ipv4/02")
    lost = {(Outcome.BLOCKED, "the host's routes do not lead there")}
    assert _outcomes(table, ZoneKind.HOST, "172.18.0.2") == lost
    assert _outcomes(table, ZoneKind.NETWORK, "172.18.0.2") == {(Outcome.ALLOWED, "")}


def test_isolated_members_reach_each_other_alone() -> None:
    table = _table("28.5.2-iptables-nft/isolated/02")
    assert _outcomes(table, ZoneKind.NETWORK, "172.18.0.1") == {(Outcome.ALLOWED, "")}
    host = _outcomes(table, ZoneKind.HOST, "172.18.0.1")
    assert {outcome for outcome, _ in host} == {Outcome.BLOCKED}


def test_tasks_of_a_swarm_are_members_of_the_gateway_bridge() -> None:
    table = _table("28.5.2-iptables-nft/swarm/02", ZoneChoice(containers=True))
    assert _outcomes(table, ZoneKind.HOST, "172.18.0.3") == {(Outcome.ALLOWED, "")}
    task = next(one.zone.name for one in table if one.zone.kind is ZoneKind.CONTAINER)
    to_docker = {one.outcome for one in table if one.zone.name == task and one.destination.programs == ("dockerd",)}
    assert to_docker == {Outcome.ALLOWED}


def test_members_that_cannot_find_each_other_do_not_reach_each_other() -> None:
    table = _table("20.10.24-iptables-nft/dual-stack-internal-ip6tables/02")
    stopped = [one for one in table if one.zone.kind is ZoneKind.NETWORK and one.destination.address == "fd00:9::2"]
    assert {(one.outcome, describe_reason(one.reason)) for one in stopped} == {
        (Outcome.BLOCKED, "neighbour discovery is stopped")
    }
    assert {one.rule.where for one in stopped if one.rule} == {"ip6:filter/DOCKER-ISOLATION-STAGE-1#2"}
    later = _table("26.1.5-iptables-nft/dual-stack-internal-ip6tables/02")
    assert _outcomes(later, ZoneKind.NETWORK, "fd00:9::2") == {(Outcome.ALLOWED, "")}


@pytest.mark.parametrize("engine", ["26.1.5-iptables-nft", "28.5.2-iptables-nft"])
def test_loopback_of_ipv6_is_not_reached_from_a_wire(engine: str) -> None:
    scenario = "dual-stack-ip6tables/02" if engine.startswith("26") else "dual-stack/02"
    found = _outcomes(_table(f"{engine}/{scenario}"), ZoneKind.LAN, "::1")
    assert found == {(Outcome.BLOCKED, "::1 does not come from outside")}


def test_what_a_lost_store_left_behind_is_no_neighbour() -> None:
    table = _table("26.1.5-iptables-nft/store-deleted/03")
    assert {one.zone.name for one in table if one.zone.kind is ZoneKind.LAN} <= {"eth0"}

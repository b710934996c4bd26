"""New networks get the lowest free subnet of the daemon's pools, however large these are, and none of a wrong pool."""

import json
from ipaddress import ip_network
from typing import Any

import pytest
from msgspec.structs import replace
from plan.asking import ask, make_network
from plan.clients import recorded, stand_in
from plan.inventories import networks

from netaudit.errors import UsageError
from netaudit.model.facts import Facts, Source
from netaudit.plan.engine.plan import StandIn
from netaudit.plan.rehearsal.change import EngineChange
from netaudit.plan.rehearsal.facts import rehearsed_facts


def _facts(version: str, pools: Any) -> Facts:
    facts = recorded(f"{version}-iptables-nft/fresh")
    info = json.dumps(json.loads(facts.files[Source.DOCKER_INFO]) | {"DefaultAddressPools": pools}).encode()
    return replace(facts, files={**facts.files, Source.DOCKER_INFO: info})


def _engine(version: str, *pools: tuple[str, int]) -> StandIn:
    return stand_in(_facts(version, [{"Base": base, "Size": size} for base, size in pools]))


def _subnets(engine: StandIn, name: str) -> list[str]:
    return [pool[0] for pool in networks(engine.planned().facts_after)[name]["pools"]]


def _take(engine: StandIn, *subnets: str) -> None:
    for number, subnet in enumerate(subnets):
        config = {"Subnet": subnet, "Gateway": str(ip_network(subnet)[1])}
        body = {"EnableIPv6": ":" in subnet, "EnableIPv4": ":" not in subnet, "IPAM": {"Config": [config]}}
        assert make_network(engine, f"taken{number}", **body)[0] == 201


@pytest.mark.parametrize(
    ("taken", "free"),
    [
        (["fd00::/20"], "fd00:1000::/64"),
        (["fd00:0:0:1::/64"], "fd00::/64"),
        (["fd00::/20", "fd00:1000::/64", "fd00:1000:0:1::/80"], "fd00:1000:0:2::/64"),
        (["fd00::/16"], "fd01::/64"),
    ],
)
def test_the_next_ipv6_subnet_is_behind_what_is_taken_of_a_pool_that_nothing_could_count(
    taken: list[str], free: str
) -> None:
    engine = _engine("28.5.2", ("10.200.0.0/16", 24), ("fd00::/16", 64), ("fd01::/16", 64))
    _take(engine, *taken)
    assert make_network(engine, "new", EnableIPv6=True)[0] == 201
    assert _subnets(engine, "new") == ["10.200.0.0/24", free]


@pytest.mark.parametrize(
    ("version", "taken", "free"),
    [
        ("28.5.2", ["10.0.0.0/9", "10.128.0.0/29"], "10.128.0.8/30"),
        ("20.10.24", ["10.0.0.0/9", "10.128.0.0/29"], "10.128.0.8/30"),
        ("28.5.2", ["10.0.0.4/30"], "10.0.0.0/30"),
        ("20.10.24", ["10.0.0.4/30"], "10.0.0.8/30"),  # it goes on behind what it gave last
        ("20.10.24", ["10.255.255.252/30"], "172.31.0.0/24"),
        ("20.10.24", ["172.31.0.0/24"], "10.0.0.0/30"),  # and begins again
    ],
)
def test_an_ipv4_pool_of_millions_of_subnets_is_not_walked_through(version: str, taken: list[str], free: str) -> None:
    engine = _engine(version, ("10.0.0.0/8", 30), ("172.31.0.0/24", 24))
    _take(engine, *taken)
    assert make_network(engine, "new")[0] == 201
    assert _subnets(engine, "new") == [free]


@pytest.mark.parametrize("version", ["20.10.24", "28.5.2"])
def test_a_pool_that_is_full_gives_nothing(version: str) -> None:
    engine = _engine(version, ("10.9.0.0/24", 25))
    assert [make_network(engine, f"n{number}")[0] for number in range(2)] == [201, 201]
    status, answer = make_network(engine, "n2")
    assert status in (404, 500)
    assert answer["message"].startswith("could not find an available, non-overlapping IPv4 address pool")


_WRONG = (
    {"Base": "10.9.0.0/16", "Size": 33},
    {"Base": "10.9.0.0/16", "Size": 8},
    {"Base": "10.9.0.0/16", "Size": -1},
    {"Base": "10.9.0.0/16", "Size": True},
    {"Base": "10.9.0.0/16", "Size": "24"},
    {"Base": "10.9.0.0/16", "Size": 24.5},
    {"Base": "10.9.0.0/16"},
    {"Base": "10.9.0.0", "Size": 32},
    {"Base": "fd00::/64", "Size": 129},
    {"Base": "no network", "Size": 24},
    {"Base": 7, "Size": 24},
    "10.9.0.0/16",
    None,
)


@pytest.mark.parametrize("wrong", _WRONG, ids=str)
def test_no_subnet_is_chosen_where_dockerd_does_not_start_with_its_pools(wrong: Any) -> None:
    good = {"Base": "10.200.0.0/16", "Size": 24}
    engine = stand_in(_facts("28.5.2", [good, wrong]))
    status, answer = make_network(engine, "new")
    assert status == 501
    assert "dockerd does not start with the default-address-pools" in answer["message"]
    assert make_network(engine, "given", IPAM={"Config": [{"Subnet": "10.77.0.0/24"}]})[0] == 201


def test_an_older_engine_chooses_none_either() -> None:
    assert make_network(_engine("20.10.24", ("10.9.0.0/16", 33)), "new")[0] == 501


@pytest.mark.parametrize("wrong", [3, "10.9.0.0/16", {"Base": "10.9.0.0/16", "Size": 24}], ids=str)
def test_pools_that_are_no_list_are_none(wrong: Any) -> None:
    assert make_network(stand_in(_facts("28.5.2", wrong)), "new")[0] == 501


def test_a_wrong_pool_that_is_long_is_not_repeated_in_full() -> None:
    status, answer = make_network(stand_in(_facts("28.5.2", ["x" * 10_000])), "new")
    assert (status, len(answer["message"]) < 400) == (501, True)


def test_an_overlay_network_gets_none_where_another_has_all_of_the_swarms_pool() -> None:
    facts = recorded("28.5.2-iptables-nft/fresh")
    info = json.loads(facts.files[Source.DOCKER_INFO]) | {"Swarm": {"LocalNodeState": "active"}}
    engine = stand_in(replace(facts, files={**facts.files, Source.DOCKER_INFO: json.dumps(info).encode()}))
    config = {"Config": [{"Subnet": "10.0.0.0/8"}]}
    assert make_network(engine, "all", Driver="overlay", IPAM=config)[0] == 201
    status, answer = ask(engine, "POST", "/networks/create", {"Name": "next", "Driver": "overlay"})
    assert (status, answer["message"]) == (501, "netaudit plan finds no free subnet in 10.0.0.0/8: give --subnet")


def test_the_default_bridge_of_a_restart_gets_the_first_ipv4_pool() -> None:
    pools = [{"base": "fd00::/16", "size": 64}, {"base": "10.9.0.0/16", "size": 24}]
    change = EngineChange(daemon={"default-address-pools": pools})
    after = rehearsed_facts(recorded("28.5.2-iptables-nft/fresh"), change)
    assert networks(after)["bridge"]["pools"][0][0] == "10.9.0.0/24"


def test_options_of_a_restart_beside_wrong_pools_of_daemon_json_are_refused() -> None:
    facts = recorded("28.5.2-iptables-nft/fresh")
    daemon = b'{"default-address-pools": [{"base": "10.9.0.0/16", "size": 33}]}'
    facts = replace(facts, files={**facts.files, Source.DAEMON_JSON: daemon})
    with pytest.raises(UsageError, match="dockerd does not start with the default-address-pools"):
        rehearsed_facts(facts, EngineChange(daemon={"bip": "10.0.0.1/24"}))

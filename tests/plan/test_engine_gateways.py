"""Which networks get a gateway, by engine and driver, and which addresses containers get there."""

from typing import Any

import pytest
from plan.asking import make_network, run
from plan.clients import recorded, stand_in
from plan.inventories import containers, networks

_MODE = "com.docker.network.bridge.gateway_mode_ipv4"
_INHIBITED = {"com.docker.network.bridge.inhibit_ipv4": "1"}
_POOL = {"Config": [{"Subnet": "198.51.100.0/24"}]}


@pytest.mark.parametrize(("version", "gateway"), [("26.1.5", "172.18.0.1"), ("28.5.2", "")])
def test_engines_that_know_isolated_networks_give_them_no_gateway(version: str, gateway: str) -> None:
    engine = stand_in(recorded(f"{version}-iptables-nft/fresh"))
    make_network(engine, "iso", Internal=True, Options={_MODE: "isolated"})
    assert networks(engine.planned().facts_after)["iso"]["pools"] == [("172.18.0.0/16", gateway)]


@pytest.mark.parametrize(
    ("driver", "access", "options", "first"),  # the number of the first container's address on each engine
    [
        ("macvlan", "internal", {}, {"20.10.24": 2, "26.1.5": 2, "28.5.2": 1, "29.7.2": 1}),
        ("macvlan", "open", {}, {"20.10.24": 2, "26.1.5": 2, "28.5.2": 2, "29.7.2": 1}),
        ("ipvlan", "internal", {}, {"26.1.5": 2, "28.5.2": 1}),
        ("ipvlan", "open", {}, {"26.1.5": 2, "28.5.2": 2, "29.7.2": 1}),
        ("ipvlan", "open", {"ipvlan_mode": "l3s"}, {"26.1.5": 2, "28.5.2": 1}),
        ("bridge", "internal", _INHIBITED, {"26.1.5": 2, "28.5.2": 1}),
        ("bridge", "open", _INHIBITED, {"26.1.5": 2, "28.5.2": 2}),
        ("bridge", "internal", {}, {"26.1.5": 2, "28.5.2": 2, "29.7.2": 2}),
    ],
)
def test_a_network_without_a_gateway_gives_its_first_address_to_a_container(
    driver: str, access: str, options: dict[str, str], first: dict[str, int]
) -> None:
    assert {version: _first_address(version, driver, access, options) for version in first} == {
        version: f"198.51.100.{number}" for version, number in first.items()
    }


def _first_address(version: str, driver: str, access: str, options: dict[str, str]) -> Any:
    scenario = "iptables-nft/routed-second-network" if version.startswith("29") else "iptables-nft/fresh"
    engine = stand_in(recorded(f"{version}-{scenario}"))
    parent = {} if driver == "bridge" else {"parent": "eth0"}
    made = make_network(
        engine, "side", Driver=driver, Internal=access == "internal", IPAM=_POOL, Options={**options, **parent}
    )
    assert made[0] == 201
    assert run(engine, "web", NetworkMode="side")[0] == 204
    return containers(engine.planned().facts_after)["/web"]["networks"]["side"][0][0]


def test_a_macvlan_that_is_internal_shows_no_gateway_of_any_engine() -> None:
    for version in ("20.10.24", "28.5.2"):
        engine = stand_in(recorded(f"{version}-iptables-nft/fresh"))
        make_network(engine, "side", Driver="macvlan", Internal=True, IPAM=_POOL, Options={"parent": "eth0"})
        run(engine, "web", NetworkMode="side")
        assert containers(engine.planned().facts_after)["/web"]["networks"]["side"][0][-2:] == ["", ""]


@pytest.mark.parametrize(
    ("gateway", "auxiliary", "said"),
    [
        ("", {"a": "10.9.0.1"}, "failed to allocate secondary ip address (a:10.9.0.1): Address already in use"),
        ("10.9.0.9", {"a": "10.9.0.9"}, "failed to allocate secondary ip address (a:10.9.0.9): Address already in use"),
        ("10.9.0.9", {"a": "10.9.0.1"}, ""),
        ("", {"a": "10.9.0.5", "b": "10.9.0.5"}, "failed to allocate secondary ip address (b:10.9.0.5)"),
        ("", {"a": "10.8.0.5"}, "auxiliary address: (a:10.8.0.5) must belong to the master pool: 10.9.0.0/24"),
    ],
)
def test_an_address_is_set_aside_once(gateway: str, auxiliary: dict[str, str], said: str) -> None:
    config = {"Subnet": "10.9.0.0/24", "AuxiliaryAddresses": auxiliary} | ({"Gateway": gateway} if gateway else {})
    status, answer = make_network(stand_in(recorded("28.5.2-iptables-nft/fresh")), "n", IPAM={"Config": [config]})
    assert (status == 201) == (not said)
    assert said in str(answer)

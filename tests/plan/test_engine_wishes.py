"""What a container asks for of its networks, and what a network is made with, is refused as engines refuse it."""

from typing import Any

import pytest
from plan.asking import BUSYBOX, ask, make_network, run
from plan.clients import recorded, stand_in

from netaudit.plan.engine.plan import StandIn

_GIVEN = {"IPAM": {"Config": [{"Subnet": "10.61.0.0/24"}]}}
_OPTION = "com.docker.network.bridge."


def _engine(version: str) -> StandIn:
    engine = stand_in(recorded(f"{version}-iptables-nft/fresh"))
    make_network(engine, "given", **_GIVEN)
    make_network(engine, "chosen")
    return engine


def _create(engine: StandIn, network: str, address: str) -> tuple[int, Any]:
    family = "IPv6Address" if ":" in address else "IPv4Address"
    body = {**BUSYBOX, "HostConfig": {"NetworkMode": network}}
    ends = {network: {"IPAMConfig": {family: address}}}
    return ask(
        engine, "POST", "/containers/create", {**body, "NetworkingConfig": {"EndpointsConfig": ends}}, name="web"
    )


@pytest.mark.parametrize(
    ("network", "address", "message"),
    [
        ("chosen", "172.18.0.9", "only when connecting to networks with user configured subnets"),
        ("given", "fd00::9", "only when connecting to networks with user configured subnets"),
        ("given", "10.62.0.9", "no configured subnet or ip-range contain the IP address 10.62.0.9"),
        ("bridge", "172.17.0.9", "user specified IP address is supported on user defined networks only"),
        ("host", "172.17.0.9", "user specified IP address is supported on user defined networks only"),
    ],
)
@pytest.mark.parametrize("version", ["20.10.24", "26.1.5", "28.5.2"])
def test_an_address_that_cannot_be_had_is_refused_at_creation_since_25_and_at_the_start_before(
    version: str, network: str, address: str, message: str
) -> None:
    engine = _engine(version)
    code, said = _create(engine, network, address)
    if version == "20.10.24":
        assert code == 201
        code, said = ask(engine, "POST", "/containers/web/start")
    assert (code, said["message"].endswith(message)) == (400, True)


@pytest.mark.parametrize("version", ["20.10.24", "28.5.2"])
def test_what_is_no_address_is_refused_at_creation(version: str) -> None:
    code, said = _create(_engine(version), "given", "10.61.0.256")
    assert (code, "invalid IPv4 address: 10.61.0.256" in said["message"]) == (400, True)


def test_whether_a_network_that_is_not_there_yet_has_the_address_is_seen_at_the_start() -> None:
    assert _create(_engine("28.5.2"), "later", "10.61.0.9")[0] == 201


@pytest.mark.parametrize("version", ["20.10.24", "28.5.2"])
def test_a_container_that_does_not_run_gets_no_address_of_the_default_network_either(version: str) -> None:
    engine = _engine(version)
    ask(engine, "POST", "/containers/create", {**BUSYBOX, "HostConfig": {"NetworkMode": "given"}}, name="web")
    body = {"Container": "web", "EndpointConfig": {"IPAMConfig": {"IPv4Address": "172.17.0.9"}}}
    code, said = ask(engine, "POST", "/networks/bridge/connect", body)
    assert (code, said["message"]) == (400, "user specified IP address is supported on user defined networks only")


@pytest.mark.parametrize(("network", "status"), [("host", 400), ("given", 204)])
def test_a_container_of_the_host_network_sets_none_of_its_switches(network: str, status: int) -> None:
    sysctls = {"net.ipv4.ip_forward": "1"}
    assert run(_engine("28.5.2"), "web", NetworkMode=network, Sysctls=sysctls)[0] == status


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"Options": {f"{_OPTION}enable_icc": "maybe"}}, f"failed to parse {_OPTION}enable_icc value: maybe"),
        ({"Options": {f"{_OPTION}host_binding_ipv4": "300.1.1.1"}}, "value: 300.1.1.1"),
        ({"Options": {"com.docker.network.host_ipv4": "::1"}}, "value: ::1"),
        ({"Options": {"com.docker.network.driver.mtu": "large"}}, "value: large"),
        ({"Options": {f"{_OPTION}name": "sixteen-letters-"}}, "numerical result out of range"),
        ({"IPAM": {"Config": [{"Subnet": "10.3.0.0/16"}, {"Subnet": "10.4.0.0/16"}]}}, "multiple subnets"),
        ({"IPAM": {"Config": [{"Subnet": "10.1.0.7/16"}]}}, "invalid subnet 10.1.0.7/16: it should be 10.1.0.0/16"),
    ],
)
def test_a_bridge_network_that_the_driver_cannot_make_is_refused(body: dict[str, Any], message: str) -> None:
    code, said = make_network(_engine("28.5.2"), "front", **body)
    assert code >= 400
    assert message in said["message"]


@pytest.mark.parametrize("text", ["0", "f", "False"])
def test_a_switch_of_a_bridge_is_read_in_every_spelling_of_gos(text: str) -> None:
    assert make_network(_engine("28.5.2"), "front", Options={f"{_OPTION}enable_icc": text})[0] == 201


def test_that_the_kernel_has_macvlan_or_ipvlan_is_an_assumption_until_a_container_is_on_one() -> None:
    engine = _engine("28.5.2")
    lan = {"Driver": "ipvlan", "Options": {"parent": "eth0"}, "IPAM": {"Config": [{"Subnet": "198.51.100.0/24"}]}}
    make_network(engine, "lan", **lan)
    for name in ("web", "db"):
        run(engine, name, NetworkMode="lan")
    taken = [dict(one.args) for one in engine.planned().assumptions if one.kind == "kernel-link"]
    assert taken == [{"driver": "ipvlan", "network": "lan"}]


@pytest.mark.parametrize(("others", "taken"), [(("given", "chosen"), ["given, chosen"]), (("bridge", "given"), [])])
def test_that_a_container_joins_its_networks_in_some_order_is_an_assumption(
    others: tuple[str, ...], taken: list[str]
) -> None:
    engine = _engine("28.5.2")
    ends = {"EndpointsConfig": {name: {} for name in others}}
    body = {**BUSYBOX, "HostConfig": {"NetworkMode": others[0]}, "NetworkingConfig": ends}
    ask(engine, "POST", "/containers/create", body, name="web")
    ask(engine, "POST", "/containers/web/start")
    said = [dict(one.args) for one in engine.planned().assumptions if one.kind == "join-order"]
    assert [one["networks"] for one in said] == taken


@pytest.mark.parametrize(
    ("network", "moves"),
    [("zz", False), ("aa", True)],  # of networks that may publish, the first by name does
)
@pytest.mark.parametrize("version", ["26.1.5", "28.5.2"])
def test_a_port_that_the_engine_chose_stays_while_its_network_goes_on(
    version: str, network: str, *, moves: bool
) -> None:
    engine = _engine(version)
    make_network(engine, network)
    for name in ("web", "db"):
        run(engine, name, {"80/tcp": [{"HostIp": "", "HostPort": ""}]}, NetworkMode="given")
    before = ask(engine, "GET", "/containers/web/json")[1]["NetworkSettings"]["Ports"]
    ask(engine, "POST", f"/networks/{network}/connect", {"Container": "web"})
    after = ask(engine, "GET", "/containers/web/json")[1]["NetworkSettings"]["Ports"]
    assert (before != after) is moves

"""The stand-in answers as dockerd does: what it allocates, and what it refuses."""

import json
from typing import Any

import pytest
from msgspec.structs import replace
from plan.asking import BUSYBOX, ask, make_network, run
from plan.clients import recorded, stand_in
from plan.inventories import containers, networks
from plan.recorded import CATALOG

from netaudit.model.facts import Source
from netaudit.model.plan import AssumptionKind, Symbol, SymbolKind, speller
from netaudit.parse import parse_snapshot
from netaudit.parse.docker.inventory import parse_inventory
from netaudit.plan.engine.plan import StandIn
from netaudit.plan.project.existing import number_of
from netaudit.plan.rules.planned import plan_host


def _engine(version: str = "28.5.2") -> StandIn:
    return stand_in(recorded(f"{version}-iptables-nft/fresh"))


def _message(answer: tuple[int, Any]) -> tuple[int, str]:
    return answer[0], answer[1]["message"]


def test_a_name_that_is_taken_is_a_conflict() -> None:
    engine = _engine()
    run(engine, "web")
    status, message = _message(run(engine, "web"))
    assert status == 409
    assert message.startswith('Conflict. The container name "/web" is already in use by container "')
    assert [one.status for one in engine.planned().refused] == [409]


@pytest.mark.parametrize(
    ("host_config", "message"),
    [
        ({"PortBindings": {"80/tcp": [{"HostPort": "8080"}]}}, "port publishing and the container type network mode"),
        ({"PublishAllPorts": True}, "port publishing and the container type network mode"),
        (
            {"Links": ["db:db"]},
            "container type network can't be used with links. This would result in undefined behavior",
        ),
        ({"Dns": ["192.0.2.1"]}, "dns and the network mode"),
    ],
)
def test_a_container_in_anothers_network_namespace_publishes_nothing(host_config: Any, message: str) -> None:
    body = BUSYBOX | {"HostConfig": {"NetworkMode": "container:web", **host_config}}
    answer = ask(_engine(), "POST", "/containers/create", body)
    assert _message(answer) == (400, f"conflicting options: {message}")


@pytest.mark.parametrize(
    ("version", "before"), [("20.10.24", ""), ("28.5.2", "failed to set up container networking: ")]
)
def test_a_port_that_is_allocated_is_refused_when_the_container_starts(version: str, before: str) -> None:
    engine = _engine(version)
    ports = {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}
    run(engine, "first", ports)
    status, message = _message(run(engine, "second", ports))
    assert status == 500
    assert message.startswith(f"{before}driver failed programming external connectivity on endpoint second (")
    assert message.endswith("Bind for 0.0.0.0:8080 failed: port is already allocated")
    assert containers(engine.planned().facts_after)["/second"]["running"] is False


def test_a_port_on_another_address_is_free_and_one_on_all_addresses_is_not() -> None:
    engine = _engine()
    assert run(engine, "aa", {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]})[0] == 204
    assert run(engine, "bb", {"80/tcp": [{"HostIp": "192.0.2.10", "HostPort": "8080"}]})[0] == 204
    assert run(engine, "cc", {"80/udp": [{"HostIp": "", "HostPort": "8080"}]})[0] == 204
    assert run(engine, "dd", {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]})[0] == 500


def test_a_port_that_a_process_of_the_host_holds_is_refused() -> None:
    facts = recorded("28.5.2-iptables-nft/fresh")
    facts.files["sockets.txt"] = b'tcp LISTEN 0 5 0.0.0.0:8080 0.0.0.0:* users:(("nginx",pid=7,fd=3))\n'
    status, message = _message(run(stand_in(facts), "web", {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}))
    assert status == 500
    assert message.endswith("failed to bind host port 0.0.0.0:8080/tcp: address already in use")


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("POST", "/containers/nowhere/start", 404, "No such container: nowhere"),
        ("GET", "/networks/nowhere", 404, "network nowhere not found"),
        ("DELETE", "/networks/bridge", 403, "bridge is a pre-defined network and cannot be removed"),
        ("POST", "/build", 501, "netaudit plan does not answer POST /build"),
        ("POST", "/v1.51/commit", 501, "netaudit plan does not answer POST /commit"),
        ("GET", "/v1.99/info", 400, "client version 1.99 is too new. Maximum supported API version is 1.51"),
        ("GET", "/v1.12/info", 400, "client version 1.12 is too old. Minimum supported API version is 1.24, please"),
    ],
)
def test_what_is_not_there_or_not_planned_is_refused_by_its_name(
    method: str, path: str, status: int, message: str
) -> None:
    answer = _message(ask(_engine(), method, path))
    assert answer[0] == status
    assert answer[1].startswith(message)


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"Name": "bridge"}, 403, "operation is not permitted on predefined bridge network "),
        ({"Name": "n", "Driver": "overlay"}, 403, "This node is not a swarm manager."),
        ({"Name": "n", "Driver": "weave"}, 404, "could not find plugin weave"),
        ({"Name": "n", "IPAM": {"Config": [{"Subnet": "172.17.5.0/24"}]}}, 403, "invalid pool request: Pool overlaps"),
        ({"Name": "n", "IPAM": {"Config": [{"Subnet": "no/24"}]}}, 400, "invalid subnet no/24"),
        ({"Name": "n", "ConfigFrom": {"Network": "c"}}, 404, "could not find configuration network"),
        ({"Name": "n", "Options": {"com.docker.network.bridge.name": "docker0"}}, 403, "cannot create network"),
    ],
)
def test_a_network_that_cannot_be_made_is_refused(body: Any, status: int, message: str) -> None:
    answer = _message(ask(_engine(), "POST", "/networks/create", body))
    assert answer[0] == status
    assert answer[1].startswith(message)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("foo", "invalid CIDR block notation"),
        ("10.9.0.5", "invalid CIDR block notation"),
        ("fd00::/64", "parent subnet is an IPv4 block"),
        ("10.0.0.0/8", "CIDR block is bigger than its parent subnet 10.9.0.0/24"),
        ("10.9.1.0/25", "parent subnet 10.9.0.0/24 doesn't contain ip-range"),
        ("10.9.0.129/25", "it should be 10.9.0.128/25"),
    ],
)
def test_a_range_that_is_none_of_the_subnet_is_refused(asked: str, why: str) -> None:
    body = {"Name": "n", "IPAM": {"Config": [{"Subnet": "10.9.0.0/24", "Gateway": "10.9.0.1", "IPRange": asked}]}}
    message = f"invalid network config:\ninvalid ip-range {asked}: {why}"
    assert _message(ask(_engine(), "POST", "/networks/create", body)) == (400, message)


@pytest.mark.parametrize(
    ("port", "host_port"),
    [("9" * 5000, "1"), ("80", "9" * 5000), ("80", f"1-{'9' * 5000}")],
    ids=["port", "host-port", "range"],
)
def test_a_port_of_more_digits_than_a_number_may_have_is_refused(port: str, host_port: str) -> None:
    status, message = _message(run(_engine(), "web", {f"{port}/tcp": [{"HostIp": "", "HostPort": host_port}]}))
    assert (status, message[:28]) == (400, "invalid port specification: ")


def test_a_container_gets_the_lowest_free_address_of_the_range() -> None:
    engine = _engine()
    config = {"Subnet": "172.30.0.0/24", "IPRange": "172.30.0.128/29", "AuxiliaryAddresses": {"router": "172.30.0.130"}}
    make_network(engine, "n1", IPAM={"Config": [config]})
    for name in ("aa", "bb"):
        run(engine, name, NetworkMode="n1")
    ask(engine, "POST", "/containers/aa/stop")
    run(engine, "cc", NetworkMode="n1")
    found = containers(engine.planned().facts_after)
    addresses = {name: found[name]["networks"]["n1"][0][0] for name in found}
    assert addresses == {"/aa": "", "/bb": "172.30.0.131", "/cc": "172.30.0.129"}


def test_a_range_with_a_choice_is_a_symbol_and_so_is_what_it_leaves() -> None:
    engine = _engine()
    for name in ("aa", "bb"):
        run(engine, name, {"80/tcp": [{"HostIp": "", "HostPort": "3000-3001"}], "81/tcp": [{"HostPort": ""}]})
    planned = engine.planned()
    ports = {name: one["ports"]["80/tcp"][0]["HostPort"] for name, one in containers(planned.facts_after).items()}
    assert ports == {"/aa": "3000", "/bb": "3001"}
    assert {str(one) for one in planned.symbols} == {
        "{host port 3000-3001}",
        "{host port 3000-3001 #2}",
        "{host port 32768-60999}",
        "{host port 32768-60999 #2}",
    }


@pytest.mark.parametrize(("version", "status"), [("20.10.24", 404), ("28.5.2", 201)])
def test_an_ipv6_subnet_that_is_not_given_is_a_symbol_since_27(version: str, status: int) -> None:
    engine = _engine(version)
    assert make_network(engine, "n6", EnableIPv6=True)[0] == status
    run(engine, "web", NetworkMode="n6")
    names = [one.name for one in engine.planned().symbols if one.kind in (SymbolKind.SUBNET, SymbolKind.ADDRESS)]
    own = ["IPv6 subnet of n6", "IPv6 address of the gateway in n6", "IPv6 address of web in n6"]
    known = [*own, "IPv6 address in n6"]
    assert names == (known if status == 201 else [])


def test_all_exposed_ports_of_a_known_image_are_published_and_of_another_one_it_is_said() -> None:
    images = {"known": ("80/tcp", "443/tcp")}
    engine = StandIn(recorded("28.5.2-iptables-nft/fresh"), images.get)
    for image in ("known", "other"):
        body = {"Image": image, "HostConfig": {"PublishAllPorts": True}}
        ask(engine, "POST", "/containers/create", body, name=f"of-{image}")
        ask(engine, "POST", f"/containers/of-{image}/start")
    planned = engine.planned()
    found = containers(planned.facts_after)
    assert sorted(found["/of-known"]["ports"]) == ["443/tcp", "80/tcp"]
    assert found["/of-other"]["ports"] == {}
    assert [dict(one.args) for one in planned.assumptions if one.kind == "exposed-unknown"] == [
        {"container": "of-other", "image": "other"}
    ]


def _composed(engine: StandIn, *, order: tuple[str, ...], waits: str = "") -> None:
    """Ask as Compose does for a project of two services on two networks, in one of the orders that it takes."""
    for name in order:
        make_network(engine, f"p_{name}", Labels={"com.docker.compose.project": "p"})
    for name in order:
        labels = {"com.docker.compose.project": "p", "com.docker.compose.service": name}
        if name == "a" and waits:
            labels["com.docker.compose.depends_on"] = waits
        body = BUSYBOX | {"Labels": labels, "HostConfig": {"NetworkMode": "p_a"}}
        ask(engine, "POST", "/containers/create", body, name=f"p-{name}-1")
    for name in sorted(order, reverse=True) if waits else order:
        ask(engine, "POST", f"/containers/p-{name}-1/start")


def test_whatever_order_compose_takes_the_plan_is_the_same() -> None:
    plans = []
    for order in (("a", "b"), ("b", "a")):
        engine = _engine()
        _composed(engine, order=order)
        plans.append(engine.planned())
    assert plans[0] == plans[1]
    assert networks(plans[0].facts_after)["p_a"]["pools"] == [("172.18.0.0/16", "172.18.0.1")]


def test_what_parallel_services_may_swap_is_a_symbol() -> None:
    engine = _engine()
    _composed(engine, order=("a", "b"))
    found = {one.name: one.range for one in engine.planned().symbols if one.kind != SymbolKind.BRIDGE}
    assert found["subnet of p_a"] == "172.18.0.0/16, 172.19.0.0/16"
    assert found["address of p-a-1 in p_a"] == "in {subnet of p_a}"


@pytest.mark.parametrize(("waits", "swapping"), [("", ["p-a-1, p-b-1"]), ("b:service_started:false", [])])
def test_services_that_wait_for_one_another_swap_no_address(waits: str, swapping: list[str]) -> None:
    engine = _engine()
    _composed(engine, order=("a", "b"), waits=waits)
    said = [dict(one.args) for one in engine.planned().assumptions if one.kind == "start-order"]
    assert [one["containers"] for one in said] == swapping


@pytest.mark.parametrize(("waits", "swaps"), [("b:service_started:false", True), ("b:service_started:true", False)])
def test_a_restart_of_compose_waits_only_for_services_that_have_to_follow(waits: str, *, swaps: bool) -> None:
    made = _engine()
    _composed(made, order=("a", "b"), waits=waits)
    engine = stand_in(made.planned().facts_after)
    for name in ("b", "a"):
        ask(engine, "POST", f"/containers/p-{name}-1/restart")
    assert bool([one for one in engine.planned().assumptions if one.kind == "start-order"]) is swaps


@pytest.mark.parametrize("order", ["ab", "ba"])
@pytest.mark.parametrize(("range_", "competes"), [("8080-8081", True), ("8081-8082", False)])
def test_a_port_that_a_range_of_a_parallel_service_may_take_first_is_an_assumption(
    range_: str, order: str, *, competes: bool
) -> None:
    engine = _engine()
    for name, port in (("a", "8080"), ("b", range_)):
        labels = {"com.docker.compose.project": "p", "com.docker.compose.service": name}
        bindings = {"80/tcp": [{"HostIp": "", "HostPort": port}]}
        body = BUSYBOX | {"Labels": labels, "ExposedPorts": {"80/tcp": {}}, "HostConfig": {"PortBindings": bindings}}
        ask(engine, "POST", "/containers/create", body, name=f"p-{name}-1")
    started = [ask(engine, "POST", f"/containers/p-{name}-1/start")[0] for name in order]
    assert started == [204, 204]
    said = [dict(one.args) for one in engine.planned().assumptions if one.kind == "ports-compete"]
    assert said == ([{"container": "p-a-1", "other": "p-b-1", "port": "8080/tcp"}] if competes else [])


def test_a_symbol_stands_where_its_value_stands_alone() -> None:
    symbols = (
        Symbol("host port 1-9", SymbolKind.HOST_PORT, "1-9", "32768"),
        Symbol("address of a", SymbolKind.ADDRESS, "", "172.18.0.2"),
        Symbol("subnet of n", SymbolKind.SUBNET, "", "172.18.0.0/16"),
    )
    text = "-d 172.18.0.2/32 -s 172.18.0.0/16 --dport 32768 0.0.0.0:32768 172.18.0.21 132768 fd00::172.18.0.2"
    assert speller(symbols)(text) == (
        "-d {address of a}/32 -s {subnet of n} --dport {host port 1-9} 0.0.0.0:{host port 1-9}"
        " {address in n} 132768 fd00::172.18.0.2"
    )


@pytest.mark.parametrize(("version", "shown"), [("26.1.5", "8080"), ("28.5.2", "")])
def test_an_engine_that_knows_no_gateway_modes_publishes_on_a_routed_network(version: str, shown: str) -> None:
    engine = _engine(version)
    make_network(engine, "n1", Options={"com.docker.network.bridge.gateway_mode_ipv4": "routed"})
    run(engine, "web", {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}, NetworkMode="n1")
    planned = engine.planned().facts_after
    ports = containers(planned)["/web"]["ports"]["80/tcp"]
    assert ports[0]["HostPort"] == shown
    inventory = parse_inventory(planned)
    assert inventory
    assert [str(one.mode4) for one in inventory.networks if one.name == "n1"] == ["routed" if not shown else "nat"]


def test_one_port_that_a_container_asks_for_twice_is_refused() -> None:
    engine = _engine()
    twice = [{"HostIp": "", "HostPort": "8060"}, {"HostIp": "", "HostPort": "8060"}]
    status, said = run(engine, "web", {"80/tcp": twice})
    assert status == 500
    assert "address already in use" in str(said)


@pytest.mark.parametrize(("version", "address"), [("26.1.5", "2001:db8:9::242:ac11:2"), ("28.5.2", "2001:db8:9::2")])
def test_older_engines_make_ipv6_addresses_of_the_default_bridge_from_hardware_ones(version: str, address: str) -> None:
    facts = recorded("28.5.2-iptables-nft/fresh")
    networks = json.loads(facts.files[Source.DOCKER_NETWORKS])
    bridge = next(one for one in networks if one["Name"] == "bridge")
    bridge["EnableIPv6"] = True
    bridge["IPAM"]["Config"].append({"Subnet": "2001:db8:9::/64", "Gateway": "2001:db8:9::1"})
    files = {**facts.files, Source.DOCKER_NETWORKS: json.dumps(networks).encode()}
    engine = stand_in(replace(facts, files=files), version)
    run(engine, "web")
    (end,) = containers(engine.planned().facts_after)["/web"]["networks"].values()
    assert end[0][2] == address


@pytest.mark.parametrize(("version", "port"), [("28.5.2", "40000"), ("29.6.0", "40003")])
def test_ports_that_the_kernel_reserves_are_skipped_since_29_6(version: str, port: str) -> None:
    facts = recorded("28.5.2-iptables-nft/fresh")
    lines = b"net.ipv4.ip_local_port_range = 40000\t40009\nnet.ipv4.ip_local_reserved_ports = 40000-40002,41000\n"
    files = {**facts.files, Source.SYSCTL: facts.files[Source.SYSCTL] + lines}
    engine = stand_in(replace(facts, files=files), version)
    run(engine, "web", {"80/tcp": [{"HostPort": ""}]})
    planned = engine.planned()
    assert containers(planned.facts_after)["/web"]["ports"]["80/tcp"][0]["HostPort"] == port
    assert [one.range for one in planned.symbols] == ["40000-40009"]


@pytest.mark.parametrize(
    "switch", ["ip_local_port_range = 1 ", "ip_local_port_range = 1 ²", "ip_local_reserved_ports = "]
)
def test_a_switch_that_holds_no_numbers_of_ports_is_as_if_absent(switch: str) -> None:
    facts = recorded("28.5.2-iptables-nft/fresh")
    line = f"net.ipv4.{switch}{'9' * 5000}\n".encode()
    files = {**facts.files, Source.SYSCTL: facts.files[Source.SYSCTL] + line}
    engine = stand_in(replace(facts, files=files), "29.6.0")
    assert run(engine, "web", {"80/tcp": [{"HostPort": ""}]})[0] == 204
    assert [one.range for one in engine.planned().symbols] == ["32768-60999"]


@pytest.mark.parametrize(
    ("said", "number"), [("3", 3), ("", 0), ("x", 0), pytest.param("9" * 5000, 0, id="more digits than a number has")]
)
def test_a_label_that_is_no_number_gives_a_container_none(said: str, number: int) -> None:
    assert number_of({"Config": {"Labels": {"com.docker.compose.container-number": said}}}) == number


def test_an_older_engine_has_the_ports_of_a_range_for_each_address_of_the_host() -> None:
    engine = _engine("20.10.24")
    for name in ("aa", "bb"):
        run(engine, name, {"80/tcp": [{"HostIp": "", "HostPort": "3000-3001"}]})
    found = containers(engine.planned().facts_after)
    given = [(one["HostIp"], one["HostPort"]) for name in found for one in found[name]["ports"]["80/tcp"]]
    assert len(set(given)) == 4
    assert {port for _, port in given} == {"3000", "3001"}


@pytest.mark.parametrize("version", ["20.10.24", "28.5.2"])
def test_the_example_of_a_port_is_no_port_of_another_container(version: str) -> None:
    engine = _engine(version)
    run(engine, "all", {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8090"}]})
    run(engine, "own", {"80/tcp": [{"HostIp": "::1", "HostPort": "8090-8093"}]})
    (symbol,) = (one for one in engine.planned().symbols if one.kind == "host-port")
    assert (symbol.range, symbol.example) == ("8090-8093", "8091")


@pytest.mark.parametrize(("version", "status"), [("20.10.24", 500), ("26.1.5", 500), ("28.5.2", 204)])
def test_before_27_the_next_port_of_a_range_fails_the_start_where_another_address_has_it(
    version: str, status: int
) -> None:
    engine = _engine(version)
    run(engine, "all", {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8250"}]})
    answer = run(engine, "own", {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8250-8253"}]})
    assert answer[0] == status
    if status != 204:
        assert "listen tcp4 127.0.0.1:8250: bind: address already in use" in _message(answer)[1]
    assert run(engine, "other", {"80/tcp": [{"HostIp": "127.0.0.2", "HostPort": "8260-8263"}]})[0] == 204


@pytest.mark.parametrize(("then", "status"), [("start", 204), ("stop", 500)])
def test_a_link_leads_to_a_running_container_of_the_default_network(then: str, status: int) -> None:
    engine = _engine()
    make_network(engine, "n1")
    run(engine, "other", NetworkMode="n1")
    assert run(engine, "first", Links=["nobody:x"])[0] == 400
    assert _message(run(engine, "second", Links=["other:x"]))[1].startswith("Cannot link to /other, as it does not")
    run(engine, "db")
    ask(engine, "POST", f"/containers/db/{then}")
    assert run(engine, "third", Links=["db:x"])[0] == status
    assert run(engine, "fourth", NetworkMode="n1", Links=["db:x"])[0] == 204


def _wish(engine: StandIn, network: str, address: str) -> tuple[int, Any]:
    ask(engine, "POST", "/containers/create", BUSYBOX, name=f"on-{network}")
    ask(engine, "POST", f"/containers/on-{network}/start")
    config = {"IPAMConfig": {"IPv4Address": address}}
    body = {"Container": f"on-{network}", "EndpointConfig": config}
    return ask(engine, "POST", f"/networks/{network}/connect", body)


def test_an_address_can_be_asked_for_only_where_the_subnet_was_given() -> None:
    engine = _engine()
    make_network(engine, "chosen")
    make_network(engine, "given", IPAM={"Config": [{"Subnet": "172.28.0.0/16", "Gateway": "172.28.0.1"}]})
    assert _wish(engine, "given", "172.28.0.9")[0] == 200
    assert "user configured subnets" in _message(_wish(engine, "chosen", "172.18.0.9"))[1]
    assert "subnet-given" not in {one.kind for one in engine.planned().assumptions}


@pytest.mark.parametrize(("family", "address"), [("IPv4", "172.18.0.9"), ("IPv6", "{prefix}9")])
def test_whether_the_subnet_of_a_recorded_network_was_given_is_an_assumption(family: str, address: str) -> None:
    before = _engine()
    make_network(before, "n1", EnableIPv6=True)
    facts = before.planned().facts_after
    made = json.loads(facts.files[Source.DOCKER_NETWORKS])
    recorded_before = json.dumps([one | {"Created": "2026-01-01T00:00:00Z"} for one in made]).encode()
    engine = stand_in(replace(facts, files={**facts.files, Source.DOCKER_NETWORKS: recorded_before}))
    prefix = networks(facts)["n1"]["pools"][-1][0].partition("/")[0]
    wish = {"IPAMConfig": {f"{family}Address": address.format(prefix=prefix)}}
    run(engine, "web", NetworkMode="bridge")
    assert ask(engine, "POST", "/networks/n1/connect", {"Container": "web", "EndpointConfig": wish})[0] == 200
    assert "subnet-given" in {one.kind for one in engine.planned().assumptions}


def test_since_27_an_ipv6_subnet_comes_from_the_daemons_pools_where_it_has_some() -> None:
    facts = recorded("28.5.2-iptables-nft/fresh")
    pools = [{"Base": "10.200.0.0/16", "Size": 24}, {"Base": "2001:db8:8000::/40", "Size": 64}]
    info = json.dumps(json.loads(facts.files[Source.DOCKER_INFO]) | {"DefaultAddressPools": pools}).encode()
    engine = stand_in(replace(facts, files={**facts.files, Source.DOCKER_INFO: info}))
    for name in ("n1", "n2"):
        make_network(engine, name, EnableIPv6=True)
    made = networks(engine.planned().facts_after)
    assert [pool[0] for pool in made["n2"]["pools"]] == ["10.200.1.0/24", "2001:db8:8000:1::/64"]
    assert not [one for one in engine.planned().symbols if one.kind is SymbolKind.SUBNET]


def test_networks_with_an_ipv6_subnet_alone_swap_ipv4_ones_and_services_swap_ipv6_addresses() -> None:
    engine = _engine()
    for name in ("a", "b"):
        ipv6 = {"EnableIPv6": True, "IPAM": {"Config": [{"Subnet": f"2001:db8:{name}::/64"}]}}
        make_network(engine, f"p_{name}", Labels={"com.docker.compose.project": "p"}, **ipv6)
    for name in ("a", "b"):
        labels = {"com.docker.compose.project": "p", "com.docker.compose.service": name}
        body = BUSYBOX | {"Labels": labels, "HostConfig": {"NetworkMode": "p_a"}}
        ask(engine, "POST", "/containers/create", body, name=f"p-{name}-1")
    for name in ("a", "b"):
        ask(engine, "POST", f"/containers/p-{name}-1/start")
    found = {one.name: one.range for one in engine.planned().symbols}
    assert found["subnet of p_b"] == "172.18.0.0/16, 172.19.0.0/16"
    assert found["IPv6 address of p-b-1 in p_a"] == "2001:db8:a::2, 2001:db8:a::3"


def test_networks_of_a_project_end_after_its_containers_whatever_their_names() -> None:
    """A network with a name of its own may come before the containers in the alphabet."""
    made = _engine()
    labels = {"com.docker.compose.project": "p", "com.docker.compose.service": "web"}
    make_network(made, "a_front", Labels=labels)
    body = BUSYBOX | {"Labels": labels, "HostConfig": {"NetworkMode": "a_front"}}
    ask(made, "POST", "/containers/create", body, name="p-web-1")
    ask(made, "POST", "/containers/p-web-1/start")
    engine = stand_in(made.planned().facts_after)
    for method, path in (("POST", "/containers/p-web-1/stop"), ("DELETE", "/containers/p-web-1")):
        ask(engine, method, path)
    ask(engine, "DELETE", "/networks/a_front")
    planned = engine.planned()
    assert planned.refused == ()
    assert "a_front" not in networks(planned.facts_after)


@pytest.mark.parametrize(("switch", "status"), [("0", 500), ("1", 204), (None, 204)])
@pytest.mark.parametrize("version", ["26.1.5", "28.5.2"])
def test_a_port_on_an_address_that_the_host_does_not_have(version: str, switch: str | None, status: int) -> None:
    facts = recorded(f"{version}-iptables-nft/fresh")
    line = b"" if switch is None else f"net.ipv4.ip_nonlocal_bind = {switch}\n".encode()
    sysctls = line + (facts.files[Source.SYSCTL] or b"")
    engine = stand_in(replace(facts, files={**facts.files, Source.SYSCTL: sysctls}))
    for address, answer in (("192.0.2.10", 204), ("127.0.0.9", 204), ("192.0.2.99", status)):
        name = f"on-{address}"
        found = run(engine, name, {"80/tcp": [{"HostIp": address, "HostPort": "8080"}]})
        assert found[0] == answer
    said = [dict(one.args) for one in engine.planned().assumptions if one.kind == "address-absent"]
    assert said == ([{"address": "192.0.2.99"}] if switch is None else [])


@pytest.mark.parametrize(("signal", "is_sure"), [("KILL", True), ("SIGTERM", False), ("HUP", True)])
def test_whether_a_signal_ends_a_container_is_its_programs_business(signal: str, *, is_sure: bool) -> None:
    engine = _engine()
    run(engine, "web")
    ask(engine, "POST", "/containers/web/kill", signal=signal)
    planned = engine.planned()
    assert ("ends" not in {one.kind for one in planned.assumptions}) is is_sure
    assert containers(planned.facts_after)["/web"]["running"] is (signal == "HUP")


@pytest.mark.parametrize("proxied", [True, False])
@pytest.mark.parametrize("version", ["20.10.24", "26.1.5", "28.5.2"])
def test_docker_proxy_or_dockerd_itself_needs_a_kernel_with_sctp(version: str, *, proxied: bool) -> None:
    scenario = "fresh" if proxied else "no-proxy-one-port"
    engine = stand_in(recorded(f"{version}-iptables-nft/{scenario}"))
    run(engine, "web", {"80/sctp": [{"HostIp": "", "HostPort": "8080"}]})
    assert [dict(one.args) for one in engine.planned().assumptions if one.kind == "kernel-sctp"] == [{"port": "80"}]


def test_a_switch_of_the_hosts_network_is_set_by_no_container_also_through_another_one() -> None:
    engine = _engine()
    assert run(engine, "own", NetworkMode="host")[0] == 204
    assert run(engine, "near", NetworkMode="container:own")[0] == 204
    sysctls = {"net.core.somaxconn": "99"}
    for mode in ("host", "container:own", "container:near"):
        answer = run(engine, mode.replace(":", "-"), NetworkMode=mode, Sysctls=sysctls)
        assert 'sysctl "net.core.somaxconn" not allowed in host network namespace' in _message(answer)[1]
    assert run(engine, "apart", Sysctls=sysctls)[0] == 204
    assert run(engine, "beside", NetworkMode="container:apart", Sysctls=sysctls)[0] == 204


def test_an_interface_carries_macvlan_or_ipvlan() -> None:
    engine = _engine()
    for number, driver in enumerate(("macvlan", "ipvlan")):
        pool = {"Config": [{"Subnet": f"198.51.{number}.0/24"}]}
        make_network(engine, driver, Driver=driver, IPAM=pool, Options={"parent": "eth0"})
    assert run(engine, "first", NetworkMode="ipvlan")[0] == 204
    assert "failed to create the macvlan port" in _message(run(engine, "second", NetworkMode="macvlan"))[1]
    ask(engine, "POST", "/containers/first/stop")
    assert ask(engine, "POST", "/containers/second/start")[0] == 204


_NO_MAC = "ipvlan interfaces do not support custom mac address assignment"


@pytest.mark.parametrize("version", ["20.10.24", "28.5.2"])
def test_an_ipvlan_has_no_hardware_addresses_of_its_own(version: str) -> None:
    engine = _engine(version)
    pool = {"Config": [{"Subnet": "198.51.100.0/24"}]}
    make_network(engine, "side", Driver="ipvlan", IPAM=pool, Options={"parent": "eth0"})
    body = BUSYBOX | {"MacAddress": "02:42:ac:11:00:77", "HostConfig": {"NetworkMode": "side"}}
    ask(engine, "POST", "/containers/create", body, name="web")
    status, message = _message(ask(engine, "POST", "/containers/web/start"))
    assert (status, message.removeprefix("failed to set up container networking: ")) == (500, _NO_MAC)
    end = {"MacAddress": "02:42:ac:11:00:78"}
    assert run(engine, "db")[0] == 204
    joined = ask(engine, "POST", "/networks/side/connect", {"Container": "db", "EndpointConfig": end})
    assert _message(joined) == (500, _NO_MAC)


def test_a_link_to_a_container_that_was_removed_leads_to_none_that_runs() -> None:
    engine = _engine()
    run(engine, "db")
    run(engine, "web", Links=["db:x"])
    ask(engine, "DELETE", "/containers/db", force="1")
    run(engine, "db")
    ask(engine, "DELETE", "/containers/db", force="1")
    status, message = _message(ask(engine, "POST", "/containers/web/restart"))
    assert (status, message.startswith("Cannot link to a non running container: /db AS ")) == (500, True)


def test_networks_are_pruned_by_a_label_that_they_have_and_by_one_that_they_have_not() -> None:
    engine = _engine()
    for name, labels in (("one", {"tier": "a"}), ("two", {"tier": "b"}), ("three", {})):
        make_network(engine, name, Labels=labels)
    filters = json.dumps({"label!": {"tier=a": True}})
    assert ask(engine, "POST", "/networks/prune", filters=filters)[1] == {"NetworksDeleted": ["two", "three"]}
    filters = json.dumps({"label": ["tier"]})
    assert ask(engine, "POST", "/networks/prune", filters=filters)[1] == {"NetworksDeleted": ["one"]}


@pytest.mark.parametrize(("version", "network", "priority"), [("26.1.5", "a", 0), ("28.5.2", "b", 5)])
def test_a_gateway_priority_is_nothing_to_an_engine_before_28(version: str, network: str, priority: int) -> None:
    engine = _engine(version)
    for name, subnet in (("a", "10.1.0.0/24"), ("b", "10.2.0.0/24")):
        make_network(engine, name, IPAM={"Config": [{"Subnet": subnet}]})
    ends = {"a": {}, "b": {"GwPriority": 5}}
    host_config = {"NetworkMode": "a", "PortBindings": {"80/tcp": [{"HostPort": "8080"}]}}
    body = BUSYBOX | {"ExposedPorts": {"80/tcp": {}}, "HostConfig": host_config}
    ask(engine, "POST", "/containers/create", body | {"NetworkingConfig": {"EndpointsConfig": ends}}, name="web")
    ask(engine, "POST", "/containers/web/start")
    planned = engine.planned()
    assert containers(planned.facts_after)["/web"]["networks"]["b"][1] == priority
    rules = plan_host(parse_snapshot(recorded(f"{version}-iptables-nft/fresh")), planned, CATALOG).changes
    (leads,) = [one.text for one in rules if "-j DNAT" in one.text]
    assert leads.endswith({"a": "10.1.0.2:80", "b": "10.2.0.2:80"}[network])


def test_a_container_that_has_not_started_shows_the_address_that_was_asked_for() -> None:
    engine = _engine()
    make_network(engine, "a", IPAM={"Config": [{"Subnet": "10.1.0.0/24"}]})
    asked = {"IPAddress": "10.1.0.9", "IPAMConfig": {"IPv4Address": "10.1.0.9"}}
    networking = {"EndpointsConfig": {"a": asked}}
    body = BUSYBOX | {"HostConfig": {"NetworkMode": "a"}, "NetworkingConfig": networking}
    ask(engine, "POST", "/containers/create", body, name="web")
    assert containers(engine.planned().facts_after)["/web"]["networks"]["a"][0][:2] == ["10.1.0.9", 0]


@pytest.mark.parametrize(("version", "shown"), [("26.1.5", {"0/tcp"}), ("29.7.2", {"7000/tcp", "7001/tcp"})])
def test_a_range_that_is_exposed_is_port_0_before_29(version: str, shown: set[str]) -> None:
    engine = stand_in(recorded("28.5.2-iptables-nft/fresh"), version)
    ask(engine, "POST", "/containers/create", BUSYBOX | {"ExposedPorts": {"7000-7001": {}}}, name="web")
    ask(engine, "POST", "/containers/web/start")
    assert containers(engine.planned().facts_after)["/web"]["ports"].keys() == shown


def test_containers_are_listed_from_the_newest_on() -> None:
    engine = stand_in(recorded("28.5.2-iptables-nft/many", "02"))
    for name in ("one", "two"):
        run(engine, name)
    names = [one["Names"][0] for one in ask(engine, "GET", "/containers/json")[1]]
    assert names == ["/two", "/one", "/k0"]


def test_an_image_that_is_not_known_is_an_assumption_unless_a_container_has_it() -> None:
    engine = StandIn(recorded("28.5.2-iptables-nft/fresh"), lambda image: () if image == "here" else None)
    for name, image in (("one", "ngnix"), ("two", "here")):
        ask(engine, "POST", "/containers/create", {"Image": image}, name=name)
    unknown = [dict(one.args) for one in engine.planned().assumptions if one.kind is AssumptionKind.IMAGE_UNKNOWN]
    assert unknown == [{"image": "ngnix"}]
    engine = StandIn(recorded("28.5.2-iptables-nft/many", "02"), lambda _: None)
    ask(engine, "POST", "/containers/create", {"Image": "busybox:local"}, name="three")
    assert not engine.planned().assumptions


@pytest.mark.parametrize(
    ("driver", "scope", "status", "message"),
    [
        ("bridge", "global", 501, "netaudit plan does not follow --scope global: "),
        ("bridge", "swarm", 501, "netaudit plan does not follow --scope swarm: "),
        ("macvlan", "other", 501, "netaudit plan does not follow --scope other: "),
        ("overlay", "local", 403, "cannot downgrade network scope for overlay networks"),
    ],
)
def test_a_network_of_another_scope_than_its_drivers_is_not_planned(
    driver: str, scope: str, status: int, message: str
) -> None:
    found, said = _message(make_network(_engine(), "wide", Driver=driver, Scope=scope))
    assert (found, said[: len(message)]) == (status, message)


def test_a_bridge_of_the_local_scope_is_a_bridge() -> None:
    assert make_network(_engine(), "near", Scope="local")[0] == 201


def test_the_last_container_that_a_plan_removes_is_not_said_to_be_unlisted() -> None:
    engine = stand_in(recorded("28.5.2-iptables-nft/default-one-port", "01"))
    ask(engine, "DELETE", "/containers/web", force="1")
    planned = parse_snapshot(engine.planned().facts_after)
    assert planned.inventory
    assert (planned.inventory.containers, planned.inventory.partial) == ((), False)
    assert not any(gap.source == Source.DOCKER_CONTAINERS for gap in planned.gaps)


def test_a_plan_that_removes_one_of_several_containers_counts_the_others() -> None:
    facts = recorded("28.5.2-iptables-nft/same-port-two-containers", "02")
    containers = [one["Name"] for one in json.loads(facts.files[Source.DOCKER_CONTAINERS])]
    engine = stand_in(facts)
    ask(engine, "DELETE", f"/containers{containers[0]}", force="1")
    planned = parse_snapshot(engine.planned().facts_after)
    assert planned.inventory
    assert (len(planned.inventory.containers), planned.inventory.partial) == (len(containers) - 1, False)

"""Containers that start together: what one asks for by its number, another one may have taken by then."""

from typing import Any

import pytest
from plan.asking import BUSYBOX, ask, make_network, run
from plan.clients import recorded, stand_in
from plan.inventories import containers

from netaudit.plan.engine.plan import StandIn
from netaudit.plan.engine.state import EngineState

_POOL = {"Config": [{"Subnet": "10.9.0.0/24"}]}


def _engine(version: str = "28.5.2") -> StandIn:
    return stand_in(recorded(f"{version}-iptables-nft/fresh"))


def _create(
    engine: StandIn, name: str, *, ports: Any = None, address: str = "", network: str = "", waits: str = ""
) -> None:
    labels = {"com.docker.compose.project": "p", "com.docker.compose.service": name}
    labels |= {"com.docker.compose.depends_on": f"{waits}:service_started:false"} if waits else {}
    ends = {network: {"IPAMConfig": {"IPv4Address": address} if address else None}} if network else {}
    host = {"PortBindings": ports or {}, "NetworkMode": network or "bridge"}
    exposed = {port: {} for port in ports or {}}
    body = {**BUSYBOX, "Labels": labels, "HostConfig": host, "ExposedPorts": exposed}
    body |= {"NetworkingConfig": {"EndpointsConfig": ends}}
    assert ask(engine, "POST", "/containers/create", body, name=f"p-{name}-1")[0] == 201


def _start(engine: StandIn, *names: str) -> list[int]:
    return [ask(engine, "POST", f"/containers/p-{name}-1/start")[0] for name in names]


def _said(engine: StandIn, kind: str) -> list[dict[str, str]]:
    return [dict(one.args) for one in engine.planned().assumptions if one.kind == kind]


@pytest.mark.parametrize("version", ["20.10.24", "28.5.2"])
@pytest.mark.parametrize(("address", "competes"), [("10.9.0.2", True), ("10.9.0.3", True), ("10.9.0.4", False)])
def test_an_address_that_is_asked_for_is_left_by_parallel_services_which_is_an_assumption(
    version: str, address: str, *, competes: bool
) -> None:
    engine = _engine(version)
    make_network(engine, "n", IPAM=_POOL)
    _create(engine, "a", network="n")
    _create(engine, "b", network="n")
    _create(engine, "z", network="n", address=address)
    assert _start(engine, "a", "b", "z") == [204, 204, 204]
    found = containers(engine.planned().facts_after)
    addresses = {found[f"/p-{name}-1"]["networks"]["n"][0][0] for name in "abz"}
    assert addresses == {address, *sorted({f"10.9.0.{number}" for number in (2, 3, 4)} - {address})[:2]}
    expected = {"container": "p-z-1", "other": "p-a-1, p-b-1", "network": "n", "address": address}
    assert _said(engine, "addresses-compete") == ([expected] if competes else [])


def test_a_service_that_waits_for_the_one_with_the_address_does_not_compete_and_one_before_it_takes_it() -> None:
    engine = _engine()
    make_network(engine, "n", IPAM=_POOL)
    _create(engine, "a", network="n", waits="z")
    _create(engine, "z", network="n", address="10.9.0.2")
    assert _start(engine, "z", "a") == [204, 204]
    assert _said(engine, "addresses-compete") == []
    engine = _engine()
    make_network(engine, "n", IPAM=_POOL)
    _create(engine, "a", network="n")
    _create(engine, "z", network="n", address="10.9.0.2", waits="a")
    assert _start(engine, "a", "z") == [204, 403]


def test_a_service_that_no_request_starts_leaves_its_address_to_others() -> None:
    engine = _engine()
    make_network(engine, "n", IPAM=_POOL)
    _create(engine, "a", network="n")
    _create(engine, "z", network="n", address="10.9.0.2")
    assert _start(engine, "a") == [204]
    assert containers(engine.planned().facts_after)["/p-a-1"]["networks"]["n"][0][0] == "10.9.0.2"


@pytest.mark.parametrize(("version", "unsure"), [("20.10.24", True), ("26.1.5", True), ("28.5.2", False)])
def test_an_older_engine_may_choose_a_port_of_a_range_that_another_address_has(version: str, *, unsure: bool) -> None:
    engine = _engine(version)
    run(engine, "all", {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8252"}]})
    assert run(engine, "own", {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8250-8253"}]})[0] == 204
    expected = {"container": "own", "ports": "8250-8253/tcp", "port": "8252"}
    assert _said(engine, "port-turn") == ([expected] if unsure else [])


def test_many_held_ports_of_one_range_are_one_assumption_which_names_the_first() -> None:
    engine = _engine("20.10.24")
    held = {f"{port}/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}] for port in range(20000, 20300)}
    assert run(engine, "holds", held)[0] == 204
    assert run(engine, "own", {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "1000-65000"}]})[0] == 204
    said = {"container": "own", "ports": "1000-65000/tcp", "port": "20000, 20001, 20002, 20003 and 296 more"}
    assert _said(engine, "port-turn") == [said]


def test_what_competes_for_addresses_is_found_without_asking_each_container_about_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine, number = _engine(), 40
    make_network(engine, "n", IPAM=_POOL)
    for at in range(number):
        _create(engine, f"s{at}", network="n", address=f"10.9.0.{100 + at}" if at % 2 else "")
    _start(engine, *(f"s{at}" for at in range(number)))
    asked: list[str] = []
    find = EngineState.find_container
    monkeypatch.setattr(EngineState, "find_container", lambda state, name: asked.append(name) or find(state, name))
    engine.planned()
    assert len(asked) < 20 * number


@pytest.mark.parametrize(("version", "unsure"), [("20.10.24", True), ("28.5.2", False)])
@pytest.mark.parametrize("other", ["127.0.0.1", "0.0.0.0"])
def test_ranges_of_parallel_services_on_addresses_that_meet_may_get_the_same_port(
    version: str, other: str, *, unsure: bool
) -> None:
    engine = _engine(version)
    _create(engine, "a", ports={"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8250-8253"}]})
    _create(engine, "b", ports={"80/tcp": [{"HostIp": other, "HostPort": "8252-8255"}]})
    assert _start(engine, "a", "b") == [204, 204]
    said = {one["container"] for one in _said(engine, "port-turn") if one["port"].startswith("one that")}
    assert said == ({"p-a-1", "p-b-1"} if unsure and other == "127.0.0.1" else set())

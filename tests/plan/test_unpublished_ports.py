"""Ports that a command asks for, and that its engine publishes nowhere."""

from typing import Any

import pytest
from msgspec.structs import replace
from plan.asking import BUSYBOX, ask, make_network
from plan.clients import recorded, stand_in

from netaudit.model.facts import Source
from netaudit.parse.docker.inventory import parse_inventory
from netaudit.plan.engine.plan import StandIn
from netaudit.plan.pitfalls import find_unpublished

_BODY = BUSYBOX | {"ExposedPorts": {"80/tcp": {}}, "HostConfig": {"NetworkMode": "inner"}}
_PUBLISHED = {"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8085"}]}}


def _engine() -> StandIn:
    engine = stand_in(recorded("28.5.2-iptables-nft/fresh"))
    assert make_network(engine, "inner", Internal=True)[0] == 201
    return engine


def _create(engine: StandIn, name: str = "", **host_config: Any) -> str:
    body = _BODY | {"HostConfig": {"NetworkMode": "inner", **host_config}}
    status, answer = ask(engine, "POST", "/containers/create", body, **({"name": name} if name else {}))
    assert status == 201
    return str(answer["Id"])


def _said(engine: StandIn) -> list[tuple[str, str, str]]:
    planned = engine.planned()
    before = parse_inventory(recorded("28.5.2-iptables-nft/fresh"))
    found = find_unpublished(planned.to_publish, before, parse_inventory(planned.facts_after))
    return [(args["container"], args["networks"], args["ports"]) for args in (dict(one.args) for one in found)]


@pytest.mark.parametrize("name", ["web", ""], ids=["with --name", "without --name"])
@pytest.mark.parametrize("how", [_PUBLISHED, {"PublishAllPorts": True}], ids=["-p", "-P"])
def test_a_container_on_an_internal_network_publishes_nothing(name: str, how: dict[str, Any]) -> None:
    engine = _engine()
    ask(engine, "POST", f"/containers/{_create(engine, name, **how)}/start")
    assert _said(engine) == [(name or "unnamed_1", "inner", "80/tcp")]


def test_each_container_without_a_name_is_told() -> None:
    engine = _engine()
    for _ in range(2):
        ask(engine, "POST", f"/containers/{_create(engine, **_PUBLISHED)}/start")
    assert [name for name, _, _ in _said(engine)] == ["unnamed_1", "unnamed_2"]


def test_a_container_that_gets_another_name_is_told_by_that() -> None:
    engine = _engine()
    identity = _create(engine, "first", **_PUBLISHED)
    ask(engine, "POST", f"/containers/{identity}/start")
    assert ask(engine, "POST", f"/containers/{identity}/rename", name="second")[0] == 204
    assert [name for name, _, _ in _said(engine)] == ["second"]


def test_a_container_that_is_only_created_or_asks_for_no_port_is_not_told() -> None:
    engine = _engine()
    _create(engine, **_PUBLISHED)
    ask(engine, "POST", f"/containers/{_create(engine)}/start")
    assert _said(engine) == []


def test_a_container_that_was_there_is_told_when_it_is_started_and_not_when_it_ran_before() -> None:
    engine = _engine()
    created = _create(engine, "web", **_PUBLISHED)
    facts = engine.planned().facts_after
    again = stand_in(facts)
    ask(again, "POST", f"/containers/{created}/start")
    assert [name for name, _, _ in _said(again)] == ["web"]
    planned = again.planned()
    running = parse_inventory(planned.facts_after)
    assert not list(find_unpublished(planned.to_publish, running, running))


def test_without_dockers_networks_nothing_is_told() -> None:
    engine = _engine()
    ask(engine, "POST", f"/containers/{_create(engine, **_PUBLISHED)}/start")
    planned = engine.planned()
    files = {name: data for name, data in planned.facts_after.files.items() if name != Source.DOCKER_NETWORKS}
    after = parse_inventory(replace(planned.facts_after, files=files))
    assert not list(find_unpublished(planned.to_publish, None, after))

"""Services of a swarm at the stand-in engine: their tasks, addresses, host-mode ports, and what the swarm refuses."""

import json
from typing import Any

import pytest
from msgspec.structs import replace
from plan.asking import ask, make_network, run
from plan.clients import recorded, stand_in
from plan.inventories import containers, networks

from netaudit.model.facts import Source
from netaudit.plan.engine.plan import StandIn


def _service(engine: StandIn, name: str, **others: Any) -> tuple[int, Any]:
    """Create a service that publishes port 80 of its tasks as 8080 of the host."""
    ports = [{"TargetPort": 80, "PublishedPort": 8080, "PublishMode": "host"}]
    template = {"ContainerSpec": {"Image": "busybox"}, "Networks": [{"Target": "ov"}]}
    spec = {"Name": name, "Mode": {"Replicated": {}}, "EndpointSpec": {"Ports": ports}, "TaskTemplate": template}
    return ask(engine, "POST", "/services/create", spec | others)


def _swarm() -> StandIn:
    """Return the engine of a swarm with an overlay network."""
    engine = stand_in(recorded("28.5.2-iptables-nft/swarm", "01"))
    make_network(engine, "ov", Driver="overlay", Attachable=True)
    return engine


def test_a_service_of_which_nobody_says_how_many_has_one_task() -> None:
    engine = _swarm()
    assert _service(engine, "web")[0] == 201
    assert ask(engine, "GET", "/services/web")[1]["Spec"]["Mode"]["Replicated"]["Replicas"] == 1


def test_a_task_on_an_overlay_network_publishes_its_host_mode_ports_on_docker_gwbridge() -> None:
    engine = _swarm()
    _service(engine, "web")
    found = engine.planned().facts_after
    assert containers(found)["/web.1"]["ports"] == {
        "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}, {"HostIp": "::", "HostPort": "8080"}]
    }
    assert containers(found)["/web.1"]["gateway"] == "172.18.0.3/16"
    assert networks(found)["ov"]["members"] == [("ov-endpoint", "10.0.1.4/24", ""), ("web.1", "10.0.1.3/24", "")]


def test_of_several_host_mode_ports_for_one_port_of_a_task_the_last_one_is_published() -> None:
    engine = _swarm()
    ports = [{"TargetPort": 80, "PublishedPort": port, "PublishMode": "host"} for port in (8080, 8081)]
    _service(engine, "web", EndpointSpec={"Ports": ports})
    bindings = containers(engine.planned().facts_after)["/web.1"]["ports"]["80/tcp"]
    assert {one["HostPort"] for one in bindings} == {"8081"}


@pytest.mark.parametrize("many", [{"Replicated": {"Replicas": 2}}, {"Global": {}}])
def test_a_task_whose_host_port_is_taken_waits_and_the_plan_says_why(many: dict[str, Any]) -> None:
    engine = _swarm()
    run(engine, "plain", {"80/tcp": [{"HostIp": "", "HostPort": "8081"}]})
    _service(engine, "web")
    _service(engine, "second", Mode=many)
    ports = [{"TargetPort": 80, "PublishedPort": 8081, "PublishMode": "host"}]
    _service(engine, "third", EndpointSpec={"Ports": ports})
    assert len(ask(engine, "GET", "/tasks", filters='{"service": ["second"]}')[1]) == (1 if "Global" in many else 2)
    planned = engine.planned()
    running = [name for name, one in containers(planned.facts_after).items() if one["running"]]
    assert sorted(running) == ["/plain", "/web.1"]
    said = {dict(one.args)["service"]: dict(one.args)["why"] for one in planned.assumptions if one.kind == "task-waits"}
    assert "host-mode port already in use" in said["second"]
    assert "Bind for 0.0.0.0:8081 failed: port is already allocated" in said["third"]


@pytest.mark.parametrize(
    ("mode", "other", "how"), [("host", "ingress", "host-published"), ("ingress", "host", "ingress")]
)
def test_a_port_of_the_mesh_is_no_other_services_port(mode: str, other: str, how: str) -> None:
    engine = _swarm()
    for name, one, status in (("web", mode, 201), ("same", other, 400)):
        ports = {"Ports": [{"TargetPort": 80, "PublishedPort": 8080, "PublishMode": one}]}
        answer = _service(engine, name, EndpointSpec=ports)
        assert answer[0] == status
    assert "port '8080' is already in use by service 'web'" in answer[1]["message"]
    assert answer[1]["message"].endswith(f"{how} port")


def test_a_recorded_service_runs_on_where_a_stack_asks_for_what_it_has() -> None:
    made = _swarm()
    _service(made, "web")
    engine = stand_in(made.planned().facts_after)
    spec = ask(engine, "GET", "/services/web")[1]["Spec"]
    spec["TaskTemplate"] = {**spec["TaskTemplate"], "Networks": [{"Target": "ov"}], "Resources": {"Limits": {}}}
    ask(engine, "POST", "/services/web/update", spec)
    planned = engine.planned()
    assert planned.effects == ()
    assert "service-kept" in {one.kind for one in planned.assumptions}


def test_a_recorded_service_keeps_its_host_mode_ports_when_it_is_updated() -> None:
    made = _swarm()
    _service(made, "web")
    engine = stand_in(made.planned().facts_after)
    spec = ask(engine, "GET", "/services/web")[1]["Spec"]
    spec["TaskTemplate"]["ContainerSpec"]["Image"] = "other"
    assert ask(engine, "POST", "/services/web/update", spec)[0] == 200
    (running,) = (one for one in containers(engine.planned().facts_after).values() if one["running"])
    assert {one["HostPort"] for one in running["ports"]["80/tcp"]} == {"8080"}


def test_a_container_needs_docker_gwbridge_while_no_other_network_leads_out() -> None:
    engine = _swarm()
    make_network(engine, "front")
    make_network(engine, "inner", Driver="overlay", Attachable=True, Internal=True)
    run(engine, "solo", {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]}, NetworkMode="ov")
    run(engine, "shut", {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8081"}]}, NetworkMode="inner")
    seen = [_gateways(engine)]
    for what in ("connect", "disconnect"):
        ask(engine, "POST", f"/networks/front/{what}", {"Container": "solo"})
        seen.append(_gateways(engine))
        assert containers(engine.planned().facts_after)["/solo"]["ports"]["80/tcp"][0]["HostPort"] == "8080"
    ask(engine, "POST", "/containers/solo/stop")
    seen.append(_gateways(engine))
    assert seen == [1, 0, 1, 0]
    assert networks(engine.planned().facts_after)["ov"]["members"] == []


@pytest.mark.parametrize(("wish", "again"), [("", "10.0.1.4"), ("10.0.1.77", "10.0.1.77")])
def test_a_swarm_gives_the_next_address_after_a_restart_and_a_wanted_one_again(wish: str, again: str) -> None:
    engine = _swarm()
    config = {"IPAMConfig": {"IPv4Address": wish}} if wish else {}
    body = {
        "Image": "busybox",
        "HostConfig": {"NetworkMode": "ov"},
        "NetworkingConfig": {"EndpointsConfig": {"ov": config}},
    }
    ask(engine, "POST", "/containers/create", body, name="solo")
    ask(engine, "POST", "/containers/solo/start")
    ask(engine, "POST", "/containers/solo/restart")
    members = {name: address for name, address, _ in networks(engine.planned().facts_after)["ov"]["members"]}
    assert members["solo"] == f"{again}/24"


def test_the_address_that_a_recorded_task_shows_as_configured_is_the_swarms() -> None:
    made = _swarm()
    run(made, "solo", NetworkMode="ov")
    facts = made.planned().facts_after
    recorded_container = json.loads(facts.files[Source.DOCKER_CONTAINERS])
    recorded_container[0]["NetworkSettings"]["Networks"]["ov"]["IPAMConfig"] = {"IPv4Address": "10.0.1.2"}
    files = {**facts.files, Source.DOCKER_CONTAINERS: json.dumps(recorded_container).encode()}
    engine = stand_in(replace(facts, files=files))
    ask(engine, "POST", "/containers/solo/restart")
    assert ("solo", "10.0.1.4/24", "") in networks(engine.planned().facts_after)["ov"]["members"]


def _gateways(engine: StandIn) -> int:
    return len([one for one in containers(engine.planned().facts_after).values() if one["gateway"]])

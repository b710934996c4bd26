"""Podman's own client sent these requests; what they would do is planned, what is not followed is refused by name."""

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

import netaudit
from netaudit.api.plans import PlanContext, try_requests
from netaudit.api.rules import shipped_catalog
from netaudit.attribute import Standing, attribute_snapshot
from netaudit.errors import UsageError
from netaudit.model.engine_request import EngineRequest
from netaudit.model.exposure import Outcome, ZoneKind
from netaudit.model.facts import Source
from netaudit.model.plan import AssumptionKind, SymbolKind
from netaudit.packets.exposure.table import expose
from netaudit.plan.engine.answer import EngineRefusal
from netaudit.plan.planned import Planned
from netaudit.plan.podman import networks
from netaudit.plan.podman.ports import published, refuse_taken
from netaudit.plan.podman.state import PodmanState
from netaudit.standin.podman import check_podman, is_podman, sent_to_stand_in
from netaudit.store import load

RECORDINGS = Path(__file__).parents[1] / "recordings"
CONTEXT = PlanContext(netaudit.load_auditor())
LIBPOD = "/v5.4.2/libpod"


def _post(path: str, body: object = None, **query: str) -> EngineRequest:
    return EngineRequest("POST", LIBPOD + path, tuple(query.items()), body)


def _run(name: str, **body: object) -> list[EngineRequest]:
    made = _post("/containers/create", {"name": name, "image": "busybox", "netns": {"nsmode": ""}, **body})
    return [made, _post(f"/containers/{name}/start", recursive="true")]


def _port(host_port: int, container_port: int, count: int = 1, host_ip: str = "", protocol: str = "") -> object:
    names = ("host_ip", "container_port", "host_port", "range", "protocol")
    return dict(zip(names, (host_ip, container_port, host_port, count, protocol), strict=True))


def _plan(*requests: EngineRequest, on: str = "podman-5.4.2-nftables/one-port/01") -> Planned:
    return try_requests(load(RECORDINGS / on), requests, "a plan", CONTEXT)


def _texts(plan: Planned) -> list[str]:
    return [f"{one.change.item.chain} {one.text}" for one in plan.rules or () if one.change.item.object == "rule"]


def _messages(plan: Planned) -> list[str]:
    return [one.message for one in plan.refused]


def test_a_published_port_is_planned_with_the_address_that_nobody_knows_yet() -> None:
    plan = _plan(*_run("db", portmappings=[_port(5432, 5432)]))
    assert plan.refused == ()
    assert _texts(plan) == [
        "NETAVARK-HOSTPORT-DNAT tcp dport 5432 jump nv_2f259bab_10_88_0_0_nm16_dnat",
        "nv_2f259bab_10_88_0_0_nm16_dnat ip saddr 10.88.0.0/16 tcp dport 5432 jump NETAVARK-HOSTPORT-SETMARK",
        "nv_2f259bab_10_88_0_0_nm16_dnat ip saddr 127.0.0.1 tcp dport 5432 jump NETAVARK-HOSTPORT-SETMARK",
        "nv_2f259bab_10_88_0_0_nm16_dnat tcp dport 5432 dnat ip to {address of db in podman}:5432",
    ]
    reached = {
        one.outcome
        for one in expose(plan.after, plan.after.program, wanted=lambda to: to.container_name == "db")
        if one.zone.kind is ZoneKind.INTERNET and one.destination.binding
    }
    assert reached == {Outcome.ALLOWED}


def _network(subnet: str, *, gateway: str = "") -> EngineRequest:
    body = {"name": "small", "driver": "bridge", "subnets": [{"subnet": subnet, "gateway": gateway}]}
    return _post("/networks/create", body)


def _on(network: str, name: str, port: int, *static: str) -> list[EngineRequest]:
    wish = {network: {"static_ips": list(static)} if static else {}}
    return _run(name, netns={"nsmode": "bridge"}, Networks=wish, portmappings=[_port(port, port)])


def _led_to(plan: Planned, port: int) -> str:
    return next(text.split()[-1] for text in _texts(plan) if f"tcp dport {port} dnat" in text).rpartition(":")[0]


def test_the_last_address_of_a_subnet_is_followed_by_the_first_that_is_free_until_none_is() -> None:
    plan = _plan(_network("10.99.0.0/29"), *_on("small", "a", 81, "10.99.0.6"), *_on("small", "b", 82))
    assert (_led_to(plan, 81), _led_to(plan, 82)) == ("10.99.0.6", "10.99.0.2")  # a static one moves no other
    many = [one for at in range(2, 8) for one in _on("small", f"c{at}", 80 + at)]
    stop, again = _post("/containers/c3/stop"), _post("/containers/c7/start")
    full = _plan(_network("10.99.0.0/29"), *many, stop, again)
    assert [_led_to(full, 80 + at) for at in (2, 4, 5, 6, 7)] == [f"10.99.0.{at}" for at in (2, 4, 5, 6, 3)]
    failed = "IPAM error: failed to find free IP in range: 10.99.0.1 - 10.99.0.6"
    assert _messages(full) == [failed]  # the broadcast address is given to no container
    late = EngineRequest("POST", f"{LIBPOD}/networks/small/connect", (), {"container": "web"})
    assert _messages(_plan(_network("10.99.0.0/30"), *_on("small", "c2", 82), late))[0].startswith("IPAM error")


@pytest.mark.parametrize("subnet", ["10.99.0.4/32", "255.255.255.255/32", "10.99.0.4/31", "2001:db8::1/128"])
def test_a_subnet_without_room_gives_no_address(subnet: str) -> None:
    (refused,) = _messages(_plan(_network(subnet), *_on("small", "a", 81)))
    assert refused.startswith("IPAM error: failed to find free IP in range")


def test_text_that_is_no_address_is_refused_where_it_is_asked_for() -> None:
    for requests in ([_network("x")], [_network("10.99.0.0/24", gateway="x")], _on("podman", "a", 81, "x")):
        assert [(one.status, one.message[:8]) for one in _plan(*requests).refused] == [(400, "invalid ")]


def test_text_that_is_no_address_is_passed_by_where_it_was_recorded() -> None:
    facts = load(RECORDINGS / "podman-5.4.2-nftables/one-port/01")
    files = dict(facts.files)
    for source, key in ((Source.PODMAN_NETWORKS, "subnet"), (Source.PODMAN_CONTAINERS, "IPAddress")):
        files[source] = re.sub(rf'"{key}": ?"[^"]*"'.encode(), f'"{key}":"bogus"'.encode(), files[source])
    state = PodmanState(replace(facts, files=files), lambda _: None)
    assert (list(state.network_subnets()), state.addresses()) == ([], set())
    assert networks.create(state, _network("10.99.0.0/24")).status == 200


def test_a_range_of_more_ports_than_there_are_ends_with_the_last() -> None:
    facts = load(RECORDINGS / "podman-5.4.2-nftables/one-port/01")
    listed = re.sub(rb'"range": ?\d+', b'"range":4000000000', facts.files[Source.PODMAN_PS])
    assert b"4000000000" in listed
    state = PodmanState(replace(facts, files={**facts.files, Source.PODMAN_PS: listed}), lambda _: None)
    with pytest.raises(EngineRefusal, match="address already in use"):
        refuse_taken(state, dict(state.container("web")))
    (shown,) = published(state, "a", {"portmappings": [_port(1, 1, 4_000_000_000)]})
    assert shown["range"] == 1 << 16


def test_what_follows_each_other_is_one_range_and_a_port_that_nobody_asked_for_is_a_symbol() -> None:
    plan = _plan(*_run("many", portmappings=[_port(8090, 90), _port(8091, 91), _port(0, 99)]))
    assert "NETAVARK-HOSTPORT-DNAT tcp dport 8090-8091 jump nv_2f259bab_10_88_0_0_nm16_dnat" in _texts(plan)
    assert {one.name for one in plan.symbols if one.kind is SymbolKind.HOST_PORT} == {"port of many 99/tcp"}


def test_a_new_network_gets_the_first_free_subnet_and_its_id_is_a_symbol() -> None:
    made = _post("/networks/create", {"name": "shop", "driver": "bridge", "dns_enabled": True, "options": {}})
    plan = _plan(made, *_run("app", netns={"nsmode": "bridge"}, Networks={"shop": {}}, portmappings=[_port(81, 81)]))
    assert "POSTROUTING ip saddr 10.89.0.0/24 jump {chain of shop 10.89.0.0/24}" in _texts(plan)
    assert any(one.endswith("_dnat tcp dport 81 dnat ip to 10.89.0.2:81") for one in _texts(plan))  # the first there
    assert any(interface.name == "podman1" for interface in plan.after.host.interfaces)
    assert dict(plan.after.host.sysctls)["net.ipv4.conf.podman1.route_localnet"] == "1"


def test_an_address_of_the_default_network_is_given_or_refused_where_it_is_taken() -> None:
    given = _plan(*_run("db", Networks={"default": {"static_ips": ["10.88.0.9"]}}, portmappings=[_port(81, 81)]))
    assert any("tcp dport 81 dnat ip to 10.88.0.9:81" in one for one in _texts(given))
    taken = _plan(*_run("db", Networks={"default": {"static_ips": ["10.88.0.2"]}}))
    assert any("requested ip address 10.88.0.2 is already allocated" in one for one in _messages(taken))


def test_a_network_alone_changes_no_rule_and_an_internal_one_gets_none() -> None:
    made = _post("/networks/create", {"name": "inner", "driver": "bridge", "internal": True})
    assert _texts(_plan(made)) == []
    ports = [_port(7000, 70)]
    assert (
        _texts(_plan(made, *_run("in", netns={"nsmode": "bridge"}, Networks={"inner": {}}, portmappings=ports))) == []
    )


def test_with_the_iptables_driver_a_rule_names_the_container_by_its_id() -> None:
    plan = _plan(*_run("db", portmappings=[_port(5432, 5432)]), on="podman-5.4.2-iptables/one-port/01")
    assert any('--comment "dnat name: podman id: {id of db}"' in one for one in _texts(plan))


def test_the_last_container_takes_the_rules_of_its_network_with_it() -> None:
    gone = _plan(EngineRequest("DELETE", f"{LIBPOD}/containers/web", (("force", "true"),)))
    assert len(_texts(gone)) == 11
    assert {str(type(one.change).__name__) for one in gone.rules or ()} == {"Removed"}


@pytest.mark.parametrize("driver", ["iptables", "nftables"])
def test_the_chain_for_published_ports_stays_with_its_network_and_is_not_called_stale(driver: str) -> None:
    gone = EngineRequest("DELETE", f"{LIBPOD}/containers/web", (("force", "true"),))
    plan = _plan(*_run("quiet"), gone, on=f"podman-5.4.2-{driver}/one-port/01")
    chains = [one.change.item for one in plan.rules or () if one.change.item.object == "chain"]
    assert chains == []
    attributed = attribute_snapshot(plan.after, shipped_catalog())
    assert {one.attribution.standing for one in attributed.items} <= {Standing.EXPECTED, Standing.FOREIGN}
    assert attributed.missing == ()


def test_a_stopped_container_keeps_its_ports_for_its_next_start() -> None:
    stopped, started = _post("/containers/web/stop"), _post("/containers/web/start")
    assert len(_texts(_plan(stopped))) == 11
    again = _plan(stopped, started)
    assert any("dnat ip to {address of web in podman}:80" in one for one in _texts(again))


@pytest.mark.parametrize(
    ("requests", "message"),
    [
        (_run("web"), 'the container name "web" is already in use'),
        (_run("other", portmappings=[_port(8080, 80)]), "cannot expose port 8080/tcp: address already in use"),
        (_run("lost", netns={"nsmode": "bridge"}, Networks={"nowhere": {}}), "network with name or ID nowhere"),
        (_run("own", netns={"nsmode": "pasta"}), "does not follow --network pasta"),
        ([_post("/pods/create", {"name": "pd"})], "netaudit plan does not answer POST /libpod/pods/create"),
        ([EngineRequest("DELETE", f"{LIBPOD}/containers/web")], "cannot be removed without force"),
        ([EngineRequest("DELETE", f"{LIBPOD}/networks/podman")], "default network podman cannot be removed"),
        (
            [_post("/networks/create", {"name": "x", "subnets": [{"subnet": "10.88.1.0/24"}]})],
            "already used",
        ),
        ([_post("/networks/create", {"name": "x", "driver": "macvlan"})], "does not follow networks of driver macvlan"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_podman_refuses_or_nobody_follows_is_refused_with_its_reason(
    requests: list[EngineRequest], message: str
) -> None:
    assert any(message in one for one in _messages(_plan(*requests)))


def test_where_no_rule_shows_the_driver_the_plan_says_which_one_it_takes() -> None:
    plan = _plan(*_run("first"), on="podman-5.4.2-nftables/host-network/01")
    assert AssumptionKind.NETAVARK_DRIVER in {one.kind for one in plan.assumptions}
    known = _plan(*_run("second"))
    assert AssumptionKind.NETAVARK_DRIVER not in {one.kind for one in known.assumptions}


def test_a_host_without_podmans_inventory_and_a_rootless_one_are_refused() -> None:
    for on in ("28.5.2-iptables-nft/default-one-port/01", "podman-5.4.2-rootless/nftables/02"):
        with pytest.raises(UsageError):
            _plan(*_run("db"), on=on)


def test_a_command_is_led_to_the_stand_in_and_what_would_lead_past_it_is_refused() -> None:
    assert is_podman(["/usr/bin/podman-remote", "ps"])
    sent = sent_to_stand_in(["podman", "--remote", "run", "-r", "x"])
    assert sent == ("podman", "--url", "unix:///run/podman.sock", "run", "-r", "x")
    for words in (
        ["podman", "--url", "tcp://x", "run", "x"],
        ["podman", "--connection=y", "run", "x"],
        ["podman", "pod", "create", "x"],
        ["podman", "run", "--cidfile=/x", "y"],
        ["podman", "system", "prune"],
        ["podman"],
    ):
        with pytest.raises(UsageError):
            check_podman(words)

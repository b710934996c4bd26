"""What Podman says about itself, by its own API and in Docker's place, becomes an inventory."""

from collections.abc import Mapping

import msgspec
import pytest

from netaudit.model.docker import Inventory, PortBinding
from netaudit.model.engines.kinds import Engine, Isolation, PortMapping
from netaudit.model.engines.parts import docker_part, podman_part
from netaudit.model.facts import Facts, Gap, GapReason, Source
from netaudit.parse import parse_snapshot
from netaudit.parse.podman.mappings import merge_bindings, single_bindings

Files = Mapping[Source, object]
PODMAN, BACK, WEB = "a" * 64, "b" * 64, "c" * 64
INFO = {
    "host": {"networkBackendInfo": {"backend": "netavark", "version": "netavark 1.14.0"}, "security": {}},
    "version": {"Version": "5.4.2"},
    "store": {},
}
NETWORKS = [
    {
        "name": "podman", "id": PODMAN, "driver": "bridge", "network_interface": "podman0",
        "subnets": [{"subnet": "10.88.0.0/16", "gateway": "10.88.0.1"}], "internal": False, "dns_enabled": False,
    },
    {
        "name": "back", "id": BACK, "driver": "bridge", "network_interface": "podman1", "internal": True,
        "subnets": [
            {"subnet": "10.90.0.0/24", "gateway": "10.90.0.1"},
            {"subnet": "2001:db8:90::/64", "gateway": "2001:db8:90::1"},
        ],
        "ipv6_enabled": True, "dns_enabled": True, "options": {"isolate": "strict"},
    },
]  # fmt: skip
COMPAT = {
    "Server": {"Version": "5.4.2", "ApiVersion": "1.41", "Components": [{"Name": "Podman Engine"}, {"Name": "Conmon"}]}
}


def _container(
    name: str, mode: str = "bridge", *, running: bool = True, **ends: Mapping[str, str]
) -> dict[str, object]:
    ports = {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}
    return {
        "Id": name[0] * 64,
        "Name": name,
        "OCIRuntime": "crun",
        "State": {"Running": running, "Pid": 7},
        "HostConfig": {"NetworkMode": mode},
        "NetworkSettings": {"Ports": ports, "Networks": dict(ends)},
    }


def _ps(container: Mapping[str, object], *ports: Mapping[str, object]) -> dict[str, object]:
    return {"Id": container["Id"], "Names": [container["Name"]], "Ports": list(ports), "PodName": ""}


def _facts(files: Files, *, unused: tuple[str, ...] = (), gaps: tuple[Gap, ...] = ()) -> Facts:
    return Facts({name: msgspec.json.encode(said) for name, said in files.items()}, gaps=gaps, unused=unused)


def _inventory(*containers: dict[str, object], ps: list[object] | None = None) -> Inventory:
    listed: dict[Source, object] = {} if ps is None else {Source.PODMAN_PS: ps}
    own: dict[Source, object] = {
        Source.PODMAN_INFO: INFO,
        Source.PODMAN_NETWORKS: NETWORKS,
        Source.PODMAN_CONTAINERS: list(containers),
    }
    inventory = parse_snapshot(_facts({**own, **listed}, unused=(Source.DOCKER_CONTAINERS,))).inventory
    assert inventory is not None
    return inventory


def test_networks_have_the_bridges_and_subnets_that_podmans_own_api_tells() -> None:
    inventory = _inventory(ps=[])
    assert [(one.name, one.bridge, one.subnet, one.subnet6) for one in inventory.networks] == [
        ("podman", "podman0", "10.88.0.0/16", ""),
        ("back", "podman1", "10.90.0.0/24", "2001:db8:90::/64"),
    ]
    assert [(one.internal, one.isolation, one.engine) for one in inventory.networks] == [
        (False, Isolation.NONE, Engine.PODMAN),
        (True, Isolation.STRICT, Engine.PODMAN),
    ]
    assert (inventory.docker, inventory.partial, docker_part(inventory)) == (False, False, None)
    part = podman_part(inventory)
    assert part is not None
    assert part.version == "1.14.0"


def test_a_range_is_what_was_published_as_one_and_each_of_its_ports_is_a_binding() -> None:
    web = _container("web", podman={"NetworkID": PODMAN, "IPAddress": "10.88.0.2"})
    port = {"host_ip": "", "host_port": 8080, "container_port": 80, "range": 2, "protocol": "tcp"}
    found = _inventory(web, ps=[_ps(web, port)]).containers[0]
    assert found.mappings == (PortMapping("tcp", "", 8080, 80, 2),)
    assert found.bindings == (PortBinding("tcp", "0.0.0.0", 8080, 80), PortBinding("tcp", "0.0.0.0", 8081, 81))


def test_an_address_of_any_family_binds_both_where_the_container_has_both() -> None:
    web = _container("web", back={"NetworkID": BACK, "IPAddress": "10.90.0.2", "GlobalIPv6Address": "2001:db8:90::2"})
    port = {"host_ip": "", "host_port": 8080, "container_port": 80, "range": 1, "protocol": "tcp"}
    assert {one.host_ip for one in _inventory(web, ps=[_ps(web, port)]).containers[0].bindings} == {"0.0.0.0", "::"}


@pytest.mark.parametrize("mode", ["container:" + "c" * 64, "host", "none"])
def test_a_container_without_a_network_namespace_of_its_own_has_neither_endpoints_nor_ports(mode: str) -> None:
    alone = mode in ("host", "none")
    network, end = (mode, {"NetworkID": mode}) if alone else ("podman", {"IPAddress": "10.88.0.2"})
    found = _inventory(_container("guest", mode, running=True, **{network: end})).containers[0]
    assert (found.endpoints, found.bindings, found.mappings) == ((), (), ())


def test_a_stopped_container_publishes_nothing() -> None:
    found = _inventory(_container("old", running=False, podman={"NetworkID": PODMAN})).containers[0]
    assert (found.bindings, found.mappings) == ((), ())


def test_without_the_list_the_inventory_is_partial_and_ranges_are_joined_from_the_bindings() -> None:
    inventory = _inventory(_container("web", podman={"NetworkID": PODMAN, "IPAddress": "10.88.0.2"}))
    assert inventory.partial
    assert inventory.containers[0].mappings == (PortMapping("tcp", "", 8080, 80),)


def test_ports_that_do_not_follow_each_other_in_the_container_are_two_ranges() -> None:
    ports = [(8080, 80), (8081, 81), (8082, 90), (9000, 91)]
    bindings = [PortBinding("tcp", "0.0.0.0", host, inner) for host, inner in ports]
    merged = merge_bindings(bindings)
    assert [(one.host_port, one.container_port, one.count) for one in merged] == [
        (8080, 80, 2),
        (8082, 90, 1),
        (9000, 91, 1),
    ]
    assert list(single_bindings(merged, frozenset({"ip"}))) == bindings


def test_in_dockers_place_podman_is_recognised_and_its_networks_are_unknown_not_empty() -> None:
    web = _container("web", podman={"NetworkID": PODMAN, "IPAddress": "10.88.0.2"})
    compat_network = {"Id": PODMAN, "Name": "podman", "Driver": "bridge", "EnableIPv4": False, "Options": {}}
    files: dict[Source, object] = {
        Source.DOCKER_VERSION: COMPAT,
        Source.DOCKER_NETWORKS: [compat_network],
        Source.DOCKER_CONTAINERS: [web],
    }
    snapshot = parse_snapshot(_facts(files))
    inventory = snapshot.inventory
    assert inventory is not None
    assert (inventory.docker, inventory.partial, inventory.networks) == (False, True, ())
    assert [one.engine for one in inventory.containers] == [Engine.PODMAN]
    gaps = [(gap.source, gap.reason) for gap in snapshot.gaps]
    assert gaps == [(Source.DOCKER_NETWORKS, GapReason.PARTIAL)]


def test_where_podmans_own_api_was_recorded_its_answers_in_dockers_place_do_not_count() -> None:
    web = _container("web", podman={"NetworkID": PODMAN, "IPAddress": "10.88.0.2"})
    files: dict[Source, object] = {
        Source.DOCKER_VERSION: COMPAT, Source.DOCKER_CONTAINERS: [web], Source.PODMAN_INFO: INFO,
        Source.PODMAN_NETWORKS: NETWORKS, Source.PODMAN_CONTAINERS: [web], Source.PODMAN_PS: [_ps(web)],
    }  # fmt: skip
    snapshot = parse_snapshot(_facts(files))
    assert snapshot.inventory is not None
    assert len(snapshot.inventory.containers) == 1
    assert len(snapshot.inventory.networks) == 2
    assert snapshot.gaps == ()


def test_docker_and_podman_on_one_host_are_one_inventory_of_which_each_has_its_part() -> None:
    docker = {"Id": "d" * 64, "Name": "/app", "State": {"Running": True}}
    web = _container("web", podman={"NetworkID": PODMAN, "IPAddress": "10.88.0.2"})
    files: dict[Source, object] = {
        Source.DOCKER_VERSION: {"Server": {"Version": "28.5.2"}}, Source.DOCKER_CONTAINERS: [docker],
        Source.DOCKER_NETWORKS: [], Source.PODMAN_INFO: INFO, Source.PODMAN_NETWORKS: NETWORKS,
        Source.PODMAN_CONTAINERS: [web], Source.PODMAN_PS: [_ps(web)],
    }  # fmt: skip
    inventory = parse_snapshot(_facts(files)).inventory
    dockers, podmans = docker_part(inventory), podman_part(inventory)
    assert inventory is not None
    assert dockers is not None
    assert podmans is not None
    assert [one.name for one in inventory.containers] == ["app", "web"]
    assert ([one.name for one in dockers.containers], dockers.version) == (["app"], "28.5.2")
    assert [one.name for one in podmans.containers] == ["web"]


def test_where_docker_was_not_seen_beside_podman_the_inventory_is_partial() -> None:
    files: dict[Source, object] = {
        Source.PODMAN_INFO: INFO,
        Source.PODMAN_NETWORKS: NETWORKS,
        Source.PODMAN_CONTAINERS: [],
    }
    gaps = (Gap(Source.DOCKER_CONTAINERS, GapReason.DENIED),)
    inventory = parse_snapshot(_facts({**files, Source.PODMAN_PS: []}, gaps=gaps)).inventory
    assert inventory is not None
    assert inventory.partial

"""Random commands of docker for a host as it is."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.image import IDLE
from random_hosts.chance import Chance

from netaudit.model.facts import Facts, Source

_HOST_ADDRESSES = ("127.0.0.1", "192.0.2.10", "0.0.0.0", "[::1]", "[::]", "[2001:db8::10]")
_NAMES = ("amber", "beech", "cedar", "delta", "ember", "fable", "grove", "heron")
_NETWORKS = ("front", "back", "side", "deep")
_OPTIONS = (
    "com.docker.network.bridge.enable_icc=false",
    "com.docker.network.bridge.enable_ip_masquerade=false",
    "com.docker.network.bridge.host_binding_ipv4=127.0.0.1",
    "com.docker.network.bridge.gateway_mode_ipv4=routed",
    "com.docker.network.bridge.gateway_mode_ipv4=nat-unprotected",
    "com.docker.network.bridge.name=br{name}",
    "com.docker.network.driver.mtu=1400",
)


@dataclass
class There:
    """What is on a host: containers by name with whether they run, networks by name with their inspection."""

    containers: dict[str, bool] = field(default_factory=dict)
    networks: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def running(self) -> list[str]:
        """List the containers that run."""
        return sorted(name for name, runs in self.containers.items() if runs)

    @property
    def own_networks(self) -> list[str]:
        """List the bridge networks that somebody made."""
        return sorted(name for name, one in self.networks.items() if one["Driver"] == "bridge" and name != "bridge")


def what_is_there(facts: Facts) -> There:
    """Read what is on a host; what belongs to a Compose project is left to Compose."""
    containers = json.loads(facts.files[Source.DOCKER_CONTAINERS] or b"[]")
    networks = json.loads(facts.files[Source.DOCKER_NETWORKS] or b"[]")
    return There(
        {one["Name"][1:]: one["State"]["Running"] for one in containers if not _is_composed(one["Config"])},
        {one["Name"]: one for one in networks if not _is_composed(one)},
    )


def _is_composed(one: dict[str, Any]) -> bool:
    return any(name.startswith("com.docker.compose") for name in one["Labels"] or {})


def random_command(chance: Chance, there: There) -> list[str]:
    """Return a command that makes sense on this host; a few are refused."""
    able: list[Callable[[Chance, There], list[str]]] = [_run, _run, _run, _create_network]
    if there.containers:
        able += [_one_container, _one_container]
    if there.containers and there.own_networks:
        able += [_connect, _disconnect]
    if there.own_networks:
        able += [_remove_network]
    return chance.one(*able)(chance, there)


def port(chance: Chance) -> str:
    """Return what follows -p."""
    number = chance.number(1, 6)
    container = chance.one("80", "443", "53/udp", "9000", "5432/tcp", "8000-8002")
    width = 2 if "-" in container else 0
    first = 8000 + 10 * number
    host = chance.one("", str(first), str(first), f"{first}-{first + 3}" if not width else f"{first}-{first + width}")
    if width and not host:
        host = f"{first}-{first + width}"
    address = chance.one(*_HOST_ADDRESSES) if chance.happens(0.35) else ""
    if address and not host:
        return f"{address}::{container}"
    return ":".join(filter(None, (address, host, container)))


def _run(chance: Chance, there: There) -> list[str]:
    name = _free_name(chance, _NAMES, there.containers)
    mode, running = chance.number(1, 20), there.running
    options = ["--name", name]
    for _ in range(chance.one(0, 1, 1, 1, 2, 3)):
        options += ["-p", port(chance)]
    if chance.happens(0.15):
        options += ["-P", "--expose", chance.one("7000", "7001-7003", "7004/udp")]
    if chance.happens(0.1):
        options += ["--expose", "99"]
    if mode == 1:
        options += ["--network", chance.one("host", "none")]
    elif mode == 2 and running:
        options = ["--name", name, "--network", f"container:{chance.one(*running)}"]
    elif mode > 8 and there.own_networks:
        options += _on_networks(chance, there)
    elif running and chance.happens(0.1):
        options += ["--link", chance.one(*running)]
    options += chance.some(3, ["--restart=always", "-l=a=b", "-e=A=1", "--init", "--dns=192.0.2.1"])
    chosen = chance.one("run", "run", "run", "run", "create")
    return ["docker", chosen, *(["-d"] if chosen == "run" else []), *options, *IDLE]


def _on_networks(chance: Chance, there: There) -> list[str]:
    names = chance.some(2, there.own_networks, least=1)
    first = names[0]
    options = ["--network", first]
    if chance.happens(0.3):
        options = ["--network", f"name={first},alias=x"]
    elif address := _address_in(chance, there.networks[first]):
        options += ["--ip", address]
    elif chance.happens(0.2):
        options += ["--network-alias", "other"]
    if len(names) > 1:
        options += ["--network", names[1]]
    return options


def _address_in(chance: Chance, network: dict[str, Any]) -> str:
    subnets = [one.get("Subnet", "") for one in network["IPAM"]["Config"] or ()]
    ipv4 = [one for one in subnets if "." in one]
    if not ipv4 or not chance.happens(0.25):
        return ""
    return f"{ipv4[0].rsplit('.', 1)[0]}.{chance.number(2, 120)}"


def _one_container(chance: Chance, there: There) -> list[str]:
    name = chance.one(*there.containers)
    if chance.happens(0.12):
        return ["docker", "rename", name, _free_name(chance, _NAMES, there.containers)]
    if not there.containers[name]:
        return ["docker", *chance.one(["start"], ["start"], ["rm"], ["restart"]), name]
    several = chance.some(2, there.running, least=1)
    return ["docker", *chance.one(["stop"], ["kill"], ["restart"], ["rm", "-f"], ["rm", "-f"]), *several]


def _create_network(chance: Chance, there: There) -> list[str]:
    name = _free_name(chance, _NETWORKS, there.networks)
    if chance.happens(0.08):
        return [
            "docker",
            "network",
            "create",
            "-d",
            "macvlan",
            "--subnet",
            "198.51.100.0/24",
            "-o",
            "parent=eth0",
            name,
        ]
    options = []
    if chance.happens(0.5):
        number = chance.number(60, 90)
        options += ["--subnet", f"10.{number}.0.0/24"]
        options += chance.one([], ["--gateway", f"10.{number}.0.9"], ["--ip-range", f"10.{number}.0.64/26"], [])
        options += chance.one([], [], ["--aux-address", f"a=10.{number}.0.2"])
    if chance.happens(0.25):
        options += ["--ipv6", "--subnet", f"2001:db8:{chance.number(1, 99)}::/64"]
    options += ["--internal"] if chance.happens(0.2) else []
    for option in chance.some(1, list(_OPTIONS)):
        options += ["-o", option.format(name=name)]
    return ["docker", "network", "create", *options, name]


def _connect(chance: Chance, there: There) -> list[str]:
    network, container = chance.one(*there.own_networks), chance.one(*there.containers)
    address = _address_in(chance, there.networks[network])
    return ["docker", "network", "connect", *(["--ip", address] if address else []), network, container]


def _disconnect(chance: Chance, there: There) -> list[str]:
    network = chance.one(*there.own_networks, "bridge")
    return ["docker", "network", "disconnect", *chance.one([], [], ["-f"]), network, chance.one(*there.containers)]


def _remove_network(chance: Chance, there: There) -> list[str]:
    return ["docker", "network", "rm", chance.one(*there.own_networks)] if chance.happens(0.7) else _PRUNE


_PRUNE = ["docker", "network", "prune", "-f"]


def _free_name(chance: Chance, names: Sequence[str], taken: dict[str, Any]) -> str:
    """Return a name; now and then one that is in use."""
    free = [one for one in names if one not in taken]
    return chance.one(*free) if free and chance.happens(0.97) else chance.one(*names)

"""Random commands of `docker network`."""

from collections.abc import Callable

from random_hosts.chance import Chance

from live_plans.there import There, address_in, free_name

_NETWORKS = ("front", "back", "side", "deep")
_BRIDGE = "com.docker.network.bridge."
_OPTIONS = (
    f"{_BRIDGE}enable_icc=false",
    f"{_BRIDGE}enable_ip_masquerade=false",
    f"{_BRIDGE}host_binding_ipv4=127.0.0.1",
    f"{_BRIDGE}host_binding_ipv4=192.0.2.10",
    f"{_BRIDGE}name=br{{name}}",
    f"{_BRIDGE}inhibit_ipv4=true",
    f"{_BRIDGE}enable_icc=0",
    f"{_BRIDGE}enable_icc=maybe",
    f"{_BRIDGE}enable_ip_masquerade=F",
    f"{_BRIDGE}trusted_host_interfaces=eth0",
    "com.docker.network.driver.mtu=1400",
    "com.docker.network.container_iface_prefix=lan",
    "com.docker.network.host_ipv4=192.0.2.10",
)
_MODES = ("nat", "nat-unprotected", "routed", "isolated")


def network_commands(there: There) -> list[Callable[[Chance, There], list[str]]]:
    """Return what makes a command of `docker network` that has something to do on this host."""
    able: list[Callable[[Chance, There], list[str]]] = [_create]
    if there.containers and there.own_networks:
        able += [_connect, _disconnect]
    if there.own_networks:
        able += [_remove]
    return able


def _create(chance: Chance, there: There) -> list[str]:
    name = free_name(chance, _NETWORKS, there.networks)
    create = ["docker", "network", "create"]
    if chance.happens(0.1):
        driver = chance.one("macvlan", "ipvlan")
        options = chance.one([], ["--internal"], ["-o", f"{driver}_mode={'bridge' if driver == 'macvlan' else 'l3'}"])
        return [*create, "-d", driver, "--subnet", "198.51.100.0/24", "-o", "parent=eth0", *options, name]
    if chance.happens(0.05):
        return [*create, "--config-only", "--subnet", "10.91.0.0/24", "-o", f"{_BRIDGE}enable_icc=false", name]
    if (sources := [one for one, made in there.networks.items() if made.get("ConfigOnly")]) and chance.happens(0.5):
        return [*create, "--config-from", chance.one(*sources), name]
    return [*create, *_subnets(chance), *_bridge_options(chance, name), name]


def _subnets(chance: Chance) -> list[str]:
    options: list[str] = []
    if chance.happens(0.5):
        number = chance.number(60, 90)
        options += ["--subnet", f"10.{number}.0.0/24"]
        options += chance.one([], ["--gateway", f"10.{number}.0.9"], ["--ip-range", f"10.{number}.0.64/26"], [])
        options += chance.one([], [], ["--aux-address", f"a=10.{number}.0.2"])
    if chance.happens(0.3):
        prefix = f"2001:db8:{chance.number(1, 99)}:"
        options += ["--ipv6", "--subnet", f"{prefix}:/64"]
        options += chance.one([], [], ["--gateway", f"{prefix}:9"], ["--ip-range", f"{prefix}:100/120"])
    elif chance.happens(0.15):
        options += ["--ipv6"]
        options += ["--ipv4=false"] if chance.happens(0.3) else []
    return options


def _bridge_options(chance: Chance, name: str) -> list[str]:
    options = ["--internal"] if chance.happens(0.2) else []
    options += ["--attachable"] if chance.happens(0.1) else []
    options += ["--label", "tier=a"] if chance.happens(0.1) else []
    chosen = chance.some(2, list(_OPTIONS)) if chance.happens(0.6) else []
    if chance.happens(0.3):
        chosen += [f"{_BRIDGE}gateway_mode_ipv{version}={chance.one(*_MODES)}" for version in chance.some(2, [4, 6])]
    for option in chosen:
        options += ["-o", option.format(name=name)]
    return options


def _connect(chance: Chance, there: There) -> list[str]:
    network, container = chance.one(*there.own_networks), chance.one(*there.containers)
    options: list[str] = []
    for version, option in ((4, "--ip"), (6, "--ip6")):
        if address := address_in(chance, there, network, version):
            options += [option, address]
    options += ["--alias", "extra"] if chance.happens(0.15) else []
    options += ["--gw-priority", str(chance.number(-2, 5))] if chance.happens(0.15) else []
    if there.running and chance.happens(0.1):
        options += ["--link", f"{chance.one(*there.running)}:other"]
    return ["docker", "network", "connect", *options, network, container]


def _disconnect(chance: Chance, there: There) -> list[str]:
    network = chance.one(*there.own_networks, "bridge")
    return ["docker", "network", "disconnect", *chance.one([], [], ["-f"]), network, chance.one(*there.containers)]


def _remove(chance: Chance, there: There) -> list[str]:
    match chance.number(1, 10):
        case 1 | 2:
            return ["docker", "network", "prune", "-f"]
        case 3:
            return ["docker", "network", "prune", "-f", "--filter", f"label{chance.one('', '!')}=tier=a"]
        case _:
            return ["docker", "network", "rm", *chance.some(2, there.own_networks, least=1)]

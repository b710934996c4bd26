"""Random Compose projects of two to six services."""

from typing import Any

from lab.image import IDLE
from random_hosts.chance import Chance

from live_plans.commands import EXPOSING, port
from live_plans.there import There

_SERVICES = ("api", "cache", "db", "jobs", "proxy", "web")
_NETWORKS = ("inner", "outer")
_OPTIONS = (
    {"com.docker.network.bridge.enable_icc": "false"},
    {"com.docker.network.bridge.host_binding_ipv4": "127.0.0.1"},
    {"com.docker.network.bridge.gateway_mode_ipv4": "routed"},
    {"com.docker.network.bridge.enable_ip_masquerade": "false"},
)
Project = dict[str, Any]


def random_project(chance: Chance, there: There) -> Project:
    """Return a project; some of its networks may be there already."""
    names = chance.some(6, list(_SERVICES), least=2)
    networks = {name: _network(chance) for name in chance.some(2, list(_NETWORKS))}
    outside = [one for one in there.own_networks if there.networks[one].get("ConfigOnly") is not True]
    if outside and chance.happens(0.2):
        networks["around"] = {"external": True, "name": chance.one(*outside)}
    if chance.happens(0.1):
        networks["default"] = _network(chance)
    services: dict[str, Project] = {}
    for name in names:
        services[name] = _service(chance, networks, list(services))
    return {"services": services, "networks": networks}


def _service(chance: Chance, networks: dict[str, Project], earlier: list[str]) -> Project:
    service: Project = {"image": EXPOSING if chance.happens(0.15) else IDLE[0], "command": list(IDLE[1:])}
    service |= _besides(chance)
    if earlier and chance.happens(0.5):
        service["depends_on"] = _dependencies(chance, earlier)
    kind = chance.number(1, 20)
    if kind == 1:
        return service | {"network_mode": chance.one("host", "none", "bridge")}
    if kind == 2 and earlier:
        return service | {"network_mode": f"service:{chance.one(*earlier)}"}
    ports = [_port(chance) for _ in range(chance.one(0, 0, 1, 1, 2))]
    if ports:
        service["ports"] = [one for at, one in enumerate(ports) if one not in ports[:at]]
    if chance.happens(0.2):
        service["expose"] = chance.one(["99"], ["99/udp", "7000-7002"])
    if earlier and chance.happens(0.08):
        service["links"] = [chance.one(*earlier)]
    if chosen := chance.some(2, sorted(networks)):
        service["networks"] = {one: _attachment(chance, networks[one]) for one in chosen}
    return service


def _besides(chance: Chance) -> Project:
    """Return what decides how many containers there are, and when they start again."""
    found: Project = {}
    if chance.happens(0.15):
        found |= chance.one({"scale": 2}, {"deploy": {"replicas": 2}})
    if chance.happens(0.15):
        found["restart"] = chance.one("always", "unless-stopped", "on-failure")
    if chance.happens(0.12):
        found["profiles"] = ["extra"]
    return found


def _dependencies(chance: Chance, earlier: list[str]) -> Any:
    chosen = chance.some(2, earlier, least=1)
    if chance.happens(0.5):
        return chosen
    conditions = ({"condition": "service_started"}, {"condition": "service_started", "restart": True})
    return {one: chance.one(*conditions) for one in chosen}


def _port(chance: Chance) -> Any:
    """Return a published port in the short form, or in the long one."""
    if chance.happens(0.6):
        return port(chance)
    published = str(8000 + 10 * chance.number(1, 12))
    found: Project = {"target": chance.one(80, 443, 9000)}
    found |= {"published": chance.one(published, f"{published}-{int(published) + 3}")} if chance.happens(0.8) else {}
    found |= {"host_ip": chance.one("127.0.0.1", "192.0.2.10", "::1")} if chance.happens(0.3) else {}
    found |= {"protocol": chance.one("tcp", "udp")} if chance.happens(0.4) else {}
    found |= {"mode": chance.one("host", "ingress")} if chance.happens(0.4) else {}
    return found


def _attachment(chance: Chance, network: Project) -> Project:
    attachment: Project = {}
    if chance.happens(0.3):
        attachment["priority"] = chance.number(1, 9) * 100
    if chance.happens(0.15):
        attachment["gw_priority"] = chance.number(-2, 5)
    if chance.happens(0.2):
        attachment["aliases"] = ["other"]
    for one in network.get("ipam", {}).get("config", ()):
        if chance.happens(0.25):
            version = "ipv6" if ":" in one["subnet"] else "ipv4"
            attachment[f"{version}_address"] = _address(chance, one["subnet"])
    return attachment


def _address(chance: Chance, subnet: str) -> str:
    first, number = subnet.partition("/")[0], chance.number(2, 30)  # the first ones are those that others get
    return f"{first}{number:x}" if ":" in first else f"{first.rsplit('.', 1)[0]}.{number}"


def _network(chance: Chance) -> Project:
    network: Project = {}
    if chance.happens(0.4):
        number = chance.number(100, 120)
        more: list[Project] = [
            {"gateway": f"10.{number}.0.9"},
            {"ip_range": f"10.{number}.0.64/26"},
            {"aux_addresses": {"a": f"10.{number}.0.2"}},
        ]
        network["ipam"] = {"config": [{"subnet": f"10.{number}.0.0/24"} | chance.one(*more, {}, {})]}
    if chance.happens(0.25):
        network["internal"] = True
    if chance.happens(0.25):
        network["enable_ipv6"] = True
        if chance.happens(0.7):
            config = network.setdefault("ipam", {}).setdefault("config", [])
            config.append({"subnet": f"2001:db8:{chance.number(100, 199)}::/64"})
    if chance.happens(0.3):
        network["driver_opts"] = chance.one(*_OPTIONS)
    return network

"""Random Compose projects of two to six services."""

import json
from pathlib import Path
from typing import Any

from lab.image import IDLE
from random_hosts.chance import Chance

from live_plans.commands import port

_SERVICES = ("api", "cache", "db", "jobs", "proxy", "web")
_NETWORKS = ("inner", "outer")
Project = dict[str, Any]


class Composer:
    """One project on a host: what Compose is told to do with it, one command after another."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "compose.yaml"
        self._services: list[str] = []

    def command(self, chance: Chance) -> list[str]:
        """Return the next command of Compose; the file is written for it."""
        compose = ["docker", "compose", "-p", "shop", "-f", str(self._file)]
        if not self._services or chance.happens(0.4):
            project = random_project(chance)
            self._services = list(project["services"])
            self._file.write_text(json.dumps(project, indent=1))
            return [*compose, "up", "-d", "--remove-orphans"]
        some = chance.some(2, self._services)
        action = chance.one("down", "restart", "stop", "start", "kill", "up", "rm", "create", "scale")
        match action:
            case "down":
                return [*compose, "down", *chance.one([], ["-v"])]
            case "up":
                return [*compose, "up", "-d", *chance.one([], ["--force-recreate"]), *some]
            case "rm":
                return [*compose, "rm", "-f", "-s", *some]
            case "scale":
                return [*compose, "up", "-d", "--scale", f"{chance.one(*self._services)}={chance.number(0, 2)}"]
            case _:
                return [*compose, action, *some]


def random_project(chance: Chance) -> Project:
    """Return a project."""
    names = chance.some(6, list(_SERVICES), least=2)
    networks = {name: _network(chance) for name in chance.some(2, list(_NETWORKS))}
    services: dict[str, Project] = {}
    for name in names:
        services[name] = _service(chance, networks, list(services))
    return {"services": services, "networks": networks}


def _service(chance: Chance, networks: dict[str, Project], earlier: list[str]) -> Project:
    service: Project = {"image": IDLE[0], "command": list(IDLE[1:])}
    if earlier and chance.happens(0.5):
        service["depends_on"] = chance.some(2, earlier, least=1)
    kind = chance.number(1, 20)
    if kind == 1:
        return service | {"network_mode": chance.one("host", "none", "bridge")}
    if kind == 2 and earlier:
        return service | {"network_mode": f"service:{chance.one(*earlier)}"}
    if ports := [port(chance) for _ in range(chance.one(0, 0, 1, 1, 2))]:
        service["ports"] = list(dict.fromkeys(ports))
    if chance.happens(0.2):
        service["expose"] = ["99"]
    if chosen := chance.some(2, sorted(networks)):
        service["networks"] = {one: _attachment(chance, networks[one]) for one in chosen}
    return service


def _attachment(chance: Chance, network: Project) -> Project:
    attachment: Project = {}
    if chance.happens(0.3):
        attachment["priority"] = chance.number(1, 9) * 100
    if chance.happens(0.2):
        attachment["aliases"] = ["other"]
    subnets = [one["subnet"] for one in network.get("ipam", {}).get("config", ())]
    if subnets and chance.happens(0.3):
        attachment["ipv4_address"] = f"{subnets[0].rsplit('.', 1)[0]}.{chance.number(10, 120)}"
    return attachment


def _network(chance: Chance) -> Project:
    network: Project = {}
    if chance.happens(0.4):
        network["ipam"] = {"config": [{"subnet": f"10.{chance.number(100, 120)}.0.0/24"}]}
    if chance.happens(0.25):
        network["internal"] = True
    if chance.happens(0.2):
        network["enable_ipv6"] = True
        config = network.setdefault("ipam", {}).setdefault("config", [])
        config.append({"subnet": f"2001:db8:{chance.number(100, 199)}::/64"})
    if chance.happens(0.2):
        network["driver_opts"] = {"com.docker.network.bridge.enable_icc": "false"}
    return network

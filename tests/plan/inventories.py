"""What a plan must say of an inventory: everything that decides rules, with symbols bound to what really came."""

import json
import re
from collections.abc import Mapping
from typing import Any

from netaudit.model.facts import Facts, Source
from netaudit.model.plan import PlannedInventory, SymbolKind

_GATEWAY = re.compile(r"gateway_[0-9a-f]{12}$")
_RANDOM = re.compile(r"(?<=\.\d)\.[0-9a-z]{25}$|(?:\.[0-9a-z]{25}){2}$")
_ADDRESSES = ("IPAddress", "IPPrefixLen", "GlobalIPv6Address", "GlobalIPv6PrefixLen", "Gateway", "IPv6Gateway")


def networks(facts: Facts) -> dict[str, Any]:
    """Return networks by name: driver, subnets with gateways, options, and the addresses of members.

    Members of docker_gwbridge are left to their containers: their names are random.
    """
    return {one["Name"]: _network(one) for one in json.loads(facts.files[Source.DOCKER_NETWORKS])}


def containers(facts: Facts) -> dict[str, Any]:
    """Return containers by name: do they run, on which networks with which addresses, and their port bindings."""
    gateways = _gateways(facts)
    found = json.loads(facts.files[Source.DOCKER_CONTAINERS] or b"[]")
    return {_plain(one["Name"]): _container(one) | {"gateway": gateways.get(one["Id"], "")} for one in found}


def bound(planned: PlannedInventory, real: Facts) -> dict[str, Any]:
    """Return the planned containers with the host ports that were really given in place of symbols.

    Fails where one symbol would have to stand for two ports. One port may be that of two symbols: each address of the
    host has its own.
    """
    found, there = containers(planned.facts_after), containers(real)
    symbols = {one.example for one in planned.symbols if one.kind == SymbolKind.HOST_PORT}
    given: dict[str, str] = {}
    for name, container in found.items():
        for port, bindings in container["ports"].items():
            real_bindings = there.get(name, {}).get("ports", {}).get(port) or ()
            for binding, other in zip(bindings or (), real_bindings, strict=False):
                if binding["HostPort"] in symbols:
                    assert given.setdefault(binding["HostPort"], other["HostPort"]) == other["HostPort"]
                    binding["HostPort"] = other["HostPort"]
    return found


def _gateways(facts: Facts) -> dict[str, str]:
    """Return the addresses of containers on docker_gwbridge, by their ids: their own inspection does not list them."""
    found = (one for one in json.loads(facts.files[Source.DOCKER_NETWORKS]) if one["Name"] == "docker_gwbridge")
    return {key: one["IPv4Address"] for network in found for key, one in (network.get("Containers") or {}).items()}


def _plain(name: str) -> str:
    """Return a name without the random id that swarm puts into it."""
    return _RANDOM.sub("", name)


def _network(raw: Mapping[str, Any]) -> dict[str, Any]:
    members = [one for one in (raw.get("Containers") or {}).values() if not _GATEWAY.match(one["Name"])]
    pools = ((pool.get("Subnet", ""), pool.get("Gateway", "")) for pool in raw["IPAM"]["Config"] or ())
    return {
        "driver": raw["Driver"],
        "internal": raw["Internal"],
        "pools": sorted(pools),
        "options": raw["Options"] or {},
        "members": sorted(
            (_plain(one["Name"]), one["IPv4Address"], one["IPv6Address"])
            for one in members
            if not _GATEWAY.match(one["Name"])
        ),
    }


def _container(raw: Mapping[str, Any]) -> dict[str, Any]:
    settings, mode = raw["NetworkSettings"], raw["HostConfig"]["NetworkMode"]
    return {
        "running": raw["State"]["Running"],
        "mode": mode.partition(":")[0],
        "networks": {
            name: ([end.get(field) for field in _ADDRESSES], end.get("GwPriority") or 0)
            for name, end in settings["Networks"].items()
        },
        "ports": settings["Ports"],
        "exposed": raw["Config"].get("ExposedPorts") or {},
    }

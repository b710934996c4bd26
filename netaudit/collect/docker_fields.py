"""The fields of Docker's objects that a recording keeps, by name.

Environments, commands, labels, mounts and proxies hold secrets: what is not named here is not kept. Of labels only
waivers are, of mounts only Docker's socket.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from netaudit.model.docker import WAIVER_LABEL, is_docker_socket

# A field maps to KEEP (the whole value) or to the fields within it; in a list, within each of its items.
# ANY stands for every key of a map whose keys are names.
Fields = Mapping[str, object]
KEEP = None
ANY = "*"


class Some(msgspec.Struct, frozen=True):
    """A field of which only some parts are kept: of a list those items that are wanted, of a map those names."""

    wanted: Callable[[Any], bool]
    fields: object = KEEP


def _named(*names: str) -> dict[str, object]:
    return dict.fromkeys(names, KEEP)


VERSION: Fields = {
    "Server": _named("Version", "ApiVersion", "MinAPIVersion", "GitCommit", "Os", "Arch", "KernelVersion")
    | {"Components": _named("Name", "Version")}
}

INFO: Fields = _named(
    "ID",
    "Name",
    "ServerVersion",
    "Driver",
    "OperatingSystem",
    "KernelVersion",
    "IPv4Forwarding",
    "BridgeNfIptables",
    "BridgeNfIp6tables",
    "LiveRestoreEnabled",
    "EnableUserlandProxy",
    "SecurityOptions",
    "DefaultAddressPools",
    "Containers",
    "ContainersRunning",
    "Warnings",
) | {
    "FirewallBackend": _named("Driver", "Info"),
    "Swarm": _named("NodeID", "LocalNodeState", "ControlAvailable") | {"Cluster": _named("DataPathPort")},
}

NETWORK: Fields = _named(
    "Name",
    "Id",
    "Created",
    "Scope",
    "Driver",
    "EnableIPv4",
    "EnableIPv6",
    "IPAM",
    "Internal",
    "Attachable",
    "Ingress",
    "ConfigFrom",
    "ConfigOnly",
    "Options",
    "Peers",
) | {"Containers": {ANY: _named("Name", "EndpointID", "MacAddress", "IPv4Address", "IPv6Address")}}

_ENDPOINT: Fields = _named(
    "NetworkID",
    "EndpointID",
    "Gateway",
    "IPAddress",
    "IPPrefixLen",
    "IPv6Gateway",
    "GlobalIPv6Address",
    "GlobalIPv6PrefixLen",
    "MacAddress",
    "GwPriority",
    "Aliases",
    "Links",
    "IPAMConfig",
)

CONTAINER: Fields = _named("Id", "Name", "Created", "Image") | {
    "State": _named("Status", "Running", "Paused", "Pid", "StartedAt", "ExitCode"),
    "Config": _named("Image", "ExposedPorts", "Hostname")
    | {"Labels": Some(lambda name: name.startswith(WAIVER_LABEL))},
    "HostConfig": _named(
        "NetworkMode", "PortBindings", "PublishAllPorts", "Links", "Privileged", "CapAdd", "AutoRemove"
    ),
    "NetworkSettings": _named("SandboxID", "SandboxKey", "Ports", "IPAddress", "GlobalIPv6Address", "MacAddress")
    | {"Networks": {ANY: _ENDPOINT}},
    "Mounts": Some(lambda mount: is_docker_socket(str(mount.get("Source", ""))), _named("Source", "Destination", "RW")),
}


def keep(value: object, fields: object) -> object:
    """Copy a JSON value with these fields only; where an object was expected, anything else is dropped."""
    if fields is KEEP:
        return value
    if isinstance(fields, Some):
        return _keep_some(value, fields)
    if isinstance(value, list):
        return [keep(item, fields) for item in value]
    if not isinstance(value, Mapping) or not isinstance(fields, Mapping):
        return None
    if ANY in fields:
        return {key: keep(item, fields[ANY]) for key, item in value.items()}
    return {key: keep(value[key], inner) for key, inner in fields.items() if key in value}


def _keep_some(value: object, some: Some) -> object:
    match value:
        case list():
            return [keep(item, some.fields) for item in value if isinstance(item, Mapping) and some.wanted(item)]
        case Mapping():
            return {key: keep(inner, some.fields) for key, inner in value.items() if some.wanted(key)}
        case _:
            return None

"""The fields of Docker's objects that a recording keeps, by name.

Environments, commands, labels, mounts and proxies hold secrets: what is not named here is not kept. Of labels only
waivers are, and those by which Compose knows what is its own; of mounts only Docker's socket.
"""

from collections.abc import Mapping

import msgspec

from netaudit.model.docker import COMPOSE_LABELS, ENGINE_SOCKETS, WAIVER_LABEL

# A field maps to KEEP (the whole value) or to the fields within it; in a list, within each of its items.
# ANY stands for every key of a map whose keys are names.
Fields = Mapping[str, object]
KEEP = None
ANY = "*"


class Labels(msgspec.Struct, frozen=True):
    """A map of which only these names are kept, and those that begin so ("" for none), with what they hold."""

    names: tuple[str, ...]
    prefix: str = ""


class FileNamed(msgspec.Struct, frozen=True):
    """A list of which only those items are kept whose `field`, a path, ends in one of these names."""

    field: str
    names: tuple[str, ...]
    fields: Fields


def named(*names: str) -> dict[str, object]:
    """Keep the whole values of these fields."""
    return dict.fromkeys(names, KEEP)


VERSION: Fields = {
    "Server": named("Version", "ApiVersion", "MinAPIVersion", "GitCommit", "Os", "Arch", "KernelVersion")
    | {"Components": named("Name", "Version") | {"Details": named("NetworkDriver", "PortDriver")}}
}

INFO: Fields = named(
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
    "FirewallBackend": named("Driver", "Info"),
    "Swarm": named("NodeID", "LocalNodeState", "ControlAvailable") | {"Cluster": named("DataPathPort")},
}

NETWORK: Fields = (
    named(
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
    )
    | {"Labels": Labels(COMPOSE_LABELS)}
    | {"Containers": {ANY: named("Name", "EndpointID", "MacAddress", "IPv4Address", "IPv6Address")}}
)

_ENDPOINT: Fields = named(
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

CONTAINER: Fields = named("Id", "Name", "Created", "Image") | {
    "State": named("Status", "Running", "Paused", "Pid", "StartedAt", "ExitCode"),
    "Config": named("Image", "ExposedPorts", "Hostname") | {"Labels": Labels(COMPOSE_LABELS, WAIVER_LABEL)},
    "HostConfig": named(
        "NetworkMode", "PortBindings", "PublishAllPorts", "Links", "Privileged", "CapAdd", "AutoRemove"
    ),
    "NetworkSettings": named("SandboxID", "SandboxKey", "Ports", "IPAddress", "GlobalIPv6Address", "MacAddress")
    | {"Networks": {ANY: _ENDPOINT}},
    "Mounts": FileNamed("Source", ENGINE_SOCKETS, named("Source", "Destination", "RW")),
}


def keep(value: object, fields: object) -> object:
    """Copy a JSON value with these fields only; where an object was expected, anything else is dropped."""
    match fields:
        case None:
            return value
        case Labels(names, prefix):
            return _keep_names(value, names, prefix)
        case FileNamed():
            return _keep_items(value, fields)
        case Mapping():
            return [keep(item, fields) for item in value] if isinstance(value, list) else _keep_fields(value, fields)
        case _:
            raise TypeError(fields)


def _keep_fields(value: object, fields: Fields) -> object:
    if not isinstance(value, Mapping):
        return None
    if ANY in fields:
        return {key: keep(item, fields[ANY]) for key, item in value.items()}
    return {key: keep(value[key], inner) for key, inner in fields.items() if key in value}


def _keep_names(value: object, names: tuple[str, ...], prefix: str) -> object:
    if not isinstance(value, Mapping):
        return None
    return {key: item for key, item in value.items() if key in names or (prefix and key.startswith(prefix))}


def _keep_items(value: object, wanted: FileNamed) -> object:
    if not isinstance(value, list):
        return None
    items = (item for item in value if isinstance(item, Mapping))
    return [
        keep(item, wanted.fields)
        for item in items
        if str(item.get(wanted.field, "")).rpartition("/")[2] in wanted.names
    ]

"""Docker's JSON: the fields that netaudit reads, and no others."""

import re
from collections.abc import Mapping

import msgspec

from netaudit.model.default_route import gateway_order
from netaudit.model.docker import BRIDGE_OPTION, Container, Endpoint, Inventory, is_docker_socket
from netaudit.model.facts import Source
from netaudit.model.version import Version
from netaudit.parse.reading.decode import decode_json
from netaudit.store.redaction.redactor import Redactor
from netaudit.store.redaction.schema import Value, address, number, one_of, redact_value, string
from netaudit.store.redaction.tally import Kind
from netaudit.store.redaction.words import (
    CAPABILITIES,
    CONTAINER_STATES,
    DRIVERS,
    FIREWALL_DRIVERS,
    ROOTLESS_DRIVERS,
    SECURITY,
    SWARM_STATES,
)

_HEX = re.compile(r"[0-9a-f]{12,64}")
_NUMBERS = r"\d{1,2}(?:\.\d{1,2}){1,2}"  # four of them would be an address
_BUILD = r"(?:[-~](?:ce|ee|dev|rc\.?\d{1,2}|beta\.?\d{1,2}))?(?:\+dfsg\d{0,2})?"
_VERSION = re.compile(_NUMBERS + _BUILD, re.ASCII)
_VERSION_OF_A_BUILD = re.compile(rf"({_NUMBERS})[-+~]", re.ASCII)
_PORT = re.compile(r"\d{1,5}(?:-\d{1,5})?/(?:tcp|udp|sctp)", re.ASCII)
_DIGITS = re.compile(r"\d{0,5}", re.ASCII)
_MODES = frozenset({"", "default", "bridge", "host", "none", "nat"})
_SANDBOX = "/var/run/docker/netns/"


def _version(redactor: Redactor, text: str) -> str:
    """Keep a version as engines are built by Docker and Debian; of another build the numbers alone."""
    if _VERSION.fullmatch(text):
        return text
    redactor.count(Kind.TEXT)
    return found[1] if (found := _VERSION_OF_A_BUILD.match(text)) else ""


def _id(redactor: Redactor, text: str) -> str:
    return redactor.names.id(text) if _HEX.fullmatch(text) else _container(redactor, text)


def _network(redactor: Redactor, text: str) -> str:
    redactor.count(Kind.NAME, int(redactor.names.network(text) != text))
    return redactor.names.network(text)


def _container(redactor: Redactor, text: str) -> str:
    slash = "/" if text.startswith("/") else ""
    redactor.count(Kind.NAME)
    return slash + redactor.names.container(text.removeprefix("/"))


def _image(redactor: Redactor, text: str) -> str:
    return redactor.name("image", text)


def _mode(redactor: Redactor, text: str) -> str:
    """Redact a network mode: `bridge`, a network's name, `container:ID`."""
    kind, colon, name = text.partition(":")
    if kind == "container" and colon:
        return f"{kind}:{_id(redactor, name)}"
    return text if text in _MODES else _network(redactor, text)


def _link(redactor: Redactor, text: str) -> str:
    """Redact `/child:/parent/alias`."""
    ends = ("/".join(_container(redactor, part) if part else "" for part in end.split("/")) for end in text.split(":"))
    return ":".join(ends)


def _sandbox(redactor: Redactor, text: str) -> str:
    return _SANDBOX + _id(redactor, text.rpartition("/")[2])


def _mount(redactor: Redactor, text: str) -> str:
    """Keep that it is Docker's socket: who has it has the host."""
    return f"/{text.rpartition('/')[2]}" if is_docker_socket(text) else redactor.name("mount", text)


def _driver(redactor: Redactor, text: str) -> str:
    return text if text in DRIVERS else redactor.name("driver", text)


def _mac(redactor: Redactor, text: str) -> str | None:
    return redactor.mac(text)


def _port(value: Value, _redactor: Redactor) -> Value:
    return value if isinstance(value, str) and _PORT.fullmatch(value) else None


def _host_port(value: Value, _redactor: Redactor) -> Value:
    return value if isinstance(value, str) and _DIGITS.fullmatch(value) else None


def _security(value: Value, _redactor: Redactor) -> Value:
    return value if isinstance(value, str) and SECURITY.fullmatch(value) else None


def _capability(redactor: Redactor, text: str) -> str:
    return text if text.removeprefix("CAP_") in CAPABILITIES else redactor.name("cap", text)


def _vxlan_ids(redactor: Redactor, text: str) -> str | None:
    ids = [one for one in text.split(",") if one]
    known = all(one.isascii() and one.isdigit() and len(one) < 9 for one in ids)
    return ",".join(str(redactor.names.vxlan_id(int(one))) for one in ids) if known else None


def _interfaces(redactor: Redactor, text: str) -> str:
    return ":".join(redactor.interface(name) for name in text.split(":"))


_SWITCH = one_of(frozenset({"true", "false", "1", "0", "t", "f", "T", "F", "TRUE", "FALSE", "True", "False"}))
_GATEWAY_MODE = one_of(frozenset({"nat", "nat-unprotected", "routed", "isolated"}))
_OPTIONS: Mapping[str, object] = {
    f"{BRIDGE_OPTION}name": string(lambda redactor, text: redactor.interface(text)),
    f"{BRIDGE_OPTION}trusted_host_interfaces": string(_interfaces),
    f"{BRIDGE_OPTION}host_binding_ipv4": address,
    **{f"com.docker.network.host_ipv{version}": address for version in (4, 6)},
    **{f"{BRIDGE_OPTION}gateway_mode_ipv{version}": _GATEWAY_MODE for version in (4, 6)},
    **{
        f"{BRIDGE_OPTION}{name}": _SWITCH
        for name in ("enable_icc", "enable_ip_masquerade", "default_bridge", "inhibit_ipv4")
    },
    "com.docker.network.driver.mtu": _host_port,
    "com.docker.network.driver.overlay.vxlanid_list": string(_vxlan_ids),
    "encrypted": _SWITCH,
}
_VERSIONS: Mapping[str, object] = {"Version": string(_version), "ApiVersion": string(_version)}
_DRIVER = one_of(ROOTLESS_DRIVERS)
_COMPONENT: Mapping[str, object] = {
    "Name": one_of(ROOTLESS_DRIVERS | {"rootlesskit"}),
    "Details": {"NetworkDriver": _DRIVER, "PortDriver": _DRIVER},
}
_VERSION_FIELDS: Mapping[str, object] = {"Server": {**_VERSIONS, "Components": _COMPONENT}}
_INFO: Mapping[str, object] = {
    "ServerVersion": string(_version),
    "LiveRestoreEnabled": number,
    "EnableUserlandProxy": number,
    "FirewallBackend": {"Driver": one_of(FIREWALL_DRIVERS)},
    "SecurityOptions": _security,
    "Swarm": {"LocalNodeState": one_of(SWARM_STATES), "Cluster": {"DataPathPort": number}},
}
_ID = string(lambda redactor, text: redactor.names.id(text))
_MEMBER, _NAME = string(_id), string(_network)
_NETWORK: Mapping[str, object] = {
    **dict.fromkeys(("EnableIPv4", "EnableIPv6", "Internal", "Ingress", "ConfigOnly"), number),
    "Id": _ID,
    "Name": _NAME,
    "Scope": one_of(frozenset({"local", "global", "swarm"})),
    "Driver": string(_driver),
    "ConfigFrom": {"Network": _NAME},
    "IPAM": {"Config": {"Subnet": address, "Gateway": address, "IPRange": address}},
    "Options": _OPTIONS,
    "Containers": {
        "key": _MEMBER,
        "*": {"Name": string(_container), "IPv4Address": address, "IPv6Address": address, "MacAddress": string(_mac)},
    },
}
_ENDPOINT: Mapping[str, object] = {
    "NetworkID": _ID,
    "MacAddress": string(_mac),
    **dict.fromkeys(("IPAddress", "Gateway", "GlobalIPv6Address", "IPv6Gateway"), address),
    **dict.fromkeys(("IPPrefixLen", "GlobalIPv6PrefixLen", "GwPriority"), number),
}
_CONTAINER: Mapping[str, object] = {
    "Id": _ID,
    "Name": string(_container),
    "State": {"Status": one_of(CONTAINER_STATES), "Running": number, "Pid": number},
    "Config": {"Image": string(_image), "ExposedPorts": {"key": _port, "*": {}}},
    "HostConfig": {
        "NetworkMode": string(_mode),
        "Links": string(_link),
        "PublishAllPorts": number,
        "Privileged": number,
        "CapAdd": string(_capability),
    },
    "Mounts": {"Source": string(_mount)},
    "NetworkSettings": {
        "SandboxKey": string(_sandbox),
        "Ports": {"key": _port, "*": {"HostIp": address, "HostPort": _host_port}},
        "Networks": {"key": _NAME, "*": _ENDPOINT},
    },
}


def redact_version(data: bytes, redactor: Redactor, source: Source) -> bytes:
    """Redact `docker version`."""
    return msgspec.json.encode(redact_value(_decode(data, source), redactor, _VERSION_FIELDS))


def redact_info(data: bytes, redactor: Redactor, source: Source) -> bytes:
    """Redact `docker info`."""
    return msgspec.json.encode(redact_value(_decode(data, source), redactor, _INFO))


def redact_networks(data: bytes, redactor: Redactor, source: Source) -> bytes:
    """Redact `docker network inspect`."""
    return msgspec.json.encode(redact_value(_decode(data, source), redactor, _NETWORK))


def redact_containers(data: bytes, redactor: Redactor, inventory: Inventory | None) -> bytes:
    """Redact `docker inspect`."""
    if not data.strip():
        return data
    hidden = redact_value(_decode(data, Source.DOCKER_CONTAINERS), redactor, _CONTAINER)
    orders = _orders(inventory, redactor) if inventory else {}
    for container in hidden if isinstance(hidden, list) else ():
        order = orders.get(container.get("Id", "")) if isinstance(container, dict) else None
        if order:
            for name, end in container["NetworkSettings"]["Networks"].items():
                end["GwPriority"] = order[name]
    return msgspec.json.encode(hidden)


def _orders(inventory: Inventory, redactor: Redactor) -> dict[str, dict[str, int]]:
    """Say by priorities which of its networks carries a container's ports, where only the order of names said it."""
    found = ((one, _order(one, inventory, redactor)) for one in inventory.containers if len(one.endpoints) > 1)
    return {redactor.names.id(container.id): order for container, order in found if order}


def _order(container: Container, inventory: Inventory, redactor: Redactor) -> dict[str, int] | None:
    version = Version.parse(inventory.version)
    networks = {one.id: one for one in inventory.networks}
    ends = [one for one in container.endpoints if one.network_id in networks]
    order = gateway_order(networks, version)

    def hidden(end: Endpoint) -> tuple[object, ...]:
        return (*order(end)[:-1], redactor.names.network(end.network_name))

    true = sorted(ends, key=order)
    if len(ends) < len(container.endpoints) or sorted(ends, key=hidden) == true:
        return None
    return {redactor.names.network(end.network_name): -at for at, end in enumerate(true)}


def _decode(data: bytes, source: Source) -> object:
    return decode_json(data, object, source=source, expected="what Docker prints")

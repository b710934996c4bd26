"""`docker inspect` of containers, alone -> the networks that their endpoints name.

What no endpoint says is taken as Docker does it by default: docker0 for the default network, br-ID for any
other, and no option changed. Such an inventory is partial: it proves causes, and nothing by its silence.
"""

import ipaddress
from collections.abc import Iterator

import msgspec

from netaudit.model.docker import Network
from netaudit.model.facts import Source
from netaudit.parse.reading.decode import decode_json

_NO_BRIDGE = ("host", "none")


class _Endpoint(msgspec.Struct):
    network_id: str = msgspec.field(name="NetworkID", default="")
    ipv4: str = msgspec.field(name="IPAddress", default="")
    length4: int = msgspec.field(name="IPPrefixLen", default=0)
    ipv6: str = msgspec.field(name="GlobalIPv6Address", default="")
    length6: int = msgspec.field(name="GlobalIPv6PrefixLen", default=0)


class _Settings(msgspec.Struct):
    networks: dict[str, _Endpoint | None] | None = msgspec.field(name="Networks", default=None)


class _Container(msgspec.Struct):
    settings: _Settings = msgspec.field(name="NetworkSettings", default_factory=_Settings)


def derive_networks(containers: bytes) -> tuple[Network, ...]:
    """List the networks that containers' endpoints name, each once. Raises ParseError."""
    raw = decode_json(containers, list[_Container], source=Source.DOCKER_CONTAINERS, expected="what Docker prints")
    return tuple({network.id: network for one in raw for network in _networks(one)}.values())


def _networks(raw: _Container) -> Iterator[Network]:
    for name, end in (raw.settings.networks or {}).items():
        if end is None or not end.network_id or name in _NO_BRIDGE:
            continue
        subnet6 = _subnet(end.ipv6, end.length6)
        yield Network(
            id=end.network_id,
            name=name,
            driver="bridge",
            bridge="docker0" if name == "bridge" else f"br-{end.network_id[:12]}",
            subnet=_subnet(end.ipv4, end.length4),
            subnet6=subnet6,
            ipv6=bool(subnet6),
            default=name == "bridge",
        )


def _subnet(address: str, length: int) -> str:
    """Return the subnet of an address, "" where it has none, as of a container that is stopped."""
    try:
        return str(ipaddress.ip_network(f"{address}/{length}", strict=False)) if address and length else ""
    except ValueError:
        return ""

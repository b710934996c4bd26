"""A network as one address family sees it, and the values that fill a signature's holes."""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress

import msgspec

from netaudit.attribute.attribution import Ref
from netaudit.attribute.signatures.network_facts import network_facts
from netaudit.attribute.signatures.signature import ASSUMED_FACTS, Value
from netaudit.model.docker import Network, PortBinding

_WHOLE_MASK = 0xFFFFFFFF

# Of a port binding: on every host address, on a loopback one, its protocol, served by docker-proxy alone, on the
# endpoint that carries the container's published ports, possibly without the IPv6 binding that was served here before.
BindingTraits = tuple[bool, bool, str, bool, bool, bool]


class NetworkView(msgspec.Struct, frozen=True, eq=False):
    """A bridge network as one address family sees it; compared by identity."""

    network: Network
    ref: Ref
    family: str
    facts: Mapping[str, Value]
    values: Mapping[str, str]


def make_view(network: Network, family: str, marks: Mapping[str, str]) -> NetworkView:
    """Collect what a network decides and fills in, for one family; `marks` are the daemon's."""
    snat = network.host_ipv4 if family == "ip" else network.host_ipv6
    facts: dict[str, Value] = {**ASSUMED_FACTS, **network_facts(network, family)}
    values = {
        **marks,
        "bridge": network.bridge,
        "subnet": network.subnet_of(family),
        "snat": snat,
        "trusted_set": ", ".join(f'"{name}"' for name in sorted({network.bridge, *network.trusted_interfaces})),
    }
    return NetworkView(network, Ref(network.id, network.name), family, facts, values)


def endpoint_values(address: str) -> dict[str, str]:
    """Fill what names an endpoint."""
    return {"address": address, "container": f"{address}/128" if ":" in address else f"{address}/32"}


def mark_values(option: str) -> dict[str, str]:
    """Fill the mark of --bridge-accept-fwmark, `MARK[/MASK]`, as the tools print it; nothing for an invalid one."""
    numbers = [_number(part) for part in option.split("/")]
    match numbers:
        case [int() as mark]:
            return {"mark": hex(mark), "nft_mark": f"0x{mark:08x}"}
        case [int() as mark, int() as mask]:
            whole = hex(mark) if mask == _WHOLE_MASK else f"{mark:#x}/{mask:#x}"
            return {"mark": whole, "nft_mark": f"& 0x{mask:08x} == 0x{mark:08x}"}
        case _:
            return {}


def overlay_values(vxlan_id: int, port: int) -> dict[str, str]:
    """Fill what names an encrypted overlay network."""
    vni = vxlan_id << 8  # as it stands in the packet
    numbers = {"vxlan_port": port, "vxlan_id": vxlan_id, "vni": vni}
    texts = {name: str(number) for name, number in numbers.items()}
    return {**texts, "vxlan_hex": hex(vxlan_id), "vni_hex": hex(vni)}


def _number(text: str) -> int | None:
    """Read a number as the engine does (strconv.ParseUint, base 0): 0x1f, 0b11, 0o17, 017, 31."""
    octal = re.fullmatch(r"0[0-7_]+", text)
    try:
        return int(text, 8 if octal else 0)
    except ValueError:
        return None


def link_values(parent: str, child: str) -> dict[str, str]:
    """Fill what names the two ends of a link."""
    return {"parent_ip": parent, "child_ip": child, "parent": f"{parent}/32", "child": f"{child}/32"}


def binding_facts(traits: BindingTraits) -> dict[str, Value]:
    """Name what decides over a port binding's rules."""
    anywhere, loopback, protocol, proxy_only, gateway, perhaps_moved = traits
    return {
        "host-address": "any" if anywhere else "specific",
        "loopback": loopback,
        "protocol": protocol,
        "proxy-only": proxy_only,
        "gateway": gateway,
        "twin-moved": None if perhaps_moved else False,
    }


def binding_values(binding: PortBinding) -> dict[str, str]:
    """Fill what names a port binding, apart from its protocol."""
    host = binding.host_ip
    if ":" in host:
        with suppress(ValueError):  # what is no address fills no rule that is there
            host = str(ipaddress.ip_address(host))
    return {
        "host_ip": host,
        "host": f"{host}/128" if ":" in host else f"{host}/32",
        "host_port": str(binding.host_port),
        "container_port": str(binding.container_port),
    }


def have_bridges(networks: Iterable[Network], family: str) -> dict[str, Value]:
    """Return whether there is a bridge network, and one that is not internal.

    None where it has no value now: a daemon keeps the rules that it wrote for one that was removed.
    """
    here = [net for net in networks if net.driver == "bridge" and net.subnet_of(family)]
    outward = any(not net.internal for net in here)
    return {"any-networks": bool(here) or None, "bridge-networks": outward or None}

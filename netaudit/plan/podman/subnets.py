"""Subnets and addresses of Podman's networks, read from what was recorded or requested; anything else is no value."""

from collections.abc import Collection
from ipaddress import ip_network

from netaudit.model.host import Ip, IpNetwork
from netaudit.plan.engine.answer import EngineRefusal
from netaudit.plan.engine.objects import Object, address_of, text


def subnet_of(named: Object) -> IpNetwork | None:
    """Return a network's subnet, None for other text."""
    try:
        return ip_network(text(named, "subnet"), strict=False)
    except ValueError:
        return None


def requested_subnet(named: Object) -> IpNetwork:
    """Return a subnet of a request. Raises EngineRefusal."""
    subnet = subnet_of(named)
    if subnet is None:
        raise EngineRefusal(400, f"invalid CIDR address: {text(named, 'subnet')}")
    return subnet


def requested_address(named: str) -> Ip:
    """Return an address of a request. Raises EngineRefusal."""
    address = address_of(named)
    if address is None:
        raise EngineRefusal(400, f"invalid IP address: {named}")
    return address


def first_of(within: IpNetwork) -> Ip:
    """Return the address that Podman counts from, and gives to the gateway."""
    return within.network_address + (within.num_addresses > 1)


def next_free(within: IpNetwork, last: Collection[Ip], taken: Collection[Ip]) -> Ip:
    """Return the next address after the highest of `last`; from the end Podman goes on at the beginning.

    Raises EngineRefusal where none is left. Source: containers/common, libnetwork/netavark/ipam.go.
    """
    first = int(first_of(within))
    end = int(within.broadcast_address) - (within.version == 4)  # IPv4's last address is the broadcast one
    used = {int(one) for one in taken if one in within}
    begin = max((int(one) + 1 for one in last if one in within), default=first)
    for turn in (range(max(begin, first), end + 1), range(first, min(begin, end + 1))):
        # So many tries are enough: each fails for one address that is taken.
        found = next((one for one in turn[: len(used) + 1] if one not in used), None)
        if found is not None:
            return within.network_address + (found - int(within.network_address))
    shown = f"{first_of(within)} - {first_of(within) + max(end - first, 0)}"
    raise EngineRefusal(500, f"IPAM error: failed to find free IP in range: {shown}")

"""What a new network gives itself: whether its subnet, range, gateway and auxiliary addresses fit each other."""

from ipaddress import ip_address, ip_interface, ip_network

from netaudit.model.host import IpNetwork
from netaudit.model.version import Version
from netaudit.plan.engine.allocation.addresses import Pool, gateway_of
from netaudit.plan.engine.answer import EngineRefusal
from netaudit.plan.engine.objects import Object, address_of, text, texts
from netaudit.plan.engine.pools import read_prefix
from netaudit.plan.engine.state import EngineState

_NO_HOST_BITS = Version(25)  # from here on a prefix with bits of a host is refused


def read_subnet(state: EngineState, config: Object) -> IpNetwork:
    """Return the subnet that is given. Raises EngineRefusal."""
    named = text(config, "Subnet")
    try:
        found = ip_network(named, strict=False)
    except ValueError as error:
        raise EngineRefusal(400, f"invalid subnet {named}: invalid CIDR block notation") from error
    if state.host.version >= _NO_HOST_BITS and ip_interface(named).ip != found.network_address:
        raise EngineRefusal(400, f"invalid network config:\ninvalid subnet {named}: it should be {found}")
    return found


def check_pool(state: EngineState, network: Object, config: Object, subnet: IpNetwork) -> None:
    """Refuse what does not fit a subnet. Raises EngineRefusal."""
    _check_range(state, config, subnet)
    _check_gateway(config, subnet)
    _check_auxiliary(state, network, config, subnet)


def _check_range(state: EngineState, config: Object, subnet: IpNetwork) -> None:
    """Refuse a range of addresses that is not one of the subnet."""
    if not (named := text(config, "IPRange")):
        return
    found = read_prefix(named)
    if found is None:
        why = "invalid CIDR block notation"
    elif found.version != subnet.version:
        why = f"parent subnet is an IPv{subnet.version} block"
    elif found.prefixlen < subnet.prefixlen:
        why = f"CIDR block is bigger than its parent subnet {subnet}"
    elif found.network_address not in subnet:
        why = f"parent subnet {subnet} doesn't contain ip-range"
    elif state.host.version >= _NO_HOST_BITS and ip_interface(named).ip != found.network_address:
        why = f"it should be {found}"
    else:
        return
    raise EngineRefusal(400, f"invalid network config:\ninvalid ip-range {named}: {why}")


def _check_gateway(config: Object, subnet: IpNetwork) -> None:
    named = text(config, "Gateway")
    try:
        inside = not named or ip_address(named) in subnet
    except ValueError:
        inside = False
    if not inside:
        raise EngineRefusal(400, f"invalid network config:\ninvalid gateway {named}: parent subnet is {subnet}")


def _check_auxiliary(state: EngineState, network: Object, config: Object, subnet: IpNetwork) -> None:
    """Refuse addresses that are set aside twice, also as the gateway, or are of another network."""
    gateway = gateway_of(state, network, Pool(config))
    taken = set() if gateway is None else {gateway}
    for name, named in sorted(texts(config.get("AuxiliaryAddresses")).items()):
        address = address_of(named)
        if address is None or address not in subnet:
            what = "non parsable" if address is None else "auxiliary"
            why = f"{what} address: ({name}:{named}) must belong to the master pool: {subnet}"
            raise EngineRefusal(403, why)
        if address in taken:
            raise EngineRefusal(
                500, f"failed to allocate secondary ip address ({name}:{address}): Address already in use"
            )
        taken.add(address)

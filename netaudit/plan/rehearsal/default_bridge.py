"""The default bridge as options of the daemon make it: its interface, its subnets, and its containers' addresses.

moby, daemon/daemon_unix.go: initBridgeDriver.
"""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, ip_address, ip_interface, ip_network
from typing import Any

from netaudit.model.docker import BRIDGE_OPTION
from netaudit.model.host import Interface
from netaudit.model.version import Version
from netaudit.plan.engine.allocation.addresses import Pool
from netaudit.plan.engine.pools import read_pools

Object = dict[str, Any]
Options = Mapping[str, object]

NO_BRIDGE = "none"
ADDRESSES = frozenset({"bip", "fixed-cidr", "default-gateway"})
ADDRESSES_IPV6 = frozenset({"ipv6", "bip6", "fixed-cidr-v6", "default-gateway-v6"})
OF_DEFAULT_BRIDGE = ADDRESSES | ADDRESSES_IPV6 | {"bridge"}
_IPV6 = 6
_RANGE_IS_SUBNET = Version(23)  # from here on a range alone is the subnet too; tried on 20.10.24 and 26.1.5
_RANDOM_MAC = Version(28)
_MOST_FOR_MAC = 80  # bits of a prefix that leave room for a hardware address
_SHOWS_GATEWAY = Version(23)  # before, inspection shows the gateway of the default bridge only where it was given


def is_default(network: Mapping[str, Any]) -> bool:
    """Tell whether a network, as inspection shows it, is the default one."""
    return str((network.get("Options") or {}).get(f"{BRIDGE_OPTION}default_bridge", "")).lower() == "true"


def default_pools(
    options: Options, version: Version, there: list[Object], interfaces: Iterable[Interface] = ()
) -> list[Object]:
    """Return the pools of the default bridge.

    `there` are those that it would have without these options; `interfaces` are the host's, of which one may be it.
    """
    own = _pool_of_interface(str(options.get("bridge") or ""), interfaces) or first_pool(options)
    ipv4 = [own] if own else [one for one in there if not _is_ipv6(one)]
    pools = [_ipv4_pool(options, version, ipv4)]
    if options.get("ipv6") is True:
        pools += _ipv6_pools(options, [one for one in there if _is_ipv6(one)])
    return pools


def first_pool(options: Options) -> Object | None:
    """Return the subnet that a daemon takes first of its own pools, where it has some."""
    given = options.get("default-address-pools")
    if not isinstance(given, list) or not given:
        return None
    pools, wrong = read_pools(given)
    if wrong:
        raise ValueError(f"dockerd does not start with the default-address-pools {', '.join(wrong[:3])}")
    base, size = next(((base, size) for base, size in pools if base.version == 4), (None, 0))
    if base is None:
        raise ValueError("none of the default-address-pools is of IPv4")
    subnet = ip_network((base.network_address, size))
    return {"Subnet": str(subnet), "Gateway": str(subnet.network_address + 1)}


def decides(options: Options) -> bool:
    """Tell whether options give the default bridge another subnet, or none."""
    return bool((OF_DEFAULT_BRIDGE | {"default-address-pools"}) & options.keys())


def follows(key: str, options: Options, interfaces: Iterable[Interface] = ()) -> bool:
    """Tell whether what an option does to the default bridge is known.

    An IPv6 subnet that the engine makes is not, nor is a bridge that the host does not have.
    """
    if key == "ipv6":
        return options.get("ipv6") is not True or bool(options.get("fixed-cidr-v6") or options.get("bip6"))
    if key == "bridge":
        named = str(options.get("bridge"))
        return named in (NO_BRIDGE, "", "docker0") or _pool_of_interface(named, interfaces) is not None
    return key in OF_DEFAULT_BRIDGE


def move_containers(containers: list[Object], network: Object, version: Version) -> list[Object]:
    """Return containers with the addresses that they get on a network whose pools changed, in the order of starts."""
    members = (one for one in containers if _is_on(one, network))
    started = sorted(members, key=lambda one: str(one["State"].get("StartedAt")))
    moved: dict[str, Object] = {}
    taken = [Pool(one) for one in network["IPAM"]["Config"]]
    for pool in taken:
        gateway = pool.config.get("Gateway")
        pool.taken.add(ip_address(gateway) if gateway else pool.subnet.network_address + 1)
        auxiliary = pool.config.get("AuxiliaryAddresses") or {}
        pool.taken.update(ip_address(one) for one in auxiliary.values())
    for one in started:
        end = dict(one["NetworkSettings"]["Networks"][network["Name"]])
        for pool in taken:
            end |= _address(pool, version, str(end.get("IPAddress")))
        moved[one["Id"]] = _with_endpoint(one, network["Name"], end)
    return [moved.get(one["Id"], one) for one in containers]


def stop_containers(containers: list[Object], network: Object) -> list[Object]:
    """Return containers; on a network that is gone they do not run, for they cannot start."""
    return [_stopped(one) if _is_on(one, network) else one for one in containers]


def _is_within(fixed: str, pool: Object) -> bool:
    return IPv4Network(fixed, strict=False).subnet_of(IPv4Network(str(pool.get("Subnet")), strict=False))


def _pool_of_interface(name: str, interfaces: Iterable[Interface]) -> Object | None:
    """Return the subnet of a bridge that is there already, by its first address."""
    addresses = (one for each in interfaces if name and each.name == name for one in each.addresses)
    first = next((one for one in addresses if one.ip.version == 4), None)
    return {"Subnet": str(first.subnet), "Gateway": first.local} if first else None


def _ipv4_pool(options: Options, version: Version, there: list[Object]) -> Object:
    pool: Object = {"Subnet": "172.17.0.0/16"} | ({"Gateway": "172.17.0.1"} if version >= _SHOWS_GATEWAY else {})
    fixed = options.get("fixed-cidr")
    keeps_its_own = not fixed or version < _RANGE_IS_SUBNET
    if there and (keeps_its_own or _is_within(str(fixed), there[0])):
        pool = {key: value for key, value in there[0].items() if key in ("Subnet", "Gateway")}
    elif not keeps_its_own:
        pool = {"Subnet": str(ip_network(str(fixed), strict=False))}
    if bip := options.get("bip"):
        given = ip_interface(str(bip))
        pool = {"Subnet": str(given.network), "Gateway": str(given.ip)}
    if fixed:
        pool |= {"IPRange": str(ip_network(str(fixed), strict=False))}
    if gateway := options.get("default-gateway"):
        pool |= {"AuxiliaryAddresses": {"DefaultGatewayIPv4": str(gateway)}}
    return pool


def _ipv6_pools(options: Options, there: list[Object]) -> list[Object]:
    bip, fixed = options.get("bip6"), options.get("fixed-cidr-v6")
    if not (bip or fixed):
        return there
    subnet = str(ip_network(str(fixed), strict=False)) if fixed else ""
    pool: Object = {"Subnet": subnet, "IPRange": subnet} if fixed else {}
    if bip:
        given = ip_interface(str(bip))
        pool |= {"Subnet": str(given.network), "Gateway": str(given.ip)}
    if gateway := options.get("default-gateway-v6"):
        pool |= {"AuxiliaryAddresses": {"DefaultGatewayIPv6": str(gateway)}}
    return [pool]


def _is_ipv6(pool: Object) -> bool:
    return ":" in str(pool.get("Subnet"))


def _is_on(container: Object, network: Object) -> bool:
    runs = (container.get("State") or {}).get("Running") is True
    return runs and network["Name"] in ((container.get("NetworkSettings") or {}).get("Networks") or {})


def _address(pool: Pool, version: Version, ipv4: str) -> Object:
    free = pool.lowest_free()
    if pool.subnet.version == _IPV6 and version < _RANDOM_MAC and pool.subnet.prefixlen <= _MOST_FOR_MAC:
        free = pool.subnet.network_address + (0x0242 << 32 | int(ip_address(ipv4)))  # as from its hardware address
    if free is None:
        return {}
    pool.taken.add(free)
    names = ("IPAddress", "IPPrefixLen") if free.version == 4 else ("GlobalIPv6Address", "GlobalIPv6PrefixLen")
    return dict(zip(names, (str(free), pool.subnet.prefixlen), strict=True))


def _with_endpoint(container: Object, name: str, end: Object) -> Object:
    settings = container["NetworkSettings"]
    own = {key: end[key] for key in ("IPAddress", "IPPrefixLen", "GlobalIPv6Address") if key in settings and key in end}
    return {**container, "NetworkSettings": {**settings, **own, "Networks": {**settings["Networks"], name: end}}}


def _stopped(container: Object) -> Object:
    settings = {**container["NetworkSettings"], "Networks": {}, "Ports": {}, "SandboxID": "", "SandboxKey": ""}
    return {**container, "State": {**container["State"], "Running": False, "Pid": 0}, "NetworkSettings": settings}

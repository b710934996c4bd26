"""Whether what is there is what the project says.

Compose compares a hash of all settings with the one that it left as a label, and so does this. Where there is none,
what decides over rules is compared.
"""

from collections.abc import Callable, Iterable
from ipaddress import ip_network

from netaudit.plan.engine.objects import (
    Object,
    decimal,
    endpoints_of,
    items,
    objects,
    options_of,
    part,
    pools_of,
    text,
    texts,
)
from netaudit.plan.project.bodies import LABEL, driver_options
from netaudit.plan.project.hashes import HASH
from netaudit.plan.project.model import Network, Pool


def hash_of(labelled: Object) -> str:
    """Return the hash that Compose left on what it made."""
    return texts(labelled.get("Labels")).get(HASH, "")


def is_same_network(there: Object, network: Network, hashed: str) -> bool:
    """Tell whether a network has the settings that a project says, `hashed` as Compose does."""
    return hash_of(there) == hashed if hash_of(there) else _is_alike(there, network)


def _is_alike(there: Object, network: Network) -> bool:
    """Tell whether a network is as a project says; what it does not say may be any."""
    options = options_of(there)
    said = driver_options(network)
    return (
        text(there, "Driver") == (network.driver or "bridge")
        and (there.get("Internal") is True) == network.internal
        and network.enable_ipv6 in (None, there.get("EnableIPv6") is True)
        and all(options.get(key) == value for key, value in said.items())
        and all(any(_is_same_pool(one, pool) for one in pools_of(there)) for pool in network.ipam.config or ())
    )


def is_same_container(there: Object, body: Object) -> bool:
    """Tell whether a container is what the body that would make it says."""
    if before := hash_of(part(there, "Config")):
        return before == hash_of(body)
    host, wanted = part(there, "HostConfig"), part(body, "HostConfig")
    return (
        text(part(there, "Config"), "Image") == text(body, "Image")
        and _mode(host) == _mode(wanted)
        and all(bool(host.get(one)) == bool(wanted.get(one)) for one in ("Privileged", "PidMode"))
        and _bindings(host) == _bindings(wanted)
        and part(body, "ExposedPorts").keys() <= part(part(there, "Config"), "ExposedPorts").keys()
        and _ends(endpoints_of(there)) == _ends(part(part(body, "NetworkingConfig"), "EndpointsConfig"))
    )


def in_compose_order(there: Iterable[Object], is_same: Callable[[Object], bool]) -> list[Object]:
    """Return a service's containers as Compose orders them, which removes from the end: outdated ones come last.

    Of two outdated ones each is less than the other, so that the order of Go's package sort decides: insertion.
    """
    found: list[tuple[Object, bool]] = []
    for one in there:
        outdated, at = not is_same(one), len(found)
        while at and _is_less((one, outdated), found[at - 1]):
            at -= 1
        found.insert(at, (one, outdated))
    return [one for one, _ in reversed(found)]


def number_of(container: Object) -> int:
    """Return the number of a container of a service, 0 without one."""
    return decimal(texts(part(container, "Config").get("Labels")).get(f"{LABEL}container-number", "")) or 0


def _is_less(one: tuple[Object, bool], other: tuple[Object, bool]) -> bool:
    return one[1] or (not other[1] and number_of(one[0]) > number_of(other[0]))


def _is_same_pool(there: Object, pool: Pool) -> bool:
    said = {"Gateway": pool.gateway, "IPRange": pool.ip_range}
    return _network(text(there, "Subnet")) == _network(pool.subnet) and all(
        not value or text(there, key) == value for key, value in said.items()
    )


def _network(named: str) -> str:
    try:
        return str(ip_network(named, strict=False))
    except ValueError:
        return named


def _mode(host: Object) -> str:
    mode = text(host, "NetworkMode")
    return "bridge" if mode == "default" else mode


def _bindings(host: Object) -> dict[str, list[tuple[str, str]]]:
    given = part(dict(host), "PortBindings")
    return {key: sorted((text(one, "HostIp"), text(one, "HostPort")) for one in items(of)) for key, of in given.items()}


def _ends(ends: Object) -> dict[str, tuple[str, str, object]]:
    return {name: _end(one) for name, one in objects(ends)}


def _end(end: Object) -> tuple[str, str, object]:
    given = part(dict(end), "IPAMConfig")
    return text(given, "IPv4Address"), text(given, "IPv6Address"), end.get("GwPriority") or 0

"""Docker's objects as JSON: their parts, whatever an engine or a recording left out."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

from netaudit.model.host import Ip

Object = dict[str, Any]
_DIGITS = 18


def part(whole: Object, *names: str) -> Object:
    """Return an object within another, to be changed in place; what is absent or null is made there."""
    for name in names:
        inner = whole.get(name)
        if not isinstance(inner, dict):
            inner = whole[name] = {}
        whole = inner
    return whole


def items(value: object) -> Iterator[Object]:
    """Iterate over the objects of a list, none of anything else."""
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else iter(())


def objects(value: object) -> Iterator[tuple[str, Object]]:
    """Iterate over names and objects of an object, none where there is none."""
    return (
        ((name, one) for name, one in value.items() if isinstance(one, dict)) if isinstance(value, dict) else iter(())
    )


def text(whole: Object, name: str) -> str:
    """Return a text, empty where it is not there."""
    value = whole.get(name)
    return value if isinstance(value, str) else ""


def texts(value: object) -> dict[str, str]:
    """Return the texts of an object, by name."""
    return {str(name): one for name, one in value.items() if isinstance(one, str)} if isinstance(value, dict) else {}


def decimal(named: str) -> int | None:
    """Return a number of decimal digits, None for other text, and for more digits than any number here has."""
    return int(named) if named.isdecimal() and len(named) <= _DIGITS else None


def address_of(named: str) -> Ip | None:
    """Return an address, None for other text."""
    try:
        return ip_address(named)
    except ValueError:
        return None


def is_running(container: Object) -> bool:
    """Tell whether a container runs; a paused one does."""
    return part(container, "State").get("Running") is True


def name_of(container: Object) -> str:
    """Return a container's name without the slash that the engine puts before it."""
    return text(container, "Name").removeprefix("/")


def mode_of(container: Object) -> str:
    """Return the network mode of a container; the default network has two names."""
    mode = text(part(container, "HostConfig"), "NetworkMode")
    return "bridge" if mode in ("", "default") else mode


def endpoints_of(container: Object) -> Object:
    """Return the endpoints of a container by the names of their networks, to be changed in place."""
    return part(container, "NetworkSettings", "Networks")


def options_of(network: Object) -> dict[str, str]:
    """Return the driver's options of a network."""
    return texts(network.get("Options"))


def pools_of(network: Object) -> list[Object]:
    """Return the pools that a network was configured with, as inspection shows them."""
    return list(items(part(network, "IPAM").get("Config")))

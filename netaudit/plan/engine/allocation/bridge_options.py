"""The options of a new bridge network, as far as its driver refuses them."""

from ipaddress import IPv4Address, IPv6Address
from itertools import chain

from netaudit.model.docker import BRIDGE_OPTION
from netaudit.model.version import Version
from netaudit.plan.engine.answer import EngineRefusal
from netaudit.plan.engine.objects import Object, options_of, text
from netaudit.plan.engine.state import EngineState

# strconv.ParseBool of Go.
_YES_OR_NO = frozenset(("1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"))
_BOOLEANS = tuple(f"{BRIDGE_OPTION}{name}" for name in ("enable_icc", "enable_ip_masquerade", "inhibit_ipv4"))
_MTU = "com.docker.network.driver.mtu"
_ADDRESSES: dict[str, type[IPv4Address | IPv6Address]] = {
    f"{BRIDGE_OPTION}host_binding_ipv4": IPv4Address,
    "com.docker.network.host_ipv4": IPv4Address,
    "com.docker.network.host_ipv6": IPv6Address,
}
_MODES = Version(27)
_ISOLATES = Version(28)
_LONGEST_NAME = 15  # IFNAMSIZ less its final NUL


def check_bridge_options(state: EngineState, network: Object) -> None:
    """Refuse options that the bridge driver cannot read, and gateway modes that do not go with the network."""
    _check_modes(state, network)
    if text(network, "Driver") != "bridge":
        return
    options = options_of(network)
    if len(options.get(f"{BRIDGE_OPTION}name", "")) > _LONGEST_NAME:
        raise EngineRefusal(500, "numerical result out of range")
    for name in chain(_BOOLEANS, (_MTU,), _ADDRESSES):
        if name in options and not _is_read(name, options[name]):
            raise EngineRefusal(400, f"failed to parse {name} value: {options[name]}")


def _is_read(name: str, value: str) -> bool:
    if name in _BOOLEANS:
        return value in _YES_OR_NO
    if name == _MTU:
        return value.removeprefix("+").isascii() and value.removeprefix("+").isdecimal()
    try:
        _ADDRESSES[name](value)
    except ValueError:
        return False
    return True


def _check_modes(state: EngineState, network: Object) -> None:
    for version in (4, 6):
        mode = options_of(network).get(f"{BRIDGE_OPTION}gateway_mode_ipv{version}", "")
        if mode not in ("", "nat", "nat-unprotected", "routed", "isolated") and state.host.version >= _MODES:
            raise EngineRefusal(400, f"unknown gateway mode {mode}")
        if mode == "isolated" and network["Internal"] is not True and state.host.version >= _ISOLATES:
            raise EngineRefusal(400, "gateway mode 'isolated' can only be used for an internal network")

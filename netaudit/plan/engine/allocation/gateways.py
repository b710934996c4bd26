"""Networks that get no gateway unless one is configured (moby, GetSkipGwAlloc of its drivers)."""

from netaudit.model.docker import BRIDGE_OPTION
from netaudit.model.version import Version
from netaudit.plan.engine.objects import Object, options_of, text
from netaudit.plan.engine.state import EngineState

_ASKS_DRIVER = Version(28)  # before, each network has one
_ONLY_CONFIGURED = Version(29)  # from here on macvlan and ipvlan choose none
_ROUTING_MODES = ("l3", "l3s")
_IPV4 = 4
_YES = ("1", "t", "T", "TRUE", "true", "True")  # strconv.ParseBool of Go


def has_no_gateway(state: EngineState, network: Object, version: int) -> bool:
    """Tell whether the engine chooses no gateway for a network's subnets of one family (4 or 6)."""
    if state.host.version < _ASKS_DRIVER:
        return False
    options, internal = options_of(network), network.get("Internal") is True
    match text(network, "Driver"):
        case "bridge":
            inhibited = version == _IPV4 and options.get(f"{BRIDGE_OPTION}inhibit_ipv4") in _YES
            return options.get(f"{BRIDGE_OPTION}gateway_mode_ipv{version}") == "isolated" or (inhibited and internal)
        case "macvlan":
            return internal or state.host.version >= _ONLY_CONFIGURED
        case "ipvlan":
            routes = options.get("ipvlan_mode") in _ROUTING_MODES
            return internal or routes or state.host.version >= _ONLY_CONFIGURED
        case _:
            return False

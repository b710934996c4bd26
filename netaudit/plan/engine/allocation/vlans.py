"""Endpoints of macvlan and ipvlan networks: what their drivers and the kernel refuse."""

from netaudit.model.plan import AssumptionKind
from netaudit.plan.engine.answer import EngineRefusal
from netaudit.plan.engine.objects import Object, mode_of, options_of, part, text
from netaudit.plan.engine.state import EngineState

_DRIVERS = ("macvlan", "ipvlan")


def check_vlan(state: EngineState, network: Object, container: Object, end: Object) -> None:
    """Refuse an endpoint that the network's driver would not make."""
    driver = text(network, "Driver")
    if driver == "ipvlan" and _asks_for_mac(network, container, end):
        why = "ipvlan interfaces do not support custom mac address assignment"
        raise EngineRefusal(500, why)
    if driver in _DRIVERS:
        _check_parent(state, network, driver)


def _asks_for_mac(network: Object, container: Object, end: Object) -> bool:
    """Tell whether a hardware address is asked for: of the endpoint, or of the container on its first network."""
    own = text(part(container, "Config"), "MacAddress") if mode_of(container) == text(network, "Name") else ""
    return bool(text(end, "DesiredMac") or own)


def _check_parent(state: EngineState, network: Object, driver: str) -> None:
    """Refuse both kinds on one interface: the kernel keeps it for the kind whose endpoint came first."""
    parent = options_of(network).get("parent")
    used = [one for one in state.networks.values() if text(one, "Driver") in _DRIVERS and one.get("Containers")]
    if any(text(one, "Driver") != driver and parent and options_of(one).get("parent") == parent for one in used):
        raise EngineRefusal(500, f"failed to create the {driver} port: device or resource busy")
    if all(text(one, "Driver") != driver for one in used):
        state.assume(AssumptionKind.KERNEL_LINK, driver=driver, network=text(network, "Name"))

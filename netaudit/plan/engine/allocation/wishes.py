"""What an endpoint asks for: addresses, which the engine holds against the network, or refuses."""

from collections.abc import Iterator
from ipaddress import ip_network

from netaudit.model.version import Version
from netaudit.plan.engine.allocation.subnets import NOT_GIVEN, check_given
from netaudit.plan.engine.answer import EngineRefusal
from netaudit.plan.engine.objects import Object, address_of, objects, part, pools_of, text
from netaudit.plan.engine.state import EngineState

_AT_CREATION = Version(25)  # from here on the networks are looked at when the container is created
_NOT_OWN = ("bridge", "host", "none", "default")


def check_new_wishes(state: EngineState, mode: str, configs: Object) -> None:
    """Refuse what a new container asks for of its networks, by name; those that are not there are not looked at yet.

    Before 25 only the spelling of addresses is looked at: the rest is refused when the container starts.
    """
    for key, config in objects(configs):
        name = mode if key in ("", "default") else key
        if state.host.version < _AT_CREATION:
            _check_spelling(config)
            continue
        try:
            _check_spelling(config)
            check_wishes(state, state.find_network(name), name, config)
        except EngineRefusal as refusal:
            why = f"invalid config for network {name}: invalid endpoint settings:\n{refusal.message}"
            raise EngineRefusal(refusal.status, why) from refusal


def check_wishes(state: EngineState, network: Object | None, name: str, config: Object) -> None:
    """Refuse an address that cannot be asked for: of Docker's own networks, of a chosen subnet, of none of these."""
    for version, wanted in _wishes(config):
        if name in _NOT_OWN or name.startswith("container:"):
            raise EngineRefusal(400, "user specified IP address is supported on user defined networks only")
        if network is not None:
            _check_pools(state, network, version, wanted)


def _check_pools(state: EngineState, network: Object, version: int, wanted: str) -> None:
    pools = [(one, ip_network(text(one, "Subnet"), strict=False)) for one in pools_of(network) if text(one, "Subnet")]
    own = [(pool, subnet) for pool, subnet in pools if subnet.version == version]
    if not own:
        raise EngineRefusal(400, NOT_GIVEN)
    check_given(state, network, version, [pool for pool, _ in own])
    address = address_of(wanted)
    if not any(address is not None and address in subnet for _, subnet in own):
        raise EngineRefusal(400, f"no configured subnet or ip-range contain the IP address {wanted}")


def _check_spelling(config: Object) -> None:
    for version, wanted in _wishes(config):
        address = address_of(wanted)
        if address is None or address.version != version:
            raise EngineRefusal(400, f"invalid IPv{version} address: {wanted}")


def _wishes(config: Object) -> Iterator[tuple[int, str]]:
    asked = part(dict(config), "IPAMConfig")
    named = ((version, text(asked, f"IPv{version}Address")) for version in (4, 6))
    return ((version, address) for version, address in named if address)

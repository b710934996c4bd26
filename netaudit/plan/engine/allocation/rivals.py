"""Containers that Compose starts at the same time: which host ports and addresses they will ask for."""

from collections.abc import Iterable, Iterator, Mapping

from netaudit.model.host import Ip
from netaudit.plan.engine.allocation.host_ports import ANY_IPV4, Taken
from netaudit.plan.engine.allocation.wanted import wanted_ports
from netaudit.plan.engine.objects import (
    Object,
    address_of,
    endpoints_of,
    is_running,
    mode_of,
    objects,
    part,
    text,
    texts,
)
from netaudit.plan.engine.state import EngineState

_LABEL = "com.docker.compose."


def ports_of_rivals(state: EngineState, container: Object) -> frozenset[Taken]:
    """Return the single ports that containers of the same project ask for, which start in no order with this one.

    Of the orders that may be, the plan takes one in which all of them start: a range leaves these ports to them.
    """
    rivals = (one for one in _rivals(state, container) if mode_of(one) != "host")
    return frozenset(port for one in rivals for port in _exact_ports(state, one))


def addresses_of_rivals(state: EngineState, container: Object, network: str, version: int) -> frozenset[Ip]:
    """Return the addresses of a network that such containers ask for: one that takes any leaves these to them."""
    ends = (dict(objects(endpoints_of(one))).get(network, {}) for one in _rivals(state, container))
    asked = (address_of(wanted_address(end, version)) for end in ends)
    return frozenset(address for address in asked if address is not None)


def wanted_address(end: Object, version: int) -> str:
    """Return the address of a family (4 or 6) that an endpoint asks for, empty where it takes any."""
    return text(part(dict(end), "IPAMConfig"), f"IPv{version}Address")


def _rivals(state: EngineState, container: Object) -> Iterator[Object]:
    """List the containers of a project that do not run yet, are about to start, and do not wait for this one."""
    own = _labels(container)
    project = [one for one in state.containers.values() if _is_of(own, _labels(one))]
    after = _services_after(own.get(f"{_LABEL}service", ""), [_labels(one) for one in project])
    for one in project:
        service = _labels(one).get(f"{_LABEL}service", "")
        if one is not container and service not in after and not is_running(one) and state.may_start(one):
            yield one


def _exact_ports(state: EngineState, container: Object) -> Iterable[Taken]:
    wanted = (one for group in wanted_ports(container, state.host.version) for one in group)
    return ((one.protocol, one.address or ANY_IPV4, one.first) for one in wanted if one.is_exact)


def _services_after(service: str, labels: Iterable[Mapping[str, str]]) -> frozenset[str]:
    """Return the services that wait for one, also through others."""
    needs = {one.get(f"{_LABEL}service", ""): one.get(f"{_LABEL}depends_on", "").split(",") for one in labels}
    found, more = frozenset[str](), {service}
    while more - found:
        found |= more
        more = {name for name, said in needs.items() if any(one.partition(":")[0] in found for one in said)}
    return found - {service}


def _is_of(own: Mapping[str, str], other: Mapping[str, str]) -> bool:
    project = own.get(f"{_LABEL}project", "")
    return bool(project) and other.get(f"{_LABEL}project") == project


def _labels(container: Object) -> dict[str, str]:
    return texts(part(container, "Config").get("Labels"))

"""Which of a container's endpoints carries its published ports."""

from collections.abc import Mapping, Sequence

from netaudit.model.default_route import chooses_by_family, gateway_order
from netaudit.model.docker import Container, Endpoint, Network
from netaudit.model.netfilter.family import Family
from netaudit.model.version import Version


def gateway_name(container: Container) -> str:
    """Return the name that the engine gives a container's endpoint on docker_gwbridge."""
    return "gateway_" + container.sandbox.rpartition("/")[2][:12]


def carrier(
    container: Container, placed: Sequence[Endpoint], networks: Mapping[str, Network], family: str, version: Version
) -> Endpoint | None:
    """Return the endpoint that carries the port bindings; `placed` are the endpoints on bridges.

    One on macvlan or ipvlan may carry them too: then no rule is written. A network without a gateway cannot. Gateways
    of the endpoints on bridges are not always known, so that their addresses are asked for instead.
    """
    if len(placed) == len(container.endpoints) == 1:
        return placed[0]
    others = (end for end in container.endpoints if end not in placed and (end.gateway or end.gateway6))
    by_family = chooses_by_family(version)
    deciding = family if by_family else Family.IP
    able = [
        end for end in (*placed, *others) if end.network_id in networks and (end.address_of(deciding) or not by_family)
    ]
    return min(able, key=gateway_order(networks, version), default=None)

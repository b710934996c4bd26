"""Where docker-proxy goes on to: the address on the network that carries the port.

Random host 20091 (engine 28.5.2): a container on the default bridge, with `-p [::]:8000:80`, joined an internal network
with IPv6. docker-proxy went on to 172.17.0.2, by IPv4.
"""

import pytest

from netaudit.model.docker import Container, Endpoint, Inventory, Network
from netaudit.model.netfilter.family import Family
from netaudit.packets.host.endpoints import proxied_address

_BRIDGE = Endpoint(network_id="b", network_name="bridge", ipv4="172.17.0.2", gateway="172.17.0.1")
_INTERNAL = Endpoint(network_id="i", network_name="inside", ipv4="172.28.0.2", ipv6="2001:db8:1::1")
_BOTH = Endpoint(
    network_id="f",
    network_name="front",
    ipv4="172.29.0.2",
    ipv6="2001:db8:2::2",
    gateway="172.29.0.1",
    gateway6="2001:db8:2::1",
)
_NETWORKS = (
    Network(id="b", name="bridge", driver="bridge"),
    Network(id="i", name="inside", driver="bridge", internal=True),
    Network(id="f", name="front", driver="bridge"),
)


@pytest.mark.parametrize("version", ["20.10.24", "26.1.5", "28.5.2", ""])
@pytest.mark.parametrize(
    ("endpoints", "family", "address"),
    [
        ((_BRIDGE, _INTERNAL), Family.IP6, "172.17.0.2"),
        ((_INTERNAL, _BRIDGE), Family.IP6, "172.17.0.2"),
        ((_INTERNAL, _BRIDGE), Family.IP, "172.17.0.2"),
        ((_INTERNAL, _BOTH), Family.IP6, "2001:db8:2::2"),
        ((_BOTH,), Family.IP, "172.29.0.2"),
        ((_INTERNAL,), Family.IP6, "2001:db8:1::1"),
        ((), Family.IP6, ""),
    ],
)
def test_a_port_leads_to_the_network_that_carries_it(
    endpoints: tuple[Endpoint, ...], family: Family, address: str, version: str
) -> None:
    inventory = Inventory(networks=_NETWORKS, version=version)
    container = Container("c", "web", running=True, endpoints=endpoints)
    assert proxied_address(inventory, container, family) == address

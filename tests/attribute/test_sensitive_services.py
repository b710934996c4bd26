"""Services that should not face a network: which one a destination leads to, by its port and its image."""

import pytest

from netaudit.attribute.services import Service, Services
from netaudit.model.docker import PortBinding
from netaudit.model.exposure import Destination, DestinationKind
from netaudit.model.netfilter.family import Family

REDIS = Service("Redis", ports=(6379,), images=("redis", "valkey"))
DNS = Service("DNS", ports=(53,), images=("bind",), amplifies=True)
SERVICES = Services((REDIS, DNS), {9000: "our ledger"})


@pytest.mark.parametrize(
    ("port", "image", "found"),
    [
        (6379, "web", "Redis"),
        (80, "redis", "Redis"),
        (80, "valkey:8", "Redis"),
        (80, "registry:5000/library/redis:7@sha256:00", "Redis"),
        (80, "redis/insight", ""),
        (80, "", ""),
        (9000, "", "our ledger"),
        (9000, "redis", "our ledger"),
        (53, "", ""),  # over TCP it amplifies nothing
        (80, "bind", "DNS"),
    ],
)
def test_a_service_is_known_by_its_port_or_its_image(port: int, image: str, found: str) -> None:
    assert SERVICES.sensitive(port, image) == found


def test_an_amplifier_is_known_by_its_port() -> None:
    assert [SERVICES.amplifier(port) for port in (53, 6379, 9000)] == ["DNS", "", ""]


def _to(*ports: tuple[int, int], protocol: str = "tcp", binding: PortBinding | None = None) -> Destination:
    kind = DestinationKind.PUBLISHED_PORT if binding else DestinationKind.CONTAINER_PORTS
    return Destination(kind, Family.IP, protocol, "192.0.2.1", ports, binding=binding)


@pytest.mark.parametrize(
    ("to", "found"),
    [
        (_to((6379, 6379)), "Redis"),
        (_to((6379, 6380)), ""),
        (_to((6378, 6379)), ""),
        (_to((6379, 6379), (6381, 6381)), ""),
        (_to((6379, 6379), protocol="udp"), ""),
        (_to((80, 80), binding=PortBinding("tcp", "0.0.0.0", 80, 6379)), "Redis"),
        (_to((6379, 6379), binding=PortBinding("tcp", "0.0.0.0", 6379, 80)), ""),
        (_to((6379, 6379), (6380, 6380), binding=PortBinding("tcp", "0.0.0.0", 6379, 6379)), "Redis"),
        (_to(), ""),
    ],
)
def test_one_tcp_port_leads_to_a_service_and_a_range_leads_to_none(to: Destination, found: str) -> None:
    assert SERVICES.at(to, "web") == found


def test_a_destination_of_one_port_is_known_by_its_image_too() -> None:
    assert SERVICES.at(_to((80, 80)), "redis:7") == "Redis"

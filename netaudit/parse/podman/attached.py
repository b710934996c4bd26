"""A container as `podman inspect` prints it -> with the endpoints and port bindings that are its own."""

from collections.abc import Iterator, Mapping

import msgspec
from msgspec.structs import replace

from netaudit.model.docker import Container, Endpoint, Network
from netaudit.model.engines.kinds import Engine, PortMapping
from netaudit.model.netfilter.family import IP_FAMILIES
from netaudit.parse.podman.mappings import single_bindings

_GUEST = "container:"
_NOWHERE = frozenset({"host", "none"})


class Published(msgspec.Struct, frozen=True):
    """What a container publishes, and who takes it: of a rootless Podman, programs that listen on both families."""

    mappings: tuple[PortMapping, ...]
    rootless: bool = False


def attach(read: Container, publishes: Published, networks: Mapping[str, Network]) -> Container:
    """Return a container of Podman's.

    In a pod, and with `--network container:`, Podman shows the networks and ports of the container whose network
    namespace it is: they are that one's. Its ports are published where it has an address on a bridge; a rootless
    Podman publishes wherever it has a network namespace of its own.
    """
    guest = read.network_mode.startswith(_GUEST)
    ends = () if guest else tuple(_endpoints(read, networks))
    families = frozenset(family for end in ends for family in IP_FAMILIES if end.address_of(family))
    if publishes.rootless and not guest and read.network_mode not in _NOWHERE:
        families = frozenset(IP_FAMILIES)
    published = publishes.mappings if families and read.running else ()
    bindings = tuple(single_bindings(published, families))
    return replace(
        read,
        engine=Engine.PODMAN,
        endpoints=ends,
        bindings=bindings,
        mappings=published,
        requested_ports=(),
    )


def _endpoints(read: Container, networks: Mapping[str, Network]) -> Iterator[Endpoint]:
    """List the endpoints on networks: Podman gives `host` and `none` as networks too, and older ones no ids."""
    for end in read.endpoints:
        network = networks.get(end.network_name)
        if network is not None:
            yield replace(end, network_id=network.id)
        elif end.network_id not in ("", "host", "none"):
            yield end

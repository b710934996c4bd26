"""Names of what can be reached: where packets are sent, and who takes them."""

from netaudit.model.address_text import bracketed
from netaudit.model.exposure import Destination

PROTOCOL_HOLE = "{protocol}"


def describe_receiver(destination: Destination) -> str:
    """Name who takes the packets: a container, programs of the host, a machine that a NAT rule leads to."""
    unknown = "any program of the host" if destination.programs is None else "a program of the host"
    nobody_known = str(destination.led) if destination.led else unknown
    return destination.container_name or ", ".join(destination.programs or ()) or nobody_known


def describe_port(destination: Destination) -> str:
    """Name where packets are sent: `0.0.0.0:8080/tcp`, `[::]:8080/tcp`, `172.17.0.2 every tcp port`."""
    return describe_any_port(destination).replace(PROTOCOL_HOLE, destination.protocol)


def describe_any_port(destination: Destination) -> str:
    """Name it with PROTOCOL_HOLE in place of the protocol."""
    if destination.binding:
        return f"{bracketed(destination.binding.host_ip)}:{destination.binding.host_port}/{PROTOCOL_HOLE}"
    address = bracketed(destination.address)
    if destination.port is not None:
        return f"{address}:{destination.port}/{PROTOCOL_HOLE}"
    if destination.has_every_port:
        return f"{address} every {PROTOCOL_HOLE} port"
    spans = [str(low) if low == high else f"{low}-{high}" for low, high in destination.ports]
    return f"{address} {PROTOCOL_HOLE} {', '.join(spans)}"

"""Names of what can be reached: where packets are sent, and who takes them."""

from netaudit.model.address_text import bracketed
from netaudit.model.exposure import Destination, DestinationKind

PROTOCOL_HOLE = "{protocol}"


def describe_receiver(destination: Destination) -> str:
    """Name who takes the packets: a container, programs of the host, a machine that a NAT rule leads to."""
    unknown = "any program of the host" if destination.programs is None else "a program of the host"
    nobody_known = str(destination.led) if destination.led else unknown
    return destination.container_name or ", ".join(destination.programs or ()) or nobody_known


OTHER_PORTS = "other ports of the host (not known: sockets were not seen)"


def has_unknown_programs(to: Destination) -> bool:
    """Tell whether it stands for all ports at which nobody knows what listens."""
    return to.kind is DestinationKind.HOST_LISTENER and to.programs is None and not (to.container_name or to.port)


def describe_forward(to: Destination) -> str:
    """Name a port that rules lead to an unknown machine: `192.0.2.10:3000 → 172.17.0.2:3000/tcp`; "" for any other."""
    if not to.led or to.container_name or to.programs:
        return ""
    return f"{describe_port(to).removesuffix(f'/{to.protocol}')} → {to.led}/{to.protocol}"


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

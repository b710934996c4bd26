"""What a plan takes for granted, in sentences, and which fact would settle each."""

from collections.abc import Mapping

from netaudit.model.plan import Assumption, AssumptionKind

_Words = tuple[str, str]  # what is assumed, and which fact would settle it
_ASSUMPTIONS: Mapping[AssumptionKind, _Words] = {
    AssumptionKind.STAYS_UP: ("container {container} stays up", "whether its program keeps running"),
    AssumptionKind.ENDS: ("container {container} completes", "whether its program ends, and with which code"),
    AssumptionKind.EXPOSED_UNKNOWN: (
        "-P publishes no port of container {container}, for the ports that {image} exposes are not known",
        "the EXPOSE of {image}: docker image inspect {image}",
    ),
    AssumptionKind.IMAGE_UNKNOWN: ("image {image} is there, or can be pulled", "docker image inspect {image}"),
    AssumptionKind.SUBNET_LIKELY: (
        "network {network} gets {subnet}",
        "where dockerd's own search for a subnet stands; --subnet decides it",
    ),
    AssumptionKind.NAMESERVERS_UNKNOWN: (
        "network {network} gets {subnet}, as no nameserver of the host is in it",
        "the nameservers in the host's resolv.conf",
    ),
    AssumptionKind.START_ORDER: (
        "containers {containers} of network {network} start in this order",
        "the order in which they start, which decides whose address is whose",
    ),
    AssumptionKind.ADDRESSES_IN_USE: (
        "the addresses of network {network} that its members do not hold are free",
        "the engine's own list of addresses in use",
    ),
    AssumptionKind.PORT_FREE: ("port {port} of the host is free", "which sockets the host's programs hold"),
    AssumptionKind.ENGINE_VERSION: ("the engine is {version}", "docker version"),
    AssumptionKind.ENVIRONMENT: ("dockerd runs without {variable}", "the environment of dockerd"),
    AssumptionKind.TASK_PLACEMENT: (
        "a task of service {service} runs on this node",
        "where the swarm places its tasks",
    ),
}


def describe_assumption(one: Assumption) -> str:
    """Say what is taken for granted."""
    return fill(_ASSUMPTIONS[one.kind][0], one.args)


def describe_settling(one: Assumption) -> str:
    """Name the fact that would settle an assumption."""
    return fill(_ASSUMPTIONS[one.kind][1], one.args)


def fill(text: str, args: tuple[tuple[str, str], ...]) -> str:
    """Put arguments into a sentence."""
    for name, value in args:
        text = text.replace("{" + name + "}", value or "?")
    return text

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
    AssumptionKind.SUBNET_GIVEN: (
        "the subnet of network {network} was given when it was made, so that an address in it can be asked for",
        "how the network was made: inspection shows a subnet that the engine chose in the same way",
    ),
    AssumptionKind.NAMESERVERS_UNKNOWN: (
        "network {network} gets {subnet}, as no nameserver of the host is in it",
        "the nameservers in the host's resolv.conf",
    ),
    AssumptionKind.START_ORDER: (
        "containers {containers} of network {network} start in this order",
        "the order in which they start, which decides whose address is whose",
    ),
    AssumptionKind.STARTED_TOGETHER: (
        "containers {containers} start in this order",
        "the order in which they start, which is not the same each time: by it rules stand in their chains",
    ),
    AssumptionKind.MADE_TOGETHER: (
        "networks {networks} are made in this order",
        "the order in which Compose makes them, which is not the same each time: by it rules stand in their chains",
    ),
    AssumptionKind.ADDRESS_ABSENT: (
        "the host listens on {address}: no interface has that address, so that the command would fail without more",
        "sysctl net.ipv4.ip_nonlocal_bind, net.ipv6.ip_nonlocal_bind",
    ),
    AssumptionKind.JOIN_ORDER: (
        "container {container} joins its networks in the order {networks}, by which its rules stand in their chains",
        "the order in which the engine takes the networks of one container, which is not the same each time",
    ),
    AssumptionKind.KERNEL_SCTP: (
        "the kernel has SCTP, on which docker-proxy, since 28 dockerd, listens for port {port}",
        "modprobe sctp; before 28 nothing listens with userland-proxy=false",
    ),
    AssumptionKind.KERNEL_LINK: (
        "the kernel has {driver}, for network {network}",
        "modprobe {driver}: without it no container of the network starts",
    ),
    AssumptionKind.PORTS_COMPETE: (
        "container {container} takes host port {port} before container {other} can take it, whose range has it too",
        "the order in which they start, which is not the same each time: in the other one {container} does not start",
    ),
    AssumptionKind.PORT_TURN: (
        "container {container} gets a port of {ports} that is free on all addresses of the host",
        "which port of the range is next, as this engine alone knows: with {port} the container does not start",
    ),
    AssumptionKind.ADDRESSES_COMPETE: (
        "container {container} takes {address} of network {network} before container {other}, which takes any, can",
        "the order in which they start, which is not the same each time: in the other one {container} does not start",
    ),
    AssumptionKind.ADDRESSES_IN_USE: (
        "the addresses of network {network} that its members do not hold are free",
        "the engine's own list of addresses in use",
    ),
    AssumptionKind.PORT_FREE: ("port {port} of the host is free", "which sockets the host's programs hold"),
    AssumptionKind.ENGINE_VERSION: ("the engine is {version}", "docker version"),
    AssumptionKind.ENGINE_UNTESTED: (
        "engine {version} writes the rules that the nearest of {tested} writes, with which netaudit was tested",
        "a run of that engine",
    ),
    AssumptionKind.ENVIRONMENT: ("dockerd runs without {variable}", "the environment of dockerd"),
    AssumptionKind.COMPOSE_KEEPS: (
        "Compose keeps container {container}: the project has its image, ports and networks",
        "a plan with Compose itself, which replaces it where anything else of it has changed",
    ),
    AssumptionKind.TASK_PLACEMENT: (
        "a task of service {service} runs on this node",
        "where the swarm places its tasks",
    ),
    AssumptionKind.SERVICE_KEPT: (
        "the tasks of service {service} run on: its image, networks and host ports stay as they are",
        "docker service inspect {service}: where anything else of its tasks changes, the swarm starts them again",
    ),
    AssumptionKind.TASK_WAITS: (
        "a task of service {service} waits, and does not run here: {why}",
        "the swarm's other nodes, and what holds the port by then: docker service ps {service}",
    ),
    AssumptionKind.CHAIN_ABSENT: (
        "chain {chain} of table {table} is there when the engine needs it; it is absent now, so the command would fail",
        "restart dockerd, which makes its chains again",
    ),
    AssumptionKind.PORT_ORDER: (
        "the rules of container {container}'s ports stand in this order",
        "the order in which this engine takes them, which is not the same each time",
    ),
    AssumptionKind.LISTENS_UNKNOWN: (
        "container {container} of the host network may open any port of the host",
        "the ports that its program opens: ss -lntup, once it runs",
    ),
    AssumptionKind.FORWARDING_UNKNOWN: (
        "forwarding of {family} is on already, so that the engine leaves the policy of FORWARD as it is",
        "sysctl net.ipv4.ip_forward, net.ipv6.conf.all.forwarding",
    ),
    AssumptionKind.CONTAINERS_COME_BACK: (
        "the containers that run now run again, with the same addresses and ports",
        "their restart policies, and the order of their start",
    ),
    AssumptionKind.NETWORK_ORDER: (
        "the daemon sets up networks {networks} in this order",
        "the order of its start, which is not the same each time: by it rules stand in their chains",
    ),
    AssumptionKind.OPTION_NOT_FOLLOWED: (
        "{option} changes no rule; it may change addresses or networks, and that is not followed",
        "a host that runs with it: record it",
    ),
    AssumptionKind.OPTION_ONLY_NEW: (
        "networks that are there stay as they are, the default bridge aside: {option} decides over later ones",
        "a plan of docker network create on that host",
    ),
    AssumptionKind.OPTION_DEFAULT: (
        "dockerd runs without {option}",
        "dockerd's arguments and daemon.json: neither they nor a rule show it",
    ),
    AssumptionKind.OPTION_UNKNOWN: (
        "{option} changes no rule: it is not one that is known to decide over rules",
        "dockerd's documentation of {option}",
    ),
    AssumptionKind.ROUTING_MESH: (
        "the kernel has IPVS, without which port {port} of service {service} is not published",
        "modprobe ip_vs; the rules of DOCKER-INGRESS once the service runs",
    ),
    AssumptionKind.NETAVARK_DRIVER: (
        "netavark writes with its nftables driver: no rule of its own is here yet to show it",
        "firewall_driver in containers.conf",
    ),
    AssumptionKind.IPTABLES_KIND: (
        "the engine calls iptables-nft",
        "iptables --version, as dockerd finds it",
    ),
}


def describe_assumption(one: Assumption) -> str:
    """Say what is taken for granted."""
    return fill(_ASSUMPTIONS[one.kind][0], one.args)


def describe_settling(one: Assumption) -> str:
    """Name the fact that would settle an assumption."""
    return fill(_ASSUMPTIONS[one.kind][1], one.args)


def describe_kind(kind: AssumptionKind) -> str:
    """Say what a kind of assumption is about, for nobody in particular."""
    assumed, settled = _ASSUMPTIONS[kind]
    return f"An assumption of a plan: {assumed}. What would settle it: {settled}."


def fill(text: str, args: tuple[tuple[str, str], ...]) -> str:
    """Put arguments into a sentence."""
    for name, value in args:
        text = text.replace("{" + name + "}", value or "?")
    return text

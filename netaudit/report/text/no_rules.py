"""Why a container or network has no rule, and what that means, in words."""

from collections.abc import Mapping

from netaudit.attribute.explain.no_rules import NoRule, NoRuleKind
from netaudit.model.host import Listener

NO_NETWORK_RULES = "No rule exists because of it: Docker writes rules for bridge networks only."

# The words in braces are the arguments of a NoRule.
_SENTENCES: Mapping[NoRuleKind, str] = {
    NoRuleKind.STOPPED: "It has no rule, for Docker writes rules for running containers only.",
    NoRuleKind.NOT_KNOWN: "No rule of it was seen, and why is not known: not all of its networks and rules were seen.",
    NoRuleKind.ROOTLESS: (
        "On this host it has no rule: Podman is rootless and writes its rules in a network namespace of its own. Its"
        " programs take the published ports on the host, and connect inside the container: only the host's INPUT rules"
        " protect them."
    ),
    NoRuleKind.LOOPBACK_ONLY: "It has no rule and needs none: it has a loopback interface only.",
    NoRuleKind.SHARED_NETWORK: (
        "It has no rule of its own: whatever {name} publishes leads to its ports too; explain {name} for those."
    ),
    NoRuleKind.HOST_NETWORK: (
        "It has no rule: every port it listens on is a port of the host, and only the host's INPUT rules protect it."
    ),
    NoRuleKind.HOST_LISTENER: "The host listens on {listener}.",
    NoRuleKind.PARENT_INTERFACE: (
        "On {network} ({driver}) its packets pass the parent interface and no rule of this host:"
        " every port it listens on is open to that network."
    ),
    NoRuleKind.OVERLAY: (
        "On {network} (overlay) its packets travel between the hosts of the swarm: rules are written for an"
        " encrypted network only, and what the swarm publishes enters by its routing mesh."
    ),
    NoRuleKind.OTHER_DRIVER: ("On {network} its packets are left to the driver {driver}: its rules are not Docker's."),
    NoRuleKind.NAT_UNPROTECTED: (
        "{network} is in gateway mode nat-unprotected: every port it listens on, published or not, is"
        " open to everybody who can route to its address."
    ),
    NoRuleKind.ROUTED: (
        "{network} is in gateway mode routed: its published ports have no host port, everybody who can route"
        " to its address reaches them there."
    ),
    NoRuleKind.BINDING_BY_PROXY: (
        "The binding {binding} has no rule: the container has no IPv6 address, so docker-proxy alone serves it,"
        " past every FORWARD rule; INPUT rules decide."
    ),
    NoRuleKind.IPV6_UNFILTERED: (
        "Nothing of Docker's filters IPv6 here (ip6tables is off, as it is before 27.0 unless switched on): every port"
        " it listens on at {name} is open to everybody who can route to it, and docker-proxy alone serves its IPv6"
        " bindings."
    ),
    NoRuleKind.INTERNAL: (
        "It has no rule of its own: an internal network publishes nothing; the network's rules keep it closed."
    ),
    NoRuleKind.DOCKER_RULES_ABSENT: (
        "No rule of Docker's is here: they were flushed, the engine was told --iptables=false, or it is rootless"
        " and writes them in a network namespace of its own. Unless it is, docker-proxy alone serves what it"
        " publishes, and its ports are open to everybody who can route to its address."
    ),
    NoRuleKind.ENDPOINT_RULE_MISSING: (
        "It has no rule of its own, though this engine writes one for every endpoint in gateway mode nat, unless"
        " it was told --allow-direct-routing: its ports are open to everybody who can route to its address."
    ),
    NoRuleKind.PUBLISHED_BY_PROXY: "It publishes ports, yet has no rule: docker-proxy alone serves them.",
    NoRuleKind.NOT_PUBLISHED: (
        "It publishes nothing, so this engine writes no rule for it: its network's rules let it out, and its ports"
        " are reachable from the host, and from everybody who can route to its address unless FORWARD drops that."
    ),
}


def describe_no_rule(reason: NoRule) -> str:
    """Say why there is no rule, and what that means."""
    network = reason.network
    return _SENTENCES[reason.kind].format(
        name=reason.name,
        network=network.name if network else "",
        driver=network.driver if network else "",
        binding=reason.binding,
        listener=_listener(reason.listener) if reason.listener else "",
    )


def _listener(one: Listener) -> str:
    address = f"[{one.address}]" if ":" in one.address else one.address
    programs = ", ".join(dict.fromkeys(one.programs)) or "a program that could not be seen"
    return f"{address}:{one.port}/{one.protocol} ({programs})"

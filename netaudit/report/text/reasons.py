"""The sentence for each reason. The arguments in braces are those that the code names where it gives the reason."""

from collections.abc import Mapping

from netaudit.model.reason import Reason, ReasonKind

_BEHIND = "{behind}"  # where the reasons behind this one stand; where it is not named, they follow after a colon
_SEPARATORS = {ReasonKind.NOT_FOR_ALL: ", ", ReasonKind.BRIDGE_OF_NETWORK_WITH: ", ", ReasonKind.LIMITED: ", "}

SENTENCES: Mapping[ReasonKind, str] = {
    ReasonKind.SEVERAL: "{behind}",
    ReasonKind.NOT_FOR_ALL: "not for all: {example} is stopped ({behind})",
    # Rules.
    ReasonKind.AT_RULE: "{where}",
    ReasonKind.BY_RULE: "rule",
    ReasonKind.BY_POLICY: "policy",
    ReasonKind.REJECTED_WITH: "{answer}",
    ReasonKind.UNKNOWN_MATCH: "{text}: {why}",
    ReasonKind.SOMETIMES: "{text}: it depends on the time, or on other packets",
    ReasonKind.LIMITED: "limited by {behind}",
    ReasonKind.UNKNOWN_STATEMENT: "{text}: {why}",
    ReasonKind.UNKNOWN_EFFECT: "{why}",
    ReasonKind.FIELD_UNKNOWN: "{field} of this packet is not known",
    ReasonKind.FIELD_OF_ANSWER_UNKNOWN: "its {field} is not known",
    ReasonKind.FIELD_REWRITTEN: "{text} rewrites {field}",
    ReasonKind.PROGRAM_DECIDES: "a program decides",
    ReasonKind.QUEUED: "a program decides (queue)",
    ReasonKind.KERNEL_CHOOSES: "the kernel chooses among several",
    ReasonKind.NO_NAT_ADDRESS: "no address to translate to",
    ReasonKind.NO_SUCH_CHAIN: "{chain}: no chain or target that is known",
    ReasonKind.ENDLESS_JUMPS: "{chain}: jumps without end",
    ReasonKind.DEEP_JUMPS: "{chain}: more than {limit} jumps into one another",
    ReasonKind.MANY_JUMPS: "{chain}: too many jumps lead to it to follow each",
    ReasonKind.MANY_JUMPS_NOT_WRITTEN: (
        "{chain}: many jumps lead to it, and what it meets there is not written each time"
    ),
    ReasonKind.MANY_WAYS: "there are more than {limit} ways that it may take",
    ReasonKind.MANY_MARKS: ("more than {limit} combinations of marks are possible: they are not told apart any more"),
    ReasonKind.MANY_PACKETS: "the packets that the rules tell apart are more than can be held as sets",
    ReasonKind.NAT_CHAINS_OF_ONE_PRIORITY: (
        "nat chains of one priority at {hook}: the one made last is asked first, and which that is was not recorded"
    ),
    # What was not seen, or is not followed.
    ReasonKind.SOURCE_GAP: "{source}: {gap}",
    ReasonKind.SOURCE_NOT_RECORDED: "{source} was not recorded",
    ReasonKind.UNSEEN_RULES: "rules that were not seen may stop it ({behind})",
    ReasonKind.TABLE_UNSURE: "{why}",
    ReasonKind.ARP_STOPPED: "bridge table {table} stops ARP: only neighbours that are known already are reached",
    ReasonKind.TABLE_NOT_FOLLOWED: "{family} table {table} is not followed",
    ReasonKind.INTERFACES_NOT_RECORDED: "the host's interfaces were not recorded",
    ReasonKind.POLICY_ROUTING_NOT_RECORDED: (
        "routing table {table} may be asked by policy rules, which were not recorded"
    ),
    ReasonKind.POLICY_TABLES_NOT_RECORDED: "routing rules may lead to table {tables}; they are not recorded",
    ReasonKind.ROUTES_NOT_RECORDED: "the host's routes are not recorded",
    ReasonKind.FORWARDING_NOT_RECORDED: "whether {interface} forwards is not recorded",
    ReasonKind.BRIDGE_FILTER_NOT_RECORDED: (
        "whether bridged packets meet IP's rules (bridge-nf-call-iptables) is not recorded"
    ),
    ReasonKind.GROUP_NOT_RECORDED: "whether a program of this host is in group {group} is not recorded",
    ReasonKind.SOCKETS_NOT_RECORDED: "what listens on this host is not recorded",
    ReasonKind.LISTENER_NOT_RECORDED: "it reaches the host; what listens there is not recorded",
    ReasonKind.LISTENER_INSIDE_NOT_RECORDED: "inside the container; what listens there is not recorded",
    ReasonKind.RULES_INSIDE_NOT_RECORDED: "rules inside a container's namespace are not recorded",
    ReasonKind.INSIDE_CONTAINER: "inside container {container}",
    ReasonKind.MESH_NOT_RECORDED: "the routing mesh behind it was not recorded",
    ReasonKind.ADDRESS_UNKNOWN: "where it goes depends on an address that is not known",
    ReasonKind.BRIDGED_ELSEWHERE: "a bridged packet that was given another destination",
    ReasonKind.BRIDGED_ELSEWHERE_NOT_FOLLOWED: "where a bridged packet with a new destination goes is not followed",
    # Addresses that cannot be true, or are not led on.
    ReasonKind.V6_LOOPBACK_FROM_OUTSIDE: "::1 does not come from outside",
    ReasonKind.V6_LOOPBACK_AT_INTERFACE: "::1 does not come by {interface}",
    ReasonKind.LOOPBACK_FROM_OUTSIDE: "127.0.0.0/8 does not come from outside (route_localnet)",
    ReasonKind.LOOPBACK_AT_INTERFACE: (
        "{address} is loopback's, and {interface} may not lead there (route_localnet is off)"
    ),
    ReasonKind.LOOPBACK_LEAVES: "127.0.0.0/8 does not leave the host (route_localnet)",
    ReasonKind.LOOPBACK_LEAVES_BY: (
        "{address} is loopback's, and may not leave by {interface} (route_localnet is off)"
    ),
    ReasonKind.LOOPBACK_OF_SENDER: "loopback is the sender's own",
    ReasonKind.SOURCE_NOT_BEHIND_INTERFACE: "its source is not behind this interface (rp_filter)",
    ReasonKind.SOURCE_IMPOSSIBLE: "the sender's address {address} cannot come by {interface}",
    ReasonKind.SOURCE_IS_THIS_HOST: "the sender's address {address} is this host's own",
    ReasonKind.REVERSE_PATH: "the way back to {address} does not lead out of {interface} (rp_filter)",
    ReasonKind.LINK_LOCAL_SENDER: "a link-local sender is not forwarded",
    # Routes.
    ReasonKind.NO_ROUTE: "there is no route",
    ReasonKind.NO_ROUTE_TO: "no route to {address}",
    ReasonKind.ROUTE_REFUSES: "the route to {address} is {route}",
    ReasonKind.POLICY_REFUSES: "policy rule {rule} refuses it",
    ReasonKind.POLICY_RULE: "by policy rule {rule}",
    ReasonKind.POLICY_UNKNOWN: "which policy rule (`ip rule`) routes it is not known",
    ReasonKind.POLICY_UNDECIDED: "policy rule {rule}",
    ReasonKind.SEVERAL_ROUTES: "the route to {route} has several ways",
    ReasonKind.NOT_FORWARDED: "the host does not forward",
    ReasonKind.INTERFACE_NOT_FORWARDING: "{interface} does not forward (its sysctl `forwarding` is off)",
    ReasonKind.NOT_IN_GROUP: "no program of this host is in group {group}",
    ReasonKind.ROUTED_HERE: "to this host, by route {route}",
    ReasonKind.ROUTED_HERE_OVER_LOOPBACK: "to this host, over loopback, by route {route}",
    ReasonKind.ROUTED_OUT: "out of {interface}, by route {route}",
    ReasonKind.ROUTED_TO_GATEWAY: "out of {interface} to {gateway}, by route {route}",
    ReasonKind.SENT_ON_LINK: "out of {interface}, on its link",
    ReasonKind.FOR_EVERYBODY: "to this host, as to everybody who listens",
    # Zones and destinations.
    ReasonKind.NOT_ROUTED_BY_INTERNET: "the Internet does not route this address",
    ReasonKind.NO_HOST_ADDRESS: "the zone has no address of the host to send to",
    ReasonKind.NO_CONTAINER_ADDRESS: "the container has no address",
    ReasonKind.NO_GATEWAY: "its members have no gateway: they reach their own network alone",
    ReasonKind.HOST_ROUTES_ELSEWHERE: "the host's routes do not lead there",
    ReasonKind.NOTHING_LEADS_ON: "no rule leads on, and nobody listens",
    ReasonKind.NAT_ELSEWHERE: "a NAT rule leads it elsewhere",
    ReasonKind.HOST_KEPT_APART: "the host is kept apart from the containers on this interface's link",
    ReasonKind.LED_TO_SENDER: "a NAT rule leads it back to its sender, which does not take it from itself",
    ReasonKind.NOBODY_BEHIND_NAT: "nobody listens where it leads",
    ReasonKind.PROXY_OUT_OF_RECORDING: "{programs} leads out of what was recorded",
    ReasonKind.PROXY_GOES_ON: "docker-proxy goes on to {address}, port {port}",
    ReasonKind.PROXY_PORT_PICKED: "docker-proxy goes on from a port that the kernel picks",
    ReasonKind.PROXY_ANSWERS_FROM_NEAREST: (
        "docker-proxy of engines before 28 answers datagrams from the address nearest to the sender, not from this one"
    ),
    ReasonKind.OPENS_UNKNOWN: "which ports of the host {container} opens is not known",
    ReasonKind.PORT_HELD: "{programs} holds the port, and leads to no container",
    ReasonKind.DRIVER_NOT_FOLLOWED: "the network driver {driver} is not followed",
    ReasonKind.DRIVER_UNSEEN: "{driver}: the host's rules do not see these packets",
    ReasonKind.DRIVER_BY_ROUTERS: (
        "{driver}: the host's rules do not see these packets; it depends on the link's own routers"
    ),
    ReasonKind.DRIVER_APART_FROM_HOST: "{driver}: the host itself is kept apart",
    ReasonKind.BRIDGE_NOT_HERE: "bridge {bridge} is not on this host: no rule here sees it",
    ReasonKind.NETWORK_NOT_A_BRIDGE: (
        "network {network} is not a bridge of this host ({driver}): its packets pass no rule here"
    ),
    ReasonKind.NETWORK_INTERNAL: "network {network} is internal: its containers have no route to {address}",
    # Ends.
    ReasonKind.LEFT_BY: "{interface}",
    ReasonKind.TAKEN_BY: "{programs}",
    ReasonKind.TAKEN_BY_UNSEEN: "a program that was not seen",
    ReasonKind.TAKEN_BY_KERNEL: "the kernel answers",
    ReasonKind.TAKEN_BY_ASKER: "the program that asked",
    ReasonKind.NOTHING_LISTENS: "nothing listens on {address} port {port}/{protocol}",
    ReasonKind.NEIGHBOUR_UNDISCOVERED: "neighbour discovery is stopped",
    # Connections and answers.
    ReasonKind.LATER_STOPPED: "connects, then stopped by {behind}",
    ReasonKind.ANSWER_STOPPED: "the answer is stopped",
    ReasonKind.ANSWER_MAY_STOP: "the answer may be stopped",
    ReasonKind.ANSWER_FROM_LOOPBACK: "127.0.0.0/8 does not come from outside",
    ReasonKind.ANSWER_SOURCE_NOT_BEHIND_INTERFACE: "its source is not behind this interface",
    ReasonKind.ANSWER_NOT_FORWARDED: "the host does not forward it",
    ReasonKind.ANSWER_PAST_HOST: "it goes past the host, and is not translated back",
    ReasonKind.ANSWER_UNTRACKED: "untracked, it is not translated back",
    ReasonKind.ANSWER_MAY_BE_TRANSLATED: "it belongs to no connection, so it may be translated",
    ReasonKind.ANSWER_NOT_EXPECTED: "it is not translated back, so nobody waits for it",
    ReasonKind.NO_WAY_BACK: "there is no way back",
    ReasonKind.NO_WAY_BACK_OF_CONTAINER: "the container has no way back",
    ReasonKind.CONTAINER_ANSWERS_ELSEWHERE: "the container answers by a gateway that is not this host",
    ReasonKind.BACK_BY_OTHER_THAN_ASKER: "it leaves by another interface than to who asked",
    ReasonKind.BACK_BY_ONE_OF_SEVERAL: "it leaves by one of several interfaces",
    ReasonKind.BACK_BY_OTHER: "it leaves by another interface",
    ReasonKind.BACK_BY_OTHER_INTERFACE: "it leaves by {interface}, and the packet came by {asked}",
    ReasonKind.NO_CONNECTION_NO_ARRIVAL: "no connection like this can begin now: its first packet does not arrive",
    ReasonKind.NO_CONNECTION_NO_ANSWER: "no connection like this can begin now: its answer does not come back",
    ReasonKind.TRANSLATION_UNDECIDED: "how the connection's first packet was translated is not decided",
    ReasonKind.TRANSLATED_BACK: "translated back",
    ReasonKind.TRANSLATED_AS_FIRST: "translated as the connection's first packet was",
    # Links, and the places that a packet passes.
    ReasonKind.BRIDGE_SHUT: "bridge {bridge} is shut down",
    ReasonKind.BRIDGED: "bridged by {bridge}",
    ReasonKind.BRIDGED_PAST_RULES: "bridged by {bridge}: no IP rules",
    ReasonKind.INSIDE_NAMESPACE: "{container}: inside one network namespace, over its own loopback",
    ReasonKind.INSIDE_SHARED_NAMESPACE: "{container} and {other}: inside one network namespace, over its own loopback",
    ReasonKind.INTERFACE_INSIDE: "eth0",
    ReasonKind.INTERFACE_OF_NETWORK: "its interface on network {network}",
    ReasonKind.LOOPBACK_INSIDE: "lo, inside its own network namespace",
    ReasonKind.VETH_END: "the host's end of its veth pair",
    ReasonKind.VETH_END_ONE_OF: "the host's end of its veth pair; which one is not recorded",
    ReasonKind.BRIDGE_OF_NETWORK: "bridge of network {network}",
    ReasonKind.BRIDGE_OF_NETWORK_WITH: "bridge of network {network} ({behind})",
    ReasonKind.OPTION_INTERNAL: "internal",
    ReasonKind.OPTION_NO_ICC: "icc off",
    ReasonKind.OPTION_NO_MASQUERADE: "no masquerade",
    ReasonKind.LINK_KIND: "{link}",
    ReasonKind.ENDED: "{end}",
}


def describe_reason(reason: Reason | None) -> str:
    """Word a reason; "" for none."""
    if reason is None:
        return ""
    sentence, arguments = SENTENCES[reason.kind], dict(reason.args)
    behind = _SEPARATORS.get(reason.kind, "; ").join(filter(None, map(describe_reason, reason.behind)))
    if _BEHIND in sentence:
        return sentence.format(behind=behind, **arguments)
    said = sentence.format(**arguments)
    return f"{said}: {behind}" if behind else said

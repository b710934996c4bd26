"""Why an outcome, an end or a step is what it is, as values; the sentences are in netaudit.report.text.reasons."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec


class ReasonKind(StrEnum):
    """What a reason says. The comments group them by what they are about."""

    # Several reasons, or one for a part of the packets.
    SEVERAL = "several"
    NOT_FOR_ALL = "not-for-all"
    # Rules.
    AT_RULE = "at-rule"
    BY_RULE = "by-rule"
    BY_POLICY = "by-policy"
    REJECTED_WITH = "rejected-with"
    UNKNOWN_MATCH = "unknown-match"
    SOMETIMES = "sometimes"
    LIMITED = "limited"
    UNKNOWN_STATEMENT = "unknown-statement"
    UNKNOWN_EFFECT = "unknown-effect"
    FIELD_UNKNOWN = "field-unknown"
    FIELD_OF_ANSWER_UNKNOWN = "field-of-answer-unknown"
    FIELD_REWRITTEN = "field-rewritten"
    PROGRAM_DECIDES = "program-decides"
    QUEUED = "queued"
    KERNEL_CHOOSES = "kernel-chooses"
    NO_NAT_ADDRESS = "no-nat-address"
    NO_SUCH_CHAIN = "no-such-chain"
    ENDLESS_JUMPS = "endless-jumps"
    DEEP_JUMPS = "deep-jumps"
    MANY_JUMPS = "many-jumps"
    MANY_JUMPS_NOT_WRITTEN = "many-jumps-not-written"
    MANY_WAYS = "many-ways"
    MANY_MARKS = "many-marks"
    MANY_PACKETS = "many-packets"
    NAT_CHAINS_OF_ONE_PRIORITY = "nat-chains-of-one-priority"
    # What was not seen, or is not followed.
    SOURCE_GAP = "source-gap"
    SOURCE_NOT_RECORDED = "source-not-recorded"
    UNSEEN_RULES = "unseen-rules"
    TABLE_UNSURE = "table-unsure"
    TABLE_NOT_FOLLOWED = "table-not-followed"
    ARP_STOPPED = "arp-stopped"
    INTERFACES_NOT_RECORDED = "interfaces-not-recorded"
    POLICY_ROUTING_NOT_RECORDED = "policy-routing-not-recorded"
    POLICY_TABLES_NOT_RECORDED = "policy-tables-not-recorded"
    ROUTES_NOT_RECORDED = "routes-not-recorded"
    FORWARDING_NOT_RECORDED = "forwarding-not-recorded"
    BRIDGE_FILTER_NOT_RECORDED = "bridge-filter-not-recorded"
    GROUP_NOT_RECORDED = "group-not-recorded"
    SOCKETS_NOT_RECORDED = "sockets-not-recorded"
    LISTENER_NOT_RECORDED = "listener-not-recorded"
    LISTENER_INSIDE_NOT_RECORDED = "listener-inside-not-recorded"
    RULES_INSIDE_NOT_RECORDED = "rules-inside-not-recorded"
    INSIDE_CONTAINER = "inside-container"
    MESH_NOT_RECORDED = "mesh-not-recorded"
    ADDRESS_UNKNOWN = "address-unknown"
    BRIDGED_ELSEWHERE = "bridged-elsewhere"
    BRIDGED_ELSEWHERE_NOT_FOLLOWED = "bridged-elsewhere-not-followed"
    # Addresses that cannot be true, or are not led on.
    V6_LOOPBACK_FROM_OUTSIDE = "v6-loopback-from-outside"
    V6_LOOPBACK_AT_INTERFACE = "v6-loopback-at-interface"
    LOOPBACK_FROM_OUTSIDE = "loopback-from-outside"
    LOOPBACK_AT_INTERFACE = "loopback-at-interface"
    LOOPBACK_LEAVES = "loopback-leaves"
    LOOPBACK_LEAVES_BY = "loopback-leaves-by"
    LOOPBACK_OF_SENDER = "loopback-of-sender"
    SOURCE_NOT_BEHIND_INTERFACE = "source-not-behind-interface"
    SOURCE_IMPOSSIBLE = "source-impossible"
    SOURCE_IS_THIS_HOST = "source-is-this-host"
    REVERSE_PATH = "reverse-path"
    LINK_LOCAL_SENDER = "link-local-sender"
    # Routes.
    NO_ROUTE = "no-route"
    NO_ROUTE_TO = "no-route-to"
    ROUTE_REFUSES = "route-refuses"
    POLICY_REFUSES = "policy-refuses"
    POLICY_RULE = "policy-rule"
    POLICY_UNKNOWN = "policy-unknown"
    POLICY_UNDECIDED = "policy-undecided"
    SEVERAL_ROUTES = "several-routes"
    NOT_FORWARDED = "not-forwarded"
    INTERFACE_NOT_FORWARDING = "interface-not-forwarding"
    NOT_IN_GROUP = "not-in-group"
    ROUTED_HERE = "routed-here"
    ROUTED_HERE_OVER_LOOPBACK = "routed-here-over-loopback"
    ROUTED_OUT = "routed-out"
    ROUTED_TO_GATEWAY = "routed-to-gateway"
    SENT_ON_LINK = "sent-on-link"
    FOR_EVERYBODY = "for-everybody"
    # Zones and destinations.
    NOT_ROUTED_BY_INTERNET = "not-routed-by-internet"
    NO_HOST_ADDRESS = "no-host-address"
    NO_CONTAINER_ADDRESS = "no-container-address"
    NO_GATEWAY = "no-gateway"
    HOST_ROUTES_ELSEWHERE = "host-routes-elsewhere"
    NOTHING_LEADS_ON = "nothing-leads-on"
    NAT_ELSEWHERE = "nat-elsewhere"
    HOST_KEPT_APART = "host-kept-apart"
    LED_TO_SENDER = "led-to-sender"
    NOBODY_BEHIND_NAT = "nobody-behind-nat"
    PROXY_OUT_OF_RECORDING = "proxy-out-of-recording"
    PROXY_GOES_ON = "proxy-goes-on"
    PROXY_PORT_PICKED = "proxy-port-picked"
    PROXY_ANSWERS_FROM_NEAREST = "proxy-answers-from-nearest"
    PORT_HELD = "port-held"
    OPENS_UNKNOWN = "opens-unknown"
    DRIVER_NOT_FOLLOWED = "driver-not-followed"
    DRIVER_UNSEEN = "driver-unseen"
    DRIVER_BY_ROUTERS = "driver-by-routers"
    DRIVER_APART_FROM_HOST = "driver-apart-from-host"
    BRIDGE_NOT_HERE = "bridge-not-here"
    NETWORK_NOT_A_BRIDGE = "network-not-a-bridge"
    NETWORK_INTERNAL = "network-internal"
    # Ends.
    LEFT_BY = "left-by"
    TAKEN_BY = "taken-by"
    TAKEN_BY_UNSEEN = "taken-by-unseen"
    TAKEN_BY_KERNEL = "taken-by-kernel"
    TAKEN_BY_ASKER = "taken-by-asker"
    NOTHING_LISTENS = "nothing-listens"
    NEIGHBOUR_UNDISCOVERED = "neighbour-undiscovered"
    # Connections and answers.
    LATER_STOPPED = "later-stopped"
    ANSWER_STOPPED = "answer-stopped"
    ANSWER_MAY_STOP = "answer-may-stop"
    ANSWER_FROM_LOOPBACK = "answer-from-loopback"
    ANSWER_SOURCE_NOT_BEHIND_INTERFACE = "answer-source-not-behind-interface"
    ANSWER_NOT_FORWARDED = "answer-not-forwarded"
    ANSWER_PAST_HOST = "answer-past-host"
    ANSWER_UNTRACKED = "answer-untracked"
    ANSWER_MAY_BE_TRANSLATED = "answer-may-be-translated"
    ANSWER_NOT_EXPECTED = "answer-not-expected"
    NO_WAY_BACK = "no-way-back"
    NO_WAY_BACK_OF_CONTAINER = "no-way-back-of-container"
    CONTAINER_ANSWERS_ELSEWHERE = "container-answers-elsewhere"
    BACK_BY_OTHER_THAN_ASKER = "back-by-other-than-asker"
    BACK_BY_ONE_OF_SEVERAL = "back-by-one-of-several"
    BACK_BY_OTHER = "back-by-other"
    BACK_BY_OTHER_INTERFACE = "back-by-other-interface"
    NO_CONNECTION_NO_ARRIVAL = "no-connection-no-arrival"
    NO_CONNECTION_NO_ANSWER = "no-connection-no-answer"
    TRANSLATION_UNDECIDED = "translation-undecided"
    TRANSLATED_BACK = "translated-back"
    TRANSLATED_AS_FIRST = "translated-as-first"
    # Links, and the places that a packet passes.
    BRIDGED = "bridged"
    BRIDGE_SHUT = "bridge-shut"
    BRIDGED_PAST_RULES = "bridged-past-rules"
    INSIDE_NAMESPACE = "inside-namespace"
    INSIDE_SHARED_NAMESPACE = "inside-shared-namespace"
    INTERFACE_INSIDE = "interface-inside"
    INTERFACE_OF_NETWORK = "interface-of-network"
    LOOPBACK_INSIDE = "loopback-inside"
    VETH_END = "veth-end"
    VETH_END_ONE_OF = "veth-end-one-of"
    BRIDGE_OF_NETWORK = "bridge-of-network"
    BRIDGE_OF_NETWORK_WITH = "bridge-of-network-with"
    OPTION_INTERNAL = "option-internal"
    OPTION_NO_ICC = "option-no-icc"
    OPTION_NO_MASQUERADE = "option-no-masquerade"
    LINK_KIND = "link-kind"
    ENDED = "ended"


class Reason(msgspec.Struct, frozen=True):
    """A reason with its arguments by name; `behind` are the reasons of which it speaks."""

    kind: ReasonKind
    args: tuple[tuple[str, str], ...] = ()
    behind: tuple["Reason", ...] = ()


def make_reason(kind: ReasonKind, *behind: Reason, **args: object) -> Reason:
    """Make a reason; its arguments are kept as text."""
    return Reason(kind, tuple((name, str(value)) for name, value in sorted(args.items())) if args else (), behind)


def several(reasons: Iterable[Reason]) -> Reason:
    """Join reasons, each once; a single one stays what it is."""
    found = tuple(dict.fromkeys(reasons))
    return found[0] if len(found) == 1 else Reason(ReasonKind.SEVERAL, behind=found)


def is_by_chance(reason: Reason) -> bool:
    """Tell whether a reason speaks of nothing but matches that hold now and then: all else is known."""
    said = set(kinds_of(reason)) - {ReasonKind.SEVERAL, ReasonKind.ANSWER_STOPPED}
    return said == {ReasonKind.SOMETIMES}


def kinds_of(reason: Reason | None) -> tuple[ReasonKind, ...]:
    """Return what a reason says, then what the reasons behind it say."""
    if reason is None:
        return ()
    return (reason.kind, *(kind for one in reason.behind for kind in kinds_of(one)))

"""Why a rule's standing, or the confidence of its attribution, is what it is."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec


class AttributionReasonKind(StrEnum):
    """The kinds of reasons; a comment says what `detail` of a Reason holds."""

    # The inventory
    INVENTORY_UNKNOWN = "inventory-unknown"
    INVENTORY_PARTIAL = "inventory-partial"
    INVENTORY_LACKS_IT = "inventory-lacks-it"
    CHANGED_WHILE_RECORDED = "changed-while-recorded"
    # Stale
    NOT_EXPECTED = "not-expected"
    OPTIONS_EXCLUDE_IT = "options-exclude-it"
    OTHER_ENGINE = "other-engine"  # the version of the present engine
    NO_SWARM = "no-swarm"
    NO_SUCH_BRIDGE = "no-such-bridge"  # the bridge
    NO_SUCH_ADDRESS = "no-such-address"  # the address
    # The operator's, or possibly
    TYPED_OR_LEFT = "typed-or-left"
    TYPED_OR_OTHER_ENGINE = "typed-or-other-engine"  # the version of the present engine
    BRIDGE_ELSEWHERE = "bridge-elsewhere"  # the interface
    ENGINE_SWEEPS_IT = "engine-sweeps-it"  # the version of the present engine
    NETWORK_EXCLUDES_IT = "network-excludes-it"  # the network
    NOT_COMPARED = "not-compared"
    APPEARED_UNASKED = "appeared-unasked"
    USER_CHAIN = "user-chain"
    # Misplaced or duplicate
    NOT_FIRST = "not-first"
    BEHIND = "behind"  # the position of the rule that decides before it
    WRITTEN_ONCE = "written-once"
    # Missing
    CHAIN_ABSENT = "chain-absent"  # the chain
    CHAIN_EMPTY = "chain-empty"  # the chain
    CHAIN_INCOMPLETE = "chain-incomplete"  # the chain
    # Ambiguous, or likely
    SEVERAL_CAUSES = "several-causes"
    SEVERAL_MAKERS = "several-makers"
    POLICY_UNSIGNED = "policy-unsigned"
    OPERATORS_CHAIN = "operators-chain"
    FORWARDING_SWITCHED_ON = "forwarding-switched-on"


class AttributionReason(msgspec.Struct, frozen=True):
    """A reason with its argument. Code decides by `kind`; `str()` returns the sentence for people.

    The sentences stand here, below audit and report: findings, templates, CSV and JSON all print the same one.
    """

    kind: AttributionReasonKind
    detail: str = ""

    def __str__(self) -> str:
        return _SENTENCES[self.kind].format(self.detail)


_SENTENCES: Mapping[AttributionReasonKind, str] = {
    AttributionReasonKind.INVENTORY_UNKNOWN: "Docker's inventory is not known",
    AttributionReasonKind.INVENTORY_PARTIAL: "Docker's inventory is known in part",
    AttributionReasonKind.INVENTORY_LACKS_IT: "Docker's inventory does not hold all that this rule names",
    AttributionReasonKind.CHANGED_WHILE_RECORDED: (
        "rules and inventory changed while they were recorded: whether anything still asks for it is not decided"
    ),
    AttributionReasonKind.NOT_EXPECTED: "nothing in Docker's inventory asks for it now",
    AttributionReasonKind.OPTIONS_EXCLUDE_IT: "the engine's options do not ask for it now",
    AttributionReasonKind.OTHER_ENGINE: "engine {} does not write such a rule: another version left it behind",
    AttributionReasonKind.NO_SWARM: "this host is in no swarm now",
    AttributionReasonKind.NO_SUCH_BRIDGE: "no network has the bridge {}",
    AttributionReasonKind.NO_SUCH_ADDRESS: "no running container has the address {}",
    AttributionReasonKind.TYPED_OR_LEFT: (
        "nothing in Docker's inventory asks for it: it was typed by hand, or left behind"
    ),
    AttributionReasonKind.TYPED_OR_OTHER_ENGINE: (
        "engine {} does not write such a rule: it was typed by hand, or an engine of another version wrote it"
    ),
    AttributionReasonKind.BRIDGE_ELSEWHERE: (
        "{} is an interface of this host, and no network of this Docker has it: it is another program's, or the"
        " operator's"
    ),
    AttributionReasonKind.ENGINE_SWEEPS_IT: (
        "engine {} deletes such a rule of an older engine when it starts: it was typed by hand since"
    ),
    AttributionReasonKind.NETWORK_EXCLUDES_IT: "network {} was made with options for which Docker writes no such rule",
    AttributionReasonKind.APPEARED_UNASKED: (
        "it came between the two recordings, and nothing in Docker's inventory asked for it before or after"
    ),
    AttributionReasonKind.NOT_COMPARED: (
        "it stands where Docker writes; its text does not show all of it in iptables' words, and was not compared"
    ),
    AttributionReasonKind.USER_CHAIN: "DOCKER-USER is the operator's chain: Docker makes it, and writes no such rule",
    AttributionReasonKind.NOT_FIRST: "it must stand first: the rules above it decide without it",
    AttributionReasonKind.BEHIND: "it stands behind #{}, which decides before it",
    AttributionReasonKind.WRITTEN_ONCE: "Docker writes this rule once: one of the copies is somebody else's",
    AttributionReasonKind.CHAIN_ABSENT: "{} is not there itself: it was removed, or never made",
    AttributionReasonKind.CHAIN_EMPTY: "{} is empty, as a flush leaves it",
    AttributionReasonKind.CHAIN_INCOMPLETE: "the rest of {} is there: it was deleted, or never made",
    AttributionReasonKind.SEVERAL_CAUSES: "more than one cause would write this very rule",
    AttributionReasonKind.SEVERAL_MAKERS: "more than one maker writes such a rule",
    AttributionReasonKind.POLICY_UNSIGNED: "a policy does not tell who set it",
    AttributionReasonKind.OPERATORS_CHAIN: "the chain is the administrator's, and an older engine ended it so",
    AttributionReasonKind.FORWARDING_SWITCHED_ON: (
        "forwarding was switched on in the same step, which is when Docker sets this policy"
    ),
}

"""An engine that starts with another backend than the one before deletes what the other backend's engine wrote.

Of iptables' rules it finds what it can name: its own chains, and of each network, endpoint and port the rules in
chains of others. DOCKER-USER with the jump to it stays, and so does the policy of FORWARD.
"""

from netaudit.model.docker import Inventory
from netaudit.model.netfilter.family import IP_FAMILIES
from netaudit.model.netfilter.ruleset import Backend, ObjectKind
from netaudit.plan.rehearsal.chains import remove_chains
from netaudit.plan.rules.draft import Draft
from netaudit.plan.rules.fill import Wanted
from netaudit.plan.rules.put import Hand
from netaudit.plan.rules.wanted import Writer

NFT_TABLE = "docker-bridges"
_ENTRY = "DOCKER-FORWARD"  # deleted with the rest, though the engine itself writes it again at each start


def leave_iptables(draft: Draft, hand: Hand, writer: Writer, inventory: Inventory) -> None:
    """Delete what `writer`, the same engine with iptables, would have written for an inventory."""
    for one in writer.of_daemon():
        if one.text.endswith(f" -j {_ENTRY}"):
            hand.take(one)
    remove_chains(draft, hand, writer.cleared_at_start())
    for network in inventory.networks:
        if network.driver == "bridge" and not network.internal:
            _take(hand, [*writer.cleared_with_network(network.id), *writer.of_network(network.id)])
    for container in inventory.containers:
        _take(hand, writer.of_container(container.id))


def leave_nftables(draft: Draft) -> None:
    """Delete the tables of the nftables backend."""
    for family in IP_FAMILIES:
        draft.remove_table((Backend.NFTABLES, family, NFT_TABLE))


def _take(hand: Hand, wanted: list[Wanted]) -> None:
    for one in wanted:
        if one.signature.object is ObjectKind.RULE:
            hand.take(one)

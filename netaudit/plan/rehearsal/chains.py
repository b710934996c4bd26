"""What a daemon deletes when it starts: the jumps to its chains, then these chains."""

from collections.abc import Iterable

from netaudit.model.netfilter.ruleset import ObjectKind
from netaudit.plan.rules.draft import ChainKey, Draft
from netaudit.plan.rules.fill import Wanted
from netaudit.plan.rules.put import Hand


def remove_chains(draft: Draft, hand: Hand, cleared: Iterable[Wanted]) -> None:
    """Delete jumps, then flush chains and delete those to which nothing jumps."""
    found = list(cleared)
    for one in found:
        if one.signature.object is ObjectKind.RULE:
            hand.take(one)
    for one in found:
        if one.signature.object is ObjectKind.CHAIN:
            _remove(draft, one.key)


def _remove(draft: Draft, key: ChainKey) -> None:
    rules = draft.rules(key)
    if rules is None:
        return
    rules.clear()
    jump = f" -j {key[3]}"
    others = (draft.rules(other) or [] for other in draft.chains() if other[:3] == key[:3])
    if not any(rule.text.endswith(jump) for chain in others for rule in chain):
        draft.remove_chain(key)

"""What to ask next about a rule that no engine is proved to have written: what its removal would change, since when."""

import shlex
from collections.abc import Iterator

from netaudit.attribute.attribution import Confidence
from netaudit.attribute.explain.explanation import RuleExplained
from netaudit.model.netfilter.ruleset import Backend, Item

_PROGRAMS = {
    (Backend.IPTABLES_NFT, "ip"): "iptables",
    (Backend.IPTABLES_NFT, "ip6"): "ip6tables",
    (Backend.IPTABLES_LEGACY, "ip"): "iptables-legacy",
    (Backend.IPTABLES_LEGACY, "ip6"): "ip6tables-legacy",
}


def next_steps(explained: RuleExplained) -> Iterator[str]:
    """Yield commands; none for a rule of an engine, which writes it again, and for a rule inside a container."""
    item = explained.one.item
    if item.position is None or ":" in item.table or explained.one.attribution.confidence is Confidence.PROVED:
        return
    yield f"what its removal would change: netaudit plan -- {_removal(item)}"
    yield f"since when it is there: netaudit blame {shlex.quote(item.where)}"


def _removal(item: Item) -> str:
    program = _PROGRAMS.get((item.backend, item.family))
    if program:
        return f"{program} -t {shlex.quote(item.table)} -D {shlex.quote(item.chain)} {item.position}"
    place = " ".join(map(shlex.quote, (item.family, item.table, item.chain)))
    return f"nft delete rule {place} handle N (`nft -a list chain {place}` shows N)"

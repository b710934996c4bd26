"""Rules that were not recorded, or that are not followed: they may stop any packet."""

from collections.abc import Collection, Iterator

import msgspec

from netaudit.model.exposure import Outcome
from netaudit.model.facts import Source
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.program import Program, ReadChain
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.packets.values.steps import End, EndKind, Trace

RULES = {
    "ip": (Source.IPTABLES_NFT, Source.IPTABLES_LEGACY, Source.NFT_RULESET),
    "ip6": (Source.IP6TABLES_NFT, Source.IP6TABLES_LEGACY, Source.NFT_RULESET),
}
_ELSEWHERE = frozenset({"bridge", "netdev"})


def doubted(trace: Trace, family: Family, program: Program, unseen: Collection[str]) -> Trace:
    """Return the trace of a packet that arrives with the doubt that unseen rules may stop it; other traces stay."""
    reasons = tuple(dict.fromkeys(_reasons(family, program, unseen)))
    if not reasons or not trace.arrives or trace.outcome is Outcome.BLOCKED:
        return trace
    ends = [End(end.kind, end.packet, end.reason, end.item, sure=False) for end in trace.ends]
    ends.append(End(EndKind.UNKNOWN, trace.packet, make_reason(ReasonKind.UNSEEN_RULES, reasons[0]), sure=False))
    return msgspec.structs.replace(trace, ends=tuple(ends), doubts=(*trace.doubts, *reasons))


def _reasons(family: Family, program: Program, unseen: Collection[str]) -> Iterator[Reason]:
    for source in RULES[family]:
        if source in unseen:
            yield make_reason(ReasonKind.SOURCE_NOT_RECORDED, source=source)
    yield from unfollowed(program)


def unfollowed(program: Program) -> Iterator[Reason]:
    """Return why tables may do something that is not followed, a reason for each."""
    for table in program.tables:
        if table.why_unsure:
            yield make_reason(ReasonKind.TABLE_UNSURE, why=table.why_unsure)
    for table in program.tables:
        if table.family in _ELSEWHERE and any(_acts(chain) for chain in table.chains.values()):
            yield make_reason(ReasonKind.TABLE_NOT_FOLLOWED, family=table.family, table=table.name)


def _acts(chain: ReadChain) -> bool:
    return chain.base is not None and bool(chain.rules or chain.policy == "drop")

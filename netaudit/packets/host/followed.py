"""Rules that were not recorded, or that are not followed: they may stop any packet."""

from collections.abc import Callable, Collection, Iterator

import msgspec

from netaudit.model.exposure import Outcome
from netaudit.model.facts import Source
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import NFPROTO_IPV4, NFPROTO_IPV6, AllOf, Field
from netaudit.model.netfilter.program import Program, ReadTable
from netaudit.model.netfilter.statement import Drop, Meaning, Note, NoTrack, Queue, Reject
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.packets.values.packet import Value, holds
from netaudit.packets.values.steps import End, EndKind, Trace

RULES = {
    "ip": (Source.IPTABLES_NFT, Source.IPTABLES_LEGACY, Source.NFT_RULESET),
    "ip6": (Source.IP6TABLES_NFT, Source.IP6TABLES_LEGACY, Source.NFT_RULESET),
}
_ELSEWHERE = frozenset({"bridge", "netdev"})
_ETHERTYPES = {Family.IP: 0x0800, Family.IP6: 0x86DD}
_PROTOCOLS = {Family.IP: NFPROTO_IPV4, Family.IP6: NFPROTO_IPV6}


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
    yield from unfollowed(program, family)


def unfollowed(program: Program, family: Family) -> Iterator[Reason]:
    """Return why tables may do something to packets of a family that is not followed, a reason for each."""
    for table in program.tables:
        if table.why_unsure:
            yield make_reason(ReasonKind.TABLE_UNSURE, why=table.why_unsure)
    for table in program.tables:
        if table.family in _ELSEWHERE and _acts(table, family):
            yield make_reason(ReasonKind.TABLE_NOT_FOLLOWED, family=table.family, table=table.name)


def _acts(table: ReadTable, family: Family) -> bool:
    """Tell whether a table of bridges or devices may stop or change an IP packet: what it only counts passes."""
    bases = [chain for chain in table.chains.values() if chain.base is not None]
    known: dict[Field, Value] = {Field.ETHERTYPE: _ETHERTYPES[family], Field.NFPROTO: _PROTOCOLS[family]}
    rules = [rule for chain in table.chains.values() for rule in chain.rules] if bases else []
    return any(chain.policy == "drop" for chain in bases) or any(_stops(rule.meaning, known.get) for rule in rules)


def _stops(meaning: Meaning, value_of: Callable[[Field], Value]) -> bool:
    if holds(AllOf(meaning.matches), value_of) is False:
        return False
    if isinstance(meaning.verdict, Drop | Reject | Queue):
        return True
    changes = any(not isinstance(one, Note | NoTrack) for one in meaning.statements)
    return changes or any(_stops(branch, value_of) for branch in meaning.then)

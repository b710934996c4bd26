"""Rules that were not recorded, or that are not followed: they may stop any packet."""

from collections.abc import Callable, Collection, Iterator, Mapping

import msgspec

from netaudit.model.exposure import Outcome
from netaudit.model.facts import GapReason, Source, source_of_rules
from netaudit.model.netfilter.devices import is_of_device
from netaudit.model.netfilter.family import ETHERTYPES, Family
from netaudit.model.netfilter.match import NFPROTO_IPV4, NFPROTO_IPV6, AllOf, Field
from netaudit.model.netfilter.program import Hook, Program, ReadChain, ReadTable
from netaudit.model.netfilter.ruleset import Backend
from netaudit.model.netfilter.statement import Accept, Drop, Goto, Jump, Meaning, Note, NoTrack, Queue, Reject
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.packets.values.packet import Value, holds
from netaudit.packets.values.steps import End, EndKind, Trace

RULES = {
    "ip": (Source.IPTABLES_NFT, Source.IPTABLES_LEGACY, Source.NFT_RULESET),
    "ip6": (Source.IP6TABLES_NFT, Source.IP6TABLES_LEGACY, Source.NFT_RULESET),
}
_BETWEEN_PORTS = frozenset({Hook.PREROUTING, Hook.FORWARD, Hook.POSTROUTING})
_OF_HOST = frozenset({Hook.PREROUTING, Hook.INPUT, Hook.OUTPUT, Hook.POSTROUTING})
_ARP: Mapping[Field, Value] = {Field.ETHERTYPE: 0x0806, Field.NFPROTO: 0, Field.PROTOCOL: 0}
_PROTOCOLS = {Family.IP: NFPROTO_IPV4, Family.IP6: NFPROTO_IPV6}


class Frames(msgspec.Struct, frozen=True):
    """Frames of a family that may pass bridges.

    `bridged`: they pass between two ports of one bridge, and no host routes them. None: either may be.
    """

    family: Family
    bridged: bool | None = None

    @property
    def hooks(self) -> frozenset[Hook]:
        """Return the hooks of bridges that they may pass."""
        if self.bridged is None:
            return _BETWEEN_PORTS | _OF_HOST
        return _BETWEEN_PORTS if self.bridged else _OF_HOST


def doubted(trace: Trace, frames: Frames, program: Program, unseen: Collection[str]) -> Trace:
    """Return the trace of a packet that arrives with the doubt that unseen rules may stop it; other traces stay."""
    reasons = tuple(dict.fromkeys(_reasons(frames, program, unseen)))
    if not reasons or not trace.arrives or trace.outcome is Outcome.BLOCKED:
        return trace
    ends = [End(end.kind, end.packet, end.reason, end.item, sure=False) for end in trace.ends]
    ends.append(End(EndKind.UNKNOWN, trace.packet, make_reason(ReasonKind.UNSEEN_RULES, reasons[0]), sure=False))
    return msgspec.structs.replace(trace, ends=tuple(ends), doubts=(*trace.doubts, *reasons))


def _reasons(frames: Frames, program: Program, unseen: Collection[str]) -> Iterator[Reason]:
    for source in RULES[frames.family]:
        if source in unseen:
            yield make_reason(ReasonKind.SOURCE_NOT_RECORDED, source=source)
    yield from unfollowed(program, frames.family)
    yield from silenced_bridges(program, frames)


def left_out(backend: Backend, family: str) -> Reason:
    """Return why nobody knows what a table stops of which rules were left out: one of them may accept it."""
    return make_reason(ReasonKind.SOURCE_GAP, source=source_of_rules(backend, family), gap=GapReason.NOT_RECORDED)


def unfollowed(program: Program, family: Family) -> Iterator[Reason]:
    """Return why tables may do something to packets of a family that is not followed, a reason for each."""
    for table in program.tables:
        if table.why_unsure:
            yield make_reason(ReasonKind.TABLE_UNSURE, why=table.why_unsure)
    for table in program.tables:
        if _is_of_devices(table) and _acts(table, _of(family)):
            yield make_reason(ReasonKind.TABLE_NOT_FOLLOWED, family=table.family, table=table.name)
        elif family is Family.IP and _stops_arp(table):
            yield make_reason(ReasonKind.TABLE_NOT_FOLLOWED, family=Family.NETDEV, table=table.name)


def silenced_bridges(program: Program, frames: Frames) -> Iterator[Reason]:
    """Return why ports of bridges may not find one another by ARP, a reason for each table that may stop it."""
    if frames.family is Family.IP:
        for table in program.tables:
            if table.family == Family.BRIDGE and _stops_arp_at(table, frames.hooks):
                yield make_reason(ReasonKind.ARP_STOPPED, table=table.name)


def _is_of_devices(table: ReadTable) -> bool:
    """Tell whether a table sees packets at hooks of devices that are bridges, or their ports."""
    if table.family == Family.BRIDGE:
        return False
    return table.family == Family.NETDEV or any(is_of_device(chain.base) for chain in table.chains.values())


def _stops_arp(table: ReadTable) -> bool:
    """Tell whether a table of devices that is asked at IP's hooks may stop ARP too, by which hosts are found."""
    chains = [chain for chain in table.chains.values() if chain.table.family == Family.NETDEV]
    devices = {name for chain in chains if chain.base for name in chain.base.device.split(",")}
    if devices <= {"lo"}:
        return False  # no address is asked for there
    passes = any(_passes(rule.meaning) for chain in chains for rule in chain.rules if chain.base is None)
    asked = [rule.meaning for chain in chains for rule in chain.rules if chain.base is None or not passes]
    return any(_stops(meaning, _ARP.get) for meaning in asked)


def _passes(meaning: Meaning) -> bool:
    """Tell whether a rule accepts all ARP, so that no policy is asked about it."""
    return isinstance(meaning.verdict, Accept) and holds(AllOf(meaning.matches), _ARP.get) is True


def _of(family: Family) -> Mapping[Field, Value]:
    return {Field.ETHERTYPE: ETHERTYPES[family], Field.NFPROTO: _PROTOCOLS[family]}


def _stops_arp_at(table: ReadTable, hooks: Collection[Hook]) -> bool:
    """Tell whether a table of bridges may stop ARP at some hooks."""
    bases = [one for one in table.chains.values() if one.base and one.base.hook in hooks]
    others = [rule.meaning for one in table.chains.values() if one.base is None for rule in one.rules]
    jumps = any(_stops(meaning, _ARP.get) for meaning in others)
    return any(_stops_arp_in(chain, jumps=jumps) for chain in bases)


def _stops_arp_in(chain: ReadChain, *, jumps: bool) -> bool:
    """Tell whether a base chain may stop ARP; `jumps`: a chain that it may jump to does."""
    for rule in chain.rules:
        if _passes(rule.meaning):
            return False
        asked = holds(AllOf(rule.meaning.matches), _ARP.get) is not False
        if _stops(rule.meaning, _ARP.get) or (jumps and asked and isinstance(rule.meaning.verdict, Jump | Goto)):
            return True
    return chain.policy == "drop"


def _acts(table: ReadTable, known: Mapping[Field, Value]) -> bool:
    """Tell whether a table of devices may stop or change some frames: what it only counts passes."""
    bases = [one for one in table.chains.values() if one.base]
    rules = [rule for chain in table.chains.values() for rule in chain.rules]
    return any(chain.policy == "drop" for chain in bases) or any(_stops(rule.meaning, known.get) for rule in rules)


def _stops(meaning: Meaning, value_of: Callable[[Field], Value]) -> bool:
    if holds(AllOf(meaning.matches), value_of) is False:
        return False
    if isinstance(meaning.verdict, Drop | Reject | Queue):
        return True
    changes = any(not isinstance(one, Note | NoTrack) for one in meaning.statements)
    return changes or any(_stops(branch, value_of) for branch in meaning.then)

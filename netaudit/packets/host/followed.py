"""Rules that were not recorded, or that are not followed: they may stop any packet."""

from collections.abc import Callable, Collection, Iterator, Mapping

import msgspec

from netaudit.model.exposure import Outcome
from netaudit.model.facts import Source
from netaudit.model.netfilter.devices import is_of_device
from netaudit.model.netfilter.family import ETHERTYPES, Family
from netaudit.model.netfilter.match import NFPROTO_IPV4, NFPROTO_IPV6, AllOf, Field
from netaudit.model.netfilter.program import Hook, Program, ReadChain, ReadTable
from netaudit.model.netfilter.ruleset import Item
from netaudit.model.netfilter.statement import Accept, Drop, Meaning, Note, NoTrack, Queue, Reject
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
    """Frames of which bridges may decide: of a family and a protocol.

    `bridged`: they pass between two ports of one bridge, and no host routes them. None: either may be.
    """

    family: Family
    protocol: int
    bridged: bool | None = None

    @property
    def hooks(self) -> frozenset[Hook]:
        """Return the hooks of bridges that they may pass."""
        if self.bridged is None:
            return _BETWEEN_PORTS | _OF_HOST
        return _BETWEEN_PORTS if self.bridged else _OF_HOST


def doubted(trace: Trace, frames: Frames, program: Program, unseen: Collection[str]) -> Trace:
    """Return the trace of a packet that arrives with the doubt that unseen rules may stop it; other traces stay."""
    stopped = stopped_by_bridge(program, frames) if trace.arrives else None
    if stopped:
        end = End(EndKind.DROPPED, trace.packet, make_reason(ReasonKind.BY_RULE), stopped)
        return msgspec.structs.replace(trace, ends=(end,), answers=())
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
    yield from unfollowed_bridges(program, frames)


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


def unfollowed_bridges(program: Program, frames: Frames) -> Iterator[Reason]:
    """Return why tables of bridges may do something to frames that is not followed, a reason for each."""
    known: Mapping[Field, Value] = {**_of(frames.family), Field.PROTOCOL: frames.protocol}
    for table in program.tables:
        if table.family == Family.BRIDGE and _acts(table, known, frames.hooks):
            yield make_reason(ReasonKind.TABLE_NOT_FOLLOWED, family=table.family, table=table.name)


def stopped_by_bridge(program: Program, frames: Frames) -> Item | None:
    """Return the rule or policy of a table of bridges that surely stops all frames between ports; None for none."""
    if not frames.bridged:
        return None
    known: Mapping[Field, Value] = {**_of(frames.family), Field.PROTOCOL: frames.protocol}
    chains = (pair for hook in sorted(frames.hooks) for pair in program.base_chains(hook, Family.BRIDGE))
    return next((item for _, chain in chains if (item := _surely_stopped_in(chain, known))), None)


def _surely_stopped_in(chain: ReadChain, known: Mapping[Field, Value]) -> Item | None:
    """Return what stops all frames in a base chain, as far as its rules ask for nothing else than is known."""
    for rule in chain.rules:
        matched = holds(AllOf(rule.meaning.matches), known.get)
        if matched and isinstance(rule.meaning.verdict, Drop | Reject):
            return rule.item
        if matched is not False and not rule.meaning.inert:
            return None
    return chain.policy_item if chain.policy == "drop" else None


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


def _acts(table: ReadTable, known: Mapping[Field, Value], hooks: frozenset[Hook] | None = None) -> bool:
    """Tell whether a table of bridges or devices may stop or change some frames: what it only counts passes.

    `hooks` are those that the frames pass; None: any.
    """
    bases = [one for one in table.chains.values() if one.base and (hooks is None or one.base.hook in hooks)]
    asked = [*bases, *(chain for chain in table.chains.values() if chain.base is None)] if bases else []
    rules = [rule for chain in asked for rule in chain.rules]
    return any(chain.policy == "drop" for chain in bases) or any(_stops(rule.meaning, known.get) for rule in rules)


def _stops(meaning: Meaning, value_of: Callable[[Field], Value]) -> bool:
    if holds(AllOf(meaning.matches), value_of) is False:
        return False
    if isinstance(meaning.verdict, Drop | Reject | Queue):
        return True
    changes = any(not isinstance(one, Note | NoTrack) for one in meaning.statements)
    return changes or any(_stops(branch, value_of) for branch in meaning.then)

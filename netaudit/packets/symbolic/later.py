"""Later packets of connections whose first one arrived and was answered: which of them arrive as well.

    -A INPUT -p tcp --dport 22 -m conntrack --ctstate ESTABLISHED -j DROP     the handshake begins, and never ends

A later packet is translated as the first one was, and no nat chain is asked. So the set of first packets is led through
the other chains once more, with the connection's mark; how far it is translated at each, the encoder knows
(netaudit.packets.symbolic.encoding.later). A program none of whose rules tells later packets from first ones is not
asked again.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from netaudit.model.netfilter.match import CT_DNAT, CT_SNAT, AllOf, CtState, Field
from netaudit.model.netfilter.program import (
    CONNTRACK_PRIORITY,
    DESTINATION_NAT_PRIORITY,
    SOURCE_NAT_PRIORITY,
    Hook,
    Program,
    ReadChain,
    ReadTable,
)
from netaudit.model.netfilter.ruleset import Item
from netaudit.model.netfilter.statement import Accept, Meaning
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.packets.host.route_ranges import LOOPBACK
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.sets.space import PacketSpace
from netaudit.packets.symbolic.chain import Chains
from netaudit.packets.symbolic.encoding.decision import Decision
from netaudit.packets.symbolic.encoding.fields import fields_in
from netaudit.packets.symbolic.encoding.host_sets import (
    DECISION,
    HostSets,
    Translated,
)
from netaudit.packets.symbolic.encoding.later import Stage
from netaudit.packets.symbolic.table_visit import Visit
from netaudit.packets.values.packet import Value, holds
from netaudit.packets.values.probe import PROTOCOLS

_ACK = 16
_WRITTEN = (Field.MARK, Field.CT_MARK, Field.CT_STATE, DECISION)  # what a later packet has of its own
_FIRST: dict[Field, Value] = {Field.CT_STATE: CtState.NEW, Field.TCP_FLAGS: 2, Field.CT_STATUS: 0}
_LATER: dict[Field, Value] = {Field.CT_STATE: CtState.ESTABLISHED, Field.TCP_FLAGS: _ACK}
_TOLD = frozenset(_FIRST) | frozenset(_LATER)
_STATUSES = (0, CT_DNAT, CT_SNAT, CT_DNAT | CT_SNAT)
_IN_RETURN = frozenset({Field.CT_REPL_SADDR, Field.CT_REPL_DADDR, Field.CT_REPL_SPORT, Field.CT_REPL_DPORT})


def tells_apart(program: Program, world: HostSets) -> bool:
    """Tell whether some rule may treat later packets worse: by their state, or by their connection's mark or NAT."""
    return Field.CT_MARK in world.space.widths or any(map(differs, _meanings(program, world.family)))


def _meanings(program: Program, family: str) -> Iterator[Meaning]:
    for table in program.tables:
        if table.family in (family, "inet"):
            for chain in table.chains.values():
                if chain.base is None or chain.base.kind != "nat":
                    for rule in chain.rules:
                        yield from rule.meaning.branches()


def differs(meaning: Meaning) -> bool:
    """Tell whether a rule, or a branch of one, may treat later packets worse than first ones."""
    match, accepts = AllOf(meaning.matches), isinstance(meaning.verdict, Accept)
    asked = frozenset(fields_in(match))
    if not asked.isdisjoint(_IN_RETURN):
        return not accepts
    if asked.isdisjoint(_TOLD):  # most rules: of both kinds of packets they are told the same
        return False
    first = holds(match, _FIRST.get)
    later = (holds(match, {**_LATER, Field.CT_STATUS: status}.get) for status in _STATUSES)
    return any(first != one and not (accepts and one is not False) for one in later)


class LaterChains(Chains):
    """Leads later packets through chains; what stops them says so."""

    def __init__(self, first: Chains) -> None:
        super().__init__(first.encoders)
        self.decisions, self.doubts = first.decisions, first.doubts

    def base(self, table: ReadTable, chain: ReadChain, packets: Bounds, hook: Hook, stage: Stage) -> Bounds:
        """Lead packets at a stage of their translation through a base chain; return what is accepted."""
        visit = Visit(self, table, hook, self.encoders.for_later(packets, hook, stage), decides=False)
        return self.through(visit, chain, packets)

    def decision(self, rule: Item | None, reason: Reason | None = None) -> Decision:
        """Make a decision that says that it is about later packets."""
        named = [make_reason(ReasonKind.AT_RULE, where=rule.where)] if rule else []
        return Decision(rule, make_reason(ReasonKind.LATER_STOPPED, *named, *([reason] if reason else [])))


class LaterPackets:
    """Leads later packets of connections as their first ones went."""

    def __init__(self, first: Chains) -> None:
        self.chains, self._world, self._space = LaterChains(first), first.world, first.world.space
        self._written = tuple(field for field in _WRITTEN if field in self._space.widths)

    def to_forwarded(self, arrived: Bounds) -> Bounds:
        """Return what was forwarded, and whose later packets are too."""
        own, fresh = exactly(self._world.at(Field.IIF, "")), self._fresh(arrived)
        passing = self._through(Hook.FORWARD, self._past_destination_nat(Hook.PREROUTING, fresh - own), Stage.LED)
        forget, sent = self._space.rewrite.forget, fresh & own
        left = self._past_destination_nat(Hook.OUTPUT, sent.changed(self._as_sent))
        ways = sent.changed(lambda some: forget(some, *self._written))  # as the first ones were routed
        left = left.changed(lambda some: forget(some, Field.OIF)) & ways
        return self._kept(arrived, self._past_source_nat(Hook.POSTROUTING, left | passing))

    def to_local(self, arrived: Bounds) -> Bounds:
        """Return what this host took, and whose later packets it takes too."""
        looped, fresh = exactly(self._world.at(Field.IIF, LOOPBACK)), self._fresh(arrived)
        sent, came = (fresh & looped).changed(self._leaving), fresh - looped
        led = self._past_destination_nat(Hook.OUTPUT, sent.changed(self._as_sent)).changed(self._leaving)
        left = self._past_source_nat(Hook.POSTROUTING, led)
        back = left.changed(self._come_back)
        for hook in (Hook.PREROUTING, Hook.INPUT):
            back = self._through(hook, back, Stage.RENAMED)
        return self._kept(
            arrived, back | self._past_source_nat(Hook.INPUT, self._past_destination_nat(Hook.PREROUTING, came))
        )

    def _leaving(self, packets: PacketSet) -> PacketSet:
        """Let what came in by lo be on its way to it: a program of the host sends it."""
        return _assign(self._space, packets, {Field.IIF: 0, Field.OIF: self._world.number[LOOPBACK], Field.SOCKET: 1})

    def _as_sent(self, packets: PacketSet) -> PacketSet:
        """Let what NAT leads elsewhere be about to leave by the way to where it was sent: output sees that."""
        world, space = self._world, self._space
        led = packets & world.translated(Translated.DESTINATION)
        ways = [(world.number[one], span) for one, span in world.ranges.ways_out.items() if one in world.number]
        routed = [space.rewrite.assign(led & space.in_ranges(Field.DADDR, span), Field.OIF, at) for at, span in ways]
        return packets - led | space.union(routed)

    def _come_back(self, packets: PacketSet) -> PacketSet:
        return _assign(self._space, packets, {Field.IIF: self._world.number[LOOPBACK], Field.OIF: 0, Field.SOCKET: 0})

    def stopped(self) -> tuple[Bounds, PacketSet]:
        """Return what is stopped of connections, and of UDP what is stopped after packets that arrived."""
        udp, dropped = exactly(self._space.equal(Field.PROTOCOL, PROTOCOLS["udp"])), self.chains.dropped()
        return dropped - udp, (dropped & udp).possible

    def _kept(self, arrived: Bounds, passed: Bounds) -> Bounds:
        """Keep what passed; of UDP also what did not, for its first packet brings something."""
        back = passed.changed(self._bare)
        udp = exactly(self._space.equal(Field.PROTOCOL, PROTOCOLS["udp"]))
        return arrived & (back | udp) | (arrived - _tracked(self._space, arrived))

    def _bare(self, packets: PacketSet) -> PacketSet:
        """Forget what later packets have of their own."""
        flags = [Field.TCP_FLAGS] if Field.TCP_FLAGS in self._space.widths else []
        return self._space.rewrite.forget(packets, *self._written, *flags, Field.OIF)

    def _fresh(self, arrived: Bounds) -> Bounds:
        """Make later packets of first ones, before connection tracking sees them."""
        own: dict[Field, int] = {Field.MARK: 0, Field.CT_STATE: int(CtState.INVALID), Field.TCP_FLAGS: _ACK}
        tracked = _tracked(self._space, arrived)
        return tracked.changed(lambda some: _assign(self._space, self._space.rewrite.forget(some, DECISION), own))

    def _past_destination_nat(self, hook: Hook, packets: Bounds) -> Bounds:
        """Lead packets through a hook that translates their destination."""
        sent = self._through(hook, packets, Stage.SENT, lambda order: order < DESTINATION_NAT_PRIORITY)
        return self._through(hook, sent, Stage.LED, lambda order: order >= DESTINATION_NAT_PRIORITY)

    def _past_source_nat(self, hook: Hook, packets: Bounds) -> Bounds:
        """Lead packets through a hook that translates their source."""
        before = self._through(hook, packets, Stage.LED, lambda order: order < SOURCE_NAT_PRIORITY)
        return self._through(hook, before, Stage.RENAMED, lambda order: order >= SOURCE_NAT_PRIORITY)

    def _through(
        self, hook: Hook, packets: Bounds, stage: Stage, here: Callable[[int], bool] = lambda _: True
    ) -> Bounds:
        """Lead packets through the chains of a hook whose priorities are asked for, without NAT."""
        tracks = hook in (Hook.PREROUTING, Hook.OUTPUT)
        for table, chain in self.chains.program.base_chains(hook, self._world.family):
            base = chain.base
            if base is None or not packets or base.kind == "nat" or not here(base.priority):
                continue
            if tracks and base.priority > CONNTRACK_PRIORITY:
                packets, tracks = packets.changed(partial(_track, self._space)), False
            packets = self.chains.base(table, chain, packets, hook, stage)
        return packets.changed(partial(_track, self._space)) if tracks else packets


def _assign(space: PacketSpace, packets: PacketSet, fields: Mapping[Field, int]) -> PacketSet:
    """Write values into fields, where the space has them."""
    for field, value in fields.items():
        packets = space.rewrite.assign(packets, field, value) if field in space.widths else packets
    return packets


def _tracked(space: PacketSpace, arrived: Bounds) -> Bounds:
    return arrived - exactly(space.equal(Field.CT_STATE, CtState.UNTRACKED))


def _track(space: PacketSpace, packets: PacketSet) -> PacketSet:
    """Let connection tracking see packets: they belong to what the first one began."""
    untracked = packets & space.equal(Field.CT_STATE, CtState.UNTRACKED)
    return space.rewrite.assign(packets - untracked, Field.CT_STATE, CtState.ESTABLISHED) | untracked

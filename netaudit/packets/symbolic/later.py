"""Later packets of connections whose first one arrived and was answered: which of them arrive as well.

    -A INPUT -p tcp --dport 22 -m conntrack --ctstate ESTABLISHED -j DROP     the handshake begins, and never ends

A later packet is translated as the first one was, and no nat chain is asked. So the set of first packets is led through
the other chains once more: before translation as they were sent, behind it as they arrived, with the connection's mark.
A program none of whose rules tells later packets from first ones is not asked again.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from netaudit.model.netfilter.match import AllOf, CtState, Field
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
from netaudit.packets.symbolic.encoding.host_sets import (
    DECISION,
    NEW_DADDR,
    NEW_DPORT,
    TRANSLATED,
    HostSets,
    Translated,
)
from netaudit.packets.symbolic.table_visit import Visit
from netaudit.packets.values.packet import Value, holds
from netaudit.packets.values.probe import PROTOCOLS

_ACK = 16
_WRITTEN = (Field.MARK, Field.CT_MARK, Field.CT_STATE, DECISION)  # what a later packet has of its own
_SENT = (NEW_DADDR, NEW_DPORT, TRANSLATED)  # what it does not have before it is translated
_FIRST: dict[Field, Value] = {Field.CT_STATE: CtState.NEW, Field.TCP_FLAGS: 2}
_LATER: dict[Field, Value] = {Field.CT_STATE: CtState.ESTABLISHED, Field.TCP_FLAGS: _ACK}


def tells_apart(program: Program, world: HostSets) -> bool:
    """Tell whether some rule may treat later packets worse: by their state, or by their connection's mark."""
    return Field.CT_MARK in world.space.widths or any(map(_differs, _meanings(program, world.family)))


def _meanings(program: Program, family: str) -> Iterator[Meaning]:
    for table in program.tables:
        if table.family in (family, "inet"):
            for chain in table.chains.values():
                if chain.base is None or chain.base.kind != "nat":
                    for rule in chain.rules:
                        yield from rule.meaning.branches()


def _differs(meaning: Meaning) -> bool:
    match = AllOf(meaning.matches)
    first, later = holds(match, _FIRST.get), holds(match, _LATER.get)
    return first != later and not (isinstance(meaning.verdict, Accept) and later is not False)


class LaterChains(Chains):
    """Leads later packets through chains; what stops them says so."""

    def __init__(self, first: Chains) -> None:
        super().__init__(first.encoders)
        self.decisions, self.doubts = first.decisions, first.doubts

    def base(self, table: ReadTable, chain: ReadChain, packets: Bounds, hook: Hook) -> Bounds:
        """Lead packets through a base chain; return what is accepted."""
        visit = Visit(self, table, hook, self.encoders.for_first(packets), decides=False)
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
        self._nothing = exactly(self._space.nothing)

    def to_forwarded(self, arrived: Bounds) -> Bounds:
        """Return what was forwarded, and whose later packets are too."""
        own = exactly(self._world.at(Field.IIF, ""))
        sent, passing = _tracked(self._space, arrived) & own, _tracked(self._space, arrived) - own
        led = self._behind(Hook.OUTPUT, sent) | self._meet(Hook.FORWARD, self._behind(Hook.PREROUTING, passing))
        return self._kept(arrived, self._renamed_in(Hook.POSTROUTING, led, arrived))

    def to_local(self, arrived: Bounds) -> Bounds:
        """Return what this host took, and whose later packets it takes too."""
        looped = exactly(self._world.at(Field.IIF, LOOPBACK))
        back, came = _tracked(self._space, arrived) & looped, _tracked(self._space, arrived) - looped
        left = self._renamed_in(Hook.POSTROUTING, self._behind(Hook.OUTPUT, back.changed(self._leaving)), back)
        passed = self._meet(Hook.PREROUTING, left.changed(self._come_back)) | self._behind(Hook.PREROUTING, came)
        return self._kept(arrived, self._renamed_in(Hook.INPUT, passed, came))

    def _leaving(self, packets: PacketSet) -> PacketSet:
        """Let what came in by lo be on its way to it: a program of the host sends it."""
        return _assign(self._space, packets, {Field.IIF: 0, Field.OIF: self._world.number[LOOPBACK], Field.SOCKET: 1})

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
        """Forget what later packets have of their own, and that their source is translated."""
        flags = [Field.TCP_FLAGS] if Field.TCP_FLAGS in self._space.widths else []
        packets = self._space.rewrite.forget(packets, *self._written, *flags, Field.OIF)
        return self._space.rewrite.forget_bits(packets, TRANSLATED, Translated.SOURCE)

    def _behind(self, hook: Hook, arrived: Bounds) -> Bounds:
        """Lead packets through a hook that translates their destination: as they were sent, then as they came."""
        if not arrived:
            return self._nothing
        fresh = arrived.changed(self._fresh)
        as_sent = fresh.changed(partial(_as_sent, self._space))
        sent = self._through(hook, as_sent, lambda order: order < DESTINATION_NAT_PRIORITY)
        unsaid = fresh.changed(lambda some: self._space.rewrite.forget(some, *self._written))
        now = unsaid & sent.changed(lambda some: self._space.rewrite.forget(some, *_SENT))
        return self._through(hook, now, lambda order: order >= DESTINATION_NAT_PRIORITY)

    def _fresh(self, packets: PacketSet) -> PacketSet:
        """Make later packets of first ones, before connection tracking sees them."""
        space = self._space
        packets = space.rewrite.forget_bits(space.rewrite.forget(packets, DECISION), TRANSLATED, Translated.SOURCE)
        packets &= space.masked(TRANSLATED, Translated.SOURCE, 0)
        return _assign(
            self._space, packets, {Field.MARK: 0, Field.CT_STATE: int(CtState.INVALID), Field.TCP_FLAGS: _ACK}
        )

    def _renamed_in(self, hook: Hook, packets: Bounds, arrived: Bounds) -> Bounds:
        """Lead packets through a hook that translates their source: from there on they have what they arrived with."""
        before = self._through(hook, packets, lambda order: order < SOURCE_NAT_PRIORITY)
        sides = (Field.IIF, *((Field.SOCKET,) if Field.SOCKET in self._space.widths else ()))
        some = self._bare(arrived.possible & self._world.translated(Translated.SOURCE))
        new = exactly(self._space.rewrite.forget(some, *sides))
        renamed = (before & new).changed(
            lambda one: self._space.rewrite.assign_bits(one, TRANSLATED, Translated.SOURCE, Translated.SOURCE)
        )
        return self._through(hook, before - new | renamed, lambda order: order >= SOURCE_NAT_PRIORITY)

    def _meet(self, hook: Hook, packets: Bounds) -> Bounds:
        return self._through(hook, packets, lambda _: True)

    def _through(self, hook: Hook, packets: Bounds, here: Callable[[int], bool]) -> Bounds:
        """Lead packets through the chains of a hook whose priorities are asked for, without NAT."""
        tracks = hook in (Hook.PREROUTING, Hook.OUTPUT)
        for table, chain in self.chains.program.base_chains(hook, self._world.family):
            base = chain.base
            if base is None or not packets or base.kind == "nat" or not here(base.priority):
                continue
            if tracks and base.priority > CONNTRACK_PRIORITY:
                packets, tracks = packets.changed(partial(_track, self._space)), False
            packets = self.chains.base(table, chain, packets, hook)
        return packets.changed(partial(_track, self._space)) if tracks else packets


def _assign(space: PacketSpace, packets: PacketSet, fields: Mapping[Field, int]) -> PacketSet:
    """Write values into fields, where the space has them."""
    for field, value in fields.items():
        packets = space.rewrite.assign(packets, field, value) if field in space.widths else packets
    return packets


def _tracked(space: PacketSpace, arrived: Bounds) -> Bounds:
    return arrived - exactly(space.equal(Field.CT_STATE, CtState.UNTRACKED))


def _as_sent(space: PacketSpace, packets: PacketSet) -> PacketSet:
    return space.rewrite.assign(space.rewrite.forget(packets, *_SENT), TRANSLATED, 0)


def _track(space: PacketSpace, packets: PacketSet) -> PacketSet:
    """Let connection tracking see packets: they belong to what the first one began."""
    untracked = packets & space.equal(Field.CT_STATE, CtState.UNTRACKED)
    return space.rewrite.assign(packets - untracked, Field.CT_STATE, CtState.ESTABLISHED) | untracked

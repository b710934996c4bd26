"""Sets of packets through chains: what is accepted, what is dropped, and what comes out at the end."""

from functools import partial

import msgspec

from netaudit.model.match import Field
from netaudit.model.program import Hook, ReadChain, ReadRule, ReadTable
from netaudit.model.ruleset import Item
from netaudit.model.statement import (
    Accept,
    Continue,
    Drop,
    Goto,
    Jump,
    Meaning,
    Nat,
    Queue,
    Reject,
    Return,
    UnknownStatement,
)
from netaudit.packets.bounds import Bounds, exactly
from netaudit.packets.decision import Decision, Decisions
from netaudit.packets.encode import Encoder
from netaudit.packets.encoders import Encoders
from netaudit.packets.packet_set import PacketSet
from netaudit.packets.rewrite import Rewriter
from netaudit.packets.runs import Run, Taken, join, pieces
from netaudit.packets.unknown import why_unknown
from netaudit.packets.world import DECISION, TRANSLATED, Translated

_LASTING = frozenset({Field.PROTOCOL, Field.SADDR, Field.DADDR, Field.SPORT, Field.DPORT})  # nothing rewrites them
_FILTERING = frozenset({Hook.INPUT, Hook.FORWARD, Hook.OUTPUT})
_DEEPEST = 16  # the kernel refuses more jumps into one another (NFT_JUMP_STACK_SIZE)


class Ends(msgspec.Struct):
    """Where packets are that went through a chain or a rule: `left` it without a verdict, or go `on` in it."""

    accepted: Bounds
    left: Bounds
    on: Bounds


class Doubt(msgspec.Struct, frozen=True):
    """Packets of which it cannot be told what a rule, or the kernel, makes of them."""

    decision: Decision
    packets: PacketSet


class Chains:
    """The chains of a program in a world; `dropped` collects what is dropped, with what decided it."""

    def __init__(self, encoders: Encoders) -> None:
        self.program, self.world, self.encoders = encoders.program, encoders.world, encoders
        self.decisions, self.rewriter = Decisions(self.world), Rewriter(self.world)
        self.encoder = encoders.plain
        self.drops: list[Bounds] = []
        self.doubts: list[Doubt] = []

    def base(self, table: ReadTable, chain: ReadChain, packets: Bounds, hook: Hook) -> Bounds:
        """Lead packets through a base chain; gives what is accepted."""
        self.encoder = self.encoder_for(packets)
        decides = self.decides(chain, hook)
        ends = _Visit(self, table, hook, decides=decides).chain(chain, packets, 0)
        rest = ends.left | ends.on
        policy = self.decision(chain.policy_item)
        if chain.policy == "drop":
            self.drop(policy, rest)
            return ends.accepted
        return ends.accepted | (self.decisions.by_default(policy, rest) if decides else rest)

    def encoder_for(self, packets: Bounds) -> Encoder:
        """Choose how rules are asked about packets."""
        behind = packets.possible & self.world.translated(Translated.SOURCE)
        return self.encoders.behind_source_nat if behind else self.encoders.plain

    def decides(self, chain: ReadChain, hook: Hook) -> bool:
        """Tell whether accepting in a base chain is letting in, as people say: in the filters, not before them."""
        base = chain.base
        return hook in _FILTERING and base is not None and base.kind != "nat" and base.priority >= 0

    def decision(self, rule: Item | None, reason: str = "") -> Decision:
        """Make the decision of a rule or of the kernel."""
        return Decision(rule, reason)

    def why_unknown(self, meaning: Meaning) -> str:
        """Say what of a rule cannot be decided."""
        return why_unknown(meaning)

    def doubt(self, decision: Decision, packets: Bounds) -> None:
        """Remember of which packets a decision leaves it open what becomes."""
        self.doubts.append(Doubt(decision, packets.possible - packets.sure))

    def reason_for(self, packets: PacketSet) -> Decision | None:
        """Name the first rule that leaves open what becomes of some packet of a set."""
        space = self.world.space
        others = tuple(field for field in space.widths if field not in _LASTING)
        asked = space.forget(packets, *others)
        for doubt in self.doubts:
            if space.forget(doubt.packets, *others) & asked:
                return doubt.decision
        return None

    def drop(self, decision: Decision, packets: Bounds) -> None:
        """Drop packets."""
        if packets:
            self.drops.append(self.decisions.by(decision, packets))

    def dropped(self) -> Bounds:
        """Return all that was dropped, with what decided it."""
        union = self.world.space.union
        sure = union(drop.sure for drop in self.drops)
        if all(drop.exact for drop in self.drops):
            return exactly(sure)
        return Bounds(sure, union(drop.possible for drop in self.drops))


class _Visit:
    """One base chain's table, at one hook."""

    def __init__(self, chains: Chains, table: ReadTable, hook: Hook, *, decides: bool) -> None:
        self._chains, self._table, self._hook, self._decides = chains, table, hook, decides
        self._none = exactly(chains.world.space.nothing)

    def chain(self, chain: ReadChain, packets: Bounds, depth: int) -> Ends:
        """Lead packets through a chain's rules; `on` is what reaches its end."""
        ends = Ends(self._none, self._none, packets)
        for one in pieces(chain.rules, self._chains.encoder):
            if not ends.on:
                break
            done = self._run(one, ends.on) if isinstance(one, Run) else self._meet(one, one.meaning, ends.on, depth)
            ends = Ends(ends.accepted | done.accepted, ends.left | done.left, done.on)
        return ends

    def _run(self, run: Run, packets: Bounds) -> Ends:
        """Let packets meet a run of simple rules at once."""
        asked = [(rule, self._chains.encoder.all_of(rule.meaning.matches).sure) for rule in run.rules]
        touch = self._chains.world.space.touch
        make = partial(self._translated, run.translates) if run.translates else self._decided
        joined = join([make(rule, taken) for rule, taken in asked if touch(packets.possible, taken)])
        if joined is None:
            return Ends(self._none, self._none, packets)
        hit = packets & exactly(joined.all)
        anew = hit.changed(lambda some: self._unwritten(some, run))
        self._chains.drops.append(anew & exactly(joined.dropped))
        accepted = (anew if run.translates or self._decides else hit) & exactly(joined.accepted)
        return Ends(accepted, self._none, packets - exactly(joined.all))

    def _unwritten(self, packets: PacketSet, run: Run) -> PacketSet:
        """Forget what a run writes into packets; a new destination is written for the first time."""
        space = self._chains.world.space
        if run.translates:
            return space.forget_bits(packets, TRANSLATED, run.translates)
        return space.forget(packets, DECISION)

    def _decided(self, rule: ReadRule, taken: PacketSet) -> Taken:
        """Let what a rule takes carry its number, where the rule decides."""
        nothing = self._chains.world.space.nothing
        numbered = taken & self._chains.decisions.numbered(self._chains.decision(rule.item))
        if isinstance(rule.meaning.verdict, Accept):
            return Taken(taken, numbered if self._decides else taken, nothing)
        return Taken(taken, nothing, numbered)

    def _translated(self, bits: Translated, rule: ReadRule, taken: PacketSet) -> Taken:
        """Let a rule translate what it takes: nothing comes to it that was translated before."""
        space = self._chains.world.space
        before = taken - self._chains.world.translated(bits)
        after = exactly(before)
        for statement in rule.meaning.statements:
            after = self._chains.rewriter.apply(after, statement, self._hook)
        return Taken(space.forget_bits(before, TRANSLATED, bits), after.sure, space.nothing)

    def _meet(self, rule: ReadRule, meaning: Meaning, packets: Bounds, depth: int) -> Ends:
        """Let packets meet a rule or a branch of one; `on` is what goes on behind it."""
        bounds = self._chains.encoder.all_of(meaning.matches)
        hit = packets & bounds
        if not hit:
            return Ends(self._none, self._none, packets)
        missed = packets - bounds
        if not bounds.exact:
            self._doubt(rule, Bounds(bounds.sure & hit.possible, hit.possible))
        done = self._act(rule, meaning, hit, depth)
        return Ends(done.accepted, done.left, done.on | missed)

    def _act(self, rule: ReadRule, meaning: Meaning, hit: Bounds, depth: int) -> Ends:
        """Do what a rule says to the packets that it matches."""
        for statement in meaning.statements:
            changed = self._chains.rewriter.apply(hit, statement, self._hook)
            if hit.exact and not changed.exact:
                self._doubt(rule, changed)
            hit = changed
            if isinstance(statement, Nat):
                return Ends(hit, self._none, self._none)
            if isinstance(statement, UnknownStatement):
                self._chains.drop(self._chains.decision(rule.item, statement.reason), hit)
                return Ends(self._accepted(rule, hit), self._none, hit)
        if meaning.then:
            return self._branches(rule, meaning, hit, depth)
        return self._decide(rule, meaning, hit, depth)

    def _branches(self, rule: ReadRule, meaning: Meaning, hit: Bounds, depth: int) -> Ends:
        """Let the first branch that matches act; what none matches goes on."""
        ends = Ends(self._none, self._none, self._none)
        rest = hit
        for branch in meaning.then:
            bounds = self._chains.encoder.all_of(branch.matches)
            taken = rest & bounds
            if taken:
                done = self._act(rule, branch, taken, depth)
                ends = Ends(ends.accepted | done.accepted, ends.left | done.left, ends.on | done.on)
                rest -= bounds
            if not bounds.exact and taken:
                self._doubt(rule, Bounds(bounds.sure & taken.possible, taken.possible))
        return Ends(ends.accepted, ends.left, ends.on | rest)

    def _decide(self, rule: ReadRule, meaning: Meaning, hit: Bounds, depth: int) -> Ends:
        none = self._none
        match meaning.verdict:
            case Accept():
                return Ends(self._accepted(rule, hit), none, none)
            case Drop() | Reject():
                self._chains.drop(self._chains.decision(rule.item), hit)
                return Ends(none, none, none)
            case Return():
                return Ends(none, hit, none)
            case Continue():
                return Ends(none, none, hit)
            case Queue():
                self._chains.drop(self._chains.decision(rule.item, "a program decides"), hit.doubted())
                self._doubt(rule, hit.doubted())
                return Ends(self._accepted(rule, hit.doubted()), none, none)
            case Jump(name) | Goto(name):
                return self._go(name, hit, depth, comes_back=isinstance(meaning.verdict, Jump))

    def _go(self, name: str, hit: Bounds, depth: int, *, comes_back: bool) -> Ends:
        chain = self._table.chains.get(name)
        if chain is None or depth >= _DEEPEST:  # no such chain was listed: nothing is known
            return Ends(hit.doubted(), self._none, hit.doubted())
        done = self.chain(chain, hit, depth + 1)
        after = done.left | done.on
        return Ends(done.accepted, self._none, after) if comes_back else Ends(done.accepted, after, self._none)

    def _doubt(self, rule: ReadRule, packets: Bounds) -> None:
        self._chains.doubt(self._chains.decision(rule.item, self._chains.why_unknown(rule.meaning)), packets)

    def _accepted(self, rule: ReadRule, hit: Bounds) -> Bounds:
        return self._chains.decisions.by(Decision(rule.item), hit) if self._decides else hit

"""Rules that decide nothing: earlier rules of the chain take all their packets, or their own matches contradict.

    -A INPUT -p tcp --dport 1:1023 -j ACCEPT      1
    -A INPUT -p udp --dport 1:1023 -j ACCEPT      2
    -A INPUT -p tcp --dport 22 -j DROP            3  shadowed by 1, contradicted; tcp dport 22 is a witness

It is proved: the earlier rules surely take every packet that the rule may match. A rule takes the packets that do not
come to the next rule: accepted, dropped, returned, or sent into a chain that does not return them. Where a field is
rewritten on the way, it may have had any value before.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property

import msgspec

from netaudit.model.netfilter.match import Field
from netaudit.model.netfilter.program import ReadChain, ReadRule, ReadTable
from netaudit.model.netfilter.statement import (
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
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.shadowing.examples import sample
from netaudit.packets.shadowing.header_space import HeaderSpace, fields_of
from netaudit.packets.shadowing.kinds import Shadow, ShadowKind
from netaudit.packets.shadowing.rule_effects import decides, matches_of, rewritten, without_notes
from netaudit.packets.values.jump_bounds import DEEPEST, Jumps, targets_of

_MOST_BEHIND_JUMP = 500  # rules of a chain that is jumped to; a longer chain is taken to return all packets
_MOST_NAMED = 300  # shadowed rules of a chain for which all covering rules are looked for
_MOST_REWRITES = 200  # rules of a chain that rewrite fields of the very packets they meet; behind, of all that remain


class _Taker(msgspec.Struct):
    """An earlier rule with the packets that it surely takes: it decides about them."""

    rule: ReadRule
    packets: PacketSet


class ShadowAnalysis:
    """Looks for such rules in the chains of a table, and remembers what it computed.

    Raises MemoryError where sets outgrow their room.
    """

    def __init__(self, table: ReadTable) -> None:
        self._table = table
        self._jumps = Jumps(table)
        self._behind: dict[str, PacketSet] = {}

    @cached_property
    def _plain(self) -> HeaderSpace:
        rules = (rule for chain in self._table.chains.values() for rule in chain.rules)
        return HeaderSpace(self._table.family, (match for rule in rules for match in matches_of(rule.meaning)))

    def of(self, chain: ReadChain) -> tuple[Shadow, ...]:
        """Return the rules of a chain that decide nothing, in order."""
        walk = _Chain(self, chain)
        found: list[Shadow] = []
        for rule in chain.rules:
            shadow = walk.shadow(rule, thorough=len(found) < _MOST_NAMED)
            if shadow:
                found.append(shadow)
            walk.pass_by(rule)
        return tuple(found)

    def kept_by(self, name: str) -> PacketSet:
        """Return the packets that a chain surely does not return; none for a chain that leads into a loop."""
        chain = self._table.chains.get(name)
        if chain is None or self._jumps.heights.get(name, DEEPEST) >= DEEPEST or chain.size > _MOST_BEHIND_JUMP:
            return self._plain.space.nothing
        if name not in self._behind:
            self._behind[name] = self._keep(chain)
        return self._behind[name]

    def _keep(self, chain: ReadChain) -> PacketSet:
        walk = _Chain(self, chain)
        for rule in chain.rules:
            walk.pass_by(rule)
        back = self._plain.forget(walk.remaining | walk.returned, self._rewritten_in(chain.name))
        return walk.everything - back

    def _rewritten_in(self, name: str) -> frozenset[Field]:
        """Return the fields that a chain and its jump targets may rewrite."""
        return self._rewritten.get(name, frozenset(Field))

    @cached_property
    def _rewritten(self) -> Mapping[str, frozenset[Field]]:
        """Return the fields that each chain may rewrite, jump targets first, without chains that lead into a loop."""
        found: dict[str, frozenset[Field]] = {}
        for name in self._jumps.heights:
            behind = [found.get(one, frozenset(Field)) for one in self._jumps.targets[name]]
            own = [_written(rule.meaning) for rule in self._table.chains[name].rules]
            found[name] = frozenset().union(*own, *behind)
        return found

    def rewritten_by(self, meaning: Meaning) -> frozenset[Field]:
        """Return the fields that a rule may rewrite before the next rule is met."""
        return _written(meaning).union(*(self._rewritten_in(one) for one in targets_of(meaning)))

    def plain(self) -> HeaderSpace:
        """Return the space of the table's packets."""
        return self._plain


class _Chain:
    """A chain on the way through its rules: `remaining` may come to the next one, `returned` may leave it by RETURN."""

    def __init__(self, shadows: ShadowAnalysis, chain: ReadChain) -> None:
        self._shadows, self._chain = shadows, chain
        self._plain = shadows.plain()
        self.everything = self._plain.everything()
        self.remaining, self.returned = self.everything, self._plain.space.nothing
        self._takers: list[_Taker] = []
        self._same: dict[Meaning, ReadRule] = {}
        self._rewrites = 0
        self._forgotten: dict[Field, int] = {}  # a field -> how many of the takers were let have any value of it

    def pass_by(self, rule: ReadRule) -> None:
        """Let all packets meet a rule."""
        if not self.remaining:
            return
        meaning = rule.meaning
        met = self.remaining & self._plain.all_of(meaning.matches).possible
        taken = self._taken(meaning) & self.remaining
        self.returned |= self._returned(meaning, met)
        self.remaining -= taken
        if taken:
            self._takers.append(_Taker(rule, taken))
            self._same.setdefault(without_notes(meaning), rule)
        self._rewrite(self._shadows.rewritten_by(meaning), met)

    def _rewrite(self, fields: frozenset[Field], met: PacketSet) -> None:
        """Let what a rule rewrites have had any value; each taker forgets a field once: twice changes nothing."""
        written = fields & self._plain.space.widths.keys()
        if not met or not written:
            return
        forget, self._rewrites = self._plain.forget, self._rewrites + 1
        changed = met & self.remaining if self._rewrites <= _MOST_REWRITES else self.remaining
        self.remaining |= forget(changed, written) & self.everything
        self._same = {}
        for one in self._takers[min(self._forgotten.get(field, 0) for field in written) :]:
            one.packets = self.everything - forget(self.everything - one.packets, written)
        self._forgotten.update(dict.fromkeys(written, len(self._takers)))

    def _taken(self, meaning: Meaning) -> PacketSet:
        """Return what surely does not come to the next rule."""
        sure = self._plain.all_of(meaning.matches).sure
        if not sure or any(isinstance(one, UnknownStatement) for one in meaning.statements):
            return self._plain.space.nothing
        if any(isinstance(one, Nat) for one in meaning.statements):
            return sure
        return sure & (self._taken_by_branches(meaning) if meaning.then else self._taken_by_verdict(meaning))

    def _taken_by_branches(self, meaning: Meaning) -> PacketSet:
        taken = kept = self._plain.space.nothing
        if any(rewritten(one) for one in meaning.statements):
            return taken
        for branch in meaning.then:
            found = self._taken(branch)
            taken |= found - kept
            kept |= self._plain.all_of(branch.matches).possible - found
        return taken

    def _taken_by_verdict(self, meaning: Meaning) -> PacketSet:
        match meaning.verdict:
            case Continue():
                return self._plain.space.nothing
            case Jump(name):
                kept = self._shadows.kept_by(name)
                # What the rule itself rewrites first, the chain may see with any value.
                fields = frozenset(field for one in meaning.statements for field in rewritten(one))
                return self.everything - self._plain.forget(self.everything - kept, fields)
            case Accept() | Drop() | Reject() | Return() | Goto() | Queue():
                return self._plain.space.everything

    def _returned(self, meaning: Meaning, met: PacketSet) -> PacketSet:
        """Return the packets that may go back to the chain that jumped here."""
        leaves = isinstance(meaning.verdict, Return | Goto) or any(
            isinstance(branch.verdict, Return | Goto) or branch.then for branch in meaning.then
        )
        return met if leaves else self._plain.space.nothing

    def shadow(self, rule: ReadRule, *, thorough: bool) -> Shadow | None:
        """Return the shadow of a rule that decides nothing, else None; `thorough`: with all rules that cover it."""
        bounds = self._plain.all_of(rule.meaning.matches)
        possible = bounds.possible & self.everything
        if not possible:
            return Shadow(rule.item, ShadowKind.UNMATCHABLE)
        if possible & self.remaining:
            return None
        same = self._same.get(without_notes(rule.meaning)) if bounds.exact else None
        if same:
            covering = [one for one in self._takers if one.rule is same]
        else:
            covering = _covering(self._takers if thorough else self._takers[-1:], possible)
        shade = ShadowKind.REPEATED if same else _kind_of(rule, [one.rule for one in covering])
        return Shadow(
            rule.item, shade, tuple(one.rule.item for one in covering), self._witness(rule, covering, possible)
        )

    def _witness(self, rule: ReadRule, covering: Sequence[_Taker], possible: PacketSet) -> str:
        shared = possible & covering[0].packets if covering else possible
        asked = {field for match in matches_of(rule.meaning) for field in fields_of(match)}
        for one in covering[:1]:
            asked |= {field for match in matches_of(one.rule.meaning) for field in fields_of(match)}
        return sample(self._plain, shared, asked)


def _written(meaning: Meaning) -> frozenset[Field]:
    """Return the fields that a rule itself may write."""
    return frozenset().union(*(rewritten(one) for branch in meaning.branches() for one in branch.statements))


def _covering(takers: Sequence[_Taker], possible: PacketSet) -> list[_Taker]:
    """Return the earlier rules that decide about a set; none where they do not decide about all of it."""
    found: list[_Taker] = []
    for one in takers:
        if not possible:
            break
        if possible & one.packets:
            found.append(one)
            possible -= one.packets
    return [] if possible else found


def _kind_of(rule: ReadRule, covering: Sequence[ReadRule]) -> ShadowKind:
    """Return how a rule relates to the rules that cover it, by what they decide."""
    own, others = decides(rule.meaning), {decides(one.meaning) for one in covering}
    if not own or not others or "" in others:
        return ShadowKind.SHADOWED
    return (
        ShadowKind.REDUNDANT
        if others == {own}
        else ShadowKind.CONTRADICTED
        if own not in others
        else ShadowKind.SHADOWED
    )

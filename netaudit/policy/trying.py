"""Why an entry holds: the rules that carry it, and those whose loss alone would break it, found by trying each."""

import time
from collections.abc import Callable, Iterator

import msgspec

from netaudit.diff import items
from netaudit.model.netfilter.program import MeaningReader
from netaudit.model.netfilter.ruleset import Chain, Item, ObjectKind, Ruleset, Table
from netaudit.model.netfilter.statement import Meaning
from netaudit.model.snapshot import Snapshot
from netaudit.policy.verdict import Judged, Verdict

PATIENCE = 60.0  # seconds that trying may take


class Loss(msgspec.Struct, frozen=True):
    """A rule without which an entry has another verdict."""

    rule: Item
    verdict: Verdict


class Tried(msgspec.Struct, frozen=True):
    """What trying found; `left` counts the rules for which there was no time."""

    judged: Judged
    losses: tuple[Loss, ...]
    tried: int
    left: int


def try_losses(snapshot: Snapshot, judge: Callable[[Snapshot], Judged]) -> Tried:
    """Judge an entry without each rule of a host in turn."""
    judged = judge(snapshot)
    rules = [one for one in items(snapshot.ruleset) if one.object is ObjectKind.RULE]
    losses: list[Loss] = []
    end = time.monotonic() + PATIENCE
    for number, rule in enumerate(rules):
        if time.monotonic() > end:
            return Tried(judged, tuple(losses), number, len(rules) - number)
        verdict = judge(without_rule(snapshot, rule)).verdict
        if verdict is not judged.verdict:
            losses.append(Loss(rule, verdict))
    return Tried(judged, tuple(losses), len(rules), 0)


def without_rule(snapshot: Snapshot, rule: Item) -> Snapshot:
    """Return a host that lacks one rule."""
    tables = tuple(_table_without(one, rule) for one in snapshot.ruleset.tables)
    meanings = _Fewer(snapshot.meanings, snapshot.ruleset, rule)
    return msgspec.structs.replace(snapshot, ruleset=Ruleset(tables), meanings=meanings)


class _Fewer(msgspec.Struct, frozen=True):
    """Reads the rules of a host that lacks one of them: what reads the rest counts the rules of the whole host."""

    inner: MeaningReader
    ruleset: Ruleset
    lost: Item

    def read(self, table: Table, chain: Chain) -> tuple[Meaning, ...]:
        """Return the meaning of each rule that is left in a chain."""
        if not _is_of(table, self.lost) or chain.name != self.lost.chain:
            return self.inner.read(table, chain)
        whole = next(one for one in self.ruleset.tables if one.key == table.key)
        before = next(one for one in whole.chains if one.name == chain.name)
        meanings = self.inner.read(whole, before)
        return tuple(one for at, one in enumerate(meanings, 1) if at != self.lost.position)


def _table_without(table: Table, rule: Item) -> Table:
    if not _is_of(table, rule):
        return table
    return msgspec.structs.replace(table, chains=tuple(_chains_without(table, rule)))


def _chains_without(table: Table, rule: Item) -> Iterator[Chain]:
    for chain in table.chains:
        if chain.name == rule.chain:
            left = tuple(one for at, one in enumerate(chain.rules, 1) if at != rule.position)
            yield msgspec.structs.replace(chain, rules=left)
        else:
            yield chain


def _is_of(table: Table, rule: Item) -> bool:
    return table.key == (rule.backend, rule.family, rule.table)

"""A rule in nft's JSON -> what it means."""

from collections.abc import Sequence

import msgspec

from netaudit.model.netfilter.match import ALWAYS, Match, Sometimes, UnknownMatch
from netaudit.model.netfilter.statement import CONTINUE, Meaning, Note, Statement, UnknownStatement
from netaudit.parse.nftables.formats import Json
from netaudit.parse.nftables.match import Sets, read_match
from netaudit.parse.nftables.printer import print_statement
from netaudit.parse.nftables.statement import read_statement, read_verdict

_BY_CHANCE = frozenset({"limit", "quota", "ct count"})
_DEEPEST, _MOST_WAYS = 64, 1 << 12  # nft takes 128 expressions a rule: two for each change that is asked about


class _Ways(msgspec.Struct, frozen=True):
    """How often a rule has branched, and how many ways lead to where it stands: each map multiplies them."""

    depth: int = 0
    count: int = 1

    def further(self, branches: int) -> "_Ways":
        """Return the ways behind a map of so many branches: one map has no more than its elements."""
        return _Ways(self.depth + 1, min(branches, _MOST_WAYS) if self.count == 1 else self.count * branches)


def read_nft_rule(expressions: Sequence[Json], family: str, sets: Sets) -> Meaning:
    """Read a rule of a table whose named sets are given; what is not known is kept word for word, never refused."""
    return _read(expressions, family, sets, _Ways())


def _read(expressions: Sequence[Json], family: str, sets: Sets, ways: _Ways) -> Meaning:
    """Read what is left of a rule, to which so many ways lead."""
    if ways.depth > _DEEPEST or ways.count > _MOST_WAYS:
        text = f"{len(expressions)} more expressions"
        return Meaning(statements=(UnknownStatement(text, "a rule that branches so often is not followed"),))
    matches: list[Match] = []
    statements: list[Statement] = []
    for at, expression in enumerate(expressions):
        match = _as_match(expression, family, sets)
        if match is not None and _changed(statements):
            rest = _read(expressions[at:], family, sets, ways.further(1))
            return Meaning(tuple(matches), tuple(statements), then=(rest,))
        if match is not None:
            matches += [match] if match != ALWAYS else []
            continue
        verdict = read_verdict(expression)
        if verdict is not None:
            return Meaning(tuple(matches), tuple(statements), verdict)
        done = read_statement(expression, family, sets)
        statements += done.statements
        if done.then:
            rest = _rest(expressions[at + 1 :], family, sets, ways.further(sum(map(_ends, done.then))))
            then = tuple(_followed(branch, rest) for branch in done.then)
            return Meaning(tuple(matches), tuple(statements), then=then)
        if done.verdict != CONTINUE:
            return Meaning(tuple(matches), tuple(statements), done.verdict)
    return Meaning(tuple(matches), tuple(statements))


def _ends(branch: Meaning) -> int:
    """Count the ways through a branch."""
    return sum(map(_ends, branch.then)) + 1


def _rest(expressions: Sequence[Json], family: str, sets: Sets, ways: _Ways) -> Meaning:
    """Read what stands behind a map: a rule may end there, however large the map is."""
    return _read(expressions, family, sets, ways) if expressions else Meaning()


def _followed(branch: Meaning, rest: Meaning) -> Meaning:
    """Let the rest of the rule follow where a branch has no verdict."""
    if branch.then:
        return msgspec.structs.replace(branch, then=tuple(_followed(one, rest) for one in branch.then))
    if branch.verdict != CONTINUE or rest == Meaning():
        return branch
    return msgspec.structs.replace(branch, then=(rest,))


def _as_match(expression: Json, family: str, sets: Sets) -> Match | None:
    match expression:
        case {"match": _}:
            return read_match(expression, family, sets)
        case str() | {"xt": _}:
            return UnknownMatch(print_statement(expression, family), "nft itself does not say what it is")
        case dict() if not _BY_CHANCE.isdisjoint(expression):
            return Sometimes(print_statement(expression, family))
        case {"set": {"stmt": [*inner]}} | {"meter": {"stmt": inner}} if any(map(_is_by_chance, _listed(inner))):
            return Sometimes(print_statement(expression, family))
        case _:
            return None


def _is_by_chance(statement: Json) -> bool:
    return isinstance(statement, dict) and not _BY_CHANCE.isdisjoint(statement)


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _changed(statements: Sequence[Statement]) -> bool:
    return not all(isinstance(statement, Note) for statement in statements)

"""What rules say, whatever packets come to them: what they ask, rewrite and decide."""

from collections.abc import Iterator

import msgspec

from netaudit.model.match import Field, Match
from netaudit.model.statement import (
    Accept,
    CopyMark,
    Drop,
    Forget,
    Meaning,
    Nat,
    Note,
    NoTrack,
    Reject,
    SetMark,
    Statement,
    UnknownStatement,
)


def decides(meaning: Meaning) -> str:
    """Name what a rule decides by itself: letting in, refusing, or neither."""
    if meaning.then or any(not isinstance(one, Note) for one in meaning.statements):
        return ""
    return {Accept: "accept", Drop: "refuse", Reject: "refuse"}.get(type(meaning.verdict), "")


def said(meaning: Meaning) -> Meaning:
    """Leave out what does not change where packets go."""
    return msgspec.structs.replace(
        meaning, statements=tuple(one for one in meaning.statements if not isinstance(one, Note))
    )


def rewritten(statement: Statement) -> frozenset[Field]:
    """Give the fields that a statement may write."""
    match statement:
        case SetMark(field) | CopyMark(field) | Forget(field):
            return frozenset({field})
        case NoTrack():
            return frozenset(field for field in Field if field.startswith("ct-"))
        case UnknownStatement():
            return frozenset(Field)
        case Nat() | Note():
            return frozenset()


def matches_of(meaning: Meaning) -> Iterator[Match]:
    """List what a rule and its branches ask."""
    yield from meaning.matches
    for branch in meaning.then:
        yield from matches_of(branch)

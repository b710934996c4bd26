"""What rules match, rewrite and decide, for any packet."""

from collections.abc import Iterator

import msgspec

from netaudit.model.netfilter.match import Field, Match
from netaudit.model.netfilter.statement import (
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
    """Return what a rule decides by itself: `accept`, `refuse`, or "" for neither."""
    if meaning.then or any(not isinstance(one, Note) for one in meaning.statements):
        return ""
    return {Accept: "accept", Drop: "refuse", Reject: "refuse"}.get(type(meaning.verdict), "")


def without_notes(meaning: Meaning) -> Meaning:
    """Return the meaning without statements that do not change where packets go, such as log."""
    return msgspec.structs.replace(
        meaning, statements=tuple(one for one in meaning.statements if not isinstance(one, Note))
    )


def rewritten(statement: Statement) -> frozenset[Field]:
    """Return the fields that a statement may write."""
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
    """Return the matches of a rule and of its branches."""
    for branch in meaning.branches():
        yield from branch.matches

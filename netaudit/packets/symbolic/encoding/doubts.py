"""What of a rule cannot be decided, as reasons."""

from collections.abc import Collection, Iterator

from netaudit.model.netfilter.match import (
    AllOf,
    AnyOf,
    Field,
    InRanges,
    Masked,
    Match,
    Named,
    Not,
    Sometimes,
    UnknownMatch,
)
from netaudit.model.netfilter.statement import Forget, Meaning, Queue, UnknownStatement
from netaudit.model.reason import Reason, ReasonKind, make_reason, several
from netaudit.packets.values.packet import why_undecided


def why_unknown(meaning: Meaning, fields: Collection[Field] = ()) -> Reason:
    """Return what of a rule cannot be decided; `fields` are the ones that are not known of the packets."""
    found = [*_unknown(meaning, fields)]
    return several(found) if found else make_reason(ReasonKind.KERNEL_CHOOSES)


def _unknown(meaning: Meaning, fields: Collection[Field]) -> Iterator[Reason]:
    for match in meaning.matches:
        yield from _of_match(match, fields)
    for statement in meaning.statements:
        if isinstance(statement, UnknownStatement):
            yield make_reason(ReasonKind.UNKNOWN_STATEMENT, text=statement.text, why=statement.reason)
        if isinstance(statement, Forget):
            yield make_reason(ReasonKind.FIELD_REWRITTEN, text=statement.text, field=statement.field)
    if isinstance(meaning.verdict, Queue):
        yield make_reason(ReasonKind.PROGRAM_DECIDES)
    for branch in meaning.then:
        yield from _unknown(branch, fields)


def _of_match(match: Match, fields: Collection[Field]) -> Iterator[Reason]:
    match match:
        case UnknownMatch() | Sometimes():
            yield why_undecided(match)
        case Not(inner):
            yield from _of_match(inner, fields)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from _of_match(part, fields)
        case InRanges(field) | Masked(field) if field in fields:
            yield make_reason(ReasonKind.FIELD_OF_ANSWER_UNKNOWN, field=field)
        case Named(field) if field in fields or field in (Field.PHYSIN, Field.PHYSOUT):
            yield make_reason(ReasonKind.FIELD_UNKNOWN, field=field)
        case _:
            return

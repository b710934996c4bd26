"""What of a rule cannot be decided, in words."""

from collections.abc import Collection, Iterator

from netaudit.model.match import AllOf, AnyOf, Field, InRanges, Masked, Match, Not, UnknownMatch
from netaudit.model.statement import Forget, Meaning, Queue, UnknownStatement


def why_unknown(meaning: Meaning, fields: Collection[Field] = ()) -> str:
    """Say what of a rule cannot be decided; `fields` are those that are not known of the packets."""
    said = [*_unknown(meaning, fields)]
    return "; ".join(dict.fromkeys(said)) or "the kernel chooses among several"


def _unknown(meaning: Meaning, fields: Collection[Field]) -> Iterator[str]:
    for match in meaning.matches:
        yield from _of_match(match, fields)
    for statement in meaning.statements:
        if isinstance(statement, UnknownStatement):
            yield f"{statement.text}: {statement.reason}"
        if isinstance(statement, Forget):
            yield f"{statement.text} rewrites {statement.field}"
    if isinstance(meaning.verdict, Queue):
        yield "a program decides"
    for branch in meaning.then:
        yield from _unknown(branch, fields)


def _of_match(match: Match, fields: Collection[Field]) -> Iterator[str]:
    match match:
        case UnknownMatch(text, reason):
            yield f"{text}: {reason}"
        case Not(inner):
            yield from _of_match(inner, fields)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from _of_match(part, fields)
        case InRanges(field) | Masked(field) if field in fields:
            yield f"its {field} is not known"
        case _:
            return

"""One packet, with what is known of it at one place on its way, and whether a match holds for it."""

from collections.abc import Callable, Iterator, Mapping

import msgspec

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
    is_named,
)
from netaudit.model.ranges import contains
from netaudit.model.reason import Reason, ReasonKind, make_reason

SOME_PORT = "*"  # in the place of a name: a packet has a bridge's port, and nobody told which it is
Value = int | str | None  # None: not known, which is not "none"


class Packet(msgspec.Struct, frozen=True):
    """The fields of a packet that are known; a field that is absent or None is not known."""

    fields: Mapping[Field, Value]

    def __hash__(self) -> int:
        return hash(frozenset(self.fields.items()))

    def get(self, field: Field) -> Value:
        """Return a field's value, None where it is not known."""
        return self.fields.get(field)

    def number(self, field: Field) -> int | None:
        """Return the value of a numeric field."""
        value = self.fields.get(field)
        return value if isinstance(value, int) else None

    def name(self, field: Field) -> str:
        """Return the name of an interface, "" where there is none."""
        value = self.fields.get(field)
        return value if isinstance(value, str) else ""

    def changed(self, changes: Mapping[Field, Value]) -> "Packet":
        """Return the packet with some fields set."""
        return Packet({**self.fields, **changes})


def holds(match: Match, value_of: Callable[[Field], Value]) -> bool | None:  # noqa: PLR0911 (one line for each kind)
    """Tell whether a match holds; None where that cannot be decided."""
    match match:
        case InRanges(field, ranges):
            value = value_of(field)
            return contains(ranges, value) if isinstance(value, int) else None
        case Masked(field, mask, wanted):
            value = value_of(field)
            return value & mask == wanted if isinstance(value, int) else None
        case Named(field, names):
            return _has_name(value_of(field), names)
        case Not(inner):
            found = holds(inner, value_of)
            return None if found is None else not found
        case AllOf(matches):
            return _all(holds(one, value_of) for one in matches)
        case AnyOf(matches):
            found = _all(_opposite(holds(one, value_of)) for one in matches)
            return _opposite(found)
        case UnknownMatch() | Sometimes():
            return None


def _has_name(value: Value, names: tuple[str, ...]) -> bool | None:
    if value == SOME_PORT:
        return True if "*" in names else (None if any(names) else False)
    return any(is_named(value, name) for name in names) if isinstance(value, str) else None


def _opposite(found: bool | None) -> bool | None:  # noqa: FBT001 (a truth value of three)
    return None if found is None else not found


def _all(found: Iterator[bool | None]) -> bool | None:
    """Return the conjunction: False where one is False, else None where one is None."""
    result: bool | None = True
    for one in found:
        if one is False:
            return False
        if one is None:
            result = None
    return result


def why_undecided(match: UnknownMatch | Sometimes) -> Reason:
    """Return why a match that no field decides is undecided."""
    match match:
        case UnknownMatch(text, reason):
            return make_reason(ReasonKind.UNKNOWN_MATCH, text=text, why=reason)
        case Sometimes(text):
            return make_reason(ReasonKind.SOMETIMES, text=text)


def doubts(match: Match, value_of: Callable[[Field], Value]) -> Iterator[Reason]:
    """Return why a match cannot be decided, a reason for each part."""
    match match:
        case UnknownMatch() | Sometimes():
            yield why_undecided(match)
        case InRanges(field) | Masked(field) | Named(field):
            if holds(match, value_of) is None:
                yield make_reason(ReasonKind.FIELD_UNKNOWN, field=field)
        case Not(inner):
            yield from doubts(inner, value_of)
        case AllOf(matches) | AnyOf(matches):
            for one in matches:
                if holds(one, value_of) is None:
                    yield from doubts(one, value_of)

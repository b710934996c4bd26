"""The parts of a match that ask for one field each."""

from collections.abc import Iterator

from netaudit.model.netfilter.match import AllOf, AnyOf, InRanges, Masked, Match, Named, Not, Sometimes, UnknownMatch

Atom = InRanges | Masked | Named


def atoms_of(match: Match) -> Iterator[Atom]:
    """Return the parts of a match that ask for one field each, negated ones too; none of what is not known."""
    match match:
        case InRanges() | Masked() | Named():
            yield match
        case Not(inner):
            yield from atoms_of(inner)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from atoms_of(part)
        case UnknownMatch() | Sometimes():
            return

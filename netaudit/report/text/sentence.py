"""Sentences in which foreign names stand apart, so that no format obeys them."""

from collections.abc import Iterator, Sequence

import msgspec

NAMED = 4  # of the things that a sentence lists; a headline is no list


class Foreign(msgspec.Struct, frozen=True):
    """Text inside a sentence that somebody else typed: a name, a rule."""

    text: str


Part = str | Foreign


class Sentence(msgspec.Struct, frozen=True):
    """A statement about the whole; `mark` is the symbol of its kind, as in `words.symbol`, "" for a plain one."""

    parts: tuple[Part, ...]
    mark: str = ""


def list_names(names: Sequence[str]) -> Iterator[Part]:
    """List names as a sentence does; only the first of many."""
    for at, name in enumerate(names[:NAMED]):
        if at:
            yield " and " if at == len(names) - 1 else ", "
        yield Foreign(name)
    if len(names) > NAMED:
        yield f" and {len(names) - NAMED} more"

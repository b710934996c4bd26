"""What rows can be chosen by: a table of the combinations that occur, so that each row needs a number alone."""

from collections.abc import Iterable, Sequence

import msgspec

from netaudit.report.page.rows import RuleRow
from netaudit.report.text.sanitize import visible

_SELECTED = 30  # words of a list; of more, a person types


class Facet(msgspec.Struct, frozen=True):
    """A word's name, and the words that occur."""

    name: str
    words: tuple[str, ...]

    @property
    def is_list(self) -> bool:
        """Tell whether the words are few enough for a list."""
        return len(self.words) <= _SELECTED


Key = tuple[tuple[str, ...], ...]


class Facets(msgspec.Struct, frozen=True):
    """All that rows of a page can be chosen by; `keys` are the combinations, numbered in order.

    A combination has a tuple of words for each of NAMES.
    """

    lists: tuple[Facet, ...]
    keys: tuple[Key, ...]
    numbers: dict[Key, int]

    def key(self, row: RuleRow) -> int:
        """Return the number of a row's combination."""
        return self.numbers[_words(row)]


NAMES = ("change", "maker", "confidence", "standing", "chain", "network")


def gather_facets(rows: Sequence[RuleRow]) -> Facets:
    """List the combinations of words in the order of the rows, and the words that leave a choice."""
    keys = tuple(dict.fromkeys(map(_words, rows)))
    lists = [_facet(name, (word for key in keys for word in key[at])) for at, name in enumerate(NAMES)]
    causes = {cause for row in rows for cause in row.attribution.causes}
    lists.append(_facet("container", (cause.container.name for cause in causes if cause.container)))
    lists.append(_facet("binding", (str(cause.binding) for cause in causes if cause.binding)))
    shown = tuple(facet for facet in lists if facet.words)
    return Facets(shown, keys, {key: number for number, key in enumerate(keys)})


def _facet(name: str, words: Iterable[str]) -> Facet:
    return Facet(name, tuple(sorted({visible(word) for word in words if word})))


def _words(row: RuleRow) -> Key:
    attribution, item = row.attribution, row.item
    maker = attribution.maker or "nobody known"
    chain = visible(f"{item.backend} {item.family} {item.table}/{item.chain}")
    networks = dict.fromkeys(visible(cause.network.name) for cause in attribution.causes if cause.network)
    confidence, standing = str(attribution.confidence), str(attribution.standing)
    return ((row.change,), (maker,), (confidence,), (standing,), (chain,), tuple(networks))

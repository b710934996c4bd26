"""Text -> lines of a width, in time that grows with the text alone, whatever it is.

textwrap splits into words here and does not lay them out: for each line of a long word it copies the rest of it.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import accumulate, takewhile
from textwrap import TextWrapper

from netaudit.report.text.width import columns_of

_LONG = 200  # characters of a word that is looked up


def wrap(text: str, width: int, *, first: str = "", rest: str = "", hyphens: bool = False) -> list[str]:
    """Break text into lines as textwrap.wrap does, counting columns; a word longer than a line is broken.

    `first` and `rest` go before the first line and the others. With `hyphens` a line may end after a hyphen.
    """
    if hyphens and not first and not rest and (lines := _plain_lines(text, width)):
        return lines
    return _Layout(width, first, rest, breaks=True).filled(_Words(break_on_hyphens=hyphens).of(text))


def wrap_whole(text: str, width: int, *, first: str = "", rest: str = "") -> list[str]:
    """Break text between words only: one that is longer than a line, such as a rule's option, stays whole."""
    return _Layout(width, first, rest, breaks=False).filled(_Words(break_on_hyphens=False).of(text))


def _plain_lines(text: str, width: int) -> list[str]:
    """Break ASCII text with single spaces, as 100,000 rules are: only the word at a line's end is looked at.

    Nothing for other text, and where a part of a word is longer than a line.
    """
    if not (text.isascii() and text.isprintable()) or "  " in text or text != text.strip():
        return []
    lines, start = [], 0
    while len(text) - start > width:
        space = text.rfind(" ", start, start + width + 1)
        end = text.find(" ", space + 1) if space >= 0 else -1
        word = text[space + 1 : end if end >= 0 else len(text)]
        parts = _parts(word) if space >= 0 and len(word) <= _LONG else ()
        if not parts or max(map(len, parts)) > width:
            return []
        cut = space + 1 + _fitting(parts, width - (space + 1 - start))
        lines.append(text[start:cut].rstrip(" "))
        start = cut
    return [*lines, text[start:]]


def _fitting(parts: Iterable[str], room: int) -> int:
    """Tell how many characters of a word's first parts there is room for."""
    fitting = takewhile(lambda length: length <= room, accumulate(map(len, parts)))
    return max(fitting, default=0)


@lru_cache(maxsize=1 << 12)
def _parts(word: str) -> tuple[str, ...]:
    """Cut a word where a line may end, after its hyphens."""
    return tuple(_Words(break_on_hyphens=True).of(word)) if "-" in word else (word,)


class _Words(TextWrapper):
    """Split into words and the spaces between them."""

    def of(self, text: str) -> Iterator[str]:
        """Return them in order."""
        return filter(None, self._split_chunks(text))


class _Layout:
    """The lines so far, and the one that is being filled."""

    def __init__(self, width: int, first: str, rest: str, *, breaks: bool) -> None:
        self._lines: list[str] = []
        self._indent, self._rest = first, rest
        self._width = width
        self._breaks = breaks
        self._line: list[str] = []
        self._left = width - columns_of(first)

    def filled(self, words: Iterable[str]) -> list[str]:
        """Return the lines of words."""
        for word in words:
            if not self._breaks or self._fits_a_line(word):
                self._add(word)
            else:
                self._add_broken(word)
        self._end()
        return self._lines

    def _fits_a_line(self, word: str) -> bool:
        room = self._width - columns_of(self._indent)
        return len(word) * 2 <= room or columns_of(word) <= room

    def _add_broken(self, word: str) -> None:
        """Break a word anywhere; space beyond the end of a line is dropped."""
        pieces: Iterable[str] = (" " * max(1, self._width),) if word.isspace() else word
        for piece in pieces:
            self._add(piece)

    def _add(self, word: str) -> None:
        """Put a word onto the line, or onto the next one; no line but the first begins with space."""
        columns = columns_of(word)
        if self._line and columns > self._left:
            self._end()
            if self._breaks and len(word) > 1 and not self._fits_a_line(word):  # it had fitted a line less indented
                self._add_broken(word)
                return
        if self._line or not self._lines or not word.isspace():
            self._line.append(word)
            self._left -= columns

    def _end(self) -> None:
        """End the line, without the space at its end."""
        if self._line and self._line[-1].isspace():
            self._line.pop()
        if self._line:
            self._lines.append(self._indent + "".join(self._line))
            self._indent = self._rest
        self._line = []
        self._left = self._width - columns_of(self._indent)

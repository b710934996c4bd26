"""Text -> lines of a width, in time that grows with the text alone, whatever it is.

textwrap splits into words here and does not lay them out: for each line of a long word it copies the rest of it.
"""

from collections.abc import Iterator, Sequence
from textwrap import TextWrapper

from netaudit.report.columns import columns_of


def wrap(text: str, width: int, *, first: str = "", rest: str = "", hyphens: bool = False) -> list[str]:
    """Break text into lines as textwrap.wrap does, counting columns; a word longer than a line is broken.

    `first` and `rest` go before the first line and the others. With `hyphens` a line may end after a hyphen.
    """
    layout = _Layout(width, first, rest)
    for word in _Words(break_on_hyphens=hyphens).of(text):
        layout.add(word, layout.pieces(word))
    return layout.end()


def wrap_whole(text: str, width: int, *, first: str = "", rest: str = "") -> list[str]:
    """Break text between words only: one that is longer than a line, such as a rule's option, stays whole."""
    layout = _Layout(width, first, rest)
    for word in _Words(break_on_hyphens=False).of(text):
        layout.add(word, (word,))
    return layout.end()


class _Words(TextWrapper):
    """Split into words and the spaces between them."""

    def of(self, text: str) -> Iterator[str]:
        """Give them in order."""
        return filter(None, self._split_chunks(text))


class _Layout:
    """The lines so far, and the one that is being filled."""

    def __init__(self, width: int, first: str, rest: str) -> None:
        self._lines: list[str] = []
        self._indent, self._rest = first, rest
        self._width = width
        self._line: list[str] = []
        self._left = width - columns_of(first)

    def pieces(self, word: str) -> Sequence[str]:
        """Tell where a word may be broken: anywhere where it is longer than the line that it would begin."""
        room = self._width - columns_of(self._indent)
        if len(word) * 2 <= room or columns_of(word) <= room:
            return (word,)
        return (" " * max(room, 1),) if word.isspace() else word

    def add(self, word: str, pieces: Sequence[str]) -> None:
        """Put a word onto the line, what does not fit onto the next one; no line but the first begins with space."""
        is_space = word.isspace()
        for piece in pieces:
            columns = columns_of(piece)
            if self._line and columns > self._left:
                self._break()
            if is_space and self._lines and not self._line:
                continue
            self._line.append(piece)
            self._left -= columns

    def end(self) -> list[str]:
        """Give all lines."""
        self._break()
        return self._lines

    def _break(self) -> None:
        """End the line, without the space at its end."""
        if self._line and self._line[-1].isspace():
            self._line.pop()
        if self._line:
            self._lines.append(self._indent + "".join(self._line))
            self._indent = self._rest
        self._line = []
        self._left = self._width - columns_of(self._indent)

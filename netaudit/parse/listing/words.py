"""The words behind a listed rule's addresses: what its matches and its target print of themselves."""

import re
from collections import Counter
from collections.abc import Callable, Iterable

from netaudit.parse.listing.names import BindingEvidence, read_port
from netaudit.parse.reading.result import Loss

_PLAIN = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_QUOTED = re.compile(r"([\"'\\])")

# A pattern, and what iptables-save prints where it stands: text with {names} of groups, or a function of the match.
Pattern = tuple[re.Pattern[str], "str | Callable[[re.Match[str], Words], list[str] | None]"]


class Words:
    """Text that is read from the left, in time that grows with its length: the text itself is never cut."""

    def __init__(self, rest: str, protocol: str, family: str, evidence: BindingEvidence) -> None:
        self._text = rest
        self._at = 0
        self._comment_marks: Counter[str] = Counter()  # in what is left; counted when the first comment is met
        self.protocol = protocol
        self.family = family
        self.evidence = evidence
        self.losses: list[Loss] = []

    def lose(self, *losses: Loss) -> None:
        """Keep what is not said."""
        self.losses += losses

    @property
    def rest(self) -> str:
        """Return what nobody has read yet, as a copy: not for each word."""
        return self._text[self._at :]

    @rest.setter
    def rest(self, text: str) -> None:
        self._text, self._at = text, 0
        self._comment_marks.clear()

    def __bool__(self) -> bool:
        return self._at < len(self._text)

    def skip(self, word: str) -> bool:
        """Read a word, if it is the next one."""
        end = self._at + len(word)
        if self._text.startswith(word, self._at) and self._text[end : end + 1] in ("", " "):
            self._go_to(end)
            return True
        return False

    def fits(self, patterns: Iterable[Pattern]) -> bool:
        """Tell whether a pattern fits all that is left."""
        return any(pattern.fullmatch(self._text, self._at) for pattern, _ in patterns)

    def ends_too_many_comments(self) -> bool:
        """Tell whether more comments end in what is left than begin: then nobody can tell where one ends."""
        if not self._comment_marks:
            self._comment_marks.update(_count_marks(self._text, self._at, len(self._text)))
        return self._comment_marks["*/"] > self._comment_marks["/*"]

    def read(self, patterns: Iterable[Pattern]) -> list[str] | None:
        """Read what the first pattern that fits stands for; None where none does."""
        for pattern, meaning in patterns:
            found = pattern.match(self._text, self._at)
            if found is None or not self._ends(found.end()):
                continue
            parts = fill(meaning, found) if isinstance(meaning, str) else meaning(found, self)
            if parts is not None:
                self._go_to(found.end())
                return parts
        return None

    def _ends(self, end: int) -> bool:
        """Tell whether a word ends here."""
        return end >= len(self._text) or self._text[end] == " " or (end > self._at and self._text[end - 1] == " ")

    def _go_to(self, end: int) -> None:
        """Leave behind what was read, and the spaces after it."""
        while self._text.startswith(" ", end):
            end += 1
        if self._comment_marks:
            # A mark that begins before the end is read, even where it goes on behind it.
            self._comment_marks.subtract(_count_marks(self._text, self._at, end + 1))
        self._at = end

    def port(self, word: str, protocol: str = "") -> str | None:
        """Read a port or its name."""
        read = read_port(word, protocol or self.protocol, self.evidence)
        self.lose(*read.losses)
        return read.text


def _count_marks(text: str, begin: int, end: int) -> dict[str, int]:
    return {mark: text.count(mark, begin, end) for mark in ("/*", "*/")}


def fill(meaning: str, found: re.Match[str]) -> list[str]:
    """Fill the groups of a match into the words that iptables-save prints; {n} is the negation."""
    groups = {name: value or "" for name, value in found.groupdict().items()}
    groups["n"] = "!" if groups.get("n") else ""
    words = (word.format(**groups) for word in meaning.split(" "))
    return [word for word in words if word]


def compiled(table: str) -> list[Pattern]:
    """Read a table of patterns: `PATTERN => MEANING`, one a line."""
    rows = (row.split(" => ") for row in table.strip().splitlines())
    return [(re.compile(pattern.strip()), meaning.strip()) for pattern, meaning in rows]


def quoted(text: str) -> str:
    """Quote as iptables-save does: only what is not plain."""
    return text if _PLAIN.fullmatch(text) else '"' + _QUOTED.sub(r"\\\1", text) + '"'


def unlisted(*words: str) -> list[str]:
    """Say in a rule what a listing does not say: a match of a module that no kernel has."""
    return ["-m", "listing", *words]

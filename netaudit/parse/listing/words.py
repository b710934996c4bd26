"""The words behind a listed rule's addresses: what its matches and its target print of themselves."""

import re
from collections.abc import Callable, Iterable

from netaudit.parse.listing.names import BindingEvidence, read_port
from netaudit.parse.reading.result import Loss

_PLAIN = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_QUOTED = re.compile(r"([\"'\\])")

# A pattern, and what iptables-save prints where it stands: text with {names} of groups, or a function of the match.
Pattern = tuple[re.Pattern[str], "str | Callable[[re.Match[str], Words], list[str] | None]"]


class Words:
    """Text that is read from the left; `rest` is what nobody has read yet."""

    def __init__(self, rest: str, protocol: str, family: str, evidence: BindingEvidence) -> None:
        self.rest = rest
        self.protocol = protocol
        self.family = family
        self.evidence = evidence
        self.losses: list[Loss] = []

    def lose(self, *losses: Loss) -> None:
        """Keep what is not said."""
        self.losses += losses

    def skip(self, word: str) -> bool:
        """Read a word, if it is the next one."""
        if self.rest == word or self.rest.startswith(f"{word} "):
            self.rest = self.rest[len(word) :].lstrip(" ")
            return True
        return False

    def read(self, patterns: Iterable[Pattern]) -> list[str] | None:
        """Read what the first pattern that fits stands for; None where none does."""
        for pattern, meaning in patterns:
            found = pattern.match(self.rest)
            if found is None or not self._ends(found.end()):
                continue
            parts = fill(meaning, found) if isinstance(meaning, str) else meaning(found, self)
            if parts is not None:
                self.rest = self.rest[found.end() :].lstrip(" ")
                return parts
        return None

    def _ends(self, end: int) -> bool:
        """Tell whether a word ends here."""
        return end >= len(self.rest) or self.rest[end] == " " or self.rest[end - 1] == " "

    def port(self, word: str, protocol: str = "") -> str | None:
        """Read a port or its name."""
        read = read_port(word, protocol or self.protocol, self.evidence)
        self.lose(*read.losses)
        return read.text


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

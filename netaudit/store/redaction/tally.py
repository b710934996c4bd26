"""What redaction did, counted by file and kind."""

from collections import Counter
from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """What was done, in the words of the summary."""

    ADDRESS = "addresses replaced"
    NAME = "names replaced"
    TEXT = "texts replaced"
    NUMBER = "numbers replaced"
    UNKNOWN = "unknown parts replaced by a placeholder"
    FIELD = "fields removed"
    LINE = "lines removed"
    OBJECT = "objects removed"
    FILE = "files removed"


class Removal(msgspec.Struct, frozen=True, order=True):
    """How often something was replaced or removed in a file."""

    file: str
    kind: Kind
    count: int


class Tally:
    """Counts what is done. `file` is the one that is at hand."""

    def __init__(self) -> None:
        self.file = ""
        self._counts: Counter[tuple[str, Kind]] = Counter()

    def count(self, kind: Kind, times: int = 1) -> None:
        """Note something that was done in the file at hand."""
        if times:
            self._counts[self.file, kind] += times

    def of_file(self, kind: Kind) -> int:
        """Return how often something was done in the file at hand."""
        return self._counts[self.file, kind]

    def summary(self) -> tuple[Removal, ...]:
        """List all that was done."""
        return tuple(sorted(Removal(file, kind, count) for (file, kind), count in self._counts.items()))

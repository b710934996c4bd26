"""An engine's version, comparable."""

import re

import msgspec


class Version(msgspec.Struct, frozen=True, order=True):
    """`28.5.2`, `20.10.24+dfsg1`, `29.0.0-head`: the three leading numbers; suffixes do not count.

    A version that is not known compares lower than any other.
    """

    major: int = 0
    minor: int = 0
    patch: int = 0

    @classmethod
    def parse(cls, text: str) -> "Version":
        """Read a version's leading numbers; text without any is the unknown version."""
        found = re.match(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?", text)
        return cls(*(int(part or 0) for part in found.groups())) if found else cls()

    def __bool__(self) -> bool:
        return self != Version()

"""In which order the bits of a packet are asked, which decides how large the diagrams of sets grow."""

from collections.abc import Iterable, Mapping, Sequence


class BitOrder:
    """The variables of the bits of fields, each of which is a number of so many bits.

    The first group is asked first, and the bits of a group's fields alternate, so that comparing two of them stays
    small. The highest bit of a field is asked first.
    """

    def __init__(self, groups: Sequence[Mapping[str, int]]) -> None:
        self.widths = {field: width for group in groups for field, width in group.items()}
        self._place: dict[str, tuple[int, int]] = {}  # where a field's bits begin, and how far apart they are
        first = 0
        for group in groups:
            self._place |= {field: (first + at, len(group)) for at, field in enumerate(group)}
            first += sum(group.values())

    def variable(self, field: str, bit: int) -> int:
        """Return the variable of a bit; bit 0 is the lowest."""
        first, step = self._place[field]
        return first + step * (self.widths[field] - 1 - bit)

    def variables(self, fields: Iterable[str]) -> list[int]:
        """Return the variables of all bits of fields, sorted."""
        return sorted(self.variable(field, bit) for field in fields for bit in range(self.widths[field]))

    def number(self, field: str, bits: Sequence[bool | None]) -> int:
        """Return the value of a field in a packet that is given as bits by variable; None counts as 0."""
        first, step = self._place[field]
        mine = bits[first : first + step * self.widths[field] : step]
        return int("".join(["1" if bit else "0" for bit in mine]), 2)

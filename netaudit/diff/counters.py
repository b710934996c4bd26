"""Whether rules that differ in what they counted are altered."""

from enum import StrEnum


class Counters(StrEnum):
    """What packet and byte counters are in a diff."""

    IGNORE = "ignore"
    COMPARE = "compare"

"""How much a report for a terminal says."""

from enum import StrEnum


class Detail(StrEnum):
    """How much a report for a terminal says."""

    QUIET = "quiet"  # the line that sums up
    SUMMARY = "summary"  # one screen: a line for each finding, for each port that is open
    FULL = "full"  # all of it, with evidence

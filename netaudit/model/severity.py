"""How bad a finding is, how sure it is, and from which severity on an audit fails."""

from enum import StrEnum


class Severity(StrEnum):
    """How bad it is if it is true, in rising order."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Count from 0 for the least."""
        return _SEVERITIES[self]


class FindingConfidence(StrEnum):
    """How sure a finding is, in rising order."""

    LOW = "low"  # a hint: look yourself
    MEDIUM = "medium"  # something that was not recorded could make it harmless
    HIGH = "high"  # the recorded facts prove it

    @property
    def rank(self) -> int:
        """Count from 0 for the least."""
        return _CONFIDENCES[self]


_SEVERITIES = {one: rank for rank, one in enumerate(Severity)}
_CONFIDENCES = {one: rank for rank, one in enumerate(FindingConfidence)}


class FailOn(StrEnum):
    """The lowest severity at which an audit fails; `none`: it never does."""

    NONE = "none"
    INFO = Severity.INFO.value
    LOW = Severity.LOW.value
    MEDIUM = Severity.MEDIUM.value
    HIGH = Severity.HIGH.value
    CRITICAL = Severity.CRITICAL.value

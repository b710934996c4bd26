"""What kind of trouble a check looks for: of findings that are equally severe, the first kind is read first."""

from enum import StrEnum


class Topic(StrEnum):
    """The kinds, in the order in which reports have them."""

    OPEN = "open"  # something can be reached
    INTENT = "intent"  # the operator's own rules or options do not do what they say
    DRIFT = "drift"  # rules are not as the engine writes them
    HYGIENE = "hygiene"  # nothing is open because of it today

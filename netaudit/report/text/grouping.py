"""How `show` may order rules; apart from the rest, for the command line needs its names at once."""

from enum import StrEnum


class Grouping(StrEnum):
    """What rules are gathered under."""

    CHAIN = "chain"
    CAUSE = "cause"
    CONTAINER = "container"
    NETWORK = "network"
    BINDING = "binding"
    MAKER = "maker"

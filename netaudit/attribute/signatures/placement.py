"""Where in its chain a maker puts a new rule."""

from enum import StrEnum

import msgspec


class Put(StrEnum):
    """How a rule gets into its chain. What one event puts into one chain stands in the order of the catalog's file."""

    TOP = "top"  # inserted at the top, unless the chain has it (iptables -I)
    END = "end"  # appended, unless the chain has it (iptables -A)
    MOVED_TO_TOP = "moved-to-top"  # deleted, then inserted at the top
    NEVER = "never"  # another signature's rule, as other programs print it, or as older ones wrote it


class Occasion(StrEnum):
    """What a maker does when it writes a rule again, or deletes one that it does not want any longer."""

    NETWORK = "network"  # makes a network
    BRIDGE = "bridge"  # sets up a bridge: of a new network, and of each network when the daemon starts
    CONTAINER = "container"  # writes the rules of a container
    START = "start"  # starts


class Placement(msgspec.Struct, frozen=True):
    """Where a rule goes.

    `group` is for nftables: rules of a chain are kept in groups, lower ones first, and a chain in which anything
    changes is written whole again, from what the daemon remembers.
    """

    put: Put = Put.END
    group: int = 0
    also_with: Occasion | None = None

"""What was read before.

The recordings before and after a change are mostly the same text: the second one's rules and containers are those
of the first wherever the text is, which saves reading them again, and comparing them.
"""

import msgspec

from netaudit.model.docker import Container
from netaudit.model.netfilter.ruleset import Rule


class Known(msgspec.Struct):
    """Rules by their line, containers by their JSON."""

    rules: dict[str, Rule] = {}
    containers: dict[bytes, Container] = {}

"""One host at one instant, parsed."""

import msgspec

from netaudit.model.docker import Inventory
from netaudit.model.facts import Gap
from netaudit.model.host import Host
from netaudit.model.ruleset import Ruleset


class Inside(msgspec.Struct, frozen=True):
    """The rules inside one container's network namespace; `container` is its id."""

    container: str
    ruleset: Ruleset


class Snapshot(msgspec.Struct, frozen=True):
    """Facts, parsed. `inventory` is None where Docker could not be asked or was not recorded."""

    ruleset: Ruleset
    inventory: Inventory | None = None
    host: Host = Host()
    gaps: tuple[Gap, ...] = ()
    host_name: str = ""
    taken_at: str = ""
    digest: str = ""
    partial: bool = False
    inside: tuple[Inside, ...] = ()

"""The ways in which an exposure table is computed; the library of packet sets is slow to load, and loaded late."""

import gc
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from netaudit.model.exposure import Destination, Exposure
from netaudit.model.snapshot import Snapshot
from netaudit.packets.host.zones import ZoneChoice

AFFORDABLE_RULES = 6000
Wanted = Callable[[Destination], bool]
Expose = Callable[[Snapshot, ZoneChoice, Wanted], tuple[Exposure, ...] | None]


def shared_spaces() -> AbstractContextManager[object]:
    """Return a context within which tables are made of the same sets: two snapshots of a host have most in common.

    Where the sets are kept already, from host to host, that goes on.
    """
    from netaudit.packets.sets.stock import SpaceStock  # noqa: PLC0415 (late: see above)

    return SpaceStock() if SpaceStock.current() is None else nullcontext()


def by_groups(snapshot: Snapshot, choice: ZoneChoice, wanted: Wanted) -> tuple[Exposure, ...] | None:
    """Ask about containers that are alike once for all, and about the others one by one."""
    from netaudit.packets.exposure.alike.rows import expose_by_groups  # noqa: PLC0415 (late: see above)

    return expose_by_groups(snapshot, snapshot.program, choice, wanted)


def if_few_are_left(snapshot: Snapshot, choice: ZoneChoice, wanted: Wanted) -> tuple[Exposure, ...] | None:
    """Ask about containers that are alike once for all; None where too many rules are left then."""
    from netaudit.packets.exposure.alike.rows import expose_groups_alone  # noqa: PLC0415 (late: see above)

    return expose_groups_alone(snapshot, snapshot.program, choice, wanted, AFFORDABLE_RULES)


def one_by_one(snapshot: Snapshot, choice: ZoneChoice, wanted: Wanted) -> tuple[Exposure, ...] | None:
    """Ask about each container by itself."""
    from netaudit.packets.exposure.table import expose  # noqa: PLC0415 (late: see above)

    return expose(snapshot, snapshot.program, choice, wanted)


def free_packet_sets() -> None:
    """Free the sets of packets of a table, some 10 MB, which refer to one another.

    Python does not see how large they are, so a program that audits host after host would hold many. The command line
    turns the collector off: its process ends soon.
    """
    if gc.isenabled():
        gc.collect()

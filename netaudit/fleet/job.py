"""What is asked of a fleet audit, and of each of its workers."""

import datetime as dt
from collections.abc import Callable

import msgspec

from netaudit.fleet.rows.audited import Named

Tell = Callable[[int, int], None]  # how many are done, of how many


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    """How every recording is audited. Paths are texts: orders go to other processes, and other machines.

    `today` is the day by which waivers end, `policy` a policy's file, `rehearse` an engine's version.
    """

    today: dt.date
    config: str | None = None
    policy: str | None = None
    rehearse: str | None = None
    skip: tuple[str, ...] = ()
    waivers: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    exposure: bool = True


class Job(msgspec.Struct, frozen=True):
    """One recording, and the host's recording before it."""

    named: Named
    before: Named | None = None

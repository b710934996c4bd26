"""`netaudit history`."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netaudit.cli.options import StoreOption
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from netaudit.history import History


class Upkeep(StrEnum):
    """What is to be done with a history."""

    LIST = "list"
    PRUNE = "prune"
    FSCK = "fsck"


def history(
    upkeep: Annotated[Upkeep, typer.Argument(help="What to do.", metavar="[list|prune|fsck]")] = Upkeep.LIST,
    store: StoreOption = None,
    keep: Annotated[
        str | None,
        typer.Option("--keep", metavar="AGE", help="With prune: what is to stay, such as 90d.", show_default=False),
    ] = None,
) -> None:
    """List the looks of a history, remove old ones, or check that all of them can be read.

    `fsck` exits with 3 where something is damaged, and says which looks are lost; it also leads the file of an earlier
    release to this one.
    """
    if (keep is None) == (upkeep is Upkeep.PRUNE):
        raise UsageError("prune and --keep belong together", hint="netaudit history prune --keep 90d")
    match upkeep:
        case Upkeep.LIST:
            _list(store)
        case Upkeep.PRUNE:
            _prune(store, keep or "")
        case Upkeep.FSCK:
            _fsck(store)


def _list(store: Path | None) -> None:
    from netaudit.cli import output as out
    from netaudit.cli.histories import reading

    with reading(store) as found:
        lines = [
            f"@{one.number}  {one.taken_at}  until {one.until}  {one.host}  {one.origin}" for one in found.list_all()
        ]
    out.write_lines(lines)


def _prune(store: Path | None, keep: str) -> None:
    from netaudit.cli.histories import writing
    from netaudit.cli.say import say
    from netaudit.history import prune
    from netaudit.history.reference import read_time

    before = read_time(keep, datetime.now(UTC))
    with writing(store) as found:
        _require_one(found)
        pruned = prune(found, before)
    say(f"removed {pruned.removed} looks, {pruned.left} are left")


def _require_one(found: "History") -> None:
    if found.last() is None:
        raise UsageError(f"{found.name} has no look yet", hint="`netaudit record` or `netaudit watch` makes one")


def _fsck(store: Path | None) -> None:
    from netaudit.cli.histories import writing
    from netaudit.cli.say import say
    from netaudit.history import fsck

    with writing(store) as found:
        damages = fsck(found)
        count = len(found.list_all()) if not damages else 0
    for one in damages:
        say(f"look {one.look}: {one.why}" if one.look else one.why)
    if damages:
        raise typer.Exit(3)
    say(f"{found.name} is whole: {count} looks")

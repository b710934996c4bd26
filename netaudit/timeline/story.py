"""A history -> what happened between two instants, with what was open at the beginning and which project is whose."""

from collections.abc import Iterable
from datetime import datetime
from itertools import islice

from netaudit.api.hosts import show_snapshot
from netaudit.attribute.attribution import AttributedSnapshot, ExposureChange
from netaudit.attribute.exposure.compute import ComputeExposure
from netaudit.errors import ParseError, SubjectError
from netaudit.history import History
from netaudit.model.exposure import Outcome
from netaudit.model.history.change import LoggedExposure
from netaudit.model.history.look import Look
from netaudit.model.history.story import Story, StoryLine
from netaudit.parse import parse_snapshot
from netaudit.parse.engines import parse_engines
from netaudit.store import parse_time
from netaudit.timeline.exposure import logged_exposure
from netaudit.timeline.log import entries

_MOST = 2000  # lines on a page; of more the latest
_ASKED = 50  # looks that are asked for the projects of containers


def tell_story(history: History, since: datetime | None = None) -> Story:
    """Gather what happened since an instant, or from the beginning. Raises SubjectError for a history without looks."""
    looks = history.list_all()
    if not looks:
        raise SubjectError(f"{history.name} has no look yet", hint="`netaudit watch` makes some")
    first = _first(looks, since)
    every = [StoryLine(one.look.number, one.place, one.change) for one in entries(history, first.number + 1)]
    lines = tuple(every[-_MOST:])
    begin = first if len(every) == len(lines) else _before(looks, lines[0].look)
    shown = _exposure(history, begin)
    names = {name for one in lines for name in one.change.containers}
    return Story(
        host=looks[-1].host,
        since=begin.until if len(looks) > 1 else begin.taken_at,
        until=looks[-1].until,
        looks=sum(one.number >= begin.number for one in looks),
        lines=lines,
        open_at_start=tuple(_open(shown)),
        projects=_projects(history, looks, names),
        left_out=len(every) - len(lines),
        open_known=shown is not None and shown.exposure is not None,
        engine=_engine(history, looks[-1]),
    )


def _first(looks: tuple[Look, ...], since: datetime | None) -> Look:
    """Return the look that held at an instant; the first where it is earlier than all."""
    earlier = [one for one in looks if since is None or (parse_time(one.taken_at) or since) <= since]
    return earlier[-1] if earlier and since is not None else looks[0]


def _before(looks: tuple[Look, ...], number: int) -> Look:
    return next((one for one in reversed(looks) if one.number < number), looks[0])


def _exposure(history: History, look: Look) -> AttributedSnapshot | None:
    try:
        return show_snapshot(parse_snapshot(history.facts(look.number)), ComputeExposure.WHEN_QUICK)
    except ParseError:
        return None


def _engine(history: History, look: Look) -> str:
    """Name the engines of a look with their versions."""
    try:
        inventory = parse_engines(history.facts(look.number))[0]
    except ParseError:
        return ""
    podman = inventory.podman.version if inventory and inventory.podman else ""
    known = (("Docker", inventory.version if inventory and inventory.docker else ""), ("Podman", podman))
    return ", ".join(f"{name} {version}" for name, version in known if version)


def _open(shown: AttributedSnapshot | None) -> Iterable[LoggedExposure]:
    """Give what gets through at the beginning, in the words of what opens later."""
    cells = [one for one in (shown.exposure if shown else None) or () if one.exposure.outcome is not Outcome.BLOCKED]
    return logged_exposure(ExposureChange(None, one) for one in cells)


def _projects(history: History, looks: tuple[Look, ...], names: set[str]) -> dict[str, str]:
    """Find which project containers are part of: in the latest looks first, until all are known."""
    found: dict[str, str] = {}
    for look in islice(reversed(looks), _ASKED):
        if names <= found.keys():
            break
        try:
            inventory = parse_snapshot(history.facts(look.number)).inventory
        except ParseError:
            continue
        for one in inventory.containers if inventory else ():
            found.setdefault(one.name, one.project)
    return {name: project for name, project in found.items() if project and name in names}

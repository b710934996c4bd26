"""Changes of who can reach what -> the same in the words of a log, container by container."""

from collections.abc import Iterable, Iterator

from netaudit.attribute.attribution import ExposureChange
from netaudit.model.history.change import LoggedExposure
from netaudit.report.text.exposure import change_lines


def logged_exposure(changes: Iterable[ExposureChange]) -> Iterator[LoggedExposure]:
    """Yield what changed, in the words of a log; the changes of one container follow one another."""
    by_container: dict[str, list[ExposureChange]] = {}
    for one in changes:
        by_container.setdefault(_container(one), []).append(one)
    for container, mine in by_container.items():
        for said in change_lines(mine):
            zones, targets = ", ".join(said.zones), " and ".join(said.targets)
            yield LoggedExposure(zones, targets, said.before, said.after, container, said.outside)


def _container(one: ExposureChange) -> str:
    side = one.after or one.before
    return side.exposure.destination.container_name if side else ""

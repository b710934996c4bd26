"""Who can reach what, in plain sentences: what is open to the outside, and what opened or closed."""

from collections.abc import Iterable, Iterator, Sequence

from netaudit.attribute.attribution import AttributedExposure, ExposureChange
from netaudit.model.exposure import Destination, Exposure, Outcome, Zone, ZoneKind
from netaudit.report.map.rows import zone_order
from netaudit.report.text.destinations import describe_port, describe_receiver
from netaudit.report.text.sentence import Sentence, list_names

_OUTSIDE = (ZoneKind.INTERNET, ZoneKind.LAN)
_Names = tuple[str, ...]


def judge_exposure(exposures: Iterable[AttributedExposure] | None) -> Iterator[Sentence]:
    """Say what the outside can reach, nothing where that was not computed."""
    if exposures is None:
        return
    outside = [one.exposure for one in exposures if one.exposure.zone.kind in _OUTSIDE]
    yield from _news("Reachable from", "", (one for one in outside if one.outcome is Outcome.ALLOWED))
    if not any(one.zone.kind is ZoneKind.INTERNET and one.outcome is not Outcome.BLOCKED for one in outside):
        yield Sentence(("Nothing that was looked at is reachable from the Internet.",))
    yield from _undecided(outside)


def judge_exposure_changes(changes: Sequence[ExposureChange] | None) -> Iterator[Sentence]:
    """Say what opened to the outside and what closed, nothing where that was not computed."""
    if changes is None:
        return
    opened = [one.after.exposure for one in changes if one.after and _is_open(one.after) and not _is_open(one.before)]
    closed = [one.before.exposure for one in changes if one.before and _is_open(one.before) and not _is_open(one.after)]
    sentences = [*_news("Now reachable from", "!", opened), *_news("No longer reachable from", "", closed)]
    yield from sentences
    if not sentences:
        yield Sentence(("What the Internet and neighbours can reach did not change.",))
    yield from _undecided(
        [one.after.exposure for one in changes if one.after and one.after.exposure.zone.kind in _OUTSIDE]
    )


def _is_open(one: AttributedExposure | None) -> bool:
    return one is not None and one.exposure.outcome is Outcome.ALLOWED


def _news(words: str, mark: str, exposures: Iterable[Exposure]) -> Iterator[Sentence]:
    for zones, names in _by_zones((one.zone, one) for one in exposures if one.zone.kind in _OUTSIDE):
        yield Sentence((f"{words} {zones}: ", *list_names(names), "."), mark)


def _by_zones(pairs: Iterable[tuple[Zone, Exposure]]) -> Iterator[tuple[str, _Names]]:
    """Gather zones to which the same is open."""
    of_zone: dict[Zone, dict[str, None]] = {}
    for zone, exposure in pairs:
        of_zone.setdefault(zone, {})[_name(exposure.destination)] = None
    alike: dict[_Names, list[Zone]] = {}
    for zone in sorted(of_zone, key=zone_order):
        alike.setdefault(tuple(of_zone[zone]), []).append(zone)
    for names, zones in alike.items():
        yield " and ".join(map(_say, zones)), names


def _say(zone: Zone) -> str:
    return "the Internet" if zone.kind is ZoneKind.INTERNET else f"a {zone}"


def _name(destination: Destination) -> str:
    """Name the container or program and its port; the address only where it is not any of the host's."""
    whose = describe_receiver(destination)
    port = describe_port(destination)
    for anywhere in ("0.0.0.0:", "[::]:", "*:"):
        port = port.removeprefix(anywhere)
    return f"{whose} {port}"


def _undecided(exposures: Iterable[Exposure]) -> Iterator[Sentence]:
    """Name what may be reachable: a doubt is not a no."""
    yield from _news(
        "It could not be decided whether this can be reached from",
        "?",
        (one for one in exposures if one.outcome is Outcome.MAY),
    )

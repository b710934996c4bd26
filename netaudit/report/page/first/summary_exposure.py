"""Who can reach what, in plain sentences: what is open to the outside, and what opened or closed."""

import re
from collections.abc import Iterable, Iterator, Sequence

from netaudit.attribute.attribution import AttributedDiff, AttributedExposure, AttributedSnapshot, ExposureChange
from netaudit.model.exposure import OUTSIDE, Outcome, Zone, ZoneKind
from netaudit.report.map.rows import zone_order
from netaudit.report.text.destinations import OTHER_PORTS, describe_forward, describe_receiver, has_unknown_programs
from netaudit.report.text.reach.rows import describe_own_port
from netaudit.report.text.sentence import Foreign, Part, Sentence, list_names
from netaudit.report.text.unseen import Tense, describe_no_outside_change, describe_nothing_reachable, tense_of

_Names = tuple[str, ...]
_HOSTS = re.compile(r"(\{before\}|\{after\})")


def judge_exposure(snapshot: AttributedSnapshot) -> Iterator[Sentence]:
    """Say what the outside can reach, or that nobody computed it."""
    if snapshot.exposure is None:
        yield Sentence(("Not known what can be reached: it was not computed.",), "?")
        return
    outside = [one for one in snapshot.exposure if one.exposure.zone.kind in OUTSIDE]
    yield from _news(("Reachable from",), "", (one for one in outside if one.exposure.outcome is Outcome.ALLOWED))
    cells = (one.exposure for one in outside)
    if not any(one.zone.kind is ZoneKind.INTERNET and one.outcome is not Outcome.BLOCKED for one in cells):
        yield Sentence((describe_nothing_reachable(snapshot.head),))
    yield from _undecided(outside)


def judge_exposure_changes(diff: AttributedDiff, tense: Tense = Tense.HAPPENED) -> Iterator[Sentence]:
    """Say what opened to the outside and what closed, nothing where that was not computed."""
    if diff.exposure is None:
        return
    sentences = [*_turned(diff, diff.exposure, tense_of(diff, tense))]
    yield from sentences or [Sentence((describe_no_outside_change(diff, tense),))]


def _turned(diff: AttributedDiff, changes: Sequence[ExposureChange], tense: Tense) -> Iterator[Sentence]:
    """Say of each turn between two outcomes what took it; what may be open is neither opened nor closed."""
    for words, mark, before, after in _TURNS:
        turned = [one for one in changes if (_standing(one.before), _standing(one.after)) in _pairs(before, after)]
        sides = (one.after or one.before for one in turned)
        said = _with_hosts(_SAID[tense].get(words, words), diff)
        yield from _news(said, mark, filter(None, sides))


def _with_hosts(words: str, diff: AttributedDiff) -> tuple[Part, ...]:
    """Put the names of two hosts where `{before}` and `{after}` stand."""
    names = {"{before}": Foreign(diff.before.host), "{after}": Foreign(diff.after.host)}
    return tuple(names.get(part, part) for part in _HOSTS.split(words))


_Standing = tuple[Outcome, bool]
_CLOSED, _MAY = (Outcome.BLOCKED, False), (Outcome.MAY, False)
_PARTLY, _OPEN = (Outcome.ALLOWED, False), (Outcome.ALLOWED, True)
_TURNS: tuple[tuple[str, str, tuple[_Standing, ...], tuple[_Standing, ...]], ...] = (
    ("Now reachable from", "!", (_CLOSED,), (_PARTLY, _OPEN)),
    ("Now reachable from all of", "!", (_PARTLY,), (_OPEN,)),
    ("Known to be reachable now, which could not be decided before, from", "!", (_MAY,), (_PARTLY, _OPEN)),
    ("No longer reachable from", "", (_PARTLY, _OPEN, _MAY), (_CLOSED,)),
    ("No longer reachable from all of", "", (_OPEN,), (_PARTLY,)),
    ("May be open now to", "?", (_CLOSED, _PARTLY, _OPEN), (_MAY,)),
)

_PLANNED = {
    "Now reachable from": "Would be reachable from",
    "Now reachable from all of": "Would be reachable from all of",
    "Known to be reachable now, which could not be decided before, from": (
        "Would be reachable, which cannot be decided now, from"
    ),
    "May be open now to": "May be open then to",
    "No longer reachable from": "Would no longer be reachable from",
    "No longer reachable from all of": "Would no longer be reachable from all of",
}
_COMPARED = {
    "Now reachable from": "On {after} alone reachable from",
    "Now reachable from all of": "On {after} alone reachable from all of",
    "Known to be reachable now, which could not be decided before, from": (
        "Known to be reachable on {after}, which could not be decided on {before}, from"
    ),
    "May be open now to": "May be open, on {after} alone, to",
    "No longer reachable from": "On {before} alone reachable from",
    "No longer reachable from all of": "On {before} alone reachable from all of",
}
_SAID = {Tense.HAPPENED: dict[str, str](), Tense.PLANNED: _PLANNED, Tense.COMPARED: _COMPARED}


def _pairs(before: tuple[_Standing, ...], after: tuple[_Standing, ...]) -> frozenset[tuple[_Standing, _Standing]]:
    return frozenset((one, other) for one in before for other in after)


def _standing(one: AttributedExposure | None) -> _Standing:
    return (one.exposure.outcome, one.exposure.for_all) if one else _CLOSED


def _news(words: tuple[Part, ...], mark: str, cells: Iterable[AttributedExposure]) -> Iterator[Sentence]:
    """Name what cells are about: services that should not face a network before all others."""
    outside = sorted((one for one in cells if one.exposure.zone.kind in OUTSIDE), key=_order)
    for zones, names in _by_zones(outside):
        yield Sentence((*words, f" {zones}: ", *list_names(names), "."), mark)


def _by_zones(cells: Iterable[AttributedExposure]) -> Iterator[tuple[str, _Names]]:
    """Gather what is open to the same zones: each name is listed once."""
    of_name: dict[str, set[Zone]] = {}
    for one in cells:
        of_name.setdefault(_name(one), set()).add(one.exposure.zone)
    alike: dict[tuple[Zone, ...], list[str]] = {}
    for name, found in of_name.items():
        alike.setdefault(tuple(sorted(found, key=zone_order)), []).append(name)
    for zones in sorted(alike, key=lambda zones: [zone_order(one) for one in zones]):
        yield " and ".join(map(_say, zones)), tuple(alike[zones])


def _order(one: AttributedExposure) -> tuple[object, ...]:
    there = one.exposure.destination
    return not one.service, has_unknown_programs(there), describe_receiver(there), there.ports


def _say(zone: Zone) -> str:
    if zone.kind is ZoneKind.INTERNET:
        return "the Internet"
    return f"the LAN on {zone.name}" if zone.name else "the LAN"


def _name(one: AttributedExposure) -> str:
    """Name the container or program, its port and its service, as the lists of what is open do."""
    destination = one.exposure.destination
    words = f"{describe_receiver(destination)} {describe_own_port(destination)}"
    if has_unknown_programs(destination):
        words = OTHER_PORTS
    elif led := describe_forward(destination):
        words = led
    return words + (f" ({one.service})" if one.service else "")


def _undecided(cells: Iterable[AttributedExposure]) -> Iterator[Sentence]:
    """Name what may be reachable: a doubt is not a no."""
    yield from _news(
        ("May be open to",),
        "?",
        (one for one in cells if one.exposure.outcome is Outcome.MAY),
    )

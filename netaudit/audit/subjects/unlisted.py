"""Subjects that could not be listed: a check that finds nothing among them has not been put.

Containers of an engine that does not answer, rows of an exposure table that nobody computed, programs whose sockets
were not read: there may be any number of them, and a check about them says nothing.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from netaudit.attribute.attribution import Standing
from netaudit.attribute.exposure.sight import hiding
from netaudit.audit.checks.answer import Answer, bound_facts
from netaudit.audit.checks.check import Check
from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.finding import NotPut
from netaudit.audit.subjects import FACTS
from netaudit.audit.subjects.exposure import port_words, service_of
from netaudit.audit.subjects.fact import EXPOSURE, fact_types
from netaudit.audit.view.view import HostView
from netaudit.model.exposure import DestinationKind
from netaudit.model.facts import INVENTORY_SOURCES, OBJECT_SOURCES, PODMAN_SOURCES, RULE_SOURCES, Gap, GapReason, Source
from netaudit.packets.host.destinations import destinations

_OF_DOCKER = (CheckedKind.NETWORK, CheckedKind.CONTAINER, CheckedKind.BINDING)
# That a rule is so, nobody knows without an inventory.
_BY_INVENTORY = (Standing.MISSING, Standing.STALE, Standing.DUPLICATE, Standing.MISPLACED)
_OBJECT, _DESTINATION = "object", "destination"  # the facts that tell changes and cells apart


class _Unlisted(msgspec.Struct, frozen=True):
    """Subjects of one kind that could not be listed: what is known of them all the same, and why they are unknown."""

    kind: CheckedKind
    because: tuple[str, ...]
    facts: Mapping[str, object] = {}


def find_not_put(view: HostView, checks: Iterable[Check]) -> tuple[NotPut, ...]:
    """Return the checks that could hold for a subject that could not be listed."""
    checks = tuple(checks)
    gathered: dict[tuple[CheckedKind, tuple[str, ...]], dict[str, Check]] = {}
    for one in _unlisted(view):
        for check in checks:
            if check.subject is one.kind and _could_hold(check, one):
                gathered.setdefault((one.kind, one.because), {})[check.id] = check
    return tuple(NotPut(kind, tuple(found.values()), because) for (kind, because), found in gathered.items())


def _could_hold(check: Check, one: _Unlisted) -> bool:
    asked = bound_facts(one.facts, fact_types(FACTS[one.kind]))
    return asked.answer(check.condition) is not Answer.NO


def _unlisted(view: HostView) -> Iterator[_Unlisted]:
    gaps = view.attributed.head.gaps
    if because := _why_no_objects(view):
        kinds = (CheckedKind.DAEMON, *_OF_DOCKER) if view.inventory is None else _OF_DOCKER
        yield from (_Unlisted(kind, because) for kind in kinds)
        yield _Unlisted(CheckedKind.WAIVER, because)  # labels of containers waive too
    if because := _gap_words(gaps, RULE_SOURCES):
        yield _Unlisted(CheckedKind.RULE, because)
    if because := _gap_words(gaps, INVENTORY_SOURCES):
        yield from (_Unlisted(CheckedKind.RULE, because, {"standing": str(one)}) for one in _BY_INVENTORY)
    if because := _gap_words((one for one in gaps if one.reason is not GapReason.ABSENT), PODMAN_SOURCES):
        facts = ({"standing": str(one), "maker": "podman"} for one in _BY_INVENTORY)
        yield from (_Unlisted(CheckedKind.RULE, because, one) for one in facts)
    yield from _cells(view)
    yield from _changes(view)


def _cells(view: HostView) -> Iterator[_Unlisted]:
    """Return which rows of the exposure table could not be listed."""
    if view.attributed.exposure is None:
        why = (f"{EXPOSURE}: {view.attributed.exposure_gap or 'not asked for'}",)
        yield from (_Unlisted(CheckedKind.EXPOSURE, why, facts) for facts in _destinations(view))
        return
    gaps = view.attributed.head.gaps
    whose = {
        DestinationKind.HOST_LISTENER: _gap_words(gaps, (Source.SOCKETS,)),
        DestinationKind.FORWARDED_PORT: _gap_words(gaps, RULE_SOURCES),
        DestinationKind.PUBLISHED_PORT: _why_no_objects(view),
        DestinationKind.CONTAINER_PORTS: _why_no_objects(view),
    }
    for kind, because in whose.items():
        if because:
            yield _Unlisted(CheckedKind.EXPOSURE, because, {_DESTINATION: str(kind)})


def _destinations(view: HostView) -> Iterator[Mapping[str, object]]:
    """Return what can be reached at all, from anywhere; destinations alike are given once."""
    yield {_DESTINATION: str(DestinationKind.FORWARDED_PORT)}
    known = destinations(view.snapshot.host, view.inventory)
    alike = dict.fromkeys((one.kind, one.protocol, port_words(one), service_of(view, one)) for one in known)
    for kind, protocol, ports, service in alike:
        yield {_DESTINATION: str(kind), "protocol": protocol, "ports": list(ports), "service": service}
    gaps = view.attributed.head.gaps
    if view.inventory_gap or _gap_words(gaps, (Source.SOCKETS,)):
        yield {}


def _changes(view: HostView) -> Iterator[_Unlisted]:
    """Return which changes since the earlier recording could not be listed."""
    since = view.since
    if since is None:
        return
    gaps = (*since.before.gaps, *since.after.gaps)
    if since.exposure is None:
        because: tuple[str, ...] = (f"{EXPOSURE}: {since.exposure_gap or 'not asked for'}",)
    else:
        because = _words(hiding(gaps))
    if because:
        yield _Unlisted(CheckedKind.CHANGE, because, {_OBJECT: "exposure"})
    if because := _gap_words(gaps, RULE_SOURCES):
        yield from (_Unlisted(CheckedKind.CHANGE, because, {_OBJECT: kind}) for kind in ("rule", "policy"))


def _why_no_objects(view: HostView) -> tuple[str, ...]:
    if view.inventory_gap is None:
        return ()
    return _gap_words(view.attributed.head.gaps, OBJECT_SOURCES) or (f"{Source.DOCKER_CONTAINERS}: does not say",)


def _gap_words(gaps: Iterable[Gap], sources: Iterable[Source]) -> tuple[str, ...]:
    wanted = frozenset(map(str, sources))
    return _words(gap for gap in gaps if gap.source in wanted)


def _words(gaps: Iterable[Gap]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{gap.source}: {gap.reason}" for gap in gaps))

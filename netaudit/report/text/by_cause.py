"""Changes and rules, gathered under what caused them: the order in which people read them."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

from netaudit.attribute.attribution import (
    AttributedChange,
    AttributedItem,
    Attribution,
    Cause,
    CauseKind,
    Confidence,
    Ref,
    Standing,
)
from netaudit.report.text.grouping import Grouping
from netaudit.report.text.sanitize import visible
from netaudit.report.text.width import shorten

One = TypeVar("One", AttributedChange, AttributedItem)
_ORDER = {
    CauseKind.PORT_BINDING: 0,
    CauseKind.ENDPOINT: 1,
    CauseKind.NETWORK: 2,
    CauseKind.DAEMON: 3,
    CauseKind.OTHER: 4,
}


class Group(msgspec.Struct, frozen=True):
    """What one set of causes brought about. `heading` names them; `note` says what weakens the attribution."""

    heading: str
    note: str
    members: tuple[AttributedChange, ...] | tuple[AttributedItem, ...]


def group_by_cause(members: Iterable[One]) -> tuple[Group, ...]:
    """Gather by causes: port bindings first, then endpoints, networks, the daemon, others, what has no cause."""
    gathered: dict[tuple[object, ...], list[One]] = {}
    for member in members:
        one = member.attribution
        gathered.setdefault((_rank(one), _heading(one), _note(one)), []).append(member)
    return tuple(
        Group(str(key[1]), str(key[2]), tuple(gathered[key]))
        for key in sorted(gathered, key=lambda key: key[0])  # type: ignore[arg-type,return-value]
    )


def group_by(members: Iterable[AttributedItem], grouping: Grouping) -> tuple[Group, ...]:
    """Gather rules under each container, network, port binding or maker that they exist for.

    A rule with several causes stands under each of them; rules without one stand last.
    """
    if grouping in (Grouping.CAUSE, Grouping.CHAIN):
        return group_by_cause(members)
    gathered: dict[str, list[AttributedItem]] = {}
    for member in members:
        for name in dict.fromkeys(_names(member.attribution, grouping)):
            gathered.setdefault(name, []).append(member)
    last = _NOBODY[grouping]
    order = sorted(gathered, key=lambda name: (name == last, name))
    return tuple(Group(f"{grouping} {name}" if name != last else name, "", tuple(gathered[name])) for name in order)


_NOBODY = {
    Grouping.CONTAINER: "no container",
    Grouping.NETWORK: "no network",
    Grouping.BINDING: "no port binding",
    Grouping.MAKER: "unattributed",
}


def _names(attribution: Attribution, grouping: Grouping) -> list[str]:
    names: list[str] = []
    for cause in attribution.causes:
        if grouping is Grouping.CONTAINER and cause.container:
            names.append(cause.container.name)
        elif grouping is Grouping.NETWORK and cause.network:
            names.append(cause.network.name)
        elif grouping is Grouping.BINDING and cause.binding:
            names.append(str(cause))
    if grouping is Grouping.MAKER and attribution.maker:
        names.append(attribution.maker)
    return names or [_NOBODY[grouping]]


def _rank(attribution: Attribution) -> int:
    return _ORDER[attribution.causes[0].kind] if attribution.causes else len(_ORDER)


def _heading(attribution: Attribution) -> str:
    if attribution.confidence is Confidence.UNATTRIBUTED:
        return "unattributed"
    return describe_causes(attribution.causes)


def describe_causes(causes: Sequence[Cause]) -> str:
    """Name causes in one line; the bindings of one container port are drawn together."""
    if len(causes) > 1 and _same_port(causes):
        hosts = ", ".join(str(cause.binding).partition(" → ")[0] for cause in causes)
        first = causes[0]
        rest = str(first).partition(" → ")[2]
        return f"{first.container.name if first.container else ''} {hosts} → {rest}"
    return " and ".join(map(str, causes))


def shorten_names(causes: Sequence[Cause], columns: int) -> tuple[Cause, ...]:
    """Cut names that are longer than anybody reads; addresses and ports stay whole."""
    return tuple(
        msgspec.structs.replace(
            cause,
            container=cause.container and _short(cause.container, columns),
            network=cause.network and _short(cause.network, columns),
        )
        for cause in causes
    )


def _short(ref: Ref, columns: int) -> Ref:
    return Ref(ref.id, shorten(visible(ref.name), columns))


def _same_port(causes: Sequence[Cause]) -> bool:
    ports = {(c.container, c.network, c.binding and (c.binding.container_port, c.binding.protocol)) for c in causes}
    return len(ports) == 1 and causes[0].binding is not None


def _note(attribution: Attribution) -> str:
    """Say what keeps an attribution from being proved, or a rule from being right."""
    words: list[str] = []
    if attribution.confidence in (Confidence.LIKELY, Confidence.AMBIGUOUS):
        words.append(str(attribution.confidence))
    if attribution.standing in (Standing.STALE, Standing.DUPLICATE, Standing.MISPLACED):
        words.append(str(attribution.standing))
    note = ", ".join(words)
    return f"{note}: {attribution.reason}" if note and attribution.reason else note

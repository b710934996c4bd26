"""`place` of a signature -> where its rule goes, by engine version."""

from collections.abc import Sequence

import msgspec

from netaudit.attribute.signatures.placement import Occasion, Placement, Put
from netaudit.attribute.signatures.signature import VersionRange
from netaudit.catalog.document import Strict


class RawPlacement(Strict):
    """One `place` as YAML says it; `put` alone may stand as a word."""

    engine: str = ""
    put: Put = Put.END
    group: int = 0
    also_with: Occasion | None = None


class RawClearing(Strict):
    """One `cleared` as YAML says it."""

    with_: Occasion = msgspec.field(name="with")
    engine: str = ""


RawPlace = Put | RawPlacement | list[RawPlacement] | None


def read_placements(raw: RawPlace) -> tuple[tuple[VersionRange, Placement], ...]:
    """Return where a rule goes, for ranges of engine versions; nothing where the catalog does not say."""
    return tuple((VersionRange(one.engine), _placement(one)) for one in _listed(raw))


def _listed(raw: RawPlace) -> Sequence[RawPlacement]:
    match raw:
        case None:
            return ()
        case Put():
            return (RawPlacement(put=raw),)
        case RawPlacement():
            return (raw,)
        case _:
            return raw


def _placement(raw: RawPlacement) -> Placement:
    return Placement(put=raw.put, group=raw.group, also_with=raw.also_with)


def read_clearing(raw: RawClearing | None) -> tuple[VersionRange, Occasion] | None:
    """Return which engines delete the rule where they do not want it, and when; None where none does."""
    return None if raw is None else (VersionRange(raw.engine), raw.with_)

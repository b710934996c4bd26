"""What names a snapshot, what it lacks, and how much of it is explained, as JSON."""

from typing import Annotated

import msgspec
from msgspec import Meta

from netaudit.attribute.attribution import Coverage, SnapshotHead
from netaudit.model.facts import Gap, GapReason

_SHA256 = Meta(
    pattern="^([0-9a-f]{64})?$",
    description="Over the recorded files: the identity of a recording; empty where there is no recording.",
)


class GapJson(msgspec.Struct, frozen=True, kw_only=True):
    """Something that could not be seen."""

    source: Annotated[str, Meta(description="What was asked: a file of the recording, or part of it.")]
    reason: GapReason
    detail: str


class SnapshotJson(msgspec.Struct, frozen=True, kw_only=True):
    """What names a snapshot, and what it lacks."""

    host: str
    taken_at: Annotated[str, Meta(description="RFC 3339, UTC; empty where it was not recorded.")]
    engine: Annotated[str, Meta(description="Docker's version, empty where it is not known.")]
    partial: Annotated[bool, Meta(description="The recording was taken while rules or containers still changed.")]
    gaps: tuple[GapJson, ...]
    sha256: Annotated[str, _SHA256]


class CoverageJson(msgspec.Struct, frozen=True, kw_only=True):
    """How many rules are explained, by confidence."""

    rules: int
    proved: int
    likely: int
    ambiguous: int
    unattributed: int
    undecided: Annotated[int, Meta(description="Expected rules that gaps left open.")]


def head_json(head: SnapshotHead) -> SnapshotJson:
    """Return what names a snapshot."""
    return SnapshotJson(
        host=head.host,
        taken_at=head.taken_at,
        engine=head.engine,
        partial=head.partial,
        gaps=tuple([gap_json(gap) for gap in head.gaps]),
        sha256=head.sha256,
    )


def gap_json(gap: Gap) -> GapJson:
    """Return something that could not be seen."""
    return GapJson(source=gap.source, reason=gap.reason, detail=gap.detail)


def coverage_json(coverage: Coverage) -> CoverageJson:
    """Return how many rules are explained."""
    return CoverageJson(
        rules=coverage.rules,
        proved=coverage.proved,
        likely=coverage.likely,
        ambiguous=coverage.ambiguous,
        unattributed=coverage.unattributed,
        undecided=coverage.undecided,
    )

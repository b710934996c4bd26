"""The numbers at the head of a page."""

from collections.abc import Iterator

import msgspec

from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot, Confidence, SnapshotHead
from netaudit.model.facts import RULE_SOURCES, Source
from netaudit.report.text.words import count, distinct_gaps, verb

_TELLING = frozenset({*RULE_SOURCES, Source.DOCKER_CONTAINERS, Source.DOCKER_NETWORKS})  # what is missing


class Figure(msgspec.Struct, frozen=True):
    """A number of the page's head, and where on the page it is explained."""

    number: int
    word: str
    anchor: str


def diff_figures(diff: AttributedDiff) -> Iterator[Figure]:
    """Count what changed, what is missing and what is not known."""
    for word in ("added", "removed", "altered", "moved"):
        yield Figure(sum(verb(one.change) == word for one in diff.changes), word, "changes")
    nobodys = sum(one.attribution.confidence is Confidence.UNATTRIBUTED for one in diff.changes)
    yield from _missing(len(diff.missing), diff.after)
    yield Figure(nobodys, "unattributed", "unattributed")
    gaps = len(distinct_gaps((diff.before, diff.after)))
    yield Figure(gaps, "gap" if gaps == 1 else "gaps", "coverage")


def snapshot_figures(snapshot: AttributedSnapshot) -> Iterator[Figure]:
    """Count rules by how sure their attribution is."""
    coverage = snapshot.coverage
    yield Figure(coverage.rules, count(coverage.rules, "rule").partition(" ")[2], "rules")
    for word, number in (("proved", coverage.proved), ("likely", coverage.likely), ("ambiguous", coverage.ambiguous)):
        yield Figure(number, word, "rules")
    yield Figure(coverage.unattributed, "unattributed", "rules")
    yield from _missing(len(snapshot.missing), snapshot.head)
    gaps = len(distinct_gaps((snapshot.head,)))
    yield Figure(gaps, "gap" if gaps == 1 else "gaps", "coverage")


def _missing(number: int, head: SnapshotHead) -> Iterator[Figure]:
    """Count what ought to be there; no number where what rules are written for, or rules, were not seen."""
    if number or not any(gap.source in _TELLING for gap in head.gaps):
        yield Figure(number, "missing", "missing")

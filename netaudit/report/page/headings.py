"""What the parts of a page are called: of one host, of changes, of a plan, of two hosts that are compared."""

import msgspec

from netaudit.attribute.attribution import AttributedDiff, SnapshotHead
from netaudit.report.text.unseen import (
    OUTSIDERS,
    Tense,
    describe_no_exposure_change,
    describe_no_outside_change,
    describe_nothing_reachable,
    tense_of,
)


class Headings(msgspec.Struct, frozen=True):
    """The headings of a page, and the sentences for parts that are empty."""

    reach: str = "Who can reach what"
    unreached: str = ""  # where the table has no row
    outside: str = ""  # where it has none of outsiders
    changes: str = ""
    found: str = "Findings"
    nothing_found: str = "No check found anything."
    inside: str = ""  # what became of the rows inside the host
    afterwards: str = ""


_OF_CHANGES = {
    Tense.HAPPENED: Headings(
        reach="Who can reach what, now",
        changes="What changed, and why",
        found="New findings",
        nothing_found="Nothing new was found.",
        inside="changed",
        afterwards="Afterwards ",
    ),
    Tense.PLANNED: Headings(
        reach="Who could reach what",
        changes="What would change, and why",
        found="Findings that it would bring",
        nothing_found="It would bring no finding.",
        inside="would change",
        afterwards="It would leave ",
    ),
    Tense.COMPARED: Headings(
        reach="Who can reach what on {after}, where that is not so on {before}",
        changes="What differs",
        found="Found on {after} alone",
        nothing_found="Nothing was found on {after} alone.",
        inside="differ",
        afterwards="{after} has ",
    ),
}


def headings_of_host(head: SnapshotHead) -> Headings:
    """Return the headings of a page of one host."""
    nothing = describe_nothing_reachable(head, OUTSIDERS)
    return Headings(unreached=nothing, outside=nothing)


def headings_of(diff: AttributedDiff, tense: Tense = Tense.HAPPENED) -> Headings:
    """Return the headings of a page of changes."""
    words = _OF_CHANGES[tense_of(diff, tense)]
    hosts = {"before": diff.before.host, "after": diff.after.host}
    said = {name: getattr(words, name).format_map(hosts) for name in words.__struct_fields__}
    same = {
        "unreached": describe_no_exposure_change(diff, tense),
        "outside": describe_no_outside_change(diff, tense),
    }
    return Headings(**{**said, **same})

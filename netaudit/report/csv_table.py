"""CSV for spreadsheets: one line for each change or rule, missing rule, defect, exposure and gap.

A cell that a spreadsheet would take for a formula gets an apostrophe before it; rules begin with `-`, so most do.
"""

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import asdict

from netaudit.attribute.attribution import (
    AttributedChange,
    AttributedDiff,
    AttributedExposure,
    AttributedItem,
    AttributedSnapshot,
    Attribution,
    SnapshotHead,
)
from netaudit.diff import Altered, Moved
from netaudit.model.netfilter.ruleset import Item
from netaudit.report.text.destinations import describe_port
from netaudit.report.text.formats.csv_rows import print_rows
from netaudit.report.text.reasons import describe_reason
from netaudit.report.text.words import distinct_gaps, verb

COLUMNS = (
    *("what", "change", "object", "backend", "family", "table", "chain", "position", "text", "before"),
    *("maker", "signature", "confidence", "standing", "purpose", "reason"),
    *("causes", "containers", "networks", "bindings", "packets", "bytes"),
    *("from", "to", "outcome", "outcome_before", "way"),
)
_Line = Mapping[str, object]


def render_diff_csv(diff: AttributedDiff) -> str:
    """Print a diff: its changes, then the rest."""
    return _print(_diff_lines(diff))


def render_snapshot_csv(snapshot: AttributedSnapshot) -> str:
    """Print a snapshot: its rules, then the rest."""
    return _print(_snapshot_lines(snapshot))


def render_exposure_csv(snapshot: AttributedSnapshot) -> str:
    """Print who can reach what alone, and what could not be seen."""
    return _print((*map(_exposure, snapshot.exposure or ()), *_gaps((snapshot.head,))))


def _diff_lines(diff: AttributedDiff) -> Iterator[_Line]:
    for one in diff.exposure or ():
        now = one.after or one.before
        if now:
            outcomes = {"outcome": one.after and one.after.exposure.outcome}
            outcomes["outcome_before"] = one.before and one.before.exposure.outcome
            yield {**_exposure(now), **outcomes, "reason": one.because or describe_reason(now.exposure.reason)}
    yield from map(_change, diff.changes)
    yield from _rest(diff.missing, diff.defects, (diff.before, diff.after))


def _snapshot_lines(snapshot: AttributedSnapshot) -> Iterator[_Line]:
    yield from map(_exposure, snapshot.exposure or ())
    yield from ({"what": "rule", **_item(one.item), **_attribution(one.attribution)} for one in snapshot.items)
    yield from _rest(snapshot.missing, snapshot.defects, (snapshot.head,))


def _rest(
    missing: Iterable[AttributedItem], defects: Iterable[AttributedItem], heads: Iterable[SnapshotHead]
) -> Iterator[_Line]:
    yield from ({"what": "missing", **_item(one.item), **_attribution(one.attribution)} for one in missing)
    yield from ({"what": "defect", **_item(one.item), **_attribution(one.attribution)} for one in defects)
    yield from _gaps(heads)


def _gaps(heads: Iterable[SnapshotHead]) -> Iterator[_Line]:
    for gap in distinct_gaps(heads):
        yield {"what": "gap", "text": gap.source, "reason": f"{gap.reason}: {gap.detail}"}


def _change(one: AttributedChange) -> _Line:
    line = {"what": "change", "change": verb(one.change), **_item(one.change.item), **_attribution(one.attribution)}
    match one.change:
        case Altered(_, before):
            return {**line, "before": before.text}
        case Moved(_, before):
            return {**line, "before": before.where}
        case _:
            return line


def _exposure(one: AttributedExposure) -> _Line:
    exposure = one.exposure
    to = exposure.destination
    return {
        **({**_item(exposure.rule), **_attribution(one.attribution)} if exposure.rule else {}),
        "what": "exposure",
        "from": str(exposure.zone),
        "to": describe_port(to),
        "containers": to.container_name or ", ".join(to.programs or ()),
        "networks": to.network_name,
        "bindings": str(to.binding or ""),
        "outcome": exposure.outcome,
        "way": exposure.way,
        "reason": describe_reason(exposure.reason),
    }


def _item(item: Item) -> _Line:
    """Return the columns of an object: all but one are the names of its fields."""
    return {**asdict(item), "bytes": item.octets}


def _attribution(attribution: Attribution) -> _Line:
    causes = attribution.causes
    return {
        **asdict(attribution),
        "causes": " and ".join(map(str, causes)),
        "containers": _distinct(cause.container.name for cause in causes if cause.container),
        "networks": _distinct(cause.network.name for cause in causes if cause.network),
        "bindings": _distinct(str(cause.binding) for cause in causes if cause.binding),
    }


def _distinct(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))


def _print(lines: Iterable[_Line]) -> str:
    return print_rows(COLUMNS, ([line.get(column) for column in COLUMNS] for line in lines))

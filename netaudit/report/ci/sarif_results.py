"""Findings -> results of SARIF: one for each place that a check finds something at."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import msgspec

from netaudit.audit.finding import Finding
from netaudit.audit.risk import aspects_of
from netaudit.model.severity import Severity
from netaudit.report.ci.location import Location, Locator
from netaudit.report.text.findings.accepted import describe_status
from netaudit.report.text.findings.audit import all_proofs, describe_finding, steps
from netaudit.report.text.findings.markdown import detail_lines
from netaudit.report.text.markdown import code_outside
from netaudit.report.text.sanitize import sarif_text

LEVELS = {
    Severity.INFO: "note",
    Severity.LOW: "note",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}
ROOT = "FILESYSTEM"  # of files that are not in the repository
_Json = dict[str, Any]


class Result(msgspec.Struct, frozen=True):
    """Findings of one check about one thing at one line: a port over IPv4 and IPv6 is one result.

    `uri` is the line's file; `aspect_of` the fingerprint of the finding of which these say more, "" for none.
    """

    findings: tuple[Finding, ...]
    place: Location
    uri: str
    aspect_of: str = ""

    @property
    def first(self) -> Finding:
        """The finding that is read first."""
        return self.findings[0]


def gather_results(findings: Iterable[Finding], locator: Locator, base: str) -> tuple[Result, ...]:
    """Gather findings, the most severe first; `base` leads from the repository to the recording's files."""
    found = tuple(findings)
    aspects = aspects_of(found)
    groups: dict[tuple[object, ...], list[Finding]] = {}
    places: dict[str, Location] = {}
    for one in found:
        place = places[one.fingerprint] = locator.locate(one)
        groups.setdefault((one.check.id, one.about or one.fingerprint, one.status, place), []).append(one)
    results = []
    for members in groups.values():
        own = {one.fingerprint for one in members}
        of = next((aspects[one] for one in own if aspects.get(one, one) not in own), "")
        place = places[members[0].fingerprint]
        results.append(Result(tuple(members), place, place.under(base), of))
    return tuple(results)


def result(one: Result, number: int) -> _Json:
    """Print a result; `number` is its rule's."""
    first = one.first
    said: _Json = {
        "ruleId": first.check.id,
        "ruleIndex": number,
        "level": LEVELS[first.severity],
        "message": _message(one),
        "locations": [location(one.place, one.uri, tuple(each.subject for each in one.findings))],
        "partialFingerprints": {"netaudit/v1": first.fingerprint, "primaryLocationLineHash": f"{first.fingerprint}:1"},
        "properties": {"severity": first.severity, "confidence": first.confidence},
    }
    if one.aspect_of:
        said["properties"]["aspectOf"] = one.aspect_of
    if not first.open:
        said["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": sarif_text(describe_status(first))}
        ]
    return said


def location(place: Location, uri: str, subjects: Iterable[str] = ()) -> _Json:
    """Point at a line; a file outside the repository is named from the root of the file system."""
    file: _Json = {"uri": quote(uri.encode(errors="surrogateescape"))}
    if place.outside:
        file["uriBaseId"] = ROOT
    said: _Json = {"physicalLocation": {"artifactLocation": file, "region": {"startLine": place.line}}}
    if named := [{"fullyQualifiedName": sarif_text(one), "kind": "resource"} for one in subjects]:
        said["logicalLocations"] = named
    return said


def _message(one: Result) -> dict[str, str]:
    """Say it in one paragraph, with a proof and what to do; the Markdown has all the evidence."""
    first = one.first
    also = [_also(other, first) for other in one.findings[1:]]
    proof = next((f"Proof: {' '.join(filter(None, (each.where, each.text)))}." for each in all_proofs(first)), "")
    step = next(iter(steps(first)), None)
    to_do = f"To do: {' '.join(filter(None, (step.do, step.line)))}" if step else ""
    text = " ".join(filter(None, (describe_finding(first), *also, proof, to_do)))
    markdown = [code_outside(describe_finding(first)), "", *map(code_outside, also), *detail_lines(first)]
    return {"text": sarif_text(text), "markdown": "\n".join(markdown)}


def _also(other: Finding, first: Finding) -> str:
    """Say of another finding of a result how sure and how severe it is, beside the first."""
    severe = "" if other.severity is first.severity else f", with severity {other.severity}"
    return f"The same {'may hold' if other.doubts else 'holds'} for {other.subject}{severe}."

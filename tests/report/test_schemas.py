"""The published JSON Schema describes every document that netaudit prints, and every field of it."""

import json
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import replace
from pages import hosts
from sampling import sampled

import netaudit
from netaudit.attribute.attribution import (
    AttributedDiff,
    AttributedInside,
    AttributedSnapshot,
    CauseKind,
    Confidence,
    ExposureChange,
    Ref,
    Standing,
)
from netaudit.attribute.observed.writers import tell_writers
from netaudit.audit.finding import Verified
from netaudit.model.exposure import Delivery, DestinationKind, Outcome
from netaudit.model.facts import GapReason
from netaudit.model.netfilter.ruleset import Backend, ObjectKind
from netaudit.model.observation import DockerEvent, Observation, Writer
from netaudit.model.severity import Severity
from netaudit.report.json.audit import render_audit
from netaudit.report.json.diff import render_diff
from netaudit.report.json.exposure import render_exposure
from netaudit.report.json.show import render_snapshot
from netaudit.report.json.trace import render_trace

TESTS = Path(__file__).parents[1]
PUBLISHED = json.loads((TESTS.parent / "docs" / "schemas" / "netaudit-v1.schema.json").read_text())
RECORDINGS = TESTS / "recordings"
STEPS = [
    ("20.10.24-iptables-legacy/operators-rules", "00", "01"),
    ("28.5.2-iptables-nft/many", "01", "04"),
    ("29.0.0-iptables-nft/user-net-ipv6", "00", "02"),
    ("29.0.0-nftables/default-one-port", "00", "01"),
]
Edits = dict[str, Callable[[str], str]]
MakeDiff = Callable[..., AttributedDiff]
MakeSnapshot = Callable[..., AttributedSnapshot]


def closed(schema: Any) -> Any:
    """Allow no field that is not described: readers ignore new ones, this test does not."""
    match schema:
        case {"type": "object", "properties": _}:
            return {key: closed(part) for key, part in schema.items()} | {"additionalProperties": False}
        case dict():
            return {key: closed(part) for key, part in schema.items()}
        case list():
            return [closed(part) for part in schema]
        case _:
            return schema


EXACT = closed(PUBLISHED["$defs"])


def complaints(document: bytes) -> list[str]:
    parsed = json.loads(document)
    name = parsed["schema"].split("/")[1]
    exact = {"$defs": EXACT, "$ref": f"#/$defs/{name}"}
    found = [*Draft202012Validator(PUBLISHED).iter_errors(parsed), *Draft202012Validator(exact).iter_errors(parsed)]
    return [f"{error.json_path}: {error.message[:200]}" for error in found]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(PUBLISHED)


@pytest.mark.matrix
@pytest.mark.parametrize(("scenario", "before", "after"), sampled(STEPS, STEPS[:1]))
def test_what_is_printed_of_real_hosts_is_as_described(scenario: str, before: str, after: str) -> None:
    earlier, later = (netaudit.load(RECORDINGS / scenario / step) for step in (before, after))
    exposed = netaudit.expose(later)
    assert exposed.exposure
    for document in (
        render_diff(netaudit.compare(earlier, later, netaudit.ComputeExposure.ALWAYS)),
        render_diff(netaudit.compare(earlier, later, netaudit.ComputeExposure.NEVER)),
        render_diff(netaudit.compare(earlier, later, counters=netaudit.Counters.COMPARE)),
        render_snapshot(exposed),
        render_snapshot(netaudit.show(later)),
        render_exposure(exposed),
    ):
        assert complaints(document) == []


@pytest.mark.matrix
def test_an_audit_and_a_trace_are_as_described() -> None:
    facts = netaudit.load(RECORDINGS / "28.5.2-iptables-nft" / "many" / "04")
    _, audit = hosts.small()
    assert audit.findings
    assert complaints(render_audit(audit)) == []
    for target in ("192.0.2.10:8300/tcp", "172.18.0.2:80/tcp", "192.0.2.10:9/udp"):
        assert complaints(render_trace(netaudit.trace(facts, "internet", target))) == []


ENUMS = [
    (("item", "object"), ObjectKind),
    (("item", "backend"), Backend),
    (("attribution", "confidence"), Confidence),
    (("attribution", "standing"), Standing),
    (("cause", "kind"), CauseKind),
    (("gap", "reason"), GapReason),
    (("cell", "outcome"), Outcome),
    (("cell", "way"), Delivery),
    (("destination", "kind"), DestinationKind),
    (("finding", "severity"), Severity),
]


@pytest.mark.parametrize(
    ("place", "words"), ENUMS, ids=lambda value: "-".join(value) if isinstance(value, tuple) else ""
)
def test_every_word_that_may_be_printed_is_in_the_schema(place: tuple[str, str], words: type[StrEnum]) -> None:
    definition, field = place
    assert set(PUBLISHED["$defs"][definition]["properties"][field]["enum"]) == {str(word) for word in words}


def test_who_wrote_a_change_is_as_described(make_diff: MakeDiff) -> None:
    started = DockerEvent("container", "start", "0" * 64, "web", "2026-01-01T00:00:00Z")
    told = tell_writers(make_diff(), Observation(events=(started,), blind="not allowed"))
    assert b'"writer"' in render_diff(told)
    assert complaints(render_diff(told)) == []
    named = replace(told.changes[0], writer=Writer("dockerd", 812), events=(started,))
    assert complaints(render_diff(replace(told, changes=(named,)))) == []


@pytest.mark.matrix
def test_a_remediation_that_was_followed_is_as_described() -> None:
    shown, audit = hosts.small()
    assert shown.exposure
    opened = ExposureChange(None, shown.exposure[0], "a rule is gone")
    verified = Verified(closes=True, changes=(opened,), others=(opened,), opens=("unrestricted-port",))
    followed = replace(audit.findings[0], verified=(verified,))
    assert complaints(render_audit(replace(audit, findings=(followed,)))) == []


def test_a_listener_on_one_interface_is_as_described() -> None:
    shown, _ = hosts.small()
    assert shown.exposure
    cell = shown.exposure[0]
    destination = replace(cell.exposure.destination, interface="eth0")
    bound = replace(cell, exposure=replace(cell.exposure, destination=destination))
    printed = render_exposure(replace(shown, exposure=(bound,)))
    assert b'"interface": "eth0"' in printed
    assert complaints(printed) == []


def test_rules_inside_a_container_are_as_described(make_snapshot: MakeSnapshot) -> None:
    snapshot = make_snapshot()
    inside = AttributedInside(Ref("0" * 64, "web"), snapshot.items[:3])
    assert complaints(render_snapshot(replace(snapshot, inside=(inside,)))) == []


def test_what_is_printed_of_hosts_that_are_worse_off_is_as_described(
    make_diff: MakeDiff, without_drop: Edits, hostile: Edits
) -> None:
    assert complaints(render_diff(make_diff(edits=without_drop))) == []
    assert complaints(render_diff(make_diff(edits=hostile))) == []


@pytest.mark.parametrize("spoilt", [{"rules": None}, {"more": 1}, {"coverage": {}}, {"missing": [{}]}], ids=str)
def test_another_document_is_told_from_a_described_one(make_snapshot: MakeSnapshot, spoilt: dict[str, Any]) -> None:
    parsed = json.loads(render_snapshot(make_snapshot()))
    assert complaints(json.dumps(parsed).encode()) == []
    assert complaints(json.dumps(parsed | spoilt).encode()) != []

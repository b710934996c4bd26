"""A Python program reads each JSON document by its type, and finds in it what was printed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import UNSET
from msgspec.structs import replace
from pages import hosts, json_schema, plans

import netaudit
from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot
from netaudit.attribute.trace import AttributedTrace
from netaudit.audit.finding import Verified
from netaudit.model.exposure import Outcome
from netaudit.model.netfilter.ruleset import Backend, Item, ObjectKind
from netaudit.policy.grammar import parse_entry
from netaudit.report.json.assertion import AssertDocument, render_assertion
from netaudit.report.json.audit import AuditDocument, render_audit
from netaudit.report.json.diff import DiffDocument, render_diff
from netaudit.report.json.exposure import ExposureDocument, render_exposure
from netaudit.report.json.item import item_json
from netaudit.report.json.plan import PlanDocument, render_plan
from netaudit.report.json.printing import print_json
from netaudit.report.json.show import ShowDocument, render_snapshot
from netaudit.report.json.trace import TraceDocument, render_trace

RECORDINGS = Path(__file__).parents[1] / "recordings"
MANY = RECORDINGS / "28.5.2-iptables-nft" / "many"
Document = (
    DiffDocument | ShowDocument | ExposureDocument | AuditDocument | TraceDocument | PlanDocument | AssertDocument
)
POLICY = netaudit.Policy((parse_entry("internet cannot reach anything"), parse_entry("internet can reach nowhere")))
MakeDiff = Callable[..., AttributedDiff]
MakeSnapshot = Callable[..., AttributedSnapshot]


def follow() -> AttributedTrace:
    return netaudit.trace(netaudit.load(MANY / "04"), "internet", "192.0.2.10:8300/tcp")


def printed() -> dict[type[msgspec.Struct], bytes]:
    earlier, later = (netaudit.load(MANY / step) for step in ("01", "04"))
    exposed = netaudit.expose(later)
    _, audit = hosts.small()
    followed = replace(audit.findings[0], verified=(Verified(closes=True, opens=("unrestricted",)),))
    return {
        DiffDocument: render_diff(netaudit.compare(earlier, later, netaudit.ComputeExposure.ALWAYS)),
        ShowDocument: render_snapshot(exposed),
        ExposureDocument: render_exposure(exposed),
        AuditDocument: render_audit(replace(audit, findings=(followed, *audit.findings[1:]))),
        TraceDocument: render_trace(follow()),
        PlanDocument: render_plan(plans.small()),
        AssertDocument: render_assertion(netaudit.hold_policy(later, POLICY)),
    }


@pytest.fixture(scope="module")
def documents() -> dict[type[msgspec.Struct], bytes]:
    return printed()


def test_every_document_has_a_type() -> None:
    assert set(json_schema.DOCUMENTS) == set(Document.__args__)


@pytest.mark.matrix
@pytest.mark.parametrize("document", json_schema.DOCUMENTS)
def test_what_is_read_by_its_type_prints_the_same_again(
    document: type[msgspec.Struct], documents: dict[type[msgspec.Struct], bytes]
) -> None:
    assert print_json(msgspec.json.decode(documents[document], type=document)) == documents[document]
    read: Any = msgspec.json.decode(documents[document], type=Document)
    assert type(read) is document


def test_a_field_that_is_absent_is_unset_and_one_that_is_null_is_none(make_diff: MakeDiff) -> None:
    read = msgspec.json.decode(render_diff(make_diff()), type=DiffDocument)
    change = next(one for one in read.changes if one.table == "nat")
    assert (change.change, change.object, change.packets) == ("added", ObjectKind.RULE, 0)
    assert change.attribution.reason is None
    assert (change.before, change.writer, read.exposure_gap) == (UNSET, UNSET, UNSET)


def test_a_trace_is_read_with_python_names() -> None:
    read = msgspec.json.decode(render_trace(follow()), type=TraceDocument)
    assert (read.source, read.outcome) == ("internet (198.51.100.7 by eth0)", Outcome.ALLOWED)
    assert read.ends[0].packet.dport == 80


@pytest.mark.parametrize(
    ("document", "field"),
    [(TraceDocument, "answers"), (AuditDocument, "verified"), (AuditDocument, "exposure_computed")],
)
def test_a_document_of_an_older_version_is_read_too(
    document: type[msgspec.Struct], field: str, documents: dict[type[msgspec.Struct], bytes]
) -> None:
    def without(value: Any) -> Any:
        match value:
            case dict():
                return {key: without(part) for key, part in value.items() if key != field}
            case list():
                return [without(part) for part in value]
            case _:
                return value

    parsed = json.loads(documents[document])
    assert without(parsed) != parsed
    msgspec.json.decode(json.dumps(without(parsed)), type=document)


def test_a_field_of_a_newer_version_is_ignored(make_snapshot: MakeSnapshot) -> None:
    printed = render_snapshot(make_snapshot())
    newer = json.loads(printed) | {"added_later": 1}
    assert print_json(msgspec.json.decode(json.dumps(newer), type=ShowDocument)) == printed


def test_one_document_is_not_read_as_another(documents: dict[type[msgspec.Struct], bytes]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(documents[ShowDocument], type=ExposureDocument)


def test_an_object_without_a_count_of_packets_has_no_counters() -> None:
    quota = Item(ObjectKind.OBJECT, Backend.NFTABLES, "inet", "filter", "daily", "over 1 gbytes", octets=5)
    assert set(msgspec.to_builtins(item_json(quota))).isdisjoint({"packets", "bytes"})

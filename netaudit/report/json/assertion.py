"""A policy that was held against a host, as JSON: `netaudit/assert/v1`."""

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import Meta

from netaudit.policy.entry import Entry, Form
from netaudit.policy.verdict import Assertion, Judged, Unmet, Verdict
from netaudit.report.json.cell import CellJson, cell_json
from netaudit.report.json.printing import print_json
from netaudit.report.json.snapshot import SnapshotJson, head_json
from netaudit.report.text.findings.assertion import judged_proofs

_ENTRIES = Meta(description="In the order of the file.")
_UNCOVERED = Meta(description="What is reached, or may be, and no entry speaks of.")


class EntryJson(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the policy, as its file has it."""

    text: Annotated[str, Meta(description="Its sentence.")]
    form: Form
    line: Annotated[int, Meta(description="From 1; 0 where it is not from a file.")]
    why: str
    owner: str
    until: Annotated[dt.date | None, Meta(description="Its last day.")]


class UnmetJson(msgspec.Struct, frozen=True, kw_only=True):
    """Something that ought to be reached, and is not."""

    sender: str
    target: str
    cell: Annotated[CellJson | None, Meta(description="What stops it; null: nothing leads there.")]


class JudgedJson(msgspec.Struct, frozen=True, kw_only=True):
    """An entry with its verdict and what proves it."""

    entry: EntryJson
    verdict: Verdict
    exposure: Annotated[tuple[CellJson, ...], Meta(description="What gets through, or may, and must not.")]
    unmet: tuple[UnmetJson, ...]
    shared: Annotated[tuple[str, ...], Meta(description="Containers on several networks that are to be isolated.")]
    because: Annotated[tuple[str, ...], Meta(description="Why it is vacuous or undecided.")]


class PolicyJson(msgspec.Struct, frozen=True, kw_only=True):
    """A policy that the host was held against; for a plan, the host as it would be afterwards."""

    file: str
    entries: Annotated[tuple[JudgedJson, ...], _ENTRIES]
    uncovered: Annotated[tuple[CellJson, ...], _UNCOVERED]


class AssertDocument(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="netaudit/assert/v1"):
    """netaudit assert."""

    snapshot: SnapshotJson
    policy: Annotated[str, Meta(description="The policy's file.")]
    entries: Annotated[tuple[JudgedJson, ...], _ENTRIES]
    uncovered: Annotated[tuple[CellJson, ...], _UNCOVERED]


def render_assertion(assertion: Assertion) -> bytes:
    """Print a policy that was held against a host as one JSON object."""
    return print_json(assertion_document(assertion))


def assertion_document(assertion: Assertion) -> AssertDocument:
    """Return what became of each entry, and what none speaks of."""
    held = policy_json(assertion)
    return AssertDocument(
        snapshot=head_json(assertion.head), policy=held.file, entries=held.entries, uncovered=held.uncovered
    )


def policy_json(assertion: Assertion) -> PolicyJson:
    """Return a policy with what became of each entry, for the documents of other commands."""
    return PolicyJson(
        file=assertion.policy.place,
        entries=tuple([_judged(one) for one in assertion.judged]),
        uncovered=tuple([cell_json(one) for one in assertion.uncovered]),
    )


def entry_json(entry: Entry) -> EntryJson:
    """Return an entry as its file has it."""
    return EntryJson(
        text=entry.text, form=entry.form, line=entry.line, why=entry.why, owner=entry.owner, until=entry.until
    )


def _judged(one: Judged) -> JudgedJson:
    doubts = msgspec.structs.replace(one, cells=(), unmet=(), shared=())
    return JudgedJson(
        entry=entry_json(one.entry),
        verdict=one.verdict,
        exposure=tuple([cell_json(cell) for cell in one.cells]),
        unmet=tuple([_unmet(each) for each in one.unmet]),
        shared=one.shared,
        because=tuple([proof.text for proof in judged_proofs(doubts)]),
    )


def _unmet(one: Unmet) -> UnmetJson:
    return UnmetJson(sender=one.sender, target=one.target, cell=cell_json(one.cell) if one.cell else None)

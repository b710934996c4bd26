"""`findings` and `assertions`: what is wrong, and which entries of a policy are broken."""

import datetime as dt
from typing import Annotated

from msgspec import Meta

from netaudit.fleet.tables.key import Container, Project, Row, Service


class FindingRow(Row, frozen=True, kw_only=True):
    """A check that holds for a subject, or of which nobody can tell whether it does (status undecided)."""

    check: Annotated[str, Meta(description="The check's id.")]
    status: Annotated[str, Meta(description="open, known (baseline), waived, permitted (policy), undecided.")]
    severity: Annotated[str, Meta(description="critical, high, medium, low, info.")]
    confidence: Annotated[str, Meta(description="high, medium, low.")]
    surely: Annotated[str | None, Meta(description="With doubts: the severity that it has all the same.")]
    subject_kind: Annotated[str, Meta(description="What the check is about.")]
    subject: Annotated[str, Meta(description="The subject in words; empty where none could be listed.")]
    container: Container
    project: Project
    service: Service
    message: Annotated[str, Meta(description="What is wrong; of an undecided one why that is not known.")]
    remediation: Annotated[str | None, Meta(description="What can be done.")]
    fingerprint: Annotated[str | None, Meta(description="The same for a recreated container and a changed address.")]
    doubts: Annotated[tuple[str, ...], Meta(description="What could make it harmless, where that is not known.")]
    evidence: Annotated[tuple[str, ...], Meta(description="Rules and cells that prove it, the most important first.")]
    cves: Annotated[tuple[str, ...], Meta(description="The CVEs whose condition this check looks for.")]
    waiver_reason: Annotated[str | None, Meta(description="Why it is accepted.")]
    waiver_owner: Annotated[str | None, Meta(description="Who answers for that.")]
    waiver_until: Annotated[dt.date | None, Meta(description="The waiver's last day.")]
    waiver_place: Annotated[str | None, Meta(description="Where the waiver stands.")]
    mistake: Annotated[str | None, Meta(description="Of an open one: the fingerprint of the worst of its mistake.")]


class AssertionRow(Row, frozen=True, kw_only=True):
    """An entry of the policy (--policy), held against a host."""

    policy: Annotated[str, Meta(description="The policy's file.")]
    line: Annotated[int, Meta(description="The entry's line in it.")]
    entry: Annotated[str, Meta(description="Its sentence.")]
    verdict: Annotated[str, Meta(description="holds, broken, undecided, vacuous.")]
    proofs: Annotated[tuple[str, ...], Meta(description="What proves it: cells, or why nobody can tell.")]
    why: Annotated[str | None, Meta(description="Why the entry is there, as its file says.")]
    owner: Annotated[str | None, Meta(description="Who answers for it.")]
    until: Annotated[dt.date | None, Meta(description="Its last day.")]

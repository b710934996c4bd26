"""Attributed values -> what the pages of `document` show, the same for HTML and Markdown. No markup here."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import msgspec

from netaudit.attribute.attribution import (
    AttributedChange,
    AttributedDiff,
    AttributedItem,
    AttributedSnapshot,
    Confidence,
    Coverage,
    Ref,
    SnapshotHead,
)
from netaudit.audit.changed import ChangedFindings
from netaudit.audit.finding import Audit
from netaudit.audit.risk import gather_mistakes
from netaudit.model.facts import Gap
from netaudit.model.netfilter.ruleset import Item, ObjectKind
from netaudit.policy.verdict import Assertion
from netaudit.report.map.rows import rows_of_diff, rows_of_snapshot
from netaudit.report.page.anchors import Anchors
from netaudit.report.page.exposed import Exposed, lay_out_exposure
from netaudit.report.page.facets import Facets, gather_facets
from netaudit.report.page.findings import FindingList, judge_audit, judge_obeyed, list_findings, list_new
from netaudit.report.page.first.figures import Figure, diff_figures, snapshot_figures
from netaudit.report.page.first.opening import Opening, open_diff, open_snapshot
from netaudit.report.page.first.summary import judge_diff, judge_snapshot
from netaudit.report.page.headings import Headings, headings_of, headings_of_host
from netaudit.report.page.policy.section import PolicySection, judge_policy, make_section, policy_figure
from netaudit.report.page.rows import AnchorLink, RuleRow, RuleRun, change_row, defect_row, item_row, missing_row, runs
from netaudit.report.page.subjects import SubjectView, gather_subjects
from netaudit.report.text.by_cause import group_by_cause
from netaudit.report.text.sentence import Sentence
from netaudit.report.text.unseen import Tense, tense_of
from netaudit.report.text.words import describe_place, distinct_gaps


class Block(msgspec.Struct, frozen=True):
    """Rows under one heading: what one set of causes brought about; `links` are the heading in pieces."""

    heading: str
    note: str
    rows: tuple[RuleRow, ...]
    links: tuple[AnchorLink, ...] = ()


class ChainBlock(msgspec.Struct, frozen=True):
    """A chain, set or map of a snapshot; `head` and `policy` are the rows of its declaration and its policy."""

    anchor: str
    item: Item
    rows: tuple[RuleRow, ...]
    runs: tuple[RuleRun, ...]
    head: RuleRow | None = None
    policy: RuleRow | None = None

    @property
    def all_rows(self) -> list[RuleRow]:
        """List all rows: its declaration, its policy, its rules."""
        return [*([self.head] if self.head else []), *([self.policy] if self.policy else []), *self.rows]


class InsideBlock(msgspec.Struct, frozen=True):
    """The chains in the network namespace of a container."""

    container: Ref
    chains: tuple[ChainBlock, ...]


class Page(msgspec.Struct, frozen=True):
    """What both pages have; `exposed` is None where exposure was not computed, and `exposure_gap` says why.

    `links` lead to other pages of the same server, none where it is a file.
    """

    title: str
    verdict: tuple[Sentence, ...]
    figures: tuple[Figure, ...]
    opening: Opening
    exposed: Exposed | None
    exposure_gap: str
    missing: tuple[RuleRow, ...]
    defects: tuple[RuleRow, ...]
    subjects: tuple[SubjectView, ...]
    gaps: tuple[Gap, ...]
    coverage: Coverage
    heads: tuple[tuple[str, SnapshotHead], ...]
    facets: Facets
    anchors: dict[Item, str]
    headings: Headings
    findings: FindingList | None = None  # None: nobody audited
    audited: tuple[Sentence, ...] = ()  # what the findings come to, for pages that have no tiles
    policy: PolicySection | None = None  # None: no policy was named
    links: tuple[tuple[str, str], ...] = ()

    @property
    def taken(self) -> tuple[tuple[str, SnapshotHead], ...]:
        """The recordings that the page is of."""
        return self.heads

    def anchor_of(self, item: Item | None) -> str:
        """Tell where a rule stands on this page, "" where it does not."""
        return self.anchors.get(_bare(item), "") if item else ""


class DiffPage(Page, frozen=True, kw_only=True):
    """A diff: what changed, by cause; what nobody is known to have caused stands apart."""

    groups: tuple[Block, ...]
    unattributed: tuple[RuleRow, ...]
    tense: Tense = Tense.HAPPENED


class SnapshotPage(Page, frozen=True, kw_only=True):
    """A snapshot: its chains, in the order of its tables; `inside`, those in containers, where they were recorded."""

    chains: tuple[ChainBlock, ...]
    inside: tuple[InsideBlock, ...]

    def places(self) -> Iterator[tuple[str, tuple[ChainBlock, ...]]]:
        """Return the chains of the host, then of each container, with what to write before their tables."""
        yield "", self.chains
        for one in self.inside:
            yield f"inside {describe_place(one.container)}: ", one.chains


def make_diff_page(
    diff: AttributedDiff, assertion: Assertion | None = None, found: ChangedFindings | None = None
) -> DiffPage:
    """Lay out a diff with its findings, and a policy that was held against the host afterwards."""
    policy = make_section(assertion)
    anchors = Anchors()
    missing = tuple(missing_row(one, anchors) for one in diff.missing)
    defects = tuple(defect_row(one, anchors) for one in diff.defects)
    known = [one for one in diff.changes if one.attribution.confidence is not Confidence.UNATTRIBUTED]
    nobodys = [one for one in diff.changes if one.attribution.confidence is Confidence.UNATTRIBUTED]
    groups = tuple(_group(group.heading, group.note, group.members, anchors) for group in group_by_cause(known))
    unattributed = tuple(change_row(one, anchors) for one in nobodys)
    rows = [*(row for group in groups for row in group.rows), *missing, *defects, *unattributed]
    return DiffPage(
        title=_title(diff),
        headings=headings_of(diff),
        tense=tense_of(diff),
        verdict=(*judge_diff(diff), *judge_policy(policy)),
        figures=(*policy_figure(policy), *diff_figures(diff)),
        audited=tuple(judge_obeyed(found.audit if found else None)),
        opening=open_diff(diff, found.audit if found else None),
        findings=None if found is None else list_new(found, anchors),
        exposed=None if diff.exposure is None else lay_out_exposure(rows_of_diff(diff.exposure, _hosts(diff))),
        exposure_gap=diff.exposure_gap,
        missing=missing,
        defects=defects,
        subjects=gather_subjects(rows, anchors),
        gaps=distinct_gaps((diff.before, diff.after)),
        coverage=diff.coverage,
        heads=(("before", diff.before), ("after", diff.after)),
        facets=gather_facets(rows),
        anchors=_anchors(rows),
        groups=groups,
        unattributed=unattributed,
        policy=policy,
    )


def _hosts(diff: AttributedDiff) -> tuple[str, str] | None:
    return (diff.before.host, diff.after.host) if tense_of(diff) is Tense.COMPARED else None


def _title(diff: AttributedDiff) -> str:
    if tense_of(diff) is Tense.COMPARED:
        return f"{diff.before.host} and {diff.after.host} compared"
    return f"changes on {diff.after.host or 'an unnamed host'}"


def make_snapshot_page(snapshot: AttributedSnapshot, audit: Audit | None = None) -> SnapshotPage:
    """Lay out a snapshot, and what an audit found on it."""
    anchors = Anchors()
    missing = tuple(missing_row(one, anchors) for one in snapshot.missing)
    defects = tuple(defect_row(one, anchors) for one in snapshot.defects)
    chains = tuple(_chains(snapshot.items, anchors))
    inside = tuple(InsideBlock(one.container, tuple(_chains(one.items, anchors))) for one in snapshot.inside)
    policy = make_section(audit.assertion) if audit else None
    rows = [*(row for chain in chains for row in chain.all_rows), *missing, *defects]
    within = [row for one in inside for chain in one.chains for row in chain.all_rows]
    return SnapshotPage(
        title=f"report of {snapshot.head.host or 'an unnamed host'}",
        headings=headings_of_host(snapshot.head),
        verdict=(*judge_snapshot(snapshot), *judge_policy(policy)),
        audited=(*judge_audit(audit), *judge_obeyed(audit)),
        figures=(*_findings_figure(audit), *policy_figure(policy), *snapshot_figures(snapshot)),
        opening=open_snapshot(snapshot, audit),
        exposed=None if snapshot.exposure is None else lay_out_exposure(rows_of_snapshot(snapshot.exposure)),
        exposure_gap=snapshot.exposure_gap,
        missing=missing,
        defects=defects,
        subjects=gather_subjects(rows, anchors),
        gaps=distinct_gaps((snapshot.head,)),
        coverage=snapshot.coverage,
        heads=(("snapshot", snapshot.head),),
        facets=gather_facets([*rows, *within]),
        anchors=_anchors(rows),
        chains=chains,
        inside=tuple(one for one in inside if one.chains),
        findings=None if audit is None else list_findings(audit, anchors),
        policy=policy,
    )


def _findings_figure(audit: Audit | None) -> Iterator[Figure]:
    if audit is not None:
        number = len(gather_mistakes(audit.open))
        yield Figure(number, "finding" if number == 1 else "findings", "findings")


def _anchors(rows: Iterable[RuleRow]) -> dict[Item, str]:
    """Tell where on the page a rule stands: what is there goes before what is wrong with it."""
    anchors: dict[Item, str] = {}
    for row in rows:
        anchors.setdefault(_bare(row.item), row.anchor)
    return anchors


def _bare(item: Item) -> Item:
    """Leave out the counters: they are no part of a rule's name."""
    return msgspec.structs.replace(item, packets=None, octets=None)


def _group(heading: str, note: str, members: Iterable[AttributedChange | AttributedItem], anchors: Anchors) -> Block:
    rows = tuple(change_row(one, anchors) for one in members if isinstance(one, AttributedChange))
    return Block(heading, note, rows, rows[0].links if rows else ())


def _chains(items: Sequence[AttributedItem], anchors: Anchors) -> Iterator[ChainBlock]:
    for _, members in groupby(
        items, key=lambda one: (one.item.backend, one.item.family, one.item.table, one.item.chain)
    ):
        rows = [item_row(one.item, one.attribution, anchors) for one in members]
        of_kind = {row.item.object: row for row in rows if row.item.object in (ObjectKind.CHAIN, ObjectKind.POLICY)}
        head, policy = of_kind.get(ObjectKind.CHAIN), of_kind.get(ObjectKind.POLICY)
        inside = tuple(row for row in rows if row is not head and row is not policy)
        first = head or policy or rows[0]
        yield ChainBlock(f"in-{first.anchor}", first.item, inside, runs(inside), head, policy)

"""Audit one recording after the other, with everything that an audit needs loaded once."""

import gc
from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from netaudit.api.audits import AuditOptions, load_auditor
from netaudit.attribute import attribute_diff, attribute_snapshot
from netaudit.attribute.attribution import AttributedSnapshot
from netaudit.attribute.exposure.compute import ComputeExposure, compare_tables, with_exposure
from netaudit.attribute.snapshot import attribute_head
from netaudit.audit.finding import Audit
from netaudit.errors import NetauditError
from netaudit.fleet.job import Job, Orders
from netaudit.fleet.rows.audited import Audited, Differences
from netaudit.fleet.rows.columns import Columns, pack
from netaudit.fleet.rows.every import error_rows, rows_of
from netaudit.fleet.sources.source import read_facts
from netaudit.fleet.work.unchanged import what_decides
from netaudit.model.facts import Facts
from netaudit.model.snapshot import Snapshot
from netaudit.packets.exposure.alike.held import HeldKinds
from netaudit.packets.sets.stock import SpaceStock
from netaudit.parse import parse_snapshot
from netaudit.plan.rehearsal.change import EngineChange
from netaudit.plan.rehearsal.rehearsal import plan_rehearsal
from netaudit.report.text.sanitize import visible

PREVIOUS = "previous"


def make_task(orders: Orders) -> Callable[[Job], bytes]:
    """Load what audits need, and return what does a job. Raises NetauditError for orders that cannot be."""
    auditing = Auditing(orders)
    gc.collect()
    gc.freeze()  # the catalog stays: looking through it for cycles after each recording takes longer than the audit
    return auditing.do


class _Host(msgspec.Struct):
    """A recording as it was read and exposed; `decides` is what its results rest on. What was not asked yet is None."""

    recording: str
    decides: bytes
    snapshot: Snapshot
    shown: AttributedSnapshot
    audit: Audit | None = None
    rehearsal: Differences | None = None

    def again(self, recording: str, facts: Facts) -> "_Host":
        """Return another recording of which all that decides is the same."""
        snapshot = replace(self.snapshot, taken_at=facts.taken_at, digest=facts.digest)
        shown = replace(self.shown, head=attribute_head(snapshot))
        audit = replace(self.audit, head=shown.head, shown=shown) if self.audit else None
        return _Host(recording, self.decides, snapshot, shown, audit, self.rehearsal)


class Auditing:
    """An auditor that is warm, and the recording that it audited last."""

    def __init__(self, orders: Orders) -> None:
        self._orders, self._spaces, self._held = orders, SpaceStock(), HeldKinds()
        self._auditor = load_auditor(
            AuditOptions(
                today=orders.today,
                config=orders.config,
                skip=orders.skip,
                waivers=orders.waivers,
                checks=orders.checks,
                policy=orders.policy,
                exposure=None if orders.exposure else ComputeExposure.NEVER,
            )
        )
        self._last: _Host | None = None

    def do(self, job: Job) -> bytes:
        """Audit a recording; what cannot be audited is an error's row, for the others do not depend on it."""
        try:
            return pack(self._rows(job))
        except NetauditError as error:
            return pack(error_rows(job.named, "read", type(error).__name__, error.message, error.hint))
        except Exception as error:  # noqa: BLE001 (a bug, or no memory: it costs this recording alone)
            return pack(error_rows(job.named, "audit", type(error).__name__, visible(str(error))[:2000]))

    def _rows(self, job: Job) -> Columns:
        facts = read_facts(job.named.location)
        host = self._look(job.named.recording, facts, what_decides(facts))
        since = self._since(job, host) if job.before else None
        if host.audit is None:
            host.audit = self._auditor.audit_shown(host.snapshot, host.shown)
        if host.rehearsal is None and self._orders.rehearse:
            host.rehearsal = self._rehearse(facts, host.snapshot, host.shown)
        self._last = host
        return rows_of(
            Audited(
                named=job.named,
                snapshot=host.snapshot,
                shown=host.shown,
                audit=host.audit,
                services=self._auditor.services,
                assertion=host.audit.assertion,
                since=since,
                rehearsal=host.rehearsal,
            )
        )

    def _look(self, recording: str, facts: Facts, decides: bytes) -> "_Host":
        """Read a recording, and who can reach what on its host; one that is as the last one was is not asked again."""
        last = self._last
        if last is not None and last.decides == decides:
            return last.again(recording, facts)
        snapshot = parse_snapshot(facts)
        attributed = attribute_snapshot(snapshot, self._auditor.catalog)
        return _Host(recording, decides, snapshot, self._expose(snapshot, attributed))

    def _expose(self, snapshot: Snapshot, attributed: AttributedSnapshot) -> AttributedSnapshot:
        with self._spaces, self._held:
            shown = self._exposed(snapshot, attributed)
        # Another host's sets may have taken the room: what is too large has to be so by itself.
        return shown if shown.exposure is not None else self._exposed(snapshot, attributed)

    def _exposed(self, snapshot: Snapshot, attributed: AttributedSnapshot) -> AttributedSnapshot:
        auditor = self._auditor
        return with_exposure(attributed, snapshot, auditor.catalog, auditor.choice, auditor.exposure)

    def _since(self, job: Job, host: "_Host") -> Differences:
        """Compare with the host's previous recording, which was mostly audited just before."""
        before = job.before
        assert before  # noqa: S101 (who calls has looked)
        if self._last is None or self._last.recording != before.recording:
            try:
                earlier = read_facts(before.location)
                decides = what_decides(earlier)
                if decides == host.decides:
                    return Differences(PREVIOUS, before)
                self._last = self._look(before.recording, earlier, decides)
            except NetauditError as error:
                return Differences(PREVIOUS, before, gap=error.message)
        last = self._last
        if last.decides == host.decides:
            return Differences(PREVIOUS, before)
        diff = attribute_diff(last.snapshot, host.snapshot, self._auditor.catalog)
        old, new = last.shown.exposure, host.shown.exposure
        known = old is not None and new is not None
        cells = compare_tables(last.snapshot, old or (), host.snapshot, new or ()).changes if known else ()
        return Differences(PREVIOUS, before, diff.changes, cells)

    def _rehearse(self, facts: Facts, snapshot: Snapshot, shown: AttributedSnapshot) -> Differences:
        """Say what a restart with another engine would change."""
        against = f"engine {self._orders.rehearse}"
        if snapshot.inventory is None:
            return Differences(against, gap="Docker's inventory is not known")
        try:
            host = plan_rehearsal(
                snapshot, facts, EngineChange(engine=self._orders.rehearse or ""), self._auditor.catalog
            )
        except NetauditError as error:
            return Differences(against, gap=error.message)
        diff = attribute_diff(host.before, host.after, self._auditor.catalog)
        later = self._expose(host.after, attribute_snapshot(host.after, self._auditor.catalog))
        old, new = shown.exposure, later.exposure
        cells = compare_tables(snapshot, old, host.after, new).changes if old is not None and new is not None else ()
        return Differences(against, changes=diff.changes, exposure=cells)

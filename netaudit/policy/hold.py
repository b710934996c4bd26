"""Hold a policy against a snapshot."""

import datetime as dt
from collections.abc import Mapping

import msgspec

from netaudit.attribute.attributor import Attributor
from netaudit.attribute.signatures.signature import Catalog
from netaudit.attribute.snapshot import attribute_head
from netaudit.errors import SubjectError
from netaudit.model.exposure import Destination, Exposure
from netaudit.model.reason import Reason
from netaudit.model.snapshot import Snapshot
from netaudit.packets.exposure.alike.rows import rows_by_destination
from netaudit.packets.exposure.table import ExposureTable
from netaudit.policy.alone import judge_alone, undecidable
from netaudit.policy.cells import Cells
from netaudit.policy.coverage import Permits, uncovered
from netaudit.policy.entry import Entry, Policy
from netaudit.policy.grammar import SentenceError, parse_entry
from netaudit.policy.judging.context import HostContext, make_context
from netaudit.policy.judging.judge import judge
from netaudit.policy.senders import zones_of
from netaudit.policy.subjects import Subjects
from netaudit.policy.suggest import Suggestion, suggest
from netaudit.policy.trying import Tried, try_losses
from netaudit.policy.verdict import Assertion, Judged, Verdict


class Held(msgspec.Struct, frozen=True):
    """A policy held against a host, and what it says may be reached there; None where nobody can tell."""

    assertion: Assertion
    permits: Permits | None


class Holder(msgspec.Struct, frozen=True):
    """What holds policies against hosts: the catalog, the day, and the interfaces that the Internet is behind.

    Where the packets of a host's rules are more than can be held as sets, every entry is undecided.
    """

    catalog: Catalog
    today: dt.date
    uplinks: tuple[str, ...] | None = None

    def hold(self, snapshot: Snapshot, policy: Policy) -> Held:
        """Judge every entry of a policy, and list what no entry speaks of."""
        try:
            return self._hold(snapshot, policy)
        except MemoryError:
            judged = tuple(map(undecidable, policy.entries))
            return Held(Assertion(head=attribute_head(snapshot), policy=policy, judged=judged), None)

    def judge(self, snapshot: Snapshot, policy: Policy) -> tuple[Judged, ...]:
        """Judge every entry, and nothing else: what no entry speaks of is not looked for."""
        attribute = Attributor.of(snapshot, self.catalog).attribute
        return judge_alone(snapshot, policy.entries, attribute, self.today, self.uplinks)

    def explain(self, snapshot: Snapshot, entry: Entry) -> Tried:
        """Judge one entry, and again without each rule of the host."""
        return try_losses(snapshot, lambda one: self.judge(one, Policy((entry,)))[0])

    def suggest(self, snapshot: Snapshot) -> tuple[Suggestion, ...]:
        """Return the sentences that hold today. Raises SubjectError where nobody can tell who reaches what."""
        try:
            return self._suggest(snapshot)
        except MemoryError as error:
            why = "the packets that its rules tell apart are more than can be held as sets"
            raise SubjectError(f"no policy can be written: {why}") from error

    def _hold(self, snapshot: Snapshot, policy: Policy) -> Held:
        written = rows_by_destination(snapshot, snapshot.program, self.uplinks)
        table, context = self._prepared(snapshot, policy, written)
        entries = tuple(one for one in policy.entries if not one.ended(self.today))
        assertion = Assertion(
            head=attribute_head(snapshot),
            policy=policy,
            judged=tuple(judge(context, one) for one in policy.entries),
            uncovered=tuple(map(context.cells.attributed, uncovered(context, table, entries))),
        )
        return Held(assertion, Permits(context, entries))

    def _suggest(self, snapshot: Snapshot) -> tuple[Suggestion, ...]:
        written = rows_by_destination(snapshot, snapshot.program, self.uplinks)
        table, context = self._prepared(snapshot, Policy(()), written)
        if lost := dict.fromkeys(
            (*context.missing, *map(_source, context.unplaced.values()), *(gap.source for gap in context.hiding))
        ):
            raise SubjectError(
                f"no policy can be written: {', '.join(lost)} {'was' if len(lost) == 1 else 'were'} not recorded",
                hint="record the host again, as root",
            )
        found = dict.fromkeys(suggest(table, context.subjects, context.cells))
        return tuple(one for one in found if _holds(context, one.text))

    def _prepared(
        self, snapshot: Snapshot, policy: Policy, written: Mapping[Destination, tuple[Exposure, ...]]
    ) -> tuple[ExposureTable, HostContext]:
        """Return the table for the senders that a policy names, and what its entries are judged with."""
        zones = zones_of(policy, self.uplinks)
        table = ExposureTable(snapshot, snapshot.program, zones, found=tuple(written))
        cells = Cells(table, Subjects(snapshot.inventory), Attributor.of(snapshot, self.catalog).attribute, written)
        return table, make_context(snapshot, table, cells, self.today)


def _source(gap: Reason) -> str:
    return dict(gap.args)["source"]


def _holds(context: HostContext, text: str) -> bool:
    """Tell whether a sentence holds; one with a name that no sentence can hold is left out."""
    try:
        return judge(context, parse_entry(text)).verdict is Verdict.HOLDS
    except SentenceError:
        return False

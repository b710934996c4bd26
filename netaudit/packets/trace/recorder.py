"""What a trace writes down on its way."""

import msgspec

from netaudit.model.netfilter.program import Hook, ReadTable
from netaudit.model.netfilter.ruleset import Item
from netaudit.model.reason import Reason, is_by_chance
from netaudit.packets.host.followed import left_out
from netaudit.packets.values.branch import WHOLE, Branch
from netaudit.packets.values.packet import Packet
from netaudit.packets.values.steps import Change, End, EndKind, Step, StepKind

# What of a packet's changes is told: the rest follows from these.
_TOLD = frozenset(("saddr", "daddr", "sport", "dport", "mark", "ct-mark", "ct-state", "iif", "oif"))


class TraceRecorder:
    """Steps and ends, in order, and why there are several ends."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.doubts: dict[Reason, None] = {}
        self.limits: dict[Item, None] = {}
        self.notes: dict[Reason, None] = {}
        self._ends: dict[End, Branch] = {}

    def step(
        self,
        kind: StepKind,
        hook: Hook | None,
        state: Branch,
        verdict: str,
        detail: Reason | None = None,
        *,
        item: Item | None = None,
    ) -> None:
        """Write down what happens to a state."""
        self.steps.append(Step(kind, hook, verdict, detail, item, sure=state.sure))

    def changing(self, step: Step, before: Packet, after: Packet) -> None:
        """Write down a step with what it changes of a packet."""
        changes = tuple(
            Change(field, before.get(field), after.get(field))
            for field in after.fields
            if field in _TOLD and before.get(field) != after.get(field)
        )
        self.steps.append(msgspec.structs.replace(step, changes=changes))

    def end(self, kind: EndKind, state: Branch, reason: Reason | None = None, item: Item | None = None) -> None:
        """Write down an end; the same one, come to by several branches, is one."""
        found = End(kind, state.packet, reason, item)
        before = self._ends.get(found)
        self._ends[found] = Branch(before.packet, before.weight + state.weight) if before else state

    def stop(self, table: ReadTable, kind: EndKind, state: Branch, reason: Reason, item: Item) -> None:
        """Write down that a table stops it; one of which rules were left out may let it on."""
        if table.partly:
            state, unknown = state.part(), left_out(table.backend, table.family)
            self.doubt(unknown)
            self.end(EndKind.UNKNOWN, state, unknown, item)
        self.end(kind, state, reason, item)

    def doubt(self, reason: Reason) -> None:
        """Write down why something is not decided."""
        self.doubts[reason] = None

    def undecided(self, rule: Item, reason: Reason) -> None:
        """Write down that a rule's matches are not decided: by chance, or for what is not known."""
        if is_by_chance(reason):
            self.limits[rule] = None
        else:
            self.doubt(reason)

    def note(self, reason: Reason) -> None:
        """Write down what a reader should know."""
        self.notes[reason] = None

    @property
    def ends(self) -> tuple[End, ...]:
        """Return the ends; one is sure where no other is possible."""
        return tuple(
            End(end.kind, end.packet, end.reason, end.item, sure=state.weight == WHOLE)
            for end, state in self._ends.items()
        )

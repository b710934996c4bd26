"""A host before and after a command that has not run, with what the prediction is made of."""

from collections.abc import Iterable
from typing import Self

import msgspec

from netaudit.model.engine_request import EngineRequest
from netaudit.model.plan import Assumption, MadeOn, PlannedInventory, Refusal, Symbol
from netaudit.model.snapshot import Snapshot
from netaudit.plan.pitfalls import Pitfall, find_unpublished
from netaudit.plan.rules.planned import PlannedChange, PlannedHost


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """Two snapshots of a host, of which the second is hypothetical.

    `command` is what was planned, `title` the same as a line. `output` is what it printed. `writer` is who writes the
    new rules that no maker of the catalog writes: the command, where a kernel obeyed it; "" where only an engine does.
    `rules` says how sure each change of the ruleset is, in the order of the comparison; all are exact without it.
    """

    before: Snapshot
    after: Snapshot
    title: str
    command: tuple[str, ...] = ()
    writer: str = ""
    output: str = ""
    requests: tuple[EngineRequest, ...] = ()
    refused: tuple[Refusal, ...] = ()
    symbols: tuple[Symbol, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    pitfalls: tuple[Pitfall, ...] = ()
    rules: tuple[PlannedChange, ...] = ()
    made_on: MadeOn = MadeOn()

    @classmethod
    def of(
        cls,
        before: Snapshot,
        *,
        title: str,
        command: tuple[str, ...] = (),
        pitfalls: tuple[Pitfall, ...] = (),
        assumptions: tuple[Assumption, ...] = (),
    ) -> Self:
        """Return the plan that changes nothing yet."""
        return cls(
            before=before, after=before, title=title, command=command, pitfalls=pitfalls, assumptions=assumptions
        )

    def leads_to(self, host: PlannedHost, sent: Iterable[EngineRequest], inventory: PlannedInventory) -> Self:
        """Return this plan with the host and the inventory that the requests of a client lead to."""
        asked = tuple(one for one in sent if not one.only_asks)
        return msgspec.structs.replace(
            self,
            pitfalls=(
                *self.pitfalls,
                *find_unpublished(inventory.to_publish, host.before.inventory, host.after.inventory),
            ),
            before=host.before,
            after=host.after,
            rules=host.changes,
            symbols=host.symbols,
            assumptions=(*self.assumptions, *host.assumptions),
            requests=asked,
            refused=inventory.refused,
        )

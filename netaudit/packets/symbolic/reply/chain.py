"""The chains that answers meet, and what becomes doubtful of a decision about an answer."""

from collections.abc import Collection

from netaudit.model.netfilter.match import Field
from netaudit.model.netfilter.program import Hook, ReadChain, ReadTable
from netaudit.model.netfilter.ruleset import Item
from netaudit.model.netfilter.statement import Meaning
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.packets.sets.bounds import Bounds
from netaudit.packets.symbolic.chain import Chains
from netaudit.packets.symbolic.encoding.decision import Decision
from netaudit.packets.symbolic.encoding.doubts import why_unknown
from netaudit.packets.symbolic.reply.fields import UNKNOWN, ReplyPosition
from netaudit.packets.symbolic.table_visit import Visit


def in_doubt(decision: Decision) -> Decision:
    """Return a decision that may not be taken: where it stops the answer, it may stop it."""
    reason = decision.reason
    if reason is None or reason.kind is not ReasonKind.ANSWER_STOPPED:
        return decision
    return Decision(decision.rule, make_reason(ReasonKind.ANSWER_MAY_STOP, *reason.behind))


class ReplyChains(Chains):
    """Leads answers through chains. Decisions, drops and doubts are the same as for the packets that are answered."""

    def __init__(self, forward: Chains) -> None:
        super().__init__(forward.encoders)
        self.decisions, self.drops, self.doubts = forward.decisions, forward.drops, forward.doubts

    def base(self, table: ReadTable, chain: ReadChain, packets: Bounds, hook: Hook, position: ReplyPosition) -> Bounds:
        """Lead answers at a position through a base chain; return what is accepted.

        That a rule accepts an answer lets nobody in: the first packet's rules did.
        """
        visit = Visit(self, table, hook, self.encoders.answers_at(position), decides=False)
        return self.through(visit, chain, packets)

    def decision(self, rule: Item | None, reason: Reason | None = None) -> Decision:
        """Make a decision that says that it is about the answer."""
        return Decision(rule, make_reason(ReasonKind.ANSWER_STOPPED, *([reason] if reason else [])))

    def why_unknown(self, meaning: Meaning, fields: Collection[Field] = ()) -> Reason:
        """Return what of a rule cannot be decided of answers."""
        return why_unknown(meaning, UNKNOWN.union(fields))

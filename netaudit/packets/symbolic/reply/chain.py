"""The chains that answers meet, one and the same decisions, drops and doubts as those of the packets they answer."""

from netaudit.model.program import Hook, ReadChain
from netaudit.model.reason import Reason, ReasonKind, because
from netaudit.model.ruleset import Item
from netaudit.model.statement import Meaning
from netaudit.packets.sets.bounds import Bounds
from netaudit.packets.symbolic.chain import Chains
from netaudit.packets.symbolic.decision import Decision
from netaudit.packets.symbolic.doubts import why_unknown
from netaudit.packets.symbolic.matches import Encoder
from netaudit.packets.symbolic.reply.fields import ARRIVING, UNKNOWN


def in_doubt(decision: Decision) -> Decision:
    """Return a decision that may not be taken: where it stops the answer, it may stop it."""
    reason = decision.reason
    if reason is None or reason.kind is not ReasonKind.ANSWER_STOPPED:
        return decision
    return Decision(decision.rule, because(ReasonKind.ANSWER_MAY_STOP, *reason.behind))


class ReplyChains(Chains):
    """Leads answers through chains; set `place` before."""

    def __init__(self, forward: Chains) -> None:
        super().__init__(forward.encoders)
        self.decisions, self.drops, self.doubts = forward.decisions, forward.drops, forward.doubts
        self.place = ARRIVING

    def encoder_for(self, _packets: Bounds) -> Encoder:
        """Choose how rules are asked at the present place."""
        return self.encoders.answers_at(self.place)

    def decides(self, _chain: ReadChain, _hook: Hook) -> bool:
        """Leave it to the first packet's rules to have let it in."""
        return False

    def decision(self, rule: Item | None, reason: Reason | None = None) -> Decision:
        """Make a decision that says that it is about the answer."""
        return Decision(rule, because(ReasonKind.ANSWER_STOPPED, *([reason] if reason else [])))

    def why_unknown(self, meaning: Meaning) -> Reason:
        """Return what of a rule cannot be decided of answers."""
        return why_unknown(meaning, UNKNOWN)

"""The chains that answers meet, one and the same decisions, drops and doubts as those of the packets they answer."""

from netaudit.model.program import Hook, ReadChain
from netaudit.model.ruleset import Item
from netaudit.model.statement import Meaning
from netaudit.packets.sets.bounds import Bounds
from netaudit.packets.symbolic.chain import Chains
from netaudit.packets.symbolic.decision import Decision
from netaudit.packets.symbolic.doubts import why_unknown
from netaudit.packets.symbolic.matches import Encoder
from netaudit.packets.symbolic.reply.fields import ARRIVING, UNKNOWN

STOPPED, PERHAPS = "the answer is stopped", "the answer may be stopped"


def perhaps(decision: Decision) -> Decision:
    """Say of a decision about an answer that it is in doubt."""
    return Decision(decision.rule, decision.reason.replace(STOPPED, PERHAPS, 1))


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

    def decision(self, rule: Item | None, reason: str = "") -> Decision:
        """Make a decision that says that it is about the answer."""
        return Decision(rule, f"{STOPPED}: {reason}" if reason else STOPPED)

    def why_unknown(self, meaning: Meaning) -> str:
        """Say what of a rule cannot be decided of answers."""
        return why_unknown(meaning, UNKNOWN)

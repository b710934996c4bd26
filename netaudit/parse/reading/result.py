"""What was read of one source of rules, and what its form could not say."""

import msgspec

from netaudit.model.facts import Gap, GapReason
from netaudit.model.netfilter.ruleset import Table


class Loss(msgspec.Struct, frozen=True, order=True):
    """Something that a form of rules does not say.

    A `doubtful` one was read in its usual sense, and may mean another; any other one was not read at all.
    """

    detail: str
    doubtful: bool = False
    of_rules: bool = False  # rules may have been there that are not read


class ParseResult(msgspec.Struct, frozen=True):
    """Tables, and what could not be read of them."""

    tables: tuple[Table, ...] = ()
    losses: tuple[Loss, ...] = ()

    def gaps(self, source: str) -> tuple[Gap, ...]:
        """Say the losses as gaps of a source, each once, in the order of the text."""
        return tuple(
            Gap(source, GapReason.PARTIAL if loss.doubtful else GapReason.NOT_RECORDED, loss.detail)
            for loss in dict.fromkeys(self.losses)
        )

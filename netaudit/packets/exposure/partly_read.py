"""What is blocked by rules of which others were left out is not known: a rule that is not here may accept it."""

from collections.abc import Collection

from msgspec.structs import replace

from netaudit.model.exposure import Exposure, Outcome
from netaudit.model.netfilter.ruleset import Backend
from netaudit.packets.host.followed import left_out


def unless_partly_read(exposure: Exposure, partly: Collection[tuple[Backend, str, str]]) -> Exposure:
    """Return what is blocked as `may` where the table that decides was read in part."""
    rule = exposure.rule
    if exposure.outcome is not Outcome.BLOCKED or rule is None:
        return exposure
    if (rule.backend, rule.family, rule.table) not in partly:
        return exposure
    return replace(exposure, outcome=Outcome.MAY, rule=None, reason=left_out(rule.backend, rule.family))

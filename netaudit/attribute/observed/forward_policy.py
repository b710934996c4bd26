"""Who set FORWARD's policy: its text does not show that, but the kernel's settings can."""

import msgspec

from netaudit.attribute.attribution import Attribution, Cause, CauseKind, Confidence
from netaudit.attribute.reason import AttributionReason, AttributionReasonKind
from netaudit.model.forwarding import forwards
from netaudit.model.netfilter.ruleset import Item, ObjectKind
from netaudit.model.snapshot import Snapshot


def attribute_policy(item: Item, guess: Attribution, before: Snapshot, after: Snapshot) -> Attribution:
    """Attribute FORWARD's new policy to Docker where forwarding was switched on in the same step.

    Docker sets the policy exactly when it switches forwarding on; any other policy keeps
    the attribution `guess`.
    """
    if item.object is not ObjectKind.POLICY or guess.confidence is not Confidence.AMBIGUOUS:
        return guess
    if _forwards(before, item.family) is not False or not _forwards(after, item.family):
        return guess
    return msgspec.structs.replace(
        guess,
        confidence=Confidence.LIKELY,
        causes=(Cause(CauseKind.DAEMON),),
        reason=AttributionReason(AttributionReasonKind.FORWARDING_SWITCHED_ON),
    )


def _forwards(snapshot: Snapshot, family: str) -> bool | None:
    return forwards(dict(snapshot.host.sysctls), family)

"""Who set FORWARD's policy: the text cannot tell, but the kernel's settings can."""

import msgspec

from netaudit.attribute.attribution import Attribution, Cause, CauseKind, Confidence
from netaudit.model.forwarding import forwards
from netaudit.model.ruleset import Item, ObjectKind
from netaudit.model.snapshot import Snapshot


def attribute_policy(item: Item, guess: Attribution, before: Snapshot, after: Snapshot) -> Attribution:
    """Give FORWARD's new policy to Docker where forwarding was switched on in the same step.

    Docker sets the policy exactly when it switches forwarding on; of anybody else's policy nothing better than
    `guess` is known.
    """
    if item.object is not ObjectKind.POLICY or guess.confidence is not Confidence.AMBIGUOUS:
        return guess
    if _forwards(before, item.family) is not False or not _forwards(after, item.family):
        return guess
    return msgspec.structs.replace(
        guess,
        confidence=Confidence.LIKELY,
        causes=(Cause(CauseKind.DAEMON),),
        reason="forwarding was switched on in the same step, which is when Docker sets this policy",
    )


def _forwards(snapshot: Snapshot, family: str) -> bool | None:
    return forwards(dict(snapshot.host.sysctls), family)

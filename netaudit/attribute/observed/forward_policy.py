"""Who set FORWARD's policy: the text cannot tell, but the kernel's settings can."""

import msgspec

from netaudit.attribute.attribution import Attribution, Cause, CauseKind, Confidence
from netaudit.model.ruleset import Item, ObjectKind
from netaudit.model.snapshot import Snapshot

_SWITCHES = {"ip": ("net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding"), "ip6": ("net.ipv6.conf.all.forwarding",)}


def attribute_policy(item: Item, guess: Attribution, before: Snapshot, after: Snapshot) -> Attribution:
    """Give FORWARD's new policy to Docker where forwarding was switched on in the same step.

    Docker sets the policy exactly when it switches forwarding on; of anybody else's policy nothing better than
    `guess` is known.
    """
    if item.object is not ObjectKind.POLICY or guess.confidence is not Confidence.AMBIGUOUS:
        return guess
    if _forwarding(before, item.family) != "0" or _forwarding(after, item.family) != "1":
        return guess
    return msgspec.structs.replace(
        guess,
        confidence=Confidence.LIKELY,
        causes=(Cause(CauseKind.DAEMON),),
        reason="forwarding was switched on in the same step, which is when Docker sets this policy",
    )


def _forwarding(snapshot: Snapshot, family: str) -> str:
    sysctls = dict(snapshot.host.sysctls)
    return next((sysctls[name] for name in _SWITCHES.get(family, ()) if name in sysctls), "")

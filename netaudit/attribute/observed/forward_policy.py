"""Who set FORWARD's policy: its text does not show that, but the kernel's settings can."""

import msgspec

from netaudit.attribute.attribution import Attribution, Cause, CauseKind, Confidence
from netaudit.attribute.reason import Reason, ReasonKind
from netaudit.model.ruleset import Item, ObjectKind
from netaudit.model.snapshot import Snapshot

_SWITCHES = {"ip": ("net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding"), "ip6": ("net.ipv6.conf.all.forwarding",)}


def attribute_policy(item: Item, guess: Attribution, before: Snapshot, after: Snapshot) -> Attribution:
    """Attribute FORWARD's new policy to Docker where forwarding was switched on in the same step.

    Docker sets the policy exactly when it switches forwarding on; any other policy keeps
    the attribution `guess`.
    """
    if item.object is not ObjectKind.POLICY or guess.confidence is not Confidence.AMBIGUOUS:
        return guess
    if _forwarding(before, item.family) != "0" or _forwarding(after, item.family) != "1":
        return guess
    return msgspec.structs.replace(
        guess,
        confidence=Confidence.LIKELY,
        causes=(Cause(CauseKind.DAEMON),),
        reason=Reason(ReasonKind.FORWARDING_SWITCHED_ON),
    )


def _forwarding(snapshot: Snapshot, family: str) -> str:
    sysctls = dict(snapshot.host.sysctls)
    return next((sysctls[name] for name in _SWITCHES.get(family, ()) if name in sysctls), "")

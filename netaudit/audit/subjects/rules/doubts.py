"""Why a finding is not certain: sources that were not read leave open whose something is, or whether it is there."""

import re
from collections.abc import Iterator

from netaudit.attribute.attribution import AttributedItem, Standing
from netaudit.audit.checks.answer import Doubt
from netaudit.audit.view.view import HostView
from netaudit.model.facts import Gap, GapReason, Source
from netaudit.model.reason import Reason, ReasonKind, make_reason

_INTERFACE = re.compile(r" -[io] (?!lo |eth)\S")


def outbound_doubts(view: HostView, outbound: str | None) -> Iterator[Doubt]:
    """Doubt whether a network is meant to have a way out, where Docker did not say whether it is internal."""
    for gap in _gaps(view, Source.DOCKER_NETWORKS) if outbound not in (None, "open") else ():
        yield Doubt("outbound", outbound, "open", (_why(gap),))


def reply_doubts(view: HostView) -> Iterator[Doubt]:
    """Doubt that a rule drops replies where nobody knows whether the interface that it names is there."""
    for gap in _gaps(view, Source.IP_ADDR):
        yield Doubt("user_drops_replies", opened=True, closed=False, reasons=(_why(gap),))


def maker_doubts(view: HostView, one: AttributedItem) -> Iterator[Doubt]:
    """Doubt that a rule in a chain of Docker's has no maker, where its interface may be another daemon's bridge.

    Of a listing that somebody pasted nobody expects interfaces.
    """
    if one.attribution.maker or one.attribution.standing is not Standing.FOREIGN:
        return
    for gap in _gaps(view, Source.IP_ADDR):
        if gap.reason is not GapReason.NOT_RECORDED and _INTERFACE.search(one.item.text):
            yield Doubt("maker", "", "docker", (_why(gap),))


def _gaps(view: HostView, source: Source) -> Iterator[Gap]:
    return (gap for gap in view.snapshot.gaps if gap.source == source)


def _why(gap: Gap) -> Reason:
    return make_reason(ReasonKind.SOURCE_GAP, source=gap.source, gap=gap.reason)

"""The words for a policy beside a plan: which entries would be kept, which are broken already, and by what."""

from collections.abc import Iterable, Iterator

import msgspec

from netaudit.audit.planned import JudgedPlan
from netaudit.model.exposure import Exposure
from netaudit.policy.subjects import own_ports
from netaudit.policy.verdict import Judged, Verdict
from netaudit.report.text.findings.assertion import worst_first

_NAMED = 3  # of what breaks one entry


class PlannedEntry(msgspec.Struct, frozen=True):
    """An entry that would not be kept: since when, and what breaks it."""

    judged: Judged
    since: str
    broken_by: str


def entries_not_kept(plan: JudgedPlan) -> tuple[PlannedEntry, ...]:
    """List the entries that would not hold, the broken first; what is broken already goes behind what would be."""
    assertion = plan.audit.assertion
    if assertion is None:
        return ()
    earlier = plan.held_before.judged if plan.held_before else ()
    before = {id(one.entry): one.verdict for one in earlier}
    already = {one.subject for one in plan.broken}
    found = [
        PlannedEntry(one, _since(one, before.get(id(one.entry)), already), _few(dict.fromkeys(_breaches(one))))
        for one in worst_first(assertion)
        if one.verdict is not Verdict.HOLDS
    ]
    return tuple(sorted(found, key=lambda one: one.since == _ALREADY))


_ALREADY = "broken already"


def _since(one: Judged, before: Verdict | None, already: set[str]) -> str:
    """Say since when an entry is not kept."""
    if one.verdict is not Verdict.BROKEN:
        return one.verdict
    if f"entry {one.entry.text}" in already:
        return _ALREADY
    return "would be broken further" if before is Verdict.BROKEN else "would be broken"


def _breaches(judged: Judged) -> Iterator[str]:
    """Name what breaks an entry: `host 22/tcp from internet`."""
    if judged.verdict is Verdict.BROKEN:
        zones: dict[str, dict[str, None]] = {}
        for cell in judged.cells:
            zones.setdefault(_place(cell.exposure), {})[str(cell.exposure.zone)] = None
        yield from (f"{place} from {', '.join(names)}" for place, names in zones.items())
        yield from (f"{one.target} not from {one.sender}" for one in judged.unmet)
        yield from (f"{one} is on several of these networks" for one in judged.shared)


def _place(cell: Exposure) -> str:
    there = cell.destination
    whose = there.container_name or (str(there.led) if there.led else "host")
    ports = ", ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in own_ports(there))
    return f"{whose} {ports}/{there.protocol}"


def _few(said: Iterable[str]) -> str:
    found = list(said)
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return "; ".join(found[:_NAMED]) + more


def describe_all_kept(plan: JudgedPlan) -> str:
    """Say that all is kept: `policy: 2 entries hold`; "" without a policy, and where one does not hold."""
    assertion = plan.audit.assertion
    if assertion is None or any(one.verdict is not Verdict.HOLDS for one in assertion.judged):
        return ""
    number = len(assertion.judged)
    return f"policy: {number} {'entry holds' if number == 1 else 'entries hold'}"

"""What changed since an earlier recording: rules, policies, and who can reach what."""

from collections.abc import Iterator
from typing import Annotated

import msgspec

from netaudit.attribute.attribution import AttributedChange, AttributedExposure, AttributedItem, ExposureChange
from netaudit.audit.checks.answer import Doubt
from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.subjects.exposure import port_words
from netaudit.audit.subjects.fact import CheckSubject, RuleEditor, SubjectFacts, fact
from netaudit.audit.subjects.rules.rule import is_dockers
from netaudit.audit.view.view import HostView
from netaudit.diff import Added, Altered, Moved, Removed
from netaudit.model.exposure import Delivery, Destination, Outcome


class ChangeFacts(SubjectFacts, frozen=True):
    """What is known of a change, with `--since` an earlier recording."""

    change: Annotated[
        str, fact("`added`, `removed`, `altered`, `moved`; of exposure `opened`, `closed`, or `undecided`.")
    ] = ""
    object: Annotated[str, fact("`rule`, `policy`, `chain`, `set`, `map` or `exposure`.")] = ""
    where: Annotated[str, fact("Its place, as `explain` takes it; of exposure what is reached.")] = ""
    text: Annotated[str, fact("Its text; of exposure what becomes of the packets now.")] = ""
    before: Annotated[str, fact("Its text before, where it was there.")] = ""
    family: Annotated[str, fact("Of a rule, chain or policy: `ip`, `ip6`, `inet` and so on.")] = ""
    table: Annotated[str, fact("Of a rule, chain or policy: its table.")] = ""
    chain: Annotated[str, fact("Of a rule, chain or policy: its chain.")] = ""
    iptables: RuleEditor = ""
    maker: Annotated[str, fact("Who wrote it, empty where that is not known.")] = ""
    writer: Annotated[str, fact("The program that was seen to write it; empty where nobody watched.")] = ""
    docker_chain: Annotated[bool, fact("Whether Docker owns its chain or table.")] = False
    zone: Annotated[str, fact("Of exposure: where packets come from.")] = ""
    container: Annotated[str, fact("Of exposure: the container that is reached, empty for the host.")] = ""
    because: Annotated[str, fact("Of exposure: why it changed, empty where that is not known.")] = ""


def changes(view: HostView) -> Iterator[CheckSubject]:
    """Return every change, where an earlier recording was named."""
    if view.since is None:
        return
    for one in view.since.changes:
        yield _of_rule(view, one)
    for change in view.since.exposure or ():
        yield _of_exposure(change)


def _of_rule(view: HostView, one: AttributedChange) -> CheckSubject:
    item = one.change.item
    verb, before = _verb(one)
    facts = ChangeFacts(
        change=verb,
        object=item.object,
        where=item.where,
        text=item.text,
        before=before,
        family=item.family,
        table=item.table,
        chain=item.chain,
        iptables=view.tools.of(item.backend, item.family),
        maker=one.attribution.maker,
        writer=one.writer.name if one.writer else "",
        docker_chain=is_dockers(item),
    )
    name = f"{verb} {item.object} {item.where}"
    identity = f"change {verb} {item.backend} {item.family} {item.table}/{item.chain} {item.text}"
    return CheckSubject(CheckedKind.CHANGE, name, identity, facts, rules=(AttributedItem(item, one.attribution),))


def _verb(one: AttributedChange) -> tuple[str, str]:
    match one.change:
        case Added():
            return "added", ""
        case Removed(item):
            return "removed", item.text
        case Altered(_, before):
            return "altered", before.text
        case Moved(_, before):
            return "moved", before.text


def _of_exposure(change: ExposureChange) -> CheckSubject:
    cells = tuple(one for one in (change.after, change.before) if one)
    shown = cells[0].exposure
    there = shown.destination
    whose = there.container_name or "host"
    turn = _turn(change)
    what = str(there.binding) if there.binding else f"{there.address} {_ports(there)}"
    facts = ChangeFacts(
        change=turn.said,
        object="exposure",
        where=f"{whose} {what}",
        text=_outcome(change.after),
        before=_outcome(change.before),
        zone=shown.zone.kind,
        container=there.container_name,
        because=change.because,
    )
    name = f"{shown.zone.identity} → {whose} {what}"
    return CheckSubject(
        CheckedKind.CHANGE,
        name,
        f"change {name}",
        facts,
        cells=cells[:1],
        container=there.container_name,
        doubts=turn.doubts,
        about=f"{whose} {there.binding.container_port}/{there.protocol}" if there.binding else "",
    )


def _ports(there: Destination) -> str:
    """Name ports: `22/tcp`, `every tcp port`, `1-21,23-65535/tcp`."""
    if there.has_every_port:
        return f"every {there.protocol} port"
    return f"{','.join(port_words(there))}/{there.protocol}"


def _outcome(cell: AttributedExposure | None) -> str:
    if cell is None:
        return "not there"
    partly = cell.exposure.outcome is Outcome.ALLOWED and not cell.exposure.for_all
    return f"{cell.exposure.outcome}, not for all" if partly else str(cell.exposure.outcome)


class _Turn(msgspec.Struct, frozen=True):
    said: str
    doubts: tuple[Doubt, ...] = ()


def _turn(change: ExposureChange) -> _Turn:
    """Say whether a cell opened or closed; where a side could not be decided, for each of what it may have been."""
    sides = (change.before, change.after)
    undecided = [one.exposure for one in sides if one and one.exposure.outcome is Outcome.MAY]
    opened, closed = ([_rank(side, doubtful) for side in sides] for doubtful in (_OPEN, _CLOSED))
    if not undecided:
        return _Turn(_direction(*opened))
    reasons = tuple(one.reason for one in undecided if one.reason)
    return _Turn("undecided", (Doubt("change", _direction(*opened), _direction(*closed), reasons),))


_CLOSED, _PARTLY, _OPEN = range(3)


def _rank(cell: AttributedExposure | None, doubtful: int) -> int:
    """Rank what becomes of packets; what could not be decided is taken as said."""
    if cell is None:
        return _CLOSED
    match cell.exposure.outcome:
        case Outcome.MAY:
            return doubtful
        case Outcome.BLOCKED | Outcome.NOBODY:
            return _CLOSED
        case Outcome.ALLOWED:
            return _CLOSED if cell.exposure.way is Delivery.NONE else _OPEN if cell.exposure.for_all else _PARTLY


def _direction(before: int, after: int) -> str:
    return "opened" if after > before else "closed" if after < before else "unchanged"

"""Entries of the policy that the host is held against."""

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Annotated

from netaudit.audit.checks.answer import Doubt
from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.finding import Written
from netaudit.audit.subjects.fact import CheckSubject, SubjectFacts, fact
from netaudit.audit.view.view import HostView
from netaudit.model.exposure import Exposure
from netaudit.policy.subjects import own_ports
from netaudit.policy.verdict import Judged, Lack, Verdict

_NAMED = 4  # breaches of one entry


class EntryFacts(SubjectFacts, frozen=True):
    """What is known of an entry of the policy (policy.md), where the host is held against one."""

    sentence: Annotated[str, fact("What it says.")] = ""
    verdict: Annotated[str, fact("`holds`, `broken`, `vacuous` or `undecided`.")] = ""
    ended: Annotated[bool, fact("Whether its last day is over.")] = False
    words: Annotated[tuple[str, ...], fact("Its words that stand for nothing on this host.")] = ()
    breaches: Annotated[tuple[str, ...], fact("What breaks it: who reaches what, who does not, and who is where.")] = ()
    why: Annotated[str, fact("Why it was decided.")] = ""
    owner: Annotated[str, fact("Who answers for it.")] = ""
    until: Annotated[str, fact("Its last day, empty for none.")] = ""
    place: Annotated[str, fact("Where it stands: a file with its line.")] = ""


def entries(view: HostView) -> Iterator[CheckSubject]:
    """Return every entry of the policy, where there is one."""
    if view.held is not None:
        file = view.held.assertion.policy.place
        yield from (_subject(one, file) for one in view.held.assertion.judged)


def _subject(judged: Judged, file: str) -> CheckSubject:
    entry = judged.entry
    facts = EntryFacts(
        sentence=entry.text,
        verdict=judged.verdict,
        ended=any(one.lack is Lack.ENDED for one in judged.unmatched),
        words=tuple(one.word for one in judged.unmatched if one.lack is not Lack.ENDED),
        breaches=_few(dict.fromkeys(_breaches(judged))) if judged.verdict is Verdict.BROKEN else (),
        why=entry.why,
        owner=entry.owner,
        until=entry.until.isoformat() if entry.until else "",
        place=f"{file}:{entry.line}",
    )
    stopped = tuple(one.cell for one in judged.unmet if one.cell)
    return CheckSubject(
        CheckedKind.ENTRY,
        f"entry {entry.text}",
        f"policy entry {entry.text}",
        facts,
        cells=(*judged.cells, *stopped),
        doubts=tuple(_doubts(judged)),
        written=Written(file, entry.line),
    )


def _doubts(judged: Judged) -> Iterator[Doubt]:
    """Return the bounds of a verdict that lacks a fact: it is undecided and no finding, as for `netaudit assert`."""
    if judged.verdict is Verdict.UNDECIDED:
        reasons = (one.exposure.reason for one in judged.cells)
        told = (*judged.missing, *(one for one in dict.fromkeys(reasons) if one))
        yield Doubt("verdict", str(Verdict.HOLDS), str(Verdict.BROKEN), told)


def _breaches(judged: Judged) -> Iterator[str]:
    yield from (f"{_way(one.exposure)} is reached" for one in judged.cells)
    yield from (f"{one.sender} → {one.target} is not reached" for one in judged.unmet)
    yield from (f"{one} is on several of these networks" for one in judged.shared)


def _few(breaches: Collection[str]) -> tuple[str, ...]:
    left = len(breaches) - _NAMED
    return (*islice(breaches, _NAMED), *([f"and {left} more"] if left > 0 else []))


def _way(cell: Exposure) -> str:
    there = cell.destination
    whose = there.container_name or (str(there.led) if there.led else "host")
    ports = ", ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in own_ports(there))
    return f"{cell.zone} → {whose}:{ports}/{there.protocol}"

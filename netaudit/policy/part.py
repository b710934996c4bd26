"""Entries of a policy -> the part of a host that they ask about."""

from collections.abc import Iterable, Sequence

from netaudit.packets.exposure.requested import Requested
from netaudit.policy.entry import Entry, Form, Subject, SubjectKind
from netaudit.policy.subjects import Subjects, names_containers

_OF_SENDERS_ONE_BY_ONE = frozenset({Form.NOTHING, Form.ONLY, Form.ISOLATED})
_OF_MANY = frozenset({SubjectKind.NETWORK, SubjectKind.ANYTHING})  # they send as networks, not as containers


def part_of(entries: Sequence[Entry], subjects: Subjects) -> Requested | None:
    """Return what entries ask about; None where one of them asks about everything."""
    asked = [subject for one in entries for subject in _reached(one)]
    if any(one.form is Form.CAN_ONLY for one in entries) or any(one.kind is SubjectKind.ANYTHING for one in asked):
        return None
    ids = frozenset(name for one in asked for name in subjects.ids(one))
    return Requested(ids, listeners=any(one.kind is SubjectKind.HOST for one in asked))


def name_senders(entries: Iterable[Entry]) -> bool:
    """Tell whether containers have to be told apart as senders: some are named, or left out of everybody."""
    return any(
        one.form in _OF_SENDERS_ONE_BY_ONE
        or any(names_containers(subject) and subject.kind not in _OF_MANY for subject in one.subjects)
        for one in entries
    )


def _reached(entry: Entry) -> Iterable[Subject]:
    if entry.form is Form.ISOLATED:  # each of its networks is reached from the others
        return entry.subjects
    return (one.subject for one in entry.targets)

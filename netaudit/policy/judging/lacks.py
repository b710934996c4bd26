"""What keeps an entry from being judged: words that stand for nothing here, and facts that were not recorded."""

from collections.abc import Iterator

from netaudit.model.facts import Source
from netaudit.model.netfilter.family import IP_FAMILIES
from netaudit.model.reason import Reason
from netaudit.policy.entry import Entry, Subject, SubjectKind
from netaudit.policy.judging.context import HostContext
from netaudit.policy.subjects import names_containers
from netaudit.policy.verdict import Lack, Unmatched


def unmatched_words(context: HostContext, entry: Entry) -> Iterator[Unmatched]:
    """Yield the words of an entry that stand for nothing on this host."""
    if entry.until and entry.ended(context.today):
        yield Unmatched(entry.until.isoformat(), Lack.ENDED)
    for subject in entry.subjects:
        if lack := _lack(context, subject) or _lack_of_zone(context, subject, entry):
            yield Unmatched(str(subject), lack)
    for target in (*entry.targets, *entry.exceptions):
        if lack := _lack(context, target.subject):
            yield Unmatched(str(target.subject), lack)


def missing_facts(context: HostContext, entry: Entry) -> Iterator[Reason]:
    """Yield why an entry cannot be judged: a source of what it speaks of was not recorded."""
    if Source.IP_ADDR in context.missing:
        yield context.missing[Source.IP_ADDR]
        return
    words = [*entry.subjects, *(one.subject for one in (*entry.targets, *entry.exceptions))]
    if Source.DOCKER_CONTAINERS in context.missing and any(map(names_containers, words)):
        yield context.missing[Source.DOCKER_CONTAINERS]
    if Source.SOCKETS in context.missing and any(one.kind is SubjectKind.HOST for one in words):
        yield context.missing[Source.SOCKETS]


def _lack(context: HostContext, subject: Subject) -> Lack | None:
    """Say why a subject of containers stands for nothing."""
    known = not names_containers(subject) or subject.kind is SubjectKind.ANYTHING
    if known or Source.DOCKER_CONTAINERS in context.missing or context.subjects.containers(subject):
        return None
    if context.subjects.is_network(subject):
        return None
    return Lack.STOPPED if context.subjects.is_stopped(subject) else Lack.NO_MATCH


def _lack_of_zone(context: HostContext, subject: Subject, entry: Entry) -> Lack | None:
    """Say that no packets of a host come from where a subject is."""
    if context.missing or names_containers(subject):
        return None
    families = (entry.family,) if entry.family else IP_FAMILIES
    return None if any(context.senders.of(subject, one) for one in families) else Lack.NO_ZONE

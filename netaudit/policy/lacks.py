"""What keeps an entry from being judged: words that stand for nothing here, and facts that were not recorded."""

from collections.abc import Iterator

from netaudit.model.facts import Source
from netaudit.model.netfilter.family import IP_FAMILIES
from netaudit.model.reason import Reason
from netaudit.policy.entry import Entry, Subject, SubjectKind
from netaudit.policy.ground import Ground
from netaudit.policy.subjects import names_containers
from netaudit.policy.verdict import Lack, Unmatched


def unmatched_words(ground: Ground, entry: Entry) -> Iterator[Unmatched]:
    """Yield the words of an entry that stand for nothing on this host."""
    if entry.until and entry.ended(ground.today):
        yield Unmatched(entry.until.isoformat(), Lack.ENDED)
    for subject in entry.subjects:
        if lack := _lack(ground, subject) or _lack_of_zone(ground, subject, entry):
            yield Unmatched(str(subject), lack)
    for target in (*entry.targets, *entry.exceptions):
        if lack := _lack(ground, target.subject):
            yield Unmatched(str(target.subject), lack)


def missing_facts(ground: Ground, entry: Entry) -> Iterator[Reason]:
    """Yield why an entry cannot be judged: a source of what it speaks of was not recorded."""
    if Source.IP_ADDR in ground.missing:
        yield ground.missing[Source.IP_ADDR]
        return
    words = [*entry.subjects, *(one.subject for one in (*entry.targets, *entry.exceptions))]
    if Source.DOCKER_CONTAINERS in ground.missing and any(map(names_containers, words)):
        yield ground.missing[Source.DOCKER_CONTAINERS]
    if Source.SOCKETS in ground.missing and any(one.kind is SubjectKind.HOST for one in words):
        yield ground.missing[Source.SOCKETS]


def _lack(ground: Ground, subject: Subject) -> Lack | None:
    """Say why a subject of containers stands for nothing."""
    known = not names_containers(subject) or subject.kind is SubjectKind.ANYTHING
    if known or Source.DOCKER_CONTAINERS in ground.missing or ground.subjects.containers(subject):
        return None
    if ground.subjects.is_network(subject):
        return None
    return Lack.STOPPED if ground.subjects.is_stopped(subject) else Lack.NO_MATCH


def _lack_of_zone(ground: Ground, subject: Subject, entry: Entry) -> Lack | None:
    """Say that no packets of a host come from where a subject is."""
    if ground.missing or names_containers(subject):
        return None
    families = (entry.family,) if entry.family else IP_FAMILIES
    return None if any(ground.senders.of(subject, one) for one in families) else Lack.NO_ZONE

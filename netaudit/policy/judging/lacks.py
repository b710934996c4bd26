"""What keeps an entry from being judged: words that stand for nothing here, and facts that were not recorded."""

from collections.abc import Iterator

from netaudit.model.facts import INVENTORY_SOURCES, PODMAN_SOURCES, GapReason, Source
from netaudit.model.netfilter.family import IP_FAMILIES, Family
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.policy.entry import Entry, Form, Subject, SubjectKind
from netaudit.policy.judging.context import HostContext
from netaudit.policy.subjects import names_containers
from netaudit.policy.verdict import Lack, Unmatched

_OF_IPV6_ALONE = (Source.IP6TABLES_NFT, Source.IP6TABLES_LEGACY, Source.IP6_ROUTE, Source.IP6_RULE)
_OF_ENGINES = (*INVENTORY_SOURCES, *PODMAN_SOURCES)
_OF_HOST = (SubjectKind.HOST, SubjectKind.ANYTHING)


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
    families = (entry.family,) if entry.family else IP_FAMILIES
    if unplaced := next((context.unplaced[one] for one in families if one in context.unplaced), None):
        yield unplaced
        return
    words = _words(entry)
    if Source.DOCKER_CONTAINERS in context.missing and any(map(names_containers, words)):
        yield context.missing[Source.DOCKER_CONTAINERS]
    if Source.SOCKETS in context.missing and any(one.kind is SubjectKind.HOST for one in words):
        yield context.missing[Source.SOCKETS]


def hidden_ways(context: HostContext, entry: Entry) -> Iterator[Reason]:
    """Yield why nobody can tell that an entry does not get what it forbids: what was not seen may open something."""
    about_host = entry.form is Form.CAN_ONLY or any(one.kind in _OF_HOST for one in _words(entry))
    for gap in context.hiding:
        no_engine = gap.reason is GapReason.ABSENT and gap.source in _OF_ENGINES  # whose containers it names: see above
        elsewhere = no_engine or (entry.family is Family.IP and gap.source in _OF_IPV6_ALONE)
        if not elsewhere and (about_host or gap.source != Source.SOCKETS):  # they open no container's ports
            yield make_reason(ReasonKind.SOURCE_GAP, source=gap.source, gap=gap.reason)


def _words(entry: Entry) -> list[Subject]:
    return [*entry.subjects, *(one.subject for one in (*entry.targets, *entry.exceptions))]


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
    if context.missing or context.unplaced or names_containers(subject):
        return None
    families = (entry.family,) if entry.family else IP_FAMILIES
    return None if any(context.senders.of(subject, one) for one in families) else Lack.NO_ZONE

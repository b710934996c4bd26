"""Networks that are to be isolated: what members of one reach of another, and who is a member of several."""

from collections.abc import Iterator
from itertools import permutations

from netaudit.model.docker import Container
from netaudit.model.exposure import Destination, Exposure
from netaudit.policy.entry import Entry, Subject, SubjectKind, Target
from netaudit.policy.judging.context import HostContext
from netaudit.policy.subjects import own_ports


def shared_members(context: HostContext, entry: Entry) -> tuple[str, ...]:
    """Return the containers that are members of several of the networks, but for the exceptions."""
    members = [{one.name for one in _members(context, entry, network)} for network in entry.subjects]
    return tuple(sorted({name for one, other in permutations(members, 2) for name in one & other}))


def isolation_cells(context: HostContext, entry: Entry) -> Iterator[Exposure]:
    """Yield what members of one network alone reach of containers of another alone."""
    for one, other in permutations(entry.subjects, 2):
        ours, theirs = (_members(context, entry, each) for each in (one, other))
        only = {each.id for each in theirs} - {each.id for each in ours}
        senders = [each for each in ours if each not in theirs]
        for destination in context.cells.of_targets((Target(other),), entry.family):
            if context.subjects.owner(destination) in only:
                yield from _from_members(context, one, senders, destination)


def _from_members(
    context: HostContext, network: Subject, senders: list[Container], destination: Destination
) -> Iterator[Exposure]:
    zones = context.senders.of(network, destination.family)
    if not any(context.cells.is_reached(zone, destination) for zone in zones):
        return  # nobody of the network gets there
    for one in senders:
        for zone in context.senders.of(Subject(SubjectKind.CONTAINER, one.name), destination.family):
            yield from context.cells.past(zone, destination, own_ports(destination))


def _members(context: HostContext, entry: Entry, network: Subject) -> tuple[Container, ...]:
    """Return the members of a network, but for the exceptions."""
    excepted = {one for but in entry.exceptions for one in context.subjects.containers(but.subject)}
    return tuple(one for one in context.subjects.containers(network) if one not in excepted)

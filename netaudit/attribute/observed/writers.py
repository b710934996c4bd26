"""What was recorded while a host changed -> the writer of each change, and Docker's events about its causes."""

from collections.abc import Iterator

from msgspec.structs import replace

from netaudit.attribute.attribution import AttributedChange, AttributedDiff, Cause, CauseKind
from netaudit.diff import Change, Removed
from netaudit.model.netfilter.ruleset import Backend, Item, ObjectKind
from netaudit.model.observation import Action, Commit, DockerEvent, Handles, Observation, Writer, join_processes

_LEGACY = Writer(reason="the kernel does not tell who changes iptables-legacy tables")
_NOT_REPORTED = Writer(reason="the kernel did not report such a change")
# A kernel object of nf_tables may be shown as several of ours: a chain has a policy, a map is a set.
_KERNEL_KINDS = {ObjectKind.POLICY: ObjectKind.CHAIN, ObjectKind.MAP: ObjectKind.SET}
_BRINGING = frozenset({"create", "start", "restart", "unpause", "connect", "rename", "update"})
_TAKING = frozenset({"kill", "stop", "die", "oom", "pause", "destroy", "remove", "disconnect", "rename", "update"})


def tell_writers(diff: AttributedDiff, observation: Observation) -> AttributedDiff:
    """Add to each change who wrote it, as far as the kernel reported it, and Docker's events about its causes."""
    changes = (
        replace(one, writer=_writer(one.change, observation), events=tuple(_events(one, observation.events)))
        for one in diff.changes
    )
    return replace(diff, changes=tuple(changes))


def _writer(change: Change, observation: Observation) -> Writer:
    if change.item.backend is Backend.IPTABLES_LEGACY:
        return _of_legacy(change, observation)
    if observation.blind:
        return Writer(reason=observation.blind)
    return _name(list(_committers(change, observation)))


def _of_legacy(change: Change, observation: Observation) -> Writer:
    """Name who replaced the table, where the kernel's audit is on: it names tables, never rules."""
    table = (change.item.family, change.item.table)
    replacing = [one for one in observation.replaced if (one.family, one.table) == table]
    if not replacing:
        return _LEGACY
    names = sorted({one.name for one in replacing})
    if len(names) > 1:
        return Writer(reason=f"one of {', '.join(names)}")
    pids = {one.pid for one in replacing}
    return Writer(names[0], pids.pop() if len(pids) == 1 else None, at=replacing[0].at)


def _committers(change: Change, observation: Observation) -> Iterator[Commit]:
    """Find the commits that made this change: by the rule's handle, or by its chain where the handle is not known."""
    removed = isinstance(change, Removed)
    item, action = change.item, Action.DELETED if removed else Action.MADE
    kind = _KERNEL_KINDS.get(item.object, item.object)
    place = (item.family, item.table, item.chain)
    handle = _handle(item, observation.before if removed else observation.after)
    for commit in observation.commits:
        for touch in commit.touched:
            same = touch.deed is action and touch.object is kind and touch.place == place
            if same and handle in (0, touch.handle):
                yield commit
                break


def _handle(item: Item, handles: Handles | None) -> int:
    """Return the handle of a rule by its position in the chain; 0 where that is not known."""
    if handles is None or item.position is None:
        return 0
    known = handles.get((item.family, item.table, item.chain), ())
    return known[item.position - 1] if item.position <= len(known) else 0


def _name(commits: list[Commit]) -> Writer:
    """Return the one writer, or the names of all that it may be."""
    if not commits:
        return _NOT_REPORTED
    names = sorted({commit.name for commit in commits})
    if len(names) > 1:
        return Writer(reason=f"one of {', '.join(names)}")
    pids = {commit.pid for commit in commits}
    times = {commit.at for commit in commits}
    known = [commit.process for commit in commits if commit.process is not None]
    return Writer(
        names[0],
        pids.pop() if len(pids) == 1 else None,
        at=min(times),
        process=join_processes(known) if len(known) == len(commits) else None,
    )


def _events(one: AttributedChange, events: tuple[DockerEvent, ...]) -> Iterator[DockerEvent]:
    actions = _TAKING if isinstance(one.change, Removed) else _BRINGING
    for event in events:
        if event.action in actions and any(_is_about(event, cause) for cause in one.attribution.causes):
            yield event


def _is_about(event: DockerEvent, cause: Cause) -> bool:
    container, network = (ref.id if ref else "" for ref in (cause.container, cause.network))
    if cause.kind is CauseKind.NETWORK:
        return event.id == network and not event.container
    if event.type == "network":
        return event.container == container and event.id == network
    return bool(container) and event.id == container

"""What was seen while a host changed -> the writer of each change, and Docker's events about its causes."""

from collections.abc import Iterator

from msgspec.structs import replace

from netaudit.attribute.attribution import AttributedChange, AttributedDiff, Cause, CauseKind
from netaudit.diff import Change, Removed
from netaudit.model.observation import Action, Commit, DockerEvent, Handles, Observation, Writer
from netaudit.model.ruleset import Backend, Item, ObjectKind

_LEGACY = Writer(reason="the kernel does not tell who changes iptables-legacy tables")
_UNSEEN = Writer(reason="the kernel told of no such change")
# A kernel object of nf_tables may be shown as several of ours: a chain has a policy, a map is a set.
_KERNEL_KINDS = {ObjectKind.POLICY: ObjectKind.CHAIN, ObjectKind.MAP: ObjectKind.SET}
_BRINGING = frozenset({"create", "start", "restart", "unpause", "connect", "rename", "update"})
_TAKING = frozenset({"kill", "stop", "die", "oom", "pause", "destroy", "remove", "disconnect", "rename", "update"})


def tell_writers(diff: AttributedDiff, witness: Observation) -> AttributedDiff:
    """Add to each change who wrote it, as far as the kernel told, and what Docker said of its causes."""
    changes = (
        replace(one, writer=_writer(one.change, witness), events=tuple(_events(one, witness.events)))
        for one in diff.changes
    )
    return replace(diff, changes=tuple(changes))


def _writer(change: Change, witness: Observation) -> Writer:
    if change.item.backend is Backend.IPTABLES_LEGACY:
        return _LEGACY
    if witness.blind:
        return Writer(reason=witness.blind)
    return _name(list(_committers(change, witness)))


def _committers(change: Change, witness: Observation) -> Iterator[Commit]:
    """Find the commits that did this: by the rule's handle, or, where that is not known, by its chain."""
    removed = isinstance(change, Removed)
    item, deed = change.item, Action.DELETED if removed else Action.MADE
    kind = _KERNEL_KINDS.get(item.object, item.object)
    place = (item.family, item.table, item.chain)
    handle = _handle(item, witness.before if removed else witness.after)
    for commit in witness.commits:
        for touch in commit.touched:
            same = touch.deed is deed and touch.object is kind and touch.place == place
            if same and handle in (0, touch.handle):
                yield commit
                break


def _handle(item: Item, handles: Handles | None) -> int:
    """Find the kernel's name of a rule by its place in the chain; 0 where that is not known."""
    if handles is None or item.position is None:
        return 0
    known = handles.get((item.family, item.table, item.chain), ())
    return known[item.position - 1] if item.position <= len(known) else 0


def _name(commits: list[Commit]) -> Writer:
    """Name the one writer, or what the several have in common."""
    if not commits:
        return _UNSEEN
    names = sorted({commit.name for commit in commits})
    if len(names) > 1:
        return Writer(reason=f"one of {', '.join(names)}")
    pids = {commit.pid for commit in commits}
    return Writer(names[0], pids.pop() if len(pids) == 1 else None)


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

"""The words and symbols that every report shares."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

from netaudit.attribute.attribution import (
    AttributedChange,
    AttributedDiff,
    AttributedItem,
    AttributedSnapshot,
    Confidence,
    Coverage,
    Ref,
    SnapshotHead,
)
from netaudit.diff import Added, Altered, Change, Moved, Removed
from netaudit.model.engines.rootless import describe_rootless
from netaudit.model.facts import Gap
from netaudit.model.netfilter.ruleset import Item, ObjectKind

Verb = Literal["added", "removed", "moved", "altered"]


def symbol(change: Change) -> str:
    """Return a change's symbol."""
    match change:
        case Added():
            return "+"
        case Removed():
            return "-"
        case Altered():
            return "~"
        case Moved():
            return ">"


def verb(change: Change) -> Verb:
    """Return a change's word, as JSON has it."""
    match change:
        case Added():
            return "added"
        case Removed():
            return "removed"
        case Altered():
            return "altered"
        case Moved():
            return "moved"


def describe_earlier(item: Item, before: Item) -> str:
    """Say what an altered object was: its text, or what it had counted where only that differs."""
    if item.text != before.text:
        return before.text
    counts = [f"{one.packets or 0} packets, {one.octets or 0} bytes" for one in (before, item)]
    return f"{counts[0]}; is: {counts[1]}"


def summarise_diff(diff: AttributedDiff) -> str:
    """Sum up a diff in one line."""
    counts = dict.fromkeys(("added", "removed", "altered", "moved"), 0)
    for one in diff.changes:
        counts[verb(one.change)] += 1
    parts = [f"{number} {word}" for word, number in counts.items()]
    parts += _also(diff.missing, diff.defects)
    parts += [f"{number} unattributed" for number in [_unattributed(diff.changes)] if number]
    return "; ".join((", ".join(parts), *_gap_counts((diff.before, diff.after)))) + describe_narrowed(diff.after)


def summarise_snapshot(snapshot: AttributedSnapshot) -> str:
    """Sum up a snapshot in one line."""
    parts = [describe_coverage(snapshot.coverage)]
    parts += _also(snapshot.missing, snapshot.defects)
    narrowed = snapshot.head.narrowed
    rules = sum(one.item.object is ObjectKind.RULE for one in snapshot.items)
    shown = [f"{rules} of them shown ({narrowed.words})"] if narrowed else []
    return "; ".join((", ".join(parts), *shown, *_gap_counts((snapshot.head,))))


def describe_coverage(coverage: Coverage) -> str:
    """Say how many rules are explained: `42 rules: 40 proved, 2 unattributed`."""
    counts = {
        "proved": coverage.proved,
        "likely": coverage.likely,
        "ambiguous": coverage.ambiguous,
        "unattributed": coverage.unattributed,
    }
    shown = [f"{number} {word}" for word, number in counts.items() if number or word in ("proved", "unattributed")]
    undecided = f" ({count(coverage.undecided, 'expected rule')} could not be decided)" if coverage.undecided else ""
    return f"{count(coverage.rules, 'rule')}: {', '.join(shown)}{undecided}"


def describe_head(head: SnapshotHead) -> str:
    """Name a snapshot in one line."""
    known = engines(head) or ["Docker not known"]
    words = [head.host or "unnamed host", head.taken_at or "time not recorded", *known]
    words += ["while rules still changed"] if head.partial else []
    return ", ".join(words) + describe_narrowed(head)


NO_CHANGE = "what differs has not changed, and no cause is named"  # said of two hosts


def describe_two_hosts(before: str, after: str) -> str:
    """Say that what is compared is two hosts, so that nothing of it is a change."""
    return f"these are two hosts: {before}, {after}; {NO_CHANGE}"


def describe_narrowed(head: SnapshotHead) -> str:
    """Say that not all is shown: `; only --container db`, "" where nobody chose."""
    return f"; only {head.narrowed.words}" if head.narrowed else ""


def say_time(taken_at: str) -> str:
    """Write an instant for people: `2026-11-28 07:21:34 UTC`."""
    return taken_at.replace("T", " ").replace("Z", " UTC") or "time not recorded"


def engines(head: SnapshotHead) -> list[str]:
    """Name the engines of a host with their versions, as far as they are known."""
    return [f"{name} {version}" for name, version in (("Docker", head.engine), ("Podman", head.podman)) if version]


def describe_place(namespace: Ref) -> str:
    """Say in whose network namespace rules are: a container's, or a rootless engine's."""
    return describe_rootless(namespace.id) or f"container {namespace.name or namespace.id[:12]}"


def describe_gap(gap: Gap) -> str:
    """Say what could not be seen, and why."""
    return f"{gap.source}: {gap.reason}" + (f" ({gap.detail})" if gap.detail else "")


def describe_writer(change: AttributedChange) -> str:
    """Say who wrote a change, and Docker's events with it: `written by iptables (process 42); container start web`."""
    writer = change.writer
    if writer is None:
        return ""
    process = f" (process {writer.pid})" if writer.pid is not None else ""
    who = f"written by {writer.name}{process}" if writer.name else f"writer unknown: {writer.reason}"
    events = dict.fromkeys(f"{event.type} {event.action} {event.name}" for event in change.events)
    return "; ".join((who, *events))


def count(number: int, noun: str) -> str:
    """Count things: `1 rule`, `2 rules`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def tally(symbols: Iterable[str]) -> str:
    """Count symbols: `+2 -1`."""
    return " ".join(f"{mark}{number}" for mark, number in sorted(Counter(symbols).items()))


def distinct_gaps(heads: Iterable[SnapshotHead]) -> tuple[Gap, ...]:
    """List what could not be seen, each once."""
    return tuple(sorted({gap for head in heads for gap in head.gaps}))


def _also(missing: Sequence[AttributedItem], defects: Sequence[AttributedItem]) -> list[str]:
    """Count what is wrong: `1 missing`, `2 stale`."""
    standings = [str(one.attribution.standing) for one in defects]
    counts = {"missing": len(missing), **{standing: standings.count(standing) for standing in standings}}
    return [f"{number} {word}" for word, number in counts.items() if number]


def _unattributed(changes: Sequence[AttributedChange]) -> int:
    return sum(
        one.attribution.confidence is Confidence.UNATTRIBUTED
        for one in changes
        if one.change.item.object is ObjectKind.RULE
    )


def _gap_counts(heads: Sequence[SnapshotHead]) -> list[str]:
    gaps = {gap for head in heads for gap in head.gaps}
    return [f"{count(len(gaps), 'gap')}, see above"] if gaps else []

"""Containers and networks with their rules; the rules of a published port in the order that packets meet them."""

from collections.abc import Iterable, Iterator

import msgspec

from netaudit.attribute.attribution import Cause, CauseKind, Ref, Standing
from netaudit.model.docker import PortBinding
from netaudit.model.netfilter.ruleset import Item
from netaudit.report.page.anchors import Anchors
from netaudit.report.page.rows import AnchorLink, RuleRow

# What a packet meets first, by the name of the table or chain; it says what happens there.
_STAGES = (
    ("raw", "before anything"),
    ("mangle", "marked"),
    ("prerouting", "led to the container"),
    ("nat/docker", "led to the container"),
    ("nat/output", "led to the container"),
    ("filter", "let through or not"),
    ("postrouting", "source address"),
)
_ELSEWHERE = "other rules"


class PathStage(msgspec.Struct, frozen=True):
    """Where on its way a packet meets rules, and which."""

    words: str
    rows: tuple[AnchorLink, ...]


class RulePath(msgspec.Struct, frozen=True):
    """What one port binding, network attachment or network has of rules, stage by stage."""

    heading: str
    stages: tuple[PathStage, ...]


class SubjectView(msgspec.Struct, frozen=True):
    """A container or network and the rules that it caused; `members` are the containers on a network."""

    kind: str
    ref: Ref
    anchor: str
    ways: tuple[RulePath, ...]
    members: tuple[AnchorLink, ...] = ()


_Ways = dict[tuple[int, str], dict[str, dict[AnchorLink, None]]]


def gather_subjects(rows: Iterable[RuleRow], anchors: Anchors) -> tuple[SubjectView, ...]:
    """List containers, then networks, by name, with what they caused."""
    found: dict[tuple[str, str, Ref], _Ways] = {}
    members: dict[Ref, dict[Ref, None]] = {}
    for row in rows:
        for cause in row.attribution.causes:
            if cause.network:
                found.setdefault(("network", cause.network.name, cause.network), {})
                members.setdefault(cause.network, {}).update(
                    dict.fromkeys([cause.container] if cause.container else [])
                )
            for kind, ref in _subjects_of(cause):
                stages = found.setdefault((kind, ref.name, ref), {}).setdefault(_heading(kind, cause), {})
                stages.setdefault(stage_of(row.item), {})[_link(row)] = None
    return tuple(_subject(kind, ref, found[kind, name, ref], members, anchors) for kind, name, ref in sorted(found))


def _subjects_of(cause: Cause) -> Iterator[tuple[str, Ref]]:
    """Return a container's rules to it, and to a network only its own."""
    if cause.container:
        yield "container", cause.container
    if cause.network and cause.kind is CauseKind.NETWORK:
        yield "network", cause.network


def _subject(kind: str, ref: Ref, ways: _Ways, members: dict[Ref, dict[Ref, None]], anchors: Anchors) -> SubjectView:
    inside = sorted(members.get(ref, {}), key=lambda one: (one.name, one.id)) if kind == "network" else []
    links = tuple(AnchorLink(one.name or one.id[:12], anchors.subject("container", one)) for one in inside)
    return SubjectView(kind, ref, anchors.subject(kind, ref), tuple(_ways(ways)), links)


def _ways(ways: _Ways) -> Iterator[RulePath]:
    order = [words for _, words in _STAGES] + [_ELSEWHERE]
    for rank, heading in sorted(ways):
        stages = ways[rank, heading]
        yield RulePath(
            heading, tuple(PathStage(words, tuple(stages[words])) for words in sorted(stages, key=order.index))
        )


def _heading(kind: str, cause: Cause) -> tuple[int, str]:
    if kind == "network":
        return (0, "")
    network = cause.network.name if cause.network else ""
    return (0, _port(cause.binding, network)) if cause.binding else (1, f"on network {network}")


def _port(binding: PortBinding, network: str) -> str:
    return f"{binding} on network {network}"


def stage_of(item: Item) -> str:
    """Say where on a packet's way a rule stands, from the name of its table and chain."""
    place = f"{item.table}/{item.chain}".lower()
    if place.startswith("nat/postrouting"):
        return "source address"
    return next((words for name, words in _STAGES if name in place), _ELSEWHERE)


def _link(row: RuleRow) -> AnchorLink:
    gone = row.attribution.standing is Standing.MISSING
    return AnchorLink(f"{row.symbol} {row.item.where}".strip() + (" (missing)" if gone else ""), row.anchor)

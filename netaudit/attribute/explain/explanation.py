"""Explain a rule, a container, a network or a signature: why it is there, or why nothing is."""

import re
from collections.abc import Iterable, Iterator

import msgspec
from msgspec.structs import replace

from netaudit.attribute import attribute_snapshot
from netaudit.attribute.attribution import AttributedItem, AttributedSnapshot
from netaudit.attribute.explain.networking import Networking, find_networking
from netaudit.attribute.explain.no_rules import NoRule, RulesWritten, explain_no_rules
from netaudit.attribute.signatures.signature import Catalog, Maker, Owned, Signature
from netaudit.errors import SubjectError
from netaudit.model.docker import Container, Network
from netaudit.model.engines.rootless import describe_rootless
from netaudit.model.facts import RULE_SOURCES, GapReason
from netaudit.model.netfilter.ruleset import ObjectKind
from netaudit.model.snapshot import Snapshot

_DIGITS = 18  # of a position; Python converts no more than 4,300
_RULE = re.compile(r"(?:(?P<family>[a-z0-9]+):)?(?:(?P<table>[\w.-]+)/)?(?P<chain>[^#]+)(?:#(?P<position>\d+))?")


class RuleExplained(msgspec.Struct, frozen=True):
    """One rule with its attribution; `without` says what would break if it were gone."""

    one: AttributedItem
    without: str
    engine: str


class ContainerExplained(msgspec.Struct, frozen=True):
    """A container: its networking, the rules that exist because of it, those that are missing, and why it has none."""

    container: Container
    networking: Networking
    rules: tuple[AttributedItem, ...]
    missing: tuple[AttributedItem, ...]
    no_rules: tuple[NoRule, ...]
    inside: tuple[AttributedItem, ...] = ()  # in the container's own network namespace


class NetworkExplained(msgspec.Struct, frozen=True):
    """A network: the rules that exist because of it, and those that are missing."""

    network: Network
    rules: tuple[AttributedItem, ...]
    missing: tuple[AttributedItem, ...]


class SignatureExplained(msgspec.Struct, frozen=True):
    """A signature, and the rules of the snapshot that bear it."""

    signature: Signature | Owned
    rules: tuple[AttributedItem, ...]


class MakerExplained(msgspec.Struct, frozen=True):
    """Who writes rules: what is known of it, and its rules of the snapshot, None where there is no snapshot."""

    maker: Maker
    owned: tuple[Owned, ...]
    signatures: int
    rules: tuple[AttributedItem, ...] | None = None


Explained = RuleExplained | ContainerExplained | NetworkExplained | SignatureExplained | MakerExplained


def explain(subject: str, snapshot: Snapshot, catalog: Catalog, words: Iterable[str] = ()) -> tuple[Explained, ...]:
    """Explain `nat/DOCKER#2`, a chain (`nat/DOCKER`, `DOCKER-USER`), a container, network, signature or maker.

    Raises SubjectError where nothing of that name is in the snapshot; `words` are others that may have been meant.
    """
    attributed = attribute_snapshot(snapshot, catalog)
    found = [*_signatures(subject, attributed, catalog), *_containers_and_networks(subject, snapshot, attributed)]
    found += list(_rules(subject, attributed, catalog)) if not found else []
    found += list(_makers(subject, attributed, catalog)) if not found else []
    if not found:
        near = _nearest(subject, snapshot, attributed, {*words, *_ids(catalog)})
        hint = "name a rule (nat/DOCKER#2), a container, a network or a signature; `netaudit show` lists them"
        if snapshot.inventory is None and "/" not in subject:
            hint = f"Docker's inventory was not seen: containers and networks have no names here; {hint}"
            hint = f"did you mean {near}? {hint}" if near else hint
            raise SubjectError(f"nothing that was seen is called {subject}", hint=hint)
        raise SubjectError(f"nothing here is called {subject}", hint=f"did you mean {near}?" if near else hint)
    return tuple(found)


def explain_maker(subject: str, catalog: Catalog) -> MakerExplained | None:
    """Explain who writes rules, on no host; None where the catalog knows nobody of that name."""
    maker = catalog.find_maker(subject)
    if maker is None:
        return None
    owned = tuple(one for one in catalog.owned if one.maker == maker.name)
    return MakerExplained(maker, owned, sum(one.maker == maker.name for one in catalog.signatures))


def _makers(subject: str, attributed: AttributedSnapshot, catalog: Catalog) -> Iterator[MakerExplained]:
    if explained := explain_maker(subject, catalog):
        name = explained.maker.name
        rules = (one for one in attributed.items if one.item.object is ObjectKind.RULE)
        yield replace(explained, rules=tuple(one for one in rules if one.attribution.maker == name))


def _ids(catalog: Catalog) -> set[str]:
    return {one.id for one in catalog.signatures} | {one.id for one in catalog.owned}


def _nearest(subject: str, snapshot: Snapshot, attributed: AttributedSnapshot, words: set[str]) -> str:
    """Name what was probably meant: a chain, a container, a network or a word; "" where nothing is near."""
    from difflib import get_close_matches  # noqa: PLC0415 (for a typing error alone)

    names = {f"{one.item.table}/{one.item.chain}" for one in attributed.items} | words
    if inventory := snapshot.inventory:
        names |= {one.name for one in inventory.containers} | {one.name for one in inventory.networks}
    return next(iter(get_close_matches(subject.partition("#")[0], sorted(names), n=1)), "")


def _signatures(subject: str, attributed: AttributedSnapshot, catalog: Catalog) -> Iterator[Explained]:
    known: tuple[Signature | Owned, ...] = (*catalog.signatures, *catalog.owned)
    for signature in known:
        if signature.id == subject:
            rules = tuple(one for one in attributed.items if one.attribution.signature == subject)
            yield SignatureExplained(signature, rules)


def _rules(subject: str, attributed: AttributedSnapshot, catalog: Catalog) -> Iterator[RuleExplained]:
    found = _RULE.fullmatch(subject)
    if not found:
        return
    without = {signature.id: signature.without for signature in catalog.signatures}
    position = int(found["position"][:_DIGITS]) if found["position"] else None
    for one in attributed.items:
        item = one.item
        place = (found["table"] or item.table, found["chain"])
        if item.object in (ObjectKind.RULE, ObjectKind.POLICY) and (item.table, item.chain) == place:
            if position not in (None, item.position) or item.family != (found["family"] or item.family):
                continue
            if not found["family"] and item.where.startswith("ip6:"):
                continue
            yield RuleExplained(one, without.get(one.attribution.signature, ""), attributed.head.engine)


def _containers_and_networks(subject: str, snapshot: Snapshot, attributed: AttributedSnapshot) -> Iterator[Explained]:
    if not snapshot.inventory:
        return
    for container in snapshot.inventory.containers:
        if subject == container.name or _is_id(subject, container.id):
            yield _container(container, snapshot, attributed)
    for network in snapshot.inventory.networks:
        if subject == network.name or _is_id(subject, network.id):
            yield _network(network, attributed)


def _is_id(subject: str, whole: str) -> bool:
    return len(subject) >= 12 and whole.startswith(subject)


def _container(container: Container, snapshot: Snapshot, attributed: AttributedSnapshot) -> ContainerExplained:
    assert snapshot.inventory  # noqa: S101 (the container came from it)
    rules = tuple(_caused(attributed.items, container=container.id))
    docker = (one.item for one in attributed.items if one.attribution.maker == "docker")
    by_docker = frozenset(item.family for item in docker if item.object is ObjectKind.RULE)
    seen = all(gap.source not in RULE_SOURCES or gap.reason is GapReason.ABSENT for gap in snapshot.gaps)
    written = RulesWritten(frozenset(one.item.family for one in rules), by_docker, seen)
    return ContainerExplained(
        container=container,
        networking=find_networking(container, snapshot.inventory),
        rules=rules,
        missing=tuple(_caused(attributed.missing, container=container.id)),
        no_rules=tuple(explain_no_rules(container, snapshot.inventory, snapshot.host, written)),
        inside=tuple(_inside(container, attributed)),
    )


def _inside(container: Container, attributed: AttributedSnapshot) -> Iterator[AttributedItem]:
    """List the rules in a container's own network namespace, and its own in the namespace of its rootless engine."""
    for inside in attributed.inside:
        if inside.container.id == container.id:
            yield from (one for one in inside.items if one.item.object is ObjectKind.RULE)
        elif describe_rootless(inside.container.id):
            yield from _caused(inside.items, container=container.id)


def _network(network: Network, attributed: AttributedSnapshot) -> NetworkExplained:
    rules = tuple(_caused(attributed.items, network=network.id))
    return NetworkExplained(network, rules, tuple(_caused(attributed.missing, network=network.id)))


def _caused(
    items: tuple[AttributedItem, ...], *, container: str | None = None, network: str | None = None
) -> Iterator[AttributedItem]:
    for one in items:
        for cause in one.attribution.causes:
            if container and cause.container and cause.container.id == container:
                yield one
                break
            if network and cause.network and cause.network.id == network:
                yield one
                break

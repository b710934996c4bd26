"""Who wrote the rules in other network namespaces.

Inside a container: Docker, for its embedded DNS, or the container itself. In the namespace of a rootless engine: that.
"""

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from netaudit.attribute.attribution import (
    AttributedChange,
    AttributedInside,
    AttributedItem,
    Attribution,
    Cause,
    CauseKind,
    Ref,
)
from netaudit.attribute.attributor import Attributor
from netaudit.attribute.signatures.signature import Catalog
from netaudit.diff import Added, Altered, Change, Moved, Removed, items
from netaudit.model.docker import Inventory
from netaudit.model.engines.rootless import describe_rootless, is_of
from netaudit.model.netfilter.ruleset import Item, Ruleset
from netaudit.model.snapshot import Inside, Snapshot

Comparison = Callable[[Ruleset, Ruleset], tuple[Change, ...]]


def attribute_inside(snapshot: Snapshot, catalog: Catalog) -> Iterator[AttributedInside]:
    """Attribute what is inside each container by signatures alone: no inventory expects anything in there.

    In the namespace of a rootless engine, its own inventory does.
    """
    for inside in snapshot.inside:
        place = _place(inside, snapshot.inventory)
        if describe_rootless(inside.container):
            there = _attributor(inside, snapshot, catalog)
            found = (AttributedItem(one, there.attribute(one)) for one in items(inside.ruleset))
            yield AttributedInside(place, tuple(found))
        else:
            yield AttributedInside(place, tuple(_attribute(inside, place, catalog)))


def _place(inside: Inside, inventory: Inventory | None) -> Ref:
    """Name a container, or a rootless engine."""
    names = {one.id: one.name for one in inventory.containers} if inventory else {}
    other = describe_rootless(inside.container) or inside.container[:12]
    return Ref(inside.container, names.get(inside.container, other))


def _rootless_host(inside: Inside, inventory: Inventory | None) -> Snapshot:
    """Return the namespace of a rootless engine as a host, with the inventory where that is this engine's."""
    known = inventory and any(is_of(inside.container, one.engine, one.sandbox) for one in inventory.containers)
    if inventory is None or not known:
        return Snapshot(inside.ruleset)
    podman = replace(inventory.podman, rootless=False) if inventory.podman else None
    options = replace(inventory.options, rootless=False)
    return Snapshot(inside.ruleset, replace(inventory, podman=podman, options=options))


def inside_changes(
    before: Snapshot, after: Snapshot, catalog: Catalog, compared: Comparison
) -> Iterator[AttributedChange]:
    """Compare what is inside each container that was looked into before and afterwards, under the container's name."""
    earlier = {one.container: one for one in before.inside}
    for inside in after.inside:
        if inside.container in earlier:
            was, place = earlier[inside.container], _place(inside, after.inventory)
            earliest, latest = (_attributor(*one, catalog) for one in ((was, before), (inside, after)))
            for change in compared(was.ruleset, inside.ruleset):
                yield _change(change, place, earliest, latest)


def _attributor(inside: Inside, snapshot: Snapshot, catalog: Catalog) -> Attributor:
    rootless = describe_rootless(inside.container)
    host = _rootless_host(inside, snapshot.inventory) if rootless else Snapshot(inside.ruleset)
    return Attributor.of(host, catalog)


def _change(change: Change, container: Ref, was: Attributor, now: Attributor) -> AttributedChange:
    def attribution(item: Item, attributor: Attributor) -> Attribution:
        return _for_container(attributor.attribute(item), container)

    name = container.name or container.id[:12]
    match change:
        case Added(item):
            return AttributedChange(Added(item.inside(name)), attribution(item, now))
        case Removed(item):
            return AttributedChange(Removed(item.inside(name)), attribution(item, was))
        case Moved(item, before):
            moved = Moved(item.inside(name), before.inside(name))
            return AttributedChange(moved, attribution(item, now), attribution(before, was))
        case Altered(item, before):
            altered = Altered(item.inside(name), before.inside(name))
            return AttributedChange(altered, attribution(item, now), attribution(before, was))


def _attribute(inside: Inside, container: Ref, catalog: Catalog) -> Iterator[AttributedItem]:
    attributor = Attributor.of(Snapshot(inside.ruleset), catalog)
    for item in items(inside.ruleset):
        yield AttributedItem(item, _for_container(attributor.attribute(item), container))


def _for_container(found: Attribution, container: Ref) -> Attribution:
    """Name the container as the cause of what Docker writes in it."""
    if found.maker != "docker" or describe_rootless(container.id):
        return found
    cause = Cause(CauseKind.OTHER, container=container, name=f"the embedded DNS of container {container.name}")
    return replace(found, causes=(cause,), reason=None)

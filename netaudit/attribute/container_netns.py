"""Who wrote the rules inside containers: Docker, for its embedded DNS, or the container itself."""

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
from netaudit.model.netfilter.ruleset import Item, Ruleset
from netaudit.model.snapshot import Inside, Snapshot

Comparison = Callable[[Ruleset, Ruleset], tuple[Change, ...]]


def attribute_inside(snapshot: Snapshot, catalog: Catalog) -> Iterator[AttributedInside]:
    """Attribute what is inside each container by signatures alone: no inventory expects anything in there."""
    names = {one.id: one.name for one in snapshot.inventory.containers} if snapshot.inventory else {}
    for inside in snapshot.inside:
        container = Ref(inside.container, names.get(inside.container, inside.container[:12]))
        yield AttributedInside(container, tuple(_attribute(inside, container, catalog)))


def inside_changes(
    before: Snapshot, after: Snapshot, catalog: Catalog, compared: Comparison
) -> Iterator[AttributedChange]:
    """Compare what is inside each container that was looked into before and afterwards, under the container's name."""
    earlier = {one.container: one for one in before.inside}
    names = {one.id: one.name for one in after.inventory.containers} if after.inventory else {}
    for inside in after.inside:
        if inside.container in earlier:
            was, container = earlier[inside.container], Ref(inside.container, names.get(inside.container, ""))
            earliest, latest = (Attributor.of(Snapshot(one.ruleset), catalog) for one in (was, inside))
            for change in compared(was.ruleset, inside.ruleset):
                yield _change(change, container, earliest, latest)


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
    if found.maker != "docker":
        return found
    cause = Cause(CauseKind.OTHER, container=container, name=f"the embedded DNS of container {container.name}")
    return replace(found, causes=(cause,), reason=None)

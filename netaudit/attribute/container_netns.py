"""Who wrote the rules inside containers: Docker, for its embedded DNS, or the container itself."""

from collections.abc import Iterator

from msgspec.structs import replace

from netaudit.attribute.attribution import AttributedInside, AttributedItem, Attribution, Cause, CauseKind, Ref
from netaudit.attribute.attributor import Attributor
from netaudit.attribute.signatures.signature import Catalog
from netaudit.diff import items
from netaudit.model.snapshot import Inside, Snapshot


def attribute_inside(snapshot: Snapshot, catalog: Catalog) -> Iterator[AttributedInside]:
    """Attribute what is inside each container by signatures alone: no inventory expects anything in there."""
    names = {one.id: one.name for one in snapshot.inventory.containers} if snapshot.inventory else {}
    for inside in snapshot.inside:
        container = Ref(inside.container, names.get(inside.container, inside.container[:12]))
        yield AttributedInside(container, tuple(_attribute(inside, container, catalog)))


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

"""What a destination is called beside its address: the sensitive service that it is, and the project it is part of."""

from collections.abc import Callable

from netaudit.attribute.services import Services
from netaudit.attribute.signatures.signature import Catalog
from netaudit.model.exposure import Destination
from netaudit.model.snapshot import Snapshot


def name_destinations(snapshot: Snapshot, catalog: Catalog) -> Callable[[Destination], tuple[str, str]]:
    """Return what names a destination's service, by its port or its container's image, and its container's project."""
    services = Services(catalog.services)
    known = snapshot.inventory.containers if snapshot.inventory else ()
    containers = {one.id: (one.image, one.project) for one in known}

    def named(destination: Destination) -> tuple[str, str]:
        image, project = containers.get(destination.container_id, ("", ""))
        return services.at(destination, image), project

    return named

"""The parts of an inventory that are Docker's, and Podman's."""

from msgspec.structs import replace

from netaudit.model.docker import Inventory
from netaudit.model.engines.kinds import Engine


def docker_part(inventory: Inventory | None) -> Inventory | None:
    """Return what is Docker's; None where Docker is not known."""
    if inventory is None or not inventory.docker:
        return None
    return inventory if inventory.podman is None else _part(inventory, Engine.DOCKER)


def docker_here(inventory: Inventory | None) -> Inventory | None:
    """Return what is Docker's; None also where it is rootless: its rules are elsewhere, and those here another's."""
    part = docker_part(inventory)
    return None if part is None or part.options.rootless else part


def podman_part(inventory: Inventory | None) -> Inventory | None:
    """Return what is Podman's, with netavark's version for the engine's; None where Podman is not known."""
    if inventory is None or inventory.podman is None:
        return None
    part = _part(inventory, Engine.PODMAN)
    podman = inventory.podman
    return replace(part, version=podman.netavark, partial=podman.partial, docker=False, podman=podman, swarm=False)


def join(docker: Inventory | None, podman: Inventory | None) -> Inventory | None:
    """Make one inventory of what the engines of a host say."""
    if docker is None or podman is None:
        return docker or podman
    return replace(
        docker,
        networks=(*docker.networks, *podman.networks),
        containers=(*docker.containers, *podman.containers),
        podman=podman.podman,
    )


def is_complete(inventory: Inventory) -> bool:
    """Return whether no network and no container of any engine is lacking."""
    return not inventory.partial and not (inventory.podman and inventory.podman.partial)


def has_hairpin(inventory: Inventory, container_id: str) -> bool | None:
    """Return whether a bridge's port sends back to a container what it sent; None where that is not known.

    Docker switches that on where it has no docker-proxy, Podman never.
    """
    if any(one.engine is Engine.PODMAN for one in inventory.containers if one.id == container_id):
        return False
    proxy = inventory.options.userland_proxy
    return None if proxy is None else not proxy


def connects_inside(inventory: Inventory, container_id: str) -> bool:
    """Return whether what takes a published port on the host connects inside the container's own network namespace.

    Rootless Podman's programs do (rootlessport, pasta, slirp4netns): no rule of another namespace sees that. Docker's
    rootlesskit connects where dockerd is, and what it has written there leads on.
    """
    if inventory.podman is None or not inventory.podman.rootless:
        return False
    return any(one.engine is Engine.PODMAN for one in inventory.containers if one.id == container_id)


def _part(inventory: Inventory, engine: Engine) -> Inventory:
    return replace(
        inventory,
        networks=tuple(one for one in inventory.networks if one.engine is engine),
        containers=tuple(one for one in inventory.containers if one.engine is engine),
        podman=None,
    )

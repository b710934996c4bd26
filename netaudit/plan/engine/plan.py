"""Requests x facts -> the inventory afterwards."""

from collections.abc import Iterable, Mapping

from netaudit.model.engine_request import EngineRequest
from netaudit.model.facts import Facts
from netaudit.model.plan import PlannedInventory


def plan_requests(
    facts: Facts,
    requests: Iterable[EngineRequest],
    engine_version: str = "",
    images: Mapping[str, tuple[str, ...]] | None = None,
) -> PlannedInventory:
    """Return the facts of the host after requests.

    `engine_version` is the engine that would answer, the facts' own where it is empty. `images` maps references of
    images to the ports that they expose (`80/tcp`), as far as they are known.
    """
    raise NotImplementedError

"""Facts of a host and requests of Podman's client -> what they would do."""

from netaudit.attribute.signatures.signature import Catalog
from netaudit.errors import UsageError
from netaudit.model.facts import Facts, Source
from netaudit.parse import parse_snapshot
from netaudit.plan.engine.state import ExposedPorts
from netaudit.plan.planned import Planned
from netaudit.plan.podman.host import plan_podman_host
from netaudit.plan.podman.stand_in import PodmanStandIn


def podman_engine(facts: Facts, exposed_ports: ExposedPorts) -> PodmanStandIn:
    """Return a stand-in for Podman's service. Raises UsageError where Podman is not known, or is rootless."""
    if Source.PODMAN_NETWORKS not in facts.files or Source.PODMAN_CONTAINERS not in facts.files:
        hint = "record as root where Podman's service runs (systemctl start podman.socket) or was used since the start"
        raise UsageError("Podman's networks and containers were not recorded", hint=hint)
    snapshot = parse_snapshot(facts)
    podman = snapshot.inventory.podman if snapshot.inventory else None
    if podman is not None and podman.rootless:
        hint = "its rules are in a network namespace of its user: record that one, in there, as root"
        raise UsageError("what a rootless Podman would do is not planned", hint=hint)
    return PodmanStandIn(facts, exposed_ports)


def podman_afterwards(facts: Facts, engine: PodmanStandIn, planned: Planned, catalog: Catalog) -> Planned:
    """Return a plan with the host that Podman's inventory leads to."""
    inventory = engine.planned()
    host = plan_podman_host(parse_snapshot(facts), inventory, catalog)
    return planned.leads_to(host, engine.requests, inventory)

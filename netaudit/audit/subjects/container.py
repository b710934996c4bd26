"""Running containers."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from netaudit.attribute.attribution import AttributedExposure
from netaudit.audit.checks.answer import Doubt
from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.subjects.fact import (
    EXPOSURE,
    OF_IPTABLES,
    CheckSubject,
    DockerBackend,
    IPv4Editor,
    IsPodmans,
    SubjectFacts,
    engine_facts,
    fact,
)
from netaudit.audit.subjects.listed.private import is_private
from netaudit.audit.view.by_cause import Cells
from netaudit.audit.view.reach import NOTHING_KNOWN, open_addresses
from netaudit.audit.view.view import HostView
from netaudit.model.docker import Container
from netaudit.model.exposure import Delivery, DestinationKind, Exposure, Outcome
from netaudit.model.facts import Source
from netaudit.model.reason import kinds_of

_NET_ADMIN = frozenset({"NET_ADMIN", "CAP_NET_ADMIN", "ALL"})


class ContainerFacts(SubjectFacts, frozen=True):
    """What is known of a container."""

    container: Annotated[str, fact("Its name.")] = ""
    image: Annotated[str, fact("Its image, as `docker run` names it.")] = ""
    engine: Annotated[
        int | None, fact("The engine's version as one number: 28.5.2 is 280502.", Source.DOCKER_VERSION)
    ] = None
    host_network: Annotated[bool, fact("Whether it shares the host's network.")] = False
    networks: Annotated[tuple[str, ...], fact("The networks that it is on.")] = ()
    drivers: Annotated[tuple[str, ...], fact("The drivers of these networks.")] = ()
    default_bridge: Annotated[bool, fact("Whether it is on the default bridge.")] = False
    internal_networks: Annotated[tuple[str, ...], fact("Those of its networks that are internal.")] = ()
    open_networks: Annotated[tuple[str, ...], fact("Those of its networks that are not internal.")] = ()
    global_addresses: Annotated[tuple[str, ...], fact("Its addresses that the Internet could route to.")] = ()
    published: Annotated[int, fact("How many port bindings it has.")] = 0
    publish_all: Annotated[
        bool | None, fact("Whether all exposed ports were published on random ones.", Source.DOCKER_CONTAINERS)
    ] = None
    privileged: Annotated[bool | None, fact("Whether it is privileged.", Source.DOCKER_CONTAINERS)] = None
    net_admin: Annotated[
        bool | None, fact("Whether it may administer its network: rules, routes, interfaces.", Source.DOCKER_CONTAINERS)
    ] = None
    docker_socket: Annotated[
        bool | None, fact("Whether Docker's socket is mounted into it.", Source.DOCKER_CONTAINERS)
    ] = None
    forwarding: Annotated[bool | None, fact("Whether the host forwards IPv4 packets.", Source.SYSCTL)] = None
    forward_policy: Annotated[str | None, fact("The policy of IPv4's FORWARD chain.", *OF_IPTABLES)] = None
    iptables: IPv4Editor = ""
    podman: IsPodmans = False
    backend: DockerBackend = ""
    directly_reachable_from: Annotated[
        tuple[str, ...] | None, fact("From which kinds of zones its own addresses can be reached.", EXPOSURE)
    ] = None
    base: Annotated[str, fact("The container whose network it shares, empty for none; its id where it is gone.")] = ""
    base_state: Annotated[
        str,
        fact(
            "What became of that one: `running`, `restarted` since this one started, `stopped`, `gone`;"
            " empty for none, or not known."
        ),
    ] = ""
    ip6tables: Annotated[str, fact("The program that edits IPv6 rules.")] = ""
    open_addresses: Annotated[tuple[str, ...], fact("Its IPv4 addresses that are reached from outside.")] = ()
    unseen_addresses: Annotated[tuple[str, ...], fact("Those of them whose packets no rule of the host sees.")] = ()
    open_addresses6: Annotated[tuple[str, ...], fact("Its IPv6 addresses that are reached from outside.")] = ()
    ways_in: Annotated[tuple[str, ...], fact("The interfaces by which packets from outside come.")] = ()


def containers(view: HostView) -> Iterator[CheckSubject]:
    """Return every running container."""
    for container in view.containers:
        cells = tuple(filter(_is_direct, view.by_cause.cells_of_container(container.id)))
        name = f"container {container.name}"
        facts = _facts(view, container, cells)
        doubts = reach_doubts("directly_reachable_from", cells)
        yield CheckSubject(
            CheckedKind.CONTAINER, name, name, facts, cells=cells, container=container.name, doubts=doubts
        )


def _is_direct(cell: AttributedExposure) -> bool:
    """Return whether packets are sent to the container itself, and not to a port that some rule leads on to it."""
    return cell.exposure.destination.kind is DestinationKind.CONTAINER_PORTS


def _facts(view: HostView, container: Container, cells: Cells) -> ContainerFacts:
    on = [view.networks[end.network_id] for end in container.endpoints if end.network_id in view.networks]
    bridges = [network for network in on if network.driver in ("bridge", "overlay")]
    addresses = [address for end in container.endpoints for address in (end.ipv4, end.ipv6) if address]
    return ContainerFacts(
        container=container.name,
        image=container.image,
        host_network=container.network_mode == "host",
        networks=tuple(network.name for network in on),
        drivers=tuple(dict.fromkeys(network.driver for network in on)),
        default_bridge=any(network.default for network in on),
        internal_networks=tuple(network.name for network in bridges if network.internal),
        open_networks=tuple(network.name for network in bridges if not network.internal),
        global_addresses=tuple(address for address in addresses if _is_global(address)),
        published=len(container.bindings),
        publish_all=container.publish_all,
        privileged=container.privileged,
        net_admin=_net_admin(container),
        docker_socket=container.docker_socket,
        forwarding=view.forwarding.is_on("ip"),
        forward_policy=view.forwarding.policy("ip"),
        iptables=view.tools.iptables("ip"),
        **engine_facts(view, container.engine),
        **_base(view, container),
        ip6tables=view.tools.iptables("ip6"),
        open_addresses=open_addresses(cells, "ip"),
        open_addresses6=open_addresses(cells, "ip6"),
        unseen_addresses=open_addresses(cells, "ip", "ip6", beside=True),
        ways_in=view.outside.ways_in("ip", cells),
        directly_reachable_from=None if view.attributed.exposure is None else reachable_from(cells),
    )


def reachable_from(cells: Cells) -> tuple[str, ...]:
    """Return the kinds of zones whose packets arrive."""
    arriving = (one.exposure for one in cells if one.exposure.outcome is Outcome.ALLOWED)
    return _kinds(one for one in arriving if one.way is not Delivery.NONE)


def reach_doubts(name: str, cells: Cells) -> tuple[Doubt, ...]:
    """Return the bounds of such a fact, where it could not be decided for some zone."""
    undecided = [one.exposure for one in cells if one.exposure.outcome is Outcome.MAY]
    if not undecided:
        return ()
    closed = reachable_from(cells)
    likely = _kinds(one for one in undecided if NOTHING_KNOWN.isdisjoint(kinds_of(one.reason)))
    opened, everything = (list(dict.fromkeys((*closed, *zones))) for zones in (likely, _kinds(undecided)))
    reasons = dict.fromkeys(one.reason for one in undecided if one.reason)
    others = (everything,) if everything != opened else ()
    return (Doubt(name, opened, list(closed), tuple(reasons), others),)


def _kinds(exposures: Iterable[Exposure]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(one.zone.kind) for one in exposures))


def _base(view: HostView, container: Container) -> dict[str, Any]:
    """Return the container whose network namespace this one was started in, and what became of it."""
    base, inventory = container.base, view.inventory
    if base is None or inventory is None:
        return {}
    found = next((one for one in inventory.containers if base in (one.id, one.name)), None)
    if found is None:
        return {"base": base[:12], "base_state": "" if inventory.partial else "gone"}
    return {"base": found.name, "base_state": _base_state(found, container)}


def _base_state(base: Container, guest: Container) -> str:
    if not base.running:
        return "stopped"
    times = _instant(base.started_at), _instant(guest.started_at)
    if not all(times):
        return ""
    return "restarted" if times[0] > times[1] else "running"


def _instant(text: str) -> tuple[str, str]:
    """Return a time of Docker's (RFC 3339, UTC) so that times compare: it leaves out zeros at the end of a fraction."""
    seconds, _, fraction = text.removesuffix("Z").partition(".")
    return (seconds, fraction.ljust(9, "0")) if seconds else ()  # type: ignore[return-value]


def _net_admin(container: Container) -> bool | None:
    if container.privileged is None or container.capabilities is None:
        return None
    return container.privileged or not _NET_ADMIN.isdisjoint(container.capabilities)


def _is_global(address: str) -> bool:
    try:
        return not is_private(address)
    except ValueError:
        return False

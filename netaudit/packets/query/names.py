"""The names that a question may use on a host. One that is not there is refused, with the nearest one that is.

An answer about nothing looks like a good one: "0 findings", "nothing is open".
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from netaudit.errors import SubjectError, suggest
from netaudit.model.docker import Container
from netaudit.model.exposure import ZoneKind
from netaudit.model.facts import RULE_SOURCES, GapReason, Source
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.ruleset import Ruleset
from netaudit.model.snapshot import Snapshot
from netaudit.packets.host.locations import all_listed, no_container, owner
from netaudit.packets.host.visibility import why_not_visible
from netaudit.packets.host.zones import ZoneChoice, origins

_LISTED = 12  # names that a hint lists
_PORTS = re.compile(r"(?<![\d.])(\d{1,5})(?:[:-](\d{1,5}))?(?![\d.])")
_PLAIN = tuple(map(str, (ZoneKind.INTERNET, ZoneKind.LAN, ZoneKind.HOST, ZoneKind.NETWORK)))


def require_containers(patterns: Iterable[str], snapshots: Sequence[Snapshot]) -> None:
    """Refuse a pattern that fits no container of the snapshots. Raises SubjectError."""
    names = [one.name for one in _containers(snapshots)]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise no_container(pattern, names, all_listed=all_listed(snapshots))


def require_projects(projects: Iterable[str], snapshots: Sequence[Snapshot]) -> None:
    """Refuse a project without a container in the snapshots. Raises SubjectError."""
    names = [one.project for one in _containers(snapshots) if one.project]
    for project in projects:
        if project not in names:
            known = _listed(dict.fromkeys(names))
            listed = f"projects here: {known}" if known else "see `docker compose ls`"
            raise SubjectError(f"no container of project {project}", hint=suggest(project, names, listed))


def require_zones(zones: Iterable[str], snapshots: Sequence[Snapshot], choice: ZoneChoice) -> None:
    """Refuse a zone that the snapshots do not have; `choice` is how their zones are found. Raises SubjectError."""
    known = tuple(dict.fromkeys((*_PLAIN, *(zone for one in snapshots for zone in _zones(one, choice)))))
    for zone in zones:
        if zone in known or (choice.containers and zone == ZoneKind.CONTAINER):
            continue
        kind, _, name = zone.partition(":")
        if kind == ZoneKind.CONTAINER:
            _refuse_container(name, snapshots)
        if not _all_seen(kind, snapshots):
            raise SubjectError(f"whether this host has a zone {zone} is not known", hint="name another zone")
        listed = f"zones here: {_listed(known)}"
        raise SubjectError(f"this host has no zone {zone}", hint=suggest(zone, known, listed))


def require_ports(ports: Iterable[int], snapshots: Sequence[Snapshot]) -> None:
    """Refuse a port that no binding, listener or rule names, where all of them were seen. Raises SubjectError."""
    for port in ports:
        if all(map(_sees_ports, snapshots)) and not any(_names_port(one, port) for one in snapshots):
            hint = "`netaudit exposure` lists the ports that are open; on the inside, add --from or --container"
            raise SubjectError(f"no binding, listener, rule or finding is about port {port}", hint=hint)


def _sees_ports(snapshot: Snapshot) -> bool:
    unseen = {gap.source for gap in snapshot.gaps if gap.reason is not GapReason.ABSENT}
    return all_listed([snapshot]) and not unseen & {Source.SOCKETS, *RULE_SOURCES}


def _names_port(snapshot: Snapshot, port: int) -> bool:
    known = {one.port for one in snapshot.host.listeners}
    for one in _containers([snapshot]):
        known.update(number for binding in one.bindings for number in (binding.host_port, binding.container_port))
        known.update(number for number, _ in one.exposed)
    return port in known or any(_text_names(text, port) for text in _texts(snapshot.ruleset))


def _texts(ruleset: Ruleset) -> Iterator[str]:
    for table in ruleset.tables:
        yield from (rule.text for chain in table.chains for rule in chain.rules)
        yield from (element for named in table.sets for element in named.elements)


def _text_names(text: str, port: int) -> bool:
    """Tell whether a rule says a port, or a range that has it; more words that look so are no harm."""
    spans = _PORTS.findall(text)
    return any(int(first) <= port <= int(last or first) for first, last in spans)


def _zones(snapshot: Snapshot, choice: ZoneChoice) -> Iterator[str]:
    for family in (Family.IP, Family.IP6):
        yield from (str(one.zone) for one in origins(snapshot.host, snapshot.inventory, family, choice))


def _refuse_container(name: str, snapshots: Sequence[Snapshot]) -> None:
    """Say which zone a container's packets are in, where it has none of its own. Raises SubjectError."""
    if not name:
        raise SubjectError("--from container: which one?", hint="such as container:web")
    require_containers([name], snapshots)
    for snapshot in snapshots:
        for one in snapshot.inventory.containers if snapshot.inventory else ():
            if one.name == name:
                raise SubjectError(f"container {name} is no zone of its own here", hint=_instead(one, snapshot))
    raise SubjectError(f"container:{name} names no zone: it stands for several containers", hint="name one of them")


def _instead(container: Container, snapshot: Snapshot) -> str:
    """Name what to ask for instead of a container."""
    home = owner(snapshot, container)
    if home.network_mode == "host":
        return "it is in the host's own network: ask --from host"
    if home.name != container.name:
        return f"it shares the network of {home.name}: ask about that one"
    networks = {one.id: one.name for one in snapshot.inventory.networks} if snapshot.inventory else {}
    joined = [networks[one.network_id] for one in container.endpoints if one.network_id in networks]
    if not (container.running and joined):
        return "it is not running, or on no network: nothing comes from it"
    asked = " ".join(f"--from network:{name}" for name in joined)
    return f"ask {asked}, of which it is a member; or `netaudit exposure --from container:{container.name}`"


def _containers(snapshots: Iterable[Snapshot]) -> Iterator[Container]:
    for one in snapshots:
        yield from one.inventory.containers if one.inventory else ()


def _all_seen(kind: str, snapshots: Sequence[Snapshot]) -> bool:
    if kind in (ZoneKind.NETWORK, ZoneKind.CONTAINER):
        return all_listed(snapshots)
    return not any(why_not_visible(one) for one in snapshots)


def _listed(names: Iterable[str]) -> str:
    known = list(names)
    more = f" and {len(known) - _LISTED} more" if len(known) > _LISTED else ""
    return ", ".join(known[:_LISTED]) + more

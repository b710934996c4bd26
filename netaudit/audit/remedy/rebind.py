"""The facts of a host on which a port is published on loopback: Docker's inventory, its rules and its proxies."""

from collections.abc import Callable
from typing import Any

import msgspec

from netaudit.attribute.attribution import AttributedItem, AttributedSnapshot, Standing
from netaudit.audit.finding import Finding
from netaudit.audit.remedy.rules import delete, edit_rules, restore, with_files
from netaudit.model.facts import Facts, Source
from netaudit.model.netfilter.ruleset import Item

_LOOPBACK = "127.0.0.1"


def rebind(
    facts: Facts, finding: Finding, shown: AttributedSnapshot, attribute: Callable[[Facts], AttributedSnapshot]
) -> Facts | None:
    """Return them for the port of a finding; None where its rules cannot be edited."""
    causes = [cause.binding for one in _all(finding) for cause in one.attribution.causes]
    bindings = [*causes, *(cell.exposure.destination.binding for cell in finding.evidence.cells)]
    ports = {(one.protocol, one.host_port) for one in bindings if one is not None}
    if not ports:
        return None
    rebound = with_files(
        facts,
        {
            Source.DOCKER_CONTAINERS: _containers(facts, finding.container, ports),
            Source.SOCKETS: _sockets(facts, ports),
        },
    )
    after = attribute(rebound)
    expected = {_key(one.item) for one in after.items if one.attribution.standing is Standing.EXPECTED}
    of_it = (one.item for one in shown.items if _is_of(one, finding.container, ports))
    gone = [item for item in of_it if _key(item) not in expected]
    return edit_rules(
        rebound,
        [
            *((item, delete) for item in gone),
            *((one.item, restore) for one in _missing_for(after, finding.container)),
        ],
    )


def _key(item: Item) -> tuple[str, str, str, str]:
    return item.backend, item.family, item.table, item.text


def _all(finding: Finding) -> tuple[AttributedItem, ...]:
    return (*finding.evidence.rules, *finding.evidence.missing)


def _is_of(one: AttributedItem, container: str, ports: set[tuple[str, int]]) -> bool:
    """Return whether a rule is there for these bindings of the container, and for nothing else."""
    causes = one.attribution.causes
    return bool(causes) and all(
        cause.container is not None
        and cause.container.name == container
        and cause.binding is not None
        and (cause.binding.protocol, cause.binding.host_port) in ports
        for cause in causes
    )


def _missing_for(after: AttributedSnapshot, container: str) -> list[AttributedItem]:
    """List what is expected for the container then, and is not there."""
    return [
        one
        for one in after.missing
        if any(c.container and c.container.name == container for c in one.attribution.causes)
    ]


def _containers(facts: Facts, name: str, ports: set[tuple[str, int]]) -> bytes:
    """Bind the ports of one container to loopback, and to nothing of IPv6."""
    containers: list[Any] = msgspec.json.decode(facts.files[Source.DOCKER_CONTAINERS])
    for container in containers:
        if container.get("Name") == f"/{name}":
            published = container["NetworkSettings"]["Ports"] or {}
            for port, hosts in published.items():
                published[port] = _hosts(port.partition("/")[2], hosts or [], ports)
    return msgspec.json.encode(containers)


def _hosts(protocol: str, hosts: list[dict[str, str]], ports: set[tuple[str, int]]) -> list[dict[str, str]]:
    bound = {str(port) for one, port in ports if one == protocol}  # "" is the port of a routed network, which uses none
    kept = [host for host in hosts if host["HostPort"] not in bound]
    moved = dict.fromkeys(host["HostPort"] for host in hosts if host not in kept)
    return [*kept, *({"HostIp": _LOOPBACK, "HostPort": port} for port in moved)]


def _sockets(facts: Facts, ports: set[tuple[str, int]]) -> bytes:
    """Let docker-proxy listen on loopback only."""
    lines = []
    for line in facts.files.get(Source.SOCKETS, b"").decode(errors="surrogateescape").splitlines():
        words = line.split(None, 5)
        host, _, port = words[4].rpartition(":") if len(words) > 4 else ("", "", "")
        if '"docker-proxy"' in line and port.isdecimal() and (words[0], int(port)) in ports:
            if not host.startswith("["):
                lines.append(line.replace(f"{host}:{port}", f"{_LOOPBACK}:{port}", 1))
        else:
            lines.append(line)
    return "".join(f"{line}\n" for line in lines).encode(errors="surrogateescape")

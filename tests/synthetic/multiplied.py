"""A recording with more containers: copies of what is there, each with its own address, ports, rules and sockets."""

import json
import re
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from itertools import islice
from typing import Any

import msgspec

from netaudit.model.docker import Container
from netaudit.model.facts import Facts, Source
from netaudit.model.snapshot import Snapshot
from netaudit.parse import parse_snapshot

_SAVES = (Source.IPTABLES_NFT, Source.IP6TABLES_NFT, Source.IPTABLES_LEGACY, Source.IP6TABLES_LEGACY)
_FIRST_PORT = 20000
Renew = Callable[[str], str]


def multiplied(facts: Facts, count: int) -> Facts | None:
    """Return a recording in which each running container with an address is there `count` times more; None for none."""
    snapshot = parse_snapshot(facts)
    known = snapshot.inventory.containers if snapshot.inventory else ()
    found = [one for one in known if one.running and any(end.ipv4 or end.ipv6 for end in one.endpoints)]
    for at, container in enumerate(found):
        copies = list(islice(_copies(container, parse_snapshot(facts), _FIRST_PORT + 1000 * at), count))
        for source, data in facts.files.items():
            facts = msgspec.structs.replace(
                facts, files={**facts.files, source: _with(source, data, container, copies)}
            )
    return facts if found else None


def _copies(container: Container, snapshot: Snapshot, port: int) -> Iterator[tuple[str, Renew, Renew]]:
    """Give of each copy its id, and what renews addresses in a text, and ports."""
    inventory = snapshot.inventory
    assert inventory
    subnets = {one.id: (one.subnet, one.subnet6) for one in inventory.networks}
    taken = {ip for one in inventory.containers for end in one.endpoints for ip in (end.ipv4, end.ipv6)}
    taken |= {gateway for one in inventory.networks for gateway in (one.gateway, one.gateway6)}
    pools = {
        address: _free(ip_network(subnets[end.network_id][at]), taken)
        for end in container.endpoints
        for at, address in enumerate((end.ipv4, end.ipv6))
        if address and end.network_id in subnets and subnets[end.network_id][at]
    }
    ports = list(dict.fromkeys(one.host_port for one in container.bindings if one.host_port))
    for number in range(1 << 16):
        addresses = {old: str(next(pool)) for old, pool in pools.items()}
        moved = {str(old): str(port + number * len(ports) + at) for at, old in enumerate(ports)}
        name = f"{number:04x}{container.id[4:]}" if container.id else ""
        yield name, _renewing(addresses, r"(?<![\w.:]){}(?![\w.]|:[0-9a-f]*:)"), _renewing(moved, r"\b{}\b")


def _free(subnet: Any, taken: set[str]) -> Iterator[object]:
    return (one for one in islice(subnet.hosts(), 1, None) if str(one) not in taken)


def _renewing(words: dict[str, str], pattern: str) -> Renew:
    if not words:
        return lambda text: text
    found = re.compile(pattern.format(f"({'|'.join(map(re.escape, words))})"))
    return lambda text: found.sub(lambda match: words[match[1]], text)


def _with(source: str, data: bytes, container: Container, copies: list[tuple[str, Renew, Renew]]) -> bytes:
    text = data.decode()
    if source in _SAVES:
        return "\n".join(_lines(text, container, copies)).encode()
    match source:
        case Source.NFT_RULESET:
            return _nft(text, copies)
        case Source.SOCKETS:
            return "\n".join(_sockets(text, container, copies)).encode()
        case Source.DOCKER_CONTAINERS:
            return _containers(text, container, copies)
        case Source.DOCKER_NETWORKS:
            return _networks(text, container, copies)
        case _:
            return data


def _lines(text: str, container: Container, copies: list[tuple[str, Renew, Renew]]) -> Iterator[str]:
    own = re.compile(rf"--dport ({'|'.join(str(one.host_port) for one in container.bindings) or 'x'})\b")
    for line in text.split("\n"):
        yield line
        for _, addresses, ports in copies:
            new = addresses(line)
            if new != line:
                yield own.sub(lambda match, ports=ports: ports(match[0]), new)  # type: ignore[misc]


def _nft(text: str, copies: list[tuple[str, Renew, Renew]]) -> bytes:
    objects = []
    for one in json.loads(text)["nftables"]:
        objects.append(one)
        shown = json.dumps(one)
        for _, addresses, ports in copies if "rule" in one else ():
            new = addresses(shown)
            if new != shown:
                objects.append(json.loads(re.sub(r'"right": \d+', lambda match, ports=ports: ports(match[0]), new)))  # type: ignore[misc]
    return json.dumps({"nftables": objects}).encode()


def _sockets(text: str, container: Container, copies: list[tuple[str, Renew, Renew]]) -> Iterator[str]:
    own = tuple(f":{one.host_port} " for one in container.bindings if one.host_port)
    for line in text.split("\n"):
        yield line
        if any(one in line for one in own):
            yield from (re.sub(r":\d+ ", lambda match, ports=ports: ports(match[0]), line) for *_, ports in copies)  # type: ignore[misc]


def _containers(text: str, container: Container, copies: list[tuple[str, Renew, Renew]]) -> bytes:
    found = json.loads(text)
    known = [one for one in found if one["Id"] == container.id]
    for name, addresses, ports in copies if known else ():
        new = json.loads(addresses(json.dumps(known[0])))
        new["Id"], new["Name"] = name, f"/copy{name[:12]}"
        for bindings in (new["NetworkSettings"].get("Ports") or {}).values():
            for one in bindings or ():
                one["HostPort"] = ports(one["HostPort"])
        found.append(new)
    return json.dumps(found).encode()


def _networks(text: str, container: Container, copies: list[tuple[str, Renew, Renew]]) -> bytes:
    networks = json.loads(text)
    for network in networks:
        members = network.get("Containers") or {}
        if container.id in members:
            shown = json.dumps(members[container.id])
            members |= {name: json.loads(addresses(shown)) for name, addresses, _ in copies}
    return json.dumps(networks).encode()

"""The facts of a host after a remediation.

No host is changed. What cannot be computed from the facts alone (native nftables, a new network) is None.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from netaudit.attribute.attribution import AttributedItem, AttributedSnapshot, Standing
from netaudit.audit.checks.check import Fix
from netaudit.audit.finding import Finding
from netaudit.audit.remedy.save_text import SaveText
from netaudit.model.facts import IPTABLES_SOURCES, Facts, Source
from netaudit.model.netfilter.ruleset import Item

_FIRST = ("-A FORWARD -j DOCKER-USER",)  # what works only before all others of its chain
_LOOPBACK = "127.0.0.1"
Attribute = Callable[[Facts], AttributedSnapshot]
Edit = Callable[[SaveText, Item], None]


def patch(facts: Facts, finding: Finding, shown: AttributedSnapshot, attribute: Attribute) -> Facts | None:
    """Return the facts of the host on which the finding's remediation was followed; None where that is not known."""
    fix = finding.check.fix
    if fix is Fix.REBIND_LOOPBACK:
        return _rebind(facts, finding, shown, attribute)
    if fix is Fix.BRIDGE_NF_CALL:
        return _switch(facts, "net.bridge.bridge-nf-call-iptables", "1")
    if fix not in _EDITS:
        return None
    return _edit(facts, [(item, _EDITS[fix]) for item in _items(fix, finding)])


def _items(fix: Fix, finding: Finding) -> list[Item]:
    """Choose what of the evidence is edited."""
    rules = [one.item for one in finding.evidence.rules]
    match fix:
        case Fix.RESTORE_MISSING:
            return [one.item for one in finding.evidence.missing]
        case Fix.DROP_FORWARD:
            return [item for item in rules if item.chain == "FORWARD" and item.position is None]
        case Fix.DELETE_RULE:
            return rules[:1]  # those behind it prove that it is useless
        case Fix.GUARD_LOOPBACK:
            return [item for item in rules if item.family == "ip"][:1]
        case _:
            return rules


def _edit(facts: Facts, edits: Iterable[tuple[Item, Edit]]) -> Facts | None:
    """Edit the files that rules are recorded in; None where one of them is of native nftables, or nothing is edited."""
    texts: dict[str, SaveText] = {}
    for item, edit in edits:
        source = IPTABLES_SOURCES.get((item.backend, item.family))
        if source is None:
            return None
        if source not in texts:
            texts[source] = SaveText(facts.files.get(source, b"").decode(errors="surrogateescape"))
        edit(texts[source], item)
    if not texts:
        return None
    return _with(facts, {name: str(text).encode(errors="surrogateescape") for name, text in texts.items()})


def _with(facts: Facts, files: Mapping[str, bytes]) -> Facts:
    return msgspec.structs.replace(facts, files={**facts.files, **files})


def _delete(text: SaveText, item: Item) -> None:
    text.delete(item.table, item.text)


def _restore(text: SaveText, item: Item) -> None:
    """Write a rule where Docker does: accepting ones before the drop that ends their chain."""
    if item.text in _FIRST or (item.table == "filter" and item.text.endswith("-j ACCEPT")):
        text.insert(item.table, item.text)
    else:
        text.append(item.table, item.text)


def _ask_original_port(text: SaveText, item: Item) -> None:
    original = re.sub(r"-m (?:tcp|udp) --dport (\d+)", r"-m conntrack --ctorigdstport \1 --ctdir ORIGINAL", item.text)
    text.replace(item.table, item.text, original)


def _drop_forward(text: SaveText, item: Item) -> None:
    text.set_policy(item.table, item.chain, "DROP")


def _guard_loopback(text: SaveText, _: Item) -> None:
    text.insert("raw", "-A PREROUTING -d 127.0.0.0/8 ! -i lo -j DROP")


def _switch(facts: Facts, name: str, value: str) -> Facts:
    lines = facts.files.get(Source.SYSCTL, b"").decode().splitlines()
    kept = [line for line in lines if not line.startswith(f"{name} ")]
    return _with(facts, {Source.SYSCTL: "".join(f"{line}\n" for line in [*kept, f"{name} = {value}"]).encode()})


_EDITS: Mapping[Fix, Edit] = {
    Fix.DELETE_RULE: _delete,
    Fix.RESTORE_MISSING: _restore,
    Fix.ASK_ORIGINAL_PORT: _ask_original_port,
    Fix.DROP_FORWARD: _drop_forward,
    Fix.GUARD_LOOPBACK: _guard_loopback,
}


def _rebind(facts: Facts, finding: Finding, shown: AttributedSnapshot, attribute: Attribute) -> Facts | None:
    """Publish a port on loopback: Docker's inventory, its rules and its proxies change together."""
    causes = [cause.binding for one in _all(finding) for cause in one.attribution.causes]
    bindings = [*causes, *(cell.exposure.destination.binding for cell in finding.evidence.cells)]
    ports = {(one.protocol, one.host_port) for one in bindings if one is not None}
    if not ports:
        return None
    rebound = _with(
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
    return _edit(
        rebound,
        [
            *((item, _delete) for item in gone),
            *((one.item, _restore) for one in _missing_for(after, finding.container)),
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
    kept = [host for host in hosts if (protocol, int(host["HostPort"])) not in ports]
    moved = dict.fromkeys(host["HostPort"] for host in hosts if host not in kept)
    return [*kept, *({"HostIp": _LOOPBACK, "HostPort": port} for port in moved)]


def _sockets(facts: Facts, ports: set[tuple[str, int]]) -> bytes:
    """Let docker-proxy listen on loopback only."""
    lines = []
    for line in facts.files.get(Source.SOCKETS, b"").decode(errors="surrogateescape").splitlines():
        words = line.split(None, 5)
        host, _, port = words[4].rpartition(":") if len(words) > 4 else ("", "", "")
        if '"docker-proxy"' in line and port.isdigit() and (words[0], int(port)) in ports:
            if not host.startswith("["):
                lines.append(line.replace(f"{host}:{port}", f"{_LOOPBACK}:{port}", 1))
        else:
            lines.append(line)
    return "".join(f"{line}\n" for line in lines).encode(errors="surrogateescape")

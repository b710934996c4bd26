"""Entries about a host, each with the rows of the whole exposure table that decide it: read once more, by hand."""

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from typing import NamedTuple

from netaudit.model.docker import Container, Inventory
from netaudit.model.exposure import DestinationKind, Exposure, Outcome
from netaudit.policy.verdict import Verdict

Rows = list[Exposure]
_FAMILIES = {"ipv4": "ip", "ipv6": "ip6"}
_MOST = 4  # containers


class Case(NamedTuple):
    """A sentence; `deciding` are the rows that decide it, all of which are of zones in `senders`."""

    text: str
    verdict: Callable[[Rows], Verdict]
    deciding: Callable[[Rows], Rows]
    senders: frozenset[str]


def cases(inventory: Inventory, unpublished: int = 81) -> Iterator[Case]:
    """List entries of every kind about the containers of a host; one is about a port that none of them publishes."""
    running = [one for one in inventory.containers if one.running and one.network_mode not in ("host", "none")][:_MOST]
    for one in running:
        ports = {binding.container_port for binding in one.bindings if binding.container_port} | {unpublished}
        for port in sorted(ports)[-3:]:
            yield from _about_port(one, port, running)
        yield _nothing_but_outsiders(one, inventory)
    yield _only_published(running)
    yield from _isolated(inventory)


def _about_port(one: Container, port: int, running: list[Container]) -> Iterator[Case]:
    senders = ["internet", "lan:eth0", *(f"container:{other.name}" for other in running if other is not one)]
    for sender in senders:
        for said, family in _FAMILIES.items():
            mine = _rows({sender}, one.name, family, port)
            target = f"container:{one.name}:{port}/tcp over {said}"
            yield Case(f"{sender} can reach {target}", _reversed(mine), mine, frozenset({sender}))
            yield Case(f"{sender} cannot reach {target}", _forbidding(mine), mine, frozenset({sender}))


def _nothing_but_outsiders(one: Container, inventory: Inventory) -> Case:
    """Of members of networks with another member: also who comes later."""
    others = [other for other in inventory.containers if other.running and other.id != one.id]
    networks = {end.network_name for other in others for end in other.endpoints}
    zones = {f"network:{name}" for name in networks} | {f"container:{other.name}" for other in others}
    if any(other.network_mode == "host" for other in others):
        zones.add("host")
    mine = _rows(zones, one.name)
    return Case(f"nothing reaches container:{one.name} but internet, lan", _forbidding(mine), mine, frozenset(zones))


def _only_published(running: list[Container]) -> Case:
    published = sorted(
        {(one.name, binding.container_port, binding.protocol) for one in running for binding in one.bindings}
    )  # fmt: skip
    targets = ", ".join(f"container:{name}:{port}/{protocol}" for name, port, protocol in published)
    text = f"internet can reach only {targets}" if published else "internet cannot reach anything"

    def other(rows: Rows) -> Rows:
        wanted = {(name, port, protocol) for name, port, protocol in published}
        return [one for one in rows if str(one.zone) == "internet" and not _is_one_of(one, wanted)]

    def verdict(rows: Rows) -> Verdict:
        demands = [
            _reversed(lambda every, name=name, port=port, protocol=protocol: [  # type: ignore[misc]
                one for one in every if str(one.zone) == "internet" and _is_one_of(one, {(name, port, protocol)})
            ])(rows)
            for name, port, protocol in published
        ]  # fmt: skip
        return _worst([_forbidding(other)(rows), *demands])

    return Case(text, verdict, other, frozenset({"internet"}))


def _isolated(inventory: Inventory) -> Iterator[Case]:
    running = [one for one in inventory.containers if one.running]
    members = {
        name: {one.name for one in running if any(end.network_name == name for end in one.endpoints)}
        for name in sorted({end.network_name for one in running for end in one.endpoints} - {"host", "none"})
    }
    for one, other in list(combinations(members, 2))[:4]:
        shared = members[one] & members[other]

        def mine(rows: Rows, one: str = one, other: str = other) -> Rows:
            senders = [members[one] - members[other], members[other] - members[one]]
            pairs = {(f"container:{a}", b) for a in senders[0] for b in senders[1]}
            pairs |= {(f"container:{b}", a) for a in senders[0] for b in senders[1]}
            return [row for row in rows if (str(row.zone), row.destination.container_name) in pairs]

        def verdict(rows: Rows, mine: Callable[[Rows], Rows] = mine, shared: set[str] = shared) -> Verdict:
            return Verdict.BROKEN if shared else _forbidding(mine)(rows)

        senders = frozenset(f"container:{name}" for name in members[one] ^ members[other])
        yield Case(f"networks {one} and {other} are isolated", verdict, mine, senders)


def _rows(zones: set[str], container: str, family: str = "", port: int = 0) -> Callable[[Rows], Rows]:
    def chosen(rows: Rows) -> Rows:
        return [
            one
            for one in rows
            if str(one.zone) in zones
            and one.destination.container_name == container
            and family in ("", one.destination.family)
            and (not port or _is_one_of(one, {(container, port, "tcp")}))
        ]

    return chosen


def _is_one_of(row: Exposure, wanted: Iterable[tuple[str, int, str]]) -> bool:
    """Tell whether a row is about a port of a container, as the container knows it."""
    to = row.destination
    if to.kind is DestinationKind.HOST_LISTENER:
        return False
    ports = to.ports
    if to.binding:
        ports = ((to.binding.container_port, to.binding.container_port),)
    elif to.led and to.led.ports:
        ports = (to.led.ports,)
    return any(
        to.container_name == name and to.protocol == protocol and any(first <= port <= last for first, last in ports)
        for name, port, protocol in wanted
    )


def _forbidding(chosen: Callable[[Rows], Rows]) -> Callable[[Rows], Verdict]:
    def verdict(rows: Rows) -> Verdict:
        outcomes = {one.outcome for one in chosen(rows)}
        if Outcome.ALLOWED in outcomes:
            return Verdict.BROKEN
        return Verdict.UNDECIDED if Outcome.MAY in outcomes else Verdict.HOLDS

    return verdict


def _reversed(chosen: Callable[[Rows], Rows]) -> Callable[[Rows], Verdict]:
    turned = {Verdict.BROKEN: Verdict.HOLDS, Verdict.HOLDS: Verdict.BROKEN, Verdict.UNDECIDED: Verdict.UNDECIDED}
    return lambda rows: turned[_forbidding(chosen)(rows)]


def _worst(verdicts: list[Verdict]) -> Verdict:
    return min(verdicts, key=[Verdict.BROKEN, Verdict.UNDECIDED, Verdict.HOLDS].index)

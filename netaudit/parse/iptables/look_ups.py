"""`-m set` and `-m recent` -> their meaning: which of the packets' addresses and ports are in a list.

Sources: iptables-extensions(8), ipset(8), and the kernel's net/netfilter/xt_set.c, ipset/ and xt_recent.c.
"""

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_network

from netaudit.model.netfilter.lists import AddressLists
from netaudit.model.netfilter.match import (
    ALWAYS,
    NEVER,
    Field,
    Match,
    Named,
    Not,
    Sometimes,
    all_of,
    any_of,
    equal,
    in_ranges,
)
from netaudit.parse.iptables.rule import Option
from netaudit.parse.reading.constants import ICMP_TYPES, ICMPV6_TYPES, PROTOCOLS, number
from netaudit.parse.reading.values import address, mac, network, span

_SIDES = {"src": 0, "dst": 1}
_FIELDS: Mapping[str, tuple[Field, Field]] = {
    **dict.fromkeys(("ip", "net"), (Field.SADDR, Field.DADDR)),
    "port": (Field.SPORT, Field.DPORT),
    "iface": (Field.IIF, Field.OIF),
    "mac": (Field.SMAC, Field.DMAC),
}
_ICMP = {"icmp": ICMP_TYPES, "icmpv6": ICMPV6_TYPES, "ipv6-icmp": ICMPV6_TYPES}
_WITH_PORTS = frozenset({"tcp", "udp", "sctp", "udplite", "dccp"})
_DEEPEST = 8  # sets of sets


class UnrecordedError(Exception):
    """What a list holds was not recorded."""


def read_set(options: Sequence[Option], family: str, lists: AddressLists) -> Match:
    """Match what an ipset holds. Raises UnrecordedError, and ValueError or KeyError for options that are not known."""
    (asked,) = options
    if asked.name != "--match-set":
        raise KeyError(asked.name)
    name, sides = asked.arguments
    if lists.sets is None:
        raise UnrecordedError
    held = _held((name, sides, family), lists)
    return Not(held) if asked.negated else held


def _held(asked: tuple[str, str, str], lists: AddressLists, depth: int = 0) -> Match:
    if asked not in lists.matches:
        lists.matches[asked] = _read(asked, lists, depth)
    return lists.matches[asked]


def _read(asked: tuple[str, str, str], lists: AddressLists, depth: int) -> Match:
    name, sides, family = asked
    found = (lists.sets or {}).get(name)
    if found is None or depth > _DEEPEST:
        raise UnrecordedError
    if found.kind == "list:set":
        return any_of(_held((one, sides, family), lists, depth + 1) for one in found.members)
    if found.family not in ("", family):
        return NEVER
    parts = found.kind.partition(":")[2].split(",")
    fields = [_SIDES[side] for side in sides.split(",")]
    if len(fields) < len(parts):
        raise KeyError(sides)
    held = _any_member(found.members, parts, fields)
    return all_of([held, Not(_any_member(found.excluded, parts, fields))]) if found.excluded else held


def _any_member(members: Sequence[str], parts: Sequence[str], sides: Sequence[int]) -> Match:
    """Match any of a set's members; those that differ in their first address alone become ranges."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for member in members:
        first, *others = member.split(",")
        alike.setdefault(tuple(others), []).append(first)
    return any_of(_members_alike(firsts, others, parts, sides) for others, firsts in alike.items())


def _members_alike(firsts: Sequence[str], others: Sequence[str], parts: Sequence[str], sides: Sequence[int]) -> Match:
    if len(others) != len(parts) - 1:
        raise ValueError(others)
    first = any_of(_part(parts[0], one, sides[0]) for one in firsts)
    rest = [_part(part, text, side) for part, text, side in zip(parts[1:], others, sides[1:], strict=False)]
    return all_of([first, *rest])


def _part(part: str, text: str, side: int) -> Match:
    """Match one part of a member: an address or a network, a port, an interface, a hardware address, a mark."""
    if part == "mark":
        return equal(Field.MARK, int(text, 0))
    field = _FIELDS[part][side]
    match part:
        case "ip" | "net":
            first, _, last = text.partition("-")
            return in_ranges(field, [(address(first), address(last)) if last else network(first)])
        case "port":
            return _port(field, text)
        case "iface":
            bridged = text.startswith("physdev:")
            physical = (Field.PHYSIN, Field.PHYSOUT)[side]
            return Named(physical if bridged else field, (text.removeprefix("physdev:"),))
        case _:
            return equal(field, mac(text))


def _port(field: Field, text: str) -> Match:
    """Match `tcp:80`, `icmp:echo-request`, or of a bitmap a port of any protocol that has ports."""
    protocol, colon, port = text.rpartition(":")
    if protocol in _ICMP:
        kind = equal(Field.ICMP_TYPE, number(port, _ICMP[protocol]))
        return all_of([equal(Field.PROTOCOL, PROTOCOLS[protocol]), kind])
    names = [protocol] if colon else sorted(_WITH_PORTS)
    same = equal(Field.PROTOCOL, *(number(one, PROTOCOLS) for one in names))
    return all_of([same, in_ranges(field, [span(port, "-")])]) if _WITH_PORTS.issuperset(names) else same


def read_recent(options: Sequence[Option], family: str, lists: AddressLists, text: str) -> Match:
    """Match what a list of recent addresses holds now; how often, or for how long, depends on other packets.

    Raises UnrecordedError, and ValueError or KeyError for options that are not known.
    """
    asked = {one.name: one for one in options}
    verb = next((one for one in options if one.name in ("--set", "--rcheck", "--update", "--remove")), None)
    if verb is None:
        raise ValueError(text)
    if verb.name == "--set":
        return NEVER if verb.negated else ALWAYS
    if "--hitcount" in asked:
        return Sometimes(text)
    if lists.recent is None:
        raise UnrecordedError
    name = asked["--name"].arguments[0] if "--name" in asked else "DEFAULT"
    mask = asked["--mask"].arguments[0] if "--mask" in asked else ""
    known = in_ranges(Field.DADDR if "--rdest" in asked else Field.SADDR, _spans(lists.recent[name], mask, family))
    timed = {"--seconds", "--rttl"} & asked.keys() and known.ranges
    match = all_of([known, Sometimes(text)]) if timed else known
    return Not(match) if verb.negated else match


def _spans(addresses: Sequence[str], mask: str, family: str) -> Iterator[tuple[int, int]]:
    for one in addresses:
        if (":" in one) == (family == "ip6"):
            length = address(mask).bit_count() if mask else None
            found = ip_network(one if length is None else f"{one}/{length}", strict=False)
            yield int(found.network_address), int(found.broadcast_address)

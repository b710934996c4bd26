"""Addresses, routes and switches after the command: the host's own, and what the command changed of the replica's."""

from collections.abc import Sequence

import msgspec

from netaudit.bounded import decode_json
from netaudit.model.facts import Facts, Source
from netaudit.replica.beside import set_lines
from netaudit.replica.order import Json, Printed

Entry = dict[str, Json]
_OF_LINKS = ("fe80:", "ff")
_OF_LINK = frozenset({"linkdown", "dead"})  # flags of a route: no interface here has a carrier


def restore_host(facts: Facts, before: Printed, after: Printed) -> dict[str, bytes]:
    """Return the files that the command changed."""
    changed: dict[str, bytes] = {}
    for source in (Source.IP_ROUTE, Source.IP6_ROUTE):
        old, new = _entries(before, source), _entries(after, source)
        if old != new:
            changed[source] = _encode(_routes(_list(facts.files.get(source, b"")), old, new))
    old, new = _entries(before, Source.IP_ADDR), _entries(after, Source.IP_ADDR)
    if _addressed(old) != _addressed(new):
        changed[Source.IP_ADDR] = _encode(_interfaces(_list(facts.files.get(Source.IP_ADDR, b"")), old, new))
    changed |= _policy(facts, before, after) | _sets(facts, before, after)
    switches = (_switches(before.files.get(Source.SYSCTL, b"")), _switches(after.files.get(Source.SYSCTL, b"")))
    if switches[0] != switches[1]:
        own = _switches(facts.files.get(Source.SYSCTL, b""))
        own |= {name: value for name, value in switches[1].items() if switches[0].get(name) != value}
        changed[Source.SYSCTL] = "".join(f"{name} = {own[name]}\n" for name in sorted(own)).encode()
    return changed


def _policy(facts: Facts, before: Printed, after: Printed) -> dict[str, bytes]:
    """Return the policy rules that the command changed, where the host's were recorded."""
    changed: dict[str, bytes] = {}
    for source in (Source.IP_RULE, Source.IP6_RULE):
        old, new = (_list(printed.files.get(source, b"")) for printed in (before, after))
        if old != new and source in facts.files:
            own = [one for one in _list(facts.files[source]) if one in new or one not in old]
            changed[source] = _encode([*own, *(one for one in new if one not in old)])
    return changed


def _sets(facts: Facts, before: Printed, after: Printed) -> dict[str, bytes]:
    """Return the sets of ipset that the command changed, where the host's were recorded."""
    old, new = (set_lines(one.files.get(Source.IPSET, b"").decode(errors="replace")) for one in (before, after))
    if old == new or not (Source.IPSET in facts.files or Source.IPSET in facts.unused):
        return {}
    return {Source.IPSET: "".join(f"{line}\n" for line in new).encode()}


def _entries(printed: Printed, source: Source) -> list[Entry]:
    return [_without_link(one) for one in _list(printed.files.get(source, b"")) if not _comes_by_itself(one)]


def _comes_by_itself(one: Entry) -> bool:
    """Tell the routes of link-local addresses and of multicast, which the kernel adds some time after a link is up."""
    return one.get("protocol") == "kernel" and str(one.get("dst", "")).startswith(_OF_LINKS)


def _list(data: bytes) -> list[Entry]:
    return list(decode_json(data, list[dict[str, Json]])) if data.strip() else []


def _encode(entries: Sequence[Entry]) -> bytes:
    return msgspec.json.encode(entries) + b"\n"


def _without_link(one: Entry) -> Entry:
    if not isinstance(one.get("flags"), list) or "dst" not in one:
        return one
    return {**one, "flags": [flag for flag in one["flags"] if flag not in _OF_LINK]}


def _routes(own: list[Entry], old: list[Entry], new: list[Entry]) -> list[Entry]:
    gone = [_route(one) for one in old if one not in new]
    come = [one for one in new if one not in old]
    return [*(one for one in own if _route(one) not in gone), *come]


def _route(one: Entry) -> tuple[object, ...]:
    hops = one.get("nexthops") or [one]
    led = tuple((hop.get("dev"), hop.get("gateway")) for hop in hops if isinstance(hop, dict))
    return one.get("dst"), one.get("type", "unicast"), str(one.get("table", "main")), one.get("metric", 0), led


def _addressed(entries: Sequence[Entry]) -> dict[object, object]:
    return {one.get("ifname"): (_addresses(one), "UP" in (one.get("flags") or [])) for one in entries}


def _addresses(one: Entry) -> list[object]:
    given = [each for each in one.get("addr_info") or [] if isinstance(each, dict) and each.get("scope") != "link"]
    return sorted([(each.get("local"), each.get("prefixlen")) for each in given], key=str)


def _interfaces(own: list[Entry], old: list[Entry], new: list[Entry]) -> list[Entry]:
    was, now = _addressed(old), _addressed(new)
    by_name = {one.get("ifname"): one for one in new}
    kept = [
        _interface(one, by_name[name]) if was.get(name) != now.get(name) else one
        for one in own
        if (name := one.get("ifname")) in now or name not in was
        if name in by_name or name not in was
    ]
    return [*kept, *(one for one in new if one.get("ifname") not in was)]


def _interface(own: Entry, changed: Entry) -> Entry:
    """Give an interface the addresses that it has now, and its state."""
    flags = [flag for flag in own.get("flags") or [] if flag != "UP"]
    up = ["UP"] if "UP" in (changed.get("flags") or []) else []
    return {**own, "addr_info": changed.get("addr_info", []), "flags": [*up, *flags]}


def _switches(data: bytes) -> dict[str, str]:
    lines = (line.partition(" = ") for line in data.decode(errors="replace").splitlines())
    return {name: value for name, found, value in lines if found}

"""`ip -j rule show` and `ip -6 -j rule show` -> policy rules."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from netaudit.errors import ParseError
from netaudit.model.facts import Facts, Source
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import (
    ALWAYS,
    NEVER,
    Field,
    Masked,
    Match,
    Named,
    Not,
    UnknownMatch,
    all_of,
    any_of,
    equal,
    in_ranges,
)
from netaudit.model.routing.policy import PolicyRule, RuleAction, usual_rules
from netaudit.parse.reading.constants import PROTOCOLS, number
from netaudit.parse.reading.decode import decode_json

_SOURCES = {Family.IP: Source.IP_RULE, Family.IP6: Source.IP6_RULE}
_ALL = 0xFFFFFFFF
_ADDRESSES = {"src": ("srclen", Field.SADDR), "dst": ("dstlen", Field.DADDR)}
_PORTS = {"sport": Field.SPORT, "dport": Field.DPORT}
# What else a rule has beside its selectors; realms do not choose a route.
_BESIDE = frozenset(
    (
        *("priority", "not", "table", "protocol", "action", "goto", "nop", "unresolved", "l3mdev"),
        *("suppress_prefixlen", "suppress_ifgroup", "flow_from", "flow_to", "iif_detached", "oif_detached"),
        *("srclen", "dstlen", "fwmask", "uid_end", "sport_start", "sport_end", "dport_start", "dport_end"),
    )
)
_UNRECORDED = "what it looks at is not recorded"
Json = Mapping[str, Any]


def parse_policy(facts: Facts) -> tuple[PolicyRule, ...] | None:
    """Read the rules of both families; None where the rules of one were not recorded. Raises ParseError."""
    found: list[PolicyRule] = []
    for family, source in _SOURCES.items():
        if source in facts.unused:
            found += usual_rules(family)
            continue
        data = facts.files.get(source, b"")
        if not data.strip():
            return None
        found += _of_family(data, source, family)
    return tuple(found)


def _of_family(data: bytes, source: Source, family: Family) -> Iterator[PolicyRule]:
    listed = decode_json(data, list[dict[str, Any]], source=source, expected="what `ip -j rule` prints")
    for raw in listed:
        try:
            yield _rule(raw, family)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            hint = "record the host again"
            raise ParseError(f"not a rule as `ip -j rule` prints it: {error}", source=source, hint=hint) from error


def _rule(raw: Json, family: Family) -> PolicyRule:
    match = all_of(_selectors(raw))
    return PolicyRule(
        family=family,
        priority=int(raw.get("priority", 0)),
        match=Not(match) if "not" in raw else match,
        action=_action(raw),
        table=str(raw.get("table", "")),
        target=int(raw.get("goto", 0)),
        suppress_prefix=int(raw.get("suppress_prefixlen", -1)),
        suppress_group=str(raw.get("suppress_ifgroup", "")),
        by_vrf="l3mdev" in raw,
    )


def _action(raw: Json) -> RuleAction:
    if "goto" in raw:
        return RuleAction.GOTO
    if "nop" in raw:
        return RuleAction.NOP
    return RuleAction(raw.get("action", "lookup"))


def _selectors(raw: Json) -> Iterator[Match]:
    for key, value in raw.items():
        if key not in _BESIDE:
            yield _selector(key, value, raw)
    for key, field in _PORTS.items():
        if f"{key}_start" in raw:
            yield in_ranges(field, [(int(raw[f"{key}_start"]), int(raw[f"{key}_end"]))])


def _selector(key: str, value: Any, raw: Json) -> Match:  # noqa: ANN401 (iproute2's JSON)
    match key:
        case "src" | "dst":
            length, field = _ADDRESSES[key]
            return ALWAYS if value == "all" else _address(field, str(value), raw.get(length))
        case "sport" | "dport" if f"{key}_mask" not in raw:
            return equal(_PORTS[key], int(value))
        case "fwmark":
            mask = int(str(raw.get("fwmask", _ALL)), 0)
            return Masked(Field.MARK, mask, int(str(value), 0) & mask)
        case "iif":
            return Named(Field.IIF, ("" if value == "lo" else str(value),))
        case "oif" | "tun_id":  # of a socket that is bound to an interface, and of a tunnel: not of ordinary packets
            return NEVER
        case _:
            return _other(key, value, raw)


def _other(key: str, value: Any, raw: Json) -> Match:  # noqa: ANN401 (iproute2's JSON)
    match key:
        case "ipproto":
            return equal(Field.PROTOCOL, number(str(value), PROTOCOLS))
        case "uid_start":
            return _owners(int(value), int(raw["uid_end"]))
        case "tos":
            return equal(Field.DSCP, int(str(value), 16) >> 2)
        case _:
            return UnknownMatch(f"{key} {value}", _UNRECORDED)


def _address(field: Field, text: str, length: int | None) -> Match:
    network = ip_network(text if length is None else f"{text}/{length}", strict=False)
    return in_ranges(field, [(int(network.network_address), int(network.broadcast_address))])


def _owners(first: int, last: int) -> Match:
    """Match by the owner of the socket; what is forwarded counts as root's (ip_route_input_slow in net/ipv4)."""
    own = all_of([equal(Field.SOCKET, 1), in_ranges(Field.SKUID, [(first, last)])])
    return own if first else any_of([equal(Field.SOCKET, 0), own])

"""Where packets come in from, which listeners of the host they get to, and which answers DOCKER-USER drops."""

from collections.abc import Iterable, Sequence

from netaudit.attribute.attribution import AttributedExposure, AttributedItem, AttributedSnapshot
from netaudit.model.docker import Network
from netaudit.model.exposure import OUTSIDE, DestinationKind, Outcome, Zone, ZoneKind
from netaudit.model.host import Host
from netaudit.model.reason import ReasonKind, kinds_of
from netaudit.parse.iptables.rule import Option, ParsedRule, parse_rule

_ENDS = ("ACCEPT", "RETURN")
_DENIES = ("DROP", "REJECT")
# What is not followed at all is no sign that packets arrive; of all these no rule of the host sees the packets.
NOTHING_KNOWN = frozenset({ReasonKind.DRIVER_NOT_FOLLOWED, ReasonKind.DRIVER_BY_ROUTERS, ReasonKind.BRIDGE_NOT_HERE})
_BESIDE = NOTHING_KNOWN | {ReasonKind.DRIVER_UNSEEN}


def inner_bridges(host: Host) -> frozenset[str]:
    """Name the bridges that only containers are on, such as Podman's: no packet of a neighbour comes in by them."""
    facing = {one.master for one in host.interfaces if one.master and one.kind != "veth"}
    return frozenset(one.name for one in host.interfaces if one.kind == "bridge" and one.name not in facing)


def reached_listeners(attributed: AttributedSnapshot, network: str) -> frozenset[tuple[str, int]] | None:
    """Name the listeners of the host that a network's members get to; None where no cell speaks of them."""
    zone = Zone(ZoneKind.NETWORK, network)
    found = [one.exposure for one in attributed.exposure or () if one.exposure.zone == zone]
    cells = [one for one in found if one.destination.kind is DestinationKind.HOST_LISTENER]
    open_ = [one.destination for one in cells if one.outcome is not Outcome.BLOCKED]
    reached = ((to.protocol, port) for to in open_ for first, last in to.ports for port in range(first, last + 1))
    return frozenset(reached) if cells else None


def open_addresses(cells: Iterable[AttributedExposure], *families: str, beside: bool = False) -> tuple[str, ...]:
    """Return the addresses that outsiders reach by the host's rules, or beside them."""
    outside = (one.exposure for one in cells if one.exposure.zone.kind in OUTSIDE)
    reached = (one for one in outside if one.outcome is not Outcome.BLOCKED)
    here = (one.destination for one in reached if _BESIDE.isdisjoint(kinds_of(one.reason)) is not beside)
    return tuple(dict.fromkeys(one.address for one in here if one.family in families))


def drops_replies(rules: Sequence[AttributedItem], host: Host, networks: Iterable[Network]) -> bool:
    """Return whether a rule for whole interfaces drops answers before one that lets them pass.

    An answer to a container comes in by an interface that is no network's, and goes out by a network's bridge.
    """
    bridges = frozenset(network.bridge for network in networks if network.bridge)
    outer = frozenset(one.name for one in host.interfaces) - bridges - {"lo"}
    for one in rules:
        rule = parse_rule(one.item.text)
        if rule.target in _ENDS and (not rule.matches or "ESTABLISHED" in one.item.text):
            return False
        if rule.target in _DENIES and _takes_answers(rule, outer, bridges):
            return True
    return False


def _takes_answers(rule: ParsedRule, outer: frozenset[str], bridges: frozenset[str]) -> bool:
    if not all(map(_is_wide, rule.matches)):
        return False
    places = {"-i": outer, "-o": bridges}
    return all(_holds(one, places[one.name]) for one in rule.matches if one.name in places)


def _is_wide(match: Option) -> bool:
    """Return whether a match leaves answers in: `-i eth0`, `! -s 192.0.2.0/24`."""
    return match.name in ("-i", "-o") or (match.name == "-s" and match.negated)


def _holds(match: Option, there: frozenset[str]) -> bool:
    """Return whether an interface of those that are there fits; where none is known, whether one may."""
    name = match.arguments[0] if match.arguments else ""
    fits = {one for one in there if one == name or (name.endswith("+") and one.startswith(name[:-1]))}
    return not there or bool(there - fits if match.negated else fits)

"""What the matches of a rule mean on its host: interfaces that are not there, containers that are never met."""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from netaudit.audit.view.outside import no_interfaces
from netaudit.audit.view.places import spec_of
from netaudit.audit.view.ports import PortCondition
from netaudit.audit.view.view import HostView
from netaudit.model.docker import Container
from netaudit.model.host import IpNetwork
from netaudit.model.netfilter.ruleset import Item
from netaudit.parse.iptables.rule import Option, ParsedRule, parse_rule


def guarded_containers(view: HostView, item: Item, named: PortCondition) -> tuple[str, ...]:
    """Return the containers for which a rule accepts in vain: their raw rules drop before it what is not translated."""
    if named.verdict not in ("accept", "return") or not view.operator_chains.holds(item):
        return ()
    rule = parse_rule(item.text)
    to = _destination(rule)
    if to is None or any(one.name.startswith("--ctorig") or one.name == "--ctstate" for one in rule.matches):
        return ()
    met = [(one, address) for one in view.containers for address in _addresses(one) if ip_address(address) in to]
    if not met or not all(_is_guarded(view, rule, address) for _, address in met):
        return ()
    if any(_is_published(one, named) for one, _ in met):
        return ()
    return tuple(dict.fromkeys(one.name for one, _ in met))


def _destination(rule: ParsedRule) -> IpNetwork | None:
    found = next((one for one in rule.matches if one.name == "-d" and not one.negated), None)
    try:
        return ip_network(found.arguments[0], strict=False) if found else None
    except (ValueError, IndexError):
        return None


def _addresses(container: Container) -> Iterator[str]:
    return (address for end in container.endpoints for address in (end.ipv4, end.ipv6) if address)


def _is_guarded(view: HostView, rule: ParsedRule, address: str) -> bool:
    """Return whether all that the rule lets in is dropped before: by its own bridge nothing is."""
    bridge = view.guards.direct.get(address)
    return bridge is not None and not any(_is_by(one, bridge) for one in rule.matches)


def _is_by(one: Option, bridge: str) -> bool:
    return one.name == "-i" and one.arguments[:1] == (bridge,) and not one.negated


def _is_published(container: Container, named: PortCondition) -> bool:
    """Return whether translated packets come to the rule: of a port that it names, or of any."""
    if not named.ranges:
        return bool(container.bindings)
    return any(named.covers(one.protocol, one.container_port) for one in container.bindings)


def family_of_rule(item: Item) -> str:
    """Return the family of the packets that a rule is meant for: IPv4 where it is for both."""
    return "ip6" if item.family == "ip6" else "ip"


def inner_spec(view: HostView, item: Item) -> tuple[str, ...]:
    """Return the words of a rule with another interface, where one name is wrong and one interface is meant."""
    ways, wrong = view.outside.interfaces(family_of_rule(item)), no_interfaces(view.snapshot.host, item) or ()
    if len(ways) != 1 or len(wrong) != 1:
        return ()
    words = spec_of(item)
    return tuple(
        ways[0] if before == "-i" and word in wrong else word for before, word in zip(("", *words), words, strict=False)
    )

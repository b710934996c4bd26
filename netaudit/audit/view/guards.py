"""The rules of table raw that keep packets from addresses to which they were sent straight."""

from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from ipaddress import ip_address, ip_network

from netaudit.attribute.attribution import AttributedItem
from netaudit.parse.iptables.rule import Option, ParsedRule, parse_rule

NOT_FROM_LOOPBACK = Option("-i", ("lo",), negated=True)


class Guards:
    """Looks up what is guarded; the rules are read when they are first asked about."""

    def __init__(self, items: Iterable[AttributedItem]) -> None:
        self._items = items
        self.keep_from_loopback = cache(self._keep_from_loopback)

    @cached_property
    def loopback(self) -> tuple[ParsedRule, ...]:
        """The rules that drop packets of IPv4 to a destination unless they come from the host itself."""
        return tuple(rule for rule in self._raw(("ip",)) if rule.target == "DROP" and NOT_FROM_LOOPBACK in rule.matches)

    def _keep_from_loopback(self, address: str) -> bool:
        """Tell whether a rule keeps the network from a loopback address altogether."""
        return any(
            all(one == NOT_FROM_LOOPBACK or (one.name == "-d" and _holds(one, address)) for one in rule.matches)
            for rule in self.loopback
        )

    @cached_property
    def direct(self) -> dict[str, str]:
        """The bridges by which alone packets come to containers at their own addresses, by these (engine 28+)."""
        return dict(filter(None, map(_guarded, self._raw(("ip", "ip6")))))

    def _raw(self, families: tuple[str, ...]) -> Iterator[ParsedRule]:
        for one in self._items:
            if (one.item.table, one.item.chain) == ("raw", "PREROUTING") and one.item.family in families:
                yield parse_rule(one.item.text)


def _holds(match: Option, address: str) -> bool:
    try:
        return ip_address(address) in ip_network(match.arguments[0]) and not match.negated
    except (ValueError, IndexError):
        return False


def _guarded(rule: ParsedRule) -> tuple[str, str] | None:
    """Read `-d ADDRESS ! -i BRIDGE -j DROP`, which drops all else that is sent there."""
    by = {one.name: one for one in rule.matches}
    if rule.target != "DROP" or by.keys() != {"-d", "-i"} or not by["-i"].negated or by["-d"].negated:
        return None
    if not (by["-d"].arguments and by["-i"].arguments):
        return None
    address, _, length = by["-d"].arguments[0].partition("/")
    return (address, by["-i"].arguments[0]) if length in ("", "32", "128") else None

"""What the host's own firewall (ufw, firewalld, the operator) does with packets to the host itself."""

from collections.abc import Iterable

import msgspec

from netaudit.attribute.attribution import AttributedItem
from netaudit.audit.view.ports import PortCondition, named_ports
from netaudit.model.netfilter.ruleset import Backend, ObjectKind

_INCOMING = ("input", "filter_in_")  # in the names of chains that see packets to the host
_DENY = frozenset({"drop", "reject"})
_FAMILIES = {"ip": ("ip",), "ip6": ("ip6",), "inet": ("ip", "ip6")}


class _PortRule(msgspec.Struct, frozen=True):
    one: AttributedItem
    named: PortCondition


class HostFirewall:
    """Looks up the INPUT rules for a port; Docker's own rules are not among them."""

    def __init__(self, items: Iterable[AttributedItem]) -> None:
        self._rules: dict[str, list[_PortRule]] = {"ip": [], "ip6": []}
        self._policies: dict[str, str] = {"ip": "accept", "ip6": "accept"}
        for one in items:
            if one.attribution.maker != "docker" and one.item.table not in ("nat", "raw", "mangle"):
                self._add(one)

    def _add(self, one: AttributedItem) -> None:
        item = one.item
        for family in _FAMILIES.get(item.family, ()):
            if item.object is ObjectKind.POLICY and item.chain == "INPUT" and "DROP" in item.text.upper():
                self._policies[family] = "drop"
            elif item.object is ObjectKind.RULE and _is_incoming(one):
                named = named_ports(item)
                if named.ranges:
                    self._rules[family].append(_PortRule(one, named))

    def policy(self, family: str) -> str:
        """Return what happens to incoming packets that no rule decides: `accept` or `drop`."""
        return self._policies[family]

    def denials(self, family: str, protocol: str, port: int) -> tuple[AttributedItem, ...]:
        """List the rules that deny this very port."""
        matching = (one for one in self._rules[family] if one.named.covers(protocol, port))
        return tuple(one.one for one in matching if one.named.verdict in _DENY)

    def allows(self, family: str, protocol: str, port: int) -> bool:
        """Return whether a rule allows this very port."""
        return any(one.named.covers(protocol, port) and one.named.verdict == "accept" for one in self._rules[family])


def _is_incoming(one: AttributedItem) -> bool:
    chain = one.item.chain.lower()
    if one.item.backend is Backend.NFTABLES and one.attribution.maker != "firewalld":
        return chain == "input"
    return any(word in chain for word in _INCOMING)

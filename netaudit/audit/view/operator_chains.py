"""The chains in which the operator says who may use Docker's ports: DOCKER-USER, and what it alone leads to."""

from collections.abc import Iterable
from functools import cached_property

from netaudit.attribute.attribution import AttributedItem
from netaudit.audit.view.ports import named_ports
from netaudit.model.docker import PortBinding
from netaudit.model.netfilter.ruleset import IPTABLES_BACKENDS, Item, ObjectKind
from netaudit.parse.iptables.rule import parse_rule

_USER = "DOCKER-USER"
_ASKED = ("ctorigdstport {}", "proto-dst {}")  # of the port before translation, in iptables' words and in nft's


class OperatorChains:
    """Looks up whether a rule is what the operator wants of Docker's ports."""

    def __init__(self, items: Iterable[AttributedItem]) -> None:
        self._items = items

    def holds(self, item: Item) -> bool:
        """Return whether a rule or policy stands in such a chain."""
        return item.backend in IPTABLES_BACKENDS and item.table == "filter" and item.chain in self._chains

    def means(self, item: Item, binding: PortBinding) -> bool:
        """Return whether a rule speaks of a published port: it stands in such a chain, or names the port."""
        if self.holds(item):
            return True
        if item.object is not ObjectKind.RULE:
            return False
        words = f"{item.text} "
        if any(f"{asked.format(binding.host_port)} " in words for asked in _ASKED):
            return True
        named = named_ports(item)
        return any(named.covers(binding.protocol, port) for port in (binding.host_port, binding.container_port))

    @cached_property
    def _chains(self) -> frozenset[str]:
        leads: dict[str, set[str]] = {}
        for one in self._items:
            item = one.item
            if item.object is ObjectKind.RULE and item.backend in IPTABLES_BACKENDS and item.table == "filter":
                leads.setdefault(item.chain, set()).add(parse_rule(item.text).target)
        found, left = {_USER}, [_USER]
        while left:
            new = leads.get(left.pop(), set()) & leads.keys() - found
            found |= new
            left += new
        return frozenset(found)

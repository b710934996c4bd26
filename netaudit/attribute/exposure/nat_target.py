"""Packets that a new NAT rule takes from a port of the host -> that rule."""

import re
from collections.abc import Iterator
from functools import cached_property

from netaudit.attribute.attribution import AttributedExposure
from netaudit.model.netfilter.ruleset import Ruleset, Table
from netaudit.model.reason import ReasonKind

_DNAT = re.compile(r"\bdnat\b|\bredirect\b", re.IGNORECASE)
_ASKS = re.compile(r"\b(tcp|udp|sctp)\b.*\bdport (\d{1,5})(?![\d:-])")
_FAMILIES = {"ip": ("ip",), "ip6": ("ip6",), "inet": ("ip", "ip6")}
_Port = tuple[str, str, int]  # family, protocol, number


class NewNatRules:
    """Looks up, by port, the NAT rules that one ruleset has and an earlier one lacks."""

    def __init__(self, before: Ruleset, after: Ruleset) -> None:
        self._before, self._after = before, after

    def taker(self, cell: AttributedExposure | None) -> str:
        """Name the rule that takes the packets of a cell now: `nat/DOCKER#2`; "" where none is found."""
        reason = cell.exposure.reason if cell else None
        if cell is None or reason is None or reason.kind is not ReasonKind.NAT_ELSEWHERE:
            return ""
        there = cell.exposure.destination
        ports = ((there.family, there.protocol, low) for low, high in there.ports if low == high)
        return next((self._new[port] for port in ports if port in self._new), "")

    @cached_property
    def _new(self) -> dict[_Port, str]:
        known = {(table.key, chain, text) for table in self._before.tables for chain, _, text in _rules(table)}
        found: dict[_Port, str] = {}
        for table in self._after.tables:
            for chain, position, text in _rules(table):
                asks = _ASKS.search(text) if _DNAT.search(text) else None
                if asks and (table.key, chain, text) not in known:
                    for family in _FAMILIES.get(table.family, ()):
                        found.setdefault((family, asks[1], int(asks[2])), f"{table.name}/{chain}#{position}")
        return found


def _rules(table: Table) -> Iterator[tuple[str, int, str]]:
    for chain in table.chains:
        yield from ((chain.name, at, rule.text) for at, rule in enumerate(chain.rules, 1))

"""What planned rules mean: iptables' are read from their text, and the rules of Docker's nft tables too."""

from collections.abc import Mapping
from functools import cached_property

import msgspec

from netaudit.model.netfilter.match import UnknownMatch
from netaudit.model.netfilter.program import MeaningReader
from netaudit.model.netfilter.ruleset import Backend, Chain, Ruleset, Table
from netaudit.model.netfilter.statement import Meaning
from netaudit.parse.nftables.match import Elements, Sets
from netaudit.parse.nftables.meaning import read_nft_rule


class PlannedReader(msgspec.Struct, frozen=True, dict=True):
    """Reads the rules of a planned ruleset; `known` reads the rules that were there before."""

    before: Ruleset
    known: MeaningReader

    def read(self, table: Table, chain: Chain) -> tuple[Meaning, ...]:
        """Return the meaning of each rule of a chain, in order."""
        earlier = self._tables.get(table.key)
        if table.backend is not Backend.NFTABLES or table == earlier:
            return self.known.read(table, chain)
        sets = _sets(table)
        texts = self._known_texts(earlier, chain.name)
        return tuple(_read(rule.text, table.family, sets, texts) for rule in chain.rules)

    @cached_property
    def _tables(self) -> Mapping[tuple[Backend, str, str], Table]:
        return {table.key: table for table in self.before.tables}

    def _known_texts(self, table: Table | None, name: str) -> Mapping[str, Meaning]:
        chain = next((one for one in table.chains if one.name == name), None) if table else None
        if table is None or chain is None:
            return {}
        return {rule.text: meaning for rule, meaning in zip(chain.rules, self.known.read(table, chain), strict=True)}


def _read(text: str, family: str, sets: Sets, known: Mapping[str, Meaning]) -> Meaning:
    from netaudit.plan.rules.nft_text import read_any_rule, read_rule  # noqa: PLC0415 (late: for nftables alone, 15 ms)

    expressions = read_rule(text, family)
    if expressions is not None:
        return read_nft_rule(expressions, family, sets)
    if text in known:
        return known[text]
    others = read_any_rule(text, family)
    if others is not None:
        return read_nft_rule(others, family, sets)
    return Meaning(matches=(UnknownMatch(text, "a planned rule in words that are not read"),))


def _sets(table: Table) -> Sets:
    """Return what the table's verdict maps hold; what is in its other sets is not known, so they are left out."""
    from netaudit.plan.rules.nft_text import read_element  # noqa: PLC0415 (late, as above)

    found: dict[str, Elements] = {}
    for named in table.sets:
        elements = [read_element(text) for text in named.elements]
        if None not in elements:
            found[named.name] = Elements(tuple(elements))
    return found

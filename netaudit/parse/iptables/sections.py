"""Text without table names -> tables: `iptables -S` and `iptables -L` print one table at a time, unnamed."""

from collections.abc import Iterator
from functools import partial

import msgspec

from netaudit.model.netfilter.ruleset import BUILTIN_CHAINS, Backend, Chain, Rule, Table
from netaudit.parse.iptables.console import Command
from netaudit.parse.iptables.rule import parse_rule
from netaudit.parse.iptables.table_inference import BUILTIN, TELLING, begins_anew, find_table
from netaudit.parse.reading.result import Loss


class Section(msgspec.Struct):
    """The chains that one call of iptables printed; `table` is "" where no command line names it."""

    family: str
    table: str = ""
    policies: dict[str, str | None] = {}
    references: dict[str, int] = {}
    rules: dict[str, list[Rule]] = {}


class Sections:
    """Sorts chains and rules, as they come, into sections."""

    def __init__(self, family: str) -> None:
        self._family = family
        self._done: list[Section] = []
        self._open = Section(family)

    def command(self, command: Command) -> None:
        """Take a command line: what follows is its answer. iptables asks for filter when no table is named."""
        self._close(Section(command.family, command.table or "filter"))

    def chain(self, name: str, policy: str | None, references: int | None = None) -> None:
        """Begin a chain; `references` is how many rules lead to it, where that is told."""
        if begins_anew(name, self._open.rules) or _is_elsewhere(name, self._open.table):
            self._close(Section(self._open.family))
        self._open.policies[name] = policy
        self._open.rules[name] = []
        if references is not None:
            self._open.references[name] = references

    def rule(self, chain: str, rule: Rule) -> None:
        """Take a rule; its chain is added where it is not there yet."""
        if chain not in self._open.rules:
            self.chain(chain, None)
        self._open.rules[chain].append(rule)

    def mark_ipv6(self) -> None:
        """Know that the open section is of IPv6, from something that only IPv6 has."""
        self._open.family = "ip6"

    @property
    def family(self) -> str:
        """Return the family of the open section, as far as it is known."""
        return self._open.family

    def tables(self, backend: Backend) -> Iterator[tuple[Table, tuple[Loss, ...]]]:
        """Return the tables, each with what is doubtful about it."""
        self._close(Section(self._family))
        for section in self._done:
            named = section.table
            name, losses = (named, ()) if named else find_table(section.rules, partial(_targets, section))
            chains = (
                Chain(chain, tuple(rules), section.policies[chain], references=section.references.get(chain))
                for chain, rules in section.rules.items()
            )
            yield Table(backend, section.family, name, tuple(chains)), losses

    def _close(self, following: Section) -> None:
        if self._open.rules:
            self._done.append(self._open)
        self._open = following


def _is_elsewhere(chain: str, table: str) -> bool:
    """Tell whether a chain cannot be in the table that was asked about: a line held two commands."""
    return chain in BUILTIN and chain not in BUILTIN_CHAINS.get(table, BUILTIN)


def _targets(section: Section) -> frozenset[str]:
    """List the targets that tell a table; a comment that only looks like one does not count."""
    texts = (rule.text for rules in section.rules.values() for rule in rules)
    return frozenset(parse_rule(text).target for text in texts if TELLING.search(text))

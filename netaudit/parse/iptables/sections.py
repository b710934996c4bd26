"""Text without table names -> tables: `iptables -S` and `iptables -L` print one table at a time, unnamed."""

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import partial

import msgspec

from netaudit.model.netfilter.ruleset import BUILTIN_CHAINS, Backend, Chain, Rule, Table
from netaudit.parse.iptables.console import Command
from netaudit.parse.iptables.rule import parse_rule
from netaudit.parse.iptables.table_inference import BUILTIN, TELLING, begins_anew, find_table
from netaudit.parse.reading.result import Loss

_DOCKERS = "DOCKER"
_LEADS = re.compile(r" -j DNAT\b")  # in nat
_DECIDES = re.compile(r" -j (?:ACCEPT|DROP)\b")  # in filter, of the engine


class Section(msgspec.Struct):
    """The chains that one call of iptables printed; `table` is "" where no command line names it."""

    family: str
    table: str = ""
    commanded: bool = False
    kept: bool = False  # it was open before
    bare: set[str] = set()  # the chains that are known by their rules alone
    policies: dict[str, str | None] = {}
    references: dict[str, int] = {}
    rules: dict[str, list[Rule]] = {}


class Sections:
    """Sorts chains and rules, as they come, into sections."""

    def __init__(self, family: str) -> None:
        self._family = family
        self._done: list[Section] = []
        self._made: dict[Command, Section] = {}
        self._open = Section(family)

    def command(self, command: Command) -> None:
        """Take a command line: what follows is its answer."""
        self._close(Section(command.family, command.table))

    def call(self, command: Command) -> None:
        """Take the call that makes what follows: calls of one table add to one section, whatever stands between."""
        if command not in self._made:
            self._made[command] = Section(command.family, command.table, commanded=True)
        if self._open is not self._made[command]:
            self._close(self._made[command])

    def made(self, command: Command) -> Section | None:
        """Return what calls made of a table so far."""
        return self._made.get(command)

    def chain(self, name: str, policy: str | None, references: int | None = None) -> None:
        """Begin a chain; `references` is how many rules lead to it, where that is told."""
        if self._open.commanded and not _is_elsewhere(name, self._open.table):
            self._open.rules.setdefault(name, [])
            self._open.policies[name] = policy or self._open.policies.get(name)
            return
        if begins_anew(name, self._open.rules) or _is_elsewhere(name, self._open.table):
            self._close(Section(self._open.family))
        self._open.policies[name] = policy
        self._open.rules[name] = []
        if references is not None:
            self._open.references[name] = references

    def rule(self, chain: str, rule: Rule) -> None:
        """Take a rule; its chain is added where it is not there yet."""
        if (
            chain == _DOCKERS
            and chain in self._open.bare
            and not self._open.table
            and _is_of_other_table(self._open.rules.get(chain, ()), rule)
        ):
            self._close(Section(self._open.family))
        self._chain_of(chain).append(rule)

    def insert(self, chain: str, rule: Rule, position: int) -> None:
        """Put a rule before the one at a position, from 1. Raises IndexError where iptables refuses the position."""
        rules = self._chain_of(chain)
        if not 1 <= position <= len(rules) + 1:
            raise IndexError(position)
        rules.insert(position - 1, rule)

    def _chain_of(self, chain: str) -> list[Rule]:
        """Return a chain's rules; where chains are declared and none has rules yet, a line that declared it was cut."""
        if chain not in self._open.rules:
            if self._open.rules and not any(self._open.rules.values()) and _go_together({*self._open.rules, chain}):
                self._open.policies[chain], self._open.rules[chain] = None, []
            else:
                self.chain(chain, None)
            self._open.bare.add(chain)
        return self._open.rules[chain]

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
            yield Table(backend, section.family, name, tuple(chains), partly=section.commanded), losses

    def _close(self, following: Section) -> None:
        if self._open.rules and not self._open.kept:
            self._open.kept = True
            self._done.append(self._open)
        self._open = following


def _is_elsewhere(chain: str, table: str) -> bool:
    """Tell whether a chain cannot be in the table that was asked about: a line held two commands."""
    return chain in BUILTIN and chain not in BUILTIN_CHAINS.get(table, BUILTIN)


def _is_of_other_table(rules: Sequence[Rule], rule: Rule) -> bool:
    """Tell whether a rule of the engine's chain is not of its neighbours' table: nat and filter both have the chain."""
    if not rules:
        return False
    before, now = rules[-1].text, rule.text
    return bool((_LEADS.search(before) and _DECIDES.search(now)) or (_DECIDES.search(before) and _LEADS.search(now)))


def _go_together(chains: AbstractSet[str]) -> bool:
    """Tell whether one table may have all these chains."""
    return any(BUILTIN & chains <= {*names} for names in BUILTIN_CHAINS.values())


def _targets(section: Section) -> frozenset[str]:
    """List the targets that tell a table; a comment that only looks like one does not count."""
    texts = (rule.text for rules in section.rules.values() for rule in rules)
    return frozenset(parse_rule(text).target for text in texts if TELLING.search(text))

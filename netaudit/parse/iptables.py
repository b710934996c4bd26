"""iptables-save text -> tables, without loss.

Rules stay text (100,000 of them are read in a fraction of a second); netaudit.parse.iptables_rule reads one.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from netaudit.errors import ParseError
from netaudit.model.ruleset import Backend, Chain, Rule, Table

_ESCAPE = re.compile(r"\\.")
_NO_CHAIN = "\n"  # what no rule begins with
_HINT = "record the host again, or give the untouched output of iptables-save"


def parse_save(
    text: str, *, backend: Backend, family: str, source: str, known: dict[str, Rule] | None = None
) -> tuple[Table, ...]:
    """Read the output of `iptables-save` or `iptables-save -c`, of one or more tables.

    `known` maps lines to the rules that were read from them before, and is added to.

    Raises ParseError, with the line, for anything that iptables-save does not print: a table without its
    COMMIT means that the text was cut off.
    """
    reader = _Reader(backend, family, {} if known is None else known)
    return tuple(reader.read(text, source))


class _Open:
    """A table whose COMMIT has not come yet."""

    def __init__(self, name: str, line: int, known: dict[str, Rule]) -> None:
        self.name = name
        self.line = line
        self._known = known
        self._policies: dict[str, str | None] = {}
        self._rules: dict[str, list[Rule]] = {}
        self._chain = _NO_CHAIN
        self._add = list[Rule]().append

    def take(self, line: str) -> None:
        """Take a rule or a chain's declaration. Raises ValueError or KeyError for a line out of place."""
        rule = self._known.get(line)
        if rule is None:
            if line[0] == ":":
                self._declare(line)
                return
            rule = self._known[line] = _read_rule(line)
        if not rule.text.startswith(self._chain):
            self._turn_to_chain_of(rule.text)
        self._add(rule)

    def _turn_to_chain_of(self, text: str) -> None:
        """Rules come chain by chain: look a chain up when it changes."""
        name = text[3:].partition(" ")[0]
        self._add = self._rules[name].append
        self._chain = f"-A {name} "

    def _declare(self, line: str) -> None:
        """Take `:INPUT ACCEPT [0:0]`."""
        name, policy, *_ = line[1:].split(" ")
        self._policies[name] = None if policy == "-" else policy
        self._rules[name] = []
        self._chain = _NO_CHAIN

    def close(self, backend: Backend, family: str) -> Table:
        """Build the finished table."""
        chains = tuple(Chain(name, tuple(self._rules[name]), policy) for name, policy in self._policies.items())
        return Table(backend, family, self.name, chains)


class _Reader:
    """Reads one file."""

    def __init__(self, backend: Backend, family: str, known: dict[str, Rule]) -> None:
        self._backend = backend
        self._family = family
        self._known = known

    def read(self, text: str, source: str) -> Iterator[Table]:
        """Give each table as its COMMIT comes. Raises ParseError, with the line."""
        lines = iter(_lines(text))
        for number, line in lines:
            if line[:1] == "*":
                yield self._table(_Open(line[1:].strip(), number, self._known), lines, source)
            elif line and line[0] != "#":
                raise _not_a_line(line, source, number)

    def _table(self, table: _Open, lines: Iterator[tuple[int, str]], source: str) -> Table:
        """Read a table to its COMMIT."""
        take = table.take
        for number, line in lines:
            if not line or line[0] == "#":
                continue
            if line == "COMMIT":
                return table.close(self._backend, self._family)
            try:
                take(line)
            except (ValueError, KeyError) as error:
                raise _not_a_line(line, source, number) from error
        raise ParseError(f"cut off: table {table.name} has no COMMIT", source=source, line=table.line, hint=_HINT)


def _not_a_line(line: str, source: str, number: int) -> ParseError:
    return ParseError(f"not a line that iptables-save prints: {line[:60]!r}", source=source, line=number, hint=_HINT)


def _lines(text: str) -> Iterable[tuple[int, str]]:
    """Give each line with its number; a rule goes on to where its quotes close, for comments hold line feeds too."""
    lines = text.split("\n") if "\r" not in text else [line.rstrip("\r") for line in text.split("\n")]
    return _joined(lines) if '"' in text else enumerate(lines, 1)


def _joined(lines: list[str]) -> Iterator[tuple[int, str]]:
    at = 0
    while at < len(lines):
        end = _end_of_line(lines, at) if '"' in lines[at] else at + 1
        yield at + 1, lines[at] if end == at + 1 else "\n".join(lines[at:end])
        at = end


def _end_of_line(lines: list[str], at: int) -> int:
    """Find where a line ends that begins here; a quote that nothing closes is no quote."""
    if lines[at][:1] in ("-", "[") and _turns_quotes(lines[at]):
        closing = (later + 1 for later in range(at + 1, len(lines)) if _turns_quotes(lines[later]))
        return next(closing, at + 1)
    return at + 1


def _turns_quotes(line: str) -> bool:
    """Tell whether a line ends within quotes when it began without, and the other way round."""
    return (_ESCAPE.sub("", line) if "\\" in line else line).count('"') % 2 == 1


def _read_rule(line: str) -> Rule:
    """Read `[3:180] -A INPUT -i lo -j ACCEPT`, with or without counters. Raises ValueError."""
    packets = octets = None
    if line[0] == "[":
        counters, _, line = line.partition("] ")
        packets, octets = _read_counters(counters[1:])
    if not line.startswith("-A "):
        raise ValueError(line)
    return Rule(line, packets, octets)


@lru_cache(maxsize=1024)  # on most hosts most rules have met no packet
def _read_counters(text: str) -> tuple[int, int]:
    packets, octets = text.split(":")
    return int(packets), int(octets)

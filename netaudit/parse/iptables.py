"""iptables-save text -> tables, without loss.

Rules stay text (100,000 of them are read in a fraction of a second); netaudit.parse.iptables_rule reads one.
"""

import re
from collections.abc import Iterator

from netaudit.errors import ParseError
from netaudit.model.ruleset import Backend, Chain, Rule, Table

_ESCAPE = re.compile(r"\\.")
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
        self.known = known
        self.policies: dict[str, str | None] = {}
        self.rules: dict[str, list[Rule]] = {}

    def take(self, line: str) -> None:
        """Take a chain's declaration or a rule."""
        if line[0] == ":":
            self._declare(line)
        else:
            rule = self.known.get(line)
            if rule is None:
                rule = self.known[line] = _read_rule(line)
            end = rule.text.find(" ", 3)
            self.rules[rule.text[3:end] if end > 0 else rule.text[3:]].append(rule)

    def _declare(self, line: str) -> None:
        """Take `:INPUT ACCEPT [0:0]`."""
        name, policy, *_ = line[1:].split(" ")
        self.policies[name] = None if policy == "-" else policy
        self.rules[name] = []

    def close(self, backend: Backend, family: str) -> Table:
        """Build the finished table."""
        chains = tuple(Chain(name, tuple(self.rules[name]), policy) for name, policy in self.policies.items())
        return Table(backend, family, self.name, chains)


class _Reader:
    """Reads one file."""

    def __init__(self, backend: Backend, family: str, known: dict[str, Rule]) -> None:
        self._backend = backend
        self._family = family
        self._known = known
        self._table: _Open | None = None

    def read(self, text: str, source: str) -> Iterator[Table]:
        """Give each table as its COMMIT comes. Raises ParseError, with the line."""
        for number, line in _lines(text):
            if not line or line[0] == "#":
                continue
            try:
                if finished := self._take(line, number):
                    yield finished
            except (ValueError, KeyError) as error:
                raise ParseError(
                    f"not a line that iptables-save prints: {line[:60]!r}", source=source, line=number, hint=_HINT
                ) from error
        if cut := self._table:
            raise ParseError(f"cut off: table {cut.name} has no COMMIT", source=source, line=cut.line, hint=_HINT)

    def _take(self, line: str, number: int) -> Table | None:
        """Take a line; gives the table that it finishes. Raises ValueError or KeyError for a line out of place."""
        if self._table is None:
            if line[0] != "*":
                raise ValueError(line)
            self._table = _Open(line[1:].strip(), number, self._known)
        elif line == "COMMIT":
            finished, self._table = self._table.close(self._backend, self._family), None
            return finished
        else:
            self._table.take(line)
        return None


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Give each line with its number; a rule goes on to where its quotes close, for comments hold line feeds too."""
    lines = text.split("\n") if "\r" not in text else [line.rstrip("\r") for line in text.split("\n")]
    if '"' not in text:
        yield from enumerate(lines, 1)
        return
    at = 0
    while at < len(lines):
        end = _end_of_line(lines, at)
        yield at + 1, "\n".join(lines[at:end])
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
    """Read `[3:180] -A INPUT -i lo -j ACCEPT`, with or without counters."""
    packets = octets = None
    if line[0] == "[":
        counters, line = line[1:].split("] ", 1)
        left, right = counters.split(":")
        packets, octets = int(left), int(right)
    if not line.startswith("-A "):
        raise ValueError(line)
    return Rule(line, packets, octets)

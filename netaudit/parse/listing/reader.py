"""`iptables -L` text -> tables: with or without -v, -n, -x and --line-numbers, one or more chains and tables.

A listing is for people: it leaves away what iptables-save prints, and shows names for numbers. What it shows is read
into the text that iptables-save would print; what it does not show stands in the rule as a match of the module
`listing`, which no kernel has, and is a loss.
"""

import re
from collections.abc import Iterator

from netaudit.model.netfilter.ruleset import Backend
from netaudit.parse.iptables.console import is_noise, read_command
from netaudit.parse.iptables.sections import Sections
from netaudit.parse.listing.columns import (
    NARROW,
    ColumnLayout,
    Columns,
    cut_columns,
    is_rule_like,
    read_layout,
    split_columns,
)
from netaudit.parse.listing.names import BindingEvidence
from netaudit.parse.listing.rule import read_listed_rule
from netaudit.parse.reading.result import Loss, ParseResult

# `Chain INPUT (policy ACCEPT 0 packets, 0 bytes)`, `Chain DOCKER (2 references)`.
_CHAIN = re.compile(r"Chain (\S+) \((?:policy (\S+?)(?: [^()]*)?|(\d{1,9}) references|[^()]*)\)\s*(?:#.*)?")
_LONGEST = 1 << 16


def read_listing(text: str, *, backend: Backend, family: str, evidence: BindingEvidence | None = None) -> ParseResult:
    """Read what `iptables -L` prints; a row that was cut or changed is a loss with its line."""
    reader = _Reader(family, evidence or BindingEvidence())
    for number, line in _lines(text):
        if not reader.take(number, line):
            said = f"line {number}, a row that was cut off or changed: {line.strip()[:60]!r}"
            reader.losses.append(Loss(said, of_rules=True))
    tables = list(reader.sections.tables(backend))
    doubts = (loss for _, losses in tables for loss in losses)
    losses = dict.fromkeys((*doubts, *reader.losses, *reader.passed_by()))
    return ParseResult(tuple(table for table, _ in tables), tuple(losses))


class _Reader:
    """Reads one file, line by line."""

    def __init__(self, family: str, evidence: BindingEvidence) -> None:
        self.sections = Sections(family)
        self.losses: list[Loss] = []
        self._evidence = evidence
        self._chain = ""
        self._layout = NARROW
        self._prose: list[tuple[int, str]] = []

    def passed_by(self) -> Iterator[Loss]:
        """Say which lines were taken for what people write between the rules."""
        if self._prose:
            (number, first), *others = self._prose
            more = f" and {len(others)} more" if others else ""
            yield Loss(f"line {number}, which iptables does not print, passed by: {first[:60]!r}{more}", doubtful=True)

    def take(self, number: int, line: str) -> bool:
        """Take a line; False where `iptables -L` does not print it."""
        if command := read_command(line):
            self.sections.command(command)
            self._chain = ""
        elif chain := _CHAIN.fullmatch(line):
            self._chain = chain[1]
            self.sections.chain(chain[1], chain[2], int(chain[3]) if chain[3] else None)
        elif layout := read_layout(line):
            self._layout = layout
        elif (not self._chain or not self._rule(line, self._layout)) and not is_noise(line):
            if is_rule_like(line, self._layout):
                self._put(cut_columns(line, self._layout) if self._chain else None)
                return False
            self._prose.append((number, line.strip()))
        return True

    def _rule(self, line: str, layout: ColumnLayout) -> bool:
        return self._put(split_columns(line, layout))

    def _put(self, columns: Columns | None) -> bool:
        if columns is None:
            return False
        if columns.of_ipv6:
            self.sections.mark_ipv6()
        read = read_listed_rule(self._chain, columns, self.sections.family, self._evidence)
        self.sections.rule(self._chain, read.rule)
        self.losses += read.losses
        return True


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Return each line that says something; one goes on to where its comment ends, for comments hold line feeds too."""
    pending: list[str] = []
    left = _LONGEST
    start = depth = 0
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = raw.rstrip("\r")
        if not pending:
            line, start, depth, left = _uncommented(line), number, 0, _LONGEST
        pending.append(line)
        depth += line.count("/*") - line.count("*/")
        left -= len(line)
        if depth <= 0 or left < 0:
            whole = "\n".join(pending)
            if whole.strip():
                yield start, whole
            pending = []
    if pending:
        yield start, "\n".join(pending)


def _uncommented(line: str) -> str:
    """Take the mark away under which scripts keep a listing as a remark; programs' own remarks are noise already."""
    bare = line.removeprefix("# ") if line.startswith(("# Chain ", "#  pkts", "#   ", "# target ")) else line
    return bare.lstrip() if bare.lstrip().startswith("Chain ") else bare

"""The text of iptables-save, edited as iptables would change the rules: for hosts that do not exist yet."""

import re
from collections.abc import Iterator

from netaudit.parse.iptables.rule import split_words, unquote

_COUNTERS = re.compile(r"^\[\d+:\d+\] ")
_PLAIN = re.compile(r"[^\s\"'\\]+")


class SaveText:
    """One family's rules of one backend; lines stay as they are but for what is changed."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")

    def __str__(self) -> str:
        return "\n".join(self._lines)

    def delete(self, table: str, text: str) -> bool:
        """Delete the first rule of that text; return whether there was one."""
        return self._edit(self._find(table, text), None)

    def delete_at(self, table: str, chain: str, number: int) -> bool:
        """Delete the rule of that number, from 1; return whether there was one."""
        return self._edit(self._numbered(table, chain, number), None)

    def replace(self, table: str, text: str, by: str) -> bool:
        """Replace a rule by another; return whether it was there."""
        return self._edit(self._find(table, text), by)

    def replace_at(self, table: str, number: int, by: str) -> bool:
        """Replace the rule of that number in the chain of the other; return whether it was there."""
        return self._edit(self._numbered(table, by.split(" ")[1], number), by)

    def insert(self, table: str, text: str, number: int = 1) -> bool:
        """Insert a rule at a number of its chain, the first unless said; return whether the chain is that long."""
        chain = text.split(" ")[1]
        rules = self._rules(table, chain)
        if number > len(rules) + 1:
            return False
        behind = rules[-1] + 1 if rules else self._end(table, chain)
        self._lines.insert(rules[number - 1] if number <= len(rules) else behind, text)
        return True

    def append(self, table: str, text: str) -> None:
        """Append a rule behind all others of its chain, as `-A` does."""
        self.insert(table, text, len(self._rules(table, text.split(" ")[1])) + 1)

    def set_policy(self, table: str, chain: str, policy: str) -> bool:
        """Change a chain's policy; return whether there is such a chain."""
        for at in _lines_of(self._lines, table):
            if self._lines[at].startswith(f":{chain} "):
                self._lines[at] = f":{chain} {policy} [0:0]"
                return True
        return False

    def _edit(self, at: int | None, by: str | None) -> bool:
        if at is None:
            return False
        self._lines[at : at + 1] = [] if by is None else [by]
        return True

    def _find(self, table: str, text: str) -> int | None:
        words = read_words(text)
        found = _lines_of(self._lines, table)
        return next((at for at in found if read_words(_COUNTERS.sub("", self._lines[at])) == words), None)

    def _numbered(self, table: str, chain: str, number: int) -> int | None:
        rules = self._rules(table, chain)
        return rules[number - 1] if 0 < number <= len(rules) else None

    def _rules(self, table: str, chain: str) -> list[int]:
        return [at for at in _lines_of(self._lines, table) if _chain(self._lines[at]) == chain]

    def _end(self, table: str, chain: str) -> int:
        """Return the line of a table's COMMIT; makes the table where it is not there, and the chain."""
        header = f"*{table}"
        if header not in self._lines:
            last = self._lines.pop() if self._lines and not self._lines[-1] else ""
            self._lines += [header, "COMMIT", last]
        start = self._lines.index(header)
        if not any(self._lines[at].startswith(f":{chain} ") for at in _lines_of(self._lines, table)):
            builtin = chain.isupper() and not chain.startswith("DOCKER")
            self._lines.insert(start + 1, f":{chain} {'ACCEPT' if builtin else '-'} [0:0]")
        return self._lines.index("COMMIT", start)


def read_words(text: str) -> list[str]:
    """Return the words of a rule as a shell passes them to iptables."""
    return [unquote(word) for word in split_words(text)]


def write_words(words: list[str]) -> str:
    """Return the rule of such words, quoted as iptables-save quotes."""
    return " ".join(word if _PLAIN.fullmatch(word) else _quoted(word) for word in words)


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _lines_of(lines: list[str], table: str) -> Iterator[int]:
    """Return the numbers of a table's lines."""
    inside = False
    for at, line in enumerate(lines):
        if line.startswith("*"):
            inside = line == f"*{table}"
        elif inside and line != "COMMIT":
            yield at


def _chain(line: str) -> str:
    words = _COUNTERS.sub("", line).split(" ", 2)
    return words[1] if len(words) > 1 and words[0] == "-A" else ""

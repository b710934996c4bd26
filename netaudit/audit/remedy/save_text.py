"""The text of iptables-save, edited as iptables would change the rules: for hosts that do not exist yet."""

import re
from collections.abc import Iterator

_COUNTERS = re.compile(r"^\[\d+:\d+\] ")


class SaveText:
    """One family's rules of one backend; lines stay as they are but for what is changed."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")

    def __str__(self) -> str:
        return "\n".join(self._lines)

    def delete(self, table: str, text: str) -> bool:
        """Delete the first rule of that text; return whether there was one."""
        for at in self._of(table):
            if _COUNTERS.sub("", self._lines[at]) == text:
                del self._lines[at]
                return True
        return False

    def replace(self, table: str, text: str, by: str) -> bool:
        """Replace a rule by another; return whether it was there."""
        for at in self._of(table):
            if _COUNTERS.sub("", self._lines[at]) == text:
                self._lines[at] = by
                return True
        return False

    def insert(self, table: str, text: str) -> None:
        """Insert a rule before all others of its chain, as `-I` does."""
        chain = text.split(" ")[1]
        rules = [at for at in self._of(table) if _chain(self._lines[at]) == chain]
        self._lines.insert(rules[0] if rules else self._end(table, chain), text)

    def append(self, table: str, text: str) -> None:
        """Append a rule behind all others of its chain, as `-A` does."""
        chain = text.split(" ")[1]
        rules = [at for at in self._of(table) if _chain(self._lines[at]) == chain]
        self._lines.insert(rules[-1] + 1 if rules else self._end(table, chain), text)

    def set_policy(self, table: str, chain: str, policy: str) -> bool:
        """Change a chain's policy; return whether there is such a chain."""
        for at in self._of(table):
            if self._lines[at].startswith(f":{chain} "):
                self._lines[at] = f":{chain} {policy} [0:0]"
                return True
        return False

    def _of(self, table: str) -> Iterator[int]:
        """Return the numbers of a table's lines."""
        inside = False
        for at, line in enumerate(self._lines):
            if line.startswith("*"):
                inside = line == f"*{table}"
            elif inside and line != "COMMIT":
                yield at

    def _end(self, table: str, chain: str) -> int:
        """Return the line of a table's COMMIT; makes the table where it is not there, and the chain."""
        header = f"*{table}"
        if header not in self._lines:
            last = self._lines.pop() if self._lines and not self._lines[-1] else ""
            self._lines += [header, "COMMIT", last]
        start = self._lines.index(header)
        if not any(self._lines[at].startswith(f":{chain} ") for at in self._of(table)):
            builtin = chain.isupper() and not chain.startswith("DOCKER")
            self._lines.insert(start + 1, f":{chain} {'ACCEPT' if builtin else '-'} [0:0]")
        return self._lines.index("COMMIT", start)


def _chain(line: str) -> str:
    words = _COUNTERS.sub("", line).split(" ", 2)
    return words[1] if len(words) > 1 and words[0] == "-A" else ""

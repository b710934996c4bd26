"""Load the text of iptables-save; a rule that the program or the kernel refuses leaves a placeholder."""

import re
from collections.abc import Iterable, Iterator, Sequence

from netaudit.replica.inside.ended import Ended, run_inside
from netaudit.replica.inside.placeholder import placeholder
from netaudit.replica.order import Lost

_AT_LINE = re.compile(rb"line:? (\d+)", re.IGNORECASE)
_RULE = re.compile(rb"(?P<counters>\[\d+:\d+\] )?-A (?P<chain>\S+)")
_MOST = 200  # rules of one text that are given up one by one


class SaveLoader:
    """Loads one text, whole or with placeholders; then `lost` says what they stand for."""

    def __init__(self, program: str, text: bytes, timeout: float) -> None:
        self._program = program
        self._lines = text.split(b"\n")
        self._timeout = timeout
        self.lost: list[Lost] = []

    def load(self) -> bool:
        """Return whether the rules are loaded, placeholders included."""
        ended = self._restore(self._lines)
        while ended.code != 0 and len(self.lost) < _MOST:
            at = self._refused_line(ended)
            bad = [at] if at is not None else list(self._search(self._rules()))[:_MOST]
            if not bad:
                break
            self._give_up(bad, ended if at is not None else None)
            ended = self._restore(self._lines)
        if ended.code != 0:
            self.lost.append(Lost(self._program, ended.first_complaint))
        return ended.code == 0

    def _restore(self, lines: Sequence[bytes]) -> Ended:
        return run_inside([self._program, "--counters"], self._timeout, b"\n".join(lines))

    def _refused_line(self, ended: Ended) -> int | None:
        """Return where the rule is that the program complains of; None where it complains of a whole table."""
        found = [int(number) - 1 for number in _AT_LINE.findall(ended.complaint)]
        at = next((one for one in found if one < len(self._lines)), None)
        return at if at is not None and self._is_real(self._lines[at]) else None

    def _rules(self) -> list[int]:
        return [at for at, line in enumerate(self._lines) if self._is_real(line)]

    def _is_real(self, line: bytes) -> bool:
        return bool(_RULE.match(line)) and b"netaudit-placeholder-" not in line

    def _search(self, suspects: Sequence[int]) -> Iterator[int]:
        """Find the rules that cannot be loaded, by halves: the others stand aside meanwhile."""
        if not suspects or self._restore(self._with_placeholders(set(self._rules()) - set(suspects))).code == 0:
            return
        if len(suspects) == 1:
            yield suspects[0]
            return
        half = len(suspects) // 2
        yield from self._search(suspects[:half])
        yield from self._search(suspects[half:])

    def _with_placeholders(self, places: Iterable[int]) -> list[bytes]:
        lines = list(self._lines)
        for at in places:
            lines[at] = _hold_place(lines[at], at)
        return lines

    def _give_up(self, places: Iterable[int], ended: Ended | None) -> None:
        for at in places:
            line = self._lines[at]
            alone = ended or self._restore(self._with_placeholders(set(self._rules()) - {at}))
            self.lost.append(Lost(line.decode(errors="replace"), alone.first_complaint))
            self._lines[at] = _hold_place(line, at)


def _hold_place(line: bytes, number: int) -> bytes:
    found = _RULE.match(line)
    assert found  # noqa: S101 (only rules are given up)
    comment = b' -m comment --comment "%b"' % placeholder(number).encode()
    return (found["counters"] or b"") + b"-A " + found["chain"] + comment

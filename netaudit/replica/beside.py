"""What a command changed that the recording does not hold: it is reported, for no outcome follows from it."""

import re
from collections.abc import Iterator

from netaudit.model.facts import Facts, Source
from netaudit.replica.order import Answered, Lost

_CHANCE = re.compile(r" initval \S+")
_MEANINGS = {
    Source.IP_RULE: ("ip rule", "policy rules were not recorded"),
    Source.IP6_RULE: ("ip -6 rule", "policy rules were not recorded"),
    Source.IPSET: ("ipset", "sets of ipset were not recorded"),
}


def changed_beside(facts: Facts, answered: Answered) -> Iterator[Lost]:
    """Return each line that came or went of what was not recorded."""
    for source, (program, meaning) in _MEANINGS.items():
        if source in facts.files or source in facts.unused:
            continue
        old, new = (set_lines(beside.get(source, "")) for beside in (answered.beside_before, answered.beside_after))
        lines = [*(f"+ {line}" for line in new if line not in old), *(f"- {line}" for line in old if line not in new)]
        yield from (Lost(f"{program} {line}", meaning) for line in lines)


def set_lines(printed: str) -> list[str]:
    """Return the lines without the number by which the kernel spreads a set's members: it is another each time."""
    return [" ".join(_CHANCE.sub("", line).split()) for line in printed.splitlines()]

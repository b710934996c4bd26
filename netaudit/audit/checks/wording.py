"""A sentence with holes that a subject's facts fill: `{container} publishes {host_port}`."""

import re
from collections.abc import Mapping

from netaudit.errors import NetauditError
from netaudit.model.netfilter.family import IP_NAMES

_HOLE = re.compile(r"\{([a-z_0-9]+)\}")
UNKNOWN = "(not known)"
_MOST = 20  # names that a sentence lists whole; of more, the first
_NAMED = 8


class Wording:
    """A text whose holes are names of facts, checked when it is made."""

    def __init__(self, text: str, known: Mapping[str, object]) -> None:
        """Raise NetauditError for a hole that is no fact."""
        self.text = text
        for name in _HOLE.findall(text):
            if name not in known:
                raise NetauditError(f"unknown fact {{{name}}}", hint=f"known: {', '.join(known)}")

    def fill(self, facts: Mapping[str, object]) -> str:
        """Fill the holes; a fact that is not known says so."""
        return _HOLE.sub(lambda found: _show(found[1], facts.get(found[1])), self.text)


def _show(name: str, value: object) -> str:
    match value:
        case None:
            return UNKNOWN
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            more = f" and {len(value) - _NAMED} more" if len(value) > _MOST else ""
            return ", ".join(map(str, value[:_NAMED] if more else value)) + more or "none"
        case str() if name == "family":
            return IP_NAMES.get(value, value)
        case _:
            return str(value)

"""A sentence with holes that a subject's facts fill: `{container} publishes {host_port}`."""

import re
from collections.abc import Mapping

from netaudit.errors import NetauditError

_HOLE = re.compile(r"\{([a-z_0-9]+)\}")
UNKNOWN = "(not known)"


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
        return _HOLE.sub(lambda found: _show(facts.get(found[1])), self.text)


def _show(value: object) -> str:
    match value:
        case None:
            return UNKNOWN
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return ", ".join(map(str, value)) or "none"
        case _:
            return str(value)

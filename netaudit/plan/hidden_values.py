"""A command of Docker's client without the values of environment variables: they are secrets, and no rule has them."""

import re
from collections.abc import Sequence

_OPTION = re.compile(r"--env(-add)?|-[ditPq]*e")  # what takes NAME=VALUE as the next word
_WORD = re.compile(r"(--env(?:-add)?=|-[ditPq]*e=?)([^=]+)=.*", re.DOTALL)


def hide_values(command: Sequence[str]) -> tuple[str, ...]:
    """Return the words of a command, `…` in the place of the value of each environment variable."""
    return tuple(_hide(word, before) for before, word in zip(("", *command), command, strict=False))


def _hide(word: str, before: str) -> str:
    if _OPTION.fullmatch(before):
        name, equals, _ = word.partition("=")
        return f"{name}=…" if equals else word
    found = _WORD.fullmatch(word)
    return f"{found[1]}{found[2]}=…" if found else word

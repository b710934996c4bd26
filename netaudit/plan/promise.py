"""What a plan said, against what happened, with one value for one symbol throughout."""

import re
from collections.abc import Sequence
from enum import StrEnum

import msgspec

# nft sets its own braces apart by blanks: `{ tcp, udp }`.
_SYMBOL = re.compile(r"\{(?! )([^{}]+)\}")
_VALUE = r"[0-9A-Za-z_.:/-]+"
_BETWEEN = "\0"


class PromisedChange(msgspec.Struct, frozen=True):
    """A change of a ruleset, planned or real; symbols of a planned one stand in braces.

    `reason` is what it takes for granted, where it is likely.
    """

    change: str
    object: str
    backend: str
    family: str
    table: str
    chain: str
    position: int | None
    text: str
    reason: str | None = msgspec.field(default=None, name="certainty_reason")  # as a plan's JSON calls it

    @property
    def place(self) -> tuple[str, ...]:
        """Return what a change has in common with the one that was planned for it."""
        return self.change, self.object, self.backend, self.family, self.table

    @property
    def words(self) -> str:
        """Return its chain and text, in both of which symbols may stand."""
        return f"{self.chain}{_BETWEEN}{self.text}"


class DeviationKind(StrEnum):
    """How a change differs from the plan."""

    NOT_PLANNED = "not-planned"
    DID_NOT_HAPPEN = "did-not-happen"
    OTHER_POSITION = "other-position"


class Deviation(msgspec.Struct, frozen=True):
    """A change that differs from the plan; `planned` is the position that was planned, where another came."""

    kind: DeviationKind
    change: PromisedChange
    planned: int | None = None


def hold_promise(planned: Sequence[PromisedChange], happened: Sequence[PromisedChange]) -> tuple[Deviation, ...]:
    """Compare what happened with what was planned."""
    left = list(happened)
    binding: dict[str, str] = {}
    missing, found = [], []
    for one in _Queue(planned, left, binding):
        match = _best(one, left, binding)
        if match is None:
            missing.append(Deviation(DeviationKind.DID_NOT_HAPPEN, one))
            continue
        left.remove(match)
        binding |= _unify(one, match, binding) or {}
        if match.position != one.position:
            change = msgspec.structs.replace(match, reason=one.reason)
            found.append(Deviation(DeviationKind.OTHER_POSITION, change, one.position))
    return (*missing, *found, *(Deviation(DeviationKind.NOT_PLANNED, one) for one in left))


class _Queue:
    """Planned changes, each time the one that the fewest of what is left can be: so symbols are bound by proof."""

    def __init__(self, planned: Sequence[PromisedChange], left: list[PromisedChange], binding: dict[str, str]) -> None:
        self._waiting = list(planned)
        self._left = left
        self._binding = binding

    def __iter__(self) -> "_Queue":
        return self

    def __next__(self) -> PromisedChange:
        if not self._waiting:
            raise StopIteration
        chosen = min(self._waiting, key=self._rank)
        self._waiting.remove(chosen)
        return chosen

    def _rank(self, one: PromisedChange) -> tuple[int, bool]:
        fitting = sum(_unify(one, other, self._binding) is not None for other in self._left)
        return (fitting, False) if fitting else (len(self._left) + 1, True)


def _best(one: PromisedChange, left: Sequence[PromisedChange], binding: dict[str, str]) -> PromisedChange | None:
    """Return the change that a planned one came to: of several the one at its position."""
    fitting = [other for other in left if _unify(one, other, binding) is not None]
    at_place = [other for other in fitting if other.position == one.position]
    return next(iter(at_place or fitting), None)


def _unify(one: PromisedChange, other: PromisedChange, binding: dict[str, str]) -> dict[str, str] | None:
    """Return the values of a planned change's symbols in what came; None where it is not what was planned."""
    if one.place != other.place:
        return None
    names = list(dict.fromkeys(_SYMBOL.findall(one.words)))
    match = _pattern(one.words, names, binding).fullmatch(other.words)
    return None if match is None else {name: match[f"s{at}"] for at, name in enumerate(names)}


def _pattern(words: str, names: list[str], binding: dict[str, str]) -> re.Pattern[str]:
    parts = _SYMBOL.split(words)
    met: set[str] = set()
    pattern = ""
    for at, part in enumerate(parts):
        if at % 2 == 0:
            pattern += re.escape(part)
        elif part in met:
            pattern += f"(?P=s{names.index(part)})"
        else:
            met.add(part)
            value = re.escape(binding[part]) if part in binding else _VALUE
            pattern += f"(?P<s{names.index(part)}>{value})"
    return re.compile(pattern)

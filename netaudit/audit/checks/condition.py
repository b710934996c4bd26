"""Expressions over facts; their names and types are checked when they are compiled.

cel_expr_python is imported here alone.

A fact that is not known is left out of what an expression is evaluated with: `a || b` is true where either is, and
whatever depends on the absent one is neither true nor false.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from netaudit.audit.checks.expression_limits import require_bounded, without_literals
from netaudit.errors import NetauditError

if TYPE_CHECKING:
    from cel_expr_python import cel

_NAME = re.compile(r"(?<![.\w])[a-z_]\w*")
_WHERE = re.compile(r"ERROR: <input>:(\d+):(\d+): ([^\n|]*)")
_MOST = 500  # answers that are remembered of one expression
_NO_CONTAINER = " (in container '')"  # of names: the library's word for a namespace

# What an expression sees of a fact's type.
FactType = type[bool] | type[int] | type[str] | type[list[int]] | type[list[str]]
FactTypes = tuple[tuple[str, FactType], ...]


class Condition:
    """An expression, compiled when it is first asked; `reads` names the facts that it may look at."""

    def __init__(self, text: str, facts: FactTypes) -> None:
        """Raise NetauditError for too high a cost."""
        self.text = " ".join(text.split())
        require_bounded(self.text)
        known = dict(facts)
        self.reads = tuple(name for name in dict.fromkeys(_NAME.findall(without_literals(self.text))) if name in known)
        self._facts = facts
        self._words = tuple(name for name in self.reads if known[name] in (bool, str))
        self._answers: dict[tuple[object, ...], tuple[bool | None]] = {}

    def require_valid(self) -> None:
        """Compile now. Raises NetauditError for an answer that is not yes or no, and unknown facts."""
        _ = self._program

    @cached_property
    def _program(self) -> "cel.Expression":
        return _compile(self.text, self._facts)

    def holds(self, seen: "KnownFacts") -> bool | None:
        """Return the answer; None where it depends on a fact that is not known. Raises NetauditError where it fails.

        Subjects are much alike in what an expression reads, least in lists and numbers: an answer that does not depend
        on those serves for all.
        """
        read = seen.read(self.reads)
        known = self._answers.get(read)
        if known is not None:
            return known[0]
        if len(self._words) < len(self.reads):
            words = seen.only(self._words)
            answer = self._remember(words.read(self.reads), words)
            if answer is not None:
                return answer
        return self._remember(read, seen)

    def _remember(self, read: tuple[object, ...], seen: "KnownFacts") -> bool | None:
        known = self._answers.get(read) or (self._evaluate(seen),)
        if len(self._answers) >= _MOST:
            self._answers.clear()
        self._answers[read] = known
        return known[0]

    def _evaluate(self, seen: "KnownFacts") -> bool | None:
        try:
            result = self._program.eval(seen.activation)
        except RuntimeError as error:  # of the library: its macros went round too often
            raise NetauditError(f"costs too much to compute: {_explain(str(error))}", hint="ask for less") from error
        answer = result.value()
        if isinstance(answer, bool):
            return answer
        if any(name not in seen.known for name in self.reads):
            return None
        raise NetauditError(f"cannot be computed: {answer}", hint="guard it, as in `size(ports) > 0 && ports[0] == 22`")


class KnownFacts:
    """The facts of one subject that are known, ready for any of the conditions of its kind."""

    def __init__(self, known: Mapping[str, object], facts: FactTypes) -> None:
        self.known, self._facts = known, facts

    def read(self, names: Iterable[str]) -> tuple[object, ...]:
        """Return what some facts are, to be compared: None for what is not known."""
        return tuple([_hashable(self.known.get(name)) for name in names])

    def only(self, names: Iterable[str]) -> "KnownFacts":
        """Return what is known if of all facts some are."""
        return KnownFacts({name: self.known[name] for name in names if name in self.known}, self._facts)

    @cached_property
    def activation(self) -> Any:  # noqa: ANN401 (of the library, which says nothing of types)
        """Return them as expressions read them."""
        return _environment(self._facts).Activation({name: _readable(value) for name, value in self.known.items()})


def _hashable(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _readable(value: object) -> object:
    """Replace each byte that is not UTF-8 by a question mark: CEL accepts UTF-8 only."""
    match value:
        case str() if not value.isascii():
            return value.encode(errors="replace").decode()
        case list() | tuple():
            return [_readable(one) for one in value]
        case _:
            return value


def _compile(text: str, facts: FactTypes) -> "cel.Expression":
    from cel_expr_python import cel  # noqa: PLC0415 (16 MB that only an audit needs)

    try:
        program = _environment(facts).compile(text)
    except RuntimeError as error:
        raise NetauditError(_explain(str(error)), hint=f"facts here: {', '.join(name for name, _ in facts)}") from error
    if program.return_type() != cel.Type.BOOL:
        raise NetauditError(f"is no yes or no, but {program.return_type().name()}", hint="compare it with something")
    return program


def _explain(message: str) -> str:
    """Take the library's words and place out of its picture of the expression."""
    found = _WHERE.search(message)
    if found is None:
        return message.partition("\n")[0]
    return f"{found[3].replace(_NO_CONTAINER, '').strip()} (at character {found[2]})"


@cache
def _environment(facts: FactTypes) -> "cel.Env":
    from cel_expr_python import cel  # noqa: PLC0415

    types = {
        bool: cel.Type.BOOL,
        int: cel.Type.INT,
        str: cel.Type.STRING,
        list[int]: cel.Type.List(cel.Type.INT),
        list[str]: cel.Type.List(cel.Type.STRING),
    }
    return cel.NewEnv(variables={name: types[kind] for name, kind in facts})

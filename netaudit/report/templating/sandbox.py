"""A template that somebody brought along -> text, in a sandbox: it reads the report, no file, and changes nothing."""

from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Any

import msgspec
from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from netaudit.errors import OwnTemplateError
from netaudit.report.templating.environment import shown_in_html

MOST_CHARACTERS = 50_000_000
_MOST_REPEATED = 100_000
_MARKUP = (".html", ".htm", ".xml", ".svg")


class TemplateModel(msgspec.Struct, frozen=True):
    """What a template sees: the version of this model, netaudit's, the verdict in sentences, the JSON document."""

    model: str
    netaudit: str
    verdict: tuple[str, ...]
    report: dict[str, Any]


def render_with(source: str, name: str, model: TemplateModel) -> str:
    """Print a report with a template; `name` is its file's, whose ending decides whether markup is escaped.

    Raises OwnTemplateError, naming the line where it can, and what was forbidden.
    """
    try:
        return "".join(_bounded(_compiled(source, name)(**msgspec.structs.asdict(model)), name))
    except TemplateSyntaxError as error:
        raise _refused(name, f"line {error.lineno}: {error.message}") from error
    except SecurityError as error:
        raise _refused(name, f"forbidden in a template: {error}") from error
    except _FAILURES as error:
        raise _refused(name, str(error) or type(error).__name__) from error


class _Sandbox(ImmutableSandboxedEnvironment):
    """Refuse operators that make very large values out of small ones."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401 (as jinja2 says)
        """Multiply numbers, and texts a few times."""
        if operator == "**" or _repeated(left, right) > _MOST_REPEATED:
            raise SecurityError(f"{operator} makes too much of it")
        return super().call_binop(context, operator, left, right)


def _repeated(left: object, right: object) -> int:
    """Tell how long a text or list becomes; 0 where two numbers are multiplied."""
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return 0
    whole, times = (right, left) if isinstance(left, int) else (left, right)
    return len(whole) * times if isinstance(whole, (str, list, tuple)) and isinstance(times, int) else 0


# What a template raises; NameError: Jinja writes a number too large for it as `inf`, which its code does not know.
_FAILURES = (
    TemplateError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    RecursionError,
    AssertionError,
    NameError,
)


def _compiled(source: str, name: str) -> Callable[..., Iterator[str]]:
    """Compile without a loader: there is nothing to include, import or extend."""
    markup = PurePath(name.removesuffix(".j2")).suffix.lower() in _MARKUP
    environment = _Sandbox(
        autoescape=markup,
        finalize=shown_in_html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.from_string(source).generate


def _bounded(parts: Iterator[str], name: str) -> Iterator[str]:
    size = 0
    for part in parts:
        size += len(part)
        if size > MOST_CHARACTERS:
            raise _refused(name, f"it prints more than {MOST_CHARACTERS} characters")
        yield part


def _refused(name: str, why: str) -> OwnTemplateError:
    return OwnTemplateError(f"{name}: {why}", hint="docs/template-model.md says what a template sees and may do")

"""The second half of docs/api.md: every public name of netaudit, from its signature and its docstring."""

import inspect
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import netaudit

PAGE = Path(netaudit.__path__[0]).parent / "docs" / "api.md"
_MARK = "## Functions and options\n"


def make_page(page: str) -> str:
    """Return the page with its second half written from what is there."""
    return page.partition(_MARK)[0] + _MARK + "\n" + "\n".join(_sections())


def _sections() -> Iterator[str]:
    public = [(name, getattr(netaudit, name)) for name in netaudit.__all__]
    for name, value in public:
        if inspect.isfunction(value):
            yield f"### {name}\n\n```python\n{name}{_signature(value)}\n```\n\n{_document(value)}"
    options = netaudit.AuditOptions
    yield f"### AuditOptions\n\n{_document(options)}"
    yield "### Words to choose from\n\n| Name | Values | Says |\n|---|---|---|"
    yield from (f"| `{name}` | {_values(value)} | {_first(value)} |" for name, value in public if _is_enum(value))
    yield "\n### Results and errors\n\n| Name | Is |\n|---|---|"
    rest = ((name, value) for name, value in public if isinstance(value, type) and not _is_enum(value))
    yield from (f"| `{name}` | {_first(value)} |" for name, value in rest if value is not options)
    yield ""


def _is_enum(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Enum)


def _values(kind: type[Enum]) -> str:
    return ", ".join(f"`{one.name}`" for one in kind)


def _first(value: object) -> str:
    """Return the first paragraph of a docstring as one line."""
    return " ".join((inspect.getdoc(value) or "").partition("\n\n")[0].split())


def _signature(function: object) -> str:
    signature = str(inspect.signature(function))  # type: ignore[arg-type]
    signature = re.sub(r"<(\w+\.\w+): '[^']*'>", r"\1", signature)
    return re.sub(r"\b(?:[a-z_]+\.)+(?=[A-Z])", "", signature)


def _document(value: object) -> str:
    """Return a docstring, its examples as code."""
    parts = (inspect.getdoc(value) or "").split("\n\n")
    shown = (f"```pycon\n{part}\n```" if part.startswith(">>>") else _indented(part) for part in parts)
    return "\n\n".join(shown) + "\n"


def _indented(part: str) -> str:
    if not part.startswith("    "):
        return part
    return "```python\n" + inspect.cleandoc(part) + "\n```"

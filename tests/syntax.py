"""The syntax of modules, read once for all tests of a process; statements without the expressions in them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


@cache
def tree(path: Path) -> ast.Module:
    """Parse a module."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def statements(path: Path) -> tuple[ast.AST, ...]:
    """List all statements of a module, in whatever they stand: a tenth of the nodes that ast.walk looks at."""
    return tuple(_within(tree(path)))


def _within(node: ast.AST) -> Iterator[ast.AST]:
    for name in _BLOCKS:
        for one in getattr(node, name, ()):
            yield one
            yield from _within(one)


@cache
def imported(path: Path) -> frozenset[str]:
    """Name the modules that a module imports."""
    return frozenset(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    for node in statements(path):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str() as module, level=0):
                yield module

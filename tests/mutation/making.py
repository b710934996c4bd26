"""Mutants: one change of one function each, as mutmut's operators make them."""

import ast
import difflib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from libcst import FunctionDef, Module, ensure_type
from mutmut.mutation.file_mutation import Mutation, create_mutations, deep_replace

from mutation.mutant import Mutant, Place


def places(folder: Path) -> Iterator[Place]:
    """Yield all mutants of a package."""
    for path in sorted(folder.rglob("*.py")):
        for number, mutation in enumerate(_mutations(path)[1]):
            if isinstance(mutation.contained_by_top_level_function, FunctionDef):
                yield Place(path, number)


def make(place: Place) -> Mutant | None:
    """Return the mutant of a place; None where no code of a function changes (a default of a parameter)."""
    module, mutations = _mutations(place.path)
    mutation = mutations[place.number]
    text = ensure_type(deep_replace(module, mutation.original_node, mutation.mutated_node), Module).code
    before, after = module.code.splitlines(), text.splitlines()
    blocks = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    _, start, end, new_start, new_end = next(block for block in blocks if block[0] != "equal")
    tree, changed = ast.parse(module.code), dict(_functions(ast.parse(text)))
    function = next((name for name, node in _functions(tree) if _body(node) != _body(changed[name])), None)
    if function is None:
        return None
    reach = _reach(tree, start + 1, max(end, start + 1))
    return Mutant(place, function, text, reach, _joined(before[start:end]), _joined(after[new_start:new_end]))


@cache
def _mutations(path: Path) -> tuple[Module, list[Mutation]]:
    module, mutations, _, _ = create_mutations(str(path), path.read_text())
    return module, mutations


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield the functions and methods of a module, each with its __qualname__."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{one.name}", one) for one in node.body if isinstance(one, ast.FunctionDef))


def _body(function: ast.FunctionDef) -> list[str]:
    return [ast.dump(node) for node in function.body]


def _reach(tree: ast.Module, first: int, last: int) -> range:
    """Return the lines of the innermost statement around these: a test that runs none of them meets no change."""
    holding = (_extent(node) for node in ast.walk(tree) if isinstance(node, ast.stmt))
    return min((lines for lines in holding if first in lines and last in lines), key=len)


def _extent(node: ast.stmt) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _joined(lines: list[str]) -> str:
    return " ".join(line.strip() for line in lines)

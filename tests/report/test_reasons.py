"""Every reason has a sentence, and the code that gives it names the arguments of that sentence."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from syntax import tree

import netaudit
from netaudit.model.reason import Reason, ReasonKind, kinds_of, make_reason, several
from netaudit.report.text.reasons import SENTENCES, describe_reason

PACKETS = [
    path for folder in ("packets", "policy") for path in sorted((Path(netaudit.__path__[0]) / folder).rglob("*.py"))
]
_STOPPED = make_reason(ReasonKind.ANSWER_STOPPED, make_reason(ReasonKind.NO_WAY_BACK))


def _named(kind: ReasonKind) -> set[str]:
    """Give the arguments that a sentence names."""
    return {name for _, name, _, _ in Formatter().parse(SENTENCES[kind]) if name} - {"behind"}


@cache
def _calls() -> tuple[tuple[ReasonKind, frozenset[str]], ...]:
    """Give each call that makes a reason of a kind that is written there, with the names of its arguments."""
    return tuple(call for path in PACKETS for call in _calls_in(tree(path)))


def _calls_in(module: ast.Module) -> Iterator[tuple[ReasonKind, frozenset[str]]]:
    for node in ast.walk(module):
        match node:
            case ast.Call(func=ast.Name(id="make_reason" | "by_no_rule"), args=[ast.Attribute(attr=name), *_]):
                names = frozenset(one.arg for one in node.keywords if one.arg)
                yield ReasonKind[name], names


def _mentioned() -> set[str]:
    return {
        node.attr
        for path in PACKETS
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "ReasonKind"
    }


def test_every_kind_of_reason_has_a_sentence() -> None:
    assert SENTENCES.keys() == set(ReasonKind)


def test_every_kind_of_reason_is_given_somewhere() -> None:
    assert {kind.name for kind in ReasonKind} - _mentioned() == {"SEVERAL"} - _mentioned()


def test_the_code_that_gives_a_reason_names_the_arguments_of_its_sentence() -> None:
    assert {(kind, names) for kind, names in _calls() if names != _named(kind)} == set()


def test_a_kind_with_arguments_is_never_given_without_them() -> None:
    with_arguments = {kind for kind in ReasonKind if _named(kind)}
    assert with_arguments <= {kind for kind, _ in _calls()}


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (None, ""),
        (make_reason(ReasonKind.NO_ROUTE), "there is no route"),
        (make_reason(ReasonKind.NO_ROUTE_TO, address="192.0.2.1"), "no route to 192.0.2.1"),
        (make_reason(ReasonKind.ANSWER_STOPPED), "the answer is stopped"),
        (_STOPPED, "the answer is stopped: there is no way back"),
        (
            make_reason(
                ReasonKind.NOT_FOR_ALL,
                make_reason(ReasonKind.AT_RULE, where="filter/FORWARD#1"),
                _STOPPED,
                example="tcp",
            ),
            "not for all: tcp is stopped (filter/FORWARD#1, the answer is stopped: there is no way back)",
        ),
        (
            several([make_reason(ReasonKind.PROGRAM_DECIDES), make_reason(ReasonKind.KERNEL_CHOOSES)]),
            "a program decides; the kernel chooses among several",
        ),
        (make_reason(ReasonKind.ENDLESS_JUMPS, chain="{chain}"), "{chain}: jumps without end"),
    ],
)
def test_a_reason_is_worded_with_what_is_behind_it(reason: Reason | None, sentence: str) -> None:
    assert describe_reason(reason) == sentence


def test_a_reason_that_is_named_twice_is_said_once() -> None:
    one = make_reason(ReasonKind.PROGRAM_DECIDES)
    assert several([one, one]) == one


def test_the_kinds_of_a_reason_begin_with_its_own() -> None:
    assert kinds_of(_STOPPED) == (ReasonKind.ANSWER_STOPPED, ReasonKind.NO_WAY_BACK)
    assert kinds_of(None) == ()

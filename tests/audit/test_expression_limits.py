"""A condition of anybody's neither runs without end nor eats all memory: it is refused, with file and key."""

from pathlib import Path

import pytest
from audit.test_checks import GOOD

from netaudit.audit.checks.condition import Condition, KnownFacts
from netaudit.audit.checks.expression_limits import without_literals
from netaudit.catalog import load_checks_from
from netaudit.errors import CatalogError, NetauditError

FACTS = (("ports", list[int]), ("name", str))


def _nested(depth: int) -> str:
    return "".join(f"ports.all(p{at}, " for at in range(depth)) + "true" + ")" * depth


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (_nested(9), "nests macros"),
        (_nested(4), "nests macros"),
        ("ports . exists (a, [1].filter(b, [1].all(c, [1].exists_one(d, true))) == [1])", "nests macros"),
        ("size([name].map(a, a + a).map(a, a + a)) == 1", "map is not allowed"),
        (r"name == r'\' || size([name].map(a, a)) == 1 || name == r'\'", "map is not allowed"),
        ("name" + " + name" * 17 + " == name", "adds more than 16 times"),
        ("name == '" + "x" * 1000 + "'", "more than 1000 characters"),
        ("(" * 400 + "true" + ")" * 400, "recursion limit"),
        ("name == '\ud800'", "surrogates"),
        ("name == " + "9" * 900, "invalid int literal"),
    ],
    ids=range(10),
)
def test_what_may_cost_too_much_is_refused(text: str, message: str) -> None:
    with pytest.raises(NetauditError, match=message):
        Condition(text, FACTS).require_valid()


def test_three_macros_inside_one_another_are_allowed() -> None:
    seen = KnownFacts({"ports": list(range(20)), "name": ""}, FACTS)
    assert Condition(_nested(3), FACTS).holds(seen) is True


def test_macros_that_go_round_too_often_are_an_error() -> None:
    seen = KnownFacts({"ports": list(range(500)), "name": ""}, FACTS)
    with pytest.raises(NetauditError, match="costs too much to compute"):
        Condition(_nested(3), FACTS).holds(seen)


def test_a_name_that_is_no_utf8_is_compared() -> None:
    assert Condition("name == 'a?'", FACTS).holds(KnownFacts({"name": "a\udcff", "ports": []}, FACTS)) is True


@pytest.mark.parametrize("key", ["condition", "graver"])
def test_an_expression_that_may_cost_too_much_is_refused_with_file_and_key(tmp_path: Path, key: str) -> None:
    nested = "".join(f"networks.all(p{at}, " for at in range(9)) + "true" + ")" * 9
    text = (
        GOOD.replace('container == "bad"', nested)
        if key == "condition"
        else f"{GOOD}graver: {{critical: '{nested}'}}\n"
    )
    (tmp_path / "bad-name.yaml").write_text(text)
    with pytest.raises(CatalogError) as caught:
        load_checks_from(tmp_path)
    assert f"{key}: nests macros such as all more than 3 deep" in caught.value.message
    assert caught.value.message.startswith(f"{tmp_path}/bad-name.yaml:")


@pytest.mark.parametrize("text", ["r'\\'", 'R"\\"', "'''it's'''", '"""say "x" """', r"'\''", "b'x'"])
def test_a_literal_hides_nothing_that_follows_it(text: str) -> None:
    assert ".map(" in without_literals(f"{text} == a.map(b, '.map(')")
    assert without_literals(f"{text} == a.map(b, '.map(')").count(".map(") == 1

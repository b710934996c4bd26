"""A line of a rule has a bound: the words of a longer one would take a hundred times its size."""

import pytest

from netaudit.errors import ParseError
from netaudit.model.netfilter.ruleset import Backend, Table
from netaudit.parse.forms import read_rules
from netaudit.parse.iptables.lines import LONGEST

_SAVE = "*filter\n:INPUT ACCEPT [0:0]\n{}\nCOMMIT\n"
_COMMANDS = "-P INPUT ACCEPT\n\n{}\n\n"
_LISTING = "Chain INPUT (policy ACCEPT)\ntarget prot opt source destination\n{}\n\n"


def _tables(text: str) -> tuple[Table, ...]:
    return read_rules(text, backend=Backend.IPTABLES_NFT, family="ip", source="rules.txt").tables


@pytest.mark.parametrize("form", [_SAVE, _COMMANDS, _LISTING])
def test_a_line_that_no_rule_has_is_refused_with_its_number(form: str) -> None:
    with pytest.raises(ParseError, match=r"rules\.txt:3: a line of more than 1048576 characters"):
        _tables(form.format("-A INPUT " + "! " * LONGEST))


def test_the_last_line_is_looked_at_too() -> None:
    with pytest.raises(ParseError, match="more than 1048576"):
        _tables(_SAVE.format("") + "x" * (LONGEST + 1))


def test_a_line_as_long_as_any_is_read() -> None:
    rule = '-A INPUT -m comment --comment "'
    rule += "x" * (LONGEST - len(rule) - 1) + '"'
    (table,) = _tables(_SAVE.format(rule))
    assert [one.text for chain in table.chains for one in chain.rules] == [rule]


def test_many_lines_are_read_however_many_bytes_they_are_together() -> None:
    rules = "\n".join(["-A INPUT -s 10.0.0.1/32 -j DROP"] * 20_000)
    (table,) = _tables(_SAVE.format(rules))
    assert len(table.chains[0].rules) == 20_000


def test_quotes_do_not_join_lines_into_one_that_no_rule_has() -> None:
    with pytest.raises(ParseError):
        _tables(_SAVE.format('-A INPUT -m comment --comment "' + ("x" * 1000 + "\n") * 1100 + '" -j DROP'))

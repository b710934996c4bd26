"""Columns of text, as terminals count them."""

import pytest
from wcwidth import wcwidth

from netaudit.report.text.width import columns_of


def test_every_character_has_the_columns_that_wcwidth_gives_it() -> None:
    printable = (chr(code) for code in range(0x20, 0x3000) if code != 0x7F)
    assert [one for one in printable if columns_of(one) != max(wcwidth(one), 0)] == []


@pytest.mark.parametrize(("text", "columns"), [("web → db", 8), ("a \u2013 b…", 6), ("日本", 4), ("e\u0301", 1)])
def test_columns_are_counted_character_by_character(text: str, columns: int) -> None:
    assert columns_of(text) == columns

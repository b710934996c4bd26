import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from netaudit.report.text.markdown import code, code_outside, prose
from netaudit.report.text.sanitize import visible

GITHUB = MarkdownIt("commonmark").enable("table").enable("strikethrough")
HOSTILE = st.text(st.sampled_from("`|\\<>[]()*_#!&~$-+=1.: a\x1b\u202e\n@")) | st.text()


def inline(markdown: str) -> list[Token]:
    """The inline tokens of a text, wherever it has them."""
    return [child for token in GITHUB.parse(markdown) for child in token.children or ()]


def trimmed(text: str) -> str:
    """CommonMark drops a space on either side of code that has any, and one that is nothing else is kept."""
    return text.strip(" ")


@given(HOSTILE)
def test_code_survives_whatever_it_holds(text: str) -> None:
    tokens = inline(f"x {code_outside(text)} x")
    assert [token.type for token in tokens] == ["text", "code_inline", "text"]
    assert trimmed(tokens[1].content) == trimmed(visible(text))


@given(HOSTILE)
def test_code_in_a_cell_ends_with_its_cell(text: str) -> None:
    tokens = inline(f"| a | b |\n|---|---|\n| {code(text)} | end |\n")
    assert [token.type for token in tokens] == ["text", "text", "code_inline", "text"]
    assert tokens[3].content == "end"
    assert trimmed(tokens[2].content) == trimmed(visible(text))


@given(HOSTILE)
@example("    ")
@example("     - x")
def test_prose_is_words_and_nothing_else(text: str) -> None:
    tokens = inline(f"x {prose(text)} x")
    assert {token.type for token in tokens} <= {"text", "code_inline", "text_special"}
    assert {token.type for token in GITHUB.parse(f"- {prose(text)}x")} == {
        *("bullet_list_open", "list_item_open", "paragraph_open", "inline"),
        *("paragraph_close", "list_item_close", "bullet_list_close"),
    }


@pytest.mark.parametrize(
    "text",
    ["ask @everyone", "see #12", "http://x.example", "www.x.example", "GH-7", "c0ffee1234", ":bomb:"],
)
def test_what_github_links_unasked_becomes_code(text: str) -> None:
    assert prose(text) == f"`{text}`"


def test_plain_words_stay_as_they_are() -> None:
    words = "Drops packets from outside that are sent straight to the container's address."
    assert prose(words) == words


def test_a_fence_is_longer_than_any_run_inside() -> None:
    assert re.match(r"(`+)", code_outside("a``b"))[0] == "```"

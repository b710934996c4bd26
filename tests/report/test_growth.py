"""What a text of others costs grows with its length alone: counted in steps of Python, not in seconds."""

import json
import re
import sys
import textwrap
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from types import FrameType
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages import planted
from sampling import sampled
from tabulate import tabulate

from netaudit.attribute.attribution import AttributedSnapshot
from netaudit.report import csv_table as table_csv
from netaudit.report.json import show as json_show
from netaudit.report.map.layout import wrap as map_lines
from netaudit.report.page import picture
from netaudit.report.page import render as document
from netaudit.report.terminal import rules as terminal
from netaudit.report.terminal.exposure import render_exposure
from netaudit.report.terminal.layout import fill, table, tabulate_plain
from netaudit.report.terminal.style import Style
from netaudit.report.terminal.wrapping import wrap, wrap_whole
from netaudit.report.text import sanitize
from netaudit.report.text.markdown import code, prose
from netaudit.report.text.sanitize import MOST, harmless_json, sarif_text, terminal_text, visible
from netaudit.report.text.width import columns_of

SHAPES = {
    "quotes": '\\"',
    "a word": "x",
    "wide": "\u4e2d",
    "marks": "\u0301",
    "spaces": " ",
    "hyphens": "-",
    "hyphenated": "ab-",
    "ticks": "`",
    "colons": ":",
    "hashes": "#",
    "hexadecimal": "a",
    "escapes": "\x1b",
    "brackets": "[](",
    "words": "ab ",
}
FUNCTIONS: dict[str, Callable[[str], Any]] = {
    "visible": visible,
    "terminal_text": terminal_text,
    "sarif_text": sarif_text,
    "prose": prose,
    "code": code,
    "wrap": lambda text: wrap(text, 60, hyphens=True),
    "wrap_whole": lambda text: wrap_whole(text, 60),
    "fill": lambda text: fill(text, Style()),
    "table": lambda text: table([("+", text, text)], Style()),
    "map": lambda text: map_lines(text, 20),
}


ONCE = 20_000  # steps that come once, such as where a text is first cut; what grows faster has millions


def steps(work: Callable[[], Any]) -> int:
    """Count the lines of Python that run, those of libraries too."""
    count = 0

    def tell(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return tell

    earlier = sys.gettrace()
    sys.settrace(tell)
    try:
        work()
    finally:
        sys.settrace(earlier)
    return count


def assert_linear(work: Callable[[int], Callable[[], Any]], n: int) -> None:
    """Doubling the length at most doubles the steps, give or take what is done once."""
    work(n)()  # what is compiled or imported once is no growth
    counted = [steps(work(n * times)) for times in (1, 2, 4, 8)]
    for one, double in pairwise(counted):
        assert double <= 2.3 * one + ONCE, counted


@pytest.mark.parametrize(
    ("name", "shape"),
    sampled(((name, shape) for name in FUNCTIONS for shape in SHAPES), [(name, "quotes") for name in FUNCTIONS]),
)
def test_a_long_text_costs_linear_work(name: str, shape: str) -> None:
    assert_linear(lambda n: lambda: FUNCTIONS[name](SHAPES[shape] * n), 1000)


def renamed(n: int, shape: str) -> AttributedSnapshot:
    """A host of which every text is long."""
    shown, _ = planted.snapshot_and_audit()
    few = msgspec.structs.replace(shown, items=shown.items[:4], exposure=(shown.exposure or ())[:4])
    long = SHAPES[shape] * n
    return planted.plant(msgspec.structs.replace(few, missing=(), defects=(), inside=()), long)


RENDERERS: dict[str, Callable[[AttributedSnapshot], Any]] = {
    "terminal": lambda shown: terminal.render_snapshot(shown, Style()),
    "exposure": lambda shown: render_exposure(shown, Style()),
    "html": document.render_snapshot_html,
    "markdown": document.render_snapshot_markdown,
    "csv": table_csv.render_snapshot_csv,
    "svg": picture.render_snapshot_svg,
    "dot": picture.render_snapshot_dot,
}


@pytest.mark.matrix
@pytest.mark.parametrize("shape", sampled(("quotes", "wide"), ("quotes",)))
@pytest.mark.parametrize("name", sampled(RENDERERS, ("terminal", "csv")))
def test_a_report_of_long_texts_costs_linear_work(name: str, shape: str) -> None:
    assert_linear(lambda n: partial(RENDERERS[name], renamed(n, shape)), 100)


@pytest.mark.parametrize("count", [100_000, 250_000])
def test_a_terminal_says_how_much_it_leaves_out_and_keeps_both_ends(count: int) -> None:
    shown = terminal_text("-A DOCKER -m comment --comment " + '\\"' * count + " -j ACCEPT")
    assert len(shown) <= MOST
    assert shown.startswith("-A DOCKER -m comment")
    assert shown.endswith(" -j ACCEPT")
    head, _, rest = shown.partition("… (")
    more, _, tail = rest.partition(" more characters) …")
    assert len(head) + int(more) + len(tail) == 2 * count + len("-A DOCKER -m comment --comment  -j ACCEPT")


@pytest.mark.parametrize("text", ["", "x" * MOST, "a rule"])
def test_what_somebody_may_read_is_whole(text: str) -> None:
    assert terminal_text(text) == text


NAME = "x" * 100_000
BOUNDED = ("terminal", "exposure", "html", "markdown")


@pytest.mark.matrix
@pytest.mark.parametrize("name", BOUNDED)
def test_of_a_name_of_100_kb_people_see_a_part_and_how_much_is_left_out(name: str) -> None:
    shown = renamed(1, "a word")
    item = msgspec.structs.replace(shown, items=shown.items[:1], exposure=(shown.exposure or ())[:1])
    printed = str(RENDERERS[name](planted.plant(item, NAME)))
    printed = re.sub('data-keys="[^"]*"', "", printed)  # the page's own filter has each name once, and whole
    assert NAME not in re.sub(r"\s", "", printed)
    assert "more characters)" in re.sub(r"\s+", " ", printed)


@pytest.mark.matrix
@pytest.mark.parametrize("render", [table_csv.render_snapshot_csv, json_show.render_snapshot])
def test_of_a_name_of_100_kb_programs_get_all(render: Callable[[AttributedSnapshot], Any]) -> None:
    shown = renamed(1, "a word")
    item = msgspec.structs.replace(shown, items=shown.items[:1], exposure=())
    printed = render(planted.plant(item, NAME))
    assert NAME in (printed.decode() if isinstance(printed, bytes) else printed)


WORDS = st.lists(st.sampled_from(["a", "bb", "-", "--", "-j", "word", " ", "  ", '"', "x" * 30])).map("".join)


@given(WORDS, st.integers(14, 60), st.sampled_from(["", "  ", "     "]), st.sampled_from(["", "  ", "   "]))
def test_lines_are_those_of_textwrap(text: str, width: int, first: str, rest: str) -> None:
    options = {"initial_indent": first, "subsequent_indent": rest, "break_on_hyphens": False}
    broken = textwrap.wrap(text, width, **options)  # type: ignore[arg-type]
    assert [line.rstrip() for line in wrap(text, width, first=first, rest=rest)] == [one.rstrip() for one in broken]
    whole = textwrap.wrap(text, width, break_long_words=False, **options)  # type: ignore[arg-type]
    assert wrap_whole(text, width, first=first, rest=rest) == whole


@given(st.lists(st.text("ab-.1", min_size=1, max_size=20), min_size=1, max_size=12), st.integers(20, 60))
def test_lines_may_end_after_the_hyphens_at_which_textwrap_ends_them(words: list[str], width: int) -> None:
    text = " ".join(words)
    wrapped = [line.rstrip() for line in wrap(text, width, hyphens=True)]
    assert wrapped == [line.rstrip() for line in textwrap.wrap(text, width)]


CELLS = st.tuples(
    st.sampled_from(["", "?", "!"]), st.text("#1a\u4e2d", min_size=1, max_size=9), WORDS.map("x{}".format)
)


@given(st.lists(CELLS, min_size=1, max_size=9), st.integers(40, 120))
def test_rows_are_laid_out_as_tabulate_does(rows: list[tuple[str, str, str]], width: int) -> None:
    wrapped = [(mark, name, "\n".join(wrap(text, width, hyphens=True))) for mark, name, text in rows]
    assert tabulate_plain(rows, width) == tabulate(wrapped, tablefmt="plain", disable_numparse=True)


@given(st.text(st.sampled_from("ab \u4e2de\u0301-"), max_size=200), st.integers(2, 40))
def test_no_line_is_wider_than_asked_and_no_character_is_lost(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(columns_of(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@given(
    st.text(st.sampled_from("a1 :#[]-_\x7f\u2192\u0301"), max_size=40)
    | st.sampled_from(["section_start:1:x", "travis_fold:end"])
)
def test_text_that_looks_usual_is_searched_for_commands_all_the_same(text: str) -> None:
    assert visible(text) == sanitize._UNSAFE.sub(sanitize._code, text)  # noqa: SLF001 (what is left out for speed)


@given(st.text(st.sampled_from('a#[\u2028\u2192\x7f"'), max_size=40))
def test_json_that_looks_usual_is_searched_all_the_same(text: str) -> None:
    data = json.dumps(text, ensure_ascii=False).encode()
    assert harmless_json(data) == sanitize._UNSAFE_IN_JSON.sub(sanitize._json_code, data.decode()).encode()  # noqa: SLF001

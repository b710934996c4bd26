"""docs/speed.md: what one part of the benchmark writes leaves the sections of the others as they are."""

from pathlib import Path

import pytest
from bench.page import put_first, put_section

PAGE = "# How fast\n\nfirst\n\n## A\n\na\n\n## A and more\n\nmore\n"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "speed.md"
    path.write_text(PAGE)
    return path


def test_a_section_takes_the_place_of_its_own(page: Path) -> None:
    put_section("## A", "## A\n\nagain", page)
    assert page.read_text() == PAGE.replace("\na\n", "\nagain\n")


def test_a_new_section_comes_last(page: Path) -> None:
    put_section("## B", "## B\n\nb\n\n", page)
    assert page.read_text() == f"{PAGE}\n## B\n\nb\n"


def test_what_stands_first_is_written_without_losing_sections(page: Path) -> None:
    put_first("# How fast\n\nsecond\n", page)
    assert page.read_text() == PAGE.replace("first", "second")

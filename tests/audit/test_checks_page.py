"""docs/checks.md and docs/netaudit.schema.json are what the checks and the recordings say."""

import os

import pytest
from lab import checks_page


@pytest.mark.matrix
def test_the_page_of_checks_is_what_the_recordings_say() -> None:
    if os.environ.get("UPDATE_GOLDENS") == "1":
        checks_page.main()
    assert checks_page.PAGE.read_text() == checks_page.render()


def test_the_published_schema_is_that_of_the_reader() -> None:
    assert checks_page.SCHEMA.read_text() == checks_page.render_schema()

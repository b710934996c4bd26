"""Questions that have names: a file of SQL for each, which begins with its sentence."""

from functools import cache
from importlib import resources

import msgspec


class Question(msgspec.Struct, frozen=True):
    """A question: `name` is its file's, `sentence` says what is asked, `sql` asks it."""

    name: str
    sentence: str
    sql: str


@cache
def questions() -> dict[str, Question]:
    """Return all questions, by name."""
    folder = resources.files("netaudit.fleet.query").joinpath("questions")
    files = sorted(one.name for one in folder.iterdir() if one.name.endswith(".sql"))
    found = (_read(name.removesuffix(".sql"), folder.joinpath(name).read_text(encoding="utf-8")) for name in files)
    return {one.name: one for one in found}


def _read(name: str, text: str) -> Question:
    comments = [line.removeprefix("--").strip() for line in text.splitlines() if line.startswith("--")]
    return Question(name, " ".join(comments), text)

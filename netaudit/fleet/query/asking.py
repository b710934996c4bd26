"""A question by its name, or SQL -> its answer."""

import datetime as dt
import re
from pathlib import Path

from netaudit.errors import UsageError
from netaudit.fleet.query.database import Answer, Database
from netaudit.fleet.query.questions import questions

_NAME = re.compile(r"[a-z][a-z0-9-]*")


def ask(folder: Path, question: str, today: dt.date) -> Answer:
    """Answer a question about the results in a folder. Raises UsageError, RecordingError."""
    return Database(folder, {"today": today}).ask(sql_of(question))


def sql_of(question: str) -> str:
    """Return the SQL of a question: a word alone is a name. Raises UsageError for one that is not known."""
    if _NAME.fullmatch(question) is None:
        return question
    known = questions()
    if question not in known:
        raise UsageError(f"no question is called {question}", hint=f"these are: {', '.join(known)}")
    return known[question].sql

"""The folder in which earlier releases kept recordings -> the first looks of a history."""

from pathlib import Path

from netaudit.errors import NetauditError
from netaudit.history.history import History
from netaudit.model.history.look import Origin
from netaudit.store import load, parse_time


def take_over(history: History, folder: Path) -> int:
    """Keep the recordings of a folder as looks, in the order of their times; return how many.

    A recording that cannot be read, or does not say when it was taken, stays where it is, as all of them do.
    """
    found = []
    for path in sorted(folder.glob("[!.]*")):
        if path.is_symlink():
            continue
        try:
            facts = load(path)
        except NetauditError:
            continue
        if at := parse_time(facts.taken_at):
            found.append((at, path.name, facts))
    for _, _, facts in sorted(found, key=lambda one: one[:2]):
        history.add(facts, Origin.KEPT)
    return len(found)

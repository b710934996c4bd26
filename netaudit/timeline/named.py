"""The names that a question to a history may use. One that no look has is refused, with the nearest one that is."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from netaudit.errors import ParseError, SubjectError, suggest
from netaudit.history import History
from netaudit.model.docker import Inventory
from netaudit.model.history.look import Look
from netaudit.parse.engines import parse_engines
from netaudit.timeline.log import entries


def is_named(names: Iterable[str], patterns: Iterable[str]) -> bool:
    """Tell whether one of some names fits one of some patterns, in which * stands for any text."""
    known = tuple(names)
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in known)


def require_containers(history: History, patterns: Iterable[str]) -> None:
    """Refuse a pattern that fits no container of any look, nor of what happened between them. Raises SubjectError."""
    wanted, known, listed = list(patterns), set[str](), True
    for names, is_whole in _sources(history):
        known |= names
        listed &= is_whole
        wanted = [pattern for pattern in wanted if not is_named(names, [pattern])]
        if not wanted:
            return
    if wanted and not listed:
        hint = "Docker's inventory is missing in some looks: try as root"
        raise SubjectError(f"whether a look has a container {wanted[0]} is not known", hint=hint)
    if wanted:
        hint = suggest(wanted[0], sorted(known), "leave out --container to see all changes")
        raise SubjectError(f"no look has a container {wanted[0]}", hint=hint)


def _sources(history: History) -> Iterator[tuple[set[str], bool]]:
    """Give names, and whether all of a look were seen: what is read quickly comes first."""
    looks = history.list_all()
    yield from (_of_look(history, one) for one in looks[-1:])
    yield {name for one in entries(history) for name in one.change.containers}, True
    yield from (_of_look(history, one) for one in looks[-2::-1])


def _of_look(history: History, look: Look) -> tuple[set[str], bool]:
    inventory = _inventory(history, look)
    names = {one.name for one in inventory.containers} if inventory else set[str]()
    return names, inventory is not None and not inventory.partial


def _inventory(history: History, look: Look) -> Inventory | None:
    try:
        return parse_engines(history.facts(look.number))[0]
    except ParseError:
        return None

"""Whose host is it: where only Podman runs containers, what Docker would say is not missing."""

from collections.abc import Iterable

from netaudit.collect.asking.answer import Answer, Answered, Unused
from netaudit.collect.podman.place import answers_for_docker
from netaudit.model.facts import INVENTORY_SOURCES, Gap, GapReason, Source

_Answers = tuple[Answer, ...]


def without_docker(answers: _Answers) -> _Answers:
    """Return the answers; where Podman is there in Docker's place, Docker's sources are not in use."""
    if not any(isinstance(one, Answered) and one.source is Source.PODMAN_INFO for one in answers):
        return answers
    if not (answers_for_docker(answers) or _is_absent(answers)):
        return answers
    others = (one for one in answers if one.source not in INVENTORY_SOURCES)
    return (*others, *map(Unused, INVENTORY_SOURCES))


def _is_absent(answers: Iterable[Answer]) -> bool:
    """Return whether Docker has neither a socket nor a daemon here."""
    dockers = [one for one in answers if one.source in INVENTORY_SOURCES]
    return all(isinstance(one, Gap) and one.reason is GapReason.ABSENT for one in dockers)

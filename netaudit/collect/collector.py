"""Ask every source of this host, and make one value of the answers."""

import os
from collections.abc import Iterable

from netaudit.collect.asking.answer import Answer, Answered, Unused
from netaudit.collect.asking.options import Where
from netaudit.collect.consistency import read_consistently
from netaudit.model.facts import Facts, Gap, Source

HERE = Where()
_ORDER = {source: place for place, source in enumerate(Source)}


def collect(where: Where = HERE) -> Facts:
    """Collect the facts of this host, now; what cannot be seen is a gap. The store computes the digest."""
    reading = read_consistently(where)
    return facts_of((*reading.answers, *reading.moved), reading.taken_at, reading.generation)


def facts_of(answers: Iterable[Answer], taken_at: str = "", generation: int | None = None) -> Facts:
    """Make one value of answers."""
    files: dict[str, bytes] = {}
    gaps: list[Gap] = []
    unused: list[str] = []
    for answer in sorted(answers, key=_place):
        match answer:
            case Answered(source, data):
                files[source] = data
            case Unused(source):
                unused.append(source)
            case Gap():
                gaps.append(answer)
    return Facts(
        files=files,
        gaps=tuple(gaps),
        unused=tuple(unused),
        host=os.fsencode(os.uname().nodename).decode(errors="replace"),
        taken_at=taken_at,
        generation=generation,
    )


def _place(answer: Answer) -> int:
    """Sort as a recording lists its files, in whatever order the sources were asked."""
    return _ORDER[Source(answer.source)]

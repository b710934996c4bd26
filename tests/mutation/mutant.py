"""What a mutant is, what became of it, and the scores of packages."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

SOURCES = ("netaudit/packets", "netaudit/attribute")


@dataclass(frozen=True)
class Place:
    """Which mutant: the file, and which of mutmut's changes of it."""

    path: Path
    number: int

    @property
    def package(self) -> str:
        """Return its package, as deep as netaudit/packets/trace."""
        return "/".join(self.path.parent.parts[:3])


@dataclass(frozen=True)
class Mutant:
    """One change: the module's text with it, and the lines (of the text without it) whose tests may notice it."""

    place: Place
    function: str  # its __qualname__
    text: str
    lines: range
    was: str
    becomes: str

    @property
    def key(self) -> tuple[str, ...]:
        """Return what a list of mutants calls it: no number of a line, which any change above would shift."""
        return str(self.place.path), self.function, self.was, self.becomes

    def __str__(self) -> str:
        return f"{self.place.path}:{self.lines.start} {self.function}\n  - {self.was}\n  + {self.becomes}"


class Outcome(StrEnum):
    """What became of a mutant."""

    NOTICED = "noticed"
    ENDLESS = "noticed: it never ends"
    SURVIVED = "not noticed"
    UNREACHED = "reached by no test"
    FAULTY = "could not be tried"


SEEN = (Outcome.NOTICED, Outcome.ENDLESS)


def report(outcomes: Mapping[Mutant, Outcome], sizes: Mapping[str, int]) -> Iterator[str]:
    """Yield the table of scores, then what survived. `sizes` has how many mutants there are of each package."""
    tried = Counter(mutant.place.package for mutant in outcomes)
    noticed = Counter(mutant.place.package for mutant, outcome in outcomes.items() if outcome in SEEN)
    yield "| package | mutants | tried | noticed | score |"
    yield "|---|---|---|---|---|"
    for package in sorted(tried):
        score = 100 * noticed[package] / tried[package]
        yield f"| {package} | {sizes[package]} | {tried[package]} | {noticed[package]} | {score:.0f} % |"
    for source in SOURCES:
        inside = [package for package in tried if package.startswith(source)]
        weighed = sum(sizes[package] * noticed[package] / tried[package] for package in inside)
        score = 100 * weighed / max(1, sum(sizes[package] for package in inside))
        counts = (sum(of[package] for package in inside) for of in (sizes, tried, noticed))
        yield f"| all of {source} | {' | '.join(map(str, counts))} | {score:.0f} % |"
    for mutant, outcome in sorted(outcomes.items(), key=lambda found: (found[1], str(found[0]))):
        if outcome not in SEEN:
            yield f"{outcome}: {mutant}"

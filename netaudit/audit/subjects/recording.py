"""What was seen of the host, and what was not."""

from collections.abc import Iterator
from typing import Annotated

from netaudit.audit.subjects.fact import Facts, Subject, fact
from netaudit.audit.subjects.kind import SubjectKind
from netaudit.audit.view import View
from netaudit.model.facts import RULE_SOURCES


class RecordingFacts(Facts, frozen=True):
    """What is known of the recording."""

    gaps: Annotated[tuple[str, ...], fact("The sources that could not be seen, or not wholly.")] = ()
    rule_gaps: Annotated[tuple[str, ...], fact("Those of them that hold rules.")] = ()
    partial: Annotated[bool, fact("Whether it was taken while rules still changed.")] = False
    docker: Annotated[bool, fact("Whether Docker's inventory was seen.")] = False
    engine: Annotated[str, fact("The engine's version as it says it, empty where it is not known.")] = ""
    rules: Annotated[int, fact("How many rules were seen.")] = 0
    unattributed: Annotated[int, fact("How many of them nobody is known to have written.")] = 0
    undecided: Annotated[int, fact("How many expected rules could not be looked for.")] = 0


def recordings(view: View) -> Iterator[Subject]:
    """Give the one recording."""
    head, coverage = view.attributed.head, view.attributed.coverage
    gaps = tuple(dict.fromkeys(gap.source for gap in head.gaps))
    facts = RecordingFacts(
        gaps=gaps,
        rule_gaps=tuple(source for source in gaps if source in set(map(str, RULE_SOURCES))),
        partial=head.partial,
        docker=view.inventory is not None,
        engine=head.engine,
        rules=coverage.rules,
        unattributed=coverage.unattributed,
        undecided=coverage.undecided,
    )
    yield Subject(SubjectKind.RECORDING, "recording", "recording", facts)

"""The recording: which sources of the host it has, and which it lacks."""

from collections.abc import Iterator
from typing import Annotated

from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.subjects.fact import CheckSubject, SubjectFacts, fact
from netaudit.audit.subjects.rules.rule import stands_out
from netaudit.audit.view.docker import runs_docker
from netaudit.audit.view.view import HostView
from netaudit.model.facts import RULE_SOURCES
from netaudit.model.netfilter.ruleset import ObjectKind


class RecordingFacts(SubjectFacts, frozen=True):
    """What is known of the recording."""

    gaps: Annotated[tuple[str, ...], fact("The sources that could not be read, or not completely.")] = ()
    rule_gaps: Annotated[tuple[str, ...], fact("Those of them that hold rules.")] = ()
    partial: Annotated[bool, fact("Whether it was taken while rules still changed.")] = False
    docker: Annotated[bool, fact("Whether Docker's inventory was seen.")] = False
    runs_docker: Annotated[bool, fact("Whether rules, bridges or programs show that Docker runs here.")] = False
    engine: Annotated[str, fact("The engine's version as it says it, empty where it is not known.")] = ""
    rules: Annotated[int, fact("How many rules were seen.")] = 0
    unattributed: Annotated[int, fact("How many of them have no known maker.")] = 0
    order_not_examined: Annotated[
        tuple[str, ...], fact("Chains with foreign rules that are too long to compare their rules with each other.")
    ] = ()
    undecided: Annotated[int, fact("How many expected rules could not be looked for.")] = 0


def recordings(view: HostView) -> Iterator[CheckSubject]:
    """Return the one recording."""
    head, coverage = view.attributed.head, view.attributed.coverage
    gaps = tuple(dict.fromkeys(gap.source for gap in head.gaps))
    facts = RecordingFacts(
        gaps=gaps,
        rule_gaps=tuple(source for source in gaps if source in set(map(str, RULE_SOURCES))),
        partial=head.partial,
        docker=view.inventory is not None,
        runs_docker=runs_docker(view.attributed.items, view.snapshot),
        engine=head.engine,
        rules=coverage.rules,
        unattributed=coverage.unattributed,
        order_not_examined=_too_long(view),
        undecided=coverage.undecided,
    )
    yield CheckSubject(CheckedKind.RECORDING, "recording", "recording", facts)


def _too_long(view: HostView) -> tuple[str, ...]:
    """Return the chains in which the place of a rule that stands out could not be examined."""
    for one in view.attributed.items:
        if one.item.object is ObjectKind.RULE and stands_out(one):
            view.order.of(one.item)
    return view.order.not_examined

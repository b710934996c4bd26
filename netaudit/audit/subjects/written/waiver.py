"""Waivers: what an operator accepts, which has to be kept true too."""

from typing import Annotated

from netaudit.audit.subjects.fact import SubjectFacts, fact


class WaiverFacts(SubjectFacts, frozen=True):
    """What is known of a waiver."""

    check: Annotated[str, fact("The check that it waives.")] = ""
    subject: Annotated[str, fact("The subject, or a pattern of subjects, that it waives it for.")] = ""
    reason: Annotated[str, fact("Why.")] = ""
    owner: Annotated[str, fact("Who answers for it.")] = ""
    until: Annotated[str, fact("Its last day.")] = ""
    place: Annotated[str, fact("Where it stands: a file with its line, or a container's label.")] = ""
    days: Annotated[int, fact("How many days it lasts from now on; 0 where it is over, or says none.")] = 0
    everything: Annotated[bool, fact("Whether it waives every check for every subject.")] = False
    expired: Annotated[bool, fact("Whether its last day is over.")] = False
    unused: Annotated[bool | None, fact("Whether nothing was found that it would waive.")] = False
    invalid: Annotated[str, fact("What is wrong with it, empty for nothing.")] = ""

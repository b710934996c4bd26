"""The words for what stays the same as far as anybody can tell: where something was not seen, that is not known."""

from collections.abc import Iterable
from enum import Enum

from netaudit.attribute.attribution import AttributedDiff, SnapshotHead
from netaudit.attribute.exposure.sight import hiding
from netaudit.model.facts import HOST_SOURCES, RULE_SOURCES, Gap, Source
from netaudit.model.snapshot import are_two_hosts
from netaudit.report.text.words import count, distinct_gaps

_NAMED = 3  # sources that a sentence names
_FIRST = (*HOST_SOURCES, Source.DOCKER_CONTAINERS, Source.DOCKER_NETWORKS, *RULE_SOURCES)  # without which most is lost
_ORDINARY = frozenset(map(str, Source))  # another is of a replica, in which a command may not have done all
_ORDER = {str(source): at for at, source in enumerate(_FIRST)}


class Tense(Enum):
    """Whether a change has happened, or would if a planned command ran, or two hosts differ; the value is its verb."""

    HAPPENED = "did not change"
    PLANNED = "would not change"
    COMPARED = "does not differ"


_VERBS = {Tense.HAPPENED: "changed", Tense.PLANNED: "would change", Tense.COMPARED: "differs"}


def tense_of(diff: AttributedDiff, tense: Tense = Tense.HAPPENED) -> Tense:
    """Return how to speak of a diff: of two hosts nothing has changed."""
    before, after = diff.before, diff.after
    return Tense.COMPARED if are_two_hosts(before, after) else tense


def describe_no_exposure_change(diff: AttributedDiff, tense: Tense = Tense.HAPPENED) -> str:
    """Say that who can reach what is the same, or what keeps anybody from knowing it."""
    return _no_change(diff, f"Who can reach what {tense_of(diff, tense).value}.", "who can reach what")


def may_have_changed(diff: AttributedDiff) -> bool:
    """Tell whether who can reach what may have changed where nothing was seen to."""
    unknown = diff.exposure_undecided or diff.exposure_unasked
    return bool(hiding(distinct_gaps((diff.before, diff.after))) or unknown)


def describe_no_outside_change(diff: AttributedDiff, tense: Tense = Tense.HAPPENED) -> str:
    """Say the same of the Internet and neighbours alone."""
    same = f"What the Internet and neighbours can reach {tense_of(diff, tense).value}."
    return _no_change(diff, same, "what the Internet and neighbours can reach")


def describe_no_rule_change(looks: Iterable[SnapshotHead], tense: Tense = Tense.HAPPENED) -> str:
    """Say that rules are the same, at least those that were seen."""
    heads = tuple(looks)
    unseen = any(gap.source in RULE_SOURCES or gap.source not in _ORDINARY for gap in distinct_gaps(heads))
    return say_of_part(heads, f"No rule, chain or policy{' that was seen' if unseen else ''} {_VERBS[tense]}.")


def say_of_part(heads: Iterable[SnapshotHead], sentence: str) -> str:
    """Say a sentence of the part that a reader asked for, where that is not all."""
    narrowed = next((one.narrowed for one in heads if one.narrowed), None)
    if narrowed is None:
        return sentence
    return f"Of what was asked for ({narrowed.words}), {sentence[:1].lower()}{sentence[1:]}"


def may_hide(head: SnapshotHead) -> bool:
    """Tell whether something was not seen behind which something could be reached."""
    return bool(hiding(head.gaps))


_INTERNET = "the Internet"
OUTSIDERS = (_INTERNET, "the LAN")


def describe_nothing_reachable(head: SnapshotHead, zones: tuple[str, ...] = (_INTERNET,)) -> str:
    """Say that some zones, or those asked for, reach nothing; or what keeps anybody from knowing it."""
    unseen, narrowed = hiding(head.gaps), head.narrowed
    whence = " or ".join(narrowed.zones if narrowed and narrowed.zones else zones)
    if unseen:
        return f"What is reachable from {whence} is not known: {_name(unseen)} could not be seen."
    if narrowed:
        return say_of_part((head,), f"Nothing is reachable from {whence}.")
    return f"No port is reachable from {whence}."


def _no_change(diff: AttributedDiff, same: str, what: str) -> str:
    unseen = hiding(distinct_gaps((diff.before, diff.after)))
    reasons = [f"{_name(unseen)} could not be seen"] if unseen else []
    if number := diff.exposure_undecided:
        reasons.append(f"{count(number, 'row')} could not be decided, before or after")
    if number := diff.exposure_unasked:
        reasons.append(f"of {count(number, 'container')} not all that decides was recorded")
    unknown = f"No change was seen in {what}, but it is not known: {'; '.join(reasons)}."
    return say_of_part((diff.before, diff.after), unknown if reasons else same)


def _name(gaps: tuple[Gap, ...]) -> str:
    """Name the first of the sources, and count the others."""
    sources = sorted({gap.source for gap in gaps}, key=lambda source: (_ORDER.get(source, len(_ORDER)), source))
    named, rest = sources[:_NAMED], len(sources) - _NAMED
    if rest > 0:
        return f"{', '.join(named)} and {count(rest, 'more source')}"
    return " and ".join(filter(None, [", ".join(named[:-1]), named[-1]]))

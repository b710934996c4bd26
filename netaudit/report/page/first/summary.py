"""What a report says first: plain sentences about the whole, foreign names apart so that no format obeys them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from netaudit.attribute.attribution import (
    AttributedChange,
    AttributedDiff,
    AttributedItem,
    AttributedSnapshot,
    Attribution,
    Cause,
    CauseKind,
    Confidence,
    Coverage,
    Ref,
    SnapshotHead,
    Standing,
)
from netaudit.model.netfilter.ruleset import ObjectKind
from netaudit.report.page.first.summary_exposure import judge_exposure, judge_exposure_changes
from netaudit.report.text.by_cause import describe_causes
from netaudit.report.text.sentence import NAMED, Foreign, Part, Sentence, list_names
from netaudit.report.text.unrecorded import describe_not_seen
from netaudit.report.text.unseen import Tense, say_of_part, tense_of
from netaudit.report.text.words import NO_CHANGE, count, distinct_gaps, verb

_VERBS = ("added", "removed", "altered", "moved")
_NOTHING = {
    Tense.HAPPENED: "Nothing changed",
    Tense.PLANNED: "Nothing would change",
    Tense.COMPARED: "Nothing differs",
}
_DIFFERING = {"altered": "not the same on both", "moved": "at another position"}
_WRONG = {
    Standing.STALE: "stale: what it was written for is gone",
    Standing.MISPLACED: "misplaced: there, but where it does not work",
    Standing.DUPLICATE: "there twice",
}


def judge_diff(diff: AttributedDiff, tense: Tense = Tense.HAPPENED) -> tuple[Sentence, ...]:
    """Say what changed, what is missing and what is not known; the first sentence is the headline."""
    heads = (diff.before, diff.after)
    tense = tense_of(diff, tense)
    return tuple(
        chain(
            _two_hosts(*heads) if tense is Tense.COMPARED else (),
            judge_exposure_changes(diff, tense) if diff.changes or diff.exposure else (),
            _differences(diff) if tense is Tense.COMPARED else _changes(diff.changes, tense),
            _missing(diff.missing),
            () if diff.changes or diff.exposure else (_nothing(diff, tense),),
            _wrong(diff.defects),
            _doubts([one.attribution for one in diff.changes if verb(one.change) != "removed"]),
            _unattributed(sum(map(_is_nobodys, diff.changes)), "changed rule"),
            _limits(heads, diff.coverage),
        )
    )


def judge_snapshot(snapshot: AttributedSnapshot) -> tuple[Sentence, ...]:
    """Say how much is explained, what is missing and what is not known; the first sentence is the headline."""
    rules = [one.attribution for one in snapshot.items if one.item.object is ObjectKind.RULE]
    return tuple(
        chain(
            judge_exposure(snapshot),
            (_explained(snapshot),),
            _missing(snapshot.missing),
            _wrong(snapshot.defects),
            _doubts(rules),
            _unattributed(snapshot.coverage.unattributed, "rule"),
            _limits((snapshot.head,), snapshot.coverage),
        )
    )


def _explained(snapshot: AttributedSnapshot) -> Sentence:
    coverage = snapshot.coverage
    if not coverage.rules:
        return Sentence(("No rule was seen.",))
    if coverage.proved == coverage.rules:
        whole = "" if snapshot.missing or coverage.undecided else ", and none is missing"
        return Sentence((f"Every rule's maker is known ({coverage.rules} of {coverage.rules}){whole}.",))
    return Sentence((f"The maker of {coverage.proved} of {count(coverage.rules, 'rule')} is known for sure.",))


def _two_hosts(before: SnapshotHead, after: SnapshotHead) -> Iterator[Sentence]:
    yield Sentence(("These are two hosts: ", Foreign(before.host), ", ", Foreign(after.host), f"; {NO_CHANGE}."), "!")


def _nothing(diff: AttributedDiff, tense: Tense) -> Sentence:
    heads, changed = (diff.before, diff.after), _NOTHING[tense]
    unseen = diff.exposure_undecided or diff.exposure_unasked or any(head.gaps for head in heads)
    said = f"{changed} in what could be seen." if unseen else f"{changed}."
    return Sentence((say_of_part(heads, said),))


def _changes(changes: Sequence[AttributedChange], tense: Tense) -> Iterator[Sentence]:
    for word in _VERBS:
        members = [one for one in changes if verb(one.change) == word]
        if members:
            yield Sentence(tuple(_one_verb(word, members, tense)), _symbol(word))


def _differences(diff: AttributedDiff) -> Iterator[Sentence]:
    """Count what two hosts do not have alike."""
    hosts = {"added": diff.after.host, "removed": diff.before.host}
    for word in _VERBS:
        members = [one for one in diff.changes if verb(one.change) == word]
        if not members:
            continue
        be = "is" if len(members) == 1 else "are"
        said = (f" {be} on ", Foreign(hosts[word]), " alone.") if word in hosts else (f" {be} {_DIFFERING[word]}.",)
        yield Sentence((_objects(members), *said), _symbol(word))


def _symbol(word: str) -> str:
    return {"added": "+", "removed": "-", "altered": "~", "moved": ">"}[word]


def _one_verb(word: str, members: Sequence[AttributedChange], tense: Tense) -> Iterator[Part]:
    """Say what happened to how many objects; their owner is named only where it is proved."""
    sure = [one.attribution for one in members if one.attribution.confidence is Confidence.PROVED]
    whose = list(_describe_owner(word, sure))
    be = "would be" if tense is Tense.PLANNED else "was" if len(members) == 1 else "were"
    yield f"{_objects(members)} {be} {word}"
    if whose:
        yield "" if len(sure) == len(members) else f", {len(sure)} of them"
        yield " by " if word == "added" else ", written for " if len(sure) == len(members) else " written for "
        yield from whose
    yield "."


def _objects(members: Sequence[AttributedChange]) -> str:
    """Count by kind: `3 rules and 1 chain`."""
    words = {ObjectKind.POLICY: ("policy", "policies"), ObjectKind.SET: ("part of a set", "parts of sets")}
    words[ObjectKind.MAP] = ("part of a map", "parts of maps")
    words[ObjectKind.OBJECT] = ("named object", "named objects")
    counts = Counter(one.change.item.object for one in members)
    kinds = [kind for kind in ObjectKind if kind in counts]
    parts = [f"{counts[kind]} {words.get(kind, (kind, f'{kind}s'))[counts[kind] > 1]}" for kind in kinds]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _describe_owner(word: str, sure: Iterable[Attribution]) -> Iterator[Part]:
    causes = list(dict.fromkeys(cause for one in sure for cause in one.causes))
    containers = _by_container(causes)
    networks = list(dict.fromkeys(c.network.name for c in causes if c.network and c.kind is CauseKind.NETWORK))
    clauses: list[list[Part]] = []
    if containers:
        clauses.append(
            list(_containers(containers, " publishes ", "") if word == "added" else _containers(containers, " (", ")"))
        )
    if networks:
        clauses.append([_number(len(networks), "network"), *list_names(networks)])
    if any(cause.kind is CauseKind.DAEMON for cause in causes):
        clauses.append(["the Docker daemon"])
    clauses += [[Foreign(cause.name)] for cause in causes if cause.kind is CauseKind.OTHER]
    for at, clause in enumerate(clauses):
        if at:
            yield ", and " if at == len(clauses) - 1 else ", "
        yield from clause


def _by_container(causes: Iterable[Cause]) -> dict[Ref, list[Cause]]:
    gathered: dict[Ref, list[Cause]] = {}
    for cause in causes:
        if cause.container:
            gathered.setdefault(cause.container, []).append(cause)
    return gathered


def _containers(containers: dict[Ref, list[Cause]], opening: str, closing: str) -> Iterator[Part]:
    yield _number(len(containers), "container")
    for at, (ref, causes) in enumerate(containers.items()):
        if at == NAMED:
            yield f"; and {len(containers) - NAMED} more"
            return
        yield from ["; "] if at else []
        yield Foreign(ref.name)
        bindings = list(dict.fromkeys(str(cause.binding) for cause in causes if cause.binding))
        if bindings:
            yield opening
            yield from list_names(bindings)
            yield closing


def _number(number: int, noun: str) -> str:
    return f"one {noun}: " if number == 1 else f"{number} {noun}s: "


def _missing(missing: Sequence[AttributedItem]) -> Iterator[Sentence]:
    if not missing:
        return
    rules = all(one.item.object is ObjectKind.RULE for one in missing)
    words = count(len(missing), "rule" if rules else "object")
    be = "is" if len(missing) == 1 else "are"
    causes = {one.attribution.causes for one in missing}
    whose: list[Part] = [", for ", Foreign(describe_causes(missing[0].attribution.causes))] if len(causes) == 1 else []
    yield Sentence((f"{words} that ought to be there {be} missing", *whose, "."), "!")


def _wrong(defects: Sequence[AttributedItem]) -> Iterator[Sentence]:
    for standing, words in _WRONG.items():
        number = sum(one.attribution.standing is standing for one in defects)
        if number:
            yield Sentence((f"{count(number, 'rule')} {'is' if number == 1 else 'are'} {words}.",), "!")


def _doubts(attributions: Sequence[Attribution]) -> Iterator[Sentence]:
    weak = (Confidence.LIKELY, Confidence.AMBIGUOUS)
    number = sum(one.confidence in weak for one in attributions)
    if number:
        has = "attribution is" if number == 1 else "attributions are"
        yield Sentence((f"{number} {has} not proved, but likely or ambiguous: each says so below.",), "?")


def _is_nobodys(one: AttributedChange) -> bool:
    nobodys = one.attribution.confidence is Confidence.UNATTRIBUTED
    return nobodys and one.change.item.object is ObjectKind.RULE


def _unattributed(number: int, noun: str) -> Iterator[Sentence]:
    if number:
        be = "is" if number == 1 else "are"
        yield Sentence(
            (f"{count(number, noun)} {be} unattributed: nobody that netaudit knows writes such a rule.",), "?"
        )


def _limits(heads: Sequence[SnapshotHead], coverage: Coverage) -> Iterator[Sentence]:
    if not_seen := describe_not_seen(distinct_gaps(heads)):
        yield Sentence((f"Not seen, or not wholly: {not_seen}.",), "?")
    if coverage.undecided:
        yield Sentence(
            (f"{count(coverage.undecided, 'expected rule')} could not be decided: what tells was not seen.",), "?"
        )
    if any(head.partial for head in heads):
        yield Sentence(
            ("Rules or containers still changed while a recording was taken: it may hold a part of a change.",), "?"
        )

"""The words for an audit that all reports share."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from netaudit.attribute.attribution import AttributedExposure, AttributedItem
from netaudit.audit.checks.check import Check
from netaudit.audit.checks.remedy import Advice
from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.finding import Audit, Finding, NotPut, Undecided, Verified
from netaudit.audit.remedy.verify import is_opened
from netaudit.audit.risk import gather_mistakes
from netaudit.model.exposure import Delivery, DestinationKind, Exposure, Outcome, ZoneKind
from netaudit.model.reason import Reason
from netaudit.model.severity import Severity
from netaudit.report.text.by_cause import describe_causes
from netaudit.report.text.destinations import describe_port
from netaudit.report.text.findings.accepted import count_accepted
from netaudit.report.text.reasons import describe_reason
from netaudit.report.text.words import count

_DELIVERIES = {
    Delivery.DNAT: "by a NAT rule",
    Delivery.PROXY: "through docker-proxy",
    Delivery.ROOTLESS: "through the rootless engine",
    Delivery.DIRECT: "directly",
    Delivery.LOCAL: "on the host",
    Delivery.NONE: "",
}
_ORDER = {Outcome.ALLOWED: 0, Outcome.MAY: 1, Outcome.BLOCKED: 2}
_ZONES = {kind: at for at, kind in enumerate(ZoneKind)}
_SHOWN = 6  # pieces of one kind of evidence that a text shows; JSON has all


class Proof(msgspec.Struct, frozen=True):
    """A piece of evidence: what kind it is, where, its text, and what it is there for."""

    kind: str  # unsure | exposed | blocked | missing | rule
    where: str
    text: str
    because: str = ""


def proofs(finding: Finding) -> Iterator[Proof]:
    """List the evidence of a finding for a reader, the first of each kind; what makes it doubtful comes before."""
    yield from (Proof("unsure", "", sentence) for sentence in describe_doubts(finding.doubts))
    for some in _proofs_by_kind(finding):
        yield from some_proofs(some)


def all_proofs(finding: Finding) -> Iterator[Proof]:
    """List all evidence of a finding for a program, the most important first."""
    for some in _proofs_by_kind(finding):
        yield from some


def _proofs_by_kind(finding: Finding) -> Iterator[list[Proof]]:
    evidence = finding.evidence
    yield [cell_proof(cell) for cell in _telling(evidence.cells)]
    yield [_rule("missing", one) for one in evidence.missing]
    yield [_rule("rule", one) for one in evidence.rules]


def _telling(cells: Iterable[AttributedExposure]) -> list[AttributedExposure]:
    """Sort the allowed before the blocked, and the farthest zone first."""
    return sorted(
        cells, key=lambda one: (_ORDER[one.exposure.outcome], _ZONES[one.exposure.zone.kind], one.exposure.zone.name)
    )


def some_proofs(proofs: list[Proof]) -> Iterator[Proof]:
    """Yield the first pieces of evidence, and how many more there are."""
    yield from proofs[:_SHOWN]
    if len(proofs) > _SHOWN:
        yield Proof(proofs[0].kind, "", f"and {len(proofs) - _SHOWN} more")


def _rule(kind: str, one: AttributedItem) -> Proof:
    causes = describe_causes(one.attribution.causes) if one.attribution.causes else one.attribution.maker
    return Proof(kind, one.item.where, one.item.text, causes)


def cell_proof(cell: AttributedExposure) -> Proof:
    """Return a cell as evidence: from where to where, what decides, and an example packet."""
    one = cell.exposure
    kind = "blocked" if one.outcome is Outcome.BLOCKED else "exposed"
    return Proof(kind, f"{one.zone} → {describe_port(one.destination)}", _outcome(one), one.witness)


def _outcome(one: Exposure) -> str:
    """Say what becomes of packets: `allowed through the published port, by filter/DOCKER#1: …`, `blocked by …`."""
    if one.outcome is Outcome.BLOCKED:
        words, comma = str(one.outcome), ""
    else:
        published = one.destination.kind is DestinationKind.PUBLISHED_PORT and one.way is Delivery.DNAT
        words = f"{_outcome_words(one)} {'through the published port' if published else _DELIVERIES[one.way]}".strip()
        comma = ","
    if one.rule:
        return f"{words}{comma} by {one.rule.where}: {one.rule.text}"
    reason = describe_reason(one.reason)
    return f"{words}: {reason}" if reason else words


def _outcome_words(one: Exposure) -> str:
    if one.outcome is Outcome.MAY:
        return "may be open"
    return str(one.outcome) if one.for_all else f"{one.outcome}, {'limited' if one.limited_by else 'not for all'},"


_DOUBTS = 3  # reasons that a text names


def describe_doubts(doubts: Iterable[Reason], most: int | None = _DOUBTS) -> tuple[str, ...]:
    """Say why a finding or an answer is not certain, each reason once: at most so many, the others counted."""
    sentences = tuple(dict.fromkeys(map(describe_reason, doubts)))
    shown = sentences[:most]
    rest = len(sentences) - len(shown)
    return (*shown, f"and {count(rest, 'more reason')}") if rest else shown


def describe_finding(one: Finding) -> str:
    """Say what is wrong in one line, and why that is not certain."""
    doubts = describe_doubts(one.doubts)
    return f"{one.message} Not certain: {'; '.join(doubts)}." if doubts else one.message


def describe_not_put(one: NotPut) -> str:
    """Say which subjects could not be listed and why, and name the checks about them."""
    return f"{KINDS[one.kind]} ({'; '.join(one.because)}): {', '.join(check.id for check in one.checks)}"


KINDS = {
    CheckedKind.RECORDING: "the recording",
    CheckedKind.HOST: "the host",
    CheckedKind.FIREWALL: "FORWARD and DOCKER-USER",
    CheckedKind.DAEMON: "the Docker daemon",
    CheckedKind.NETWORK: "networks",
    CheckedKind.CONTAINER: "containers",
    CheckedKind.BINDING: "published ports",
    CheckedKind.RULE: "rules",
    CheckedKind.EXPOSURE: "who can reach what",
    CheckedKind.CHANGE: "what changed",
    CheckedKind.WAIVER: "waivers",
    CheckedKind.ENTRY: "entries of the policy",
}


def short_id(finding: Finding) -> str:
    """Return what `explain` finds it by: the beginning of its fingerprint."""
    return finding.fingerprint[:8]


def summarise_audit(audit: Audit) -> str:
    """Sum up an audit in one line; a mistake counts once, with the severity of its first aspect."""
    mistakes = gather_mistakes(audit.open)
    counts = Counter(one.first.severity for one in mistakes)
    parts = [f"{counts[severity]} {severity}" for severity in reversed(Severity) if counts[severity]]
    found = _found(audit, len(mistakes)) + (f": {', '.join(parts)}" if parts else "")
    also = [found, f"{count(len(audit.checks), 'check')}"]
    also += [f"the exit code judges all {len(mistakes) + audit.left_out}"] if audit.shown.head.narrowed else []
    also += [f"{number} {words}" for words, number in count_accepted(audit.findings).items()]
    doubtful = len({one.check.id for one in audit.undecided})
    not_put = len({check.id for one in audit.not_put for check in one.checks})
    told = {"undecided": doubtful, "not asked": not_put}
    also += [f"{count(number, 'check')} {words}" for words, number in told.items() if number]
    return "; ".join(also)


def _found(audit: Audit, shown: int) -> str:
    if narrowed := audit.shown.head.narrowed:
        return f"{shown} of {count(shown + audit.left_out, 'finding')} shown ({narrowed.words})"
    return count(shown, "new finding" if any(one.status == "known" for one in audit.findings) else "finding")


def gather_undecided(undecided: Iterable[Undecided]) -> list[tuple[Check, tuple[Undecided, ...]]]:
    """Gather what was not decided by its check."""
    gathered: dict[str, list[Undecided]] = {}
    for one in undecided:
        gathered.setdefault(one.check.id, []).append(one)
    return [(members[0].check, tuple(members)) for members in gathered.values()]


def describe_undecided(members: tuple[Undecided, ...]) -> str:
    """Say on which subjects one check could not be decided, and why."""
    doubts = dict.fromkeys(reason for one in members for reason in one.doubts)
    said = [reason for one in members for reason in one.because]
    because = dict.fromkeys([*said, *describe_doubts(doubts)])
    whom = members[0].subject if len(members) == 1 else f"{len(members)} subjects"
    return f"{whom}: {'; '.join(because)}"


class Step(msgspec.Struct, frozen=True):
    """A remedy in words: what to do, the line to run, and what it would lead to."""

    do: str
    line: str = ""
    then: str = ""


def steps(finding: Finding) -> list[Step]:
    """List what can be done about a finding, the first choice first."""
    if not finding.verified:
        return [_step(advice, "") for advice in finding.advice]
    pairs = zip(finding.advice, finding.verified, strict=True)
    return [_step(advice, _verdict(advice, verified)) for advice, verified in pairs]


def _verdict(advice: Advice, verified: Verified | None) -> str:
    """Say what a remedy would lead to; of a sentence alone there is nothing to say."""
    if verified:
        return describe_verified(verified)
    return "what it leads to cannot be computed from a recording" if advice.commands or advice.fix else ""


def _step(advice: Advice, then: str) -> Step:
    if not advice.commands:
        return Step(advice.do, then=then)
    return Step(f"{advice.do}{_choose(advice)}:", advice.line, then)


def _choose(advice: Advice) -> str:
    """Say what of a line the operator has to fill in: no shell runs it as it stands."""
    family = "ip6" if _IPV6.search(advice.line) else "ip"
    named = (f"<{name}>{_EXAMPLES[family] if name == _NETWORK else ''}" for name in advice.choices)
    return f" (replace {' and '.join(named)})" if advice.choices else ""


_NETWORK = "TRUSTED_NET"
_EXAMPLES = {"ip": ", such as by 203.0.113.0/24", "ip6": ", such as by 2001:db8:1::/48"}
_IPV6 = re.compile(r"\bip6(?:tables)?\b")


def describe_verified(verified: Verified) -> str:
    """Say what would change if a remedy were followed."""
    closes = "closes this finding" if verified.closes else "does NOT close this finding"
    own = f"changes {count(len(verified.changes), 'row')} of its exposure" if verified.changes else ""
    opened = sum(map(is_opened, verified.others))
    others = f"changes {count(len(verified.others), 'row')} of other exposure, {opened} of them opened"
    none = "no other exposure changes" if verified.computed else "what it does to exposure was not computed"
    assumed = (
        [f"with {', '.join(f'{value} for {name}' for name, value in verified.assumed)}"] if verified.assumed else []
    )
    also = [f"opens {one}" for one in verified.opens]
    return "; ".join(filter(None, [closes, own, others if verified.others else none, *also, *assumed]))

"""The words for what is accepted, and for the configuration that an audit obeys: no report is silent about either."""

from collections.abc import Iterable, Iterator

from netaudit.audit.checks.waiver import Waiver
from netaudit.audit.finding import Finding, Obeyed, Status
from netaudit.audit.risk import Mistake, gather_by_status
from netaudit.report.text.words import count

ACCEPTED: dict[Status, str] = {
    "waived": "waived",
    "permitted": "permitted by the policy",
    "known": "in the baseline",
}
_NAMED = 6  # values of one setting


def describe_status(finding: Finding) -> str:
    """Say why a finding passes the gate, "" where it does not."""
    if finding.waiver:
        waiver = finding.waiver
        return f"waived by {waiver.owner} until {waiver.until}: {waiver.reason} ({waiver.place})"
    if finding.permit:
        return f"permitted by the policy's line {finding.permit.line}: {finding.permit.text}"
    return "in the baseline" if finding.known else ""


def count_accepted(findings: Iterable[Finding]) -> dict[str, int]:
    """Count mistakes by what accepts them: `{"waived": 2}`."""
    gathered = gather_by_status(findings)
    return {words: len(gathered[status]) for status, words in ACCEPTED.items() if gathered[status]}


def describe_all_accepted(findings: Iterable[Finding]) -> str:
    """Say that nothing is open because all of it is accepted: `8 findings, all waived`; "" where nothing is."""
    counts = count_accepted(findings)
    if not counts:
        return ""
    all_of_it = count(sum(counts.values()), "finding")
    if len(counts) == 1:
        return f"{all_of_it}, {'all ' if sum(counts.values()) > 1 else ''}{next(iter(counts))}."
    return f"{all_of_it}, none open: {', '.join(f'{number} {words}' for words, number in counts.items())}."


def why_accepted(mistake: Mistake) -> Iterator[tuple[Finding, str]]:
    """Yield what accepts a mistake, each reason once with the first finding that it is of."""
    reasons = {describe_status(one): one for one in reversed(mistake.aspects)}
    yield from ((one, reason) for reason, one in reversed(reasons.items()))


def describe_obeyed(obeyed: Obeyed | None) -> str:
    """Say what a configuration decides: `obeying netaudit.toml: fail-on none, 2 checks skipped: …`; "" without one."""
    if obeyed is None or not obeyed.settings:
        return ""
    settings = "; ".join(_setting(name, values) for name, values in obeyed.settings)
    return f"obeying {obeyed.file}: {settings}"


def _setting(name: str, values: tuple[str, ...]) -> str:
    more = f" and {len(values) - _NAMED} more" if len(values) > _NAMED else ""
    said = ", ".join(values[:_NAMED]) + more
    match name:
        case "skip":
            return f"{count(len(values), 'check')} skipped: {said}"
        case "waivers":
            return count(int(values[0]), "waiver")
        case _:
            return f"{name} {said}"


def describe_unheeded(one: Waiver) -> str:
    """Say that a waiver accepts nothing, for the planned command brings it."""
    return f"{one.place}: the command brings it itself, so it waives nothing (--own-labels lets it count)"

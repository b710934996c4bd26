"""How many checks of an audit have an answer, in one line: "nothing found" is worth as much as what was asked."""

from collections.abc import Sequence

from netaudit.audit.finding import Audit
from netaudit.report.text.words import count

_NAMED = 3


def describe_answers(audit: Audit) -> str:
    """Count what checks answered, and name those not asked: `110 checks: 9 found something, 100 nothing, 1 undecided`.

    One that found something may be undecided for another subject: then it counts as both.
    """
    not_asked = list(dict.fromkeys(check.id for one in audit.not_put for check in one.checks))
    flagged = {one.check.id for one in audit.findings}
    undecided = {one.check.id for one in audit.undecided} - {*not_asked}
    nothing = sum(one.id not in flagged | undecided | {*not_asked} for one in audit.checks)
    parts = [f"{len(flagged)} found something, {nothing} nothing"] if flagged else [f"{nothing} found nothing"]
    parts += [f"{len(undecided)} undecided"] if undecided else []
    parts += [f"{len(not_asked)} not asked ({_named(not_asked)})"] if not_asked else []
    return f"{count(len(audit.checks), 'check')}: {', '.join(parts)}"


def _named(checks: Sequence[str]) -> str:
    more = f" and {len(checks) - _NAMED} more" if len(checks) > _NAMED else ""
    return ", ".join(checks[:_NAMED]) + more

"""Why a check found nothing on a host."""

from netaudit.audit.checks.check import Check
from netaudit.audit.finding import Audit
from netaudit.report.text.findings.audit import KINDS, describe_undecided
from netaudit.report.text.words import count


def describe_no_finding(check: Check, audit: Audit) -> str:
    """Say why a check found nothing on a host: it holds for nothing, or has no answer, or was not asked."""
    undecided = tuple(one for one in audit.undecided if one.check.id == check.id)
    if undecided:
        return f"{check.id} is undecided here: {describe_undecided(undecided)}"
    for one in audit.not_put:
        if check.id in {each.id for each in one.checks}:
            return f"{check.id} was not asked here: {KINDS[one.kind]} could not be listed ({'; '.join(one.because)})"
    if check.id not in {one.id for one in audit.checks}:
        return f"{check.id} is not asked here: the configuration leaves it out."
    asked = dict(audit.checked).get(check.id, 0)
    if not asked:
        return f"{check.id} found nothing here: there is no {check.subject} to ask it of."
    return f"{check.id} found nothing here: it was asked of {count(asked, check.subject)}, and holds for none."

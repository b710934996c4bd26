"""What is explained without a host: words of reports, writers of rules, checks, vulnerabilities."""

import re

from netaudit.audit.checks.check import Check
from netaudit.errors import SubjectError


def explain_alone(subject: str, width: int) -> str:
    """Explain what no host has to be read for; "" where it is nothing of that kind. A chain may have rules."""
    from netaudit.report.terminal.explain.chains import look_up_chain
    from netaudit.report.terminal.explain.glossary import look_up, render_word

    if meaning := look_up(subject):
        chain = look_up_chain(subject)
        maker = explain_writer(subject, width) if subject.islower() else ""
        return "" if chain and not maker else "\n".join(filter(None, (maker, render_word(meaning, width))))
    return explain_writer(subject, width) or explain_check(subject, width)


def explain_writer(subject: str, width: int) -> str:
    """Explain who writes rules; "" where the catalog knows nobody of that name."""
    from netaudit.attribute.explain.explanation import explain_maker
    from netaudit.catalog import load_catalog
    from netaudit.report.terminal.explain.explanation import render_explanations

    found = explain_maker(subject, load_catalog())
    return render_explanations([found], width) if found else ""


def explain_check(subject: str, width: int) -> str:
    """Explain a check, or those that look for a vulnerability; "" for anything else."""
    from netaudit.report.terminal.explain.check import render_check

    return "\n".join(render_check(one, width) for one in find_checks(subject))


def find_checks(subject: str) -> list[Check]:
    """Return the check of that name, or those that look for a known vulnerability. Raises SubjectError."""
    from netaudit.catalog import find_check, load_checks

    if check := find_check(subject.lower()):
        return [check]
    if not re.fullmatch(r"(?i)CVE-\d{4}-\d+", subject):
        return []
    found = [one for one in load_checks() if subject.upper() in one.references]
    if not found:
        said = f"no check of netaudit looks for {subject.upper()}"
        raise SubjectError(said, hint="docs/checks.md lists what the checks look for")
    return found

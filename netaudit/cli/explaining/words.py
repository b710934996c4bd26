"""What is explained without a host: words of reports, writers of rules, checks, vulnerabilities."""

import re
from collections.abc import Iterable

from netaudit.audit.checks.check import Check
from netaudit.errors import SubjectError


def explain_alone(subject: str, width: int) -> str:
    """Explain what no host has to be read for; "" where it is nothing of that kind. A chain may have rules."""
    from netaudit.report.terminal.explain.chains import look_up_chain
    from netaudit.report.terminal.explain.glossary import look_up, render_word

    meaning = look_up(subject)
    if meaning and not look_up_chain(subject):
        return render_word(meaning, width)
    if meaning:  # `docker` is a writer and a chain, `DOCKER` a chain
        maker = explain_writer(subject, width) if subject.islower() else ""
        return f"{maker}\n{render_word(meaning, width)}" if maker else ""
    return explain_writer(subject, width) or explain_checks(find_checks(subject), width)


def explain_writer(subject: str, width: int) -> str:
    """Explain who writes rules; "" where the catalog knows nobody of that name."""
    from netaudit.attribute.explain.explanation import explain_maker
    from netaudit.catalog import load_catalog
    from netaudit.report.terminal.explain.explanation import render_explanations

    found = explain_maker(subject, load_catalog())
    return render_explanations([found], width) if found else ""


def explain_checks(checks: Iterable[Check], width: int) -> str:
    """Explain checks; "" for none."""
    from netaudit.report.terminal.explain.check import render_check

    return "\n".join(render_check(one, width) for one in checks)


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

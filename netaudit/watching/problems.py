"""One look -> what is wrong on the host: broken policy, open sensitive ports, the engine's rules that are missing."""

from collections.abc import Iterator

import msgspec

from netaudit.api.audits import AuditOptions, load_auditor
from netaudit.api.rules import shipped_checks
from netaudit.attribute.exposure.compute import ComputeExposure
from netaudit.audit.auditor import Auditor
from netaudit.audit.finding import Audit
from netaudit.model.facts import INVENTORY_SOURCES, PODMAN_SOURCES, RULE_SOURCES, Facts
from netaudit.model.history.alert import AlertKind, Problem
from netaudit.policy.entry import Policy
from netaudit.policy.verdict import Verdict
from netaudit.report.text.sanitize import visible

# Which checks make which alert; all others are for `netaudit audit`.
_CHECKS = {
    "sensitive-port-reachable": AlertKind.OPEN,
    "docker-api-on-network": AlertKind.OPEN,
    "docker-rule-missing": AlertKind.MISSING,
    "docker-rules-absent": AlertKind.MISSING,
    "docker-chain-not-asked": AlertKind.MISSING,
    "direct-access-guard-missing": AlertKind.MISSING,
    "loopback-guard-missing": AlertKind.MISSING,
    "podman-rule-missing": AlertKind.MISSING,
}
_SEEN = (*RULE_SOURCES, *INVENTORY_SOURCES, *PODMAN_SOURCES)


class Found(msgspec.Struct, frozen=True):
    """What is wrong at a look; `unsure` are keys of entries that could not be decided: whether they hold is open.

    `blind` are the sources that were not seen: what they would have shown may last all the same.
    """

    problems: tuple[Problem, ...]
    unsure: frozenset[str] = frozenset()
    blind: frozenset[str] = frozenset()


def make_finder(policy: Policy | None) -> Auditor:
    """Load what finds problems, once."""
    others = tuple(one.id for one in shipped_checks() if one.id not in _CHECKS)
    return load_auditor(AuditOptions(skip=others, exposure=ComputeExposure.WHEN_QUICK, policy=policy))


def find_problems(facts: Facts, finder: Auditor) -> Found:
    """Look for problems. Raises ParseError for damaged facts."""
    audit = finder.audit(facts)
    judged = audit.assertion.judged if audit.assertion else ()
    unsure = {_entry(one.entry.text) for one in judged if one.verdict in (Verdict.UNDECIDED, Verdict.VACUOUS)}
    blind = {gap.source for gap in facts.gaps if gap.source in _SEEN}
    return Found(tuple(_problems(audit)), frozenset(unsure), frozenset(blind))


def _problems(audit: Audit) -> Iterator[Problem]:
    for one in audit.open:
        if kind := _CHECKS.get(one.check.id):
            yield Problem(kind, f"{one.check.id} {one.fingerprint}", visible(one.message))
    for judged in audit.assertion.judged if audit.assertion else ():
        if judged.verdict is Verdict.BROKEN:
            yield Problem(AlertKind.POLICY, _entry(judged.entry.text), visible(judged.entry.text))


def _entry(text: str) -> str:
    return f"policy {text}"

"""A policy that was held against a host, for pipelines: SARIF and JUnit; places are lines of the policy's file."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from netaudit.policy.verdict import Assertion, Judged, Verdict
from netaudit.release import RELEASE
from netaudit.report.ci.sarif import SCHEMA
from netaudit.report.json.printing import print_json
from netaudit.report.text.findings.assertion import judged_proofs, summarise_assertion
from netaudit.report.text.sanitize import sarif_text, xml_attribute, xml_text

_LEVELS = {Verdict.BROKEN: "error", Verdict.VACUOUS: "error", Verdict.UNDECIDED: "warning"}
_RULES = {
    Verdict.BROKEN: ("policy-broken", "An entry of the policy is broken."),
    Verdict.VACUOUS: ("policy-vacuous", "An entry of the policy names nothing of this host."),
    Verdict.UNDECIDED: ("policy-undecided", "An entry of the policy cannot be decided: a fact is missing."),
}


def render_sarif(assertion: Assertion) -> bytes:
    """Print one SARIF log; what holds is no result."""
    order = list(_RULES)
    rules = [
        {"id": name, "shortDescription": {"text": text}, "defaultConfiguration": {"level": _LEVELS[verdict]}}
        for verdict, (name, text) in _RULES.items()
    ]
    results = [
        _result(one, order.index(one.verdict), assertion.policy.place)
        for one in assertion.judged
        if one.verdict is not Verdict.HOLDS
    ]
    driver = {"name": "netaudit", "semanticVersion": RELEASE, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return print_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def render_junit(assertion: Assertion) -> str:
    """Print a test case for each entry: broken and vacuous ones fail, undecided ones are skipped."""
    failed, skipped = (
        sum(one.verdict in verdicts for one in assertion.judged)
        for verdicts in ((Verdict.BROKEN, Verdict.VACUOUS), (Verdict.UNDECIDED,))
    )
    counts = f'tests="{len(assertion.judged)}" failures="{failed}" errors="0" skipped="{skipped}"'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuites name="netaudit assert" {counts}>']
    lines.append(f"<testsuite name={xml_attribute(assertion.head.host or 'host')} {counts}>")
    for one in assertion.judged:
        lines += _case(one, assertion.policy.place)
    lines.append(f"<system-out>{xml_text(summarise_assertion(assertion))}</system-out>")
    return "\n".join([*lines, "</testsuite>", "</testsuites>"]) + "\n"


def _result(one: Judged, number: int, place: str) -> dict[str, Any]:
    return {
        "ruleId": _RULES[one.verdict][0],
        "ruleIndex": number,
        "level": _LEVELS[one.verdict],
        "message": {"text": sarif_text(f"{one.verdict}: {one.entry.text}. {' '.join(_proofs(one)[:1])}".strip())},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(place.encode(errors="surrogateescape"))},
                    "region": {"startLine": max(one.entry.line, 1)},
                }
            }
        ],
        "partialFingerprints": {"netaudit/v1": sha256(one.entry.text.encode()).hexdigest()[:32]},
    }


def _case(one: Judged, place: str) -> Iterator[str]:
    yield f"<testcase classname={xml_attribute(place)} name={xml_attribute(one.entry.text)}>"
    words = "\n".join(xml_text(text) for text in _proofs(one))
    match one.verdict:
        case Verdict.HOLDS:
            yield "</testcase>"
        case Verdict.UNDECIDED:
            yield f"<skipped message={xml_attribute('; '.join(_proofs(one)))}/></testcase>"
        case _:
            failure = f"<failure type={xml_attribute(one.verdict)} message={xml_attribute(one.entry.text)}>"
            yield f"{failure}{words}</failure></testcase>"


def _proofs(one: Judged) -> list[str]:
    return [f"{proof.where} {proof.text}".strip() for proof in judged_proofs(one)]

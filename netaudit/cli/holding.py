"""A policy beside another command's report."""

from netaudit.api.formats import Format
from netaudit.api.policies import hold_policy
from netaudit.cli.say import say
from netaudit.model.facts import Facts
from netaudit.policy.entry import Policy
from netaudit.policy.verdict import Assertion
from netaudit.report.text.findings.assertion import summarise_assertion

_WITHOUT = (Format.CSV, Format.SVG, Format.DOT)  # formats that have no place for it


def hold(facts: Facts, policy: Policy, form: Format) -> Assertion:
    """Hold a policy against a host; standard error has what became of it where the report has no place."""
    held = hold_policy(facts, policy)
    if form in _WITHOUT:
        say(f"{policy.place}: {summarise_assertion(held)}")
    return held

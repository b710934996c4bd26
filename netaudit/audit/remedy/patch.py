"""The facts of a host after a remedy.

No host is changed. What cannot be computed from the facts alone (a new network, another daemon) is None.
"""

import re
from collections.abc import Callable, Mapping

from netaudit.attribute.attribution import AttributedSnapshot
from netaudit.audit.checks.remedy import Advice, Fix
from netaudit.audit.finding import Finding
from netaudit.audit.remedy.commands import run_command
from netaudit.audit.remedy.rebind import rebind
from netaudit.audit.remedy.rules import Edit, delete, edit_rules, restore
from netaudit.audit.remedy.save_text import SaveText
from netaudit.audit.remedy.switches import set_switch
from netaudit.model.facts import Facts
from netaudit.model.netfilter.ruleset import Item

Attribute = Callable[[Facts], AttributedSnapshot]
Run = Callable[[Facts, str], Facts | None]  # a line of a shell -> the facts after it; None where it cannot be run


def run_nothing(_facts: Facts, _line: str) -> None:
    """Run no line of a shell: what commands do is computed."""


def patch(
    facts: Facts, finding: Finding, advice: Advice, shown: AttributedSnapshot, ways: tuple[Attribute, Run]
) -> Facts | None:
    """Return the facts of the host on which the remedy of a finding was followed; None where that is not known."""
    attribute, run = ways
    if advice.commands:
        return run(facts, advice.line) or _compute(facts, advice, shown)
    match advice.fix:
        case Fix.NONE:
            return None
        case Fix.REBIND_LOOPBACK:
            return rebind(facts, finding, shown, attribute)
        case Fix.BRIDGE_NF_CALL:
            return set_switch(facts, "net.bridge.bridge-nf-call-iptables", "1")
        case _:
            return edit_rules(facts, [(item, _EDITS[advice.fix]) for item in _items(advice.fix, finding)])


def _compute(facts: Facts, advice: Advice, shown: AttributedSnapshot) -> Facts | None:
    """Compute what the commands do to the facts, one after the other."""
    after: Facts | None = facts
    for command in advice.commands:
        after = run_command(after, command.text, shown) if after else None
    return after


def _items(fix: Fix, finding: Finding) -> list[Item]:
    """Choose what of the evidence is edited."""
    rules = [one.item for one in finding.evidence.rules]
    match fix:
        case Fix.RESTORE_MISSING:
            return [one.item for one in finding.evidence.missing]
        case Fix.DROP_FORWARD:
            return [item for item in rules if item.chain == "FORWARD" and item.position is None]
        case Fix.DELETE_RULE:
            return rules[:1]  # those behind it prove that it is useless
        case Fix.GUARD_LOOPBACK:
            return [item for item in rules if item.family == "ip"][:1]
        case _:
            return rules


def _ask_original_port(text: SaveText, item: Item) -> None:
    asked = r"-m conntrack --ctorigdstport \1 --ctdir ORIGINAL"
    text.replace(item.table, item.text, re.sub(r"-m (?:tcp|udp) --dport (\d+(?::\d+)?)", asked, item.text))


def _drop_forward(text: SaveText, item: Item) -> None:
    text.set_policy(item.table, item.chain, "DROP")


def _guard_loopback(text: SaveText, _: Item) -> None:
    text.insert("raw", "-A PREROUTING -d 127.0.0.0/8 ! -i lo -j DROP")


_EDITS: Mapping[Fix, Edit] = {
    Fix.DELETE_RULE: delete,
    Fix.RESTORE_MISSING: restore,
    Fix.ASK_ORIGINAL_PORT: _ask_original_port,
    Fix.DROP_FORWARD: _drop_forward,
    Fix.GUARD_LOOPBACK: _guard_loopback,
}

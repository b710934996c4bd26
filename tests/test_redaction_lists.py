"""Redacted policy rules, ipsets and lists say of redacted packets what they said before."""

from pathlib import Path

import pytest

from netaudit.api.rules import shipped_catalog
from netaudit.model.facts import Facts, Source
from netaudit.parse import parse_ruleset, parse_snapshot
from netaudit.parse.iptables.lists import parse_lists
from netaudit.store.redaction import redact

SAMPLES = Path(__file__).parent / "redaction"
NEW = (Source.IP_RULE, Source.IP6_RULE, Source.IPSET, Source.NFT_TABLES, Source.XT_RECENT, Source.RESOLV_CONF)


@pytest.fixture(scope="module")
def pair() -> tuple[Facts, Facts]:
    """Load what is redacted, and redact it."""
    names = {name: "ip-rule.json" if name is Source.IP6_RULE else name for name in NEW}
    rules = b"*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m set --match-set office src -j DROP\nCOMMIT\n"
    files = {str(name): (SAMPLES / file).read_bytes() for name, file in names.items()}
    facts = Facts({**files, str(Source.IPTABLES_NFT): rules})
    return facts, redact(facts, b"k" * 32, shipped_catalog()).facts


def test_policy_rules_keep_their_order_actions_and_selectors(pair: tuple[Facts, Facts]) -> None:
    before, after = (parse_snapshot(facts).host.policy or () for facts in pair)
    assert [(one.priority, one.action, one.target, one.suppress_prefix, type(one.match)) for one in after] == [
        (one.priority, one.action, one.target, one.suppress_prefix, type(one.match)) for one in before
    ]


def test_a_redacted_rule_still_asks_the_set_that_it_asked(pair: tuple[Facts, Facts]) -> None:
    before, after = (parse_lists(facts).sets or {} for facts in pair)
    kinds = sorted((one.kind, one.family, len(one.members), len(one.excluded)) for one in before.values())
    assert sorted((one.kind, one.family, len(one.members), len(one.excluded)) for one in after.values()) == kinds
    (rule,) = pair[1].files[Source.IPTABLES_NFT].decode().partition("--match-set ")[2].split(" ")[:1]
    assert rule in after
    assert rule != "office"


def test_the_order_in_which_tables_were_made_stays(pair: tuple[Facts, Facts]) -> None:
    assert [handle for _, _, handle in parse_ruleset(pair[1]).made] == [1, 2]


def test_lists_and_servers_keep_as_many_addresses(pair: tuple[Facts, Facts]) -> None:
    counts = [[len(found) for found in (parse_lists(facts).recent or {}).values()] for facts in pair]
    assert counts == [[2], [2]]
    assert [len(parse_snapshot(facts).host.nameservers) for facts in pair] == [2, 2]

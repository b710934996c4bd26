"""nft's text of Docker's rules is read as nft's own JSON of them is."""

import pytest
from plan.recorded import RECORDINGS, snapshot

from netaudit.model.netfilter.match import UnknownMatch
from netaudit.model.netfilter.ruleset import Backend, Ruleset
from netaudit.plan.rules.meanings import PlannedReader
from netaudit.plan.rules.nft_text import read_rule


def test_the_text_of_a_recorded_rule_means_what_its_json_means() -> None:
    host = snapshot(RECORDINGS / "29.0.0-nftables" / "default-one-port" / "01")
    planned = PlannedReader(Ruleset(), host.meanings)
    docker = [table for table in host.ruleset.tables if table.backend is Backend.NFTABLES]
    chains = [(table, chain) for table in docker for chain in table.chains if table.name == "docker-bridges"]
    assert chains
    for table, chain in chains:
        assert planned.read(table, chain) == host.meanings.read(table, chain), chain.name


@pytest.mark.parametrize(
    "text",
    [
        'ip daddr 172.17.0.2 iifname != { "docker0", "eth0" } counter drop comment "DROP DIRECT ACCESS"',
        'iifname != "docker0" ip6 saddr != fe80::/10 tcp dport 80 counter dnat to [fd00::2]:80 comment "DNAT"',
        'oifname != "docker0" ip saddr 172.17.0.0/16 counter snat to 192.0.2.1 comment "SNAT"',
    ],
)
def test_what_no_recording_has_is_read_and_printed_the_same(text: str) -> None:
    assert read_rule(text, "ip") is not None


@pytest.mark.parametrize("text", ["udp dport 4789 @th,96,24 @encrypted-vnis counter drop", "queue to 1", "meta"])
def test_other_words_are_not_guessed(text: str) -> None:
    assert read_rule(text, "ip") is None


def test_a_rule_in_other_words_is_kept_word_for_word() -> None:
    host = snapshot(RECORDINGS / "29.0.0-nftables" / "default-one-port" / "01")
    table = next(one for one in host.ruleset.tables if one.name == "docker-bridges")
    chain = next(one for one in table.chains if one.name == "raw-PREROUTING")
    odd = type(chain)(chain.name, (type(chain.rules[0])("words of nobody drop"),), chain.policy, chain.base)
    (meaning,) = PlannedReader(Ruleset(), host.meanings).read(table, odd)
    assert [type(match) for match in meaning.matches] == [UnknownMatch]

"""Who is in an ipset or a list decides; what empties it is a change of who can reach what."""

import msgspec
import pytest
from packets.test_answers import ALLOWED, INTERNET, OLD, changed, said, with_rules
from packets.test_packets_agree import disagreements

import netaudit
from netaudit.diff import compare
from netaudit.diff.change import Removed
from netaudit.model.facts import Facts, Source
from netaudit.parse import parse_ruleset

BLOCKED = b"create bad hash:net family inet hashsize 1024 maxelem 65536\nadd bad 198.51.100.0/24\n"
EMPTY = b"create bad hash:net family inet hashsize 1024 maxelem 65536\n"
RULE = "filter DOCKER-USER -m set --match-set bad src -j DROP"


def host(saved: bytes | None, *rules: str) -> Facts:
    facts = changed(OLD, iptables_nft=with_rules(*(rules or (RULE,))))
    files = facts.files if saved is None else {**facts.files, str(Source.IPSET): saved}
    return msgspec.structs.replace(facts, files=files)


def test_a_port_is_closed_for_the_members_of_a_set_and_open_for_others() -> None:
    found = said(host(BLOCKED))[INTERNET]
    assert found.startswith(f"{ALLOWED}, not for all: tcp 198.51.100.")
    assert found.endswith("is stopped (filter/DOCKER-USER#1)")
    assert disagreements(host(BLOCKED)) == []
    assert said(host(EMPTY))[INTERNET] == ALLOWED
    assert said(host(None))[INTERNET].startswith("may, filter/DOCKER-USER#1, -m set --match-set bad src")


def test_a_port_that_only_members_reach_is_closed_where_there_are_none() -> None:
    only = "filter DOCKER-USER -i eth0 -m set ! --match-set bad src -j DROP"
    assert said(host(EMPTY, only))[INTERNET] == "blocked, filter/DOCKER-USER#1"
    assert said(host(BLOCKED, only))[INTERNET].startswith(ALLOWED)


def test_emptying_a_set_is_a_change_of_the_rules_and_of_who_can_reach_what() -> None:
    before, after = host(BLOCKED), host(EMPTY)
    (gone,) = compare(parse_ruleset(before), parse_ruleset(after))
    assert isinstance(gone, Removed)
    assert (gone.item.where, gone.item.text) == ("ipset/bad", "198.51.100.0/24")
    found = netaudit.compare(before, after)
    assert found.exposure
    assert "internet" in {str((one.after or one.before).exposure.zone) for one in found.exposure}  # type: ignore[union-attr]


@pytest.mark.parametrize(("before", "after"), [(None, BLOCKED), (EMPTY, None)])
def test_a_set_that_one_side_did_not_record_did_not_change(before: bytes | None, after: bytes | None) -> None:
    assert compare(parse_ruleset(host(before)), parse_ruleset(host(after))) == ()

"""Why exposure changed where no rule did: members of sets came or went, or policy rules."""

import json
from pathlib import Path

import msgspec

import netaudit
from netaudit.model.exposure import Outcome
from netaudit.model.facts import Facts, Source

_HOST = Path(__file__).parents[1] / "recordings/20.10.24-iptables-nft/default-one-port/01"
_SET = "create bad hash:net family inet hashsize 1024 maxelem 65536\n"
_ALL = _SET + "add bad 0.0.0.0/1\nadd bad 128.0.0.0/1\n"
_ASKS = "-A DOCKER-USER -i eth0 -m set --match-set {} src -j DROP\n-A DOCKER-USER -j RETURN\n"
_USUAL = [
    {"priority": 0, "src": "all", "table": "local"},
    {"priority": 32766, "src": "all", "table": "main"},
    {"priority": 32767, "src": "all", "table": "default"},
]


def _host(ipsets: str = "", asked: str = "bad", policy: tuple[dict[str, object], ...] = ()) -> Facts:
    """Return a host with an ipset that DOCKER-USER asks, and with policy rules."""
    facts = netaudit.load(_HOST)
    rules = facts.files[Source.IPTABLES_NFT].decode()
    files = {Source.IP_RULE: json.dumps([*policy, *_USUAL]), Source.IP6_RULE: json.dumps(_USUAL[:2])}
    if ipsets:
        files[Source.IPSET] = ipsets
        files[Source.IPTABLES_NFT] = rules.replace("-A DOCKER-USER -j RETURN\n", _ASKS.format(asked))
    return msgspec.structs.replace(
        facts, files={**facts.files, **{name: text.encode() for name, text in files.items()}}
    )


def _why(before: Facts, after: Facts) -> set[tuple[str, str]]:
    """Say what became of the published port for the Internet, and why."""
    diff = netaudit.compare(before, after)
    assert diff.exposure is not None
    return {
        (f"{_outcome(one.before)} → {_outcome(one.after)}", one.because)
        for one in diff.exposure
        if (shown := one.after or one.before)
        and (shown.exposure.zone.kind, shown.exposure.destination.address) == ("internet", "0.0.0.0")
    }


def _outcome(side: netaudit.AttributedExposure | None) -> str:
    return side.exposure.outcome if side else Outcome.BLOCKED


def test_a_set_that_was_emptied_opens_what_it_kept_closed() -> None:
    assert _why(_host(_ALL), _host(_SET)) == {("blocked → allowed", "set `bad` changed, 2 members less")}


def test_a_set_that_is_a_member_of_the_one_asked_counts() -> None:
    outer = "create outer list:set size 8\n"
    full, empty = (_host(f"{inner}{outer}add outer bad\n", "outer") for inner in (_ALL, _SET))
    assert _why(empty, full) == {("allowed → blocked", "set `bad` changed, 2 members more")}


def test_a_policy_rule_that_came_or_went_is_named() -> None:
    refuses: dict[str, object] = {
        "priority": 300,
        "src": "all",
        "dst": "172.17.0.0",
        "dstlen": 16,
        "action": "prohibit",
    }
    plain, refusing = _host(), _host(policy=(refuses,))
    assert _why(plain, refusing) == {("allowed → blocked", "policy rule `300: prohibit` was added")}
    assert _why(refusing, plain) == {("blocked → allowed", "policy rule `300: prohibit` was removed")}

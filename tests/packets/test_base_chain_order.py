"""Of base chains of one hook and priority the kernel asks the one first that was made last."""

import json
from ipaddress import ip_address

import msgspec
import pytest
from packets.test_answers import INTERNET, OLD, changed, said, table
from packets.test_packets_agree import disagreements

from netaudit.model.exposure import Outcome
from netaudit.model.facts import Facts, Source
from netaudit.model.netfilter.match import Field
from netaudit.model.netfilter.program import Hook
from netaudit.packets.trace.tracer import trace
from netaudit.packets.values.probe import Probe
from netaudit.parse import parse_snapshot
from netaudit.report.text.reasons import describe_reason

ELSEWHERE = {"dnat": {"family": "ip", "addr": "198.51.100.9", "port": 80}}
TO_8080 = {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 8080}}


def host(made: dict[str, int] | None, *, hook: str = "prerouting", kind: str = "nat", prio: int = -100) -> Facts:
    """Load a host whose Docker publishes 8080, and give it a table of the operator's; `made` are tables' handles."""
    place = {"family": "inet", "table": "mine"}
    chain = {**place, "name": "base", "type": kind, "hook": hook, "prio": prio, "policy": "accept"}
    rule = {**place, "chain": "base", "expr": [TO_8080, ELSEWHERE if kind == "nat" else {"accept": None}]}
    own_table = {"family": "inet", "name": "mine", **({"handle": made["mine"]} if made else {})}
    facts = changed(OLD)
    listed = {Source.NFT_RULESET: [{"table": own_table}, {"chain": chain}, {"rule": rule}]}
    if made:
        own = {"family": "ip", "name": "filter" if kind == "filter" else "nat", "handle": made["docker"]}
        listed[Source.NFT_TABLES] = [{"table": own_table}, {"table": own}]
    files = {str(name): json.dumps({"nftables": objects}).encode() for name, objects in listed.items()}
    return msgspec.structs.replace(facts, files={**facts.files, **files})


def test_the_nat_chain_that_was_made_last_translates() -> None:
    later, earlier = host({"docker": 1, "mine": 2}), host({"docker": 2, "mine": 1})
    assert "filter/DOCKER#1" not in said(later)[INTERNET]
    assert said(earlier)[INTERNET] == said(changed(OLD))[INTERNET]
    assert [disagreements(one) for one in (later, earlier)] == [[], []]


def test_nat_chains_of_which_nobody_knows_the_order_leave_it_open() -> None:
    facts = host(None)
    first = table(facts)[0]
    assert first.outcome is Outcome.MAY
    assert "the one made last is asked first, and which that is was not recorded" in describe_reason(first.reason)
    snapshot = parse_snapshot(facts)
    probe = Probe(ip_address("203.0.113.7"), ip_address("192.0.2.10"), "tcp", 8080, 40000, "eth0")
    way = trace(snapshot.program, snapshot.host, probe, (), snapshot.inventory)
    assert way.outcome is Outcome.MAY
    assert {end.packet.get(Field.DADDR) for end in way.ends} == {0xAC110002, 0xC6336409}  # as either translates


@pytest.mark.parametrize(("made", "first"), [({"docker": 1, "mine": 2}, "mine"), ({"docker": 2, "mine": 1}, "filter")])
def test_the_filter_chain_that_was_made_last_is_asked_first(made: dict[str, int], first: str) -> None:
    chains = parse_snapshot(host(made, hook="forward", kind="filter", prio=0)).program.base_chains(Hook.FORWARD, "ip")
    assert next(one.name for one, chain in chains if chain.base and chain.base.priority == 0) == first

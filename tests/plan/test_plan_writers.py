"""Whose a change of a plan is: the command's, where it writes what no maker of the catalog writes."""

import msgspec
import pytest
from programs import RECORDINGS

import netaudit
from netaudit.audit.plan_auditor import judge_plan
from netaudit.audit.planned import JudgedPlan
from netaudit.model.facts import Source
from netaudit.model.host import Host, NextHop, Route
from netaudit.model.netfilter.family import Family
from netaudit.parse import parse_snapshots
from netaudit.plan.planned import Planned
from netaudit.plan.surroundings import changed_surroundings

ONE_PORT = RECORDINGS / "28.5.2-iptables-nft" / "default-one-port" / "01"


def _judged(writer: str, old: str, new: str) -> JudgedPlan:
    facts = netaudit.load(ONE_PORT)
    text = facts.files[Source.IPTABLES_NFT].decode()
    assert old in text
    files = {**facts.files, Source.IPTABLES_NFT: text.replace(old, new, 1).encode()}
    before, after = parse_snapshots(facts, msgspec.structs.replace(facts, files=files, digest=""))
    return judge_plan(Planned(before=before, after=after, title=writer, writer=writer), netaudit.load_auditor())


@pytest.mark.parametrize(
    ("writer", "old", "new"),
    [
        ("iptables -P FORWARD ACCEPT", ":FORWARD DROP", ":FORWARD ACCEPT"),
        ("iptables -A DOCKER-USER -j DROP", "-A FORWARD", "-A DOCKER-USER -j DROP\n-A FORWARD"),
        ("iptables -A INPUT -j DROP", "-A FORWARD", "-A INPUT -j DROP\n-A FORWARD"),
    ],
)
def test_a_policy_and_a_rule_of_nobodys_are_the_commands(writer: str, old: str, new: str) -> None:
    (one,) = _judged(writer, old, new).changes
    assert [cause.name for cause in one.change.attribution.causes] == [writer]


def test_a_rule_of_dockers_that_a_command_removes_is_dockers() -> None:
    rule = "[0:0] -A PREROUTING -d 172.17.0.2/32 ! -i docker0 -j DROP\n"
    (one,) = _judged("iptables -t raw -F", rule, "").changes
    assert one.change.attribution.maker == "docker"


@pytest.mark.parametrize(
    ("hop", "kind", "text"),
    [
        (NextHop(), "blackhole", "blackhole 172.17.0.0/24"),
        (NextHop("eth0", "192.0.2.1"), "unicast", "172.17.0.0/24 via 192.0.2.1 dev eth0"),
        (NextHop("eth0"), "unicast", "172.17.0.0/24 dev eth0"),
    ],
)
def test_a_route_is_written_as_ip_writes_it(hop: NextHop, kind: str, text: str) -> None:
    route = Route(Family.IP, "172.17.0.0/24", (hop,), kind)
    assert [one.after for one in changed_surroundings(Host(), Host(routes=(route,)))] == [text]

"""An IPv6 host that drops neighbour discovery is reached by nobody on its links, and reaches nobody there."""

import pytest
from packets.test_answers import changed, table
from packets.test_packets_agree import disagreements

from netaudit.model.exposure import Exposure, Outcome
from netaudit.model.facts import Facts
from netaudit.report.text.reasons import describe_reason

DUAL = "28.5.2-iptables-nft/dual-stack/02"
ND = "-p ipv6-icmp -m icmp6 --icmpv6-type {} -m hl --hl-eq 255 -j ACCEPT"


def host(*rules: str) -> Facts:
    """Load a dual-stack host whose ip6tables INPUT drops all but what rules accept."""

    def edit(text: str) -> str:
        lines = "".join(f"[0:0] -A INPUT {rule}\n" for rule in rules)
        head, _, rest = text.partition("*filter\n")
        before, _, after = rest.partition("COMMIT\n")
        kept = "".join(line + "\n" for line in before.splitlines() if not line.startswith(":INPUT"))
        return f"{head}*filter\n:INPUT DROP [0:0]\n{kept}{lines}COMMIT\n{after}"

    return changed(DUAL, ip6tables_nft=edit)


def by_ipv6(facts: Facts) -> list[Exposure]:
    own = ("internet", "lan:eth0")
    return [one for one in table(facts) if one.destination.family == "ip6" and str(one.zone) in own]


def test_a_host_that_hears_no_solicitation_is_closed_over_ipv6() -> None:
    facts = host("-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "-i lo -j ACCEPT")
    cells = by_ipv6(facts)
    assert {one.outcome for one in cells} == {Outcome.BLOCKED}
    said = {(one.rule.where if one.rule else "", describe_reason(one.reason)) for one in cells}
    assert ("ip6:filter/INPUT", "neighbour discovery is stopped") in said
    assert disagreements(facts) == []


@pytest.mark.parametrize(
    "rules", [("-p ipv6-icmp -j ACCEPT",), tuple(ND.format(kind) for kind in ("neighbour-solicitation", "136"))]
)
def test_a_host_that_hears_it_is_as_open_as_its_rules_say(rules: tuple[str, ...]) -> None:
    facts = host(*(rule.replace("neighbour-solicitation", "135") for rule in rules))
    assert Outcome.ALLOWED in {one.outcome for one in by_ipv6(facts)}
    assert disagreements(facts) == []


@pytest.mark.parametrize(("last", "outcome"), [("2", Outcome.BLOCKED), ("9", Outcome.ALLOWED)])
def test_a_neighbour_whom_the_host_does_not_hear_gets_nothing_from_it(last: str, outcome: Outcome) -> None:
    """It answers who it is, and the host drops that: of those that it does not know yet, as real packets showed."""
    facts = host(f"-s fd00:9::{last}/128 -m addrtype --dst-type LOCAL -j DROP", "-p ipv6-icmp -j ACCEPT")
    cells = [one for one in by_ipv6(facts) if str(one.zone) == "internet" and one.destination.address == "::"]
    assert {one.outcome for one in cells} == {outcome}
    assert disagreements(facts) == []

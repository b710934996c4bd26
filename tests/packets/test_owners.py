"""Which packets have an owner: what a program of this host sends, until it comes back in by lo."""

import pytest
from packets.test_answers import OLD, changed, said, with_rules
from packets.test_packets_agree import disagreements

_OPEN = {"internet": "allowed", "host": "allowed", "network:bridge": "allowed"}


@pytest.mark.parametrize(
    ("rule", "closed"),
    [
        ("OUTPUT -m owner --socket-exists", ("host", "network:bridge")),  # docker-proxy is the second's, here and back
        ("OUTPUT -m owner ! --socket-exists", ()),
        ("FORWARD -m owner --socket-exists", ()),
        ("FORWARD -m owner ! --socket-exists", ("internet",)),
        ("INPUT -m owner --socket-exists", ()),
        ("INPUT -m owner ! --socket-exists", ("host", "network:bridge")),  # the answer to the first
    ],
)
def test_what_a_program_sends_has_an_owner_and_what_comes_in_has_not(rule: str, closed: tuple[str, ...]) -> None:
    facts = changed(OLD, iptables_nft=with_rules(f"filter {rule} -j DROP"))
    found = said(facts)
    outcomes = {zone: found[f"{zone} → 0.0.0.0:8080"].partition(",")[0] for zone in _OPEN}
    assert outcomes == {**_OPEN, **dict.fromkeys(closed, "blocked")}
    assert disagreements(facts) == []


@pytest.mark.parametrize(
    ("way", "owner", "outcome"),
    [
        ("OUTPUT -o lo", "--socket-exists", "blocked"),
        ("OUTPUT -o lo", "! --socket-exists", "allowed"),
        ("INPUT -i lo", "--socket-exists", "allowed"),
        ("INPUT -i lo", "! --socket-exists", "blocked"),
    ],
)
def test_later_packets_over_lo_have_an_owner_as_the_first_one_had(way: str, owner: str, outcome: str) -> None:
    rule = f"filter {way} -p tcp -m tcp --dport 22 -m conntrack --ctstate ESTABLISHED -m owner {owner} -j DROP"
    listening = 'tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=7,fd=3))\n'
    facts = changed(OLD, iptables_nft=with_rules(rule), sockets=lambda text: text + listening)
    assert said(facts)["host → 0.0.0.0:22"].partition(",")[0] == outcome

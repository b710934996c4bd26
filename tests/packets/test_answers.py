"""Answers in the exposure table: a host that lets packets in and stops its answers is not open, and says by what."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from packets.test_packets_agree import disagreements
from sampling import every

from netaudit.model.exposure import Exposure, Outcome
from netaudit.model.facts import Facts, Source
from netaudit.packets.exposure.table import expose
from netaudit.packets.host.zones import ZoneChoice
from netaudit.parse import parse_snapshot
from netaudit.report.text.reasons import describe_reason
from netaudit.store import load

RECORDINGS = Path(__file__).parents[1] / "recordings"
OLD = "20.10.24-iptables-nft/default-one-port/01"
ALLOWED = "allowed, filter/DOCKER#1"
ANSWER = "the answer is stopped"
FIRST = f"blocked, filter/FORWARD#1, {ANSWER}"
UNKNOWN = "may, filter/FORWARD#1, the answer may be stopped: its length is not known"
INTERNET = "internet → 0.0.0.0:8080"
Edit = Callable[[str], str]


def changed(folder: str, **edits: Edit) -> Facts:
    """Load a recording, and edit some of its files."""
    facts = load(RECORDINGS / folder)
    by_name: dict[str, Edit] = {Source[name.upper()]: edit for name, edit in edits.items()}
    files = {name: by_name.get(name, str)(data.decode()).encode() for name, data in facts.files.items()}
    return msgspec.structs.replace(facts, files=files)


def with_rules(*rules: str) -> Edit:
    """Put rules, each `TABLE CHAIN RULE`, first in their chains."""

    def edit(text: str) -> str:
        for rule in rules:
            table, chain, rest = rule.split(" ", 2)
            if f"*{table}\n" not in text:
                text = (
                    f"*{table}\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\nCOMMIT\n"
                    + text
                )
            head, _, tail = text.partition(f"*{table}\n")
            lines = tail.split("\n")
            at = next(number for number, line in enumerate(lines) if line.startswith(("[", "-A", "COMMIT")))
            text = f"{head}*{table}\n" + "\n".join([*lines[:at], f"[0:0] -A {chain} {rest}", *lines[at:]])
        return text

    return edit


def table(facts: Facts) -> tuple[Exposure, ...]:
    snapshot = parse_snapshot(facts)
    return expose(snapshot, snapshot.program, ZoneChoice())


def said(facts: Facts) -> dict[str, str]:
    """Say of each cell what decides it, by zone and destination."""
    return {
        f"{one.zone} → {one.destination.address}:{one.destination.ports[0][0]}": ", ".join(
            part for part in (str(one.outcome), one.rule.where if one.rule else "", describe_reason(one.reason)) if part
        )
        for one in table(facts)
        if one.destination.protocol == "tcp"
    }


@pytest.mark.parametrize(
    ("rule", "outcome"),
    every(2, [
        ("filter FORWARD -s 172.17.0.2 -j DROP", FIRST),
        ("filter FORWARD -i docker0 -p tcp -m tcp --sport 80 -j REJECT", FIRST),
        ("filter FORWARD -i docker0 -p tcp -m tcp --sport 8080 -j DROP", ALLOWED),
        ("filter FORWARD -s 192.0.2.10 -j DROP", ALLOWED),
        ("mangle POSTROUTING -o eth0 -s 172.17.0.2 -j DROP", f"blocked, mangle/POSTROUTING#1, {ANSWER}"),
        ("raw PREROUTING -i docker0 -j DROP", f"blocked, raw/PREROUTING#1, {ANSWER}"),
        ("raw PREROUTING -i docker0 -j CT --notrack", f"blocked, {ANSWER}: untracked, it is not translated back"),
        ("filter FORWARD -m conntrack --ctdir REPLY -j DROP", FIRST),
        ("filter FORWARD -m conntrack --ctstate ESTABLISHED --ctorigdst 192.0.2.10 -j DROP", FIRST),
        ("filter FORWARD -m conntrack --ctreplsrc 172.17.0.3 -j DROP", ALLOWED),
        ("filter FORWARD -p tcp -m tcp --tcp-flags SYN,ACK SYN,ACK -j DROP", FIRST),
        ("filter FORWARD -i docker0 -m length --length 40 -j DROP", UNKNOWN),
        ("filter FORWARD -i docker0 -m mac --mac-source 02:42:ac:11:00:02 -j DROP", FIRST),
        ("filter FORWARD -s 172.17.0.2 -m mac ! --mac-source 02:42:ac:11:00:02 -j DROP", ALLOWED),
        ("filter FORWARD -i docker0 -m string --algo bm --string x -j DROP", None),
        ("filter FORWARD -i docker0 -m limit --limit 5/s -j DROP", f"{ALLOWED}, limited by filter/FORWARD#1"),
    ]),
)  # fmt: skip
def test_what_stops_the_answer_closes_the_port(rule: str, outcome: str | None) -> None:
    facts = changed(OLD, iptables_nft=with_rules(rule))
    found = said(facts)[INTERNET]
    if outcome is None:
        assert found.startswith("may, filter/FORWARD#1, the answer may be stopped: -m string --algo bm --string x: ")
    else:
        assert found == outcome
    assert disagreements(facts) == []


def test_a_policy_that_drops_asks_for_a_rule_that_lets_answers_out() -> None:
    def edit(text: str) -> str:
        lines = [line for line in text.split("\n") if "-i docker0 ! -o docker0" not in line]
        return "\n".join(lines).replace(":FORWARD ACCEPT", ":FORWARD DROP")

    assert said(changed(OLD, iptables_nft=edit))[INTERNET] == f"blocked, filter/FORWARD, {ANSWER}"
    known = with_rules("filter FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT")
    open_again = said(changed(OLD, iptables_nft=lambda text: known(edit(text))))
    assert open_again[INTERNET] == ALLOWED


def test_the_hosts_own_answers_and_both_of_docker_proxys_are_followed() -> None:
    neighbour = "network:bridge → 0.0.0.0:8080"
    clean = said(changed(OLD))
    assert clean[neighbour].startswith("allowed")
    own = said(changed(OLD, iptables_nft=with_rules("filter OUTPUT -p tcp -m tcp --sport 8080 -j DROP")))
    assert own[neighbour] == f"blocked, filter/OUTPUT#1, {ANSWER}"
    assert own[INTERNET] == clean[INTERNET]
    proxied = said(changed(OLD, iptables_nft=with_rules("filter INPUT -i docker0 -p tcp -m tcp --sport 80 -j DROP")))
    assert proxied[neighbour] == f"blocked, filter/INPUT#1, {ANSWER}"


def test_the_kernel_itself_stops_answers() -> None:
    def off(text: str) -> str:
        return text.replace("docker0.forwarding = 1", "docker0.forwarding = 0")

    assert said(changed(OLD, sysctl=off))[INTERNET] == f"blocked, {ANSWER}: the host does not forward it"


def test_marks_and_what_is_said_of_the_connection_stay() -> None:
    save = "mangle PREROUTING -i eth0 -j CONNMARK --set-xmark 0x7/0xffffffff"
    restore = "mangle PREROUTING -i docker0 -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff"
    drop = "filter FORWARD -i docker0 -m mark --mark 0x7 -j DROP"
    assert said(changed(OLD, iptables_nft=with_rules(save, restore, drop)))[INTERNET] == FIRST
    assert said(changed(OLD, iptables_nft=with_rules(save, drop)))[INTERNET].startswith("allowed")  # not the packet's


@pytest.mark.parametrize("answers", ["untracked", "tracked"])
def test_an_untracked_packet_has_untracked_answers_or_ones_of_no_connection(answers: str) -> None:
    listener = "internet → 0.0.0.0:22"
    rules = ["raw PREROUTING -i eth0 -j CT --notrack", "filter OUTPUT -m conntrack --ctstate INVALID -j DROP"]
    rules += ["raw OUTPUT -p tcp -m tcp --sport 22 -j CT --notrack"] if answers == "untracked" else []
    ssh = 'tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=7,fd=3))\n'
    facts = changed(OLD, iptables_nft=with_rules(*rules), sockets=lambda text: text + ssh)
    blocked = f"blocked, filter/OUTPUT#1, {ANSWER}"
    assert said(facts)[listener] == ("allowed, filter/INPUT" if answers == "untracked" else blocked)
    assert disagreements(facts) == []


def test_the_new_source_of_what_is_masqueraded_is_known_as_far_as_a_rule_asks() -> None:
    folder = "28.5.2-iptables-nft/two-nets/04"
    clean = said(changed(folder))
    assert not [line for line in clean.values() if ANSWER in line]
    through = next(
        key
        for key, line in clean.items()
        if key.startswith("network") and line.startswith("allowed") and "0.0.0.0" in key
    )
    other = said(changed(folder, iptables_nft=with_rules("raw PREROUTING -d 203.0.113.1 -j DROP")))
    assert other[through] == clean[through]


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [("--dst-type LOCAL", "blocked"), ("! --dst-type LOCAL", "allowed"), ("--dst-type BROADCAST", "allowed")],
)
def test_the_answer_to_what_is_masqueraded_is_addressed_to_this_host(kind: str, outcome: str) -> None:
    rule = f"mangle PREROUTING -i docker0 -m addrtype {kind} -j DROP"
    facts = changed(OLD, iptables_nft=with_rules("nat POSTROUTING -o docker0 -j MASQUERADE", rule))
    assert said(facts)[INTERNET].startswith(outcome)
    assert disagreements(facts) == []


def test_a_part_of_a_zone_whose_answers_are_stopped_is_named() -> None:
    facts = changed(OLD, iptables_nft=with_rules("filter FORWARD -d 198.51.100.0/24 -j DROP"))
    first = table(facts)[0]
    assert first.outcome is Outcome.ALLOWED
    assert describe_reason(first.reason).startswith("not for all: tcp 198.51.100.")
    assert describe_reason(first.reason).endswith(f"is stopped (filter/FORWARD#1, {ANSWER})")


@pytest.mark.parametrize(
    ("rule", "outcome"),
    every(
        2,
        [
            ("filter FORWARD -i docker0 -s 172.18.0.2 -j DROP", "blocked, filter/FORWARD#2, the answer is stopped"),
            ("filter FORWARD -i br-+ -s 172.18.0.2 -j DROP", "allowed, filter/FORWARD#1"),
        ],
    ),
)
def test_a_container_of_two_networks_answers_by_its_default_route(rule: str, outcome: str) -> None:
    to_inner = "filter FORWARD -i eth0 -d 172.18.0.2 -j ACCEPT"  # on an internal network; its gateway is docker0's
    facts = changed("26.1.5-iptables-nft/connect-internal/03", iptables_nft=with_rules(rule, to_inner))
    assert said(facts)["lan:eth0 → 172.18.0.2:1"] == outcome
    assert disagreements(facts) == []


def test_a_container_of_an_internal_network_has_no_way_back() -> None:
    opened = with_rules("filter FORWARD -j ACCEPT")
    facts = changed("26.1.5-iptables-nft/user-net-internal/02", iptables_nft=opened)
    cells = {key: line for key, line in said(facts).items() if key.startswith("lan") and "172.18.0.2" in key}
    assert set(cells.values()) == {f"blocked, {ANSWER}: the container has no way back"}
    assert disagreements(facts) == []


@pytest.mark.parametrize(("port", "outcome"), [(22, "allowed, filter/INPUT"), (23, "blocked")])
def test_a_translation_to_what_was_there_is_none(port: int, outcome: str) -> None:
    rules = (
        f"nat PREROUTING -i eth0 -p tcp -m tcp --dport 22 -j REDIRECT --to-ports {port}",
        "filter INPUT -m conntrack --ctstate DNAT -j DROP",
    )
    ssh = 'tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=7,fd=3))\n'
    facts = changed(OLD, iptables_nft=with_rules(*rules), sockets=lambda text: text + ssh)
    assert said(facts)["lan:eth0 → 0.0.0.0:22"].startswith(outcome)
    assert disagreements(facts) == []


@pytest.mark.parametrize(
    ("asked", "outcome"), [("--ttl-eq 64", "blocked"), ("--ttl-lt 64", "allowed"), ("--ttl-gt 64", "allowed")]
)
def test_the_host_sends_with_the_hops_that_its_kernel_gives(asked: str, outcome: str) -> None:
    rule = f"raw OUTPUT -d 172.17.0.2 -p tcp -m ttl {asked} -j DROP"
    facts = changed(OLD, iptables_nft=with_rules(rule))
    assert said(facts)["host → 172.17.0.2:1"].startswith(outcome)
    assert disagreements(facts) == []

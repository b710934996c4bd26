"""What chains tell by themselves, as people list them: no inventory is needed for it."""

from pathlib import Path

import pytest

from netaudit.audit.subjects.listed_chains import ListedChains
from netaudit.parse import parse_snapshot
from netaudit.store import load

WIDE = " pkts bytes target     prot opt in     out     source               destination\n"


def chains(tmp_path: Path, text: str) -> ListedChains:
    (tmp_path / "host.txt").write_text(text)
    return ListedChains(parse_snapshot(load(tmp_path / "host.txt")), "ip")


def listed(references: str) -> str:
    row = "    0     0 ACCEPT     tcp  --  !docker0 docker0  0.0.0.0/0  172.17.0.2  tcp dpt:80\n"
    return (
        f"Chain FORWARD (policy DROP 0 packets, 0 bytes)\n{WIDE}\nChain DOCKER ({references} references)\n{WIDE}{row}"
    )


def test_no_references_are_evidence(tmp_path: Path) -> None:
    assert list(chains(tmp_path, listed("0")).unasked()) == ["filter/DOCKER"]
    assert list(chains(tmp_path, listed("1")).unasked()) == []


SAVED = "*filter\n:FORWARD DROP [0:0]\n:DOCKER - [0:0]\n{}-A DOCKER -j ACCEPT\nCOMMIT\n"


@pytest.mark.parametrize(("jump", "found"), [("", ["filter/DOCKER"]), ("-A FORWARD -o docker0 -j DOCKER\n", [])])
def test_where_all_rules_were_read_they_tell(tmp_path: Path, jump: str, found: list[str]) -> None:
    (tmp_path / "iptables-save.txt").write_text(SAVED.format(jump))
    assert list(ListedChains(parse_snapshot(load(tmp_path)), "ip").unasked()) == found


def test_where_rows_are_left_out_only_the_number_of_references_tells(tmp_path: Path) -> None:
    cut = SAVED.format("").replace(":DOCKER - [0:0]\n", ":DOCKER - [0:0]\n[...]\n")
    assert list(chains(tmp_path, cut).unasked()) == []


@pytest.mark.parametrize(
    ("policy", "rules", "open_"),
    [
        ("ACCEPT", "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n", True),
        ("DROP", "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n", False),
        ("ACCEPT", "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -j DROP\n", False),
        ("ACCEPT", "-A INPUT -i virbr0 -p udp -m udp --dport 53 -j ACCEPT\n", False),
        ("ACCEPT", "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -j fw\n-A fw -j REJECT\n", False),
        ("ACCEPT", "", False),
    ],
)
def test_input_closes_by_its_policy_a_rule_or_a_chain(tmp_path: Path, policy: str, rules: str, *, open_: bool) -> None:
    text = f"*filter\n:INPUT {policy} [0:0]\n:fw - [0:0]\n{rules}COMMIT\n"
    assert chains(tmp_path, text).input_never_closes() is open_


DNAT = (
    "*nat\n:PREROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n-A DOCKER -p tcp -j DNAT --to-destination 172.17.0.2:80\nCOMMIT\n"
)


@pytest.mark.parametrize(
    ("rules", "stops"),
    [
        ("-A OUTPUT -o lo -j ACCEPT\n-A OUTPUT -m state --state ESTABLISHED -j ACCEPT\n", True),
        ("-A OUTPUT -o docker0 -j ACCEPT\n", False),
        ("-A OUTPUT -p tcp -m tcp --dport 80 -j ACCEPT\n", False),
    ],
)
def test_output_that_drops_new_connections_stops_the_proxy(tmp_path: Path, rules: str, *, stops: bool) -> None:
    text = f"{DNAT}*filter\n:OUTPUT DROP [0:0]\n{rules}COMMIT\n"
    assert chains(tmp_path, text).output_stops_containers() is stops


def test_every_repetition_is_told_and_not_what_counts(tmp_path: Path) -> None:
    rule = "-A INPUT -s 192.0.2.1/32 -j DROP\n"
    limited = "-A INPUT -m limit --limit 3/min -j LOG\n"
    text = f"*filter\n:INPUT ACCEPT [0:0]\n{rule}{limited}{rule}{limited}{rule}COMMIT\n"
    assert list(chains(tmp_path, text).repeated()) == ["filter/INPUT#3", "filter/INPUT#5"]


@pytest.mark.parametrize(("chain", "lacks"), [("", True), (":DOCKER-INGRESS - [0:0]\n", False)])
def test_swarms_bridge_needs_swarms_chain(tmp_path: Path, chain: str, *, lacks: bool) -> None:
    rule = "-A POSTROUTING -s 172.18.0.0/16 ! -o docker_gwbridge -j MASQUERADE\n"
    text = f"*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n{chain}{rule}COMMIT\n"
    assert chains(tmp_path, text).lacks_ingress() is lacks


def test_the_bridges_of_published_ports_are_named_as_the_rules_name_them(tmp_path: Path) -> None:
    nat = DNAT.replace("-A DOCKER -p", "-A DOCKER ! -i br-app -p").replace("COMMIT\n", "")
    nat += "-A DOCKER -p tcp -m tcp --dport 53 -j DNAT --to-destination 172.19.0.2:53\nCOMMIT\n"
    accept = "-A DOCKER -d 172.19.0.2/32 -o br-dns -p tcp -m tcp --dport 53 -j ACCEPT\n"
    found = chains(tmp_path, f"{nat}*filter\n:OUTPUT DROP [0:0]\n:DOCKER - [0:0]\n{accept}COMMIT\n")
    assert found.published_bridges() == ("br-app", "br-dns")
    assert found.output_stops_containers()


@pytest.mark.parametrize(
    ("policy", "rules", "stops"),
    [
        ("DROP", "-A OUTPUT -o br-app -j ACCEPT\n", False),
        ("DROP", "-A OUTPUT -o br-other -j ACCEPT\n", True),
        ("ACCEPT", "-A OUTPUT -o lo -j ACCEPT\n-A OUTPUT -j REJECT --reject-with icmp-port-unreachable\n", True),
        ("ACCEPT", "-A OUTPUT -p udp -j DROP\n", False),
    ],
)
def test_output_is_closed_by_its_policy_or_its_last_rule(
    tmp_path: Path, policy: str, rules: str, *, stops: bool
) -> None:
    nat = DNAT.replace("-A DOCKER -p", "-A DOCKER ! -i br-app -p")
    assert chains(tmp_path, f"{nat}*filter\n:OUTPUT {policy} [0:0]\n{rules}COMMIT\n").output_stops_containers() is stops

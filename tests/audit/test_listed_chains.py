"""What chains tell by themselves, as people list them: no inventory is needed for it."""

from pathlib import Path

import pytest
from audit.conftest import RECORDINGS, AuditOf

from netaudit.audit.checks.check import Check
from netaudit.audit.subjects.listed.chains import ListedChains
from netaudit.audit.subjects.listed.incoming import bridges_kept_out
from netaudit.model.facts import Source
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


@pytest.mark.parametrize(("output", "stops"), [("", True), ("-A OUTPUT -o docker0 -j ACCEPT\n", False)])
@pytest.mark.parametrize("ports", [True, False])
def test_where_nat_was_not_printed_dockers_chain_tells_of_published_ports(
    tmp_path: Path, output: str, *, stops: bool, ports: bool
) -> None:
    accept = (
        "-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 5000 -j ACCEPT\n" if ports else ""
    )
    found = chains(tmp_path, f"*filter\n:OUTPUT DROP [0:0]\n:DOCKER - [0:0]\n{output}{accept}COMMIT\n")
    assert found.output_stops_containers() is (stops and ports)


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


@pytest.mark.parametrize(
    ("policy", "rules", "kept_out"),
    [
        ("DROP", "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n", ("docker0",)),
        ("DROP", "-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -i lo -j ACCEPT\n", ("docker0",)),
        (
            "ACCEPT",
            "-A INPUT -p icmp -j ACCEPT\n-A INPUT -j REJECT --reject-with icmp-port-unreachable\n",
            ("docker0",),
        ),
        ("DROP", "-A INPUT -i docker0 -j ACCEPT\n", ()),
        ("DROP", "-A INPUT -i docker+ -j ACCEPT\n", ()),
        ("DROP", "-A INPUT ! -i eth0 -j ACCEPT\n", ()),
        ("DROP", "-A INPUT -j ACCEPT\n", ()),
        ("DROP", "-A INPUT -j fw\n-A fw -m state --state NEW -j ACCEPT\n", ()),
        ("DROP", "-A INPUT -j fw\n-A fw -p tcp -m tcp --dport 22 -j ACCEPT\n", ("docker0",)),
        ("DROP", "-A INPUT -j elsewhere\n", ()),
        ("ACCEPT", "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n", ()),
        ("DROP", "-A INPUT -m listing --interfaces -j ACCEPT\n", ()),
        ("DROP", "-A INPUT -s 172.16.0.0/12 -j ACCEPT\n", ()),
        ("DROP", "-A INPUT -s 128.0.0.0/1 -j ACCEPT\n", ()),
        ("DROP", "-A INPUT -s 198.51.100.0/24 -j ACCEPT\n", ("docker0",)),
        ("DROP", "-A INPUT -m addrtype --dst-type LOCAL -j ACCEPT\n", ()),
        ("DROP", "-A INPUT -m set --match-set inside src -j ACCEPT\n", ()),
        ("DROP", "-A INPUT -m pkttype --pkt-type unicast -j ACCEPT\n", ()),
        ("DROP", "-A INPUT -m limit --limit 9/sec -j ACCEPT\n", ()),
        ("DROP", "-A INPUT -m addrtype --dst-type LOCAL -j fw\n-A fw -j ACCEPT\n", ()),
        ("DROP", "-A INPUT -s 198.51.100.0/24 -j fw\n-A fw -j ACCEPT\n", ()),
    ],
)
def test_input_keeps_containers_out_where_nothing_may_let_their_bridge_in(
    tmp_path: Path, policy: str, rules: str, kept_out: tuple[str, ...]
) -> None:
    docker = "-A FORWARD -i docker0 ! -o docker0 -j ACCEPT\n"
    text = f"*filter\n:INPUT {policy} [0:0]\n:FORWARD DROP [0:0]\n:fw - [0:0]\n{rules}{docker}COMMIT\n"
    (tmp_path / "host.txt").write_text(text)
    assert bridges_kept_out(parse_snapshot(load(tmp_path / "host.txt")), "ip") == kept_out


def test_chains_that_lead_on_many_times_are_followed_to_their_end(tmp_path: Path) -> None:
    deep = "".join(f"-A c{at} -j c{at + 1}\n" for at in range(1500))
    declared = "".join(f":c{at} - [0:0]\n" for at in range(1501))
    docker = "-A FORWARD -i docker0 ! -o docker0 -j ACCEPT\n"
    text = f"*filter\n:INPUT DROP [0:0]\n{declared}-A INPUT -j c0\n{deep}{docker}{{}}COMMIT\n"
    for last, kept_out in (("", ("docker0",)), ("-A c1500 -j ACCEPT\n", ())):
        (tmp_path / "host.txt").write_text(text.format(last))
        assert bridges_kept_out(parse_snapshot(load(tmp_path / "host.txt")), "ip") == kept_out


def test_rules_whose_interfaces_are_not_listed_repeat_nothing(tmp_path: Path) -> None:
    row = "ACCEPT     all  --  anywhere             anywhere\n"
    text = f"Chain FORWARD (policy DROP)\ntarget     prot opt source               destination\n{row}{row}"
    assert list(chains(tmp_path, text).repeated()) == []


@pytest.mark.parametrize("allowed", ["", "-A INPUT -p tcp -m tcp --dport 8080 -j ACCEPT\n"])
def test_a_port_that_docker_leads_past_the_default_deny_of_input_is_told(
    tmp_path: Path, allowed: str, audit_of: AuditOf
) -> None:
    text = (
        f"*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:DOCKER - [0:0]\n{allowed}-A FORWARD -o docker0 -j DOCKER\n"
        "-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT\nCOMMIT\n"
        "*nat\n:PREROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\n"
        "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80\nCOMMIT\n"
    )
    (tmp_path / "host.txt").write_text(text)
    found = {one.check.id for one in audit_of(load(tmp_path / "host.txt")).findings}
    assert ("forwarded-port-past-input" in found) is (allowed == "")
    assert "input-keeps-containers-out" in found


PAST = (
    "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:DOCKER - [0:0]\n:fw - [0:0]\n{}-A FORWARD -o docker0 -j DOCKER\n"
    "-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT\nCOMMIT\n"
    "*nat\n:PREROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\n"
    "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80\nCOMMIT\n"
)
TOLD, UNSURE, CLEAN = "told", "unsure", "clean"


@pytest.mark.parametrize(
    ("rules", "judged"),
    [
        ("", TOLD),
        ("-A INPUT -i lo -j ACCEPT\n-A INPUT -i docker0 -j ACCEPT\n", TOLD),
        ("-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -p icmp -j ACCEPT\n", TOLD),
        ("-A INPUT -s 192.168.0.0/16 -j ACCEPT\n", TOLD),
        ("-A INPUT -p tcp -m tcp --dport 22 -j fw\n-A fw -j ACCEPT\n", TOLD),
        ("-A INPUT -i eth0 -j ACCEPT\n", UNSURE),
        ("-A INPUT -j elsewhere\n", UNSURE),
        ("-A INPUT -p tcp -m tcp --dport 22 -j elsewhere\n", TOLD),
        ("-A INPUT -m listing --interfaces -j ACCEPT\n", UNSURE),
        ("-A INPUT -p tcp -j ACCEPT\n", CLEAN),
        ("-A INPUT -j fw\n-A fw -p tcp -m tcp --dport 8000:9000 -j ACCEPT\n", CLEAN),
        ("-A INPUT -m addrtype --dst-type LOCAL -j ACCEPT\n", CLEAN),
    ],
)
def test_a_port_is_past_input_only_where_no_rule_of_input_may_accept_it(
    tmp_path: Path, rules: str, judged: str, audit_of: AuditOf, checks: tuple[Check, ...]
) -> None:
    (tmp_path / "host.txt").write_text(PAST.format(rules))
    mine = tuple(one for one in checks if one.id == "forwarded-port-past-input")
    audit = audit_of(load(tmp_path / "host.txt"), checks=mine)
    assert [TOLD for _ in audit.findings] + [UNSURE for _ in audit.undecided] == ([] if judged == CLEAN else [judged])


def test_a_real_hosts_rules_alone_tell_what_its_inventory_tells(tmp_path: Path, audit_of: AuditOf) -> None:
    whole = load(RECORDINGS / "bad/ufw-deny-bypassed/before")
    (tmp_path / "pasted.txt").write_bytes(b"here:\n" + whole.files[Source.IPTABLES_NFT])
    found = {one.check.id for one in audit_of(load(tmp_path / "pasted.txt")).findings}
    assert {"forwarded-port-past-input", "input-keeps-containers-out"} <= found
    of_all = {one.check.id for one in audit_of("bad/ufw-deny-bypassed/before").findings}
    assert of_all.isdisjoint({"forwarded-port-past-input", "input-keeps-containers-out"})  # others tell it better there

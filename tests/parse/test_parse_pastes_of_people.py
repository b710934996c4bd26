"""Kinds of pastes that people write into threads: each is read, or told; the texts are made up, their kinds are not."""

from pathlib import Path

import pytest

from netaudit import RecordingError, load, run_checks, save, show
from netaudit.audit.finding import Audit
from netaudit.model.facts import GapReason, Source
from netaudit.model.netfilter.ruleset import ObjectKind
from netaudit.parse import parse_snapshot


def read(tmp_path: Path, text: str) -> tuple[list[str], list[str]]:
    """Return the rules with family and table, and what is lost with its lines."""
    (tmp_path / "paste.txt").write_text(text)
    snapshot = parse_snapshot(load(tmp_path / "paste.txt"))
    rules = [
        f"{table.family} {table.name} {rule.text}"
        for table in snapshot.ruleset.tables
        for chain in table.chains
        for rule in chain.rules
    ]
    details = [gap.detail.replace(" of paste.txt", "") for gap in snapshot.gaps]
    return rules, [detail for detail in details if detail.startswith(("line ", "table "))]


def audit(tmp_path: Path, text: str) -> Audit:
    (tmp_path / "paste.txt").write_text(text)
    return run_checks(load(tmp_path / "paste.txt"))


def found(tmp_path: Path, text: str) -> set[str]:
    return {one.check.id for one in audit(tmp_path, text).findings} - {"rules-not-seen", "docker-not-seen"}


HEAD = "target     prot opt source               destination\n"


def test_before_and_after_in_one_text_give_the_later_state(tmp_path: Path) -> None:
    text = (
        f"before:\n$ iptables -t nat -nL PREROUTING\nChain PREROUTING (policy ACCEPT)\n{HEAD}"
        "DOCKER     all  --  0.0.0.0/0            0.0.0.0/0            ADDRTYPE match dst-type LOCAL\n"
        f"\nand after the restart:\n$ iptables -t nat -nL PREROUTING\nChain PREROUTING (policy ACCEPT)\n{HEAD}\n"
    )
    rules, lost = read(tmp_path, text)
    assert rules == []
    assert any(one.startswith("line 3, an earlier state of chain PREROUTING of table nat") for one in lost)


def test_a_chain_that_is_shown_again_unchanged_is_one_chain(tmp_path: Path) -> None:
    one = f"Chain DOCKER-USER (1 references)\n{HEAD}RETURN     all  --  0.0.0.0/0            0.0.0.0/0\n"
    rules, lost = read(tmp_path, f"first\n{one}\nand again\n{one}")
    assert rules == ["ip filter -A DOCKER-USER -m listing --interfaces -j RETURN"]
    assert not any("earlier state" in said for said in lost)


def test_a_mail_that_broke_rules_into_lines_gives_whole_rules(tmp_path: Path) -> None:
    text = (
        "You wrote:\n> *nat\n> :PREROUTING ACCEPT [0:0]\n> :DOCKER - [0:0]\n"
        "> -A DOCKER ! -i br-0123456789ab -p tcp -m tcp --dport 8443 -j DNAT\n> --to-destination 172.20.0.5:8443\n"
        "> -A DOCKER ! -i br-0123456789ab -p tcp -m tcp --dport\n> 8444 -j DNAT --to-destination 172.20.0.5:8444\n"
        "> COMMIT\nThat looks right to me.\n"
    )
    assert read(tmp_path, text)[0] == [
        f"ip nat -A DOCKER ! -i br-0123456789ab -p tcp -m tcp --dport {port} -j DNAT --to-destination 172.20.0.5:{port}"
        for port in (8443, 8444)
    ]


def test_a_text_that_ends_in_a_rule_without_target_says_so(tmp_path: Path) -> None:
    text = "dump:\n*filter\n:FORWARD DROP [0:0]\n:DOCKER - [0:0]\n-A FORWARD -j DOCKER\n-A DOCKER -d 172.17.0.2/32 "
    text += "-p tcp\n"
    rules, lost = read(tmp_path, text)
    assert rules == ["ip filter -A FORWARD -j DOCKER"]
    assert "line 6, a rule that was cut off: -A DOCKER -d 172.17.0.2/32 -p tcp" in lost
    assert "foreign-rule-in-docker-chain" not in found(tmp_path, text)


@pytest.mark.parametrize("remark", ["# ping", "# ip", "# docker", "# route", "# service", "# iptables rules of mine"])
def test_remarks_between_rules_are_no_commands(tmp_path: Path, remark: str) -> None:
    saved = (
        f"my rules.v4:\n*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n{remark}\n-A INPUT -p icmp -j ACCEPT\n"
    )
    assert read(tmp_path, f"{saved}COMMIT\n")[0] == [
        "ip filter -A INPUT -i lo -j ACCEPT",
        "ip filter -A INPUT -p icmp -j ACCEPT",
    ]
    nft = f"table inet f {{\n  chain c {{\n    tcp dport 22 accept\n    {remark}\n    tcp dport 23 accept\n  }}\n}}\n"
    assert read(tmp_path, f"mine:\n{nft}")[0] == ["inet f tcp dport 22 accept", "inet f tcp dport 23 accept"]


def test_a_cut_nft_listing_ends_where_the_next_command_is_typed(tmp_path: Path) -> None:
    text = "# nft list ruleset\ntable ip f {\n chain c {\n  tcp dport 22 accept\n# iptables -S\n-P INPUT DROP\n"
    rules, lost = read(tmp_path, text)
    assert rules == ["ip f tcp dport 22 accept"]
    assert lost == []  # what follows is told of the listing, not of a line
    (tmp_path / "paste.txt").write_text(text)
    policies = [
        chain.policy
        for table in parse_snapshot(load(tmp_path / "paste.txt")).ruleset.tables
        for chain in table.chains
        if chain.name == "INPUT"
    ]
    assert policies == ["DROP"]


@pytest.mark.parametrize(
    ("typed", "saved"),
    [
        ("-A DOCKER-USER -j RETURN -s 10.0.0.0/8", "-A DOCKER-USER -s 10.0.0.0/8 -j RETURN"),
        ("-A DOCKER-USER -p tcp --dport 80 -j DROP", "-A DOCKER-USER -p tcp -m tcp --dport 80 -j DROP"),
        ("-A DOCKER-USER -j REJECT -p udp --reject-with icmp-port-unreachable",
         "-A DOCKER-USER -p udp -j REJECT --reject-with icmp-port-unreachable"),
        ("-A DOCKER-USER !-i docker0 -d 192.0.2.7 -j DROP", "-A DOCKER-USER ! -i docker0 -d 192.0.2.7/32 -j DROP"),
        ("-A DOCKER-USER -i ! docker0 -j DROP", "-A DOCKER-USER ! -i docker0 -j DROP"),
        ("--append DOCKER-USER --protocol tcp --syn --in-interface eth0 --jump DROP",
         "-A DOCKER-USER -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -i eth0 -j DROP"),
        ("-A DOCKER-USER   -m   multiport -p tcp --dports 80,443 -j DROP",
         "-A DOCKER-USER -m multiport -p tcp --dports 80,443 -j DROP"),
        ('-A DOCKER-USER -j LOG --log-prefix "a  b" -m limit --limit 3/min',
         '-A DOCKER-USER -m limit --limit 3/min -j LOG --log-prefix "a  b"'),
    ],
)  # fmt: skip
def test_rules_as_people_type_them_mean_what_iptables_makes_of_them(tmp_path: Path, typed: str, saved: str) -> None:
    text = f"after.rules:\n*filter\n:DOCKER-USER - [0:0]\n{typed}\n-A DOCKER-USER -j RETURN\nCOMMIT\n"
    assert read(tmp_path, text)[0][0] == f"ip filter {saved}"


def test_a_rule_behind_one_whose_match_follows_its_target_is_reached(tmp_path: Path) -> None:
    text = (
        "*filter\n:DOCKER-USER - [0:0]\n-A DOCKER-USER -j RETURN -s 10.0.0.0/8\n-A DOCKER-USER -p tcp -j DROP\nCOMMIT\n"
    )
    assert "rule-never-reached" not in found(tmp_path, f"mine:\n{text}")


def test_commands_that_somebody_ran_are_no_rules_beside_a_list(tmp_path: Path) -> None:
    text = (
        "$ iptables -S\n-P INPUT ACCEPT\n-P FORWARD DROP\n-A FORWARD -j DOCKER-USER\n-A FORWARD -o docker0 -j DOCKER\n"
        "I tried this, it changed nothing:\niptables -A FORWARD -i eth0 -o docker0 -j ACCEPT\n"
    )
    rules, lost = read(tmp_path, text)
    assert rules == ["ip filter -A FORWARD -j DOCKER-USER", "ip filter -A FORWARD -o docker0 -j DOCKER"]
    assert any("line 6, passed by" in one for one in lost)
    assert any("line 7, a command that the list beside it may not show" in one for one in lost)


def test_a_script_of_commands_is_read_as_what_it_makes(tmp_path: Path) -> None:
    text = "my script\nsudo iptables -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8080\n"
    text += "iptables -A INPUT -j DROP\n"
    assert sorted(read(tmp_path, text)[0]) == [
        "ip filter -A INPUT -j DROP",
        "ip nat -A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080",
    ]


def test_a_script_that_sets_a_policy_keeps_its_rules(tmp_path: Path) -> None:
    text = "iptables -P INPUT DROP\niptables -A INPUT -i lo -j ACCEPT\niptables -A INPUT -p tcp --dport 22 -j ACCEPT\n"
    rules, lost = read(tmp_path, f"my script:\n{text}")
    assert rules == ["ip filter -A INPUT -i lo -j ACCEPT", "ip filter -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT"]
    assert not any("iptables -A" in one for one in lost)


@pytest.mark.parametrize("typed", ["iptables -A INPUT -i eth0 -j ACCEPT", "sudo iptables -P INPUT ACCEPT"])
def test_a_command_beside_a_list_leaves_its_rules_unsure(tmp_path: Path, typed: str) -> None:
    (tmp_path / "paste.txt").write_text(f"$ iptables -S\n-P INPUT DROP\n-A INPUT -i lo -j ACCEPT\nI ran:\n{typed}\n")
    gaps = [gap for gap in parse_snapshot(load(tmp_path / "paste.txt")).gaps if typed in gap.detail]
    assert [(gap.source, gap.reason) for gap in gaps] == [(Source.IPTABLES_NFT, GapReason.NOT_RECORDED)]
    assert gaps[0].detail.startswith("line 5 of paste.txt, a command that the list beside it may not show")


def test_two_commands_on_one_line_are_answered_by_two_tables(tmp_path: Path) -> None:
    text = (
        f"$ sudo iptables -L -n && sudo iptables -t nat -L -n\nChain FORWARD (policy DROP)\n{HEAD}"
        f"DOCKER-USER  all  --  0.0.0.0/0            0.0.0.0/0\n\nChain OUTPUT (policy ACCEPT)\n{HEAD}\n"
        f"Chain PREROUTING (policy ACCEPT)\n{HEAD}"
        "DOCKER     all  --  0.0.0.0/0            0.0.0.0/0            ADDRTYPE match dst-type LOCAL\n"
    )
    assert sorted(one.split(" -m ")[0] for one in read(tmp_path, text)[0]) == [
        "ip filter -A FORWARD",
        "ip nat -A PREROUTING",
    ]


def test_a_table_of_ipv6_rules_without_a_heading_is_of_ipv6(tmp_path: Path) -> None:
    own = "*filter\n:DOCKER-USER - [0:0]\n-A DOCKER-USER -j RETURN -s {}\n-A DOCKER-USER -j DROP\nCOMMIT\n"
    rules, _ = read(tmp_path, f"after.rules:\n{own.format('10.0.0.0/8')}after6.rules:\n{own.format('fd00::/8')}")
    assert [one.split(" -A")[0] for one in rules] == ["ip filter", "ip filter", "ip6 filter", "ip6 filter"]
    both = f"a:\n{own.format('10.0.0.0/8')}b:\n{own.format('fd00::/8')}"
    assert "rule-unmatchable" not in found(tmp_path, both)


def test_forward_without_its_head_does_not_tell_that_nothing_asks_docker_user(tmp_path: Path) -> None:
    text = (
        "an excerpt:\n-A FORWARD -o docker0 -j DOCKER\n-A FORWARD -i docker0 ! -o docker0 -j ACCEPT\n"
        "-A DOCKER-USER -i eth0 -j DROP\n-A DOCKER-USER -j RETURN\n"
    )
    said = audit(tmp_path, text)
    assert "docker-user-not-asked" not in {one.check.id for one in said.findings}
    assert "docker-user-not-asked" in {one.check.id for one in said.undecided}
    whole = f"all:\n-P FORWARD DROP\n{text}"
    assert "docker-user-not-asked" in found(tmp_path, whole)


REDACTED = [
    "-A INPUT -s X.X.X.X/32 -p tcp -m tcp --dport 22 -j ACCEPT",
    "-A INPUT -s 203.0.113.xxx/32 -j ACCEPT",
    "-A INPUT -s <my-ip>/32 -j ACCEPT",
    "-A INPUT -i ethX -d [redacted] -j ACCEPT",
    "-A INPUT -p tcp -m tcp --dport",
    "-A INPUT -m recent",
    "-A INPUT -p udp -j DNAT --to-destination",
]


@pytest.mark.parametrize("rule", REDACTED)
def test_rules_with_words_taken_out_are_kept_and_decide_nothing_for_sure(tmp_path: Path, rule: str) -> None:
    text = f"redacted:\n*filter\n:INPUT DROP [0:0]\n{rule}\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n"
    rules, _ = read(tmp_path, text)
    assert len(rules) == 2
    assert audit(tmp_path, text).findings
    attributed = show(load(tmp_path / "paste.txt"))
    assert sum(one.item.object is ObjectKind.RULE for one in attributed.items) == 2


@pytest.mark.parametrize("odd", ["-A DROP", "-P INPUT", "-P INPUT ACCEPT (was DROP)", ":DOCKER", "-A"])
def test_a_line_that_is_half_a_rule_is_told_and_the_others_are_read(tmp_path: Path, odd: str) -> None:
    saved = f"so:\n*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n{odd}\n-A INPUT -p icmp -j ACCEPT\nCOMMIT\n"
    rules, lost = read(tmp_path, saved)
    assert rules == ["ip filter -A INPUT -i lo -j ACCEPT", "ip filter -A INPUT -p icmp -j ACCEPT"]
    assert any(one.startswith("line 5, ") for one in lost)


@pytest.mark.parametrize("odd", ["-A DROP", "-P INPUT", "-P INPUT ACCEPT (was DROP)"])
def test_half_a_line_of_commands_is_told_and_the_others_are_read(tmp_path: Path, odd: str) -> None:
    rules, lost = read(tmp_path, f"$ iptables -S\n-P FORWARD DROP\n{odd}\n-A FORWARD -j DOCKER-USER\n")
    assert rules == ["ip filter -A FORWARD -j DOCKER-USER"]
    assert any(one.startswith("line 3, ") for one in lost)


PS = (
    "CONTAINER ID   IMAGE   COMMAND    CREATED     STATUS       PORTS                    NAMES\n"
    '4c01db0b339c   nginx   "nginx"    2 min ago   Up 2 minutes   0.0.0.0:8080->80/tcp   web\n'
)


def test_several_files_of_one_host_are_read_as_one(tmp_path: Path) -> None:
    (tmp_path / "rules.txt").write_text("-P FORWARD DROP\n-A FORWARD -j DOCKER-USER\n")
    (tmp_path / "nat.txt").write_text("$ iptables -t nat -S\n-P PREROUTING ACCEPT\n-A PREROUTING -j DOCKER\n")
    (tmp_path / "ps.txt").write_text(PS)
    facts = load(tmp_path / "rules.txt", tmp_path / "nat.txt", tmp_path / "ps.txt")
    snapshot = parse_snapshot(facts)
    assert {table.name: len(table.chains) for table in snapshot.ruleset.tables} == {"filter": 1, "nat": 1}
    assert snapshot.inventory is not None
    assert [one.name for one in snapshot.inventory.containers] == ["web"]
    assert facts.host == "rules"


@pytest.mark.parametrize(
    ("text", "why"), [("Buy milk.\nCall Anna.\n", "no iptables-save table found"), ("", "it is empty")]
)
def test_one_of_several_files_that_holds_nothing_is_named(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "rules.txt").write_text("-P FORWARD DROP\n-A FORWARD -j DOCKER-USER\n")
    (tmp_path / "notes.txt").write_text(text)
    with pytest.raises(RecordingError, match=rf"notes\.txt is not a recording: {why}"):
        load(tmp_path / "rules.txt", tmp_path / "notes.txt")


def test_an_answer_that_is_recognised_and_not_used_is_no_wrong_file(tmp_path: Path) -> None:
    (tmp_path / "rules.txt").write_text("-P FORWARD DROP\n-A FORWARD -j DOCKER-USER\n")
    (tmp_path / "routes.txt").write_text("default via 192.0.2.1 dev eth0\n")
    assert Source.IP_ROUTE in {gap.source for gap in load(tmp_path / "rules.txt", tmp_path / "routes.txt").gaps}


def test_a_recording_is_not_one_of_several_files(tmp_path: Path) -> None:
    (tmp_path / "rules.txt").write_text("-P FORWARD DROP\n-A FORWARD -j DOCKER-USER\n")
    save(load(tmp_path / "rules.txt"), tmp_path / "kept")
    with pytest.raises(RecordingError, match="kept is a recording, not one of several files of a host"):
        load(tmp_path / "rules.txt", tmp_path / "kept")


def test_nat_of_old_iptables_lists_output_last(tmp_path: Path) -> None:
    row = "DOCKER     all  --  anywhere             anywhere            ADDRTYPE match dst-type LOCAL\n"
    text = "".join(
        f"Chain {chain} (policy ACCEPT)\n{HEAD}{rule}\n"
        for chain, rule in (("PREROUTING", row), ("POSTROUTING", ""), ("OUTPUT", row))
    )
    rules, _ = read(tmp_path, f"mine:\n{text}")
    assert [one.split(" -m ")[0] for one in rules] == ["ip nat -A PREROUTING", "ip nat -A OUTPUT"]


def test_a_fence_on_the_last_line_of_a_listing_is_no_part_of_it(tmp_path: Path) -> None:
    rules, lost = read(tmp_path, 'so:\n```\nchain ts-forward {\n\toifname "tailscale0" accept\n}```\nthanks\n')
    assert rules == ['ip unknown oifname "tailscale0" accept']
    assert not any("not understood" in one for one in lost)


def test_rows_whose_chains_head_was_cut_away_leave_rules_unseen(tmp_path: Path) -> None:
    row = "   15   900 ACCEPT     tcp  --  !br-app br-app  0.0.0.0/0            172.20.0.4           tcp dpt:8443\n"
    rules, lost = read(
        tmp_path, f"{row}{row}\nChain DOCKER-USER (1 references)\n{HEAD}RETURN all -- anywhere anywhere\n"
    )
    assert rules == ["ip filter -A DOCKER-USER -m listing --interfaces -j RETURN"]
    assert any(one.startswith("line 1, a rule of a chain whose head is not there: ") for one in lost)
    gaps = [gap for gap in load(tmp_path / "paste.txt").gaps if "head is not there" in gap.detail]
    assert [(gap.source, gap.reason) for gap in gaps] == [(Source.IPTABLES_NFT, GapReason.NOT_RECORDED)]


@pytest.mark.parametrize(
    ("subnet", "maker"), [("172.17.0.0/16", "docker"), ("192.168.16.0/20", "docker"), ("10.8.0.0/24", "")]
)
def test_masquerading_of_a_subnet_that_docker_gives_is_dockers_without_its_bridge_too(
    tmp_path: Path, subnet: str, maker: str
) -> None:
    text = f"Chain POSTROUTING (policy ACCEPT)\n{HEAD}MASQUERADE  all  --  {subnet}        anywhere\n"
    (tmp_path / "paste.txt").write_text(f"{text}\nChain DOCKER (2 references)\n{HEAD}RETURN all -- anywhere anywhere\n")
    shown = show(load(tmp_path / "paste.txt"))
    assert [one.attribution.maker for one in shown.items if "MASQUERADE" in one.item.text] == [maker]


def test_tables_without_commit_that_follow_at_once_are_each_closed(tmp_path: Path) -> None:
    text = (
        "to be removed:\n# iptables-save\n*nat\n-A POSTROUTING -s 172.18.0.0/16 ! -o br-8c698eab3c9e -j MASQUERADE\n"
        "*filter\n-A FORWARD -i br-8c698eab3c9e -o br-8c698eab3c9e -j ACCEPT\n"
    )
    rules, lost = read(tmp_path, text)
    assert [one.split(" -A ")[0] for one in rules] == ["ip nat", "ip filter"]
    assert sum("its COMMIT is not there" in one for one in lost) == 2

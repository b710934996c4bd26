"""Scripts and prefixed lines that people paste: what they make is read; what only a shell could tell is not."""

from pathlib import Path

import msgspec
import pytest
from programs import ONE_PORT

from netaudit import RecordingError, load, run_checks, show
from netaudit.attribute.exposure.compute import ComputeExposure
from netaudit.model.exposure import Outcome, ZoneKind
from netaudit.model.facts import Source
from netaudit.packets.query.query import TraceQuery, answer_query
from netaudit.packets.values.steps import EndKind, Trace
from netaudit.parse import parse_snapshot
from netaudit.parse.paste.plain.script import calls_made_plain
from netaudit.report.text.reasons import describe_reason


def read(tmp_path: Path, text: str) -> tuple[dict[str, list[str]], list[str]]:
    """Return the rules by family, table and chain, and all details of gaps."""
    (tmp_path / "paste.txt").write_text(text)
    snapshot = parse_snapshot(load(tmp_path / "paste.txt"))
    rules = {
        f"{table.family} {table.name} {chain.name}": [rule.text for rule in chain.rules]
        for table in snapshot.ruleset.tables
        for chain in table.chains
    }
    return rules, [gap.detail for gap in snapshot.gaps]


def found(tmp_path: Path, text: str) -> set[str]:
    (tmp_path / "paste.txt").write_text(text)
    return {one.check.id for one in run_checks(load(tmp_path / "paste.txt")).findings}


SCRIPT = """#!/bin/bash
IPT=/sbin/iptables
WAN="eth7"
NET=203.0.113.0/24
$IPT -F
$IPT -P INPUT DROP
$IPT -P FORWARD DROP
${IPT} -A INPUT -i lo -j ACCEPT
for port in 22 80; do $IPT -A INPUT -i $WAN -p tcp --dport $port -j ACCEPT; done
$IPT -C DOCKER-USER -i "$WAN" -j DROP 2>/dev/null || $IPT -I DOCKER-USER -i "$WAN" -j DROP
$IPT -w 5 -I DOCKER-USER -s $NET -j RETURN   # the office
$IPT -t nat -A POSTROUTING \\
  -s 172.30.0.0/16 \\
  -o $WAN -j MASQUERADE
"""


def test_a_script_is_read_with_what_its_variables_stand_for(tmp_path: Path) -> None:
    rules, gaps = read(tmp_path, SCRIPT)
    assert rules["ip filter INPUT"] == [
        "-A INPUT -i lo -j ACCEPT",
        "-A INPUT -i eth7 -p tcp -m tcp --dport $port -j ACCEPT",
    ]
    assert rules["ip filter DOCKER-USER"] == [
        "-A DOCKER-USER -s 203.0.113.0/24 -j RETURN",
        '-A DOCKER-USER -i "eth7" -j DROP',
    ]
    assert rules["ip nat POSTROUTING"] == ["-A POSTROUTING -s 172.30.0.0/16 -o eth7 -j MASQUERADE"]
    assert "what else is there: these are commands, and tell what they make" in gaps


def test_a_script_does_not_tell_that_nothing_asks_docker_user(tmp_path: Path) -> None:
    assert "docker-user-not-asked" not in found(tmp_path, SCRIPT)


def test_a_variable_that_is_assigned_twice_stands_for_no_word() -> None:
    lines = ["IF=eth0", "iptables -A INPUT -i $IF -j DROP", "IF=eth1", "iptables -A INPUT -i ${IF} -j DROP"]
    assert calls_made_plain(lines) == [*lines[:3], "iptables -A INPUT -i ${IF} -j DROP"]


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("sudo /usr/sbin/iptables --append INPUT -j DROP", "sudo iptables -A INPUT -j DROP"),
        ("iptables -A INPUT -j LOG --log-prefix 'a # b > c' >/dev/null 2>&1",
         'iptables -A INPUT -j LOG --log-prefix "a # b > c"'),
        ("ip6tables --wait -t filter -I FORWARD 2 -j DROP || true", "ip6tables -t filter -I FORWARD 2 -j DROP"),
        ("iptables -t nat -nvL DOCKER", "iptables -t nat -nvL DOCKER"),
        ("$ sudo iptables -A INPUT -j DROP", "$ sudo iptables -A INPUT -j DROP"),
        ("iptables -A INPUT -i lo -j ACCEPT; ip6tables -A INPUT -m comment --comment 'a; b' -j DROP && echo done",
         'iptables -A INPUT -i lo -j ACCEPT ; ip6tables -A INPUT -m comment --comment "a; b" -j DROP'),
    ],
)  # fmt: skip
def test_a_call_is_brought_into_one_form(typed: str, plain: str) -> None:
    assert calls_made_plain([typed]) == [plain]


def test_calls_of_one_table_add_to_it_whatever_stands_between(tmp_path: Path) -> None:
    text = (
        "iptables -P FORWARD DROP\niptables -A FORWARD -i eth0 -j DROP\niptables -t nat -A POSTROUTING -j MASQUERADE\n"
        "ip6tables -A FORWARD -s fe80::/10 -j DROP\niptables -A FORWARD -j ACCEPT; ip6tables -A FORWARD -j ACCEPT\n"
        "iptables -t nat -A POSTROUTING -j RETURN\niptables -P FORWARD ACCEPT\n"
    )
    rules, gaps = read(tmp_path, text)
    assert rules == {
        "ip filter FORWARD": ["-A FORWARD -i eth0 -j DROP", "-A FORWARD -j ACCEPT"],
        "ip nat POSTROUTING": ["-A POSTROUTING -j MASQUERADE", "-A POSTROUTING -j RETURN"],
        "ip6 filter FORWARD": ["-A FORWARD -s fe80::/10 -j DROP", "-A FORWARD -j ACCEPT"],
    }
    assert not any("earlier state" in said for said in gaps)
    (tmp_path / "paste.txt").write_text(text)
    tables = parse_snapshot(load(tmp_path / "paste.txt")).ruleset.tables
    assert [chain.policy for table in tables for chain in table.chains] == ["ACCEPT", None, None]


SSH, LEAVES = "-A FORWARD -p tcp -m tcp --dport 22 -j ACCEPT", "-A POSTROUTING -j MASQUERADE"


@pytest.mark.parametrize(
    ("taken", "forward", "postrouting"),
    [
        ("iptables -F", [], [LEAVES]),
        ("iptables -t nat --flush", [SSH], []),
        ("iptables -F POSTROUTING -t nat", [SSH], []),
        ("iptables -D FORWARD -p tcp --dport 22 -j ACCEPT 2>/dev/null", [], [LEAVES]),
        ("iptables -F FORWARD; iptables -A FORWARD -j DROP", ["-A FORWARD -j DROP"], [LEAVES]),
    ],
)
def test_what_a_later_call_takes_away_is_not_there(
    tmp_path: Path, taken: str, forward: list[str], postrouting: list[str]
) -> None:
    made = "iptables -A FORWARD -p tcp --dport 22 -j ACCEPT\niptables -t nat -A POSTROUTING -j MASQUERADE\n"
    left = {"ip filter FORWARD": forward, "ip nat POSTROUTING": postrouting}
    assert read(tmp_path, f"{made}{taken}\n")[0] == left


@pytest.mark.parametrize("taken", ["-D FORWARD 1", "-R FORWARD 1 -j DROP", "-D FORWARD -j DROP"])
def test_a_rule_that_is_not_known_to_be_taken_away_is_kept_and_told(tmp_path: Path, taken: str) -> None:
    rules, gaps = read(tmp_path, f"iptables -A FORWARD -i eth0 -j ACCEPT\niptables {taken}\n")
    assert rules == {"ip filter FORWARD": ["-A FORWARD -i eth0 -j ACCEPT"]}
    assert any(said.startswith("line 2 of paste.txt, a rule for a place that these commands") for said in gaps)


IN_CASES = """#!/bin/sh
iptables -P FORWARD DROP
start() {
  iptables -A INPUT -i lo -j ACCEPT
  iptables -P INPUT DROP
}
stop() {
  iptables -P INPUT ACCEPT
  iptables -F
}
for port in 22 80; do
  iptables -A FORWARD -p tcp --dport $port -j ACCEPT
done
"""


def test_what_a_function_may_do_is_told_and_takes_nothing_away(tmp_path: Path) -> None:
    rules, gaps = read(tmp_path, IN_CASES)
    assert rules["ip filter INPUT"] == ["-A INPUT -i lo -j ACCEPT"]
    assert any(
        said.startswith(
            "line 4 of paste.txt, a command that may not run, in a condition or a function: iptables -A INPUT"
        )
        and said.endswith(" and 3 more")
        for said in gaps
    )
    (tmp_path / "paste.txt").write_text(IN_CASES)
    tables = parse_snapshot(load(tmp_path / "paste.txt")).ruleset.tables
    assert {chain.name: chain.policy for table in tables for chain in table.chains} == {
        "FORWARD": "DROP",
        "INPUT": None,
    }


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('if [ "$1" = stop ]; then iptables -A FORWARD -j ACCEPT; fi', True),
        ('[ -n "$WAN" ] && iptables -A FORWARD -j ACCEPT', True),
        ("case $1 in\nstart) iptables -A FORWARD -j ACCEPT;;\nesac", True),
        ("if you run\niptables -A FORWARD -j ACCEPT", False),
        ("iptables -C FORWARD -j ACCEPT || iptables -A FORWARD -j ACCEPT", False),
        ("for one in a b; do iptables -A FORWARD -j ACCEPT; done", False),
    ],
)
def test_a_call_that_may_not_run_is_told(tmp_path: Path, line: str, told: bool) -> None:  # noqa: FBT001 (a case)
    rules, gaps = read(tmp_path, f"iptables -A FORWARD -j DROP\n{line}\n")
    assert rules == {"ip filter FORWARD": ["-A FORWARD -j DROP", "-A FORWARD -j ACCEPT"]}
    assert any("a command that may not run" in said for said in gaps) is told


@pytest.mark.parametrize(
    "also",
    [
        "[ -e /x ] && WAN=ppp0",
        "for WAN in eth1 eth2; do :; done",
        "read -r WAN",
        ": ${WAN:=eth1}",
        "if x; then WAN=b; fi",
    ],
)
def test_a_variable_that_may_get_another_value_stands_for_no_word(also: str) -> None:
    assert calls_made_plain(["WAN=eth0", also, "iptables -A INPUT -i $WAN -j DROP"])[2].endswith("-i $WAN -j DROP")


@pytest.mark.parametrize("position", [0, 3])
def test_a_position_that_iptables_refuses_is_told_and_not_taken(tmp_path: Path, position: int) -> None:
    text = f"iptables -A INPUT -i lo -j ACCEPT\niptables -I INPUT {position} -j DROP\niptables -I INPUT 2 -j RETURN\n"
    rules, gaps = read(tmp_path, text)
    assert rules == {"ip filter INPUT": ["-A INPUT -i lo -j ACCEPT", "-A INPUT -j RETURN"]}
    assert any(said.startswith("line 2 of paste.txt, a rule for a place that these commands do not") for said in gaps)


def test_variables_made_of_variables_do_not_grow_without_end() -> None:
    lines = ["A0=xxxxxxxx", *(f"A{n}=$A{n - 1}$A{n - 1}" for n in range(1, 60)), "iptables -A INPUT -i $A59 -j DROP"]
    assert max(map(len, calls_made_plain(lines))) < 600


@pytest.mark.parametrize(
    "line",
    ["{}x\\", "iptables -A INPUT{}x\\", "NAMES{}x", "12{}x", "A={}x y"],
    ids=["end", "call", "names", "number", "value"],
)
def test_a_long_line_of_blanks_is_read_once(tmp_path: Path, line: str) -> None:
    text = f"iptables -P INPUT DROP\n{line.format(' ' * 100_000)}\n"
    assert list(read(tmp_path, text)[0]) == ["ip filter INPUT"]  # a pattern that tries each blank takes minutes


RULE = "-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT"
LED = "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80"


@pytest.mark.parametrize(
    "prefix", ["node1 | ", "node1  |", "rules.v4:", "/etc/rules.v4:12:", "web1.example: ", "2024-03-01T10:00:01.123Z "]
)
def test_what_stands_before_every_line_is_taken_away(tmp_path: Path, prefix: str) -> None:
    text = "".join(f"{prefix}{line}\n" for line in ("-P FORWARD DROP", "-N DOCKER", RULE))
    assert read(tmp_path, text)[0] == {"ip filter FORWARD": [], "ip filter DOCKER": [RULE]}


def test_numbered_lines_of_grep_are_sorted_into_their_tables(tmp_path: Path) -> None:
    text = f"$ sudo iptables-save | grep -n DOCKER\n43:{LED}\n97:{RULE}\n"
    assert read(tmp_path, text)[0] == {"ip nat DOCKER": [LED], "ip filter DOCKER": [RULE]}
    assert "foreign-rule-in-docker-chain" not in found(tmp_path, text)


def test_of_two_hosts_answers_the_first_ones_are_read(tmp_path: Path) -> None:
    text = "web1 | -P INPUT DROP\nweb1 | -A INPUT -i lo -j ACCEPT\nweb2 | -P INPUT ACCEPT\nweb2 | -A INPUT -j ACCEPT\n"
    rules, gaps = read(tmp_path, text)
    assert rules == {"ip filter INPUT": ["-A INPUT -i lo -j ACCEPT"]}
    assert any(said.startswith("line 3, passed by: 'web2 | -P INPUT ACCEPT'") for said in gaps)


def test_a_table_whose_head_is_cut_away_keeps_its_policies(tmp_path: Path) -> None:
    text = f"...\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:DOCKER - [0:0]\n-A INPUT -i lo -j ACCEPT\n{RULE}\n"
    (tmp_path / "paste.txt").write_text(text)
    snapshot = parse_snapshot(load(tmp_path / "paste.txt"))
    policies = {chain.name: chain.policy for table in snapshot.ruleset.tables for chain in table.chains}
    assert policies == {"FORWARD": "DROP", "OUTPUT": "ACCEPT", "DOCKER": None, "INPUT": None}
    assert not any("earlier state" in gap.detail for gap in snapshot.gaps)


def test_a_policy_that_somebody_made_bold_is_a_policy(tmp_path: Path) -> None:
    (tmp_path / "paste.txt").write_text("Chain FORWARD (**policy DROP 22 packets, 1848 bytes**)\ntarget prot opt\n")
    (table,) = parse_snapshot(load(tmp_path / "paste.txt")).ruleset.tables
    assert [(chain.name, chain.policy) for chain in table.chains] == [("FORWARD", "DROP")]


NFT = """at boot, with "iptables": false

    nft add table ip mynat
    nft 'add chain ip mynat prerouting { type nat hook prerouting priority -100; }'
    nft add rule ip mynat prerouting iifname eth0 tcp dport 8080 dnat to 172.17.0.2:80
    sudo nft add chain inet fw input { type filter hook input priority 0 \\; policy drop \\; }
    nft add set inet fw blocked '{ type ipv4_addr; flags interval; }'
    nft add element inet fw blocked { 203.0.113.0/24 }
    nft add rule inet fw input ip saddr @blocked counter drop comment \\"bad\\"
    nft insert rule inet fw input iifname lo accept
    nft add rule fw4 own tcp dport 22 accept
"""


def test_commands_of_nft_are_read_as_what_they_make(tmp_path: Path) -> None:
    rules, gaps = read(tmp_path, NFT)
    assert rules == {
        "ip mynat prerouting": ['iifname "eth0" tcp dport 8080 dnat to 172.17.0.2:80'],
        "inet fw input": ['iifname "lo" accept', 'ip saddr @blocked counter drop comment "bad"'],
        "ip fw4 own": ["tcp dport 22 accept"],
    }
    assert "what else is there: some of it is commands, which tell what they make" in gaps
    (tmp_path / "paste.txt").write_text(NFT)
    tables = parse_snapshot(load(tmp_path / "paste.txt")).ruleset.tables
    assert [len(one.elements) for table in tables for one in table.sets] == [1]
    assert [chain.policy for table in tables for chain in table.chains] == ["accept", "drop", None]


MADE = """add table ip f
add chain ip f c { type filter hook forward priority 0 ; policy accept ; }
add set ip f s { type ipv4_addr ; }
add rule ip f c tcp dport 80 accept
add rule ip f c tcp dport 81 accept
add table ip g
add rule ip g c drop
"""
FIRST, SECOND = "tcp dport 80 accept", "tcp dport 81 accept"


@pytest.mark.parametrize(
    ("command", "left"),
    [
        ("flush chain ip f c", {"ip f c": [], "ip g c": ["drop"]}),
        ("flush table ip f", {"ip f c": [], "ip g c": ["drop"]}),
        ("delete table ip f", {"ip g c": ["drop"]}),
        ("destroy chain f c", {"ip g c": ["drop"]}),
        ("flush ruleset", {}),
        ("delete table ip f; add rule ip f c drop", {"ip g c": ["drop"], "ip f c": ["drop"]}),
        ("delete table inet f", {"ip f c": [FIRST, SECOND], "ip g c": ["drop"]}),
        ("add rule ip f c index 0 drop", {"ip f c": [FIRST, "drop", SECOND], "ip g c": ["drop"]}),
        ("insert rule ip f c index 1 drop", {"ip f c": [FIRST, "drop", SECOND], "ip g c": ["drop"]}),
    ],
)
def test_commands_of_nft_count_from_where_they_stand(tmp_path: Path, command: str, left: dict[str, list[str]]) -> None:
    rules, gaps = read(tmp_path, f"{MADE}{command}\n")
    assert rules == left
    assert not any("not understood" in said for said in gaps)


@pytest.mark.parametrize(
    "command",
    [
        "delete rule ip f c handle 4",
        "replace rule ip f c handle 4 drop",
        "delete table ip handle 1",
        "delete element ip f s { 192.0.2.1 }",
        "add rule ip f c index 2 drop",
        "insert rule ip f c position 4 drop",
    ],
)
def test_a_command_of_nft_that_no_text_can_follow_is_told(tmp_path: Path, command: str) -> None:
    said = command.removeprefix("add rule ip f c ").removeprefix("insert rule ip f c ")
    assert f"line 8 of paste.txt, not understood: {said}" in read(tmp_path, f"{MADE}{command}\n")[1]


def test_a_command_of_nft_beside_a_listing_is_told_and_not_taken_for_it(tmp_path: Path) -> None:
    text = "table ip f {\n\tchain c {\n\t\ttcp dport 22 accept\n\t}\n}\nI ran nft then:\nnft add rule ip f c drop\n"
    rules, gaps = read(tmp_path, text)
    assert rules == {"ip f c": ["tcp dport 22 accept"]}
    assert any(said.startswith("line 6, passed by: 'I ran nft then:' and 1 more") for said in gaps)


def test_what_a_file_of_nft_includes_is_not_seen_and_told(tmp_path: Path) -> None:
    text = 'my nftables.conf:\nflush ruleset\ntable ip f {\n\tchain c {\n\t}\n}\ninclude "/etc/nftables.d/*.nft"\n'
    assert 'line 7 of paste.txt, not understood: include "/etc/nftables.d/*.nft"' in read(tmp_path, text)[1]


def test_commands_of_nft_cost_what_their_number_costs() -> None:
    from netaudit.parse.nftables.text.structure.commands import read_command  # noqa: PLC0415 (as above)
    from netaudit.parse.nftables.text.structure.context import Context  # noqa: PLC0415 (of one test)

    context = Context("".join(f"insert rule inet f c tcp dport {port} accept\n" for port in range(1, 201)))
    while context.cursor:
        context.skip_breaks()
        if not context.cursor or not read_command(context):
            break
    assert len(context.objects) == 2  # the table and the chain: what is inserted is put there once, at the end
    assert [body["expr"][0]["match"]["right"] for kind, body in context.read() if kind == "rule"][:2] == [200, 199]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("look:\ntrace id 9c07fc2b inet f c verdict drop\n", "line 2 is what nft monitor says of packets"),
        ("- name: x\n  ansible.builtin.iptables:\n    chain: DOCKER-USER\n", "line 2 is a task of Ansible"),
        ("$ sudo ufw status\nStatus: active\n", "line 2 is of ufw status"),
        ("public (active)\n  target: default\n", "line 2 is of firewall-cmd"),
        ("ER-USER  all  --  anywhere   anywhere\n", "line 1 is a row of iptables -L, and the line `Chain …` above it"),
        ("gw kernel: [UFW BLOCK] IN=eth0 OUT=docker0 MAC=02:42 SRC=203.0.113.8 DST=172.17.0.2\n", "line 1 is packets"),
        ("services:\n  db:\n    ports: [5432]\n", "line 1 is of a Compose file"),
        ("hi\n$ sudo iptables -I DOCKER-USER -j DROP\n", "line 2 is a command"),
    ],
)
def test_a_text_of_no_use_is_refused_with_the_line_that_tells_why(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "paste.txt").write_text(text)
    with pytest.raises(RecordingError) as caught:
        load(tmp_path / "paste.txt")
    assert said in caught.value.message


ROWS = """$ docker compose ps
NAME         IMAGE         COMMAND                  SERVICE   CREATED          STATUS          PORTS
shop-db-1    postgres:16   "docker-entrypoint.s…"   db        3 minutes ago    Up 3 minutes    0.0.0.0:5432->5432/tcp
shop-job-1   busybox       "sleep 100"              job       3 minutes ago    Exited (0) 2 minutes ago
$ docker ps --format 'table {{.Names}}\\t{{.Ports}}'
NAMES        PORTS
shop-db-1    0.0.0.0:5432->5432/tcp
cache        127.0.0.1:6379->6379/tcp
"""


def test_tables_of_containers_without_their_identities_are_inventory(tmp_path: Path) -> None:
    (tmp_path / "paste.txt").write_text(f"{ROWS}$ iptables -S DOCKER\n-N DOCKER\n{RULE}\n")
    containers = parse_snapshot(load(tmp_path / "paste.txt")).inventory.containers
    assert {one.name: (one.running, [bound.host_port for bound in one.bindings]) for one in containers} == {
        "shop-db-1": (True, [5432]),
        "shop-job-1": (False, []),
        "cache": (True, [6379]),
    }


LISTED = "target     prot opt source               destination\n"


def test_chains_of_engine_28_that_nothing_leads_to_are_found_by_their_references(tmp_path: Path) -> None:
    text = (
        f"Chain FORWARD (policy DROP)\n\nChain DOCKER-FORWARD (0 references)\n{LISTED}"
        "DOCKER-CT  all  --  0.0.0.0/0   0.0.0.0/0\nACCEPT     all  --  0.0.0.0/0   0.0.0.0/0\n"
    )
    assert "docker-chain-not-asked" in found(tmp_path, text)
    assert "docker-chain-not-asked" not in found(tmp_path, text.replace("(0 ref", "(1 ref"))


def test_a_chain_that_a_newer_engine_left_is_not_missed_where_forward_leads_to_docker(tmp_path: Path) -> None:
    text = (
        f"Chain FORWARD (policy DROP)\n{LISTED}DOCKER     all  --  0.0.0.0/0   0.0.0.0/0\n\n"
        f"Chain DOCKER-FORWARD (0 references)\n{LISTED}ACCEPT     all  --  0.0.0.0/0   0.0.0.0/0\n"
    )
    assert "docker-chain-not-asked" not in found(tmp_path, text)


def test_filter_alone_tells_that_swarms_chain_is_missing(tmp_path: Path) -> None:
    text = (
        "$ iptables -S\n-P INPUT ACCEPT\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n-N DOCKER\n-N DOCKER-USER\n"
        "-A FORWARD -o docker_gwbridge -j DOCKER\n-A FORWARD -i docker_gwbridge ! -o docker_gwbridge -j ACCEPT\n"
    )
    assert "swarm-ingress-chain-missing" in found(tmp_path, text)
    assert "swarm-ingress-chain-missing" not in found(tmp_path, text.replace("-N DOCKER-USER", "-N DOCKER-INGRESS"))


def test_a_file_that_iptables_restore_loads_does_not_tell_what_else_is_there(tmp_path: Path) -> None:
    text = (
        "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:DOCKER-USER - [0:0]\n-F DOCKER-USER\n"
        "-A DOCKER-USER -i eth0 -j DROP\nCOMMIT\n"
    )
    assert "docker-user-not-asked" not in found(tmp_path, text)
    assert "docker-user-not-asked" in found(
        tmp_path, text.replace("-F DOCKER-USER\n", "").replace("COMMIT", "-A DOCKER-USER -j RETURN\nCOMMIT")
    )
    assert any("a file that iptables-restore loads" in said for said in read(tmp_path, text)[1])


ROW = " pkts bytes target     prot opt in     out     source               destination\n"
RETURNS = "    0     0 RETURN     all  --  *      *       0.0.0.0/0            0.0.0.0/0\n"


def test_docker_user_that_a_listing_shows_without_references_is_not_asked(tmp_path: Path) -> None:
    text = f"Chain DOCKER-USER (0 references)\n{ROW}{RETURNS}"
    assert "docker-user-not-asked" in found(tmp_path, text)
    assert "docker-user-not-asked" not in found(tmp_path, text.replace("(0 ", "(1 "))


def test_docker_user_that_is_not_listed_is_not_said_to_be_empty(tmp_path: Path) -> None:
    text = f"{ROWS}$ iptables -nvL DOCKER\nChain DOCKER (1 references)\n{ROW}"
    row = "    0     0 ACCEPT     tcp  --  !br-a  br-a    0.0.0.0/0            172.18.0.2           tcp dpt:5432\n"
    assert "docker-user-empty" not in found(tmp_path, text + row)


@pytest.mark.parametrize(
    "cut",
    [
        "-A DOCKER -d 172.17.0.2/32 -p tcp -j ACC",
        "-A FORWARD -j DOCKER-US",
        "-A DOCKER -p tcp -m tcp --dport 80 -j DNAT",
        "-A DOCKER -p tcp -j DNAT --to-destination 172.17.0.",
        "-A DOCKER -p tcp -j DNAT --to-destination 172.17.0.2:",
    ],
)
def test_a_last_rule_that_ends_in_its_target_is_kept_and_told(tmp_path: Path, cut: str) -> None:
    text = f"*filter\n:FORWARD DROP [0:0]\n:DOCKER - [0:0]\n:DOCKER-USER - [0:0]\n-A FORWARD -j DOCKER\n{cut}"
    rules, gaps = read(tmp_path, text)
    assert sorted(rule for chain in rules.values() for rule in chain) == sorted(["-A FORWARD -j DOCKER", cut])
    assert f"line 6 of paste.txt, a rule whose target was cut off: {cut}" in gaps


@pytest.mark.parametrize(
    "whole", ["-A FORWARD -j DOCKER", "-A FORWARD -j mine", "-A DOCKER -j DNAT --to-destination 192.0.2.1"]
)
def test_a_last_rule_that_is_whole_is_not_said_to_be_cut(tmp_path: Path, whole: str) -> None:
    text = f"*filter\n:FORWARD DROP [0:0]\n:DOCKER - [0:0]\n:DOCKER-USER - [0:0]\n{whole}"
    rules, gaps = read(tmp_path, text)
    assert whole in [rule for chain in rules.values() for rule in chain]
    assert not any("cut off" in said for said in gaps)


WHOLE = "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n{}COMMIT\n"
OWN = (
    "table inet own {{\n\tchain c {{\n\t\ttype filter hook input priority 0; policy drop;\n"
    "\t\ttcp dport 22 accept\n{}\t}}\n}}\n"
)


@pytest.mark.parametrize("text", [WHOLE, OWN])
def test_what_a_policy_drops_is_not_called_blocked_where_rules_are_left_out(tmp_path: Path, text: str) -> None:
    assert Outcome.BLOCKED in outcomes(tmp_path, text.format(""))
    assert outcomes(tmp_path, text.format("[...]\n")) == {Outcome.MAY}


@pytest.mark.parametrize("last", ["", "\t\ttcp dport 80 drop\n", "\t\ttcp dport 80 reject\n"])
def test_a_trace_is_not_sure_of_what_a_table_stops_of_which_rules_are_left_out(last: str) -> None:
    host = load(ONE_PORT / "01")

    def traced(left_out: str) -> Trace:
        own = OWN.format(last).replace("\t}\n}\n", left_out + "\t}\n}\n")
        files = {**host.files, Source.NFT_RULESET: own.encode()}
        snapshot = parse_snapshot(msgspec.structs.replace(host, files=files))
        return answer_query(TraceQuery("internet", "192.0.2.10:80/tcp"), snapshot, snapshot.program).trace

    (stopped,) = traced("").ends
    assert stopped.sure
    assert stopped.kind in (EndKind.DROPPED, EndKind.REJECTED)
    doubtful = traced("\t\t[...]\n")
    assert doubtful.outcome is Outcome.MAY
    assert not any(end.sure for end in doubtful.ends)
    assert [describe_reason(one) for one in doubtful.doubts] == ["nft-ruleset.json: not recorded"]


def outcomes(tmp_path: Path, text: str) -> set[Outcome]:
    """Return what may become of packets of the Internet to programs of the host."""
    (tmp_path / "paste.txt").write_text(text)
    rows = show(load(tmp_path / "paste.txt"), ComputeExposure.ALWAYS).exposure or ()
    found = [one.exposure for one in rows if one.exposure.zone.kind is ZoneKind.INTERNET]
    return {one.outcome for one in found if one.destination.family == "ip"}

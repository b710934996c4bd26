"""Texts that were compared, numbered, escaped or broken at a terminal's edge: their rules are read all the same."""

import json
from pathlib import Path

import pytest
from programs import run_inside

from netaudit import RecordingError, load, run_checks
from netaudit.model.facts import GapReason
from netaudit.parse import parse_snapshot
from netaudit.parse.paste.plain.undone import undone

NAT = """*nat
:PREROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A DOCKER -i docker0 -j RETURN
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 5432 -j DNAT --to-destination 172.17.0.2:5432
COMMIT
"""
HEADS = ("*nat", ":", "COMMIT")
RULES = [line for line in NAT.splitlines() if line.startswith("-A")]
LISTED = """Chain FORWARD (policy DROP 0 packets, 0 bytes)
num   pkts bytes target       prot opt in     out     source               destination
1        7   420 DOCKER-USER  all  --  *      *       0.0.0.0/0            0.0.0.0/0
2        7   420 ACCEPT       tcp  --  eth0   docker0  192.0.2.0/24        172.17.0.2           tcp dpt:5432
3        0     0 ACCEPT       udp  --  docker0 !docker0  0.0.0.0/0         0.0.0.0/0            udp dpt:53
Chain DOCKER-USER (1 references)
num   pkts bytes target       prot opt in     out     source               destination
"""


def read(tmp_path: Path, text: str) -> tuple[list[str], list[str]]:
    """Return the rules, and what is lost with its lines."""
    (tmp_path / "paste.txt").write_text(text)
    snapshot = parse_snapshot(load(tmp_path / "paste.txt"))
    chains = [chain for table in snapshot.ruleset.tables for chain in table.chains]
    return [rule.text for chain in chains for rule in chain.rules], [
        gap.detail.replace(" of paste.txt", "") for gap in snapshot.gaps
    ]


NUMBERED = (
    "\n".join(f"{number:6d}  {line}" for number, line in enumerate(NAT.splitlines(), 1)),
    "\n".join(f"{number:6d}\t{line}" for number, line in enumerate(NAT.splitlines(), 1)),
    "\n".join(f"{number}:{line}" for number, line in enumerate(NAT.splitlines(), 1)),
)
ESCAPED = (
    json.dumps({"stdout": NAT, "rc": 0}),
    f"the task said {json.dumps(NAT)} and then stopped",
)
COMPARED = (
    "--- a\n+++ b\n@@ -1,6 +1,7 @@\n" + "\n".join(f"{'+' if '5432' in one else ' '}{one}" for one in NAT.splitlines()),
    "\n".join(f"{'+' if '5432' in one else ''}{one}" for one in NAT.splitlines()),
    "\n".join(f"{'+ ' if '5432' in one else ''}{one}" for one in NAT.splitlines()),
)


@pytest.mark.parametrize("text", [*NUMBERED, *ESCAPED, *COMPARED])
def test_the_rules_of_a_text_are_read_however_it_was_brought_here(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text)[0] == RULES


def test_what_a_comparison_removed_is_no_rule_and_is_told(tmp_path: Path) -> None:
    text = "@@ -1,3 +1,3 @@\n -A DOCKER -i docker0 -j RETURN\n+" + RULES[2] + "\n--A DOCKER-USER -i eth0 -j DROP\n"
    rules, lost = read(tmp_path, text)
    assert rules == RULES[1:]
    assert any("passed by" in said and "and 1 more" in said for said in lost)


def test_lines_of_an_escaped_text_are_counted_by_its_escapes_and_said_so(tmp_path: Path) -> None:
    assert "its line ends are written as \\n: lines are counted by them" in read(tmp_path, ESCAPED[0])[1]


def test_rows_that_a_terminal_broke_at_its_edge_are_not_taken_for_whole_ones(tmp_path: Path) -> None:
    broken = "\n".join(line[:80] + ("\n" + line[80:] if line[80:] else "") for line in LISTED.splitlines())
    rules, lost = read(tmp_path, broken)
    assert len(rules) == 3
    assert all("--unread" in rule for rule in rules)
    assert any("which iptables does not print, passed by" in said for said in lost)


def broken_at(width: int, text: str) -> str:
    """Return a text as a terminal of a width prints it, each of its ends a line's end."""
    lines = text.splitlines()
    return "".join(f"{line[at : at + width]}\n" for line in lines for at in range(0, max(len(line), 1), width))


LONG = NAT.replace("COMMIT\n", "".join(f"{RULES[2]}{port}\n" for port in range(3)) + "COMMIT\n")


def test_rules_that_a_terminal_broke_inside_a_word_are_whole_again_and_each_join_is_told(tmp_path: Path) -> None:
    rules, lost = read(tmp_path, broken_at(80, LONG))
    assert rules == [line for line in LONG.splitlines() if line.startswith("-A")]
    assert [said for said in lost if "joined" in said] == [
        f"line {line} was joined with the one before: a terminal broke them" for line in (7, 9, 11, 13)
    ]


def test_rows_of_docker_ps_are_joined_with_8_lines_at_most() -> None:
    lines = undone(["CONTAINER ID   IMAGE   COMMAND", "NAMES", "0123456789ab   web   nginx", *["y" * 20] * 5000])
    assert lines[2].count("yyy y") < 8
    assert lines[20:] == ["y" * 20] * (len(lines) - 20)


def test_a_rule_that_is_whole_is_joined_with_nothing_that_follows(tmp_path: Path) -> None:
    whole = [line.ljust(90, "9") for line in (f"{RULES[2]}", f"{RULES[2]}1")]
    text = "\n".join(["*nat", ":DOCKER - [0:0]", whole[0], "5 words that nobody knows", whole[1], ":5432", "COMMIT"])
    rules, lost = read(tmp_path, text)
    assert rules == whole
    assert any("line 4, passed by" in said for said in lost)
    assert any("line 6, which is no rule" in said for said in lost)


COUNTED = """# Generated by iptables-save v1.8.7 on Sat Nov 28 06:00:00 2026
*filter
:FORWARD DROP [0:0]
:DOCKER - [0:0]
[0:0] -A FORWARD -o docker0 -j DOCKER
[0:0] -A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
[0:0] -A DOCKER -d 172.17.0.3/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 81 -j ACCEPT
[0:0] -A DOCKER -d 172.17.0.4/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 82 -j ACCEPT
[0:0] -A DOCKER ! -i docker0 -o docker0 -j DROP
COMMIT
"""
HANDLES = """$ sudo nft -a list ruleset
table inet fw { # handle 1
\tchain input { # handle 1
\t\ttype filter hook input priority filter; policy accept;
\t\tiifname "eth0" ip saddr 192.0.2.0/24 tcp dport 8080 counter packets 0 bytes 0 drop # handle 10
\t\tiifname "eth0" ip saddr 192.0.2.0/24 tcp dport 8081 counter packets 0 bytes 0 drop # handle 11
\t\tiifname "eth0" tcp dport 22 accept # handle 12
\t\tiifname "eth0" tcp dport 23 drop # handle 13
\t}
}
"""
ROWS = """Chain FORWARD (policy DROP)
target     prot opt source               destination
ACCEPT     tcp  --  0.0.0.0/0            172.17.0.2           tcp dpt:80
ACCEPT     tcp  --  0.0.0.0/0            172.17.0.3           tcp dpt:81
DROP       sctp --  0.0.0.0/0            0.0.0.0/0
ACCEPT     tcp  --  0.0.0.0/0            172.17.0.2           tcp dpt:82
DROP  ipv6-icmp --  0.0.0.0/0            0.0.0.0/0
"""
LISTENERS = """$ sudo ss -tulpn
Netid State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess
udp   UNCONN 0      0            0.0.0.0:68        0.0.0.0:*    users:(("dhclient",pid=600,fd=4))
tcp   LISTEN 0      4096         0.0.0.0:8080      0.0.0.0:*    users:(("docker-proxy",pid=1234,fd=4))
tcp   LISTEN 0      4096         0.0.0.0:8081      0.0.0.0:*    users:(("docker-proxy",pid=1235,fd=4))
tcp   LISTEN 0      128          0.0.0.0:22        0.0.0.0:*    users:(("sshd",pid=700,fd=3))
tcp   LISTEN 0      128          0.0.0.0:23        0.0.0.0:*    users:(("telnetd",pid=70,fd=3))
"""
CONTAINERS = """$ docker ps
CONTAINER ID   IMAGE     COMMAND   CREATED   STATUS    PORTS                                     NAMES
0123456789ab   web       "nginx"   1h ago    Up 1 h    0.0.0.0:8080->80/tcp, [::]:8080->80/tcp   web-aaa1
0123456789ac   db        "pg"      1h ago    Up 1 h    0.0.0.0:5432->54/tcp, [::]:5432->54/tcp   db-aaaa1
0123456789ad   q         "r"       1h ago    Up 1 h    0.0.0.0:6379->6379/tcp                    q
"""


@pytest.mark.parametrize("text", [COUNTED, HANDLES, ROWS, LISTENERS, CONTAINERS])
def test_lines_of_the_same_length_that_are_whole_stay_lines(text: str) -> None:
    assert undone(text.splitlines()) == text.splitlines()


def test_at_most_8_lines_become_one_however_many_are_as_wide() -> None:
    lines = ["-A FORWARD -m comment --comment ".ljust(80, "x"), *["y" * 80] * 5000, "z -j ACCEPT"]
    assert undone(lines) == lines


APART = (
    "--- a\n+++ b\n@@ -1,3 +1,3 @@\n *filter\n-:FORWARD ACCEPT [0:0]\n+:FORWARD DROP [0:0]\n :DOCKER - [0:0]\n"
    "@@ -40,2 +40,3 @@\n -A DOCKER -i eth0 -j DROP\n+-A DOCKER -i eth1 -j DROP\n COMMIT\n"
)
LATE = "@@ -8,2 +8,3 @@\n -A DOCKER -i eth0 -j DROP\n+-A DOCKER -i eth1 -j DROP\n COMMIT\n"


@pytest.mark.parametrize(("text", "said"), [(APART, "line 8, {} 4 to 39 {}"), (LATE, "line 1, {} 1 to 7 {}")])
def test_lines_that_a_comparison_leaves_out_may_be_any_rules(tmp_path: Path, text: str, said: str) -> None:
    read(tmp_path, text)
    told = said.format("lines are left out before it: lines", "of the later side")
    gaps = [gap for gap in load(tmp_path / "paste.txt").gaps if gap.detail == told]
    assert [(gap.source, gap.reason) for gap in gaps] == [("iptables-save.txt", GapReason.NOT_RECORDED)]


def test_a_comparison_of_which_nothing_is_left_out_says_no_such_thing(tmp_path: Path) -> None:
    assert not any("left out" in said for said in read(tmp_path, COMPARED[0])[1])


def test_rows_whose_end_a_terminal_cut_off_are_rules_that_match_nobody_knows_what(tmp_path: Path) -> None:
    rules, lost = read(tmp_path, "\n".join(line[:72] for line in LISTED.splitlines()))
    assert rules == [
        '-A FORWARD -m listing --unread "…" -j DOCKER-USER',
        '-A FORWARD -i eth0 -o docker0 -p tcp -m listing --unread "…" -j ACCEPT',
        '-A FORWARD -i docker0 ! -o docker0 -p udp -m listing --unread "…" -j ACCEPT',
    ]
    assert any(said.startswith("line 3, a row that was cut off") for said in lost)
    found = {one.check.id for one in run_checks(load(tmp_path / "paste.txt")).findings}
    assert found == {"rules-not-seen", "docker-not-seen"}


def test_rows_of_docker_ps_that_a_terminal_broke_name_their_containers(tmp_path: Path) -> None:
    text = (
        "$ docker ps\nCONTAINER ID   IMAGE      COMMAND   CREATED   STATUS\nPORTS     NAMES\n"
        '8f2a1b3c4d5e   postgres:16   "docker…"   2 hours ago   Up 2 hours\n0.0.0.0:5432->5432/tcp   db\n'
        '1f2a1b3c4d5e   redis:7   "docker…"   2 hours ago   Up 2 hours\n6379/tcp   cache\n$ exit\n'
    )
    (tmp_path / "paste.txt").write_text(text + NAT)
    containers = parse_snapshot(load(tmp_path / "paste.txt")).inventory.containers
    assert [one.name for one in containers] == ["db", "cache"]


@pytest.mark.parametrize("typed", ["iptables -R DOCKER-USER 1 -i eth0 -j DROP", "sudo iptables -t nat -D DOCKER 2"])
def test_a_command_that_changes_rules_leaves_them_unsure(tmp_path: Path, typed: str) -> None:
    lost = read(tmp_path, f"#!/bin/sh\nset -e\niptables -A INPUT -p tcp --dport 22 -j ACCEPT\n{typed}\n")[1]
    assert f"line 4, a command that the list beside it may not show: {typed}" in lost


def test_commands_in_a_list_of_yaml_leave_the_rules_beside_them_unsure(tmp_path: Path) -> None:
    inside = "".join(f"      {line}\n" for line in NAT.splitlines())
    text = f"#cloud-config\nwrite_files:\n  - path: /etc/rules\n    content: |\n{inside}runcmd:\n"
    rules, lost = read(tmp_path, f"{text}  - iptables -I DOCKER-USER -i eth0 -j DROP\n")
    assert rules == RULES
    assert any("a command that the list beside it may not show" in said for said in lost)


def test_json_of_which_nothing_is_read_is_told_with_its_line(tmp_path: Path) -> None:
    text = '$ docker inspect -f "{{json .Ports}}" db\n{"5432/tcp":[{"HostIp":"0.0.0.0","HostPort":"5432"}]}\n'
    assert "line 2: JSON of which nothing is read" in read(tmp_path, text + NAT)[1]


def test_a_row_that_does_not_stand_below_its_heading_has_its_name_last(tmp_path: Path) -> None:
    heading = "CONTAINER ID IMAGE COMMAND CREATED STATUS PORTS NAMES"
    row = '8f2a1b3c4d5e postgres:16 "docker-entry…" 2 hours ago Up 2 hours 0.0.0.0:5432->5432/tcp db'
    (tmp_path / "paste.txt").write_text(f"$ docker ps\n{heading}\n{row}\n{NAT}")
    assert [one.name for one in parse_snapshot(load(tmp_path / "paste.txt")).inventory.containers] == ["db"]


def test_several_files_are_one_host_for_every_command_that_looks_at_a_host(tmp_path: Path) -> None:
    (tmp_path / "rules.txt").write_text(NAT)
    row = '8f2a1b3c4d5e   postgres:16   "docker…"   2 hours ago   Up 2 hours   0.0.0.0:5432->5432/tcp   db\n'
    (tmp_path / "ps.txt").write_text(f"CONTAINER ID   IMAGE   COMMAND   CREATED   STATUS   PORTS   NAMES\n{row}")
    (tmp_path / "policy.yaml").write_text("policy:\n  - internet cannot reach container:db:5432/tcp\n")
    files = [str(tmp_path / "rules.txt"), str(tmp_path / "ps.txt")]
    explained = run_inside("explain", "db", *files)
    traced = run_inside("trace", "--from", "192.0.2.1", "--in", "eth0", "--to", "203.0.113.7:5432/tcp", *files)
    held = run_inside("assert", "--policy", str(tmp_path / "policy.yaml"), *files)
    assert "publishes 0.0.0.0:5432" in explained.stdout
    assert "-A DOCKER ! -i docker0 -p tcp" in traced.stdout
    assert "internet cannot reach container:db:5432/tcp" in held.stdout


def test_a_file_of_nfts_language_keeps_its_definitions_where_it_is_given_as_it_is(tmp_path: Path) -> None:
    text = (
        "#!/usr/sbin/nft -f\nflush ruleset\ndefine wan\t= eth0\ndefine ports = {\n  22,\n  443\n}\n\n"
        "table inet fw {\n chain in {\n  type filter hook input priority 0; policy drop;\n"
        "  iifname $wan tcp dport $ports accept\n }\n}\n"
    )
    assert read(tmp_path, text)[0] == ['iifname "eth0" tcp dport { 22, 443 } accept']


def test_definitions_alone_are_no_rules(tmp_path: Path) -> None:
    (tmp_path / "paste.txt").write_text("define wan = eth0\ndefine lan = eth1\n")
    with pytest.raises(RecordingError):
        load(tmp_path / "paste.txt")

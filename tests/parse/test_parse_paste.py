"""What people paste: several answers in one text, with prompts, fences, quotes and prose between."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sampling import every

from netaudit.errors import ParseError, RecordingError
from netaudit.model.facts import Facts, GapReason, Source
from netaudit.model.snapshot import Snapshot
from netaudit.parse import parse_snapshot
from netaudit.parse.paste import split
from netaudit.store import load

ISSUE = """### Description

Only localhost can reach the port.

```
$ docker version
Client: Docker Engine - Community
 Version:           27.0.0
Server: Docker Engine - Community
 Engine:
  Version:          26.1.0
$ docker ps
CONTAINER ID   IMAGE          COMMAND        CREATED      STATUS        PORTS                                   NAMES
0123456789ab   nginx:latest   "/docker-e…"   22 hours ago Up 22 hours   0.0.0.0:8080->80/tcp, :::8080->80/tcp   web
abcdef012345   postgres:16    "docker-en…"   2 days ago   Exited (0) 1 day ago                                  db
$ sudo iptables -nvL
Chain FORWARD (policy DROP 0 packets, 0 bytes)
 pkts bytes target     prot opt in     out     source               destination
    1    60 DOCKER     all  --  *      docker0  0.0.0.0/0            0.0.0.0/0
2  ...
$ sudo iptables -t nat -S
-P PREROUTING ACCEPT
-N DOCKER
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
$ sysctl net.ipv4.ip_forward
net.ipv4.ip_forward = 1
```
Thanks!
"""


def facts_of(tmp_path: Path, text: str, name: str = "paste.txt") -> Facts:
    (tmp_path / name).write_text(text)
    return load(tmp_path / name)


def read(tmp_path: Path, text: str) -> Snapshot:
    return parse_snapshot(facts_of(tmp_path, text))


def rules(snapshot: Snapshot) -> list[str]:
    return [
        f"{table.name} {rule.text}"
        for table in snapshot.ruleset.tables
        for chain in table.chains
        for rule in chain.rules
    ]


def details(snapshot: Snapshot, source: str) -> list[str]:
    """Return what is said of a source, with the lines of the file that all tests here call paste.txt."""
    return [gap.detail.replace(" of paste.txt", "") for gap in snapshot.gaps if gap.source == source and gap.detail]


def test_an_issue_with_several_answers_gives_each_of_them(tmp_path: Path) -> None:
    snapshot = read(tmp_path, ISSUE)
    assert sorted(rules(snapshot)) == [
        "filter -A FORWARD -o docker0 -j DOCKER",
        "nat -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80",
    ]
    assert snapshot.inventory is not None
    assert snapshot.inventory.version == "26.1.0"
    assert [(one.name, one.running, list(map(str, one.bindings))) for one in snapshot.inventory.containers] == [
        ("web", True, ["0.0.0.0:8080 → 80/tcp", "[::]:8080 → 80/tcp"]),
        ("db", False, []),
    ]
    assert snapshot.host.sysctls == (("net.ipv4.ip_forward", "1"),)


def test_what_was_skipped_and_left_out_is_told_with_the_lines_of_the_file(tmp_path: Path) -> None:
    snapshot = read(tmp_path, ISSUE)
    assert "line 20: rows are left out: 2  ..." in details(snapshot, Source.IPTABLES_NFT)
    assert details(snapshot, "paste.txt") == ["line 3, passed by: 'Only localhost can reach the port.' and 1 more"]


def test_rows_that_are_left_out_among_rules_leave_the_rules_unseen(tmp_path: Path) -> None:
    gaps = [gap for gap in read(tmp_path, ISSUE).gaps if "left out" in gap.detail]
    assert [(gap.source, gap.reason) for gap in gaps] == [(Source.IPTABLES_NFT, GapReason.NOT_RECORDED)]


def test_quotes_and_entities_of_mails_and_pages_are_undone(tmp_path: Path) -> None:
    text = "> # nft list ruleset\n> table ip f {\n>   chain c {\n>     iif &quot;lo&quot; accept\n>   }\n> }\n> ok?\n"
    assert rules(read(tmp_path, text)) == ['f iif "lo" accept']


def test_a_table_without_its_commit_is_read_and_told(tmp_path: Path) -> None:
    snapshot = read(tmp_path, "here it is\n*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j ACCEPT\n\nbye\n")
    assert rules(snapshot) == ["nat -A PREROUTING -j ACCEPT"]
    assert "table nat may have more rules: its COMMIT is not there, after line 4" in details(
        snapshot, Source.IPTABLES_NFT
    )


def test_lines_that_grep_left_are_read_without_their_tables_heads(tmp_path: Path) -> None:
    text = (
        "# iptables-save | grep DOCKER\n:DOCKER - [0:0]\n[5:300] -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\n"
        "-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE\n-A FORWARD -o docker0 -j DOCKER\n"
    )
    assert sorted(rules(read(tmp_path, text))) == [
        "filter -A FORWARD -o docker0 -j DOCKER",
        "nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE",
        "nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
    ]


def test_an_excerpt_of_docker_inspect_is_inventory(tmp_path: Path) -> None:
    text = """$ docker inspect web
[
    {
        "Id": "0123456789ab",
        "Name": "/web",
        ...
        "NetworkSettings": {
            "Ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]},
            "Networks": {"bridge": {"NetworkID": "aaaa", "IPAddress": "172.17.0.2", "IPPrefixLen": 16}}
"""
    inventory = read(tmp_path, f"{text}$ iptables -S\n-P FORWARD DROP\n").inventory
    assert inventory is not None
    assert [(one.name, one.running, one.endpoints[0].ipv4) for one in inventory.containers] == [
        ("web", True, "172.17.0.2")
    ]


def test_a_warning_about_legacy_tables_means_a_second_ruleset(tmp_path: Path) -> None:
    text = "# Warning: iptables-legacy tables present, use iptables-legacy to see them\nChain INPUT (policy DROP)\n"
    snapshot = read(tmp_path, f"{text}target prot opt source destination\n")
    assert details(snapshot, Source.IPTABLES_LEGACY) == [
        "there is a second ruleset: iptables warns that iptables-legacy tables are present"
    ]


def test_prerouting_alone_that_leads_to_dockers_chain_is_of_nat(tmp_path: Path) -> None:
    text = "Chain PREROUTING (policy ACCEPT)\ntarget prot opt source destination\nDOCKER all -- anywhere anywhere\n"
    assert [table.name for table in read(tmp_path, text).ruleset.tables] == ["nat"]


def test_interfaces_are_taken_only_where_all_are_listed(tmp_path: Path) -> None:
    one = "3: docker0: <UP> mtu 1500 state UP\n    inet 172.17.0.1/16 scope global docker0\n"
    rest = "1: lo: <LOOPBACK,UP> mtu 65536\n    inet 127.0.0.1/8 scope host lo\n"
    rules_ = "-P FORWARD DROP\n"
    assert read(tmp_path, f"$ ip a\n{one}$ iptables -S\n{rules_}").host.interfaces == ()
    whole = read(tmp_path, f"$ ip a\n{rest}{one}$ iptables -S\n{rules_}")
    assert [face.name for face in whole.host.interfaces] == ["lo", "docker0"]


@pytest.mark.parametrize(
    "line", every(3, ["{", "[", "*nat", "a " * 300, "table ip f {", "Chain A (", "(" * 300, '"Ports": {'])
)
def test_many_lines_of_a_kind_are_read_in_little_time(tmp_path: Path, line: str) -> None:
    began = time.process_time()
    with suppress(ParseError, RecordingError):
        read(tmp_path, f"{line}\n" * 5000)
    assert time.process_time() - began < 10


def test_the_family_of_a_table_is_told_by_its_own_lines_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Counting(list[str]):
        asked = 0

        def __iter__(self) -> Iterator[str]:
            for one in super().__iter__():
                self.asked += 1
                yield one

        def __getitem__(self, at: Any) -> Any:
            self.asked += 1
            return super().__getitem__(at)

    lines = Counting(["*raw", "COMMIT"] * 500)
    monkeypatch.setattr(split, "clean_lines", lambda _text: lines)
    split.split_paste("")
    assert lines.asked <= 6 * len(lines)


def test_prose_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"paste\.txt is not a recording"):
        facts_of(tmp_path, "I restarted docker and now nothing works.\nAny idea?\n")


def test_rules_of_which_none_is_whole_are_no_recording(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"paste\.txt is not a recording"):
        facts_of(tmp_path, ":INPUT ACCEPT [0:0]*-A INPUT -j DROP\nCOMMIT\n")


def test_errors_name_the_file_as_the_user_does(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match=r"^paste\.txt:2: a line of more than"):
        read(tmp_path, f"*filter\n-A INPUT -j {'x' * (1 << 21)}\nCOMMIT\n")


def test_a_row_that_was_cut_is_a_gap_with_its_line_and_the_others_are_read(tmp_path: Path) -> None:
    text = "Chain INPUT (policy DROP)\n pkts bytes target prot opt in out source destination\n"
    text += "    5   300 ACCEPT     tcp  --  eth0\n    5   300 DROP all -- * * 0.0.0.0/0 0.0.0.0/0\n"
    snapshot = read(tmp_path, text)
    assert rules(snapshot) == ["filter -A INPUT -j DROP"]
    assert any(detail.startswith("line 3, a row that was cut off") for detail in details(snapshot, Source.IPTABLES_NFT))


def test_a_copy_that_ends_in_the_middle_of_a_rule_keeps_the_rules_before(tmp_path: Path) -> None:
    text = "so:\n*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -i lo -j ACCEPT\n-A fw -j DROP\n-A IN\n"
    snapshot = read(tmp_path, text)
    assert rules(snapshot) == ["filter -A INPUT -i lo -j ACCEPT", "filter -A fw -j DROP"]
    assert "line 6, a rule that was cut off: -A IN" in details(snapshot, Source.IPTABLES_NFT)

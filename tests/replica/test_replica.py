"""The operator's own commands on a replica: real programs on this kernel, and nothing of the host that is touched."""

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from sampling import every

import netaudit
from netaudit.errors import PlanError
from netaudit.model.facts import Facts, Source
from netaudit.model.netfilter.ruleset import Item
from netaudit.replica.try_command import Tried, try_command

pytestmark = pytest.mark.kernel
REPOSITORY = Path(__file__).parents[2]
RECORDINGS = REPOSITORY / "tests" / "recordings"
TWO_NETS = RECORDINGS / "28.5.2-iptables-nft" / "two-nets" / "04"
LEGACY = RECORDINGS / "28.5.2-iptables-legacy" / "operators-rules" / "02"
NATIVE = RECORDINGS / "29.0.0-nftables" / "default-one-port" / "01"
ALL = sorted(path.parent for path in RECORDINGS.rglob("recording.json") if "bad" not in path.parts)


def _try(facts: Facts | Path, *command: str) -> Tried:
    given = netaudit.load(facts) if isinstance(facts, Path) else facts
    return try_command(given, command, elsewhere=True)


def _changes(tried: Tried) -> list[tuple[str, str, str]]:
    found = netaudit.compare(tried.before, tried.after, netaudit.ComputeExposure.NEVER)
    return [(type(one.change).__name__, one.change.item.where, one.change.item.text) for one in found.changes]


def _gaps(tried: Tried) -> list[str]:
    return [gap.detail for gap in tried.before.gaps if gap.source == "replica"]


@pytest.mark.parametrize(
    ("recording", "backend"), [(TWO_NETS, "iptables-nft"), (LEGACY, "iptables-legacy")], ids=["nft", "legacy"]
)
def test_a_rule_is_inserted_where_the_program_puts_it_in_the_backend_of_the_host(recording: Path, backend: str) -> None:
    tried = _try(recording, "iptables", "-I", "DOCKER-USER", "-i", "eth0", "-p", "tcp", "--dport", "80", "-j", "DROP")
    text = "-A DOCKER-USER -i eth0 -p tcp -m tcp --dport 80 -j DROP"
    assert _changes(tried) == [("Added", "filter/DOCKER-USER#1", text)]
    (change,) = netaudit.compare(tried.before, tried.after, netaudit.ComputeExposure.NEVER).changes
    assert change.change.item.backend == backend
    assert _gaps(tried) == []


@pytest.mark.parametrize(
    ("command", "changed"),
    [("delete table inet mine", []), ("add chain inet mine x", [("Added", "inet:mine/x", "chain x")])],
)
def test_a_table_that_holds_nothing_is_there_too(command: str, changed: list[tuple[str, str, str]]) -> None:
    host = netaudit.load(NATIVE)
    listed = {"nftables": [{"table": {"family": "inet", "name": "mine", "handle": 99}}]}
    files = {**host.files, Source.NFT_TABLES: json.dumps(listed).encode()}
    assert [one[:2] for one in _changes(_try(msgspec.structs.replace(host, files=files), "nft", *command.split()))] == [
        one[:2] for one in changed
    ]


def test_exposure_follows_from_the_command() -> None:
    tried = _try(TWO_NETS, "iptables", "-I", "DOCKER-USER", "-i", "eth0", "-j", "DROP")
    closed = netaudit.compare(tried.before, tried.after).exposure or ()
    outside = [one for one in closed if one.before and str(one.before.exposure.zone) == "internet"]
    assert {one.before.exposure.destination.container_name for one in outside if one.before} == {"i1", "i2"}
    assert {one.after.exposure.outcome for one in outside if one.after} == {netaudit.Outcome.BLOCKED}


def test_a_native_rule_is_named_by_the_handle_that_it_has_on_the_host() -> None:
    facts = netaudit.load(NATIVE)
    rules = [one["rule"] for one in json.loads(facts.files[Source.NFT_RULESET])["nftables"] if "rule" in one]
    last = [one for one in rules if one["chain"] == "filter-forward-in__docker0" and one["family"] == "ip"][-1]
    command = ("nft", "delete", "rule", "ip", "docker-bridges", last["chain"], "handle", str(last["handle"]))
    ((verb, where, text),) = _changes(_try(facts, *command))
    assert (verb, where.partition("#")[0]) == ("Removed", "ip:docker-bridges/filter-forward-in__docker0")
    assert "UNPUBLISHED PORT DROP" in text


def test_a_handle_of_iptables_rules_is_refused_for_no_recording_has_it() -> None:
    with pytest.raises(PlanError, match="the handles of table ip filter cannot be had"):
        _try(TWO_NETS, "sh", "-c", "nft delete rule ip filter DOCKER-USER handle 1 || true")


def test_a_native_table_is_made_filled_and_deleted() -> None:
    made = _try(
        NATIVE,
        "sh",
        "-c",
        "nft add table inet own; nft add set inet own bad '{ type ipv4_addr; }'; "
        "nft add element inet own bad '{ 192.0.2.1 }'; nft add chain inet own f; nft add rule inet own f drop",
    )
    assert [where for _, where, _ in _changes(made)] == ["inet:own/f", "inet:own/f#1", "inet:own/bad", "inet:own/bad"]
    assert _changes(_try(made.after, "nft", "delete", "table", "inet", "own"))[0][0] == "Removed"


def test_a_rule_that_cannot_be_loaded_here_keeps_its_place_and_is_a_gap() -> None:
    facts = netaudit.load(TWO_NETS)
    odd = b"-A DOCKER-USER -m nosuch --word 7 -j DROP\n"
    lines = facts.files[Source.IPTABLES_NFT].decode().splitlines()
    place = next(at for at, line in enumerate(lines) if "-A DOCKER-FORWARD" in line)
    lines.insert(place, odd.decode().strip())
    files = {**facts.files, Source.IPTABLES_NFT: ("\n".join(lines) + "\n").encode()}
    tried = _try(msgspec.structs.replace(facts, files=files), "iptables", "-A", "DOCKER-USER", "-j", "RETURN")
    assert _changes(tried) == [("Added", "filter/DOCKER-USER#2", "-A DOCKER-USER -j RETURN")]
    (gap,) = _gaps(tried)
    assert gap.startswith("-A DOCKER-USER -m nosuch --word 7 -j DROP: ")
    assert odd.strip() in tried.after.files[Source.IPTABLES_NFT]


def test_what_is_around_the_rules_is_changed_too() -> None:
    tried = _try(
        TWO_NETS,
        *(
            "sh",
            "-c",
            "ip route add blackhole 10.9.0.0/16; ip addr add 203.0.113.9/24 dev eth0; sysctl -w net.ipv4.ip_forward=0",
        ),
    )
    before, after = (json.loads(facts.files[Source.IP_ROUTE]) for facts in (tried.before, tried.after))
    come = {one["dst"] for one in after if one not in before and one.get("table") != "local"}
    assert come == {"10.9.0.0/16", "203.0.113.0/24"}
    assert [one for one in before if one not in after] == []
    eth0 = next(one for one in json.loads(tried.after.files[Source.IP_ADDR]) if one["ifname"] == "eth0")
    assert "203.0.113.9" in [one["local"] for one in eth0["addr_info"]]
    assert b"net.ipv4.ip_forward = 0\n" in tried.after.files[Source.SYSCTL]


_CREATED = "create bad hash:net family inet hashsize 1024 maxelem 65536 bucketsize 12"


def test_what_no_recording_holds_is_said() -> None:
    tried = _try(
        TWO_NETS, "sh", "-c", "ip rule add fwmark 3 table 7; ipset create bad hash:net; ipset add bad 192.0.2.0/24"
    )
    assert sorted(_gaps(tried)) == [
        "ip rule + 32765: from all fwmark 0x3 lookup 7: policy rules were not recorded",
        "ipset + add bad 192.0.2.0/24: sets of ipset were not recorded",
        f"ipset + {_CREATED}: sets of ipset were not recorded",
    ]


def test_recorded_policy_rules_and_sets_are_made_and_changed() -> None:
    facts = netaudit.load(TWO_NETS)
    rules = b'[{"priority":100,"src":"192.0.2.0","srclen":24,"fwmark":"0x1","fwmask":"0xff","table":"7"}]'
    sets = b"create bad hash:net family inet\nadd bad 198.51.100.0/24\n"
    known = {Source.IP_RULE: rules, Source.IPSET: sets}
    tried = _try(
        msgspec.structs.replace(facts, files={**facts.files, **known}),
        *("sh", "-c", "ip rule del priority 100; ip rule add to 203.0.113.0/24 priority 90 table 8; ipset flush bad"),
    )
    assert [one["priority"] for one in json.loads(tried.after.files[Source.IP_RULE])] == [90]
    assert b"add bad" not in tried.after.files[Source.IPSET]
    assert _gaps(tried) == []


def test_rules_that_ask_for_a_set_are_loaded() -> None:
    made = _try(
        TWO_NETS, "sh", "-c", "ipset create bad hash:net; iptables -A DOCKER-USER -m set --match-set bad src -j DROP"
    )
    again = _try(msgspec.structs.replace(made.after, gaps=()), "iptables", "-A", "DOCKER-USER", "-j", "RETURN")
    assert [where for _, where, _ in _changes(again)] == ["filter/DOCKER-USER#2"]
    assert _gaps(again) == []


def test_ufw_writes_its_files_into_a_copy() -> None:
    before = Path("/etc/ufw/ufw.conf").read_bytes()
    tried = try_command(netaudit.load(TWO_NETS), ("ufw", "--force", "enable"))
    assert len(_changes(tried)) > 100
    assert Path("/etc/ufw/ufw.conf").read_bytes() == before


@pytest.mark.parametrize("command", [("ufw", "deny", "8080/tcp"), ("sh", "-c", "/usr/sbin/ufw deny 8080/tcp")])
def test_ufw_is_refused_on_a_recording_for_its_files_are_of_another_host(command: tuple[str, ...]) -> None:
    with pytest.raises(PlanError, match="ufw cannot be planned on a recording"):
        _try(TWO_NETS, *command)


def test_a_word_of_a_rule_is_no_program() -> None:
    command = ("iptables", "-A", "INPUT", "-m", "comment", "--comment", "managed by ufw", "-j", "ACCEPT")
    assert "managed by ufw" in str(_changes(_try(TWO_NETS, *command)))


def test_rules_are_restored_from_a_file_and_from_standard_input(tmp_path: Path) -> None:
    rules = tmp_path / "rules.v4"
    rules.write_text("*filter\n:DOCKER-USER - [0:0]\n-A DOCKER-USER -j DROP\nCOMMIT\n")
    from_file = _changes(_try(TWO_NETS, "iptables-restore", "--noflush", str(rules)))
    assert ("Added", "filter/DOCKER-USER#1", "-A DOCKER-USER -j DROP") in from_file
    argv = [sys.executable, "-m", "netaudit", "plan", "--on", str(TWO_NETS), "--no-exposure", "--format", "json"]
    with rules.open("rb") as given:
        done = subprocess.run([*argv, "--", "iptables-restore", "-n"], stdin=given, capture_output=True, check=False)
    assert [one["text"] for one in json.loads(done.stdout)["changes"] if one["change"] == "added"] == [
        "-A DOCKER-USER -j DROP"
    ]


def test_a_command_that_fails_is_no_plan() -> None:
    with pytest.raises(PlanError, match=r"iptables fails: iptables: No chain/target/match by that name"):
        _try(TWO_NETS, "iptables", "-A", "NOSUCH", "-j", "DROP")


@pytest.mark.parametrize("recording", every(40, ALL, of_matrix=60), ids=lambda path: "/".join(path.parts[-3:]))
def test_a_command_that_does_nothing_changes_no_byte_of_any_recording(recording: Path) -> None:
    tried = _try(recording, "sh", "-c", ":")
    assert tried.after.files == tried.before.files
    assert _gaps(tried) == []


@pytest.mark.parametrize("recording", every(40, ALL, of_matrix=60), ids=lambda path: "/".join(path.parts[-3:]))
def test_a_rule_that_comes_and_a_rule_that_goes_leave_all_others_as_they_are(recording: Path) -> None:
    facts = netaudit.load(recording)
    come = _try(facts, "iptables", "-A", "INPUT", "-s", "192.0.2.77", "-j", "DROP")
    ((verb, _, text),) = [one for one in _changes(come) if "policy" not in one[2]]
    assert (verb, text) == ("Added", "-A INPUT -s 192.0.2.77/32 -j DROP")
    gone = _try(come.after, "iptables", "-D", "INPUT", "-s", "192.0.2.77", "-j", "DROP")
    assert _items(gone.after) == _items(facts)


def _items(facts: Facts) -> set[Item]:
    shown = netaudit.show(facts).items
    return {msgspec.structs.replace(one.item, packets=None, octets=None) for one in shown if one.item.object == "rule"}

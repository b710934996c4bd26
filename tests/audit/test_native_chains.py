"""What nft's own chains at input and output tell by themselves, of texts that people paste."""

from pathlib import Path

import pytest

from netaudit.audit.subjects.listed.chains import ListedChains
from netaudit.audit.subjects.listed.incoming import bridges_kept_out
from netaudit.model.snapshot import Snapshot
from netaudit.parse import parse_snapshot
from netaudit.store import load

NAT = """table ip nat {
	chain DOCKER {
		iifname != "docker0" tcp dport 8080 counter packets 4 bytes 240 dnat to 172.17.0.2:80
	}
	chain PREROUTING {
		type nat hook prerouting priority dstnat; policy accept;
		fib daddr type local counter packets 57 bytes 2744 jump DOCKER
	}
}
"""
FILTER = """table ip filter {
	chain FORWARD {
		type filter hook forward priority filter; policy drop;
		iifname "docker0" oifname != "docker0" counter packets 4 bytes 240 accept
	}
}
"""


def chain(hook: str, policy: str, *rules: str) -> str:
    said = "".join(f"\t\t{rule}\n" for rule in rules)
    own = "\tchain late {\n\t\treject\n\t}\n"
    base = f"\t\ttype filter hook {hook} priority filter; policy {policy};\n"
    return f"table inet own {{\n{own}\tchain c {{\n{base}{said}\t}}\n}}\n"


@pytest.fixture
def pasted(tmp_path: Path) -> Path:
    return tmp_path / "paste.txt"


def read(pasted: Path, text: str) -> Snapshot:
    pasted.write_text(text)
    return parse_snapshot(load(pasted))


LO, OUT = 'iif "lo" accept', 'oif "lo" accept'
REPLIES, WEB = "ct state established,related accept", "tcp dport { 80, 443 } accept"


@pytest.mark.parametrize(
    ("policy", "rules", "found"),
    [
        ("accept", (LO, WEB), "open"),
        ("accept", ('iifname "eth0" tcp dport 22 accept',), "open"),
        ("accept", (LO, WEB, "drop"), "closed"),
        ("accept", (LO, WEB, "counter jump late"), "closed"),
        ("accept", (LO, "tcp dport vmap { 22 : accept, 23 : drop }", WEB), "closed"),
        ("accept", ('iifname "docker0" tcp dport 53 accept',), "closed"),
        ("accept", ("ip saddr 10.88.0.0/16 udp dport 53 accept",), "closed"),
        ("accept", (LO,), "closed"),
        ("accept", (LO, WEB, "counter packets 0 bytes 0 queue to 0"), "closed"),
        ("accept", (LO, WEB, 'queue flags bypass to 1-3 comment "an IPS"'), "closed"),
        ("drop", (LO, WEB), "closed"),
    ],
)
def test_input_without_an_end_accepts_everything(pasted: Path, policy: str, rules: tuple[str, ...], found: str) -> None:
    snapshot = read(pasted, chain("input", policy, *rules))
    assert ListedChains(snapshot, "ip").input_never_closes() is (found == "open")


@pytest.mark.parametrize("table", ["netavark", "incus", "libvirt_network"])
def test_a_table_that_lets_its_own_bridges_in_is_no_list_of_open_ports(pasted: Path, table: str) -> None:
    snapshot = read(pasted, chain("input", "accept", WEB).replace("inet own", f"inet {table}"))
    assert not ListedChains(snapshot, "ip").input_never_closes()


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ((OUT, REPLIES, f'oifname "eth0" {WEB}'), "stopped"),
        ((OUT, REPLIES, 'oifname { "eth0", "docker0" } accept'), "passed"),
        ((OUT, REPLIES, 'oifname "br-*" accept'), "passed"),
        ((OUT, REPLIES, "jump late"), "passed"),
        ((OUT, "ct state new,established accept"), "passed"),
        ((OUT, REPLIES, "queue to 0"), "passed"),
    ],
)
def test_output_that_drops_keeps_the_host_from_its_containers(pasted: Path, rules: tuple[str, ...], found: str) -> None:
    snapshot = read(pasted, chain("output", "drop", *rules) + NAT)
    assert ListedChains(snapshot, "ip").output_stops_containers() is (found == "stopped")


@pytest.mark.parametrize(
    ("rules", "kept_out"),
    [
        ((LO, REPLIES, 'iifname "eth0" tcp dport 22 accept'), ("docker0",)),
        ((LO, REPLIES, "tcp dport 53 accept"), ("docker0",)),
        ((LO, REPLIES, 'iifname "docker0" accept'), ()),
        ((LO, REPLIES, 'iifname != "eth0" accept'), ()),
    ],
)
def test_input_that_drops_keeps_containers_out(pasted: Path, rules: tuple[str, ...], kept_out: tuple[str, ...]) -> None:
    assert bridges_kept_out(read(pasted, chain("input", "drop", *rules) + FILTER), "ip") == kept_out

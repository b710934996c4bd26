"""The legacy reader against iptables-legacy-save, word for word."""

import struct
import sys
from pathlib import Path

import pytest
from collect_hosts import Host

from netaudit.collect.kernel.legacy_header import LAYOUTS, print_header

READER = "netaudit.collect.kernel.legacy_reader"

# Each is tried on its own: kernels differ in the extensions that they have.
RULES = [
    "-A INPUT",
    "-A INPUT -j ACCEPT",
    "-A INPUT -j RETURN",
    "-A INPUT -j QUIET",
    "-A INPUT -g QUIET",
    "-A INPUT -p tcp",
    "-A INPUT ! -p udp",
    "-A INPUT -p 253 -j DROP",
    "-A INPUT -p 47",
    "-A INPUT -p 135",
    "-A INPUT -i eth+ -j DROP",
    "-A INPUT ! -i eth0.100",
    "-A FORWARD -i abcdefghijklmno ! -o abcdefghijklmn+",
    "-A INPUT -i +",
    "-A INPUT -m comment --comment plain",
    '-A INPUT -m comment --comment "it\'s \\"q\\" \\\\ -j DROP"',
    "-A INPUT -p tcp -m tcp ! --dport 1:1024 --tcp-flags SYN,ACK SYN -j REJECT --reject-with tcp-reset",
    "-A INPUT -p udp -m multiport ! --dports 1,2,3:5",
    "-A INPUT -m state --state NEW,ESTABLISHED",
    "-A INPUT -m conntrack ! --ctstate INVALID --ctorigdstport 80",
    "-A INPUT -m conntrack --ctstate DNAT -m mark ! --mark 0x1/0xff -m limit --limit 3/min --limit-burst 7",
    "-A INPUT -m addrtype --dst-type LOCAL ! --src-type MULTICAST",
    f"-A INPUT -m string --algo bm --icase --string {'x' * 120}",
    "-A INPUT -m string --algo kmp --hex-string '|0d0a00|'",
    "-A INPUT -m u32 --u32 '" + "&&".join(["0>>22&0x3C@12>>26&0x3C@0=0x5:0x7"] * 9) + "'",
    "-A INPUT -m bpf --bytecode '" + ",".join(["64", *["48 0 0 9"] * 63, "6 0 0 1"]) + "'",
    "-A INPUT -m hashlimit --hashlimit-upto 5/sec --hashlimit-mode srcip --hashlimit-name one",
    "-A INPUT -m recent --set --name seen --rsource",
    "-A INPUT -m time --timestart 08:00 --weekdays Mon,Tue",
    "-A INPUT -m statistic --mode random --probability 0.25",
    "-A INPUT -m connlimit --connlimit-above 3",
    "-A INPUT -m iprange --src-range {low}-{high}",
    "-A OUTPUT -m owner --uid-owner 0-5",
    "-A INPUT -j LOG --log-prefix 'a \"b\" ' --log-level 7 --log-ip-options",
    "-A INPUT -j NFLOG --nflog-group 3 --nflog-prefix 'x y'",
    "-A INPUT -j NFQUEUE --queue-balance 0:3 --queue-bypass",
    "-A INPUT -j QUEUE",
    "-t mangle -A PREROUTING -j MARK --set-xmark 0x1/0xff",
    "-t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu",
    "-t mangle -A FORWARD -j CONNMARK --restore-mark",
    "-t raw -A PREROUTING -j CT --notrack",
    "-t raw -A PREROUTING -j NOTRACK",
    "-t raw -A OUTPUT -j TRACE",
    "-t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 81-90",
    "-t nat -A POSTROUTING -j MASQUERADE --random",
    "-t nat -A PREROUTING -p tcp --dport 80 -j DNAT --to-destination {socket}",
    "-t nat -A POSTROUTING -j SNAT --to-source {low}-{high}",
    "-t nat -A PREROUTING -j NETMAP --to {net}",
    "-t security -A INPUT -j ACCEPT",
]
IPV4_RULES = [
    "-A INPUT -s 192.0.2.1",
    "-A INPUT ! -s 0.0.0.0/0 -d 192.0.2.0/255.0.255.0",
    "-A INPUT ! -s 198.51.100.0/31 ! -d 203.0.113.0/24 ! -i eth0 ! -p tcp ! -f -j DROP",
    "-A INPUT -f",
    "-A INPUT -p icmp -m icmp ! --icmp-type 8/0",
    "-A INPUT -m realm --realm 0x10",
    "-A INPUT -m ttl --ttl-gt 5",
    "-A INPUT -j REJECT",
]
IPV6_RULES = [
    "-A INPUT -s 2001:db8::1",
    "-A INPUT ! -s ::/0 -d 2001:db8::1/ffff::1",
    "-A INPUT ! -s 2001:db8::/33 ! -d ::ffff:192.0.2.1 ! -i eth0 ! -p tcp -j DROP",
    "-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 133",
    "-A INPUT -m ipv6header --header dst --soft",
    "-A INPUT -m rt --rt-type 0",
    "-A INPUT -m hl --hl-lt 3",
    "-A INPUT -j REJECT --reject-with icmp6-adm-prohibited",
]
IPV4_WORDS = {"low": "192.0.2.1", "high": "192.0.2.9", "socket": "192.0.2.1:8080", "net": "192.0.2.0/24"}
IPV6_WORDS = {
    "low": "2001:db8::1",
    "high": "2001:db8::9",
    "socket": "[2001:db8::1]:8080",
    "net": "2001:db8::/64",
}


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("family", "program", "rules", "words"),
    [("ip", "iptables", RULES + IPV4_RULES, IPV4_WORDS), ("ip6", "ip6tables", RULES + IPV6_RULES, IPV6_WORDS)],
)
def test_every_rule_is_printed_as_iptables_prints_it(
    host: Host, family: str, program: str, rules: list[str], words: dict[str, str]
) -> None:
    host.run(f"{program}-legacy", "-N", "QUIET")
    for number, rule in enumerate(rules):
        # A rule with counters; what this kernel does not have is left out on both sides.
        line = rule.replace("{", "%(").replace("}", ")s") % words
        host.run("sh", "-c", f"{program}-legacy {line} -c {number} {number}00", check=False)
    host.run(f"{program}-legacy", "-P", "FORWARD", "DROP", "-c", "12", "3456")
    saved = _saved(host, program)
    assert len(saved) > 40
    assert _read(host, family) == saved


WITHOUT_PYTHON_IPTABLES = """
import os, sys
sys.modules["iptc"] = None  # as if it was not installed
from netaudit.collect.asking import search_path
from netaudit.collect.asking.options import Where
if sys.argv[1:]:
    os.environ["PATH"], search_path.SYSTEM_FOLDERS, search_path._ADMIN_FOLDERS = sys.argv[1], (), ()
from netaudit.collect.kernel.iptables import LegacyReader
for answer in LegacyReader(Where()).ask():
    print(getattr(answer, "data", b"").decode() or answer)
"""


@pytest.mark.kernel
def test_without_python_iptables_the_hosts_own_program_reads_the_same_tables_and_makes_none(host: Host) -> None:
    host.run("iptables-legacy", "-A", "INPUT", "-p", "tcp", "--dport", "22", "-m", "limit", "--limit", "3/min")
    host.run(
        "iptables-legacy", "-t", "nat", "-A", "POSTROUTING", "-s", "172.17.0.0/16", "-j", "MASQUERADE", "-c", "7", "8"
    )
    host.run("ip6tables-legacy", "-P", "FORWARD", "DROP")
    said = host.python(WITHOUT_PYTHON_IPTABLES).splitlines()
    assert [line for line in said if line] == _saved(host, "iptables") + _saved(host, "ip6tables")
    assert host.run("cat", "/proc/net/ip_tables_names").split() == ["nat", "filter"]
    assert host.run("cat", "/proc/net/ip6_tables_names").split() == ["filter"]


@pytest.mark.kernel
def test_with_neither_it_is_a_gap_that_says_what_to_install(host: Host, tmp_path: Path) -> None:
    host.run("iptables-legacy", "-A", "INPUT", "-j", "ACCEPT")
    said = host.python(WITHOUT_PYTHON_IPTABLES, str(tmp_path))
    assert "GapReason.ABSENT" in said
    assert "the extra `legacy`" in said


@pytest.mark.kernel
def test_empty_tables_and_many_chains_are_printed_in_order(host: Host) -> None:
    chains = [f"C{number:05}" for number in range(3000)]
    lines = [f":{chain} - [0:0]" for chain in chains] + [f"-A {chain} -j RETURN" for chain in reversed(chains)]
    host.run("iptables-legacy-restore", feed="\n".join(["*mangle", *lines, "COMMIT", ""]))
    host.run("iptables-legacy", "-t", "nat", "-L", "-n")
    assert _read(host, "ip") == _saved(host, "iptables")


@pytest.mark.kernel
def test_a_hundred_thousand_rules_are_read_well_within_a_minute(host: Host) -> None:
    rules = [
        f"-A FORWARD -d 10.{number >> 16}.{number >> 8 & 255}.{number & 255}/32 ! -i docker0 -o docker0"
        f" -p tcp -m tcp --dport {number % 65535 + 1} -j ACCEPT"
        for number in range(100_000)
    ]
    host.run("iptables-legacy-restore", feed="\n".join(["*filter", *rules, "COMMIT", ""]))
    facts = host.collect(timeout=15)
    assert facts.files["iptables-legacy-save.txt"].decode().splitlines() == _saved(host, "iptables")


@pytest.mark.kernel
def test_importing_python_iptables_runs_no_program_that_changes_something(host: Host) -> None:
    # Also on a kernel without modules: python-iptables looks whether /proc/modules is there.
    watched = """
import os, sys
started = []
sys.addaudithook(lambda event, args: started.append(args[1]) if event == "subprocess.Popen" else None)
exists = os.path.exists
os.path.exists = lambda path: path == "/proc/modules" or exists(path)
{load}
words = {{word for argv in started for word in argv}}
print(sorted(words & {{"ip_tables", "ip6_tables", "gcc", "cc", "/usr/bin/gcc", "-N"}}))
"""
    alone = "import warnings; warnings.simplefilter('ignore'); import iptc"
    reader = f"import warnings; warnings.simplefilter('ignore'); import {READER} as r; r.import_iptc()"
    assert "'ip6_tables', 'ip_tables'" in host.python(watched.format(load=alone))
    assert host.python(watched.format(load=reader)) == "[]\n"


def test_an_inverted_wildcard_is_kept_although_older_iptables_omit_it() -> None:
    layout = LAYOUTS["ip"]
    zero, name = b"\0" * 4, b"+".ljust(16, b"\0")
    header = struct.Struct("@4s4s4s4s16s16s16s16sHBBIHHIQQ").pack(
        zero, zero, zero, zero, name, b"", b"", b"", 0, 0, 0x01, 0, 112, 112, 0, 0, 0
    )
    assert print_header(layout.unpack(header), layout, lambda number: b"%d" % number) == b" ! -i +"


def _saved(host: Host, program: str) -> list[str]:
    lines = host.run(f"{program}-legacy-save", "-c").splitlines()
    return [line for line in lines if not line.startswith("#")]


def _read(host: Host, family: str) -> list[str]:
    tables = host.run("cat", f"/proc/net/{family}_tables_names").split()
    said = host.run(sys.executable, "-m", READER, family, *tables)
    return said.removeprefix("\n").splitlines()  # the word that it is ready

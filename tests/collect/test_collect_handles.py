"""The kernel's handles of rules, asked for chain by chain, and how often a quiet host's rules are read."""

import json

import pytest
from collect_hosts import Host

pytestmark = pytest.mark.kernel
RULESET = """
table ip one { chain a { ip saddr 192.0.2.1 drop; counter; accept; }; chain empty { }; }
table ip6 one { chain a { counter; }; }
table inet two { chain a { type filter hook input priority 0; tcp dport 22 accept; }; chain b { counter; }; }
"""
HANDLES = """
import json, sys
from netaudit.collect.netlink.generation import ask_generation
from netaudit.collect.netlink.handles import ask_handles
wanted = {tuple(one) for one in json.loads(sys.argv[1])} or None
print(json.dumps(sorted((*place, *handles) for place, handles in ask_handles(ask_generation(), wanted).items())))
"""
SAVES = """
import sys
from netaudit.collect.asking.options import Where
from netaudit.collect.settle import collect_when_quiet
from netaudit.collect.kernel import iptables
real, saves = iptables.run, []
def run(source, argv, **options):
    saves.append(argv)
    return real(source, argv, **options)
iptables.run = run
facts = collect_when_quiet(Where(docker_host="unix:///nowhere"), wait=5)
print(sum(argv[0] == "iptables-nft-save" for argv in saves), facts.partial)
"""


def _shown(host: Host) -> list[list[object]]:
    """List the handles that nft shows, by chain."""
    found: dict[tuple[str, str, str], list[object]] = {}
    for one in json.loads(host.run("nft", "-j", "-a", "list", "ruleset"))["nftables"]:
        if rule := one.get("rule"):
            found.setdefault((rule["family"], rule["table"], rule["chain"]), []).append(rule["handle"])
    return sorted([*place, *handles] for place, handles in found.items())


def test_handles_of_all_chains_are_what_nft_shows_in_the_order_of_rules(host: Host) -> None:
    host.run("nft", "-f", "-", feed=RULESET + "add rule inet two a drop\n")
    host.run("nft", "insert rule ip one a udp dport 53 accept")
    many = "".join(f"add rule ip one empty ip saddr 198.51.{n // 250}.{n % 250} drop\n" for n in range(2000))
    host.run("nft", "-f", "-", feed=many)
    assert json.loads(host.python(HANDLES, "[]")) == _shown(host)


def test_handles_of_some_chains_are_of_no_other(host: Host) -> None:
    host.run("nft", "-f", "-", feed=RULESET)
    asked = json.dumps([["ip", "one", "a"], ["ip", "one", "empty"], ["inet", "two", "gone"]])
    assert json.loads(host.python(HANDLES, asked)) == [one for one in _shown(host) if one[:3] == ["ip", "one", "a"]]


def test_the_rules_of_a_quiet_host_are_read_once(host: Host) -> None:
    host.run("iptables-nft", "-A", "OUTPUT", "-j", "ACCEPT")
    assert host.python(SAVES).split() == ["1", "False"]

"""What surrounds the rules, as the host's own programs print it."""

import json
import os
from pathlib import Path

import msgspec
import pytest
from collect_hosts import SYSTEM_PYTHON, Host

from netaudit.collect.asking import kernel_modules
from netaudit.collect.kernel.host import SYSCTLS, sysctl_name
from netaudit.model.facts import Facts, Gap, GapReason, Source

DAEMON = (Source.DOCKERD_ARGV, Source.DAEMON_JSON)
AS_NOBODY = """
import os, sys, docker, msgspec, requests
from netaudit.collect.asking.options import Where
from netaudit.collect.collector import collect
os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
sys.stdout.buffer.write(msgspec.json.encode(collect(Where(docker_host=sys.argv[1]))))
"""


@pytest.mark.kernel
def test_interfaces_routes_sockets_and_switches_are_what_the_programs_print(host: Host) -> None:
    host.run("ip", "link", "set", "lo", "up")
    host.run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth0.100")
    host.run("ip", "addr", "add", "192.0.2.1/24", "dev", "eth0")
    host.run("ip", "link", "set", "eth0.100", "up")
    host.run("ip", "link", "set", "eth0", "up")
    host.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
    facts = host.collect()
    assert [link["ifname"] for link in json.loads(facts.files["ip-addr.json"])] == ["lo", "eth0.100", "eth0"]
    assert "192.0.2.0/24" in [route["dst"] for route in json.loads(facts.files["ip-route.json"])]
    assert "::1" in [route["dst"] for route in json.loads(facts.files["ip6-route.json"])]
    assert facts.files["sockets.txt"] == b""
    switches = facts.files["sysctl.txt"].decode().splitlines()
    assert switches == sorted(switches)
    assert {"net.ipv4.ip_forward = 1", "net.ipv4.conf.eth0/100.rp_filter = 0"} <= set(switches)


@pytest.mark.kernel
def test_a_listening_socket_is_listed_with_its_program(host: Host) -> None:
    host.run("ip", "link", "set", "lo", "up")
    server = host.start(SYSTEM_PYTHON, "-c", "import socket; socket.create_server(('127.0.0.1', 8080)).accept()")
    host.run("sh", "-c", "until ss -ltnH | grep -q 8080; do sleep 0.05; done")
    (line,) = host.collect().files["sockets.txt"].decode().splitlines()
    assert "127.0.0.1:8080" in line
    assert f"pid={server.pid}," in line


@pytest.mark.kernel
def test_a_plain_user_gets_what_everybody_may_see_and_a_gap_for_the_rest(host: Host) -> None:
    host.run("iptables-legacy", "-A", "INPUT", "-j", "ACCEPT")
    facts = msgspec.json.decode(host.python(AS_NOBODY, "unix:///nowhere"), type=Facts)
    # Another test's dockerd may run elsewhere: whose network it is in, a plain user cannot tell.
    reasons = {gap.source: gap.reason for gap in facts.gaps if gap.source not in DAEMON}
    assert reasons == {
        "nft-ruleset.json": GapReason.DENIED,
        "nft-tables.json": GapReason.DENIED,
        "iptables-save.txt": GapReason.DENIED,
        "ip6tables-save.txt": GapReason.DENIED,
        "iptables-legacy-save.txt": GapReason.DENIED,
        "ip6tables-legacy-save.txt": GapReason.DENIED,
        "docker-version.json": GapReason.ABSENT,
        "docker-info.json": GapReason.ABSENT,
        "docker-networks.json": GapReason.ABSENT,
        "docker-containers.json": GapReason.ABSENT,
        "sockets.txt": GapReason.PARTIAL,
    }
    assert set(facts.files) == {
        "ip-addr.json",
        "ip-route.json",
        "ip6-route.json",
        "ip-rule.json",
        "ip6-rule.json",
        "resolv.conf",
        "sockets.txt",
        "sysctl.txt",
    }


@pytest.mark.kernel
def test_facts_name_the_host_and_the_time(host: Host) -> None:
    facts = host.collect()
    assert facts.host == os.uname().nodename
    assert facts.digest == ""
    assert (facts.taken_at[4], facts.taken_at[10], facts.taken_at[19:]) == ("-", "T", "Z")


@pytest.mark.kernel
def test_a_host_without_the_programs_has_gaps_and_no_crash(host: Host) -> None:
    facts = host.collect(programs="/nowhere")
    assert [gap for gap in facts.gaps if not gap.source.startswith(("docker", "daemon"))] == [
        Gap(Source.IPTABLES_NFT, GapReason.ABSENT, "iptables-nft-save is not installed"),
        Gap(Source.IP6TABLES_NFT, GapReason.ABSENT, "ip6tables-nft-save is not installed"),
        Gap(Source.NFT_RULESET, GapReason.ABSENT, "nft is not installed"),
        Gap(Source.IP_ADDR, GapReason.ABSENT, "ip is not installed"),
        Gap(Source.IP_ROUTE, GapReason.ABSENT, "ip is not installed"),
        Gap(Source.IP6_ROUTE, GapReason.ABSENT, "ip is not installed"),
        Gap(Source.SOCKETS, GapReason.ABSENT, "ss is not installed"),
        Gap(Source.IP_RULE, GapReason.ABSENT, "ip is not installed"),
        Gap(Source.IP6_RULE, GapReason.ABSENT, "ip is not installed"),
    ]


def test_a_switch_is_named_as_sysctl_names_it() -> None:
    path = SYSCTLS / "net/ipv4/conf/eth0.100/rp_filter"
    assert sysctl_name(path) == "net.ipv4.conf.eth0/100.rp_filter"


def test_a_module_is_there_if_it_is_loaded_or_built_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded, built_in = tmp_path / "modules", tmp_path / "modules.builtin"
    monkeypatch.setattr(kernel_modules, "LOADED", loaded)
    monkeypatch.setattr(kernel_modules, "BUILT_IN", built_in)
    assert kernel_modules.is_there("nf_tables")  # not known: seeing matters more
    loaded.write_text("inet_diag 24576 2 tcp_diag,udp_diag, Live 0x0\n")
    built_in.write_text("kernel/net/netfilter/nf-tables.ko\n")
    names = ["inet_diag", "nf_tables", "tcp_diag"]
    assert [kernel_modules.is_there(name) for name in names] == [True, True, False]

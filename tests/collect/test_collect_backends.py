"""Both backends of iptables, and native nftables: what is seen, what is not in use, and what is a gap."""

from collections.abc import Callable
from pathlib import Path

import pytest
from collect_hosts import Host

from netaudit.model.facts import Facts, Gap, GapReason, Source

V4, V6 = Source.IPTABLES_NFT, Source.IP6TABLES_NFT
OLD4, OLD6 = Source.IPTABLES_LEGACY, Source.IP6TABLES_LEGACY
LISTS = (Source.IPSET, Source.XT_RECENT, Source.CGROUPS)  # neither sets, lists nor containers in the host's network
NFT_RULES = "*nat\n-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 81\nCOMMIT\n"
LEGACY_RULES = "*filter\n-A INPUT -m comment --comment old -j ACCEPT\nCOMMIT\n"
NATIVE_RULES = """
table inet own {
    chain input {
        type filter hook input priority 5
        tcp dport { 80, 443 } accept
    }
}
"""


def _nft_host(host: Host) -> None:
    host.run("iptables-nft-restore", feed=NFT_RULES)
    host.run("nft", "-f", "-", feed=NATIVE_RULES)


def _legacy_host(host: Host) -> None:
    host.run("iptables-legacy-restore", feed=LEGACY_RULES)
    host.run("ip6tables-legacy-restore", feed=LEGACY_RULES)


def _mixed_host(host: Host) -> None:
    _nft_host(host)
    host.run("iptables-legacy-restore", feed=LEGACY_RULES)


@pytest.mark.kernel
@pytest.mark.parametrize("build", [_nft_host, _legacy_host, _mixed_host])
def test_collecting_changes_nothing(host: Host, build: Callable[[Host], None]) -> None:
    host.run("ip", "link", "set", "lo", "up")
    build(host)
    before = _state(host)
    facts = host.collect()
    assert _state(host) == before
    assert [gap for gap in facts.gaps if gap.source in (V4, V6, OLD4, OLD6, Source.NFT_RULESET)] == []


@pytest.mark.kernel
def test_an_nft_host_has_no_legacy_sources(host: Host) -> None:
    _nft_host(host)
    facts = host.collect()
    assert _rules(facts, V4) == ["[0:0] -A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 81"]
    assert facts.files[V6] == b""
    assert b'"table": "own"' in facts.files[Source.NFT_RULESET]
    assert facts.unused == (OLD4, OLD6, *LISTS)


@pytest.mark.kernel
def test_a_legacy_host_is_read_in_full_and_silent_elsewhere(host: Host) -> None:
    _legacy_host(host)
    facts = host.collect()
    rule = "[0:0] -A INPUT -m comment --comment old -j ACCEPT"
    assert (_rules(facts, OLD4), _rules(facts, OLD6)) == ([rule], [rule])
    assert (facts.files[V4], facts.files[V6], facts.unused) == (b"", b"", LISTS)


@pytest.mark.kernel
def test_a_mixed_host_shows_both(host: Host) -> None:
    _mixed_host(host)
    facts = host.collect()
    assert _rules(facts, V4) == ["[0:0] -A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 81"]
    assert _rules(facts, OLD4) == ["[0:0] -A INPUT -m comment --comment old -j ACCEPT"]
    assert facts.unused == (OLD6, *LISTS)


@pytest.mark.kernel
def test_silence_about_rules_that_nft_sees_is_a_gap(host: Host, programs: Callable[..., str]) -> None:
    _nft_host(host)
    folder = programs(**{"iptables-nft-save": "exit 0", "ip6tables-nft-save": "exit 0"})
    facts = host.collect(first=folder)
    detail = "iptables-nft-save printed nothing, but nft shows its tables"
    assert _gaps(facts, V4, V6) == [Gap(V4, GapReason.EMPTY, detail)]
    assert facts.files[V6] == b""


@pytest.mark.kernel
def test_an_nft_that_dies_is_a_gap_and_the_rest_is_still_read(host: Host, programs: Callable[..., str]) -> None:
    _nft_host(host)
    facts = host.collect(first=programs(nft="kill -SEGV $$"))
    detail = "nft ended by signal 11 (SIGSEGV)"
    assert _gaps(facts, V4, Source.NFT_RULESET) == [Gap(Source.NFT_RULESET, GapReason.CRASHED, detail)]
    assert len(_rules(facts, V4)) == 1


@pytest.mark.kernel
def test_an_nft_that_says_nothing_and_an_iptables_that_does_not_end_are_gaps(
    host: Host, programs: Callable[..., str]
) -> None:
    folder = programs(**{"nft": "exit 0", "iptables-nft-save": "sleep 1000"})
    assert _gaps(host.collect(timeout=1, first=folder), V4, Source.NFT_RULESET) == [
        Gap(V4, GapReason.TIMEOUT, "iptables-nft-save did not end within 1 s"),
        Gap(Source.NFT_RULESET, GapReason.EMPTY, "nft printed nothing"),
    ]


@pytest.mark.kernel
def test_the_only_iptables_of_a_host_is_used_if_it_is_the_nft_one(host: Host, tmp_path: Path) -> None:
    _nft_host(host)
    for name, program in (("iptables-save", "xtables-nft-multi"), ("ip6tables-save", "xtables-legacy-multi")):
        (tmp_path / name).symlink_to(f"/usr/sbin/{program}")
    (tmp_path / "nft").symlink_to("/usr/sbin/nft")
    facts = host.collect(programs=str(tmp_path))
    assert len(_rules(facts, V4)) == 1
    assert V6 in facts.unused  # no program, and nft sees nothing of it


@pytest.mark.kernel
def test_a_reader_of_legacy_tables_that_dies_is_a_gap(host: Host, tmp_path: Path) -> None:
    _legacy_host(host)
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\nkill -SEGV $$\n")
    fake.chmod(0o755)
    code = f"""
import sys
from netaudit.collect.asking.options import Where
from netaudit.collect.kernel import iptables
sys.executable = {str(fake)!r}
print([(answer.source.value, answer.reason.value, answer.detail) for answer in iptables.LegacyReader(Where()).ask()])
"""
    detail = f"reading legacy tables: {fake} ended by signal 11 (SIGSEGV)"
    assert host.python(code) == f"{[(source.value, 'crashed', detail) for source in (OLD4, OLD6)]}\n"


@pytest.fixture
def programs(tmp_path: Path) -> Callable[..., str]:
    """Write programs that go before the host's own; gives their folder."""

    def put(**scripts: str) -> str:
        for name, script in scripts.items():
            (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
            (tmp_path / name).chmod(0o755)
        return str(tmp_path)

    return put


def _rules(facts: Facts, source: Source) -> list[str]:
    return [line for line in facts.files[source].decode().splitlines() if " -A " in line]


def _gaps(facts: Facts, *sources: Source) -> list[Gap]:
    return [gap for gap in facts.gaps if gap.source in sources]


def _state(host: Host) -> dict[str, str]:
    """Read everything that looking could change; legacy tables only where they are, as looking creates them."""
    looks = {
        "iptables-nft": "iptables-nft-save; ip6tables-nft-save",
        "nft": "nft -a list ruleset",
        "legacy tables": "cat /proc/net/ip_tables_names /proc/net/ip6_tables_names",
        "iptables-legacy": 'test -z "$(cat /proc/net/ip_tables_names)" || iptables-legacy-save',
        "ip6tables-legacy": 'test -z "$(cat /proc/net/ip6_tables_names)" || ip6tables-legacy-save',
        "modules": "test ! -e /proc/modules || cut -d' ' -f1 /proc/modules",
        "switches": "cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/*/forwarding",
        "links": "ip -o link; ip addr; ip route show table all",
    }
    return {name: _without_comments(host.run("sh", "-c", look)) for name, look in looks.items()}


def _without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))

"""Hosts that a profile describes, held against recordings of such hosts."""

import json
from pathlib import Path

import pytest
from plan.recorded import CATALOG, RECORDINGS, differences, exposures, snapshot

from netaudit.catalog.host_profile import load_host_profile, profile_schema
from netaudit.errors import ConfigError
from netaudit.model.docker import Inventory
from netaudit.model.facts import Facts
from netaudit.parse import parse_snapshot
from netaudit.plan.profile.facts import profile_facts
from netaudit.store import load

SCHEMA = Path(__file__).parents[2] / "docs" / "netaudit-host-profile.schema.json"
_ETH0 = """
listens = []
[interfaces.eth0]
addresses = ["192.0.2.10/24", "2001:db8::10/64"]
gateways = ["192.0.2.1", "2001:db8::1"]
"""


def _facts(folder: Path, text: str) -> Facts:
    file = folder / "host.toml"
    file.write_text(text)
    profile = load_host_profile(file)
    return profile_facts(profile, load(Path(profile.firewall)) if profile.firewall else None, CATALOG)


@pytest.mark.parametrize("engine", ["20.10.24", "26.1.5", "28.5.2"])
def test_a_daemon_on_a_profile_has_the_rules_of_a_fresh_one(tmp_path: Path, engine: str) -> None:
    planned = parse_snapshot(_facts(tmp_path, f'engine = "{engine}"{_ETH0}'))
    recorded = snapshot(RECORDINGS / f"{engine}-iptables-nft" / "fresh" / "00")
    assert differences(planned.ruleset, recorded.ruleset) == ()
    assert planned.gaps == ()
    assert exposures(planned).keys() == exposures(recorded).keys()


def test_a_daemon_with_the_nftables_backend_has_its_tables(tmp_path: Path) -> None:
    planned = parse_snapshot(_facts(tmp_path, f'engine = "29.0.0"\nbackend = "nftables"{_ETH0}'))
    recorded = snapshot(RECORDINGS / "29.0.0-nftables" / "default-one-port" / "00")
    assert differences(planned.ruleset, recorded.ruleset) == ()


def test_daemon_keys_of_a_profile_decide_over_the_rules(tmp_path: Path) -> None:
    planned = parse_snapshot(_facts(tmp_path, f'engine = "28.5.2"{_ETH0}[daemon]\nicc = false\n'))
    recorded = snapshot(RECORDINGS / "28.5.2-iptables-nft" / "icc-off-link" / "00")
    assert differences(planned.ruleset, recorded.ruleset) == ()


def test_the_hosts_own_firewall_is_there_before_dockers_rules(tmp_path: Path) -> None:
    own = "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n-A FORWARD -i eth1 -j ACCEPT\nCOMMIT\n"
    (tmp_path / "firewall.txt").write_text(own)
    planned = parse_snapshot(_facts(tmp_path, 'engine = "28.5.2"\nfirewall = "firewall.txt"\nforwarding = true\n'))
    (forward,) = (
        chain
        for table in planned.ruleset.tables
        for chain in table.chains
        if (table.family, table.name, chain.name) == ("ip", "filter", "FORWARD")
    )
    assert forward.policy == "ACCEPT"
    assert [rule.text.rpartition(" -j ")[2] for rule in forward.rules] == ["DOCKER-USER", "DOCKER-FORWARD", "ACCEPT"]


def test_sockets_that_a_profile_does_not_name_are_a_gap(tmp_path: Path) -> None:
    facts = _facts(tmp_path, 'engine = "28.5.2"\n')
    assert [gap.source for gap in facts.gaps] == ["sockets.txt"]
    assert isinstance(parse_snapshot(facts).inventory, Inventory)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('engine = "new"', "host.toml:1: engine: not an engine's version: new"),
        ('engine = "28.5.2"\nbackend = "nftables"', "host.toml:2: backend: engine 28.5.2 has no nftables backend"),
        ('engine = "28.5.2"\nbackend = "pf"', "host.toml:2: backend: Invalid enum value 'pf'"),
        ('engine = "28.5.2"\ncolour = 1', "host.toml:2: colour: "),
        ('backend = "iptables-nft"', "missing required field `engine`"),
        ('engine = "28.5.2"\n[interfaces.eth0]\naddresses = ["eth"]', "interfaces.eth0.addresses: no address with"),
        ('engine = "28.5.2"\n[interfaces.eth0]\ngateways = ["x"]', "interfaces.eth0.gateways: no address: x"),
        ('engine = "28.5.2"\nlistens = ["22"]', "host.toml:2: listens: no socket: 22"),
        ('engine = "28.5.2"\n[daemon]\nicc = "no"', "host.toml:3: daemon.icc: 'no' is neither true nor false"),
        ('engine = "28.5.2"\n[daemon]\nbip = "10.0.0.1/8"', "host.toml:3: daemon.bip: it gives the host"),
        ("engine", "not TOML"),
    ],
)
def test_an_error_names_the_line_and_the_key(tmp_path: Path, text: str, where: str) -> None:
    with pytest.raises(ConfigError) as refused:
        _facts(tmp_path, text)
    assert where in str(refused.value)
    assert "docs/netaudit-host-profile.schema.json" in refused.value.hint or "TOML" in where


def test_the_published_schema_is_that_of_the_types() -> None:
    assert json.loads(SCHEMA.read_text()) == profile_schema()

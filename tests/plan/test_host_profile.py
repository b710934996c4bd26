"""Hosts that a profile describes, held against recordings of such hosts."""

import json
from pathlib import Path
from typing import Any

import pytest
from plan.recorded import CATALOG, RECORDINGS, differences, exposures, snapshot

from netaudit.catalog.host_profile import load_host_profile, profile_schema
from netaudit.errors import ConfigError
from netaudit.model.docker import Inventory
from netaudit.model.engine_request import EngineRequest
from netaudit.model.facts import Facts, Source
from netaudit.parse import parse_snapshot
from netaudit.plan.engine.plan import StandIn
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


@pytest.mark.parametrize("backend", ["iptables-nft", "iptables-legacy"])
@pytest.mark.parametrize("engine", ["20.10.24", "26.1.5", "28.5.2"])
def test_a_daemon_on_a_profile_has_the_rules_of_a_fresh_one(tmp_path: Path, engine: str, backend: str) -> None:
    planned = parse_snapshot(_facts(tmp_path, f'engine = "{engine}"\nbackend = "{backend}"{_ETH0}'))
    recorded = snapshot(RECORDINGS / f"{engine}-{backend}" / "fresh" / "00")
    assert differences(planned.ruleset, recorded.ruleset) == ()
    assert planned.gaps == ()
    assert exposures(planned).keys() == exposures(recorded).keys()


@pytest.mark.parametrize("engine", ["20.10.24", "26.1.5", "28.5.2"])
def test_the_kernels_switches_are_those_of_a_host_on_which_this_daemon_runs(tmp_path: Path, engine: str) -> None:
    for keys, scenario in (("", "fresh"), ("[daemon]\nuserland-proxy = false", "no-proxy-one-port")):
        planned = _switches(_facts(tmp_path, f'engine = "{engine}"{_ETH0}{keys}\n'))
        recorded = _switches(load(RECORDINGS / f"{engine}-iptables-nft" / scenario / "00"))
        loaded = engine != "28.5.2" or bool(keys)  # what the lab's kernel has from the start
        assert planned.keys() == {key for key in recorded if loaded or ".bridge-nf-" not in key}
        assert planned.items() <= recorded.items()


def _switches(facts: Facts) -> dict[str, str]:
    """Return the switches that decide who reaches whom."""
    named = (" = ".join(line.split(" = ")) for line in facts.files[Source.SYSCTL].decode().splitlines())
    pairs = (line.partition(" = ")[::2] for line in named)
    kinds = ("forward", ".forwarding", ".route_localnet", ".bridge-nf-call-iptables", ".bridge-nf-call-ip6tables")
    return {name: value for name, value in pairs if name.endswith(kinds)}


def test_containers_of_a_bridge_without_icc_do_not_reach_each_other(tmp_path: Path) -> None:
    facts = _facts(tmp_path, f'engine = "28.5.2"{_ETH0}[daemon]\nicc = false\n')
    assert _switches(facts)["net.bridge.bridge-nf-call-iptables"] == "1"
    assert "net.bridge.bridge-nf-call-iptables" not in _switches(_facts(tmp_path, f'engine = "28.5.2"{_ETH0}'))

    loaded = _facts(tmp_path, f'engine = "28.5.2"\nbr-netfilter = true{_ETH0}')
    assert _switches(loaded)["net.bridge.bridge-nf-call-ip6tables"] == "1"


def test_routes_are_those_that_the_kernel_makes(tmp_path: Path) -> None:
    files = _facts(tmp_path, f'engine = "28.5.2"{_ETH0}').files
    there = [one for source in (Source.IP_ROUTE, Source.IP6_ROUTE) for one in json.loads(files[source])]
    found = {(one["dev"], one["dst"], one["table"]) for one in there}
    assert {place for place in found if place[0] == "lo"} == {
        ("lo", to, "local") for to in ("127.0.0.0/8", "127.0.0.1/32", "::1/128")
    }
    assert ("eth0", "fe80::/64", "main") in found


def test_a_daemon_with_the_nftables_backend_has_its_tables(tmp_path: Path) -> None:
    planned = parse_snapshot(_facts(tmp_path, f'engine = "29.0.0"\nbackend = "nftables"{_ETH0}'))
    recorded = snapshot(RECORDINGS / "29.0.0-nftables" / "default-one-port" / "00")
    assert differences(planned.ruleset, recorded.ruleset) == ()


def test_daemon_keys_of_a_profile_decide_over_the_rules(tmp_path: Path) -> None:
    planned = parse_snapshot(_facts(tmp_path, f'engine = "28.5.2"{_ETH0}[daemon]\nicc = false\n'))
    recorded = snapshot(RECORDINGS / "28.5.2-iptables-nft" / "icc-off-link" / "00")
    assert differences(planned.ruleset, recorded.ruleset) == ()


_OPTIONS = [
    (engine, scenario, keys)
    for engine in ("28.5.2", "26.1.5", "20.10.24")
    for scenario, keys in (
        ("daemon-bip", 'bip = "172.31.5.1/24"\nfixed-cidr = "172.31.5.128/25"'),
        ("daemon-no-bridge", 'bridge = "none"'),
        ("daemon-ip", 'ip = "127.0.0.1"'),
        ("daemon-no-masquerade", "ip-masq = false"),
    )
]


@pytest.mark.parametrize(("engine", "scenario", "keys"), _OPTIONS)
def test_a_daemon_with_options_has_the_default_bridge_and_the_rules_of_one_that_was_recorded(
    tmp_path: Path, engine: str, scenario: str, keys: str
) -> None:
    recording = RECORDINGS / f"{engine}-iptables-nft" / scenario / "00"
    facts = _facts(tmp_path, f'engine = "{engine}"{_ETH0}[daemon]\n{keys}\n')
    assert differences(parse_snapshot(facts).ruleset, snapshot(recording).ruleset) == ()
    assert _default_bridge(facts) == _default_bridge(load(recording))


def _default_bridge(facts: Facts) -> Any:
    """Return the pools and options of the default bridge."""
    networks = json.loads(facts.files[Source.DOCKER_NETWORKS])
    return [(one["IPAM"]["Config"], one["Options"]) for one in networks if one["Name"] == "bridge"]


def test_the_default_bridge_gets_the_first_of_the_daemons_own_pools(tmp_path: Path) -> None:
    pools = 'default-address-pools = [{base = "10.200.0.0/16", size = 24}]'
    facts = _facts(tmp_path, f'engine = "28.5.2"{_ETH0}[daemon]\n{pools}\n')
    ((config, _),) = _default_bridge(facts)
    assert config == [{"Subnet": "10.200.0.0/24", "Gateway": "10.200.0.1"}]
    engine = StandIn(facts, lambda _: ())
    engine.handle(EngineRequest("POST", "/networks/create", (), {"Name": "n1"}))
    assert b'"10.200.1.0/24"' in engine.planned().facts_after.files[Source.DOCKER_NETWORKS]


@pytest.mark.parametrize(
    ("keys", "pool"),
    [
        ('fixed-cidr = "10.66.1.0/24"', {"Subnet": "10.66.1.0/24", "IPRange": "10.66.1.0/24"}),
        ('bridge = "eth0"', {"Subnet": "192.0.2.0/24", "Gateway": "192.0.2.10"}),
        (
            'bip = "10.7.0.1/24"\ndefault-gateway = "10.7.0.9"',
            {
                "Subnet": "10.7.0.0/24",
                "Gateway": "10.7.0.1",
                "AuxiliaryAddresses": {"DefaultGatewayIPv4": "10.7.0.9"},
            },
        ),
    ],
)
def test_the_default_bridge_has_the_subnet_that_options_give_it(tmp_path: Path, keys: str, pool: Any) -> None:
    facts = _facts(tmp_path, f'engine = "28.5.2"{_ETH0}[daemon]\n{keys}\n')  # as 28.5.2 shows them on a host
    ((config, _),) = _default_bridge(facts)
    assert config == [pool]


def test_an_ipv6_subnet_of_the_default_bridge_is_written_for(tmp_path: Path) -> None:
    keys = 'ipv6 = true\nfixed-cidr-v6 = "2001:db8:1::/64"'
    planned = parse_snapshot(_facts(tmp_path, f'engine = "28.5.2"{_ETH0}[daemon]\n{keys}\n'))
    texts = [rule.text for table in planned.ruleset.tables for chain in table.chains for rule in chain.rules]
    assert "-A POSTROUTING -s 2001:db8:1::/64 ! -o docker0 -j MASQUERADE" in texts


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
        ('engine = "28.5.2"\n[daemon]\nipv6 = 1', "host.toml:3: daemon.ipv6: 1 is neither true nor false"),
        ('engine = "28.5.2"\n[daemon]\ndefault-address-pools = 5', "host.toml:3: daemon.default-address-pools: "),
        (
            'engine = "28.5.2"\n[daemon]\ndefault-address-pools = ["10.9.0.0/16"]',
            'dockerd does not start with "10.9.0.0/16" for pools',
        ),
        ('engine = "28.5.2"\n[daemon]\nbip = "10.0.0.300/8"', "host.toml:2: daemon: no addresses for the default"),
        ('engine = "28.5.2"\n[daemon]\nbridge = "br9"', "host.toml:3: daemon.bridge: it gives the host"),
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


@pytest.mark.parametrize("loopback", ["", '[interfaces.lo]\naddresses = ["127.0.0.1/8", "192.0.2.200/32"]\n'])
def test_a_host_of_a_profile_has_the_loopback_routes_of_a_recorded_host(tmp_path: Path, loopback: str) -> None:
    recorded = snapshot(RECORDINGS / "26.1.5-iptables-nft" / "loopback-port" / "01")
    planned = parse_snapshot(_facts(tmp_path, f'engine = "26.1.5"{_ETH0}{loopback}'))
    assert [one.name for one in planned.host.interfaces].count("lo") == 1
    ours, theirs = (
        {(one.destination, one.kind, one.table) for one in host.routes if one.hops[0].interface == "lo"}
        for host in (planned.host, recorded.host)
    )
    theirs = {one for one in theirs if one[1] == "local"}
    assert ours - {("192.0.2.200/32", "local", "local")} == theirs

"""A host that a profile describes, and the same host with a real engine: the same rules, and plans come true."""

import tempfile
from pathlib import Path

import pytest
from lab.engine import LEGACY, NFT, Engine
from lab.host import LabHost
from lab.image import IDLE
from live_plans.trial import Host
from plan.recorded import CATALOG, differences

from netaudit.catalog.host_profile import load_host_profile
from netaudit.parse import parse_snapshot
from netaudit.plan.profile.facts import profile_facts

pytestmark = pytest.mark.engine
_ETH0 = """
listens = []
[interfaces.eth0]
addresses = ["192.0.2.10/24", "2001:db8::10/64"]
gateways = ["192.0.2.1", "2001:db8::1"]
"""
_COMMANDS = (
    ["docker", "run", "-d", "--name", "web", "-p", "8000:80", "-p", "127.0.0.1:9000:90", *IDLE],
    ["docker", "network", "create", "--internal", "back"],
)


@pytest.mark.parametrize(
    ("version", "backend", "keys", "arguments"),
    [
        ("26.1.5", LEGACY, "icc = false", ("--icc=false",)),
        ("28.5.2", NFT, "userland-proxy = false", ("--userland-proxy=false",)),
        ("20.10.24", NFT, 'bip = "10.9.0.1/24"', ("--bip=10.9.0.1/24",)),
    ],
)
def test_a_plan_on_a_profile_comes_true_on_such_a_host(
    tmp_path: Path, version: str, backend: str, keys: str, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "host.toml").write_text(f'engine = "{version}"\nbackend = "{backend}"{_ETH0}[daemon]\n{keys}\n')
    facts = profile_facts(load_host_profile(tmp_path / "host.toml"), None, CATALOG)
    for command in _COMMANDS:
        with (
            LabHost(uplink=True) as machine,
            Engine(machine, version, backend, arguments) as engine,
            tempfile.TemporaryDirectory() as folder,
        ):
            host = Host(engine, Path(folder))
            assert differences(parse_snapshot(facts).ruleset, parse_snapshot(host.facts).ruleset) == ()
            host.facts = facts
            assert host.attempt(command).differences == []

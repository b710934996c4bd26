"""A suggested policy: it holds on its host, it speaks of all that is open, and what permits least is first."""

from pathlib import Path

import msgspec
import pytest
from programs import RECORDINGS, run_inside
from sampling import HOSTS, SHOP, sampled

import netaudit
from netaudit.api.policies import suggest_policy
from netaudit.attribute.attribution import UNATTRIBUTED
from netaudit.packets.exposure.table import ExposureTable
from netaudit.packets.host.zones import ZoneChoice
from netaudit.parse import parse_snapshot
from netaudit.policy.cells import Cells
from netaudit.policy.subjects import Subjects
from netaudit.policy.suggest import suggest
from netaudit.policy.verdict import Verdict


@pytest.mark.parametrize("recording", sampled(HOSTS, (SHOP, "29.7.2-nftables/ipv6-only-network/05")))
def test_it_holds_on_the_host_and_speaks_of_all_that_is_open(recording: str, tmp_path: Path) -> None:
    facts = netaudit.load(RECORDINGS / recording)
    file = tmp_path / "netaudit-policy.yaml"
    file.write_text(suggest_policy(parse_snapshot(facts)))
    held = netaudit.hold_policy(facts, file)
    assert {one.verdict for one in held.judged} == {Verdict.HOLDS}
    assert [str(one.exposure.zone) for one in held.uncovered] == []


def test_it_is_grouped_by_project_and_what_permits_least_is_first() -> None:
    lines = run_inside("assert", RECORDINGS / SHOP, "--suggest").stdout.splitlines()
    host, shop = lines[2:5], lines[7:]
    assert lines[5:7] == ["", '  # "shop"']
    assert [line.split()[1].strip('"') for line in host] == ["internet", "lan:eth0", "nothing"]
    named = [line.split("container:")[1].split(" ")[0].rstrip(chr(34)) for line in shop]
    assert named == ["shop-cache", "shop-db", "shop-api", "shop-web"]
    assert all("container:shop-" in line for line in shop)


def test_networks_of_one_project_are_spoken_of_there_before_what_permits_something() -> None:
    host = parse_snapshot(netaudit.load(RECORDINGS / "28.5.2-iptables-nft/two-nets/04"))
    assert host.inventory
    shop = (("com.docker.compose.project", "shop"),)
    containers = tuple(msgspec.structs.replace(one, labels=shop) for one in host.inventory.containers)
    subjects = Subjects(msgspec.structs.replace(host.inventory, containers=containers))
    table = ExposureTable(host, host.program, ZoneChoice(containers=True))
    found = [one for one in suggest(table, subjects, Cells(table, subjects, lambda _: UNATTRIBUTED, {})) if one.project]
    assert [(one.project, one.permits) for one in found] == [("shop", 0), ("shop", 3), ("shop", 3)]
    assert found[0].text == "networks nc and nd are isolated"


def test_a_network_is_named_in_place_of_its_members_where_all_of_them_reach_a_container() -> None:
    said = run_inside("assert", RECORDINGS / SHOP, "--suggest").stdout
    assert "nothing reaches container:shop-cache but network:shop_back" in said
    assert "nothing reaches container:grafana but internet, lan:eth0, network:shop_back, network:shop_front" in said
    assert "nothing reaches container:shop-api but container:shop-web, network:shop_back" in said

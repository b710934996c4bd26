"""Who reaches what where rules and `docker ps` are all that is known: what surely is closed is said to be."""

from pathlib import Path

import pytest

from netaudit.model.exposure import Exposure, Outcome, ZoneKind
from netaudit.packets.exposure.table import expose
from netaudit.parse import parse_snapshot
from netaudit.store import load

PS = """$ docker ps
CONTAINER ID   IMAGE   COMMAND   CREATED   STATUS   PORTS   NAMES
4c01db0b339c   nginx   "nginx"   2 min ago   Up 2 minutes   0.0.0.0:8080->80/tcp   web
"""
DOCKERS = """table ip nat {
	chain DOCKER {
		iifname != "br-8c698eab3c9e" tcp dport 8080 counter dnat to 172.18.0.2:80
	}
	chain PREROUTING {
		type nat hook prerouting priority dstnat; policy accept;
		fib daddr type local counter jump DOCKER
	}
	chain OUTPUT {
		type nat hook output priority -100; policy accept;
		ip daddr != 127.0.0.0/8 fib daddr type local counter jump DOCKER
	}
}
"""


def _table(hook: str, *rules: str) -> str:
    body = "".join(f"\t\t{rule}\n" for rule in rules)
    return (
        f"table inet mine_{hook} {{\n\tchain {hook} {{\n\t\ttype filter hook {hook} priority 10; policy drop;\n"
        f"{body}\t}}\n}}\n"
    )


def _rows(folder: Path, text: str) -> list[Exposure]:
    file = folder / "paste.txt"
    file.write_text(text)
    snapshot = parse_snapshot(load(file))
    return [*expose(snapshot, snapshot.program)]


def _of_web(rows: list[Exposure]) -> dict[ZoneKind, Outcome]:
    return {row.zone.kind: row.outcome for row in rows if row.destination.container_name == "web"}


CLOSED, UNSURE = Outcome.BLOCKED, Outcome.MAY


@pytest.mark.parametrize(
    ("tables", "internet", "host"),
    [
        ((), UNSURE, UNSURE),
        (("forward",), UNSURE, UNSURE),  # docker-proxy may take it
        (("input",), UNSURE, UNSURE),
        (("forward", "input"), CLOSED, UNSURE),  # what the host itself sends is not forwarded
        (("output",), UNSURE, CLOSED),
        (("forward", "input", "output"), CLOSED, CLOSED),
    ],
)
def test_a_published_port_is_closed_where_no_way_leads_through(
    tmp_path: Path, tables: tuple[str, ...], internet: Outcome, host: Outcome
) -> None:
    found = _of_web(_rows(tmp_path, PS + DOCKERS + "".join(map(_table, tables))))
    assert found == {ZoneKind.INTERNET: internet, ZoneKind.HOST: host}


@pytest.mark.parametrize(
    ("hook", "rule"),
    [
        ("forward", "tcp dport 80 accept"),  # as DNAT made it
        ("input", "tcp dport 8080 accept"),  # as docker-proxy is asked
        ("forward", 'iifname "eth0" accept'),
        ("input", "ip saddr 192.0.2.0/24 accept"),
    ],
)
def test_a_port_that_a_rule_may_open_is_not_closed(tmp_path: Path, hook: str, rule: str) -> None:
    tables = [_table(one, *([rule] if one == hook else [])) for one in ("forward", "input")]
    assert _of_web(_rows(tmp_path, PS + DOCKERS + "".join(tables)))[ZoneKind.INTERNET] is UNSURE


def test_what_is_led_on_for_one_family_of_a_table_of_both_is_of_that_family(tmp_path: Path) -> None:
    text = (
        "table inet netavark {\n\tchain PREROUTING {\n\t\ttype nat hook prerouting priority dstnat; policy accept;\n"
        "\t\ttcp dport 8080 dnat ip to 10.88.0.5:80\n\t\ttcp dport 8081 dnat ip6 to [fd00::5]:80\n\t}\n}\n"
    )
    led = {(row.destination.family, row.destination.led) for row in _rows(tmp_path, text) if row.destination.led}
    assert {(family, target.addresses[0]) for family, target in led} == {("ip", "10.88.0.5"), ("ip6", "fd00::5")}

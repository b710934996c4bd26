"""What Docker's own client prints beside rules, as people paste it: containers, ports."""

from pathlib import Path

import pytest

from netaudit.parse import parse_snapshot
from netaudit.parse.paste.files import read_paste
from netaudit.store import load

RULES = "-P FORWARD DROP\n-A FORWARD -j DOCKER-USER\n"
HEADING = "CONTAINER ID   IMAGE   COMMAND   CREATED   STATUS   PORTS   NAMES\n"


def _containers(folder: Path, text: str) -> list[str] | None:
    file = folder / "pasted.txt"
    file.write_text(text)
    inventory = parse_snapshot(load(file)).inventory
    return None if inventory is None else [one.name for one in inventory.containers]


def test_the_heading_of_docker_ps_alone_says_that_no_container_runs(tmp_path: Path) -> None:
    assert _containers(tmp_path, f"$ docker ps\n{HEADING}$ iptables -S\n{RULES}") == []


def test_rows_that_are_left_out_below_the_heading_leave_the_containers_unknown(tmp_path: Path) -> None:
    for below in ("[...]\n", "(a dozen of them)\n", "\n...\n"):
        assert _containers(tmp_path, f"$ docker ps\n{HEADING}{below}$ iptables -S\n{RULES}") is None


def test_ports_of_a_container_that_was_asked_for_by_name_are_its_own(tmp_path: Path) -> None:
    ports = "80/tcp -> 0.0.0.0:8080\n80/tcp -> [::]:8080\n443/tcp -> 127.0.0.1:8443\n"
    bindings = _bindings(tmp_path, f"$ docker port web\n{ports}$ docker port db\n5432/tcp -> 0.0.0.0:5432\n")
    assert bindings == {
        "web": ["0.0.0.0:8080->80", ":::8080->80", "127.0.0.1:8443->443"],
        "db": ["0.0.0.0:5432->5432"],
    }


@pytest.mark.parametrize("asked", ["", "$ docker port $(docker ps -lq)\n"])
def test_ports_of_nobody_knows_which_container_are_no_containers_and_are_told(tmp_path: Path, asked: str) -> None:
    text = f"{asked}80/tcp -> 0.0.0.0:8080\n$ iptables -S\n{RULES}"
    assert _bindings(tmp_path, text) == {}
    assert any("80/tcp -> 0.0.0.0:8080" in one.detail for one in read_paste(text, "paste.txt").gaps)


def test_a_name_that_begins_another_one_is_another_container(tmp_path: Path) -> None:
    names = "NAMES    STATUS       PORTS\nwebapp   Up 2 days    0.0.0.0:81->81/tcp\n"
    found = _bindings(tmp_path, f"{names}$ docker port web\n80/tcp -> 0.0.0.0:8080\n")
    assert found == {"web": ["0.0.0.0:8080->80"], "webapp": ["0.0.0.0:81->81"]}


def test_a_container_that_docker_ps_and_docker_port_show_is_one(tmp_path: Path) -> None:
    row = '4c01db0b339c   nginx   "nginx"    2 min ago   Up 2 minutes   0.0.0.0:8080->80/tcp   web\n'
    for name in ("web", "4c01db0b339c"):
        found = _bindings(tmp_path, f"$ docker port {name}\n80/tcp -> 0.0.0.0:8080\n$ docker ps\n{HEADING}{row}")
        assert found == {"web": ["0.0.0.0:8080->80"]}


def test_a_container_that_docker_port_shows_stands_beside_one_that_was_inspected(tmp_path: Path) -> None:
    inspected = '[{"Id": "9e1c2f0a7b6d", "Name": "/db", "NetworkSettings": {"Ports": {}}}]'
    found = _bindings(tmp_path, f"$ docker port web\n80/tcp -> 0.0.0.0:8080\n$ docker inspect db\n{inspected}\n")
    assert found == {"db": [], "web": ["0.0.0.0:8080->80"]}


def test_rows_of_docker_ps_without_their_heading_are_containers(tmp_path: Path) -> None:
    row = '4c01db0b339c   nginx   "nginx"    2 min ago   Up 2 minutes   0.0.0.0:8080->80/tcp   web\n'
    assert _bindings(tmp_path, f"$ docker ps | grep web\n{row}") == {"web": ["0.0.0.0:8080->80"]}


def test_tables_of_markdown_are_containers(tmp_path: Path) -> None:
    text = (
        "| CONTAINER ID | IMAGE | COMMAND | CREATED | STATUS | PORTS | NAMES |\n|---|---|---|---|---|---|---|\n"
        '| 4c01db0b339c | nginx | "nginx" | 2 hours ago | Up 2 hours | 0.0.0.0:8080->80/tcp | web |\n\n'
        "| NAMES | IMAGE | STATUS | PORTS |\n|:--|:--|:--|--:|\n"
        "| `app` | app:1 | Up 2 days | 0.0.0.0:3000->3000/tcp |\n"
    )
    assert _bindings(tmp_path, text) == {"web": ["0.0.0.0:8080->80"], "app": ["0.0.0.0:3000->3000"]}


def _bindings(folder: Path, text: str) -> dict[str, list[str]]:
    file = folder / "pasted.txt"
    file.write_text(text)
    inventory = parse_snapshot(load(file)).inventory
    return {
        one.name: [f"{bound.host_ip}:{bound.host_port}->{bound.container_port}" for bound in one.bindings]
        for one in (inventory.containers if inventory else ())
    }

"""What Docker's own client prints beside rules, as people paste it: containers, ports."""

from pathlib import Path

from netaudit.parse import parse_snapshot
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

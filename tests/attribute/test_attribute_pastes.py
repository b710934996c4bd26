"""Whose rules are, where `docker ps` and Docker's own rules are all that is known."""

from pathlib import Path

import pytest

from netaudit.api.hosts import show
from netaudit.store import load

RULES = """$ iptables -t nat -S
-P PREROUTING ACCEPT
-N DOCKER
-A DOCKER ! -i backend -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.20.0.2:80
-A DOCKER ! -i backend -p tcp -m tcp --dport 5353 -j DNAT --to-destination 172.20.0.3:5353
$ iptables -S
-P FORWARD DROP
-N DOCKER
-A FORWARD -o backend -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o backend -j DOCKER
-A FORWARD -i backend ! -o backend -j ACCEPT
-A FORWARD -i backend -o backend -j ACCEPT
-A DOCKER -d 172.20.0.2/32 ! -i backend -o backend -p tcp -m tcp --dport 80 -j ACCEPT
"""
HEADING = "CONTAINER ID   IMAGE   COMMAND   CREATED   STATUS   PORTS   NAMES\n"
WEB = '4c01db0b339c   nginx   "nginx"   2 min ago   Up 2 minutes   0.0.0.0:8080->80/tcp   web\n'
OTHER = '9e1c2f0a7b6d   nginx   "nginx"   2 min ago   Up 2 minutes   192.0.2.1:8080->80/tcp   other\n'


def _causes(folder: Path, text: str) -> dict[str, str]:
    file = folder / "paste.txt"
    file.write_text(text)
    return {
        one.item.text: ", ".join(
            f"{cause.container.name if cause.container else ''}@{cause.network.name if cause.network else ''}"
            for cause in one.attribution.causes
        )
        for one in show(load(file)).items
        if one.item.text.startswith("-A")
    }


def test_a_bridge_of_any_name_is_dockers_where_its_packets_are_led_to_dockers_chain(tmp_path: Path) -> None:
    causes = _causes(tmp_path, RULES)
    assert {causes[text] for text in causes if text.startswith("-A FORWARD")} == {"@backend"}


def test_an_interface_that_nothing_leads_to_dockers_chain_is_nobodys(tmp_path: Path) -> None:
    causes = _causes(tmp_path, RULES.replace("-A FORWARD -o backend -j DOCKER\n", ""))
    assert {causes[text] for text in causes if text.startswith("-A FORWARD")} == {""}


def test_the_container_that_publishes_a_port_has_the_address_that_the_port_is_led_to(tmp_path: Path) -> None:
    causes = _causes(tmp_path, f"{RULES}$ docker ps\n{HEADING}{WEB}")
    assert [causes[text] for text in causes if "172.20.0.2" in text] == ["web@backend"] * 2
    assert [causes[text] for text in causes if "172.20.0.3" in text] == ["172.20.0.3@backend"]


@pytest.mark.parametrize("row", [OTHER, WEB.replace("Up 2 minutes", "Exited (0)")])
def test_of_two_that_may_have_it_or_of_one_that_does_not_run_no_container_is_named(tmp_path: Path, row: str) -> None:
    rows = f"{WEB}{row}" if row == OTHER else row
    causes = _causes(tmp_path, f"{RULES}$ docker ps\n{HEADING}{rows}")
    assert [causes[text] for text in causes if "172.20.0.2" in text] == ["172.20.0.2@backend"] * 2

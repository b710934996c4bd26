"""Pasted rules and nothing else: what changed is said as far as rules tell it, and the rest is not known."""

from pathlib import Path

import netaudit
from netaudit.attribute.attribution import AttributedDiff
from netaudit.report.page.render import render_diff_markdown, render_snapshot_markdown
from netaudit.report.terminal.rules import render_diff
from netaudit.report.terminal.style import Style

LED = "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 5432 -j DNAT --to-destination 172.17.0.2:5432\n"
RULES = """*nat
:PREROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
{led}COMMIT
*filter
:INPUT {policy} [0:0]
:FORWARD {policy} [0:0]
COMMIT
"""


def _paste(folder: Path, name: str, *, led: str = "", policy: str = "DROP") -> netaudit.Facts:
    path = folder / name
    path.write_text(RULES.format(led=led, policy=policy))
    return netaudit.load(path)


def _pages(diff: AttributedDiff) -> list[str]:
    return [" ".join(page.split()) for page in (render_diff(diff, Style(width=300)), render_diff_markdown(diff))]


def test_a_port_that_a_rule_leads_on_now_may_be_open(tmp_path: Path) -> None:
    diff = netaudit.compare(_paste(tmp_path, "a.txt"), _paste(tmp_path, "b.txt", led=LED, policy="ACCEPT"))
    said = "172.17.0.2:5432/tcp (PostgreSQL) by NAT of 0.0.0.0:5432: blocked → MAY, because nat/DOCKER#1 is there now"
    for page in _pages(diff):
        assert said in page
        assert "did not change" not in page


def test_policies_that_open_may_open_any_program(tmp_path: Path) -> None:
    diff = netaudit.compare(_paste(tmp_path, "a.txt"), _paste(tmp_path, "b.txt", policy="ACCEPT"))
    for page in _pages(diff):
        assert "any program of the host, IPv4, every tcp and udp port: blocked → MAY" in page
        assert "did not change" not in page


def test_a_rule_that_opens_nothing_for_sure_is_not_called_no_change(tmp_path: Path) -> None:
    quiet = "-A DOCKER -i docker0 -j RETURN\n"
    diff = netaudit.compare(_paste(tmp_path, "a.txt"), _paste(tmp_path, "b.txt", led=quiet))
    for page in _pages(diff):
        assert "No change was seen in" in page
        assert "did not change" not in page


def test_a_port_that_a_rule_leads_on_is_never_called_unreachable(tmp_path: Path) -> None:
    page = render_snapshot_markdown(netaudit.expose(_paste(tmp_path, "report.txt", led=LED, policy="ACCEPT")))
    assert "is reachable from the Internet" not in page
    assert "May be open to the Internet:" in page
    assert "172.17.0.2:5432" in page

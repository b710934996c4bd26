"""What to do about a mistake: all lines of it, in each format, copyable, and what becomes of them at the next boot."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from audit.conftest import AuditOf
from msgspec.structs import replace

import netaudit
from netaudit.api.formats import Format
from netaudit.api.renderers import render_diff, render_snapshot
from netaudit.audit.finding import Audit
from netaudit.audit.risk import gather_mistakes
from netaudit.model.facts import Gap, GapReason
from netaudit.report.ci import sarif
from netaudit.report.ci.location import Locator
from netaudit.report.page.anchors import Anchors
from netaudit.report.page.findings import list_findings
from netaudit.report.text.findings.places import describe_title
from netaudit.report.text.findings.ways import describe_keeping, ways
from netaudit.store import load

SHOP = Path(__file__).parents[1] / "recordings" / "tour" / "shop"
_LIMIT = "-m conntrack --ctorigdstport {} --ctdir ORIGINAL ! -s <TRUSTED_NET> -j DROP"
IPV4 = f"iptables -I DOCKER-USER -i eth0 -p tcp {_LIMIT}"
IPV6 = "ip6tables -I INPUT -i eth0 -p tcp -m tcp --dport {} ! -s <TRUSTED_NET> -j DROP"


@pytest.fixture(scope="module")
def audit(audit_of: AuditOf) -> Audit:
    return audit_of("tour/shop/10")


def test_two_ports_of_one_container_have_their_lines_under_each_way(audit: Audit) -> None:
    web = next(one for one in gather_mistakes(audit.open) if one.first.container == "shop-web")
    limit, loopback = ways(web.alike)
    assert [one.line for one in limit.lines] == [IPV4.format(443), IPV6.format(443), IPV4.format(80), IPV6.format(80)]
    assert loopback.options == "-p 127.0.0.1:443:443/tcp -p 127.0.0.1:80:80/tcp"
    assert "such as by 203.0.113.0/24" in limit.do
    assert "such as by 2001:db8:1::/48" in limit.lines[1].do


@pytest.mark.parametrize("host", ["stale-dnat-address-reused", "ufw-deny-bypassed"])
def test_no_line_that_a_finding_needs_is_left_out(audit_of: AuditOf, host: str) -> None:
    for mistake in gather_mistakes(audit_of(f"bad/{host}/before").open):
        shown = {line.line for way in ways(mistake.alike) for line in way.lines}
        needed = {advice.line for one in mistake.alike[:8] for advice in one.advice if advice.commands}
        assert needed <= shown, mistake.first.check.id


def test_lines_that_the_kernel_forgets_say_so() -> None:
    assert "until the next boot" in describe_keeping(["sysctl -w net.ipv4.conf.all.rp_filter=1"])
    assert "until the next boot" in describe_keeping(["", "nft add table ip operator"])
    assert describe_keeping(["docker network create x", ""]) == ""


@pytest.fixture(scope="module")
def comment() -> str:
    judged = netaudit.judge_changes(load(SHOP / "08"), load(SHOP / "10"))
    return render_diff(judged.diff, Format.MARKDOWN, None, judged.findings).decode()


def test_a_comment_has_each_line_in_a_block_of_its_own(comment: str) -> None:
    blocks = re.findall(r"```sh\n(.*?)\n```", comment)
    assert blocks == ["-p 127.0.0.1:5432:5432/tcp", IPV4.format(5432), IPV6.format(5432)]
    assert "replace \\<TRUSTED\\_NET\\>" in comment
    assert "<summary>New findings</summary>" in comment


def test_a_comment_folds_what_changed_inside_the_host() -> None:
    judged = netaudit.judge_changes(load(SHOP / "07"), load(SHOP / "10"))
    said = render_diff(judged.diff, Format.MARKDOWN, None, judged.findings).decode()
    assert "inside the host changed too</summary>" in said


def test_help_of_a_rule_in_sarif_has_no_holes_and_no_conditions(audit: Audit) -> None:
    rules = json.loads(sarif.render_audit(audit, Locator({}), ""))["runs"][0]["tool"]["driver"]["rules"]
    for rule in rules:
        assert re.findall(r"\{[a-z_0-9.]+\}|\(when ", rule["help"]["text"]) == []
    shown = {rule["id"]: rule["help"]["text"] for rule in rules}
    assert "iptables (ip6tables for IPv6) -I FORWARD -j DOCKER-USER" in shown["docker-user-not-asked"]
    every = [one for check in audit.checks for one in check.remedies if check.id == "sensitive-port-reachable"]
    lines = shown["sensitive-port-reachable"].split("\n\n")
    assert all(any(line.startswith(one.do.text.partition("{")[0]) for line in lines) for one in every)
    assert any("in INPUT, for docker-proxy" in line for line in lines)


def test_sarif_says_which_checks_have_no_answer(audit_of: AuditOf, audit: Audit) -> None:
    whole = load(SHOP / "10")
    files = {name: data for name, data in whole.files.items() if name != "sysctl.txt"}
    blind = audit_of(replace(whole, files=files, gaps=(Gap("sysctl.txt", GapReason.NOT_RECORDED),)))
    run = json.loads(sarif.render_audit(blind, Locator({}), ""))["runs"][0]
    said = run["invocations"][0]["toolExecutionNotifications"]
    assert len(said) >= len(blind.not_put) + len(blind.head.gaps) > 0
    assert "invocations" not in json.loads(sarif.render_audit(audit, Locator({}), ""))["runs"][0]


def test_a_page_counts_all_findings_and_prints_the_worst(audit: Audit) -> None:
    found = list_findings(audit, Anchors())
    assert found.number == len(gather_mistakes(audit.open))
    assert found.rows[0].anchor not in found.beyond
    page = render_snapshot(audit.shown, Format.HTML, audit).decode()
    assert f"{found.number - 2} more findings in the page itself" in page
    assert f'data-total="{found.number}"' in page
    assert "<code>docker run -p 8080:80</code> publishes on every address" in page
    assert "{&#34;userland-proxy&#34;: false}</code>" in page.replace("<i>", "").replace("</i>", "")


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        ({"title": "PostgreSQL is open", "service": "PostgreSQL", "doubts": ("x",)}, "PostgreSQL may be open"),
        ({"title": "PostgreSQL is open", "service": "PostgreSQL"}, "PostgreSQL is open"),
        ({"title": "Port forwarded by a NAT rule", "service": "Redis"}, "Redis: port forwarded by a NAT rule"),
    ],
)
def test_a_title_names_its_service_and_says_may(audit: Audit, finding: Mapping[str, object], words: str) -> None:
    assert describe_title(replace(audit.open[0], **({"doubts": ()} | finding))) == words


def test_a_sentence_names_the_first_of_very_many_ports(audit: Audit) -> None:
    check = next(one for one in audit.checks if one.id == "docker-user-empty")
    many = {"family": "ip6", "public_ports": [f"web-{n} 80/tcp" for n in range(428)]}
    said = check.finding.fill(many)
    assert said.startswith("Published on every address (IPv6)")
    assert "and 420 more" in said
    assert len(said) < 400

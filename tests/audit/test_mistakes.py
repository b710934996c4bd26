"""One mistake is one finding with its aspects, the worst first; many that are alike are one line."""

from pathlib import Path

import pytest

import netaudit
from netaudit.api.choice import Choice, choose_of_audit, choose_of_snapshot
from netaudit.audit.finding import Audit
from netaudit.audit.risk import Reach, fold_mistakes, gather_mistakes
from netaudit.model.severity import Severity
from netaudit.report.terminal.audit import render_audit
from netaudit.report.terminal.detail import Detail
from netaudit.report.terminal.exposure import render_exposure
from netaudit.report.terminal.findings.full import render_mistakes, waiver_lines
from netaudit.report.terminal.style import Style
from netaudit.report.text.findings.places import describe_places

SHOP = Path(__file__).parents[1] / "recordings" / "tour" / "shop" / "10"


@pytest.fixture(scope="module")
def audit() -> Audit:
    return netaudit.run_checks(netaudit.load(SHOP))


def test_a_database_published_by_mistake_is_one_finding_and_two_web_ports_another(audit: Audit) -> None:
    mistakes = gather_mistakes(audit.open)
    told = [(one.first.severity, one.first.check.id, describe_places(one)) for one in mistakes[:3]]
    assert told == [
        (Severity.CRITICAL, "sensitive-port-reachable", "shop-db 5432/tcp"),
        (Severity.MEDIUM, "published-port-open-to-world", "grafana 3000/tcp"),
        (Severity.MEDIUM, "published-port-open-to-world", "shop-web 80, 443/tcp"),
    ]
    assert [one.check.id for one in mistakes[0].aspects] == [
        "sensitive-port-reachable",
        "sensitive-port-published-everywhere",
    ]
    assert sum(len(one.findings) for one in mistakes) == len(audit.open)


def test_what_the_internet_reaches_comes_before_what_nobody_reaches(audit: Audit) -> None:
    reached = [one.reach for one in gather_mistakes(audit.open)]
    assert reached == sorted(reached)
    assert reached[0] is Reach.INTERNET
    assert reached[-1] is Reach.INSIDE


def test_what_many_containers_have_in_common_is_one_line(audit: Audit) -> None:
    one = gather_mistakes(audit.open)[1]
    few, many = fold_mistakes([one] * 3), fold_mistakes([one] * 240)
    assert (len(few), len(many)) == (3, 1)


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_the_first_screen_has_every_finding_and_no_evidence(audit: Audit, width: int) -> None:
    lines = render_audit(audit, Style(width)).splitlines()
    assert max(map(len, lines)) <= width
    assert len(lines) < 40
    text = " ".join(" ".join(lines).split())
    assert "8 findings: 1 critical, 2 medium, 1 low, 4 info" in text
    assert "shop-db 5432/tcp: PostgreSQL is open" in text
    assert "-A DOCKER" not in text


def test_everything_is_printed_on_demand(audit: Audit) -> None:
    text = " ".join(render_audit(audit, Style(detail=Detail.FULL)).split())
    for one in audit.open:
        assert one.check.id in text
    assert "-A DOCKER" in text


def test_one_line_is_left_of_a_quiet_audit(audit: Audit) -> None:
    assert len(render_audit(audit, Style(detail=Detail.QUIET)).splitlines()) == 1


def test_a_choice_keeps_what_is_asked_about(audit: Audit) -> None:
    def found(choice: Choice) -> set[str]:
        return {one.container for one in choose_of_audit(audit, choice).findings}

    assert found(Choice(severity=Severity.CRITICAL)) == {"shop-db"}
    assert found(Choice(containers=("shop-*",))) == {"shop-web", "shop-db", ""} - {""}
    assert found(Choice(ports=(443,))) == {"shop-web"}
    assert "grafana" in found(Choice(zones=("internet",)))
    assert found(Choice(zones=("container:nobody",))) == set()


def test_the_rows_of_one_zone_and_one_container_are_chosen() -> None:
    shown = netaudit.expose(netaudit.load(SHOP))
    chosen = choose_of_snapshot(shown, Choice(zones=("lan",), containers=("shop-api",)))
    assert {str(one.exposure.zone) for one in chosen.exposure or ()} == {"lan:eth0"}
    assert {one.exposure.destination.container_name for one in chosen.exposure or ()} == {"shop-api"}
    assert "nothing is reachable from lan." in " ".join(render_exposure(chosen, Style()).split())
    first = render_exposure(shown, Style()).splitlines()[2:4]
    assert first == ["open to internet, lan:eth0", "  !  shop-db 5432/tcp (PostgreSQL)       0.0.0.0:5432, [::]:5432"]


def test_the_commands_of_a_mistake_close_all_of_it_over_ipv6_too(audit: Audit) -> None:
    text = " ".join(render_mistakes(gather_mistakes(audit.open)[:1], Style()).replace("\\\n", " ").split())
    assert "to do Publish it on loopback" in text
    assert "iptables -I DOCKER-USER -i eth0 -p tcp -m conntrack --ctorigdstport 5432" in text
    assert "and for shop-db [::]:5432/tcp: limit who may use it, in INPUT" in text
    assert "ip6tables -I INPUT -i eth0 -p tcp -m tcp --dport 5432" in text


def test_the_entry_that_accepts_a_finding_is_one_of_a_waiver_file(audit: Audit, tmp_path: Path) -> None:
    lines = [line.strip() for line in waiver_lines(gather_mistakes(audit.open)[0], Style())][1:]
    lines = lines[: next(at for at, line in enumerate(lines) if line.startswith("leaves "))]
    filled = "\n".join(lines).replace('""', '"said"').replace("YYYY-MM-DD", "2999-01-01")
    (tmp_path / "accepted.toml").write_text(f"{filled}\n")
    accepted = netaudit.run_checks(netaudit.load(SHOP), netaudit.AuditOptions(waivers=(tmp_path / "accepted.toml",)))
    assert {one.subject for one in accepted.findings if one.waiver} == {
        "shop-db 0.0.0.0:5432/tcp",
        "shop-db [::]:5432/tcp",
    }

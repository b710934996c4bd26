"""Filters: what is not there is refused with the nearest name that is, and what was left out is said."""

from pathlib import Path

import pytest
from programs import RECORDINGS, run_inside
from sampling import every

from netaudit.api.hosts import ZoneDetail, expose
from netaudit.api.recordings import load
from netaudit.packets.host.zones import ZoneChoice
from netaudit.packets.query.names import require_containers, require_zones
from netaudit.parse import parse_snapshot

UFW = RECORDINGS / "bad" / "ufw-deny-bypassed" / "before"
SHOP = RECORDINGS / "tour" / "shop" / "10"
PODMAN = RECORDINGS / "podman-5.8.6-nftables" / "one-port" / "01"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("audit", UFW, "--container", "dbx"), "there is no container dbx here (did you mean db?"),
        (("exposure", UFW, "--container", "d?x"), "there is no container d?x here"),
        (("show", UFW, "--container", "webb"), "did you mean web?"),
        (("diff", UFW, UFW, "--container", "dbx"), "did you mean db?"),
        (("exposure", UFW, "--from", "container:dbx"), "there is no container dbx here (did you mean db?"),
        (("exposure", UFW, "--from", "network:brigde"), "did you mean network:bridge?"),
        (
            ("audit", UFW, "--container", "db", "--from", "lan:eth9"),
            "zones here: internet, lan, host, network, lan:eth0",
        ),
        (("diff", UFW, UFW, "--from", "lan:eth9"), "this host has no zone lan:eth9"),
        (("audit", UFW, "--from", "container:web"), "ask --from network:bridge, of which it is a member"),
        (("audit", SHOP, "--project", "shopp"), "did you mean shop?"),
        (("audit", SHOP, "--project", "shop", "--project", "none"), "no container of project none"),
        (("exposure", PODMAN, "--container", "wbe"), "there is no container wbe here"),
        (("audit", UFW, "--port", "9999"), "no binding, listener, rule or finding is about port 9999"),
        (("exposure", UFW, "--port", "9999"), "no binding, listener, rule or finding is about port 9999"),
        (("show", UFW, "--port", "9999"), "no binding, listener, rule or finding is about port 9999"),
        (("diff", UFW, UFW, "--port", "9999"), "no binding, listener, rule or finding is about port 9999"),
    ],
    ids=lambda words: " ".join(map(str, words[2:])) if isinstance(words, tuple) else "",
)
def test_a_name_that_is_not_there_is_refused_and_never_answered_with_nothing(
    command: tuple[str | Path, ...], said: str
) -> None:
    done = run_inside(*command)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_where_containers_were_not_seen_none_is_said_to_be_absent(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.write_bytes((UFW / "iptables-save.txt").read_bytes())
    done = run_inside("audit", rules, "--container", "db")
    assert done.returncode == 2
    assert "whether there is a container db is not known" in done.stderr


def test_a_container_is_a_zone_to_ask_about() -> None:
    done = run_inside("exposure", UFW, "--from", "container:web")
    assert "open to container:web\n  !  db every tcp port" in done.stdout
    assert "container:db" not in done.stdout


def test_what_is_shown_in_part_says_which_part() -> None:
    critical = run_inside("audit", UFW, "--severity", "critical", "-q")
    assert (
        critical.stdout.split("\n")[0]
        == "1 of 8 findings shown (--severity critical): 1 critical; 111 checks; the exit"
    )
    assert run_inside("exposure", UFW, "--container", "db", "-q").stdout.endswith("; only --container db\n")
    assert "2 of them shown (--port 8080)" in run_inside("show", UFW, "--port", "8080", "-q").stdout
    assert run_inside("diff", UFW, UFW, "--port", "8080", "-q").stdout.endswith("; only --port 8080\n")
    whole = run_inside("audit", UFW, "-q").stdout
    assert "shown" not in whole


def test_an_audit_from_inside_answers_about_the_inside() -> None:
    shown = run_inside("audit", UFW, "--from", "network:bridge").stdout
    assert "open to network:bridge: db every tcp port" in shown
    assert "network bridge: Containers reach each other" in shown
    assert "from the Internet" not in shown


def test_nothing_open_is_said_of_what_was_asked_for_alone() -> None:
    shown = run_inside("audit", SHOP, "--container", "shop-cache").stdout
    assert "No port is reachable" not in shown
    assert "Of what was asked for (--container shop-cache), nothing is reachable from" in shown


def _steps() -> list[Path]:
    return sorted(path.parent for path in RECORDINGS.glob("*/*/*/recording.json"))


@pytest.mark.parametrize("place", every(12, _steps()[::60]), ids=lambda path: "/".join(path.parts[-3:]))
def test_what_a_table_names_may_be_asked_for(place: Path) -> None:
    facts = load(place)
    rows = [one.exposure for one in expose(facts, zones=ZoneDetail.CONTAINERS).exposure or ()]
    snapshots = [parse_snapshot(facts)]
    require_zones({str(one.zone) for one in rows}, snapshots, ZoneChoice(containers=True))
    require_containers({one.destination.container_name for one in rows} - {""}, snapshots)


def test_two_hosts_are_said_to_be_two_and_nothing_is_called_a_cause() -> None:
    other = RECORDINGS / "29.7.2-nftables" / "ipv6-only-network" / "03"
    shown = run_inside("diff", UFW, other).stdout
    assert shown.startswith("these are two hosts: makers, lab; what differs has not changed")
    assert "because" not in shown
    assert "these are two hosts: makers, lab" in run_inside("diff", UFW, other, "-f", "json").stderr
    assert "rows inside the host differ too" in shown
    page = run_inside("report", UFW, other, "-f", "html").stdout
    assert '<h1 id="headline">These are two hosts: ' in page
    assert "Open on lab alone to the Internet and the LAN (eth0)" in page
    said = run_inside("report", UFW, other, "-f", "markdown").stdout
    assert "### netaudit: These are two hosts: `makers`, `lab`; what differs" in said
    assert "On `makers` alone reachable from the Internet and the LAN on eth0: `db 5432/tcp (PostgreSQL)`" in said
    for one in (page, said):
        assert not any(words in one for words in ("ewly open", "o longer", "were added by", "What changed", ", now"))
    assert run_inside("audit", other, "--since", UFW).returncode == 2


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("plan", UFW, "--", "docker", "run", "nginx"), f"netaudit plan --on {UFW} -- docker run nginx"),
        (("plan", "-f", "nope.yaml"), "there is no file nope.yaml"),
        (("plan", "--on", UFW, "--requests", "nope.json"), "there is no file nope.json"),
    ],
)
def test_a_plan_of_a_recording_or_of_no_file_is_refused_with_what_was_meant(
    command: tuple[str | Path, ...], said: str
) -> None:
    done = run_inside(*command)
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("DOCKER-INGRESS", "This host has no chain DOCKER-INGRESS."),
        ("nat/DOCKER-USER", "This host has no chain DOCKER-USER in table nat."),
        ("DOCKER-USER", "This host has the chain, and no rules in it."),
        ("nat/docker", "This host has rules there: `netaudit explain nat/DOCKER`"),
    ],
)
def test_a_chain_that_is_explained_is_looked_for_on_the_host(subject: str, said: str) -> None:
    assert said in " ".join(run_inside("explain", subject, SHOP).stdout.split())


def test_a_chain_of_rules_that_were_not_seen_is_not_denied(tmp_path: Path) -> None:
    seen = (SHOP / "iptables-save.txt").read_text()
    assert "DOCKER-INGRESS" not in seen
    (tmp_path / "rules").write_text(seen)
    done = run_inside("explain", "DOCKER-INGRESS", tmp_path / "rules")
    assert "is not known" in done.stdout


def test_a_folder_with_the_name_of_a_command_hides_no_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("sh", "docker", "before"):
        (tmp_path / name).mkdir()
    for name in ("sh", "before"):
        (tmp_path / name / "recording.json").write_bytes((UFW / "recording.json").read_bytes())
    said = {name: run_inside("plan", "--on", UFW, "--", name, "ps").stderr for name in ("sh", "docker", "before")}
    assert [name for name, text in said.items() if "is a folder, and no command" in text] == ["before"]


@pytest.mark.parametrize("command", ["exposure", "audit"])
@pytest.mark.parametrize("about", [("--container", "shop-cache"), ("--from", "network:shop_back")], ids="".join)
def test_a_port_that_is_open_inside_is_answered_where_the_inside_is_asked_about(
    command: str, about: tuple[str, str]
) -> None:
    done = run_inside(command, SHOP, "--port", "6379", *about, "--verbose")
    assert "is about port 6379" not in done.stderr
    assert "--port 6379" in done.stdout
    assert done.returncode == (1 if command == "audit" else 0)
    open_to = " ".join(run_inside("exposure", SHOP, "--port", "6379", "--from", "network:shop_back").stdout.split())
    assert "open to network:shop_back" in open_to
    assert "shop-cache every tcp port" in open_to


@pytest.mark.parametrize("form", ["terminal", "markdown"])
def test_where_nothing_changed_of_what_was_asked_for_no_more_is_said(form: str) -> None:
    done = run_inside("diff", SHOP.parent / "09", SHOP, "--container", "grafana", "-f", form)
    shown = " ".join(done.stdout.split())
    asked = "Of what was asked for (--container grafana), "
    said = {
        "terminal": ["no rule, chain or policy changed."],
        "markdown": ["nothing changed.", "who can reach what did"],
    }
    assert [words for words in said[form] if f"{asked}{words}" not in shown] == []
    whole = ("Nothing changed", "Who can reach what did not", "No rule, chain or policy")
    assert [words for words in whole if words in shown] == []

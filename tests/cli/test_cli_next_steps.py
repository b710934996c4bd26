"""What a reader does next stands there: what to explain, the waiver to fill in, the gate's word, what was meant."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from programs import NO_DOCKER, RECORDINGS, environment, run_inside

UFW = RECORDINGS / "bad" / "ufw-deny-bypassed" / "before"
OPERATORS = RECORDINGS / "28.5.2-iptables-legacy" / "operators-rules" / "05"
DROP = "iptables -I DOCKER-USER -i eth0 -p tcp -m conntrack --ctorigdstport 5432 --ctdir ORIGINAL -j DROP"


def test_the_gate_says_that_it_refuses_and_for_what() -> None:
    refused = "netaudit: refused: 1 finding at or above --fail-on high: 6d8bbc27\n"
    done = run_inside("audit", UFW)
    assert (done.returncode, done.stderr) == (1, refused)
    assert run_inside("audit", UFW, "-f", "sarif").stderr == ""
    assert run_inside("audit", UFW, "--fail-on", "none").stderr == ""


def test_an_audit_fills_in_the_command_that_explains_a_finding() -> None:
    shown = " ".join(run_inside("audit", UFW).stdout.split())
    assert f"`netaudit explain 6d8bbc27 {UFW}`" in shown


def test_an_audit_says_by_which_port_of_the_host_and_over_which_family() -> None:
    shown = " ".join(run_inside("audit", UFW).stdout.split())
    assert "db 5432/tcp (PostgreSQL) by 0.0.0.0:5432 (IPv4), web 80/tcp by 0.0.0.0:8080 (IPv4)" in shown


def test_a_baseline_is_no_acceptance_and_its_findings_are_printed_as_ever(tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.json"
    written = run_inside("audit", UFW, "--write-baseline", baseline)
    assert f"wrote {baseline}" in written.stderr
    shown = run_inside("audit", UFW, "--baseline", baseline).stdout
    assert "0 new findings; 111 checks; 8 in the baseline" in shown
    assert "known (in the baseline): no gate counts them\ncritical  internet  6d8bbc27  db 5432/tcp" in shown
    assert "\naccepted\n" not in shown


def test_a_waiver_that_is_printed_covers_both_families_and_says_what_it_leaves() -> None:
    both = run_inside("explain", "82f8c311", UFW).stdout
    assert 'subject = "IPv4 forwarding"' in both
    assert 'subject = "IPv6 forwarding"' in both
    database = " ".join(run_inside("explain", "6d8bbc27", UFW).stdout.split())
    assert "leaves host-firewall-bypassed (high)" in database


def test_an_aspect_has_an_id_that_explains_it() -> None:
    aspect = next(
        line.split() for line in run_inside("explain", "6d8bbc27", UFW).stdout.splitlines() if "  aspect " in line
    )
    assert run_inside("explain", aspect[2], UFW).stdout.startswith(aspect[1])


@pytest.mark.parametrize(
    ("text", "said"),
    [("until = YYYY-MM-DD", "such as 2027-06-30"), ("until = 2027-06-30", "reason: it is empty")],
)
def test_a_waiver_that_is_not_filled_in_is_refused_in_plain_words(tmp_path: Path, text: str, said: str) -> None:
    waivers = tmp_path / "waivers.toml"
    waivers.write_text(f'[[waivers]]\ncheck = "docker-user-empty"\nsubject = "x"\nreason = ""\nowner = "me"\n{text}\n')
    done = run_inside("audit", UFW, "--waivers", waivers)
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("audit", UFW, "--skip", "docker-user-empy"), "did you mean docker-user-empty?"),
        (("explain", "docker-user-empy", UFW), "did you mean docker-user-empty?"),
        (("explain", "0" * 8, UFW), "looks like the ID of a finding, and no finding here has it"),
    ],
)
def test_a_word_that_is_not_known_names_the_nearest(command: tuple[str | Path, ...], said: str) -> None:
    done = run_inside(*command)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_rule_of_an_operator_says_how_to_learn_what_its_removal_would_change() -> None:
    said = run_inside("explain", "filter/DOCKER-USER#1", OPERATORS).stdout
    assert "netaudit plan -- iptables-legacy -t filter -D DOCKER-USER 1" in " ".join(said.split())
    assert "netaudit blame 'filter/DOCKER-USER#1'" in " ".join(said.split())
    assert "netaudit plan" not in run_inside("explain", "nat/DOCKER#2", OPERATORS).stdout


def test_a_word_and_what_has_its_name_on_the_host_are_both_explained() -> None:
    shown = run_inside("explain", "host", UFW).stdout
    assert "A zone: the host itself." in shown
    assert "network host" in shown
    chain = run_inside("explain", "DOCKER", UFW).stdout
    assert "A chain of Docker's" in chain
    assert "nat/DOCKER#2" in chain


def test_a_plan_is_no_recording_to_explain_from(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    if shutil.which("docker") is None:
        pytest.skip("no docker client is installed here")
    run_inside("plan", "--on", UFW, "--format", "json", "-o", plan, "--", "docker", "run", "-p", "81:80", "nginx")
    assert plan.exists()
    done = run_inside("explain", "6d8bbc27", plan)
    assert "is a plan, and explain reads recordings" in done.stderr


def test_input_that_nobody_reads_is_said() -> None:
    command = [sys.executable, "-m", "netaudit", "show", "-q", *NO_DOCKER]
    rules = "*filter\nCOMMIT\n"
    done = subprocess.run(command, check=False, input=rules, text=True, capture_output=True, env=environment())
    assert "standard input was not read: `-` in the place of a recording reads it" in done.stderr


def test_ports_that_are_not_known_have_no_address(tmp_path: Path) -> None:
    rules = tmp_path / "rules.txt"
    rules.write_bytes((UFW / "iptables-save.txt").read_bytes())
    shown = " ".join(run_inside("audit", rules).stdout.split())
    assert "other ports of the host (not known: sockets were not seen)" in shown
    assert "sockets were not seen) by" not in shown


def test_a_baseline_is_never_a_file_called_dash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run_inside("audit", UFW, "--write-baseline", "-")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--write-baseline - names no file" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.kernel
def test_a_remedy_of_netaudits_own_is_not_refused_as_a_rule_of_nobody() -> None:
    done = run_inside("plan", "--on", UFW, "--fail-on", "medium", "--format", "json", "--", *DROP.split())
    assert done.returncode == 0
    assert "new-rule-of-nobody" not in json.dumps(json.loads(done.stdout)["findings"])

"""`netaudit report` as a program: formats, files, templates."""

from pathlib import Path

import pytest
from programs import RECORDINGS, assert_fails, run, run_inside

import netaudit
from netaudit.api.formats import Format
from netaudit.api.renderers import render_snapshot

SCENARIO = RECORDINGS / "28.5.2-iptables-nft" / "two-host-ports"
EXAMPLES = Path(__file__).parents[2] / "templates" / "examples"


@pytest.mark.parametrize(("form", "beginning"), [("svg", "<?xml version"), ("csv", "what,change,object")])
def test_a_report_comes_in_other_formats_on_standard_output(form: str, beginning: str) -> None:
    done = run_inside("report", SCENARIO / "01", "--format", form)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(beginning)


def test_every_format_has_its_renderers() -> None:
    shown = netaudit.show(netaudit.load(SCENARIO / "01"))
    for form in {*Format} - {Format.TERMINAL, Format.SVG, Format.DOT}:
        assert render_snapshot(shown, form)


def test_a_report_of_changes_leads_with_what_opened(tmp_path: Path) -> None:
    done = run_inside("report", SCENARIO / "00", SCENARIO / "01", "-o", tmp_path / "report.html")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    page = (tmp_path / "report.html").read_text()
    assert "Now reachable from the Internet and the LAN on eth0: <b>web 80/tcp</b>" in page


def test_a_picture_of_what_was_not_computed_is_refused(tmp_path: Path) -> None:
    done = run_inside("report", SCENARIO / "01", "--no-exposure", "--format", "svg", "-o", tmp_path / "map.svg")
    assert done.returncode == 2
    assert "there is no map to draw" in done.stderr
    assert not (tmp_path / "map.svg").exists()


def test_a_template_of_ones_own_prints_the_report() -> None:
    done = run_inside("report", SCENARIO / "00", SCENARIO / "01", "--template", EXAMPLES / "ticket.txt.j2")
    assert (done.returncode, done.stderr) == (0, "")
    assert "OPEN    internet  -> web port 8080/tcp at 0.0.0.0\n" in done.stdout
    assert "--dport 8081 -j DNAT --to-destination 172.17.0.2:80\n" in done.stdout


def test_a_template_that_cannot_be_used_is_named_with_its_line(tmp_path: Path) -> None:
    template = tmp_path / "mine.txt"
    template.write_text("fine\n{% for %}\n")
    hint = "docs/template-model.md says what a template sees and may do"
    message = "mine.txt: line 2: Expected an expression, got 'end of statement block'"
    assert_fails(run_inside("report", SCENARIO / "01", "--no-exposure", "--template", template), 3, message, hint)


def test_a_template_that_is_not_there_is_one_line() -> None:
    done = run_inside("report", SCENARIO / "01", "--template", "/nowhere/x.j2")
    assert done.returncode == 3
    assert done.stderr.startswith("netaudit: cannot read the template /nowhere/x.j2: ")


@pytest.mark.matrix
def test_a_template_that_eats_memory_is_stopped(tmp_path: Path) -> None:
    template = tmp_path / "greedy.txt"
    template.write_text("{% set x = ['a'] %}{{ '%9999999999d' | format(1) }}")
    done = run("report", SCENARIO / "01", "--no-exposure", "--template", template)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr

"""The files of examples/ for a watch: the unit is what --install prints, dashboards ask for what is counted."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from programs import REPOSITORY, run_inside

from netaudit.model.history.alert import AlertKind
from netaudit.watching.metrics.measures import Measures
from netaudit.watching.unit import service_unit

_EXAMPLES = REPOSITORY / "examples"
_MONITORING = _EXAMPLES / "monitoring"
_NAME, _KIND = re.compile(r"\bnetaudit_\w+"), re.compile(r'kind="([^"]+)"')


def _counted() -> set[str]:
    measures = Measures()
    measures.alerted((), (), 0)
    lasting = {"netaudit_gaps", "netaudit_last_look_timestamp_seconds"}
    return {line.split("{")[0].split()[0] for line in measures.text().decode().splitlines() if line[0] != "#"} | lasting


def _questions(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [str(one) for key, one in value.items() if key in ("expr", "definition")] + [
            found for one in value.values() for found in _questions(one)
        ]
    return [found for one in value for found in _questions(one)] if isinstance(value, list) else []


@pytest.mark.parametrize("name", ["netaudit-rules.yml", "netaudit-dashboard.json"])
def test_rules_and_dashboard_ask_for_numbers_that_there_are(name: str) -> None:
    text = (_MONITORING / name).read_text()
    asked = " ".join(_questions(json.loads(text) if name.endswith("json") else yaml.safe_load(text)))
    assert {*_NAME.findall(asked)} <= _counted()
    assert len(_NAME.findall(asked)) >= 8
    assert {*_KIND.findall(asked)} <= {str(kind) for kind in AlertKind}


def test_the_dashboard_is_laid_out_as_grafana_reads_it() -> None:
    dashboard = json.loads((_MONITORING / "netaudit-dashboard.json").read_text())
    panels, known = dashboard["panels"], {one["name"] for one in dashboard["templating"]["list"]}
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}  # fmt: skip  # noqa: E501
        assert max(x for x, _ in cells) < 24, panel["title"]  # columns that Grafana has
        assert not cells & taken, panel["title"]
        taken |= cells
        targets = panel["targets"]
        assert len({one["refId"] for one in targets}) == len(targets) > 0
        used = {found for one in [panel, *targets] for found in re.findall(r"\$\{?(\w+)", json.dumps(one))}
        assert {one for one in used if not one.startswith("__")} <= known


def test_every_kind_of_alert_has_a_rule() -> None:
    assert {*_KIND.findall((_MONITORING / "netaudit-rules.yml").read_text())} == {str(kind) for kind in AlertKind}


def test_the_unit_of_the_examples_is_what_install_prints() -> None:
    printed = run_inside("watch", "--install").stdout
    shipped = (_EXAMPLES / "netaudit-watch.service").read_text()
    assert [line for line in printed.splitlines() if not line.startswith("ExecStart=")] == [
        line for line in shipped.splitlines() if not line.startswith("ExecStart=")
    ]
    assert "\nExecStart=/usr/local/bin/netaudit watch --every 300s\n" in shipped


def test_each_option_is_in_the_unit_that_it_asks_for(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"0123456789abcdef")
    key.chmod(0o600)
    asked = {
        "--store": str(tmp_path / "s" / "history.sqlite"),
        "--metrics": str(tmp_path / "m" / "x.prom"),
        "--policy": "/etc/netaudit/policy.yaml",
        "--webhook": "https://alerts.example.net/hook",
        "--webhook-key": str(key),
        "--exec": "/usr/bin/page",
        "--metrics-listen": "127.0.0.1:9477",
        "--docker-host": "unix:///run/docker-read-only.sock",
        "--timeout": "90",
        "--every": "60s",
    }
    unit = run_inside("watch", "--install", "--no-journal", *[word for pair in asked.items() for word in pair]).stdout
    started = next(line for line in unit.splitlines() if line.startswith("ExecStart=")).split()
    for option, value in asked.items():
        assert started[started.index(option) + 1] == value
    assert "--no-journal" in started
    writable = [line for line in unit.splitlines() if line.startswith("ReadWritePaths=")]
    assert writable == [f"ReadWritePaths={tmp_path}/s", f"ReadWritePaths={tmp_path}/m"]


@pytest.mark.matrix
def test_options_with_blanks_quotes_percent_and_dollars_reach_the_program_as_they_are(tmp_path: Path) -> None:
    words = ["--exec", 'mail -s "hi $x 100%" root\n[Service]', "--webhook", "https://a.example/x?y=1%20z#k;l"]
    unit = service_unit([sys.executable], words, [tmp_path / "out put" / "x.prom"], reaches_out=True)
    (tmp_path / "netaudit-watch.service").write_text(unit)
    assert unit.count("[Service]\n") == 1
    assert "IPAddressDeny" not in unit
    verify = ["systemd-analyze", "verify", str(tmp_path / "netaudit-watch.service")]
    assert subprocess.run(verify, capture_output=True, text=True, check=False).stderr == ""


_WRONG = (
    ("--webhook", "ftp://x"),
    ("--every", "0"),
    ("--webhook-key", "/nowhere", "--webhook", "http://a/"),
    ("--metrics-listen", "0.0.0.0:9"),
)


@pytest.mark.parametrize("words", _WRONG)
def test_what_could_not_be_is_refused_before_it_is_installed(words: tuple[str, ...]) -> None:
    assert run_inside("watch", "--install", *words).returncode == 2


def test_a_key_that_others_may_read_signs_nothing(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"0123456789abcdef")
    (tmp_path / "key").chmod(0o644)
    done = run_inside("watch", "--install", "--webhook", "http://a/", "--webhook-key", tmp_path / "key")
    assert (done.returncode, "others may read" in done.stderr) == (2, True)

"""The alert rules of examples/monitoring/ in a real Prometheus, which scrapes what a watch counts."""

import json
import socket
import subprocess
from pathlib import Path

import pytest
from lab.prometheus import Prometheus, program
from programs import REPOSITORY

from netaudit.model.facts import Facts
from netaudit.model.history.alert import Alert, AlertKind, AlertState, Problem
from netaudit.watching.metrics.endpoint import Endpoint
from netaudit.watching.metrics.measures import Measures

pytestmark = pytest.mark.engine
_MONITORING = REPOSITORY / "examples" / "monitoring"
_LASTING = {
    AlertKind.POLICY: "NetauditPolicyBroken",
    AlertKind.OPEN: "NetauditSensitivePortOpen",
    AlertKind.NOT_RESTORED: "NetauditFirewallNotRestored",
    AlertKind.MISSING: "NetauditDockerRuleMissing",
}


@pytest.mark.parametrize(
    "words", [("check", "rules", "netaudit-rules.yml"), ("test", "rules", "netaudit-rules.test.yml")]
)
def test_promtool_accepts_the_rules_and_their_tests(words: tuple[str, ...]) -> None:
    done = subprocess.run([program("promtool"), *words], cwd=_MONITORING, capture_output=True, text=True, check=False)
    assert (done.returncode, "SUCCESS" in done.stdout) == (0, True), done.stdout + done.stderr


def test_prometheus_scrapes_a_watch_and_each_problem_that_lasts_is_an_alert_until_it_is_over(tmp_path: Path) -> None:
    measures = Measures()
    problems = tuple(Problem(kind, "key", "words", "2026-11-27T12:00:00Z") for kind in _LASTING)
    alerts = tuple(Alert(AlertState.RAISED, one, "2026-11-27T12:00:00Z", "lab", 1) for one in problems)
    measures.seen(Facts({}, taken_at="2020-01-01T00:00:00Z"), (), "")
    measures.alerted((), (), 0)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    rules = _MONITORING / "netaudit-rules.yml"
    with (
        Endpoint("127.0.0.1:0", measures.text) as endpoint,
        Prometheus(tmp_path / "data", rules, endpoint.port, port) as server,
    ):
        server.wait_for("netaudit_looks_total == 1")
        assert [one["value"][1] for one in server.wait_for('netaudit_problems{kind="policy-broken"}')] == ["0"]
        measures.alerted(alerts, problems, 0)
        for name in _LASTING.values():
            (found,) = server.wait_for(f'ALERTS{{alertname="{name}", alertstate="firing"}}')
            assert found["metric"]["severity"] in ("critical", "warning")
        (unseen,) = server.wait_for('ALERTS{alertname="NetauditNotWatching"}')
        assert unseen["metric"]["alertstate"] == "pending"  # the last look was long ago; it fires after five minutes
        measures.alerted((), (), 0)
        server.wait_for('absent(ALERTS{alertname="NetauditPolicyBroken"})')
        for question in _of_dashboard():
            assert server.wait_for(question), question


def _of_dashboard() -> list[str]:
    """Return the queries of the dashboard as Grafana puts them for all hosts; two scrapes are enough for a minute's."""
    dashboard = json.loads((_MONITORING / "netaudit-dashboard.json").read_text())
    queries = [one["expr"] for panel in dashboard["panels"] for one in panel["targets"]]
    assert len(queries) >= len(dashboard["panels"]) > 5
    return [one.replace("$instance", ".*").replace("$__rate_interval", "1m") for one in queries]

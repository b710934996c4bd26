"""The words of an alert: one line, which any log may hold."""

from netaudit.model.history.alert import Alert, AlertKind, AlertState
from netaudit.report.text.sanitize import visible

KIND_WORDS = {
    AlertKind.POLICY: "a policy is broken",
    AlertKind.OPEN: "a sensitive port is open",
    AlertKind.MISSING: "a rule of the engine's is missing",
    AlertKind.NOT_RESTORED: "a firewall was loaded, and a rule of the engine's did not come back",
    AlertKind.WRITER: "nobody knows who wrote",
}


def describe_alert(alert: Alert) -> str:
    """Say what went wrong, or that it is over."""
    problem = alert.problem
    over = "over: " if alert.state is AlertState.OVER else ""
    return f"{over}{KIND_WORDS[problem.kind]}: {visible(problem.words)}"

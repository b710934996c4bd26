"""An alert as one object of JSON: what `--exec` reads on standard input, and a webhook is sent."""

import msgspec

from netaudit.model.history.alert import Alert
from netaudit.report.json.log import line_of
from netaudit.report.text.history.alert import describe_alert
from netaudit.report.text.sanitize import harmless_json, visible


def render_alert(alert: Alert, *, dropped: int = 0) -> bytes:
    """Write an alert; `dropped` is how many before it could not be delivered."""
    problem = alert.problem
    said = {
        "schema": "netaudit/alert/v1",
        "alert": problem.kind,
        "state": alert.state,
        "key": visible(problem.key),
        "message": describe_alert(alert),
        "since": problem.since,
        "at": alert.at,
        "host": visible(alert.host),
        "look": alert.look,
        "changes": [line_of(alert.look, one) for one in alert.changes],
        "dropped": dropped,
    }
    return harmless_json(msgspec.json.encode(said))

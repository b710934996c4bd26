"""Requests that a real client sent for each recorded command: `python -m plan.client_requests DOCKER` asks it again.

In the file only what changes something is kept, without the fields of a body that say nothing.
"""

import json
import shlex
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from plan.recorded import scenarios, steps

from netaudit.model.engine_request import EngineRequest
from netaudit.plan.engine.host import EngineHost, api_of
from netaudit.plan.engine.plan import StandIn
from netaudit.store import load

_FILE = Path(__file__).with_name("client_requests.json")
_UNKNOWABLE = {"docker wait brief", "docker wait hungry"}  # what a container does by itself
_NOT_PLANNED = ("docker swarm", "docker exec")
_EMPTY = (None, False, 0, "", [], {})
_SAY_SOMETHING = ("EnableIPv4", "encrypted")  # though empty


@cache
def _recorded() -> dict[str, list[list[Any]]]:
    return json.loads(_FILE.read_text())  # type: ignore[no-any-return]


def is_planned(command: str) -> bool:
    """Tell whether a step is a command of a client whose effect can be known."""
    return command.startswith("docker ") and command not in _UNKNOWABLE and not command.startswith(_NOT_PLANNED)


def requests_of(command: str, host: EngineHost) -> Iterator[EngineRequest]:
    """Return the requests of a command, in the API that the engine speaks."""
    for method, path, query, body in _recorded()[command]:
        yield EngineRequest(method, f"/v{api_of(host)}{path}", tuple(query.items()), body)


def _ask(command: str, engine: StandIn, docker: str) -> list[list[Any]]:
    from netaudit.standin.session import Client, run_client  # noqa: PLC0415

    run_client(engine, (docker, *shlex.split(command)[1:]), Client())
    changing = (one for one in engine.requests if one.method not in ("GET", "HEAD"))
    return [[one.method, one.endpoint, dict(one.query), _pruned(one.body)] for one in changing]


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        pruned = {name: _pruned(one) for name, one in value.items()}
        return {name: one for name, one in pruned.items() if one not in _EMPTY or "/" in name or name in _SAY_SOMETHING}
    return [_pruned(one) for one in value] if isinstance(value, list) else value


def main(docker: str) -> None:
    """Ask the client of each command once, with the engine on which it was recorded last."""
    found = {}
    for scenario in scenarios():
        for step in steps(scenario):
            if is_planned(step.do):
                found[step.do] = _ask(step.do, StandIn(load(step.before), lambda _: ()), docker)
    lines = ",\n".join(f"{json.dumps(command)}: {json.dumps(sent)}" for command, sent in sorted(found.items()))
    _FILE.write_text(f"{{\n{lines}\n}}\n")


if __name__ == "__main__":
    main(sys.argv[1])

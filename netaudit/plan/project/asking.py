"""A client's conversation with the planned engine, which ends at the first refusal."""

from typing import cast

from netaudit.errors import PlanError
from netaudit.model.engine_request import EngineRequest, Json
from netaudit.plan.engine.answer import Answer
from netaudit.plan.engine.host import api_of
from netaudit.plan.engine.objects import Object
from netaudit.plan.engine.plan import StandIn

_SEVERAL_NETWORKS = (1, 44)  # the API from which a container is created on all its networks at once
_REFUSED = 300


class Asking:
    """Requests to an engine, in the newest API that it speaks."""

    def __init__(self, engine: StandIn) -> None:
        self._engine = engine
        self._api = api_of(engine.host)

    @property
    def takes_several_networks(self) -> bool:
        """Tell whether a container can be created on several networks."""
        return tuple(map(int, self._api.split("."))) >= _SEVERAL_NETWORKS

    def get(self, path: str) -> Object | None:
        """Return an object, None where the engine has none."""
        answer = self._handle("GET", path, None, {})
        return _object(answer.body) if answer.status < _REFUSED else None

    def list(self, path: str, query: dict[str, str]) -> Json:
        """Return what a list holds."""
        return self._accepted(self._handle("GET", path, None, query)).body

    def post(self, path: str, body: Json = None, query: dict[str, str] | None = None) -> Object:
        """Ask for a change. Raises PlanError where the engine refuses it."""
        return _object(self._accepted(self._handle("POST", path, body, query or {})).body)

    def delete(self, path: str) -> None:
        """Ask for a removal. Raises PlanError where the engine refuses it."""
        self._accepted(self._handle("DELETE", path, None, {}))

    def _handle(self, method: str, path: str, body: Json, query: dict[str, str]) -> Answer:
        return self._engine.handle(EngineRequest(method, f"/v{self._api}{path}", tuple(query.items()), body))

    def _accepted(self, answer: Answer) -> Answer:
        if answer.status >= _REFUSED:
            raise fails(str(_object(answer.body).get("message", "")))
        return answer


def fails(why: str) -> PlanError:
    """Return the error of a client that gives up."""
    return PlanError(f"docker compose up fails: {why}", hint="nothing was run on the host")


def _object(body: Json) -> Object:
    return cast("Object", body) if isinstance(body, dict) else {}

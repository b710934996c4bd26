"""Requests -> the endpoint that answers them. What is not listed is refused by its name."""

import re
from collections.abc import Callable, Iterable

from netaudit.model.engine_request import EngineRequest
from netaudit.plan.engine.answer import Answer, EngineRefusal

_NOT_PLANNED = 501
ID = r"([^/]+)"  # of an object, in a path
Endpoint = Callable[..., Answer]  # of the state, the request, and what the path names


class Routes:
    """The endpoints of a planned engine: a method, a pattern of the whole path, and what answers."""

    def __init__(self, endpoints: Iterable[tuple[str, str, Endpoint]]) -> None:
        self._endpoints = tuple((method, re.compile(path), answer) for method, path, answer in endpoints)

    def answer(self, state: object, request: EngineRequest, path: str) -> Answer:
        """Answer a request to a path without a version. Raises EngineRefusal."""
        for method, pattern, answer in self._endpoints:
            found = pattern.fullmatch(path) if method == request.method else None
            if found:
                return answer(state, request, *found.groups())
        raise EngineRefusal(_NOT_PLANNED, f"netaudit plan does not answer {request.method} {path}")

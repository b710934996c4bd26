"""Requests that a client sends in parallel: one order for all runs, and which of them may change places.

Compose makes the networks of a project in any order, and starts services at the same time that do not depend on one
another. What each gets then is one of several values: the plan takes one order, by name, and says so by symbols.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import groupby

import msgspec

from netaudit.model.engine_request import EngineRequest
from netaudit.plan.engine.objects import Object, name_of, part, text, texts
from netaudit.plan.engine.state import EngineState

_LABEL = "com.docker.compose."
_DEPENDS_ON = f"{_LABEL}depends_on"


class Phase(StrEnum):
    """What a request is about; requests of one phase that follow one another are parallel."""

    NETWORKS = "networks"
    CONTAINERS = "containers"
    STARTS = "starts"
    ENDS = "ends"
    NETWORKS_END = "networks-end"  # after their containers
    OTHER = "other"


class Sent(msgspec.Struct, frozen=True):
    """A request with what it is about: the name of a network or container, and the services that it waits for."""

    request: EngineRequest
    phase: Phase
    subject: str
    service: str = ""
    waits_for: frozenset[str] = frozenset()
    parallel: bool = False  # Compose sent it


_PHASES = (
    ("POST", "/networks/create", Phase.NETWORKS),
    ("POST", "/containers/create", Phase.CONTAINERS),
    ("POST", "/connect", Phase.CONTAINERS),
    ("POST", "/start", Phase.STARTS),
    ("POST", "/restart", Phase.STARTS),
    ("POST", "/stop", Phase.ENDS),
    ("POST", "/kill", Phase.ENDS),
    ("DELETE", "", Phase.ENDS),
)


def describe(state: EngineState, request: EngineRequest) -> Sent:
    """Return a request with what it is about, before it is answered."""
    endings = (phase for method, end, phase in _PHASES if request.method == method and request.endpoint.endswith(end))
    phase = next(endings, Phase.OTHER)
    if phase == Phase.NETWORKS:
        body = dict(request.fields())
        return Sent(request, phase, text(body, "Name"), parallel=_is_composed(texts(body.get("Labels"))))
    if request.endpoint == "/containers/create":
        return _described(request, phase, request.parameter("name"), texts(request.fields().get("Labels")))
    named = request.endpoint.split("/")[2:3]
    connected = str(request.fields().get("Container", "")) if request.endpoint.endswith("/connect") else ""
    container = state.find_container(connected or "".join(named))
    if container is not None and (request.endpoint.startswith("/containers/") or connected):
        return _described(request, phase, name_of(container), _labels(container))
    network = state.find_network("".join(named)) or {}
    if phase == Phase.ENDS and request.endpoint.startswith("/networks/"):
        phase = Phase.NETWORKS_END
    return Sent(request, phase, text(network, "Name"), parallel=_is_composed(texts(network.get("Labels"))))


def settle(sent: Sequence[Sent]) -> list[Sent]:
    """Return requests in the one order: of parallel ones by name, after those that they wait for."""
    found: list[Sent] = []
    for phase, group in groupby(sent, key=lambda one: (one.phase, one.parallel)):
        run = list(group)
        if not phase[1] or phase[0] == Phase.OTHER:
            found += run
        elif phase[0] == Phase.STARTS:
            found += _by_waiting(run)
        else:
            found += sorted(run, key=lambda one: one.subject)
    return found


def parallel_networks(sent: Iterable[Sent]) -> Iterator[tuple[str, ...]]:
    """List the names of networks that were made in any order, a group at a time."""
    for phase, group in groupby(sent, key=lambda one: (one.phase, one.parallel)):
        names = tuple(dict.fromkeys(one.subject for one in group))
        if phase == (Phase.NETWORKS, True) and len(names) > 1:
            yield names


def parallel_starts(sent: Iterable[Sent]) -> Iterator[dict[str, frozenset[str]]]:
    """List containers that were started together: each with those that it may change places with."""
    for phase, group in groupby(sent, key=lambda one: (one.phase, one.parallel)):
        run = list(group)
        if phase == (Phase.STARTS, True) and len(run) > 1:
            waits = {one.subject: _all_before(one, run) for one in run}
            yield {
                name: frozenset(
                    other for other in waits if other != name and other not in before and name not in waits[other]
                )
                for name, before in waits.items()
            }


def _described(request: EngineRequest, phase: Phase, name: str, labels: dict[str, str]) -> Sent:
    request = _with_sorted_needs(request)
    said = (one.split(":") for one in labels.get(_DEPENDS_ON, "").split(",") if one)
    # `docker compose restart` waits only for services whose restart the service asks to follow (`restart: true`).
    restarts = request.endpoint.endswith("/restart")
    needs = (one[0] for one in said if not restarts or one[2:] != ["false"])
    service = labels.get(f"{_LABEL}service", "")
    return Sent(request, phase, name, service, frozenset(needs), parallel=_is_composed(labels))


def _with_sorted_needs(request: EngineRequest) -> EngineRequest:
    """Sort the services in the label that names them: Compose writes them in any order."""
    body = dict(request.fields())
    labels = texts(body.get("Labels"))
    if _DEPENDS_ON not in labels:
        return request
    labels[_DEPENDS_ON] = ",".join(sorted(labels[_DEPENDS_ON].split(",")))
    return msgspec.structs.replace(request, body=body | {"Labels": labels})


def _labels(container: Object) -> dict[str, str]:
    return texts(part(container, "Config").get("Labels"))


def _is_composed(labels: dict[str, str]) -> bool:
    return f"{_LABEL}project" in labels


def _by_waiting(run: list[Sent]) -> list[Sent]:
    left = sorted(run, key=lambda one: one.subject)
    found: list[Sent] = []
    while left:
        waiting = {one.service for one in left}
        ready = next((one for one in left if not one.waits_for & (waiting - {one.service})), left[0])
        left.remove(ready)
        found.append(ready)
    return found


def _all_before(one: Sent, run: list[Sent]) -> frozenset[str]:
    """Return the containers that have started before this one starts, of those that are started together."""
    services = set(one.waits_for)
    grown = True
    while grown:
        more = {need for other in run if other.service in services for need in other.waits_for}
        grown = not more <= services
        services |= more
    return frozenset(other.subject for other in run if other.service in services and other is not one)

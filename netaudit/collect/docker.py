"""Ask the Docker engine for its inventory, in the shapes that the docker command prints."""

import os
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any

import msgspec

from netaudit.collect import docker_fields
from netaudit.collect.announce import announce
from netaudit.collect.answer import Answer, Said
from netaudit.collect.docker_fields import Fields, keep
from netaudit.collect.elsewhere import why_elsewhere
from netaudit.collect.patience import within
from netaudit.collect.where import Where
from netaudit.model.facts import Gap, GapReason, Source

if TYPE_CHECKING:
    from docker import APIClient


_WHOLE = 10  # times the time limit of one request: a question is many requests

# In this order: the first that fits explains; TimeoutError and its like are OSErrors, JSON's are ValueErrors.
_EXPLANATIONS: tuple[tuple[type[BaseException], tuple[GapReason, str]], ...] = (
    (FileNotFoundError, (GapReason.ABSENT, "there is no such socket")),
    (PermissionError, (GapReason.DENIED, "permission denied")),
    (ConnectionRefusedError, (GapReason.CRASHED, "nothing listens on this socket")),
    (TimeoutError, (GapReason.TIMEOUT, "the engine did not answer in time")),
    (KeyError, (GapReason.INVALID, "the answer lacks a field that every engine gives")),
    (ValueError, (GapReason.INVALID, "the answer is not what an engine says")),
)


def ask_engine(where: Where) -> Iterator[Answer]:
    """Ask the engine about itself; if it cannot be reached, or is not of this host, each question is a gap."""
    yield from _ask(where, {Source.DOCKER_VERSION: _version, Source.DOCKER_INFO: _info})


def ask_objects(where: Where) -> Iterator[Answer]:
    """Ask the engine for what comes and goes: containers and networks."""
    yield from _ask(where, {Source.DOCKER_CONTAINERS: _containers, Source.DOCKER_NETWORKS: _networks})


def _ask(where: Where, questions: Mapping[Source, Callable[["APIClient"], bytes]]) -> Iterator[Answer]:
    if why := why_elsewhere(where):
        yield from (Gap(source, GapReason.ABSENT, f"{where.docker_url()}: {why}") for source in questions)
        return
    failures = engine_failures()
    try:
        client = within(_WHOLE * where.timeout, partial(connect_engine, where))
    except failures as error:
        yield from (_gap(source, where, error) for source in questions)
        return
    with client:
        for source, question in questions.items():
            try:
                yield Said(source, within(_WHOLE * where.timeout, partial(question, client)))
            except failures as error:
                yield _gap(source, where, error)


def engine_failures() -> tuple[type[Exception], ...]:
    """Name all that asking the engine may raise."""
    # Late: importing docker takes longer than all else that is done on a small host.
    from docker.errors import DockerException  # noqa: PLC0415
    from requests.exceptions import RequestException  # noqa: PLC0415 (docker lets them through)

    return DockerException, RequestException, OSError, KeyError, ValueError


def connect_engine(where: Where) -> "APIClient":
    """Make a client that speaks the engine's own version.

    `version="auto"` does the same, but leaves its connection open where the engine does not answer.
    """
    from docker import APIClient  # noqa: PLC0415
    from docker.constants import MINIMUM_DOCKER_API_VERSION  # noqa: PLC0415
    from docker.utils import kwargs_from_env  # noqa: PLC0415

    _knock(where)
    address = kwargs_from_env({**os.environ, "DOCKER_HOST": where.docker_url()})
    timeout = ceil(where.timeout)
    with APIClient(**address, version=MINIMUM_DOCKER_API_VERSION, timeout=timeout) as anyone:
        _announce_requests(anyone)
        version = _object(anyone.version(api_version=False))["ApiVersion"]
    client = APIClient(**address, version=version, timeout=timeout)
    _announce_requests(client)
    return client


def _announce_requests(client: "APIClient") -> None:
    """Have every request said before it is sent."""
    send = client.send

    def announce_and_send(request: Any, **options: Any) -> Any:  # noqa: ANN401 (requests' own)
        announce(request.method, request.path_url)
        return send(request, **options)

    client.send = announce_and_send  # type: ignore[method-assign]


def _knock(where: Where) -> None:
    """Connect once, and say at first hand why it fails; docker leaves a socket open when it cannot connect."""
    path = where.docker_socket()
    if path:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(where.timeout)
            announce("connect", path)
            connection.connect(path)


def _version(client: "APIClient") -> bytes:
    return _line(keep({"Server": _object(client.version())}, docker_fields.VERSION))


def _info(client: "APIClient") -> bytes:
    return _line(keep(_object(client.info()), docker_fields.INFO))


def _networks(client: "APIClient") -> bytes:
    return _listing(_inspected(client.inspect_network, client.networks()), docker_fields.NETWORK)


def _containers(client: "APIClient") -> bytes:
    return _listing(_inspected(client.inspect_container, client.containers(all=True)), docker_fields.CONTAINER)


def _inspected(inspect: Callable[[str], Any], listed: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Inspect each; what vanished since it was listed is no longer part of the inventory."""
    from docker.errors import NotFound  # noqa: PLC0415

    for item in listed:
        try:
            yield _object(inspect(_object(item)["Id"]))
        except NotFound:
            continue


def _object(answer: object) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 (like JSON that is broken: the engine's fault)
    return answer


def _listing(objects: Iterable[dict[str, Any]], fields: Fields) -> bytes:
    """Print objects as `inspect` does, oldest first: the engine lists them in no particular order."""
    ordered = sorted(objects, key=lambda item: (item["Created"], item["Id"]))
    kept = [keep(item, fields) for item in ordered]
    return msgspec.json.format(msgspec.json.encode(kept), indent=4) + b"\n"


def _line(value: object) -> bytes:
    return msgspec.json.encode(value) + b"\n"


def _gap(source: Source, where: Where, error: BaseException) -> Gap:
    """Tell why the engine did not answer."""
    explained = next(filter(None, map(_explanation, _causes(error))), None)
    reason, detail = explained or (GapReason.CRASHED, str(error).partition("\n")[0])
    return Gap(source, reason, f"{where.docker_url()}: {detail}")


def _explanation(cause: BaseException) -> tuple[GapReason, str] | None:
    said = getattr(cause, "explanation", None)  # of docker.errors.APIError: the engine's own words
    if said:
        return GapReason.CRASHED, f"the engine says: {said}"
    return next((why for kind, why in _EXPLANATIONS if isinstance(cause, kind)), None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk through all that led to an error, innermost first; requests and urllib3 nest causes in `args`."""
    for cause in (error.__cause__, error.__context__, *error.args):
        if isinstance(cause, BaseException):
            yield from _causes(cause)
    yield error

"""Ask the Docker engine for its inventory, in the shapes that the docker command prints."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from netaudit.bounded import UnfitError, decode_json
from netaudit.collect.asking.answer import Answer, Answered
from netaudit.collect.asking.deadline import NoThreadError
from netaudit.collect.asking.options import Where
from netaudit.collect.asking.url import shown_url, without_credentials
from netaudit.collect.docker import fields
from netaudit.collect.docker.client import LARGEST_LIST, EngineClient, EngineRefusalError
from netaudit.collect.docker.fields import Fields, keep
from netaudit.collect.docker.locality import why_not_local
from netaudit.model.facts import Gap, GapReason, Source

_Object = dict[str, Any]
_MOST_KEPT = 192 << 20  # bytes of one source
_TRIES = 3  # how often the engine may not be reached before its objects are no longer asked for

# In this order: the first that fits explains; TimeoutError and its like are OSErrors, JSON's are ValueErrors.
_EXPLANATIONS: tuple[tuple[type[BaseException], tuple[GapReason, str]], ...] = (
    (FileNotFoundError, (GapReason.ABSENT, "there is no such socket")),
    (PermissionError, (GapReason.DENIED, "permission denied")),
    (ConnectionRefusedError, (GapReason.CRASHED, "nothing listens on this socket")),
    (TimeoutError, (GapReason.TIMEOUT, "the engine did not answer in time")),
    (KeyError, (GapReason.INVALID, "the answer lacks a field that every engine gives")),
    (ValueError, (GapReason.INVALID, "the answer is not what an engine says")),
)

_UNREACHED = (TimeoutError, ConnectionRefusedError, FileNotFoundError, NoThreadError)


class _Listed(msgspec.Struct):
    id: str = msgspec.field(name="Id")


class _EngineAnswer(msgspec.Struct, frozen=True):
    """What the engine answered, and why not all."""

    data: bytes
    lost: str = ""


def ask_engine(where: Where) -> Iterator[Answer]:
    """Ask the engine about itself; if it cannot be reached, or is not of this host, each question is a gap."""
    yield from _ask(where, {Source.DOCKER_VERSION: _version, Source.DOCKER_INFO: _info})


def count_objects(where: Where) -> Iterator[Answer]:
    """Ask the engine again what it says of itself: it counts its containers."""
    yield from _ask(where, {Source.DOCKER_INFO: _info})


def ask_objects(where: Where) -> Iterator[Answer]:
    """Ask the engine for what comes and goes: containers and networks."""
    yield from _ask(where, {Source.DOCKER_CONTAINERS: _containers, Source.DOCKER_NETWORKS: _networks})


def _ask(where: Where, questions: Mapping[Source, Callable[[EngineClient], _EngineAnswer]]) -> Iterator[Answer]:
    if why := why_not_local(where):
        yield from (Gap(source, GapReason.ABSENT, f"{shown_url(where.docker_url())}: {why}") for source in questions)
        return
    failures = engine_failures()
    try:
        client = EngineClient(where)
    except failures as error:
        yield from (make_gap(source, where, error) for source in questions)
        return
    with client:
        for source, question in questions.items():
            try:
                answer = question(client)
            except failures as error:
                yield make_gap(source, where, error)
                continue
            yield Answered(source, answer.data)
            if answer.lost:
                detail = without_credentials(answer.lost, where.docker_url())
                yield Gap(source, GapReason.PARTIAL, f"{shown_url(where.docker_url())}: {detail}")


def engine_failures() -> tuple[type[Exception], ...]:
    """Name all that asking the engine may raise."""
    # Late: importing docker takes longer than all else that is done on a small host.
    from docker.errors import DockerException  # noqa: PLC0415
    from requests.exceptions import RequestException  # noqa: PLC0415 (docker lets them through)
    from urllib3.exceptions import HTTPError  # noqa: PLC0415 (requests lets them through)

    return DockerException, RequestException, HTTPError, EngineRefusalError, OSError, KeyError, ValueError


def _version(client: EngineClient) -> _EngineAnswer:
    return _line(keep({"Server": client.ask("/version", _Object)}, fields.VERSION))


def _info(client: EngineClient) -> _EngineAnswer:
    return _line(keep(client.ask("/info", _Object), fields.INFO))


def _networks(client: EngineClient) -> _EngineAnswer:
    return _inspected(client, "/networks", "/networks/{}", fields.NETWORK)


def _containers(client: EngineClient) -> _EngineAnswer:
    every = "/containers/json?limit=-1&all=1&size=0&trunc_cmd=0"
    return _inspected(client, every, "/containers/{}/json", fields.CONTAINER)


def _inspected(client: EngineClient, every: str, one: str, fields: Fields) -> _EngineAnswer:
    """Inspect each that is listed. What cannot be inspected is reported, and the others are kept.

    What vanished since it was listed is no longer part of the inventory.
    """
    listed = client.ask(every, list[msgspec.Raw], most=LARGEST_LIST)
    collection = _Collection(fields)
    for item in listed:
        if collection.is_given_up or client.is_late():
            collection.lose(TimeoutError())
            continue
        try:
            named = decode_json(bytes(item), _Listed).id
            collection.add(client.ask(one.format(quote(named, safe="")), _Object))
        except EngineRefusalError as error:
            if not error.is_gone:
                collection.lose(error)
        except engine_failures() as error:
            collection.lose(error)
    return collection.answer(len(listed))


class _Collection:
    """Objects as `inspect` prints them, and those that could not be had."""

    def __init__(self, fields: Fields) -> None:
        self.is_given_up = False
        self._fields = fields
        self._kept: list[tuple[str, str, bytes]] = []
        self._size = 0
        self._lost = 0
        self._unreached = 0
        self._first: Exception | None = None

    def add(self, found: _Object) -> None:
        """Keep the fields of an object that are kept. Raises UnfitError."""
        created, named = found.get("Created"), found.get("Id")
        if not isinstance(created, str) or not isinstance(named, str):
            raise UnfitError("has no Created or Id of the kind that every engine gives")
        kept = msgspec.json.encode(keep(found, self._fields))
        self._size += len(kept)
        if self._size > _MOST_KEPT:
            raise UnfitError(f"is one too many: all together hold more than {_MOST_KEPT >> 20} MiB")
        self._unreached = 0
        self._kept.append((created, named, kept))

    def lose(self, error: Exception) -> None:
        """Count one that could not be had; an engine that is no longer there is not asked for each of the others."""
        self._lost += 1
        self._first = self._first or error
        self._unreached += any(isinstance(cause, _UNREACHED) for cause in _causes(error))
        self.is_given_up = self._unreached >= _TRIES

    def answer(self, count: int) -> _EngineAnswer:
        """Print the objects, oldest first: the engine lists them in no particular order.

        Raises the first failure where nothing could be had.
        """
        if self._first and not self._kept:
            raise self._first
        objects = [msgspec.Raw(kept) for _, _, kept in sorted(self._kept)]
        data = msgspec.json.format(msgspec.json.encode(objects), indent=4) + b"\n"
        why = f"{self._lost} of {count} could not be read: {_words(self._first)[1]}" if self._first else ""
        return _EngineAnswer(data, why)


def _line(value: object) -> _EngineAnswer:
    return _EngineAnswer(msgspec.json.encode(value) + b"\n")


def make_gap(source: Source, where: Where, error: Exception) -> Gap:
    """Tell why the engine did not answer."""
    url = where.docker_url()
    reason, detail = _words(error)
    return Gap(source, reason, f"{shown_url(url)}: {without_credentials(detail, url)}")


def _words(error: Exception) -> tuple[GapReason, str]:
    if isinstance(error, UnfitError):
        return GapReason.INVALID, f"the answer is not what an engine says: {error}"
    explained = next(filter(None, map(_explanation, _causes(error))), None)
    return explained or (GapReason.CRASHED, str(error).partition("\n")[0])


def _explanation(cause: BaseException) -> tuple[GapReason, str] | None:
    match cause:
        case EngineRefusalError(explanation=said):
            return GapReason.CRASHED, f"the engine says: {said}"
        case _:
            return next((why for kind, why in _EXPLANATIONS if isinstance(cause, kind)), None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk through all that led to an error, innermost first; requests and urllib3 nest causes in `args`."""
    for cause in (error.__cause__, error.__context__, *error.args):
        if isinstance(cause, BaseException):
            yield from _causes(cause)
    yield error

"""The files that `netaudit plan` takes in place of a command: requests, a Compose project as JSON."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from netaudit.bounded import PATIENCE, UnfitError, decode_json, read_any
from netaudit.errors import UsageError
from netaudit.model.engine_request import EngineRequest

_LARGEST = 64 << 20  # bytes


class SentRequest(msgspec.Struct):
    """A request as a plan's JSON has it."""

    method: str
    path: str
    query: dict[str, str] = {}
    body: object = None


class _Plan(msgspec.Struct):
    requests: list[SentRequest]


def read_requests(path: Path) -> tuple[EngineRequest, ...]:
    """Read the requests of a plan as JSON, or a list of such requests. Raises UsageError."""
    data = read_file(path, "the requests")
    try:
        listed = data.lstrip().startswith(b"[")
        found = decode_json(data, list[SentRequest]) if listed else decode_json(data, _Plan).requests
    except UnfitError as error:
        hint = "give what `netaudit plan --format json` printed, or its `requests`"
        raise UsageError(f"cannot read the requests in {path}: {error}", hint=hint) from error
    return sent_requests(found)


def sent_requests(found: Iterable[SentRequest]) -> tuple[EngineRequest, ...]:
    """Return the requests of a plan's JSON as an engine reads them."""
    return tuple(EngineRequest(one.method, one.path, tuple(one.query.items()), one.body) for one in found)


def read_file(path: Path, what: str) -> bytes:
    """Read a file; `what` names what is in it. Raises UsageError."""
    try:
        return read_any(path, _LARGEST, PATIENCE)
    except (OSError, UnfitError) as error:
        raise UsageError(f"cannot read {what} in {path}: {error}") from error
